"""Searching a FHIR server: what changed, kind by kind, and which visits are ahead; page by page."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from drip.bookings.fhir_bundle import Entry, next_link, opened
from drip.bookings.fhir_resources import instant_of, one, said
from drip.bookings.fhir_server import FhirServer, NotThere
from drip.bookings.source import SourceAway

OVERLAP = timedelta(minutes=2)
"""Read again each time: what was stored a moment ago may not have been found yet, and several change at one instant."""

PAGE = 50
MOST_PAGES = 2_000
"""Of one search."""

FEEDS: Mapping[str, tuple[str, ...]] = {
    "Patient": (),
    "Appointment": ("Appointment:patient",),
    "Encounter": ("Encounter:patient",),
    "Procedure": ("Procedure:patient", "Procedure:encounter"),
}
"""What is searched for, and what is to come with it."""

VISITS = "Appointment"
"""A server need not have the others."""

_NO_SUCH_KIND = frozenset({404, 410})
_CANNOT_SAY = frozenset({400, 404, 405, 410, 422})


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """One question to a server."""

    kind: str
    asked: Mapping[str, str]
    spared: frozenset[int]
    """With these answers there is nothing to be found, and reading goes on."""


def changed_since(kind: str, since: datetime) -> Search:
    """What changed since then, oldest first."""
    asked = {"_lastUpdated": f"gt{written(since)}", "_sort": "_lastUpdated"}
    return Search(kind=kind, asked=asked, spared=frozenset() if kind == VISITS else _NO_SUCH_KIND)


def ahead_of(now: datetime) -> Search:
    """Visits still to come, however long ago they were booked."""
    return Search(kind=VISITS, asked={"date": f"ge{written(now)}", "status": "booked"}, spared=_CANNOT_SAY)


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """One page."""

    entries: list[Entry] = field(repr=False)
    is_last: bool
    understood: frozenset[str]
    """By FHIR a server's `self` link says what it made of the question: what it leaves out it did not understand."""

    @property
    def is_sorted(self) -> bool:
        """Nothing older follows."""
        return "_sort" in self.understood


def pages(server: FhirServer, search: Search, now: datetime) -> Iterator[Found]:
    """The answer, page by page. Raises SourceAway."""
    asked = [*search.asked.items(), ("_count", str(PAGE)), *(("_include", one) for one in FEEDS[search.kind])]
    url = f"{server.base}/{search.kind}?{urlencode(asked)}"
    seen: set[str] = set()
    for _ in range(MOST_PAGES):
        told = server.get(url, now)
        if isinstance(told, NotThere):
            if told.status in search.spared:
                return
            raise told.trouble
        if said(told, "resourceType") != "Bundle":
            raise SourceAway("unreadable")
        entries, link = opened(told).entries, next_link(told)
        _note(seen, {url, *_contents(entries)})
        yield Found(entries=entries, is_last=not link, understood=_understood(told))
        if not link:
            return
        further = server.followed(link)
        if further is None:
            raise SourceAway("link-elsewhere")
        url = further
    raise SourceAway("too-many-pages")


def _note(seen: set[str], page: set[str]) -> None:
    """Links can go round in a circle, and so can pages under links that are always new."""
    if not page.isdisjoint(seen):
        raise SourceAway("paging-loop")
    seen |= page


def _contents(entries: list[Entry]) -> list[str]:
    """A name for what is on a page; none for an empty one."""
    names = [f"{entry.kind}/{entry.id}@{changed_at(entry)}" for entry in entries if entry.is_match]
    return [" ".join(names)] if names else []


def _understood(told: Mapping[str, Any]) -> frozenset[str]:
    try:
        return frozenset(parse_qs(urlsplit(next_link(told, "self")).query))
    except ValueError:
        return frozenset()


def newest(entries: list[Entry], kind: str) -> datetime | None:
    """When the last change among what was searched for was made."""
    times = [changed_at(entry) for entry in entries if entry.kind == kind and entry.is_match]
    return max((at for at in times if at is not None), default=None)


def changed_at(entry: Entry) -> datetime | None:
    """When the server last changed it, as it says."""
    return instant_of(said(one(entry.told, "meta"), "lastUpdated"))


def written(at: datetime) -> str:
    """A cursor, and a time in a question: UTC, milliseconds."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
