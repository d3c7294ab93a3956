"""A member of staff leaves one message out. No plan brings it back; a visit on another day is a reminder of its own."""

from datetime import datetime

from drip.app import App
from drip.core.by_staff import Obstacle, Refused, why_not_touch
from drip.core.lifecycle import State
from drip.core.reason import Reason
from drip.flows.deeds.memory import as_they_were, as_told, patient_of
from drip.flows.deeds.scene import Done, look_locked, plan_again, write_down
from drip.store import by_staff, enrolments
from drip.store.audit import Deed, Line
from drip.store.database import Tx

DEED = "message_skipped"


def skip(app: App, message_id: str, by: str, now: datetime) -> Done | Refused:
    """It never goes. Too late once it has passed the gate; until then a worker that has it in hand loses it."""
    return app.store.attempt(lambda tx: _skip(app, tx, message_id, by, now))


def _skip(app: App, tx: Tx, message_id: str, by: str, now: datetime) -> Done | Refused:
    # Gather
    scene = look_locked(app, tx, message_id)
    # Decide
    if scene is None:
        return Refused(Obstacle.OVER)
    if refused := why_not_touch(scene.message.state):
        return refused
    # Apply
    by_staff.skip(tx, scene.message)
    told = {"message": message_id, "enrolment": scene.enrolment.id, "was": as_told([scene.message])}
    about = f"patient:{scene.person.id}"
    return write_down(tx, Deed(who=by, deed=DEED, about=about, detail=told), now)


def take_back(app: App, tx: Tx, line: Line, _: str, now: datetime) -> Refused | None:
    """Planned again, where the plan has it by now."""
    told = line.deed.detail
    if not by_staff.bring_back(tx, as_they_were(told["was"]), State.SKIPPED, Reason.SKIPPED_BY_STAFF):
        return Refused(Obstacle.CHANGED_SINCE)
    enrolments.reopen(tx, told["enrolment"])
    plan_again(app, tx, patient_of(line), now)
    return None
