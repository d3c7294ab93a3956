"""A clinic with two sites, and an ordinary event of which each test states what is unusual."""

import json
from collections.abc import Callable
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from drip.bookings.generic import read_events
from drip.bookings.parsed import Outcome, Parsed, Rejected
from drip.core.clinic import Clinic, Site
from drip.core.window import Always

Told = dict[str, Any]
ReadOne = Callable[..., Parsed]
RejectOne = Callable[..., Rejected]
Read = Callable[..., list[Outcome]]


def _site(site_id: str, zone: str, country: str) -> Site:
    return Site(id=site_id, name=site_id, address=(), phone="", zone=ZoneInfo(zone), country=country, window=Always())


@pytest.fixture(scope="session")
def clinic() -> Clinic:
    """Harbour Physio: Leith is the default site, Boston dials American."""
    return Clinic(
        name="Harbour Physio",
        phone="+441314960123",
        email="desk@example.org",
        website="https://example.org",
        zone=ZoneInfo("Europe/London"),
        country="GB",
        sites=(_site("leith", "Europe/London", "GB"), _site("boston", "America/New_York", "US")),
        appointment_types={"New Patient": "initial", "follow up": "review"},
        treatments={"Shockwave": "eswt"},
    )


def an_event(**changes: object) -> Told:
    """A booking; `patient__phone=...` changes one value, `...` as a value takes the name away."""
    event: Told = {
        "event_id": "e-1",
        "kind": "appointment.booked",
        "occurred_at": "2026-03-02T08:15:00Z",
        "patient": {"ref": "p-1", "first_name": "Morag", "last_name": "Bain"},
        "appointment": {"ref": "a-1", "type": "initial", "starts_at": "2026-07-09T14:00:00+01:00"},
    }
    for path, value in changes.items():
        *above, name = path.split("__")
        place = event
        for part in above:
            place = place.setdefault(part, {})
        if value is ...:
            place.pop(name, None)
        else:
            place[name] = value
    return event


@pytest.fixture
def read(clinic: Clinic) -> Read:
    """Reads bytes, text or anything JSON can say."""

    def reading(told: object, **how: Any) -> list[Outcome]:
        if not isinstance(told, bytes):
            told = told.encode() if isinstance(told, str) else json.dumps(told).encode()
        return read_events(told, clinic, "generic", **how)

    return reading


@pytest.fixture
def parsed(read: Read) -> ReadOne:
    """The only event of what is read."""

    def reading(told: object, **how: Any) -> Parsed:
        (outcome,) = read(told, **how)
        assert isinstance(outcome, Parsed), outcome
        return outcome

    return reading


@pytest.fixture
def rejected(read: Read) -> RejectOne:
    """The only rejection of what is read."""

    def reading(told: object, **how: Any) -> Rejected:
        (outcome,) = read(told, **how)
        assert isinstance(outcome, Rejected), outcome
        return outcome

    return reading
