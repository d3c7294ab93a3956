"""What waits for a person: the most urgent first, each with a clock, what it says and what to do about it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from urllib.parse import urlencode

from drip.core.asked import BY_HAND, NEEDS_NOTE, RED_FLAG, Asked, asked, urgency
from drip.core.model import Channel
from drip.core.role import Permission, Person
from drip.core.walltime import local_date
from drip.flows.called import called
from drip.flows.see_to import UNDO, colleagues, message_of
from drip.store import accounts, patients, records, task_list, task_notes
from drip.store.database import Tx
from drip.store.patients import PatientRow
from drip.store.records import TaskRow
from drip.store.task_list import Which
from drip.store.task_notes import Note
from drip.web.console.door import Door
from drip.web.console.visit import Page, Visit

MOST = 25
"""Tasks on one page: no more is unsealed than is looked at."""


def add_to(door: Door) -> None:
    """This page."""
    door.page("/console/tasks", Permission.SEE, tasks_page)


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """One task, as it is shown."""

    id: str
    kind: str
    asked: Asked
    is_urgent: bool
    is_overdue: bool
    needs_note: bool
    by_hand: str
    """The message whose words are to be printed or said."""
    raised_at: datetime
    waited: str
    patient: str | None = field(repr=False)
    patient_id: str | None
    phone: str | None = field(repr=False)
    """To ring them; a child's carer."""
    taken_by: Person | None
    notes: Sequence[Note]
    says: str = field(repr=False)


def tasks_page(visit: Visit, wrong: Mapping[str, str] | None = None) -> Page:
    """The tasks that were asked for. `wrong`: by a task's id, what kept it from being done, and what was typed."""
    which, skip = _which(visit), _skip(visit)
    with visit.app.store.read() as tx:
        counts = task_list.count_by_kind(tx, which)
        rows = task_list.page(tx, which, limit=MOST + 1, skip=skip)
        names = {one.person.id: one.person for one in accounts.everybody(tx)}
        shown = _shown(visit, tx, rows[:MOST], names)
        done = task_list.done_since(tx, visit.person.full_name, visit.now - UNDO, visit.person.sites)
        people = colleagues(tx)
    values = {
        "tasks": shown,
        "kinds": _kinds(visit, counts),
        "number": sum(counts.values()),
        "done": [(one.task.id, asked(one.task.kind).title) for one in done],
        "people": people,
        "names": names,
        "chosen": which,
        "is_mine": bool(which.assigned_to),
        "chosen_site": visit.query.get("site", ""),
        "back": _address(visit, skip),
        "further": _address(visit, skip + MOST) if len(rows) > MOST else "",
        "wrong": wrong or {},
        "zone": visit.app.clinic.zone,
    }
    return Page(name="tasks", values=values, status=422 if wrong else 200)


def _which(visit: Visit) -> Which:
    """What was asked for, within what this person may see."""
    site = visit.query.get("site", "")
    sites = frozenset({site}) if site and visit.person.sees(site) else visit.person.sites
    mine = visit.person.id if visit.query.get("mine") else ""
    return Which(sites=sites, kind=visit.query.get("kind", "")[:40], assigned_to=mine)


def _skip(visit: Visit) -> int:
    told = visit.query.get("skip", "")
    return int(told) if told.isdecimal() and len(told) < 7 else 0


def _address(visit: Visit, skip: int) -> str:
    kept = {name: visit.query[name] for name in ("kind", "mine", "site") if visit.query.get(name)}
    return "/console/tasks?" + urlencode(kept | {"skip": str(skip)})


def _kinds(visit: Visit, counts: Mapping[str, int]) -> Sequence[tuple[str, str, int]]:
    """Every kind that waits, for choosing one of them."""
    return [(kind, asked(kind).title, counts[kind]) for kind in sorted(counts, key=urgency)]


def _shown(visit: Visit, tx: Tx, rows: Sequence[TaskRow], names: Mapping[str, Person]) -> Sequence[Task]:
    people = patients.readable(tx, {one.patient_id for one in rows if one.patient_id})
    notes = task_notes.of_tasks(tx, rows, {one.id: one.data_key for one in people.values()})
    return [_task(visit, tx, one, people, notes.get(one.id, []), names) for one in rows]


def _task(
    visit: Visit,
    tx: Tx,
    row: TaskRow,
    people: Mapping[str, PatientRow],
    notes: Sequence[Note],
    names: Mapping[str, Person],
) -> Task:
    patient = people.get(row.patient_id) if row.patient_id else None
    return Task(
        id=row.id,
        kind=row.kind,
        asked=asked(row.kind),
        is_urgent=row.kind == RED_FLAG,
        is_overdue=visit.now > visit.app.clinic.desk.overdue_at(row.kind, row.raised_at),
        needs_note=row.kind in NEEDS_NOTE,
        by_hand=message_of(row) if row.kind in BY_HAND else "",
        raised_at=row.raised_at,
        waited=how_long(visit.now - row.raised_at),
        patient=called(patient) if patient else None,
        patient_id=row.patient_id,
        phone=patient.patient.address(Channel.SMS, _today(visit)) if patient else None,
        taken_by=names.get(row.assigned_to or ""),
        notes=notes,
        says=_says(tx, row, patient),
    )


def _today(visit: Visit) -> date:
    return local_date(visit.now, visit.app.clinic.zone)


def _says(tx: Tx, task: TaskRow, patient: PatientRow | None) -> str:
    if task.patient_id and patient is None:
        return "The record of this patient cannot be unsealed: see `drip doctor`."
    return records.detail_of(tx, task, patient.data_key if patient else None)


def how_long(waited: timedelta) -> str:
    """`3 minutes`, `5 hours`, `2 days`."""
    for unit, length in (("day", timedelta(days=1)), ("hour", timedelta(hours=1)), ("minute", timedelta(minutes=1))):
        if (number := int(waited / length)) >= 1:
            return f"{number} {unit}{'' if number == 1 else 's'}"
    return "a moment"
