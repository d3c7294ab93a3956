"""What a booking system tells us, and the history that its events add up to."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import TypeAlias

from drip.core.model import EventKind, Facts, Value
from drip.core.patient import Patient, Standing

Appointments: TypeAlias = Mapping[str, Facts]
"""What we know of each of a patient's appointments, by its reference."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One thing a booking system told us about one patient. Facts never show in `repr`."""

    key: str
    kind: EventKind
    occurred_at: datetime
    received: int = 0
    """The order in which events came in; decides between two of the same moment."""
    fresh: bool = True
    """Not applied yet."""
    site: str | None = None
    patient: Facts = field(default_factory=dict, repr=False)
    appointment: Facts = field(default_factory=dict, repr=False)
    treatment: Facts = field(default_factory=dict, repr=False)
    programme: Facts = field(default_factory=dict, repr=False)
    contact: Facts = field(default_factory=dict, repr=False)
    enrolment: Facts = field(default_factory=dict)
    reply: Facts = field(default_factory=dict)
    """Of a patient's reply: its `channel` and what its `word` asks for; of an answer, its `question` and `value`."""
    alert: Facts = field(default_factory=dict)
    """Of an alert to the clinic's staff."""

    @property
    def appointment_ref(self) -> str | None:
        """The appointment this event is about, if any."""
        ref = self.appointment.get("ref")
        return ref if isinstance(ref, str) else None

    @property
    def origin(self) -> str:
        """What an enrolment that this event starts belongs to: appointment, treatment, programme, else the event."""
        if self.appointment_ref:
            return f"appointment:{self.appointment_ref}"
        if self.treatment:
            return f"treatment:{self.treatment.get('code')}:{_day(self.treatment.get('performed_at'))}"
        if self.programme:
            return f"programme:{self.programme.get('code')}:{self.programme.get('side') or ''}"
        return f"event:{self.key}"


def _day(told: Value) -> str:
    """The UTC day of a time: a treatment whose time is corrected within its day stays the same treatment."""
    return datetime.fromisoformat(told).astimezone(UTC).date().isoformat() if isinstance(told, str) else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """An event, with everything that was known once it had happened."""

    event: Event
    patient: Patient
    appointments: Appointments = field(repr=False)
    site: str | None = None

    @property
    def appointment(self) -> Facts:
        """The appointment this event is about, as known by then."""
        return self.appointments.get(self.event.appointment_ref or "", {})


def replay(events: Iterable[Event]) -> tuple[Moment, ...]:
    """A patient's history in true order, whatever the order in which it arrived.

    Order is (`occurred_at`, order received). Every fact goes by the latest event that mentions it.
    """
    moments: list[Moment] = []
    patient, appointments, site = Patient(), dict[str, Facts](), None
    for event in sorted(events, key=lambda event: (event.occurred_at, event.received)):
        patient = _after(patient, event)
        if event.appointment_ref:
            known = appointments.get(event.appointment_ref, {})
            appointments = {**appointments, event.appointment_ref: _appointment_after(known, event)}
        site = event.site or site
        moments.append(Moment(event=event, patient=patient, appointments=appointments, site=site))
    return tuple(moments)


_STANDINGS = {
    EventKind.DECEASED: Standing.DECEASED,
    EventKind.MERGED: Standing.MERGED,
    EventKind.ERASED: Standing.ERASED,
}


def _after(patient: Patient, event: Event) -> Patient:
    """Death, merging and erasure are final: no later event undoes them."""
    standing = patient.standing
    if standing is Standing.CURRENT:
        standing = _STANDINGS.get(event.kind, Standing.CURRENT)
    facts, carer = merged(patient.facts, event.patient), merged(patient.carer, event.contact)
    treatments, replies = merged(patient.treatments, _performed(event)), merged(patient.replies, _answered(event))
    return replace(patient, standing=standing, facts=facts, carer=carer, treatments=treatments, replies=replies)


def _performed(event: Event) -> Facts:
    if event.kind is not EventKind.TREATMENT_PERFORMED:
        return {}
    return {str(event.treatment.get("code")): event.treatment.get("performed_at")}


def _answered(event: Event) -> Facts:
    if event.kind is not EventKind.REPLY_ANSWER:
        return {}
    return {str(event.reply.get("question")): event.reply.get("value")}


_STATUS = {
    EventKind.BOOKED: "booked",
    EventKind.RESCHEDULED: "booked",
    EventKind.CANCELLED: "cancelled",
    EventKind.ATTENDED: "attended",
    EventKind.NO_SHOW: "no_show",
}


def _appointment_after(known: Facts, event: Event) -> Facts:
    told = dict(event.appointment)
    if event.kind in _STATUS:
        told["status"] = _STATUS[event.kind]
    if event.kind is EventKind.BOOKED:
        told.setdefault("booked_at", known.get("booked_at") or event.occurred_at.isoformat())
    if event.site:
        told["site"] = event.site
    return merged(known, told)


def merged(known: Facts, told: Facts) -> Facts:
    """What is known after something was told: objects are merged key by key, everything else is replaced."""
    if not told:
        return known
    result: dict[str, Value] = dict(known)
    for name, value in told.items():
        before = result.get(name)
        both = isinstance(before, Mapping) and isinstance(value, Mapping)
        result[name] = merged(before, value) if both else value  # type: ignore[arg-type]
    return result
