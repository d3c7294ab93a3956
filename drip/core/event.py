"""What a booking system tells us, and the history that its events add up to."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import TypeAlias

from drip.core.chain import each_visit_as_one
from drip.core.consent import Consent
from drip.core.interlock import ORDINARY, Interlocks
from drip.core.model import EventKind, Facts, Value, merged
from drip.core.patient import Patient, Standing, time_in
from drip.core.reason import Reason
from drip.core.treatment import DERIVED, with_treatments
from drip.core.visit import CANCELLED, NO_SHOW, appointment_after, as_told, differences, is_a_move

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
    is_history: bool = False
    """It was over when its booking system was first read: it counts for all that is known, and starts nothing."""
    also: frozenset[str] = frozenset()
    """Its other keys, where several events tell what follows from it."""
    was_joined: bool = False
    """We put it to its appointment: it keeps the name that it has without."""
    known_as: str | None = None
    """The number that its visit went by before what is fresh was told; None where that is its number now."""
    withdrawn: Reason | None = None
    """It is told otherwise by now, and why: it never happened, and whatever it started is over."""
    site: str | None = None
    patient: Facts = field(default_factory=dict, repr=False)
    appointment: Facts = field(default_factory=dict, repr=False)
    treatment: Facts = field(default_factory=dict, repr=False)
    programme: Facts = field(default_factory=dict, repr=False)
    contact: Facts = field(default_factory=dict, repr=False)
    enrolment: Facts = field(default_factory=dict)
    reply: Facts = field(default_factory=dict)
    """Of a patient's reply: its `channel` and what its `word` asks for; of an answer, its `question` and `value`."""
    asked: Facts = field(default_factory=dict)
    """Of an answer: the `enrolment`, `step` and `occurrence` whose message asked."""
    choice: Facts = field(default_factory=dict, repr=False)
    """What patients chose on their own page, in the same words as `patient`."""
    alert: Facts = field(default_factory=dict)
    """Of an alert to the clinic's staff."""
    staff: Facts = field(default_factory=dict)
    """Of what a member of staff did: their `account`, and the `enrolment` that they ended or took up again."""

    @property
    def appointment_ref(self) -> str | None:
        """The appointment this event is about, if any."""
        ref = self.appointment.get("ref")
        return ref if isinstance(ref, str) else None

    @property
    def origin(self) -> str:
        """What an enrolment that this event starts belongs to: appointment, treatment, programme, else the event."""
        if self.appointment_ref and not self.was_joined:
            return f"appointment:{self.appointment_ref}"
        if self.treatment:
            return f"treatment:{self.treatment.get('code')}:{_day(self.treatment.get('performed_at'))}"
        if self.programme:
            return f"programme:{self.programme.get('code')}:{self.programme.get('side') or ''}"
        return f"event:{self.key}"

    @property
    def origins(self) -> frozenset[str]:
        """All that it is about: what news of any of them says is about it too."""
        return frozenset({self.origin, f"appointment:{self.appointment_ref}"} if self.was_joined else {self.origin})

    @property
    def names(self) -> frozenset[str]:
        """Every name of what it is about, so that one thing told in two ways is known for one."""
        if self.kind is not EventKind.TREATMENT_PERFORMED or not self.appointment_ref:
            return frozenset({self.origin})
        return frozenset({self.origin, f"visit:{self.appointment_ref}:{self.treatment.get('code')}"})

    @property
    def keys(self) -> frozenset[str]:
        """Its own key, and those it stands in for."""
        return self.also | {self.key}

    @property
    def is_derived(self) -> bool:
        """Nobody told it: it follows from the type of a visit."""
        return self.key.startswith(DERIVED)


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
    moved_from: Facts = field(default_factory=dict, repr=False)
    """Of a visit that was moved: what had been told of it before."""

    @property
    def appointment(self) -> Facts:
        """The appointment this event is about, as known by then."""
        return self.appointments.get(self.event.appointment_ref or "", {})


_NO_TYPES: Mapping[str, str] = {}


def replay(
    events: Iterable[Event], treatment_types: Mapping[str, str] = _NO_TYPES, rules: Interlocks = ORDINARY
) -> tuple[Moment, ...]:
    """A patient's history in true order, whatever the order in which it arrived.

    Order is (`occurred_at`, order received). Every fact goes by the latest event that mentions it. `treatment_types`:
    our appointment type -> the treatment that an attended one was. `rules`: what counts as an operation.
    """
    ordered = each_visit_as_one(sorted(events, key=lambda event: (event.occurred_at, event.received)))
    history = _History(treatment_types=treatment_types, rules=rules)
    return tuple(history.after(event) for event in with_treatments(_told_before(ordered), treatment_types))


def _told_before(events: Iterable[Event]) -> list[Event]:
    """What was history when it was first told stays so, however often its booking system tells it again."""
    history: set[tuple[str | None, EventKind]] = set()
    told = []
    for event in events:
        about = (event.appointment_ref, event.kind)
        if event.is_history and event.appointment_ref:
            history.add(about)
        told.append(replace(event, is_history=True) if about in history else event)
    return told


@dataclass(slots=True)
class _History:
    """What is known while a history is read from its beginning."""

    treatment_types: Mapping[str, str]
    rules: Interlocks
    patient: Patient = field(default_factory=Patient)
    appointments: dict[str, Facts] = field(default_factory=dict)
    applied: dict[str, Facts] = field(default_factory=dict)
    """The appointments as they were known without what has not been applied yet."""
    performed: dict[str, tuple[str, datetime | None]] = field(default_factory=dict)
    """Each treatment: its code, and when it was given by the latest word on it."""
    site: str | None = None
    consent: Consent = field(default_factory=Consent)
    """What the patient chose themselves: a booking that repeats what it knew says nothing against it."""

    def after(self, event: Event) -> Moment:
        """The moment once this has happened."""
        moved_from: Facts = {}
        if event.appointment_ref:
            event, moved_from = self._hear_of_visit(event, event.appointment_ref)
        if event.kind is EventKind.TREATMENT_PERFORMED and not event.withdrawn:
            self._hear_of_treatment(event)
        if event.appointment_ref or event.treatment:
            self.patient = replace(self.patient, operations=self._operations())
        self.patient = _after(self.patient, event, self.consent.hear(event.patient, event.choice))
        self.site = event.site or self.site
        return Moment(
            event=event,
            patient=self.patient,
            appointments=self.appointments,
            site=self.site,
            moved_from=moved_from,
        )

    def _hear_of_visit(self, event: Event, ref: str) -> tuple[Event, Facts]:
        """The event, by what it means for what was known; and what was known of a visit that it moves."""
        was = event.known_as or ref
        known, applied = self.appointments.get(ref, {}), self.applied.get(was, {})
        after, after_applied = appointment_after(known, event), appointment_after(applied, event)
        self.appointments = {**self.appointments, ref: after}
        if not event.fresh:
            self.applied[was] = after_applied
        if is_a_move(known, after, event.kind):
            event = replace(event, kind=EventKind.RESCHEDULED)
        if event.kind is not EventKind.RESCHEDULED:
            return event, {}
        if differences(known, after) and not differences(applied, after_applied):
            event = replace(event, fresh=True)  # only now do we know from where it moved
        return event, as_told(known)

    def _operations(self) -> tuple[str, ...]:
        """When each operation is or was: what was done, and every visit for one that still stands."""
        done = {at for code, at in self.performed.values() if at and self.rules.is_operation(code)}
        booked = {time_in(one, "starts_at") for one in self.appointments.values() if self._is_for_an_operation(one)}
        return tuple(at.isoformat() for at in sorted({at for at in booked if at} | done))

    def _is_for_an_operation(self, visit: Facts) -> bool:
        kind = visit.get("type")
        meant = (kind, self.treatment_types.get(kind) if isinstance(kind, str) else None)
        return any(map(self.rules.is_operation, meant)) and visit.get("status") not in (CANCELLED, NO_SHOW)

    def _hear_of_treatment(self, event: Event) -> None:
        """Each treatment, and when it was last given: an old one that is told late is not the last one."""
        code = str(event.treatment.get("code"))
        self.performed[f"{event.origin}|{code}"] = (code, time_in(event.treatment, "performed_at"))
        times = [at for of, at in self.performed.values() if of == code and at]
        last = max(times).isoformat() if times else None
        self.patient = replace(self.patient, treatments={**self.patient.treatments, code: last})


_STANDINGS = {
    EventKind.DECEASED: Standing.DECEASED,
    EventKind.MERGED: Standing.MERGED,
    EventKind.ERASED: Standing.ERASED,
}


def _after(patient: Patient, event: Event, chosen: Facts) -> Patient:
    """Death, merging and erasure are final: no later event undoes them."""
    standing = patient.standing
    if standing is Standing.CURRENT:
        standing = _STANDINGS.get(event.kind, Standing.CURRENT)
    facts, carer = merged(merged(patient.facts, event.patient), chosen), merged(patient.carer, event.contact)
    return replace(
        patient, standing=standing, facts=facts, carer=carer, replies=merged(patient.replies, _answered(event))
    )


def _answered(event: Event) -> Facts:
    if event.kind is not EventKind.REPLY_ANSWER:
        return {}
    return {str(event.reply.get("question")): event.reply.get("value")}
