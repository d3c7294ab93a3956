"""What Cliniko's records only link to: asked for, and remembered no longer than it stays true."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from urllib.parse import urlencode

from drip.bookings.cliniko_api import Api
from drip.bookings.cliniko_feed import PER_PAGE
from drip.bookings.cliniko_record import Record, id_of, records_in
from drip.bookings.cliniko_visit import GROUPS, PATIENTS

KEPT = timedelta(hours=1)
"""How long the names of types, businesses and practitioners are used before they are asked for again."""

MOST_KEPT = 5_000
"""Of these."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What one page of records links to.

    Patients and groups are asked for with every page and then forgotten. Remembered from an earlier page, an address
    that has changed since would come in under the time of a later visit, and stand above the new one.
    """

    links: "Links"
    now: datetime
    here: Mapping[str, Mapping[str, Record]] = field(repr=False)

    def find(self, what: str, ref: str) -> Record | None:
        """The record of that id; None where it is not to be had."""
        return self.here[what].get(ref) if what in self.here else self.links.named(what, ref, self.now)


class Links:
    """Looks up by hundreds where it can: Cliniko takes 200 questions a minute."""

    def __init__(self, api: Api) -> None:
        self._api = api
        self._names: dict[tuple[str, str], Record | None] = {}
        self._until: datetime | None = None

    def named(self, what: str, ref: str, now: datetime) -> Record | None:
        """A type, a business or a practitioner. Raises SourceAway."""
        if self._until is None or now >= self._until or len(self._names) >= MOST_KEPT:
            self._names.clear()
            self._until = now + KEPT
        if (what, ref) not in self._names:
            self._names[what, ref] = self._api.look_up(f"/{what}/{ref}", now)
        return self._names[what, ref]

    def found(self, patients: Iterable[str], now: datetime, groups: Mapping[str, Record] | None = None) -> Found:
        """What a page links to: these patients, as they are now. Raises SourceAway."""
        wanted = sorted(filter(None, set(patients)))
        people = self._by_ids(f"/{PATIENTS}", PATIENTS, wanted, now)
        for ref in wanted:
            if ref not in people and (record := self._api.look_up(f"/{PATIENTS}/{ref}", now)):
                people[ref] = record  # archived ones are not in the list
        return Found(links=self, now=now, here={PATIENTS: people, GROUPS: groups or {}})

    def groups(self, bookings: Iterable[str], now: datetime) -> dict[str, Record]:
        """Those of these bookings that are group appointments, deleted ones too. Raises SourceAway."""
        wanted = sorted(filter(None, set(bookings)))
        found = self._by_ids(f"/{GROUPS}", GROUPS, wanted, now)
        others = [ref for ref in wanted if ref not in found]
        return {**found, **self._by_ids(f"/{GROUPS}/deleted", GROUPS, others, now)}

    def _by_ids(self, path: str, holds: str, refs: list[str], now: datetime) -> dict[str, Record]:
        found: dict[str, Record] = {}
        for start in range(0, len(refs), PER_PAGE):
            some = refs[start : start + PER_PAGE]
            query = urlencode({"q[]": f"id:={','.join(some)}", "per_page": PER_PAGE})
            answer = self._api.look_up(f"{path}?{query}", now) or {}
            found |= {id_of(record): record for record in records_in(answer, holds)}
        return {ref: found[ref] for ref in refs if ref in found}
