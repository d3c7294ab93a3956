"""Patients who were there before names could be searched -> found by name: some at every tick, until all are."""

from datetime import datetime, timedelta

from drip.app import App
from drip.store import records
from drip.store.database import Tx
from drip.store.name_index import index_some

PART = "names"
"""Of the worker. Its heartbeat says how far it has come: a patient's id, or nothing once it was at the end."""

AT_ONCE = 200

EVERY = timedelta(hours=1)
"""Whoever is new or renamed is found at once. What is left is records that could not be unsealed."""


def index_names(app: App, now: datetime) -> int:
    """Some more patients are found by their name. Answers how many were looked at. Safe to repeat, and to race."""
    with app.store.read() as tx:
        last, after = records.last_beat(tx, PART)
    if last is not None and not after and now - last < EVERY:
        return 0
    return app.store.attempt(lambda tx: _index(tx, after, now))


def _index(tx: Tx, after: str, now: datetime) -> int:
    done = index_some(tx, after, AT_ONCE)
    records.beat(tx, [PART], now, detail=done[-1] if len(done) == AT_ONCE else "")
    return len(done)
