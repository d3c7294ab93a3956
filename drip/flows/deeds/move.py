"""A member of staff chooses when one message goes: another time, or now. The gate has its say all the same."""

from datetime import datetime

from drip.app import App
from drip.core.by_staff import Obstacle, Refused, why_not_touch
from drip.core.lifecycle import State
from drip.core.reason import Reason
from drip.flows.deeds.memory import as_they_were, as_told
from drip.flows.deeds.scene import Done, Scene, look_locked, write_down
from drip.store import by_staff
from drip.store.audit import Deed, Line
from drip.store.database import Tx

DEED = "message_moved"


def move(app: App, message_id: str, at: datetime, by: str, now: datetime) -> Done | Refused:
    """It goes at `at`, in its hours and while it is of use. Stays so until its rules place it elsewhere."""
    return app.store.attempt(lambda tx: _move(app, tx, message_id, (at, by), now))


def send_now(app: App, message_id: str, by: str, now: datetime) -> Done | Refused:
    """It asks the gate at the next tick, which checks everything as ever."""
    return app.store.attempt(lambda tx: _move(app, tx, message_id, (None, by), now))


def _move(app: App, tx: Tx, message_id: str, wish: tuple[datetime | None, str], now: datetime) -> Done | Refused:
    at, by = wish
    # Gather
    scene = look_locked(app, tx, message_id)
    # Decide
    if scene is None:
        return Refused(Obstacle.OVER)
    if refused := _why_not(scene, at, now):
        return refused
    # Apply
    due_at = at or now
    by_staff.put_at(tx, scene.message, due_at)
    told = {"message": message_id, "to": due_at.isoformat(), "was": as_told([scene.message])}
    about = f"patient:{scene.person.id}"
    return write_down(tx, Deed(who=by, deed=DEED, about=about, detail=told), now)


def _why_not(scene: Scene, at: datetime | None, now: datetime) -> Refused | None:
    if refused := why_not_touch(scene.message.state):
        return refused
    bounds = scene.bounds
    if at is not None:
        return Refused(Obstacle.SAME) if at == scene.message.due_at else bounds.why_not(at, now)
    if not scene.step.before and bounds.anchor and now < bounds.anchor:
        return Refused(Obstacle.TOO_SOON, bounds.anchor)
    return Refused(Obstacle.USELESS, bounds.expires_at) if now >= bounds.expires_at else None


def take_back(_: App, tx: Tx, line: Line, __: str, ___: datetime) -> Refused | None:
    """At the time that it had."""
    told = line.deed.detail
    to = datetime.fromisoformat(told["to"])
    done = by_staff.bring_back(tx, as_they_were(told["was"]), State.PLANNED, Reason.MOVED_BY_STAFF, to)
    return None if done else Refused(Obstacle.CHANGED_SINCE)
