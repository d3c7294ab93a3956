"""Answers to what an enrolment asked: what is said to each counts from it."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime

from drip.core.condition import Objects
from drip.core.event import Moment
from drip.core.question import ANSWER


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """An answer to a question that one message of an enrolment asked."""

    step: str
    occurrence: int
    at: datetime
    objects: Objects = field(repr=False)
    """The `answer`, and all `replies` as they were then."""


def answers_to(enrolment_id: str, moments: Iterable[Moment]) -> Iterator[Answered]:
    """What the patient answered to what this enrolment asked."""
    for moment in moments:
        event, asked = moment.event, moment.event.asked
        occurrence = asked.get("occurrence")
        if asked.get("enrolment") == enrolment_id and isinstance(occurrence, int):
            objects = {ANSWER.object: {ANSWER.name: event.reply.get("value")}, "replies": moment.patient.replies}
            yield Answered(step=str(asked.get("step")), occurrence=occurrence, at=event.occurred_at, objects=objects)
