"""One patient's history -> the rows that should be: replayed, decided, planned. No I/O."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from drip.app import Published
from drip.bookings.generic import event_from
from drip.core.anchor import appointment_facts
from drip.core.chain import moved_visits
from drip.core.clinic import Clinic, hours_for
from drip.core.course import Course, Enrolled, Live
from drip.core.enrolment import Decision, decide
from drip.core.event import Event, Moment, replay
from drip.core.follow_up import answers_to
from drip.core.lifecycle import COUNTED, State
from drip.core.model import EventKind
from drip.core.patient import Patient, time_in
from drip.core.plan import Basis, Changes, Planned, changes, ending
from drip.core.reason import Reason
from drip.core.task import Ask, Task
from drip.flows.enrolled_row import row_of
from drip.flows.repin import NOBODY, Repin
from drip.flows.twins import one_for_each_visit
from drip.store import events
from drip.store.enrolments import ENDED, FINISHED, EnrolmentRow
from drip.store.events import StoredEvent
from drip.store.patients import PatientRow
from drip.store.plans import EnrolmentPlan


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """All that is stored about one patient."""

    row: PatientRow
    history: Sequence[StoredEvent]
    enrolments: Sequence[EnrolmentRow]
    plans: Mapping[str, Sequence[Planned]]
    moments: tuple[Moment, ...] = ()
    """The history replayed, where that has been done."""
    elsewhere: Mapping[tuple[str, str], str] = field(default_factory=dict)
    """Sequence and local day of the anchor, of all that this person has through another booking system -> its name;
    sequence and origin, where it is about a visit that staff typed elsewhere."""

    @property
    def patient(self) -> Patient:
        """The patient by all that was told."""
        return self.moments[-1].patient if self.moments else self.row.patient

    @property
    def fresh(self) -> list[str]:
        """The events that have not been applied yet."""
        return [event.id for event in self.history if event.state != events.APPLIED]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """What decides: the clinic's facts, the live sequences, and every version that someone is in."""

    clinic: Clinic
    live: tuple[Live, ...]
    versions: Mapping[str, Published]
    repin: Repin = NOBODY


@dataclass(slots=True, kw_only=True)
class Resolved:
    """What one patient's history comes to, as rows."""

    known: Known
    moments: tuple[Moment, ...]
    tasks: list[Task] = field(default_factory=list)
    new: list[EnrolmentRow] = field(default_factory=list)
    changed: list[EnrolmentRow] = field(default_factory=list)
    plans: list[EnrolmentPlan] = field(default_factory=list)
    left_out: list[Course] = field(default_factory=list)
    """What was not started, because the same person has it through another booking system."""


def resolve(known: Known, rules: Rules, now: datetime) -> Resolved:
    """Replay one patient's history and turn the decision into rows. No I/O."""
    moments = known.moments or replayed(known, rules.clinic)
    rows, twins = one_for_each_visit(known.enrolments, moved_visits(map(event_of, known.history)))
    decision = decide(moments, (_enrolled(row, rules, known.plans.get(row.id, ())) for row in rows), rules.live)
    resolved = Resolved(known=known, moments=moments, tasks=_tasks(moments, decision))
    for row in twins:
        _end_twin(row, resolved, now)
    for course in decision.courses:
        _resolve_course(course, resolved, rules, now)
    return resolved


def replayed(known: Known, clinic: Clinic) -> tuple[Moment, ...]:
    """One patient's history in its true order."""
    return replay(map(event_of, known.history), clinic.treatment_types, clinic.interlocks)


def event_of(stored: StoredEvent) -> Event:
    """The event again, with what only we tell."""
    fresh = stored.state != events.APPLIED
    event = event_from(stored.body, key=stored.id, received=stored.received, fresh=fresh)
    ours: dict[str, Any] = {name: told for name in _OURS if isinstance(told := stored.body.get(name), Mapping)}
    return replace(event, **ours) if ours else event


_OURS = ("enrolment", "reply", "asked", "alert", "choice", "staff")
"""What only we tell: a booking system's event that holds one of these is never taken in."""


def _enrolled(row: EnrolmentRow, rules: Rules, plan: Sequence[Planned]) -> Enrolled:
    version = rules.repin.versions.get(row.id, row.version)
    return Enrolled(
        id=row.id,
        sequence=rules.versions[version].sequence,
        version=version,
        origin=row.origin,
        event_key=row.event_key,
        started_at=row.started_at,
        enrolled_at=row.enrolled_at,
        finished_at=row.ended_at if row.state == FINISHED else None,
        ended=row.reason if row.state == ENDED else None,
        was_told=any(message.state in COUNTED for message in plan),
    )


def _tasks(moments: Sequence[Moment], decision: Decision) -> list[Task]:
    """What staff are asked, with the addresses that could not be read."""
    tasks = list(decision.tasks)
    for one in moments:
        told = one.event.patient
        if one.event.fresh and not one.event.is_history and (told.get("phone_problem") or told.get("email_problem")):
            tasks.append(Task(kind=Ask.CONTACT_PROBLEM, key=f"{Ask.CONTACT_PROBLEM}:{one.event.key}"))
    return tasks


def _resolve_course(course: Course, resolved: Resolved, rules: Rules, now: datetime) -> None:
    known = resolved.known
    before = next((row for row in known.enrolments if course.existing and row.id == course.existing.id), None)
    row = row_of(course, before, known.row.id, resolved.moments, rules.clinic, now)
    if before is None and _is_had_elsewhere(course, row, resolved):
        return
    planned = known.plans.get(row.id, ())
    difference = _changes(course, row, resolved, rules, now)
    if before is None:
        resolved.new.append(row)
    elif before.state == FINISHED and row.anchor_at == before.anchor_at and course.ended is None:
        # It came to its natural end, and nothing moved since; unless the site no longer does the rest itself, or its
        # last question was answered.
        is_more = any(map(course.sequence.is_follow_up, _still_to_go(difference)))
        if not is_more and not (difference and any(one.reason is Reason.REMINDED_ELSEWHERE for one in planned)):
            return
        resolved.changed.append(row)
    elif row != before:
        resolved.changed.append(row)
    if difference:
        resolved.plans.append(_plan(row, difference))


def _still_to_go(difference: Changes) -> Iterator[str]:
    return (message.step for message in difference.new if message.state is State.PLANNED)


def _is_had_elsewhere(course: Course, row: EnrolmentRow, resolved: Resolved) -> bool:
    """Whether the same person has this already through another booking system; then staff are told, and it is not
    started; nor is what it would have started."""
    event = course.started.event
    cause = event.enrolment.get("sequence") if event.kind is EventKind.ENROLMENT_STARTED else None
    is_led_to = any(
        one.sequence.id == cause and one.started.event.received == event.received for one in resolved.left_out
    )
    elsewhere = resolved.known.elsewhere
    source = elsewhere.get((row.sequence, row.anchor_on or "")) or elsewhere.get((row.sequence, row.origin))
    if source is None and not is_led_to:
        return False
    resolved.left_out.append(course)
    if source is not None:
        key = f"{Ask.SAME_PERSON}:{row.sequence}:{row.anchor_on}"
        says = f"“{course.sequence.title}” was not started: this person has it through {source}"
        resolved.tasks.append(Task(kind=Ask.SAME_PERSON, key=key, detail=says))
    return True


def _end_twin(row: EnrolmentRow, resolved: Resolved, now: datetime) -> None:
    """Its visit turned out to be one that there is an enrolment for."""
    resolved.changed.append(replace(row, state=ENDED, reason=Reason.APPOINTMENT_MOVED, ended_at=now))
    difference = ending(resolved.known.plans.get(row.id, ()), Reason.APPOINTMENT_MOVED)
    if difference:
        resolved.plans.append(_plan(row, difference))


def _plan(row: EnrolmentRow, difference: Changes) -> EnrolmentPlan:
    return EnrolmentPlan(
        enrolment_id=row.id,
        patient_id=row.patient_id,
        sequence=row.sequence,
        version=row.version,
        changes=difference,
    )


def _changes(course: Course, row: EnrolmentRow, resolved: Resolved, rules: Rules, now: datetime) -> Changes:
    planned, moments = resolved.known.plans.get(row.id, ()), resolved.moments
    if course.ended:
        return ending(planned, course.ended)
    if row.anchor_at is None:
        return Changes()  # nothing can be placed until the booking system tells us when
    site = rules.clinic.site(row.site)
    basis = Basis(
        sequence=course.sequence,
        version=course.version,
        anchor=row.anchor_at,
        hours=hours_for(course.sequence, site, moments[-1].patient.zone),
        revision=row.revision,
        until=time_in(appointment_facts(course, moments), "starts_at") if course.change else None,
        reminds_itself=site.reminds_itself,
        answers=tuple(answers_to(row.id, moments)),
        sends_late=rules.repin.sends_late and row.id in rules.repin.versions,
    )
    return changes(basis, planned, now)
