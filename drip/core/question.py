"""A question that a step asks: which answers it takes, for how long, and which of them a person must see."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TypeAlias

from drip.core.condition import Attribute, Condition, holds
from drip.core.duration import Duration

Answer: TypeAlias = int | float | str
"""A number or a count of days as a number; a choice as the first of its words."""

ANSWER = Attribute("answer", "value")
"""What `answer` stands for in a question's own condition. No other condition can name it."""

WEEK = 7
"""The most that a question about days can be answered with: it asks about the last week."""

OPEN_FOR = Duration(days=3)
"""How long a question is open that does not say."""

LONGEST_OPEN = timedelta(days=31)
"""No question stays open for longer: a number that comes later is about something else."""


class AnswerKind(StrEnum):
    """What a question is answered with."""

    NUMBER = "number"
    DAYS = "days"
    CHOICE = "choice"


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """One of the words that a question offers: the first is kept, the others mean the same."""

    words: tuple[str, ...]
    number: int | None = None
    """What a patient may write instead."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What a step asks. The last answer to it is `replies.<id>`."""

    id: str
    answer: AnswerKind
    least: float | None = None
    most: float | None = None
    choices: tuple[Choice, ...] = ()
    open_for: Duration = OPEN_FOR
    task_if: Condition | None = None

    def takes(self, number: float) -> bool:
        """Whether a number lies within what was asked for. Days are whole, and of one week."""
        if self.answer is AnswerKind.DAYS:
            return 0 <= number <= WEEK and number == int(number)
        return (self.least is None or self.least <= number) and (self.most is None or number <= self.most)

    @property
    def out_of(self) -> float | None:
        """What a patient may write it out of: `3/10`."""
        return WEEK if self.answer is AnswerKind.DAYS else self.most

    def needs_a_person(self, answer: Answer) -> bool:
        """Whether the clinic wants somebody to read this answer. The clinic's own rule, and nothing else, decides."""
        return self.task_if is not None and holds(self.task_if, {ANSWER.object: {ANSWER.name: answer}})

    def is_open(self, asked_at: datetime, at: datetime) -> bool:
        """Whether what was written at that moment can be an answer, when it was asked at this one."""
        return asked_at <= at <= asked_at + timedelta(days=self.open_for.days) + self.open_for.elapsed
