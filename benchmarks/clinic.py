"""The clinic that is measured: two sequences, as many invented patients as wanted, a provider that takes everything."""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from drip.app import App
from drip.bookings.generic import read_events
from drip.bookings.parsed import Parsed
from drip.core.model import Channel
from drip.providers.noop import NoOpProvider
from drip.store.migrate import sqlite_file
from tests.databases import Postgres, clean_postgres, sqlite_url
from tests.world import World, a_booking, a_visit, a_world

SQLITE, POSTGRES = "SQLite", "PostgreSQL"

STEPS = "\n".join(
    f'  - {{id: step-{day}, after: {day}d, at: "10:00", {"sms" if day % 2 else "email"}: words}}'
    for day in (1, 2, 4, 6, 8, 11, 15, 20, 25, 32, 39, 46)
)

TWELVE = f"""
sequence: twelve
title: Twelve messages
purpose: care
kind: education
enrol: {{on: [appointment.attended, appointment.booked]}}
anchor: appointment
steps:
{STEPS}
review: {{author: A. Writer, approved_by: B. Reader, review_due: 2037-01-01}}
"""

ONE_TEXT = """
sequence: text
title: One text
purpose: care
kind: education
enrol: {on: appointment.attended}
anchor: appointment
steps:
  - {id: text, after: 3h, sms: text}
review: {author: A. Writer, approved_by: B. Reader, review_due: 2037-01-01}
"""

TODAY, HEARD, DUE = "2026-06-11", "2026-06-11 10:31", "2026-06-11 13:00"
"""The day of the visits, when we hear of them, and by when each patient's first text is due."""


@dataclass(frozen=True, slots=True)
class Database:
    """One kind of database, and how to get an empty one."""

    name: str
    postgres: Postgres | None = None

    def empty(self) -> str:
        """The address of an empty database."""
        if self.postgres is None:
            return sqlite_url()
        clean_postgres(self.postgres, was_large=True)
        return self.postgres.url


@contextmanager
def a_clinic(database: Database, *sequences: str, **unusual: Any) -> Iterator[World]:
    """An empty clinic with these sequences live, whose messages all go to a provider that keeps nothing."""
    providers = {channel: (NoOpProvider(),) for channel in Channel}
    url = database.empty()
    world = a_world(url, providers=providers, **unusual)
    try:
        world.publish(*sequences)
        yield world
    finally:
        world.app.close()
        if file := sqlite_file(url):
            for part in file.parent.glob(f"{file.name}*"):
                part.unlink()


def visits(first: int, count: int) -> bytes:
    """Patients number `first` and on each came to a visit of their own, as a booking system tells it."""
    return _told(_about(n, a_visit(_clock(TODAY, n))) for n in range(first, first + count))


def bookings(first: int, count: int, day: str, kind: str) -> bytes:
    """Patients number `first` and on each have a visit of their own booked for, or moved to, a day."""
    return _told(_about(n, a_booking(_clock(day, n), kind=kind)) for n in range(first, first + count))


def read(app: App, told: bytes) -> Sequence[Parsed]:
    """What a booking system told us, parsed; all of it must be readable."""
    outcomes = read_events(told, app.clinic, "generic")
    parsed = [one for one in outcomes if isinstance(one, Parsed)]
    if len(parsed) != len(outcomes):
        raise ValueError("an event of the benchmark cannot be read")
    return parsed


def _clock(day: str, n: int) -> str:
    return f"{day} 09:{n % 60:02d}"


def _told(events: Iterator[dict[str, Any]]) -> bytes:
    return json.dumps(list(events)).encode()


def _about(n: int, event: dict[str, Any]) -> dict[str, Any]:
    event["event_id"] = f"{event['kind']}-{n}"
    event["appointment"] |= {"ref": f"a-{n}"}
    # Every one has an address and a number of their own, and none of them is anybody's.
    area, line = divmod(n, 100)
    number = f"+1{_AREAS[area % len(_AREAS)]}55501{line:02d}"
    event["patient"] |= {"ref": f"p-{n}", "email": f"p{n}@example.org", "phone": number, "conditions": ["achilles"]}
    event["patient"]["last_name"] = f"Shah the {n}."  # a name of their own as well: nobody here is anybody else
    return event


_AREAS = [str(area) for area in range(200, 1000)]


def expect(found: int, expected: int) -> None:
    """Stop when a benchmark did not do what it says it measures."""
    if found != expected:
        raise RuntimeError(f"{found} instead of {expected}")
