"""A reply -> the answer to the one question that is open where it came from, if it is one. Nothing is guessed.

A question is open from its hand-over for as long as it says, until it is answered or the patient is asked another one
at the same address. A text answers what was texted to its number; an email only the mail that it is a reply to, since
anybody can write one in somebody's name.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from drip.app import App
from drip.core.answers import Understood, read_answer
from drip.core.model import Channel
from drip.core.question import LONGEST_OPEN, Question
from drip.core.replies import Word, own_words, read_reply
from drip.store import patients, questions
from drip.store.database import Tx
from drip.store.questions import Asking, Went
from drip.store.records import RED_FLAG, NewTask
from drip.store.replies import PendingReply
from drip.store.vault import DataKey

TASK = "answer"
"""The kind of task that the clinic's own rule for a question raises."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a reply answers, and with what."""

    asked: Went
    question: Question
    understood: Understood = field(repr=False)

    @property
    def facts(self) -> Mapping[str, str | float]:
        """What is kept of it in the patient's history."""
        return {"question": self.question.id, "value": self.understood.value}

    @property
    def asked_by(self) -> Mapping[str, str | int]:
        """Which message asked, so that what follows can be said."""
        enrolment_id, step, occurrence, _ = self.asked.asking
        return {"enrolment": enrolment_id, "step": step, "occurrence": occurrence}

    @property
    def is_red_flag(self) -> bool:
        """Whether the clinic's own rule treats it as words that must never wait."""
        return self.question.is_red_flag(self.understood.value)

    @property
    def needs_a_person(self) -> bool:
        """Whether the clinic's own rule wants somebody to read it."""
        return self.question.needs_a_person(self.understood.value)


def answers_in(
    app: App, tx: Tx, told: Sequence[PendingReply], people: Mapping[str, Sequence[str]]
) -> dict[str, Answer]:
    """The answers among these replies, by the reply's id. `people`: who may have written each.

    Locks everyone who was asked, so that two replies that are read at once cannot both be the answer.
    """
    # Gather
    open_to = [one for one in told if people[one.id] and read_reply(own_words(one.text)) is Word.OTHER]
    if not open_to:
        return {}
    asked = _questions(app, tx, _went(tx, open_to))
    if not asked:
        return {}
    patients.lock(tx, {went.patient_id for went, _ in asked})
    given = questions.answered(tx, {went.patient_id for went, _ in asked})
    # Decide
    found: dict[str, Answer] = {}
    for one in open_to:
        answer = _answer(one, _open(one, people[one.id], asked, given))
        if answer is not None:
            found[one.id] = answer
            given.setdefault(answer.asked.asking, set()).add(one.id)
    return found


def _went(tx: Tx, told: Sequence[PendingReply]) -> list[Went]:
    since = min(one.received_at for one in told) - LONGEST_OPEN
    texted = questions.went_to(tx, (one.contact_id for one in told if one.channel is Channel.SMS), since)
    return [*texted, *questions.went(tx, (one.answers for one in told if one.answers))]


def _questions(app: App, tx: Tx, went: Sequence[Went]) -> list[tuple[Went, Question]]:
    """Those messages that ask something."""
    versions = app.versions.get(tx, {one.version for one in went})
    steps = ((one, versions[one.version].sequence.step(one.step)) for one in went)
    return [(one, step.ask) for one, step in steps if step and step.ask]


def _open(
    one: PendingReply,
    people: Sequence[str],
    asked: Sequence[tuple[Went, Question]],
    given: Mapping[Asking, set[str]],
) -> tuple[Went, Question] | None:
    """The one question that this reply can answer; None where there is none, or more than one."""
    newest = [
        (went, question)
        for patient_id in people
        for went, question in _newest(one, [each for each in asked if each[0].patient_id == patient_id])
    ]
    found = {
        went.asking: (went, question)
        for went, question in newest
        if question.is_open(went.at, one.received_at) and given.get(went.asking, set()) <= {one.id}
    }
    return next(iter(found.values())) if len(found) == 1 else None


def _newest(one: PendingReply, asked: Sequence[tuple[Went, Question]]) -> list[tuple[Went, Question]]:
    """What one patient was asked last, as this reply's sender sees it: several things only where all went at once."""
    if one.answers:
        return [each for each in asked if each[0].message_id == one.answers]
    there = [each for each in asked if one.channel is Channel.SMS and each[0].contact_id == one.contact_id]
    last = max((went.at for went, _ in there), default=None)
    return [each for each in there if each[0].at == last]


def _answer(one: PendingReply, open_question: tuple[Went, Question] | None) -> Answer | None:
    if open_question is None:
        return None
    went, question = open_question
    understood = read_answer(question, one.text)
    return Answer(asked=went, question=question, understood=understood) if understood else None


def tasks_of(one: PendingReply, answer: Answer, key: DataKey, *, is_read: bool) -> Iterator[NewTask]:
    """What a person must read of an answer: the answer, by the clinic's own rule; else the words beside it.

    `is_read`: somebody is asked to read the whole reply in any case.
    """
    patient_id = answer.asked.patient_id
    said = f"{answer.question.id}: {answer.understood.value}. They wrote: {one.text}"
    if answer.is_red_flag:
        task = f"{RED_FLAG}:{one.id}:answer"
        yield NewTask(key=task, kind=RED_FLAG, patient_id=patient_id, data_key=key, detail=said)
    elif answer.needs_a_person:
        yield NewTask(key=f"{TASK}:{one.id}", kind=TASK, patient_id=patient_id, data_key=key, detail=said)
    elif answer.understood.says_more and not is_read:
        task = f"reply:{one.id}:{patient_id}"
        yield NewTask(key=task, kind="reply", patient_id=patient_id, data_key=key, detail=one.text)
