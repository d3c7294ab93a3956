"""One turn of asking Cliniko what is new: every list from its cursor on, and what its records come to."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlencode

from drip.bookings.cliniko_feed import LONG_AGO, PER_PAGE, About, Feed, Paging, Question, Sheet, Start
from drip.bookings.cliniko_links import Links
from drip.bookings.cliniko_patient import merged_into
from drip.bookings.cliniko_record import Record, changed_at, id_at, id_of, instant, moment, stamp
from drip.bookings.cliniko_teller import Teller
from drip.bookings.cliniko_visit import Visit, own_visit, place_in_group
from drip.bookings.parsed import Outcome
from drip.bookings.source import Page

OVERLAP = timedelta(minutes=2)
"""Read again each time: what was changed in the very second where the last reading ended, or by a slower clock."""

CONNECTED = "connected"
"""The cursor that says when Cliniko was connected."""

DONE = "done"
"""The cursor of a list that is read once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """What does not change while the lists are read."""

    paging: Paging
    links: Links
    teller: Teller
    cursors: Mapping[str, str]
    connected_at: datetime
    now: datetime

    def pages(self, feed: Feed) -> Iterator[Page]:
        """What is new in one list. Raises SourceAway; each page is whole."""
        if self.cursors.get(feed.name) == DONE:
            return
        reached = moment(self.cursors.get(feed.name))
        since = reached - OVERLAP if reached else self._start(feed)
        for sheet in self.paging.sheets(self._question(feed, since), self.now):
            cursors = self._cursors(feed, sheet, reached or since)
            yield Page(outcomes=self._outcomes(feed, sheet.records), cursors=cursors)

    @property
    def _looked_back_to(self) -> datetime:
        return self.connected_at - self.teller.clinic.booking_system(self.teller.source).look_back

    def _start(self, feed: Feed) -> datetime:
        """Where a list is begun for the first time. Patients come along with their visits: only changes are news."""
        match feed.start:
            case Start.ALL:
                return LONG_AGO
            case Start.CONNECTION:
                return self.connected_at - OVERLAP
            case Start.LOOK_BACK:
                return self._looked_back_to

    def _question(self, feed: Feed, since: datetime) -> Question:
        if not feed.is_of_what_is_ahead:
            return Question(feed=feed, since=since)
        return Question(feed=feed, since=since, until=self._looked_back_to, ahead_of=self.connected_at)

    def _cursors(self, feed: Feed, sheet: Sheet, reached: datetime) -> dict[str, str]:
        """A list without news has a cursor too: else what is new in it later would be taken for the past."""
        marks = {} if CONNECTED in self.cursors else {CONNECTED: stamp(self.connected_at)}
        if sheet.is_last and feed.is_of_what_is_ahead:
            return {**marks, feed.name: DONE}
        return marks if sheet.read_to is None else {**marks, feed.name: stamp(max(reached, sheet.read_to))}

    def _outcomes(self, feed: Feed, records: Sequence[Record]) -> list[Outcome]:
        marked = [_marked(record, feed.marks) for record in records]
        match feed.about:
            case About.VISITS:
                return self._told([own_visit(record) for record in marked])
            case About.ATTENDEES:
                groups = self.links.groups((id_at(record, "booking") for record in marked), self.now)
                return self._told(_places(marked, groups))
            case About.GROUPS:
                groups = {id_of(record): record for record in marked}
                return self._told(_places(self._attendees(groups), groups))
            case About.PATIENTS:
                return self._people(marked) + self._told(self._taken_over(marked))

    def _people(self, records: Sequence[Record]) -> list[Outcome]:
        return [outcome for index, record in enumerate(records) for outcome in self.teller.patient(record, index)]

    def _told(self, visits: Sequence[Visit]) -> list[Outcome]:
        if not visits:
            return []
        known = self.links.found((visit.patient for visit in visits), self.now)
        return [outcome for index, visit in enumerate(visits) for outcome in self.teller.visit(visit, known, index)]

    def _attendees(self, groups: Iterable[str]) -> list[Record]:
        refs = ",".join(filter(None, groups))
        return self._list("/attendees", "attendees", f"booking_id:={refs}") if refs else []

    def _taken_over(self, records: Sequence[Record]) -> list[Visit]:
        """The coming visits of patients in whom others were merged: those of the others are theirs now."""
        survivors = dict.fromkeys(filter(None, map(merged_into, records)))
        ahead = f"starts_at:>{stamp(self.now)}"
        path, holds = "/individual_appointments", "individual_appointments"
        return [
            own_visit(record) for ref in survivors for record in self._list(path, holds, f"patient_id:={ref}", ahead)
        ]

    def _list(self, path: str, holds: str, *wanted: str) -> list[Record]:
        query = urlencode([*(("q[]", one) for one in wanted), ("per_page", PER_PAGE)])
        return self.paging.linked(f"{path}?{query}", holds, self.now)


def _marked(record: Record, name: str) -> Record:
    """A record of a list of cancelled or deleted ones is one, whether it says so itself or not."""
    at = changed_at(record)
    if not name or at is None or instant(record, name):
        return record
    return {**record, name: at.isoformat()}


def _places(attendees: Iterable[Record], groups: Mapping[str, Record]) -> list[Visit]:
    """The rest are attendees of individual appointments, which are heard of as such."""
    return [
        place_in_group(record, groups[booking])
        for record in attendees
        if (booking := id_at(record, "booking")) in groups and id_at(record, "patient")
    ]
