"""News of visits that are long over is history: it counts for what is known, and starts nothing."""

from dataclasses import replace
from datetime import datetime, timedelta

from drip.bookings.parsed import Outcome, Parsed
from drip.core.model import EventKind
from drip.core.patient import time_in

LONG_OVER = timedelta(days=30)
"""Who came, or did not, is often noted late. After so long it is somebody tidying up."""

_AHEAD = (EventKind.BOOKED, EventKind.RESCHEDULED, EventKind.CANCELLED)
"""What is only news while the visit is still to come."""


def in_its_time(outcome: Outcome) -> Outcome:
    """The same event, marked as history when its visit was over by then."""
    if not isinstance(outcome, Parsed):
        return outcome
    event = outcome.event
    over_at = time_in(event.appointment, "ends_at") or time_in(event.appointment, "starts_at")
    if over_at is None or event.occurred_at < _too_late(event.kind, over_at):
        return outcome
    return as_history(outcome)


def as_history(parsed: Parsed) -> Parsed:
    """An event that starts nothing, whatever it is."""
    return replace(parsed, body={**parsed.body, "history": True})


def _too_late(kind: EventKind, over_at: datetime) -> datetime:
    return over_at if kind in _AHEAD else over_at + LONG_OVER
