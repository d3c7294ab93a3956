"""News of a patient -> enrolments and a plan: replay the history, decide, write the fewest changes."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from drip.app import App, Published
from drip.bookings.generic import event_from
from drip.core.clinic import Clinic, hours_for
from drip.core.enrolment import (
    Ask,
    Course,
    Decision,
    Enrolled,
    Live,
    Task,
    anchor_of,
    appointment_facts,
    decide,
    enrolment_facts,
)  # fmt: skip
from drip.core.event import Event, Moment, replay
from drip.core.model import Facts
from drip.core.plan import Basis, Changes, Planned, changes, ending
from drip.core.reason import Reason
from drip.core.schedule import moment
from drip.core.walltime import local_date
from drip.store import enrolments, events, patients, plans, records
from drip.store.database import Tx
from drip.store.enrolments import ACTIVE, ENDED, FINISHED, EnrolmentRow
from drip.store.events import StoredEvent
from drip.store.ids import new_id
from drip.store.patients import PatientRow
from drip.store.plans import EnrolmentPlan

PATIENTS_AT_ONCE = 40
"""About 500 message rows: a longer transaction would keep hand-overs from being settled on SQLite."""

log = logging.getLogger("drip.enrol")


@dataclass(slots=True)
class News:
    """What applying events came to."""

    events: int = 0
    enrolled: int = 0
    planned: int = 0
    cancelled: int = 0
    failed: int = 0

    def __iadd__(self, other: "News") -> "News":
        for name in self.__slots__:
            setattr(self, name, getattr(self, name) + getattr(other, name))
        return self


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


def apply_news(app: App, now: datetime) -> News:
    """Apply every stored event, patient by patient, until none is left. Safe to repeat, and to race."""
    total = News()
    while True:
        with app.store.write() as tx:
            waiting = events.patients_with_news(tx, PATIENTS_AT_ONCE)
            if not waiting:
                return total
            total += replan(app, tx, waiting, now)


def replan(app: App, tx: Tx, patient_ids: Sequence[str], now: datetime, repin: Mapping[str, str] | None = None) -> News:
    """Decide these patients' enrolments and plans anew, under their locks, and write what differs."""
    # Gather
    patients.lock(tx, patient_ids)
    known = _gather(tx, patient_ids)
    rules = _rules(app, tx, known, repin or {})
    # Decide
    resolved, broken = [], []
    for one in known:
        try:
            resolved.append(resolve(one, rules, now))
        except Exception as problem:  # one patient's broken record must not hold up the others
            log.error("patient %s could not be planned: %s", one.row.id, type(problem).__name__)
            broken.append(one)
    # Apply
    return _apply(tx, resolved, broken, now)


def _gather(tx: Tx, patient_ids: Sequence[str]) -> list[Known]:
    rows = patients.load(tx, patient_ids)
    keys = {patient_id: row.data_key for patient_id, row in rows.items()}
    histories = events.histories(tx, keys)
    enrolled = enrolments.of_patients(tx, keys)
    planned = plans.of_enrolments(tx, (row.id for of_one in enrolled.values() for row in of_one))
    return [
        Known(
            row=row,
            history=histories[patient_id],
            enrolments=enrolled[patient_id],
            plans={one.id: planned[one.id] for one in enrolled[patient_id]},
        )
        for patient_id, row in rows.items()
    ]


def _rules(app: App, tx: Tx, known: Sequence[Known], repin: Mapping[str, str]) -> Rules:
    live = app.versions.live(tx)
    pinned = {row.version for one in known for row in one.enrolments}
    return Rules(
        clinic=app.clinic,
        live=tuple(Live(sequence=one.sequence, version=one.id) for _, one in sorted(live.items())),
        versions=app.versions.get(tx, pinned | set(repin.values())),
        repin=repin,
    )


def resolve(known: Known, rules: Rules, now: datetime) -> Resolved:
    """Replay one patient's history and turn the decision into rows. No I/O."""
    moments = replay(_event(stored) for stored in known.history)
    decision = decide(moments, (_enrolled(row, rules) for row in known.enrolments), rules.live)
    resolved = Resolved(known=known, moments=moments, tasks=_tasks(moments, decision))
    for course in decision.courses:
        _resolve_course(course, resolved, rules.clinic, now)
    return resolved


def _event(stored: StoredEvent) -> Event:
    fresh = stored.state != events.APPLIED
    event = event_from(stored.body, key=stored.id, received=stored.received, fresh=fresh)
    ours = stored.body.get("enrolment")
    return replace(event, enrolment=ours) if isinstance(ours, Mapping) else event


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
    return {
        "appointment": appointment_facts(course, moments),
        "treatment": event.treatment,
        "programme": event.programme,
        "enrolment": enrolment_facts(course.sequence),
    }


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


def _apply(tx: Tx, resolved: Sequence[Resolved], broken: Sequence[Known], now: datetime) -> News:
    keys = {one.known.row.id: one.known.row.data_key for one in resolved}
    facts = [
        patients.NewFacts(row=one.known.row, patient=one.moments[-1].patient, on=now) for one in resolved if one.moments
    ]
    patients.save_facts(tx, facts)
    new = [row for one in resolved for row in one.new]
    enrolments.insert(tx, new, keys)
    enrolments.save(tx, [row for one in resolved for row in one.changed], keys)
    to_write = [plan for one in resolved for plan in one.plans]
    planned = plans.apply(tx, to_write)
    _raise_tasks(tx, resolved, broken, now)
    applied = [event for one in resolved for event in one.known.fresh]
    events.mark(tx, applied, events.APPLIED)
    events.mark(tx, [event for one in broken for event in one.fresh], events.FAILED)
    cancelled = sum(len(plan.changes.ended) for plan in to_write)
    return News(events=len(applied), enrolled=len(new), planned=planned, cancelled=cancelled, failed=len(broken))


def _raise_tasks(tx: Tx, resolved: Sequence[Resolved], broken: Sequence[Known], now: datetime) -> None:
    tasks = [
        records.NewTask(
            key=f"{one.known.row.id}:{task.key}",
            kind=task.kind.value,
            patient_id=one.known.row.id,
            data_key=one.known.row.data_key,
            detail=task.detail,
        )
        for one in resolved
        for task in one.tasks
    ]
    for one in broken:
        key = f"{one.row.id}:broken_record:{one.fresh[0] if one.fresh else ''}"
        tasks.append(records.NewTask(key=key, kind="broken_record", patient_id=one.row.id, data_key=one.row.data_key))
    records.raise_tasks(tx, tasks, now)
