"""A booking system is asked what is new -> the event inbox, and how far it was read, in one transaction."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial

from drip.app import App
from drip.bookings.parsed import Outcome, Parsed, Rejected
from drip.bookings.source import Fetches, Polls, Source, SourceAway, Wanted
from drip.flows.rejected import ask_about
from drip.flows.send import never
from drip.flows.take_in import put_in
from drip.store import fetches, records, sources
from drip.store.database import Tx
from drip.store.fetches import Named, OpenFetch

EVERY = timedelta(seconds=60)
"""How often a booking system is asked."""

LEASE = timedelta(minutes=5)
"""How long nobody else reads a system while one page of it is read and stored."""

LONGEST_WAIT = timedelta(minutes=15)
"""A system that stays away is asked no less often than that, unless it named a time itself."""

MOST_FETCHES = 200
"""At one turn."""

MOST_TRIES = 20
"""After so many answers that could not be read, a person is asked about what was named."""

UNREADABLE = Rejected(0, "", "what the booking system named cannot be read")

log = logging.getLogger("drip.poll")


@dataclass(slots=True)
class Polled:
    """What one turn with a booking system came to."""

    accepted: int = 0
    duplicates: int = 0
    rejected: int = 0
    fetched: int = 0
    is_whole: bool = False
    """All that there was has been read."""


def poll(app: App, source: Source, now: datetime, enough: Callable[[], bool] = never) -> Polled:
    """One turn: ask for what calls only named, then for what is new. Safe to repeat, and to race.

    A system that does not answer is left alone for a while; what it told before is kept.
    """
    if not isinstance(source, Polls | Fetches):
        return Polled()
    cursors = app.store.attempt(lambda tx: sources.begin(tx, source.name, LEASE, now))
    if cursors is None:
        return Polled()
    turn = _Turn(app=app, source=source, now=now, enough=enough, cursors=dict(cursors))
    try:
        turn.take()
    except SourceAway as problem:
        _leave_alone(app, source.name, problem, now)
    except BaseException:
        app.store.attempt(lambda tx: sources.finish(tx, source.name))
        raise
    else:
        app.store.attempt(lambda tx: _finish(tx, source.name, now))
    return turn.total


def _finish(tx: Tx, name: str, now: datetime) -> None:
    sources.finish(tx, name)
    records.beat(tx, [heart_of(name)], now)


def heart_of(source: str) -> str:
    """The name of the heartbeat that a booking system's turns give."""
    return f"booking:{source}"


def note_wanted(app: App, source: str, wanted: Sequence[Wanted], now: datetime) -> None:
    """What a call only named is asked for at the next turn. Safe to repeat."""
    named = [Named(key=one.key, kind=one.kind, ref=one.ref, happened_at=one.happened_at) for one in wanted]
    app.store.attempt(lambda tx: fetches.add(tx, source, named, now))


@dataclass(slots=True, kw_only=True)
class _Turn:
    """One turn with one booking system."""

    app: App
    source: Source
    now: datetime
    enough: Callable[[], bool]
    cursors: dict[str, str]
    total: Polled = field(default_factory=Polled)

    def take(self) -> None:
        """What was named comes first: its call was answered long ago."""
        was_all_fetched = self._fetch_named(self.source) if isinstance(self.source, Fetches) else True
        was_all_read = self._read_new(self.source) if isinstance(self.source, Polls) else True
        self.total.is_whole = was_all_fetched and was_all_read

    def _fetch_named(self, source: Fetches) -> bool:
        """One after the other, each stored as it comes. Answers whether all was asked for."""
        with self.app.store.read() as tx:
            due = fetches.due(tx, self.source.name, self.now, MOST_FETCHES)
        for one in due:
            if self.enough():
                return False
            try:
                outcomes = source.fetch(_wanted(one), self.now)
            except SourceAway:
                raise
            except Exception as problem:  # a mistake of ours about one record must not keep the others out
                log.error("%s: what a call named could not be read: %s", self.source.name, type(problem).__name__)
                self._try_later(one)
                continue
            self.total.fetched += 1
            self._store(outcomes, partial(fetches.done, fetch_id=one.id), about=one.id)
        return len(due) < MOST_FETCHES

    def _try_later(self, one: OpenFetch) -> None:
        def note(tx: Tx) -> None:
            fetches.later(tx, one.id, self.now + min(EVERY * 2**one.tries, timedelta(hours=1)))
            if one.tries + 1 >= MOST_TRIES:
                ask_about(tx, self.source.name, [UNREADABLE], self.now, one.id)
                fetches.done(tx, one.id)

        self.app.store.attempt(note)

    def _read_new(self, source: Polls) -> bool:
        """Page by page. Answers whether the last one was reached."""
        for page in source.poll(self.cursors.copy(), self.now):
            self.cursors |= page.cursors
            reached = partial(sources.keep, name=self.source.name, cursors=self.cursors, through=page.through)
            self._store(page.outcomes, partial(reached, lease=LEASE))
            if self.enough():
                return False
        return True

    def _store(self, outcomes: Sequence[Outcome], note: Callable[[Tx], None], about: str = "") -> None:
        """Events, what is wrong with others, and how far we are: all or nothing."""
        parsed = [one for one in outcomes if isinstance(one, Parsed)]
        rejected = [one for one in outcomes if isinstance(one, Rejected)]

        def write(tx: Tx) -> int:
            taken = put_in(tx, parsed, self.now)
            ask_about(tx, self.source.name, rejected, self.now, about)
            note(tx)
            return taken.accepted

        accepted = self.app.store.attempt(write)
        self.total.accepted += accepted
        self.total.duplicates += len(parsed) - accepted
        self.total.rejected += len(rejected)


def _wanted(one: OpenFetch) -> Wanted:
    named = one.named
    return Wanted(key=named.key, kind=named.kind, ref=named.ref, happened_at=named.happened_at)


def _leave_alone(app: App, name: str, problem: SourceAway, now: datetime) -> None:
    def note(tx: Tx) -> None:
        standing = sources.look(tx)[name]
        away_for = now - (standing.away_since or now)
        wait = min(max(EVERY, away_for / 2), LONGEST_WAIT)
        sources.away(tx, name, problem.kind, max(problem.until or now + wait, now), now)

    log.warning("%s does not answer (%s)", name, problem.kind)
    app.store.attempt(note)


def poll_all(app: App, now: datetime, enough: Callable[[], bool] = never) -> Polled:
    """One turn with each connected system; one that fails does not keep the others waiting. For `drip tick`."""
    total = Polled(is_whole=True)
    for source in app.sources.values():
        try:
            polled = poll(app, source, now, enough)
        except Exception as problem:
            log.error("%s could not be read: %s", source.name, type(problem).__name__)
            continue
        total.accepted += polled.accepted
        total.duplicates += polled.duplicates
        total.rejected += polled.rejected
        total.fetched += polled.fetched
    return total
