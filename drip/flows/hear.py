"""Calls of booking systems -> the event inbox, what they only named, and what staff must look at: many at once."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from drip.app import App
from drip.bookings.parsed import Parsed, Rejected
from drip.bookings.source import Wanted
from drip.flows.rejected import ask_about
from drip.flows.take_in import TakenIn, put_in_each
from drip.store import fetches
from drip.store.database import PASSING, Tx
from drip.store.fetches import Named

log = logging.getLogger("drip.hear")


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What one call said, that is believed."""

    source: str
    parsed: Sequence[Parsed] = ()
    rejected: Sequence[Rejected] = ()
    """Become a task for staff: a system that is told no would say the same again for ever, or stop calling us."""
    wanted: Sequence[Wanted] = ()
    digest: str = ""
    """Tells the call from others, so that the same call again asks nobody again."""

    @property
    def size(self) -> int:
        """How much there is to store; at least 1."""
        return max(1, len(self.parsed) + len(self.rejected) + len(self.wanted))


def take_calls(app: App, calls: Sequence[Said], now: datetime) -> list[TakenIn | None]:
    """Store what these calls said, in one transaction; one by one when one of them cannot be. Safe to repeat.

    None for a call of which nothing was stored: it must be said again. Never raises.
    """
    try:
        return list(app.store.attempt(lambda tx: _put_in(tx, calls, now)))
    except PASSING as problem:
        log.warning("%d calls of booking systems could not be stored: %s", len(calls), type(problem).__name__)
        return [None] * len(calls)
    except Exception as problem:
        if len(calls) == 1:
            log.error("a call of %s could not be stored: %s", calls[0].source, type(problem).__name__)
            return [None]
    return [taken for call in calls for taken in take_calls(app, [call], now)]


def _put_in(tx: Tx, calls: Sequence[Said], now: datetime) -> list[TakenIn]:
    new = iter(put_in_each(tx, [one for call in calls for one in call.parsed], now))
    taken = []
    for call in calls:
        accepted = sum(next(new) for _ in call.parsed)
        taken.append(TakenIn(accepted=accepted, duplicates=len(call.parsed) - accepted))
        if call.rejected:
            ask_about(tx, call.source, call.rejected, now, call.digest)
        if call.wanted:
            fetches.add(tx, call.source, [_named(one) for one in call.wanted], now)
    return taken


def _named(one: Wanted) -> Named:
    return Named(key=one.key, kind=one.kind, ref=one.ref, happened_at=one.happened_at)
