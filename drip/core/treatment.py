"""Which treatments a history holds: told by themselves, or by the type of a visit that the patient came to.

Few booking systems tell treatments. Where clinic.yaml says which treatment a type of visit is, a visit that was
attended is one. A treatment that is told of the same visit takes its place, and every event may come at any time: so
what is read here is the history as it stands in the end. What it no longer holds stays in it as withdrawn.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from hashlib import sha256
from typing import TYPE_CHECKING

from drip.core.model import EventKind, Facts
from drip.core.patient import time_in
from drip.core.reason import Reason
from drip.core.visit import ATTENDED, CANCELLED, NO_SHOW, appointment_after

if TYPE_CHECKING:
    from drip.core.event import Event

DERIVED = "treatment:"
"""How the keys of events begin that we read off the type of a visit."""


@dataclass(slots=True, kw_only=True)
class _Visit:
    """One appointment, as the whole history tells it."""

    facts: Facts = field(default_factory=dict)
    types: set[str] = field(default_factory=set)
    """Every type that it was ever told to be."""
    attended: "list[Event]" = field(default_factory=list)
    since: "Event | None" = None
    """What last told that the patient came."""
    treatments: set[str] = field(default_factory=set)
    """What was told to have been done at it."""

    @property
    def is_attended(self) -> bool:
        return self.facts.get("status") == ATTENDED

    @property
    def ends_at(self) -> datetime | None:
        return time_in(self.facts, "ends_at") or time_in(self.facts, "starts_at")

    def hear(self, event: "Event") -> None:
        was_attended = self.is_attended
        self.facts = appointment_after(self.facts, event)
        kind = self.facts.get("type")
        if isinstance(kind, str):
            self.types.add(kind)
        if event.kind is EventKind.ATTENDED:
            self.attended.append(event)
            self.since = self.since if was_attended else event


def with_treatments(events: "Sequence[Event]", types: Mapping[str, str]) -> "list[Event]":
    """A history in its true order, with the treatments that its visits were. `types`: appointment type -> treatment."""
    if not types:
        return list(events)
    known, visits = _read(events, types)
    derived = [event for visit in visits.values() for event in _derived(visit, types)]
    if not derived:
        return known
    before = _standing([event for event in events if not event.fresh], types)
    after: dict[str, list[Event]] = {}
    for event, since in derived:
        is_news = event.withdrawn is None and event.keys.isdisjoint(before)
        after.setdefault(since, []).append(replace(event, fresh=is_news))
    return [one for event in known for one in (event, *after.get(event.key, ()))]


def _standing(events: "Sequence[Event]", types: Mapping[str, str]) -> frozenset[str]:
    """The keys of the treatments that could be read off what had been applied before."""
    _, visits = _read(events, types)
    derived = [event for visit in visits.values() for event, _ in _derived(visit, types) if not event.withdrawn]
    return frozenset(key for event in derived for key in event.keys)


def _read(events: "Sequence[Event]", types: Mapping[str, str]) -> "tuple[list[Event], dict[str, _Visit]]":
    """Every visit, and the history with each treatment put to the visit at which it was given."""
    visits: dict[str, _Visit] = {}
    for event in events:
        if event.appointment_ref:
            visits.setdefault(event.appointment_ref, _Visit()).hear(event)
    known = [_at_its_visit(event, visits, types) for event in events]
    for event in known:
        code = event.treatment.get("code")
        if event.kind is EventKind.TREATMENT_PERFORMED and isinstance(code, str) and event.appointment_ref in visits:
            visits[event.appointment_ref].treatments.add(code)
    return known, visits


def _at_its_visit(event: "Event", visits: Mapping[str, _Visit], types: Mapping[str, str]) -> "Event":
    """A treatment without a visit was given at the attended one of that day whose type is this treatment."""
    performed_at = time_in(event.treatment, "performed_at")
    if event.kind is not EventKind.TREATMENT_PERFORMED or event.appointment_ref or performed_at is None:
        return event
    code = event.treatment.get("code")
    found = [
        (abs(ends_at - performed_at), ref)
        for ref, visit in visits.items()
        if _is_of(visit, code, types) and (ends_at := visit.ends_at) and _is_on(visit, performed_at)
    ]
    return replace(event, appointment={**event.appointment, "ref": min(found)[1]}, was_joined=True) if found else event


def _is_of(visit: _Visit, code: object, types: Mapping[str, str]) -> bool:
    """Whether the patient came to it, and it is of a type that is this treatment."""
    kind = visit.facts.get("type")
    return visit.is_attended and code is not None and isinstance(kind, str) and types.get(kind) == code


def _is_on(visit: _Visit, at: datetime) -> bool:
    """On the visit's own day, by the clock on which it was booked."""
    starts_at = time_in(visit.facts, "starts_at") or visit.ends_at
    return starts_at is not None and at.astimezone(starts_at.tzinfo).date() == starts_at.date()


def _codes(visit: _Visit, types: Mapping[str, str]) -> list[str]:
    return sorted({types[kind] for kind in visit.types if kind in types})


def _keys(code: str, attended: "Iterable[Event]") -> list[str]:
    """The same whichever of several tellings comes in first, and nothing can be read from it."""
    return [f"{DERIVED}{sha256(f'{code}|{event.key}'.encode()).hexdigest()[:32]}" for event in attended]


def _derived(visit: _Visit, types: Mapping[str, str]) -> "Iterable[tuple[Event, str]]":
    """The treatment that each type of a visit suggests, withdrawn where it no longer does, and the event it follows."""
    since = visit.since
    if since is None:
        return
    ends_at = visit.ends_at or since.occurred_at
    for code in _codes(visit, types):
        (first, *others) = _keys(code, [since, *(event for event in visit.attended if event is not since)])
        told = replace(
            since,
            key=first,
            also=frozenset(others),
            kind=EventKind.TREATMENT_PERFORMED,
            appointment={"ref": since.appointment_ref},
            was_joined=True,
            treatment={"code": code, "performed_at": ends_at.isoformat()},
            patient={},
            programme={},
            contact={},
            is_history=all(event.is_history for event in visit.attended),
            withdrawn=_why_not(visit, code, types),
        )
        yield told, since.key


def _why_not(visit: _Visit, code: str, types: Mapping[str, str]) -> Reason | None:
    """Why a visit was not the treatment that its type once suggested; None when it was."""
    if not visit.treatments and _is_of(visit, code, types):
        return None
    if visit.treatments or visit.is_attended:
        return Reason.TREATMENT_CORRECTED
    why = {CANCELLED: Reason.APPOINTMENT_CANCELLED, NO_SHOW: Reason.NO_SHOW}
    return why.get(str(visit.facts.get("status")), Reason.APPOINTMENT_MOVED)
