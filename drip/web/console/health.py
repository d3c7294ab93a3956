"""What has to work for messages to go, and whether it does."""

from collections.abc import Sequence
from datetime import timedelta

from drip.store import lanes, records, sources
from drip.store.database import Tx
from drip.web.console.pages import moment_short
from drip.web.console.visit import Visit

SLOW = timedelta(minutes=2)
"""A worker that was not heard of for so long does not run."""


def health(visit: Visit, tx: Tx) -> Sequence[tuple[str, bool, str]]:
    """The worker, each provider that was called, each booking system: its name, whether it works, and a few words."""
    zone = visit.app.clinic.zone
    beat = records.beats(tx).get("tick")
    is_running = beat is not None and visit.now - beat < SLOW
    told = [("Worker", is_running, f"last heard of {moment_short(beat, zone)}" if beat else "has never run")]
    for lane in lanes.look(tx):
        is_open = lane.closed_until is None or lane.closed_until <= visit.now
        told.append((lane.provider.capitalize(), is_open, "works" if is_open else f"left alone: {lane.why}"))
    for name, standing in sorted(sources.look(tx).items()):
        is_heard = standing.away_since is None
        through = f"read through {moment_short(standing.through, zone)}" if standing.through else "not read yet"
        told.append((name.capitalize(), is_heard, through if is_heard else f"does not answer: {standing.why}"))
    return told
