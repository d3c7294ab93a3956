"""The stop switches: all sending, or one sequence, paused and resumed; who did it stands in the audit trail."""

from datetime import datetime

from drip.app import App
from drip.core.reason import Reason
from drip.store import audit, lanes, settling, versions
from drip.store.audit import Deed


def pause(app: App, scope: str, why: str, now: datetime, *, who: str) -> None:
    """Nothing of this scope passes the gate from now on. `scope`: `everything`, or `sequence:` and an id."""
    with app.store.write() as tx:
        versions.pause(tx, scope, why, now)
        audit.write(tx, Deed(who=who, deed="paused", about=scope), now)


def resume(app: App, scope: str, now: datetime, *, who: str) -> int | None:
    """Messages go again: what is due and still useful. Answers how many wait to go; None if it was not paused.

    Resuming everything also tries providers again that were paused or left alone.
    """
    with app.store.write() as tx:
        was = versions.resume(tx, scope)
        if scope == versions.EVERYTHING:
            was = versions.resume_providers(tx) or was
            was = lanes.reopen(tx) or was
        if not was:
            return None
        audit.write(tx, Deed(who=who, deed="resumed", about=scope), now)
        return settling.wake(tx, Reason.PAUSED, None if scope == versions.EVERYTHING else scope.partition(":")[2])
