"""An enrolment: as it is stored, and as it looks while its history is walked."""

from dataclasses import dataclass
from datetime import datetime

from drip.core.condition import Objects, as_objects
from drip.core.event import Moment
from drip.core.model import Facts
from drip.core.patient import time_in
from drip.core.reason import Reason
from drip.core.sequence import Sequence
from drip.core.visit import Change


@dataclass(frozen=True, slots=True, kw_only=True)
class Enrolled:
    """An enrolment as it is stored."""

    id: str
    sequence: Sequence
    version: str
    origin: str
    event_key: str
    started_at: datetime
    """When the event that started it occurred."""
    enrolled_at: datetime
    """When we enrolled."""
    finished_at: datetime | None = None
    ended: Reason | None = None
    was_told: bool = False
    """Something of it went to the patient, or may have gone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Live:
    """A sequence's published version."""

    sequence: Sequence
    version: str


@dataclass(slots=True, kw_only=True)
class Course:
    """One enrolment while its history is walked: what it will have come to at the end."""

    sequence: Sequence
    version: str
    origin: str
    started: Moment
    existing: Enrolled | None = None
    ended: Reason | None = None
    ended_at: datetime | None = None
    change: Change | None = None
    """What about its visit it tells of, where a move of the visit started it."""
    is_adrift: bool = False
    """What started it is not in the history: it stays about what it was about."""
    stopped_at: datetime | None = None
    """When staff ended it for this patient. It stays so whatever comes, unless they take that back."""

    @property
    def key(self) -> tuple[str, str]:
        """One enrolment per patient, sequence and origin."""
        return self.sequence.id, self.origin

    @property
    def about(self) -> frozenset[str]:
        """What news must be about to be about this enrolment's own visit, treatment or programme."""
        return frozenset({self.origin}) if self.is_adrift else self.started.event.origins

    @property
    def names(self) -> frozenset[str]:
        """Every name of what it is about."""
        own = frozenset({self.origin})
        return own if self.change or self.is_adrift else own | self.started.event.names

    def is_active_at(self, at: datetime) -> bool:
        """Started, and neither ended nor finished by then."""
        finished = self.existing.finished_at if self.existing else None
        has_started = self.started.event.occurred_at <= at
        is_over = self.ended is not None or self.stopped_at is not None
        return has_started and not is_over and (finished is None or finished > at)

    @property
    def over_at(self) -> datetime | None:
        """When it ended, or came to its end."""
        return self.ended_at or (self.existing.finished_at if self.existing else None)

    def close(self) -> None:
        """The walk is over: what staff ended is ended, unless something ended it for good."""
        if self.stopped_at and (self.ended is None or self.can_be_revived):
            self.ended, self.ended_at = Reason.ENDED_BY_STAFF, self.stopped_at

    @property
    def can_be_revived(self) -> bool:
        """Only its appointment's cancellation ended it: a later booking undoes that."""
        return self.ended is Reason.APPOINTMENT_CANCELLED and self.change is None


def enrolment_facts(sequence: Sequence) -> Facts:
    """What conditions may ask about an enrolment."""
    return {"sequence": sequence.id, "kind": sequence.kind.value, "purpose": sequence.purpose.value}


def with_change(appointment: Facts, change: Change | None) -> Facts:
    """An appointment, with what about it changed where that is what it is about."""
    return {**appointment, "changed": list(change.changed)} if change else appointment


def objects_at(moment: Moment, enrolment: Facts | None = None, change: Change | None = None) -> Objects:
    """What a condition may look at, as known at a moment. The age is at the visit, else at the event."""
    event = moment.event
    appointment = with_change(moment.appointment, change)
    at = time_in(appointment, "starts_at") or event.occurred_at
    age = moment.patient.age_on(at.date())
    return as_objects(
        patient={**moment.patient.facts, "age": age},
        appointment=appointment,
        previous=change.previous if change else {},
        treatment=event.treatment,
        programme=event.programme,
        enrolment=enrolment or event.enrolment,
        replies=moment.patient.replies,
        reply=event.reply,
        alert=event.alert,
        site={"id": moment.site},
    )
