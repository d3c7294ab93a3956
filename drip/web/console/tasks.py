"""What waits for a person: red flags first, each with what the patient wrote and how long it has waited."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from drip.core.role import Permission
from drip.store import audit, patients, records
from drip.store.audit import Deed
from drip.store.database import Tx
from drip.store.patients import PatientRow
from drip.store.records import TaskRow
from drip.web.console.door import Door
from drip.web.console.patients import may_see
from drip.web.console.visit import Answer, Onward, Page, Visit

MOST = 200


def add_to(door: Door) -> None:
    """These pages."""
    door.page("/console/tasks", Permission.SEE, _tasks)
    door.deed("/console/tasks/{id}/done", Permission.ACT, _done)


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """One task, as it is shown."""

    id: str
    what: str
    is_urgent: bool
    raised_at: datetime
    waited: str
    patient: str | None = field(repr=False)
    patient_id: str | None
    says: str = field(repr=False)


def _tasks(visit: Visit) -> Page:
    with visit.app.store.read() as tx:
        waiting = _of_theirs(visit, tx, records.open_tasks(tx))
        first = sorted(waiting, key=lambda one: (one.kind != records.RED_FLAG, one.raised_at))[:MOST]
        shown = _shown(visit, tx, first)
    values = {"tasks": shown, "number": len(waiting), "most": MOST, "zone": visit.app.clinic.zone}
    return Page(name="tasks", values=values)


def _of_theirs(visit: Visit, tx: Tx, waiting: Sequence[TaskRow]) -> Sequence[TaskRow]:
    """Those that this person may see. What is about nobody we know is for those who see all sites."""
    if not visit.person.sites:
        return waiting
    seen = may_see(visit, tx, sorted({one.patient_id for one in waiting if one.patient_id}))
    return [one for one in waiting if one.patient_id in seen]


def _shown(visit: Visit, tx: Tx, waiting: Sequence[TaskRow]) -> Sequence[Task]:
    people = patients.readable(tx, {one.patient_id for one in waiting if one.patient_id})
    told = []
    for one in waiting:
        patient = people.get(one.patient_id) if one.patient_id else None
        told.append(
            Task(
                id=one.id,
                what=one.kind.replace("_", " "),
                is_urgent=one.kind == records.RED_FLAG,
                raised_at=one.raised_at,
                waited=how_long(visit.now - one.raised_at),
                patient=patient.ref if patient else None,
                patient_id=one.patient_id,
                says=_says(tx, one, patient),
            )
        )
    return told


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


def _done(visit: Visit) -> Answer:
    task = visit.path["id"]
    with visit.app.store.write() as tx:
        named = [one for one in records.open_tasks(tx) if one.id == task]
        is_done = bool(_of_theirs(visit, tx, named)) and records.finish_task(
            tx, task, visit.person.full_name, visit.now
        )
        if is_done:
            audit.write(tx, Deed(who=visit.person.id, deed="task_done", about=f"task:{task}"), visit.now)
    return Onward(to="/console/tasks", said="Done." if is_done else "Somebody else has done this already.")
