"""Cliniko's records -> drip's events, read and checked as those of every booking system."""

import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from drip.bookings.cliniko_feed import LONG_AGO
from drip.bookings.cliniko_patient import Told, changes_of
from drip.bookings.cliniko_record import Record
from drip.bookings.cliniko_visit import Known, Visit, events_of
from drip.bookings.generic import EventReader
from drip.bookings.parsed import Outcome, Parsed, Raw
from drip.core.clinic import Clinic
from drip.core.model import EventKind

LONG_OVER = timedelta(days=30)
"""A change to a visit that was over for so long is somebody tidying up."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Teller:
    """Tells what records mean to one clinic."""

    clinic: Clinic
    source: str
    reader: EventReader
    connected_at: datetime | None = None
    """What had happened by then, about visits that were over by then, is history."""

    @classmethod
    def of(cls, clinic: Clinic, source: str, connected_at: datetime | None = None) -> "Teller":
        """For one source's records."""
        reader = EventReader.of(clinic, source)
        return cls(clinic=clinic, source=source, reader=reader, connected_at=connected_at)

    def visit(self, visit: Visit, known: Known, index: int = 0) -> list[Outcome]:
        """What a visit's state comes to."""
        events = events_of(self.source, visit, known, self.clinic)
        return [self._in_its_time(one, visit) for one in self._read(index, events, _words(visit.record))]

    def patient(self, record: Record, index: int = 0) -> list[Outcome]:
        """What a patient's record comes to. Only what is used of it is kept: the rest of the record is nobody's."""
        return self._read(index, changes_of(self.source, record), "")

    def _read(self, index: int, events: Iterable[Told], words: str) -> list[Outcome]:
        return [outcome for told in events for outcome in self.reader.read(Raw(index, told, text=words))]

    def _in_its_time(self, outcome: Outcome, visit: Visit) -> Outcome:
        if not isinstance(outcome, Parsed) or visit.over_at is None or not self._is_history(outcome, visit.over_at):
            return outcome
        return replace(outcome, body={**outcome.body, "history": True})

    def _is_history(self, parsed: Parsed, over_at: datetime) -> bool:
        """Whether what is told is no news. That somebody came may be marked late; nobody books a visit that is over."""
        at, before = parsed.event.occurred_at, self.connected_at or LONG_AGO
        was_over = over_at <= before and (at <= before or parsed.event.kind is EventKind.BOOKED)
        return was_over or over_at <= at - LONG_OVER


def _words(record: Record) -> str:
    """Cliniko's own, for whoever must ask later."""
    try:
        return json.dumps(record, separators=(",", ":"))
    except RecursionError:
        return ""
