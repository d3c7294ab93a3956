"""A member of staff ends one sequence for one patient. It stays ended, whatever is told later, unless undone."""

from dataclasses import dataclass
from datetime import datetime

from drip.app import App
from drip.core.by_staff import Obstacle, Refused
from drip.core.lifecycle import State
from drip.core.model import EventKind
from drip.core.reason import Reason
from drip.flows.deeds.event import add_event
from drip.flows.deeds.memory import as_they_were, as_told, patient_of
from drip.flows.deeds.scene import CannotPlan, Done, plan_again, write_down
from drip.store import by_staff, enrolments, patients
from drip.store.audit import Deed, Line
from drip.store.database import Tx
from drip.store.enrolments import EnrolmentRow
from drip.store.patients import PatientRow

DEED = "sequence_ended"


@dataclass(frozen=True, slots=True, kw_only=True)
class Whose:
    """One enrolment and its patient."""

    person: PatientRow
    enrolment: EnrolmentRow


def end(app: App, patient_id: str, enrolment_id: str, by: str, now: datetime) -> Done | Refused:
    """What has not gone of it is cancelled. Nothing else is started by that."""
    try:
        return app.store.attempt(lambda tx: _end(app, tx, (patient_id, enrolment_id), by, now))
    except CannotPlan:
        return Refused(Obstacle.UNREADABLE)


def _end(app: App, tx: Tx, which: tuple[str, str], by: str, now: datetime) -> Done | Refused:
    # Gather
    patient_id, enrolment_id = which
    patients.lock(tx, [patient_id])
    whose = find(tx, patient_id, enrolment_id)
    # Decide
    if whose is None or whose.enrolment.state != enrolments.ACTIVE:
        return Refused(Obstacle.OVER)
    waiting = by_staff.unsent(tx, enrolment_id)
    # Apply
    _tell(tx, whose, EventKind.STAFF_ENDED, by, now)
    plan_again(app, tx, patient_id, now)
    told = {"enrolment": enrolment_id, "sequence": whose.enrolment.sequence, "was": as_told(waiting)}
    return write_down(tx, Deed(who=by, deed=DEED, about=f"patient:{patient_id}", detail=told), now)


def find(tx: Tx, patient_id: str, enrolment_id: str) -> Whose | None:
    """This patient's enrolment; None where it is not theirs."""
    person = patients.load(tx, [patient_id]).get(patient_id)
    rows = enrolments.of_patients(tx, {person.id: person.data_key})[person.id] if person else []
    enrolment = next((row for row in rows if row.id == enrolment_id), None)
    return Whose(person=person, enrolment=enrolment) if person and enrolment else None


def _tell(tx: Tx, whose: Whose, kind: EventKind, by: str, now: datetime) -> None:
    """In the history, after what started it: some systems' clocks run ahead."""
    told = {"staff": {"account": by, "enrolment": whose.enrolment.id}}
    add_event(tx, whose.person, kind, max(now, whose.enrolment.started_at), told, now)


def take_back(app: App, tx: Tx, line: Line, by: str, now: datetime) -> Refused | None:
    """Goes on as it was, unless something else has ended it meanwhile."""
    told, patient_id = line.deed.detail, patient_of(line)
    whose = find(tx, patient_id, told["enrolment"])
    if whose is None or whose.enrolment.reason is not Reason.ENDED_BY_STAFF:
        return Refused(Obstacle.CHANGED_SINCE)
    by_staff.bring_back(tx, as_they_were(told["was"]), State.CANCELLED, Reason.ENDED_BY_STAFF)
    _tell(tx, whose, EventKind.STAFF_RESUMED, by, now)
    plan_again(app, tx, patient_id, now)
    return None
