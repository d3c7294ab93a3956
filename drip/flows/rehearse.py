"""Weeks on a virtual clock, through the same ticks that a worker runs."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from drip.app import App
from drip.bookings.parsed import Parsed
from drip.flows.take_in import take_in
from drip.flows.tick import Counts, tick
from drip.store import outgoing

SECOND = timedelta(seconds=1)

SETTLING = timedelta(minutes=5)
"""How long after an event happened it reaches us, in a rehearsal."""


class WouldReachPeople(Exception):
    """Virtual time and providers that reach people do not go together."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rehearsal:
    """What weeks came to."""

    counts: Counts
    ticks: int


def rehearse(
    app: App,
    events: Iterable[Parsed],
    *,
    start: datetime,
    end: datetime,
    every: timedelta = SECOND,
    at_tick: Callable[[datetime, Counts], None] | None = None,
) -> Rehearsal:
    """Take in each event when it happened, and tick whenever something is due, from `start` to `end`.

    `every`: how long the worker waits at least between two looks.
    """
    if app.reaches_people:
        raise WouldReachPeople("a rehearsal only runs with providers that reach nobody: set both to `folder`")
    waiting = sorted(events, key=lambda one: one.event.occurred_at)
    total, ticks, now = Counts(), 0, start
    while now <= end:
        come_in = [one for one in waiting if one.event.occurred_at + SETTLING <= now]
        if come_in:
            take_in(app, come_in, now)
            waiting = waiting[len(come_in) :]
        total += tick(app, now)
        ticks += 1
        if at_tick:
            at_tick(now, total)
        now = min(_next_times(app, waiting, now + every), default=end + SECOND)
    return Rehearsal(counts=total, ticks=ticks)


def _next_times(app: App, waiting: list[Parsed], soonest: datetime) -> Iterator[datetime]:
    """When something will happen next."""
    with app.store.read() as tx:
        due = outgoing.next_due(tx)
    if due:
        yield max(due, soonest)
    if waiting:
        yield max(waiting[0].event.occurred_at + SETTLING, soonest)
