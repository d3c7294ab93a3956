"""What patients answer when a message asks them something: mostly what was asked for, sometimes not, often nothing."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from random import Random

from drip.core.model import Channel
from drip.core.question import AnswerKind, Question
from drip.core.sequence import Sequence
from drip.simulation.lives import Reply

ANSWERS = 0.55
"""Of those who are asked, in studies of texts with questions: between half and two thirds."""

OTHERWISE = ("Sorry, who is this?", "Can you ring me please", "not sure", "It hurts more than last week")
ALARMING = ("My calf is hot and very swollen", "I felt a pop and cannot stand on tiptoe")


def questions_of(sequences: Iterable[Sequence]) -> dict[tuple[str, str], Question]:
    """Every question, by the sequence and step that ask it."""
    return {(one.id, step.id): step.ask for one in sequences for step in one.steps if step.ask}


class Respondents:
    """Whoever is asked. The same seed gives the same answers: each address has its own chance."""

    def __init__(self, questions: Mapping[tuple[str, str], Question], seed: int) -> None:
        self.questions, self._seed = questions, seed
        self._asked: dict[str, int] = {}

    def reply(self, question: Question, channel: Channel, address: str, at: datetime) -> Reply | None:
        """What comes back, and when; None from those who do not answer."""
        number = self._asked[address] = self._asked.get(address, 0) + 1
        chance = Random(f"{self._seed}:{address}:{number}")  # noqa: S311 - invents, guards nothing
        if chance.random() >= ANSWERS:
            return None
        return Reply(at + timedelta(minutes=chance.randint(1, 600)), channel, address, _words(question, chance))


def _words(question: Question, chance: Random) -> str:
    kind = chance.random()
    if kind < 0.01:
        return chance.choice(ALARMING)
    return chance.choice(OTHERWISE) if kind < 0.06 else _answer(question, chance)


def _answer(question: Question, chance: Random) -> str:
    if question.answer is AnswerKind.CHOICE:
        choice = chance.choice(question.choices)
        return str(choice.number) if choice.number is not None and chance.random() < 0.5 else choice.words[0]
    least, most = (0, 7) if question.answer is AnswerKind.DAYS else (question.least or 0, question.most or 10)
    # Most are not far from the lower end: it is a scale of pain, or of days in a busy week.
    return str(round(least + (most - least) * chance.betavariate(1.6, 2.4)))
