"""A question that a step asks: which answers it takes, for how long, and which of them a person must see."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
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
class Silence:
    """How a question that nobody answers is asked less, and then no more."""

    times: int
    """In a row without an answer, until it is asked less; and as many again, until it is asked no more."""
    every: int
    """Days between the last time and the next, once it is asked less."""

    def keeps_quiet(self, unanswered: Sequence[date], day: date, rhythm: int) -> bool:
        """Whether it is not asked on a day. `unanswered`: when it was asked since the patient last wrote, in order.

        `rhythm`: the days between its times as they are planned. A holiday that moved one of them does not matter.
        """
        if len(unanswered) < self.times:
            return False
        return len(unanswered) >= 2 * self.times or (day - unanswered[-1]).days + rhythm // 2 < self.every


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
    red_flag_if: Condition | None = None
    after_silence: Silence | None = None

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
        return meets(answer, self.task_if) or self.is_red_flag(answer)

    def is_red_flag(self, answer: Answer) -> bool:
        """Whether the clinic's own rule treats this answer as it does words that must never wait."""
        return meets(answer, self.red_flag_if)

    def is_open(self, asked_at: datetime, at: datetime) -> bool:
        """Whether what was written at that moment can be an answer, when it was asked at this one."""
        return asked_at <= at <= asked_at + timedelta(days=self.open_for.days) + self.open_for.elapsed


def meets(answer: Answer, condition: Condition | None) -> bool:
    """Whether an answer is one of those that a condition on it names."""
    return condition is not None and holds(condition, {ANSWER.object: {ANSWER.name: answer}})
