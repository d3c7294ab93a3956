"""A deed is taken back within ten minutes: what it changed is as it was, unless something else has changed it since."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import TypeAlias

from drip.app import App
from drip.core.by_staff import UNDO_WITHIN, Obstacle, Refused, can_undo
from drip.flows.deeds import end, move, skip, stop
from drip.flows.deeds.memory import Partly
from drip.flows.deeds.scene import CannotPlan
from drip.store import audit, patients
from drip.store.audit import Deed, Line
from drip.store.database import Tx

TakeBack: TypeAlias = Callable[[App, Tx, Line, str, datetime], Refused | Partly | None]

_TAKEN_BACK: Mapping[str, TakeBack] = {
    skip.DEED: skip.take_back,
    move.DEED: move.take_back,
    stop.DEED: stop.take_back,
    end.DEED: end.take_back,
}

UNDONE = "undone"


def undo(app: App, patient_id: str, number: int, by: str, now: datetime) -> Refused | Partly | None:
    """Take back the deed of this line of the audit. None when all is as it was before."""
    try:
        return app.store.attempt(lambda tx: _undo(app, tx, (patient_id, number), by, now))
    except CannotPlan:
        return Refused(Obstacle.UNREADABLE)


def _undo(app: App, tx: Tx, which: tuple[str, int], by: str, now: datetime) -> Refused | Partly | None:
    patient_id, number = which
    patients.lock(tx, [patient_id])
    line = next((one for one in undoable(tx, patient_id, now) if one.number == number), None)
    if line is None:
        return Refused(Obstacle.UNDO_IS_OVER)
    outcome = _TAKEN_BACK[line.deed.deed](app, tx, line, by, now)
    if not isinstance(outcome, Refused):
        told = {"number": number, "deed": line.deed.deed}
        audit.write(tx, Deed(who=by, deed=UNDONE, about=f"patient:{patient_id}", detail=told), now)
    return outcome


def undoable(tx: Tx, patient_id: str, now: datetime) -> list[Line]:
    """What was done for this patient just now and can be taken back, newest first."""
    lines = audit.recent(tx, f"patient:{patient_id}", now - UNDO_WITHIN - timedelta(minutes=1))
    undone = [one.deed.detail["number"] for one in lines if one.deed.deed == UNDONE]
    return [one for one in lines if one.deed.deed in _TAKEN_BACK and can_undo(one.at, now, undone, one.number)]
