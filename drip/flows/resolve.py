"""One patient's history -> the rows that should be: replayed, decided, planned. No I/O."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from drip.app import Published
from drip.bookings.generic import event_from
from drip.core.anchor import anchor_of, appointment_facts
from drip.core.clinic import Clinic, hours_for
from drip.core.course import Course, Enrolled, Live, enrolment_facts
from drip.core.enrolment import Ask, Decision, Task, decide
from drip.core.event import Event, Moment, replay
from drip.core.model import Facts
from drip.core.plan import Basis, Changes, Planned, changes, ending
from drip.core.reason import Reason
from drip.core.schedule import moment
from drip.core.walltime import local_date
from drip.store import events
from drip.store.enrolments import ACTIVE, ENDED, FINISHED, EnrolmentRow
from drip.store.events import StoredEvent
from drip.store.ids import new_id
from drip.store.patients import PatientRow
from drip.store.plans import EnrolmentPlan


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """All that is stored about one patient."""

    row: PatientRow
    history: Sequence[StoredEvent]
    enrolments: Sequence[EnrolmentRow]
    plans: Mapping[str, Sequence[Planned]]

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
    repin: Mapping[str, str] = field(default_factory=dict)
    """Enrolment id -> the version it is to follow from now on."""


@dataclass(slots=True, kw_only=True)
class Resolved:
    """What one patient's history comes to, as rows."""

    known: Known
    moments: tuple[Moment, ...]
    tasks: list[Task] = field(default_factory=list)
    new: list[EnrolmentRow] = field(default_factory=list)
    changed: list[EnrolmentRow] = field(default_factory=list)
    plans: list[EnrolmentPlan] = field(default_factory=list)


def resolve(known: Known, rules: Rules, now: datetime) -> Resolved:
    """Replay one patient's history and turn the decision into rows. No I/O."""
    moments = replay(event_of(stored) for stored in known.history)
    decision = decide(moments, (_enrolled(row, rules) for row in known.enrolments), rules.live)
    resolved = Resolved(known=known, moments=moments, tasks=_tasks(moments, decision))
    for course in decision.courses:
        _resolve_course(course, resolved, rules.clinic, now)
    return resolved


def event_of(stored: StoredEvent) -> Event:
    """The event again, with what only we tell."""
    fresh = stored.state != events.APPLIED
    event = event_from(stored.body, key=stored.id, received=stored.received, fresh=fresh)
    ours: dict[str, Any] = {name: told for name in _OURS if isinstance(told := stored.body.get(name), Mapping)}
    return replace(event, **ours) if ours else event


_OURS = ("enrolment", "reply", "alert")
"""What only we tell: a booking system's event that holds one of these is never taken in."""


def _enrolled(row: EnrolmentRow, rules: Rules) -> Enrolled:
    version = rules.repin.get(row.id, row.version)
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
    )


def _tasks(moments: Sequence[Moment], decision: Decision) -> list[Task]:
    """What staff are asked, with the addresses that could not be read."""
    tasks = list(decision.tasks)
    for one in moments:
        told = one.event.patient
        if one.event.fresh and (told.get("phone_problem") or told.get("email_problem")):
            tasks.append(Task(kind=Ask.CONTACT_PROBLEM, key=f"{Ask.CONTACT_PROBLEM}:{one.event.key}"))
    return tasks


def _resolve_course(course: Course, resolved: Resolved, clinic: Clinic, now: datetime) -> None:
    known, moments = resolved.known, resolved.moments
    before = next((row for row in known.enrolments if course.existing and row.id == course.existing.id), None)
    row = _row(course, before, resolved, clinic, now)
    if before is None:
        resolved.new.append(row)
    elif before.state == FINISHED and row.anchor_at == before.anchor_at and course.ended is None:
        return  # it came to its natural end, and nothing moved since
    elif row != before:
        resolved.changed.append(row)
    planned = known.plans.get(row.id, ())
    difference = _changes(course, row, planned, clinic, moments, now)
    if difference:
        resolved.plans.append(
            EnrolmentPlan(
                enrolment_id=row.id,
                patient_id=row.patient_id,
                sequence=row.sequence,
                version=row.version,
                changes=difference,
            )
        )


def _row(
    course: Course, before: EnrolmentRow | None, resolved: Resolved, clinic: Clinic, now: datetime
) -> EnrolmentRow:
    """The enrolment as it should be stored."""
    moments, event = resolved.moments, course.started.event
    enrolled_at = before.enrolled_at if before else now
    site_id = _site_id(course, moments)
    hours = hours_for(course.sequence, clinic.site(site_id), moments[-1].patient.zone)
    told = anchor_of(course, moments, enrolled_at)
    anchor = moment(told, hours) if told else None
    anchor_on = local_date(anchor, hours.zone).isoformat() if anchor else None
    return EnrolmentRow(
        id=before.id if before else new_id(),
        patient_id=resolved.known.row.id,
        sequence=course.sequence.id,
        version=course.version,
        origin=course.origin,
        event_key=before.event_key if before else event.key,
        state=ENDED if course.ended else ACTIVE,
        reason=course.ended or Reason.NONE,
        started_at=before.started_at if before else event.occurred_at,
        enrolled_at=enrolled_at,
        ended_at=course.ended_at,
        anchor_at=anchor,
        anchor_on=anchor_on,
        revision=_revision(before, anchor_on),
        site=site_id,
        objects=_objects(course, moments),
    )


def _site_id(course: Course, moments: Sequence[Moment]) -> str | None:
    of_visit = appointment_facts(course, tuple(moments)).get("site")
    return of_visit if isinstance(of_visit, str) else course.started.site


def _revision(before: EnrolmentRow | None, anchor_on: str | None) -> int:
    """A visit that moved to another day is a new date to prepare for."""
    if before is None:
        return 0
    moved = before.anchor_on is not None and anchor_on is not None and before.anchor_on != anchor_on
    return before.revision + moved


def _objects(course: Course, moments: tuple[Moment, ...]) -> Mapping[str, Facts]:
    event = course.started.event
    objects = {
        "appointment": appointment_facts(course, moments),
        "treatment": event.treatment,
        "programme": event.programme,
        "enrolment": enrolment_facts(course.sequence),
    }
    return objects | {name: told for name, told in (("reply", event.reply), ("alert", event.alert)) if told}


def _changes(
    course: Course,
    row: EnrolmentRow,
    planned: Sequence[Planned],
    clinic: Clinic,
    moments: Sequence[Moment],
    now: datetime,
) -> Changes:
    if course.ended:
        return ending(planned, course.ended)
    if row.anchor_at is None:
        return Changes()  # nothing can be placed until the booking system tells us when
    hours = hours_for(course.sequence, clinic.site(row.site), moments[-1].patient.zone)
    basis = Basis(
        sequence=course.sequence, version=course.version, anchor=row.anchor_at, hours=hours, revision=row.revision
    )
    return changes(basis, planned, now)
