"""A person answers, at the desk, a task that asks whether the patient came."""

from dataclasses import dataclass, field
from datetime import datetime

from drip.app import App
from drip.core.event import replay
from drip.flows import attendance
from drip.flows.attendance import Answer, Came, Noted
from drip.flows.resolve import event_of
from drip.flows.see_to import Seen
from drip.store import events, patients, records, task_list, visits
from drip.store.database import Tx


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    """Whose visit a task asks about."""

    patient_id: str
    ref: str = field(repr=False)


def tell(app: App, seen: Seen, came: Came, now: datetime) -> Noted:
    """Keep the answer, as `attendance.answer` does; the task is done with it. Safe to repeat.

    NO_SUCH_VISIT where the task does not wait any more, asks something else, or is not this person's to see.
    """
    with app.store.read() as tx:
        asked = _asked(tx, seen)
    if asked is None:
        return Noted.NO_SUCH_VISIT
    told = Answer(ref=asked.ref, came=came, by=seen.by.full_name, who=seen.by.id)
    return attendance.answer(app, asked.patient_id, told, now)


def _asked(tx: Tx, seen: Seen) -> _Asked | None:
    task = records.find_task(tx, seen.task_id)
    if task is None or task.kind != attendance.KIND or not task_list.may_see(tx, task, seen.by.sites):
        return None
    visit = visits.asked_about(tx, task.key)
    person = patients.readable(tx, [visit.patient_id]).get(visit.patient_id) if visit else None
    if visit is None or person is None:
        return None
    moments = replay(event_of(event) for event in events.histories(tx, {person.id: person.data_key})[person.id])
    ref = attendance.ref_of(tx, visit, moments)
    return _Asked(patient_id=person.id, ref=ref) if ref else None
