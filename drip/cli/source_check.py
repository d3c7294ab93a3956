"""What `drip doctor` says of the booking systems: whether they answer, and how far behind each is."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from drip.app import App
from drip.bookings.source import Fetches, Polls, Source, SourceAway, SourceRefuses
from drip.cli.finding import Finding
from drip.flows.poll import heart_of
from drip.store import fetches, records, sources
from drip.store.sources import Standing

BEHIND = timedelta(minutes=10)
"""A system that has not been read for so long is behind."""


def look_at_sources(app: App, now: datetime) -> Iterator[Finding]:
    """One finding for each connected booking system. They are called with no transaction open."""
    with app.store.read() as tx:
        standings, waiting, beats = sources.look(tx), fetches.waiting(tx), records.beats(tx)
    for name, source in sorted(app.sources.items()):
        parts = [_answers(source), _read(source, standings.get(name), beats.get(heart_of(name)), now)]
        parts.append(_named(waiting.get(name), now))
        told = [says for _, says in parts if says]
        yield Finding(f"booking: {name}", all(ok for ok, _ in parts), "; ".join(told) or "connected")


def _answers(source: Source) -> tuple[bool, str]:
    if not isinstance(source, Polls):
        return True, "calls us"
    try:
        source.check()
    except SourceRefuses:
        return False, "refuses our key: check its setting"
    except SourceAway as problem:
        return False, f"does not answer ({problem.kind})"
    return True, "answers"


def _read(source: Source, standing: Standing | None, beat: datetime | None, now: datetime) -> tuple[bool, str]:
    if not isinstance(source, Polls | Fetches):
        return True, ""
    if beat is None:
        return False, "was never read: is the worker running?"
    through = standing.through if standing else None
    at = max(beat, through) if through else beat
    if standing and standing.away_since:
        return False, f"heard up to {at:%Y-%m-%d %H:%M} UTC, away since {standing.away_since:%H:%M} ({standing.why})"
    behind = now - at
    told = f"heard up to {at:%Y-%m-%d %H:%M} UTC, {int(behind.total_seconds() // 60)} min behind"
    return behind <= BEHIND, told


def _named(waiting: tuple[int, datetime] | None, now: datetime) -> tuple[bool, str]:
    if waiting is None:
        return True, ""
    number, since = waiting
    return now - since <= BEHIND, f"{number} named and not asked for yet"
