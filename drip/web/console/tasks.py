"""What waits for a person: red flags first, each with what the patient wrote and how long it has waited."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from drip.core.role import Permission
from drip.store import audit, patients, records
from drip.store.audit import Deed
from drip.store.database import Tx
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
        found = _shown(visit, tx)
    return Page(
        name="tasks", values={"tasks": found[:MOST], "number": len(found), "most": MOST, "zone": visit.app.clinic.zone}
    )


def _shown(visit: Visit, tx: Tx) -> Sequence[Task]:
    waiting = records.open_tasks(tx)
    people = patients.load(tx, {one.patient_id for one in waiting if one.patient_id})
    if visit.person.sites:  # what is about nobody we know is for those who see all sites
        seen = may_see(visit, tx, list(people))
        waiting = [one for one in waiting if one.patient_id in seen]
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
                says=records.detail_of(tx, one, patient.data_key if patient else None),
            )
        )
    return sorted(told, key=lambda one: (not one.is_urgent, one.raised_at))


def how_long(waited: timedelta) -> str:
    """`3 minutes`, `5 hours`, `2 days`."""
    for unit, length in (("day", timedelta(days=1)), ("hour", timedelta(hours=1)), ("minute", timedelta(minutes=1))):
        if (number := int(waited / length)) >= 1:
            return f"{number} {unit}{'' if number == 1 else 's'}"
    return "a moment"


def _done(visit: Visit) -> Answer:
    task = visit.path["id"]
    with visit.app.store.write() as tx:
        if task not in {one.id for one in _shown(visit, tx)}:
            return Onward(to="/console/tasks", said="Somebody else has done this already.")
        was_open = records.finish_task(tx, task, visit.person.full_name, visit.now)
        if was_open:
            audit.write(tx, Deed(who=visit.person.id, deed="task_done", about=f"task:{task}"), visit.now)
    return Onward(to="/console/tasks", said="Done." if was_open else "Somebody else has done this already.")
