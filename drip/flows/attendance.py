"""Whether a patient came to a visit: staff are asked where nobody said so, and what they answer is an event."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum

from drip.app import App
from drip.clock import order
from drip.core.chain import moved_visits
from drip.core.event import Appointments, Event, Moment, replay
from drip.core.model import EventKind, Facts
from drip.core.patient import Standing, time_in
from drip.core.visit import ATTENDED, CANCELLED, NO_SHOW
from drip.flows.own_event import own_event
from drip.flows.resolve import Resolved, event_of
from drip.store import audit, events, patients, records, visits
from drip.store.audit import COMMAND, Deed
from drip.store.database import Tx
from drip.store.events import NewEvent
from drip.store.patients import PatientRow
from drip.store.visits import OpenVisit, Visit

KIND = "attendance_unknown"

ASK_AFTER = timedelta(hours=24)
"""How long after a visit staff are asked: most clinics note who came by the end of the day."""

NEVER_AFTER = timedelta(days=14)
"""Older visits are never asked about: a clinic that connects its diary is not flooded with questions."""

AT_ONCE = 100

WAITED_FOR = frozenset({EventKind.ATTENDED, EventKind.TREATMENT_PERFORMED})
"""Somebody only has to be asked where a sequence waits for what they would answer."""


# What is kept of visits


def note_visits(tx: Tx, resolved: Sequence[Resolved], now: datetime) -> None:
    """Keep how the visits stand that there is news of; a question that news has answered is done."""
    answered = visits.keep(tx, [visit for one in resolved for visit in _told(one)], now)
    if answered:
        records.finish_tasks(tx, answered, now)


def _told(one: Resolved) -> Iterator[Visit]:
    """The visits that what has not been applied yet speaks of, under every number that they have had."""
    fresh = {event.id for event in one.known.history if event.state != events.APPLIED}
    told = [event.body.get("appointment") or {} for event in one.known.history if event.id in fresh]
    numbers = {ref for facts in told if isinstance(facts, Mapping) for ref in (facts.get("ref"), facts.get("replaces"))}
    refs = {moment.event.appointment_ref for moment in one.moments if moment.event.key in fresh} | numbers
    known: Appointments = one.moments[-1].appointments if one.moments else {}
    for ref in sorted(ref for ref in refs if isinstance(ref, str)):
        yield _visit(one.known.row.id, ref, known.get(ref), one.moments)


def _visit(patient_id: str, ref: str, facts: Facts | None, moments: Sequence[Moment]) -> Visit:
    if facts is None:  # it goes by another number now
        return Visit(patient_id=patient_id, ref=ref, status="replaced", ends_at=None)
    about = [moment.event for moment in moments if moment.event.appointment_ref == ref]
    was_treated = any(event.kind is EventKind.TREATMENT_PERFORMED and not event.withdrawn for event in about)
    return Visit(
        patient_id=patient_id,
        ref=ref,
        status=ATTENDED if was_treated else str(facts.get("status") or "")[:16],
        ends_at=ended_at(facts),
        never_ask=all(event.is_history for event in about),
    )


def ended_at(facts: Facts) -> datetime | None:
    """When a visit ends; when it starts, where that is all we know."""
    return time_in(facts, "ends_at") or time_in(facts, "starts_at")


# What staff are asked


def ask(app: App, now: datetime) -> int:
    """Ask staff of visits that ended a day ago and nobody told who came. Safe to repeat, and to race.

    Answers of how many. Only where a live sequence waits for attendance, and never for a system that cannot tell it.
    """
    with app.store.read() as tx:
        waits = any(
            one.sequence.enabled and one.sequence.enrol.on & WAITED_FOR for one in app.versions.live(tx).values()
        )
        found = visits.unanswered(tx, now - NEVER_AFTER, now - ASK_AFTER, AT_ONCE) if waits else []
    if not found:
        return 0
    return app.store.attempt(lambda tx: _ask(app, tx, {one.patient_id for one in found}, now))


def _ask(app: App, tx: Tx, patient_ids: set[str], now: datetime) -> int:
    # Gather: under the locks, for an answer may have come in the meantime
    patients.lock(tx, patient_ids)
    found = visits.unanswered(tx, now - NEVER_AFTER, now - ASK_AFTER, AT_ONCE, patient_ids)
    people = patients.load(tx, (one.patient_id for one in found))
    histories = events.histories(tx, {one.id: one.data_key for one in people.values()})
    # Decide
    silent = {name for name, source in app.sources.items() if not source.tells_attendance}
    tasks = []
    for one in found:
        person = people[one.patient_id]
        if person.patient.standing is Standing.CURRENT and person.source not in silent:
            tasks.append(_question(app, tx, one, person, [event_of(event) for event in histories[person.id]]))
    # Apply
    records.raise_tasks(tx, tasks, now)
    visits.mark_asked(tx, (one.id for one in found), now)
    return len(tasks)


def _question(app: App, tx: Tx, visit: OpenVisit, person: PatientRow, history: Sequence[Event]) -> records.NewTask:
    moments = replay(history)
    ref = ref_of(tx, visit, moments)
    facts = moments[-1].appointments[ref] if ref else {}
    site = facts.get("site")
    at = (time_in(facts, "starts_at") or visit.ends_at).astimezone(
        app.clinic.site(site if isinstance(site, str) else None).zone
    )
    when = f"{at:%a} {at.day} {at:%b %Y %H:%M}"
    return records.NewTask(
        key=visit.task_key,
        kind=KIND,
        patient_id=person.id,
        data_key=person.data_key,
        detail=f"Did the patient come to visit {moved_visits(history).told_as(ref)} on {when}?",
    )


def ref_of(tx: Tx, visit: OpenVisit, moments: Sequence[Moment]) -> str:
    """What its booking system calls a visit; empty where nothing that was told speaks of it."""
    known: Appointments = moments[-1].appointments if moments else {}
    return next((ref for ref in known if visits.index_of(tx, visit.patient_id, ref) == visit.ref_index), "")


# What staff answer


class Came(StrEnum):
    """What a person at the clinic says of a visit."""

    ATTENDED = "attended"
    NO_SHOW = "no-show"
    CANCELLED = "cancelled"


_KINDS = {Came.ATTENDED: EventKind.ATTENDED, Came.NO_SHOW: EventKind.NO_SHOW, Came.CANCELLED: EventKind.CANCELLED}
_STATUS = {Came.ATTENDED: ATTENDED, Came.NO_SHOW: NO_SHOW, Came.CANCELLED: CANCELLED}


class Noted(StrEnum):
    """What became of an answer."""

    NOTED = "noted"
    KNOWN = "known"
    NO_SUCH_VISIT = "no_such_visit"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A person's word on a visit."""

    ref: str
    came: Came
    by: str = ""
    """In words, for the patient's story."""
    who: str = COMMAND
    """The account, for the audit trail."""


def answer(app: App, patient_id: str, told: Answer, now: datetime) -> Noted:
    """Keep a person's word on a visit as an event of its booking system; the next tick acts on it. Safe to repeat."""
    return app.store.attempt(lambda tx: _answer(tx, patient_id, told, now))


def _answer(tx: Tx, patient_id: str, told: Answer, now: datetime) -> Noted:
    # Gather
    patients.lock(tx, [patient_id])
    person = patients.load(tx, [patient_id])[patient_id]
    history = [event_of(event) for event in events.histories(tx, {person.id: person.data_key})[person.id]]
    visit = _so_far(history, told.ref)
    # Decide
    if visit is None:
        return Noted.NO_SUCH_VISIT
    if visit.facts.get("status") == _STATUS[told.came]:
        return Noted.KNOWN
    # Apply
    events.add(tx, [_as_told(person, visit, told, now)], now)
    kept = visits.find(tx, person.id, visit.ref)
    records.finish_tasks(tx, [kept.task_key] if kept else [], now, told.by)
    deed = Deed(who=told.who, deed="attendance_told", about=f"patient:{person.id}", detail={"came": told.came.value})
    audit.write(tx, deed, now)
    return Noted.NOTED


@dataclass(frozen=True, slots=True, kw_only=True)
class _SoFar:
    """A visit, by all that was told of it."""

    ref: str
    """The number that it goes by now."""
    facts: Facts = field(repr=False)
    last: Event
    """What was told of it last."""


def _so_far(history: Sequence[Event], ref: str) -> _SoFar | None:
    """None where nobody told of such a visit."""
    moments, ref = replay(history), moved_visits(history).name_of(ref)
    about = [moment.event for moment in moments if moment.event.appointment_ref == ref]
    return _SoFar(ref=ref, facts=moments[-1].appointments[ref], last=about[-1]) if about else None


def _as_told(person: PatientRow, visit: _SoFar, told: Answer, now: datetime) -> NewEvent:
    """As if its booking system had told it: at the end of the visit, but never before what it corrects."""
    at = max(min(ended_at(visit.facts) or now, now), visit.last.occurred_at)
    kind = _KINDS[told.came]
    key = f"drip-attendance:{visit.ref}:{kind.value}:{visit.last.key}"
    what: Facts = {"appointment": {"ref": visit.ref}, "by": told.by}
    event = own_event((person.id, person.data_key), kind, at, what, key=key, received=order())
    return replace(event, source=person.source)
