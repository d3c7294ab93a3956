"""Asking a FHIR server: what is new, what a call only named, and whoever is needed to understand it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from drip.bookings.fhir_bundle import Address, Entry, Records, by_id
from drip.bookings.fhir_events import tell
from drip.bookings.fhir_resources import READS, instant_of
from drip.bookings.fhir_search import FEEDS, OVERLAP, VISITS, ahead_of, changed_since, newest, pages, written
from drip.bookings.fhir_server import FhirServer, NotThere
from drip.bookings.generic import EventReader
from drip.bookings.parsed import Outcome, Parsed, Rejected
from drip.bookings.source import Page, Wanted

_FIRST = "first"
"""`Appointment.first`: when the server was first read, until that reading has come to its end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asking:
    """One turn of questions. Nobody is asked for twice in it, and nothing is told twice."""

    server: FhirServer
    reader: EventReader
    now: datetime
    known: dict[tuple[str, str], Entry | None] = field(default_factory=dict, repr=False)
    told: set[str] = field(default_factory=set, repr=False)

    def new(self, cursors: Mapping[str, str]) -> Iterator[Page]:
        """What changed since the cursors, feed by feed. Raises SourceAway."""
        for kind in FEEDS:
            if kind == VISITS and VISITS not in cursors:
                yield from self._ahead()
            yield from self._feed(kind, cursors)
        yield Page(outcomes=(), through=self.now - OVERLAP)

    def lately(self, since: datetime) -> list[Outcome]:
        """What changed since then, in all feeds. Raises SourceAway."""
        searches = [changed_since(kind, since) for kind in FEEDS]
        found = (page for search in searches for page in pages(self.server, search, self.now))
        return [outcome for page in found for outcome in self._tell(page.entries, None)]

    def named(self, wanted: Wanted) -> list[Outcome]:
        """One resource, as it is now. Raises SourceAway."""
        if wanted.kind not in READS:
            return []
        told = self.server.read(wanted.kind, wanted.ref, self.now)
        if isinstance(told, NotThere) and told.is_gone:
            return []
        if isinstance(told, NotThere) or told["resourceType"] != wanted.kind:
            # Not a reason to wait: one record that nobody can read must not hold up all the others.
            status = told.status if isinstance(told, NotThere) else 200
            return [Rejected(0, wanted.kind, f"cannot be read: the server answered with something else ({status}).")]
        made = wanted.happened_at.isoformat() if wanted.happened_at else ""
        return self._tell([self._entry(Address("", wanted.kind, wanted.ref), told, made)], None)

    def _ahead(self) -> Iterator[Page]:
        """At the first reading; by a server that leaves the date out of the question everything would be told."""
        search = ahead_of(self.now)
        for found in pages(self.server, search, self.now):
            if not found.understood >= search.asked.keys():
                return
            yield Page(outcomes=self._tell(found.entries, self.now))

    def _feed(self, kind: str, cursors: Mapping[str, str]) -> Iterator[Page]:
        """The cursor follows page by page only where the server sorts; else it waits for the last one."""
        since = instant_of(cursors.get(kind, ""))
        before = self.now if since is None else instant_of(cursors.get(f"{kind}.{_FIRST}", ""))
        look_back = self.reader.clinic.booking_system(self.reader.source).look_back
        reached = since or self.now - look_back
        search = changed_since(kind, since - OVERLAP if since else reached)
        for found in pages(self.server, search, self.now):
            # A record from the future would hide all that changes until then.
            reached = max(reached, min(newest(found.entries, kind) or reached, self.now))
            moved = {}
            if found.is_last or found.is_sorted:
                moved[kind] = written(reached)
                if before is not None:
                    moved[f"{kind}.{_FIRST}"] = "" if found.is_last else written(before)
            yield Page(outcomes=self._tell(found.entries, before), cursors=moved)

    def _tell(self, entries: list[Entry], before: datetime | None) -> list[Outcome]:
        records = Records(map(by_id, self._completed(entries)), self.server.base)
        outcomes = tell(records, self.reader, self.now, history_before=before)
        return [outcome for outcome in outcomes if self._is_new(outcome)]

    def _is_new(self, outcome: Outcome) -> bool:
        key = outcome.event.key if isinstance(outcome, Parsed) else f"{outcome.path} {outcome.message}"
        is_new = key not in self.told
        self.told.add(key)
        return is_new

    def _completed(self, entries: list[Entry]) -> list[Entry]:
        """With the patients and encounters that are referred to: not every server sends along what it is asked to."""
        records = Records(entries, self.server.base)
        missing = {
            (address.kind, address.id): address
            for entry in entries
            if entry.kind in READS and not entry.is_background
            for address in records.missing(entry)
        }
        return [*entries, *filter(None, map(self._asked_for, missing.values()))]

    def _asked_for(self, address: Address) -> Entry | None:
        key = address.kind, address.id
        if key not in self.known:
            told = self.server.read(*key, self.now)
            self.known[key] = self._beside(address, told) if not isinstance(told, NotThere) else None
        return self.known[key]

    def _beside(self, address: Address, told: Mapping[str, object]) -> Entry | None:
        if told["resourceType"] != address.kind:
            return None
        return replace(self._entry(address, told, ""), is_background=address.kind != "Patient")

    def _entry(self, address: Address, told: Mapping[str, object], made: str) -> Entry:
        return Entry(
            index=0,
            told=told,
            full_url=f"{self.server.base}/{address.kind}/{address.id}",
            timestamp=made,
            is_match=False,
        )
