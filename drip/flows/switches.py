"""The switch that stops all sending, and lifts that again; with who did it in the audit trail."""

from datetime import datetime

from drip.app import App
from drip.store import audit, versions
from drip.store.audit import Deed

EVERYTHING = "everything"


def pause(app: App, why: str, now: datetime, *, who: str) -> None:
    """Nothing passes the gate from now on."""
    with app.store.write() as tx:
        versions.pause(tx, EVERYTHING, why, now)
        audit.write(tx, Deed(who=who, deed="paused", about=EVERYTHING), now)


def resume(app: App, now: datetime, *, who: str) -> bool:
    """Messages go again: what is due and still useful. Answers whether anything was paused."""
    with app.store.write() as tx:
        was_paused = versions.resume(tx, EVERYTHING)
        audit.write(tx, Deed(who=who, deed="resumed", about=EVERYTHING), now)
    return was_paused
