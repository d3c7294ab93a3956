"""What can be wrong with the way a booking system says a thing, and what an adapter may make of it."""

from collections.abc import Callable, Mapping, Sized
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TypeAlias
from zoneinfo import ZoneInfo

from drip.bookings.parsed import Outcome
from drip.bookings.source import Call, Fetches, Hears, Polls, SourceAway

HERE, ELSEWHERE = ZoneInfo("Europe/London"), ZoneInfo("America/Los_Angeles")
A_MINUTE = timedelta(minutes=1)
"""What a busy system asks us to wait."""


class Trouble(StrEnum):
    """What can be wrong."""

    UNSIGNED = "unsigned"
    FORGED = "forged"
    """Signed, but not with our key."""
    ALTERED = "altered"
    """Signed, and changed on the way."""
    SLOW = "slow"
    """On its way for as long as a call may be."""
    STALE = "stale"
    """On its way for a second longer."""
    WRONG_ZONE = "wrong zone"
    """Times are told by another clock than the clinic's."""
    NO_ZONE = "no zone"
    """Times are told as the clock on the wall shows them, without saying whose."""
    BUSY = "busy"
    """It is asked too often, and wants a minute's peace."""
    LOOPS = "loops"
    """Its list leads back to a page that was read."""


OF_CALLS = frozenset({Trouble.UNSIGNED, Trouble.FORGED, Trouble.ALTERED, Trouble.SLOW, Trouble.STALE})
"""Only a system that calls us can have them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """The call was not believed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Later:
    """The system is left alone for now."""

    away: SourceAway
    kept: list[Outcome]
    """What it had said before."""
    asked: int
    """How many questions it was asked."""


Made: TypeAlias = list[Outcome] | Refused | Later


def called(source: Hears, call: Call, now: datetime) -> Made:
    """What a call comes to, once what it only names has been asked for."""
    heard = source.hear(call, now)
    if heard is None:
        return Refused()
    outcomes = list(heard.outcomes)
    try:
        for wanted in heard.wanted:
            assert isinstance(source, Fetches)
            outcomes += source.fetch(wanted, now)
    except SourceAway as away:
        return Later(away=away, kept=outcomes, asked=len(heard.wanted))
    return outcomes


def polled(source: Polls, cursors: Mapping[str, str], now: datetime, asked: Sized) -> Made:
    """What a turn of asking comes to; `asked` are the questions that its server heard."""
    before, outcomes = len(asked), list[Outcome]()
    try:
        for page in source.poll(cursors, now):
            outcomes += page.outcomes
    except SourceAway as away:
        return Later(away=away, kept=outcomes, asked=len(asked) - before)
    return outcomes


def call_in(
    trouble: Trouble, sign: Callable[[datetime, str], Call], key: str, now: datetime, longest: timedelta = A_MINUTE
) -> Call:
    """A call as it arrives now; `sign` makes it at a time and with a key, and `longest` it may be on its way."""
    on_its_way = {Trouble.SLOW: longest, Trouble.STALE: longest + timedelta(seconds=1)}
    call = sign(now - on_its_way.get(trouble, timedelta()), "another-key" if trouble is Trouble.FORGED else key)
    match trouble:
        case Trouble.UNSIGNED:
            return replace(call, headers={name: told for name, told in call.headers.items() if not _signs(name)})
        case Trouble.ALTERED:
            return replace(call, body=call.body + b" ")
        case _:
            return call


def _signs(header: str) -> bool:
    return header == "authorization" or header.endswith("signature")


def clock_in(trouble: Trouble, at: datetime) -> datetime:
    """That instant as a system tells it."""
    match trouble:
        case Trouble.WRONG_ZONE:
            return at.astimezone(ELSEWHERE)
        case Trouble.NO_ZONE:
            return at.astimezone(HERE).replace(tzinfo=None)
        case _:
            return at
