"""What a booking system is to drip: something that calls us, or that we ask; both end as events.

Each adapter is a `Source`, and as much more as its system can do: `Hears` its webhooks, `Polls` for what is new,
`Fetches` what a thin webhook only names. Files are read by functions, without any connection: see `registry`.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol, runtime_checkable

from drip.bookings.parsed import Outcome
from drip.core.clinic import Clinic


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """What came in at `POST /booking/{source}`, nothing of it believed yet."""

    headers: Mapping[str, str] = field(repr=False)
    """Names in lower case; one that came twice holds both values and so fits no signature."""
    body: bytes = field(repr=False)
    """The bytes as they came: signatures are over these."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Something that a call only named: asked for at the next tick, when the answer to the call has long gone."""

    key: str
    """Unique to the call within its source: the same call again asks for nothing more."""
    kind: str = field(repr=False)
    """What it is, in the adapter's own word."""
    ref: str = field(repr=False)
    """Its id in the booking system."""
    happened_at: datetime | None = None
    """When the system says it happened, where it says so."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """What a call that is believed comes to: events, things to ask for, or nothing that concerns us."""

    outcomes: Sequence[Outcome] = ()
    wanted: Sequence[Wanted] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Some of what is new. `cursors` are saved in the same transaction as the events, never before."""

    outcomes: Sequence[Outcome]
    cursors: Mapping[str, str] = field(default_factory=dict)
    """Those that change. Times and page marks only, nothing about a person."""
    through: datetime | None = None
    """All that changed up to this instant has been heard, where that can be said."""


class SourceAway(Exception):
    """The system does not answer us now. `kind` is one word without an address; asked again at `until`."""

    def __init__(self, kind: str, until: datetime | None = None) -> None:
        super().__init__(kind)
        self.kind = kind
        self.until = until


class SourceRefuses(SourceAway):
    """It does not accept our key or secret: asking again will not help until a person has mended it."""


class Source(Protocol):
    """One connected booking system."""

    @property
    def name(self) -> str:
        """As in `--source` and `/booking/{source}`."""

    @property
    def tells_attendance(self) -> bool:
        """Whether it says who came. Where it does, a visit that nobody marked becomes a question to staff."""

    def close(self) -> None:
        """Let go of connections. Safe to repeat."""


@runtime_checkable
class Hears(Protocol):
    """It calls us."""

    @property
    def largest_call(self) -> int:
        """Bytes; a larger body is refused unread."""

    def hear(self, call: Call, now: datetime) -> Heard | None:
        """What the call says; None when it is not signed as it should be. Never raises for what it was sent."""


@runtime_checkable
class Polls(Protocol):
    """We ask it what is new."""

    def poll(self, cursors: Mapping[str, str], now: datetime) -> Iterator[Page]:
        """What is new since the cursors, page by page, each whole. No cursors: it is connected for the first time.

        Raises SourceAway. What was yielded before is kept.
        """

    def check(self) -> None:
        """Ask for nothing in particular: raises SourceAway or SourceRefuses, else the credentials work."""


@runtime_checkable
class Fetches(Protocol):
    """We ask it for what its calls only name."""

    def fetch(self, wanted: Wanted, now: datetime) -> Sequence[Outcome]:
        """The events that it comes to; none when it is gone or does not concern us. Raises SourceAway."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Connection:
    """What sources are built from. Each takes what it needs and leaves the rest."""

    clinic: Clinic
    deadline: float = 30.0
    """Seconds, for one request, all in."""
    told: Mapping[str, str] = field(default_factory=dict, repr=False)
    """The settings that are a booking system's own, by the names of their variables."""

    def said(self, variable: str) -> str:
        """A setting; empty when it was not set."""
        return self.told.get(variable, "")
