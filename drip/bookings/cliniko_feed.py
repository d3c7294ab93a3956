"""Cliniko's lists of what has changed, each read in the order of change, page by page."""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from urllib.parse import urlencode

from drip.bookings.cliniko_api import Api, NotSearchable
from drip.bookings.cliniko_record import Record, instant, record_of, records_in, stamp
from drip.bookings.source import SourceAway

PER_PAGE = 100
"""The most that Cliniko gives."""

MOST_OF_ONE_SECOND = 500
"""Pages that end in the same second: more than any clinic can change at once is a list that leads in circles."""

LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)

_SECOND = timedelta(seconds=1)


class Start(StrEnum):
    """Where a list is begun that was never read before."""

    LOOK_BACK = "look_back"
    CONNECTION = "connection"
    ALL = "all"


class About(StrEnum):
    """What the records of a list are."""

    PATIENTS = "patients"
    GROUPS = "groups"
    VISITS = "visits"
    ATTENDEES = "attendees"


@dataclass(frozen=True, slots=True, kw_only=True)
class Feed:
    """One list. Its name is that of its cursor, and never changes."""

    name: str
    about: About
    path: str
    holds: str
    """The name of the list in an answer."""
    by: tuple[str, ...] = ("updated_at",)
    """The time it is filtered and sorted by. Where Cliniko does not search by the first, the next is tried."""
    marks: str = ""
    """The time that says what has become of every record in it; where a record does not say it, its last change is."""
    start: Start = Start.LOOK_BACK
    is_of_what_is_ahead: bool = False
    """Read once, when Cliniko is first connected: visits still to come, however long ago they were booked."""


_GONE_BY = ("updated_at", "deleted_at", "archived_at")
"""Cliniko documents the first for every list of appointments, and has told users that deleted ones know the second."""

FEEDS: Sequence[Feed] = (
    # People first: whoever is gone is gone before a visit of theirs is read.
    Feed(name="patients", about=About.PATIENTS, path="/patients", holds="patients", start=Start.CONNECTION),
    Feed(name="patients.archived", about=About.PATIENTS, path="/patients/archived", holds="patients"),
    Feed(
        name="patients.deleted",
        about=About.PATIENTS,
        path="/patients/deleted",
        holds="patients",
        by=("deleted_at",),  # updated_at is answered with 400 here
        marks="deleted_at",
    ),
    # A group that is moved changes none of its attendees.
    Feed(name="groups", about=About.GROUPS, path="/group_appointments", holds="group_appointments"),
    Feed(
        name="groups.deleted",
        about=About.GROUPS,
        path="/group_appointments/deleted",
        holds="group_appointments",
        by=_GONE_BY,
        marks="deleted_at",
    ),
    Feed(name="visits", about=About.VISITS, path="/individual_appointments", holds="individual_appointments"),
    Feed(
        name="visits.cancelled",
        about=About.VISITS,
        path="/individual_appointments/cancelled",
        holds="individual_appointments",
        marks="cancelled_at",
    ),
    Feed(
        name="visits.deleted",
        about=About.VISITS,
        path="/individual_appointments/deleted",
        holds="individual_appointments",
        by=_GONE_BY,
        marks="deleted_at",
    ),
    Feed(name="attendees", about=About.ATTENDEES, path="/attendees", holds="attendees"),
    Feed(
        name="attendees.cancelled",
        about=About.ATTENDEES,
        path="/attendees/cancelled",
        holds="attendees",
        marks="cancelled_at",
    ),
    Feed(
        name="attendees.deleted",
        about=About.ATTENDEES,
        path="/attendees/deleted",
        holds="attendees",
        by=_GONE_BY,
        marks="deleted_at",
    ),
    Feed(
        name="visits.ahead",
        about=About.VISITS,
        path="/individual_appointments",
        holds="individual_appointments",
        start=Start.ALL,
        is_of_what_is_ahead=True,
    ),
    Feed(
        name="groups.ahead",
        about=About.GROUPS,
        path="/group_appointments",
        holds="group_appointments",
        start=Start.ALL,
        is_of_what_is_ahead=True,
    ),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What is asked of a list: all that changed after an instant."""

    feed: Feed
    since: datetime
    until: datetime | None = None
    """Only what changed no later than this,"""
    ahead_of: datetime | None = None
    """and only visits that begin after this."""

    def address(self, by: str, since: datetime | None = None) -> str:
        """The question, put by one of the times that a list may be searched by."""
        wanted = [f"{by}:>{stamp(since or self.since)}"]
        if self.until is not None:
            wanted.append(f"{by}:<={stamp(self.until)}")
        if self.ahead_of is not None:
            wanted.append(f"starts_at:>{stamp(self.ahead_of)}")
        order = [("sort", by), ("order", "asc"), ("per_page", PER_PAGE)]
        return f"{self.feed.path}?{urlencode([*(('q[]', one) for one in wanted), *order])}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """One page of a list."""

    records: Sequence[Record] = field(repr=False)
    read_to: datetime | None
    """All that changed up to here has been read; None where that cannot be said before the last page."""
    is_last: bool


class Paging:
    """Reads lists to their end.

    Pages are numbered, and a record that changes meanwhile leaves its place: the next page would then begin one record
    too late. So each page is asked for by the time at which the last one ended. Only where a page did not get any
    further in time is Cliniko's link to the next one followed.
    """

    def __init__(self, api: Api) -> None:
        self._api = api
        self._by: dict[str, str] = {}
        """What a list turned out to be searched by."""

    def sheets(self, question: Question, now: datetime) -> Iterator[Sheet]:
        """The pages of the answer, in order. SourceAway at a list that leads elsewhere or in circles."""
        by, answer = self._first(question, now)
        turned, newest, in_order = _Turned(), question.since, True
        while True:
            records = records_in(answer, question.feed.holds)
            reached, is_ascending = _reached(records, by, newest)
            in_order = in_order and is_ascending
            link = _next(answer)
            yield Sheet(records=records, read_to=min(reached, now) if in_order or not link else None, is_last=not link)
            if not link:
                return
            following = self._api.own(link)
            if in_order and reached - _SECOND > newest:
                following = question.address(by, reached - _SECOND)
            turned.to(following, has_moved=reached > newest)
            newest = reached
            answer = self._api.ask(following, now)

    def linked(self, address: str, holds: str, now: datetime) -> list[Record]:
        """A short list, all its pages."""
        answer, turned, found = self._api.ask(address, now), _Turned(), list[Record]()
        while True:
            found += records_in(answer, holds)
            link = _next(answer)
            if not link:
                return found
            address = self._api.own(link)
            turned.to(address, has_moved=False)
            answer = self._api.ask(address, now)

    def _first(self, question: Question, now: datetime) -> tuple[str, Record]:
        """What the list is searched by, and its first page."""
        known = self._by.pop(question.feed.name, None)
        *others, last = (known,) if known else question.feed.by
        for by in others:
            with suppress(NotSearchable):
                return self._asked_by(by, question, now)
        return self._asked_by(last, question, now)

    def _asked_by(self, by: str, question: Question, now: datetime) -> tuple[str, Record]:
        answer = self._api.ask(question.address(by), now)
        self._by[question.feed.name] = by
        return by, answer


class _Turned:
    """The pages turned so far."""

    def __init__(self) -> None:
        self._seen: set[str] = set()
        self._standing = 0

    def to(self, address: str, *, has_moved: bool) -> None:
        """SourceAway when this page was read before, or when so many have not got any further."""
        self._standing = 0 if has_moved else self._standing + 1
        if address in self._seen or self._standing > MOST_OF_ONE_SECOND:
            raise SourceAway("paging_loop")
        self._seen.add(address)


def _reached(records: Sequence[Record], by: str, newest: datetime) -> tuple[datetime, bool]:
    """How far in time a page gets, and whether it is in order."""
    times = [at for at in (instant(record, by) for record in records) if at is not None]
    return max([newest, *times]), times == sorted(times)


def _next(answer: Record) -> str:
    link = record_of(answer.get("links")).get("next")
    return link if isinstance(link, str) else ""
