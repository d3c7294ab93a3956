"""Ordinary FHIR resources, of which each test states what is unusual, and the source that reads them."""

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from drip.bookings.fhir import FhirCalls, FhirSource, connect
from drip.bookings.fhir_file import read_file
from drip.bookings.parsed import Outcome, Parsed, Rejected
from drip.bookings.source import Call, Connection, Heard, Page, SourceAway
from drip.core.clinic import BookingSystem, Clinic
from tests.bookings.fhir_server import TOKEN, FhirServer, stamp

Resource = dict[str, Any]
NOW = datetime(2026, 6, 10, 18, tzinfo=UTC)
HOUR = timedelta(hours=1)
YESTERDAY = NOW - 24 * HOUR
CALLED_WITH = "subscription-token-for-tests"


def _changed(resource: Resource, changes: dict[str, Any]) -> Resource:
    """`...` as a value takes the name away."""
    return {name: value for name, value in (resource | changes).items() if value is not ...}


def an_appointment(**changes: Any) -> Resource:
    """Of patient 1 in Leith."""
    told = {
        "resourceType": "Appointment",
        "id": "a-7",
        "meta": {"versionId": "3", "lastUpdated": "2026-06-01T09:00:00.250+01:00"},
        "status": "booked",
        "serviceType": [{"coding": [{"code": "52", "display": "New Patient"}], "text": "First visit"}],
        "start": "2026-07-09T14:00:00+01:00",
        "end": "2026-07-09T14:45:00+01:00",
        "participant": [
            {"actor": {"reference": "Patient/1", "display": "Morag Bain"}, "status": "accepted"},
            {"actor": {"reference": "Practitioner/77"}, "status": "accepted"},
            {"actor": {"reference": "Location/L1", "display": "The harbour rooms"}, "status": "accepted"},
        ],
    }
    return _changed(told, changes)


def an_encounter(**changes: Any) -> Resource:
    """Of appointment a-7, finished."""
    told = {
        "resourceType": "Encounter",
        "id": "e-1",
        "meta": {"lastUpdated": "2026-07-09T13:50:00Z"},
        "status": "finished",
        "class": {"code": "AMB"},
        "subject": {"reference": "Patient/1"},
        "appointment": [{"reference": "Appointment/a-7"}],
        "period": {"start": "2026-07-09T14:02:00+01:00", "end": "2026-07-09T14:40:00+01:00"},
    }
    return _changed(told, changes)


def a_procedure(**changes: Any) -> Resource:
    """A shockwave treatment, at encounter e-1."""
    told = {
        "resourceType": "Procedure",
        "id": "t-1",
        "meta": {"lastUpdated": "2026-07-09T13:55:00Z"},
        "status": "completed",
        "code": {
            "coding": [{"system": "http://snomed.info/sct", "code": "444783004", "display": "Shockwave"}],
            "text": "Shockwave to the heel",
        },
        "subject": {"reference": "Patient/1"},
        "encounter": {"reference": "Encounter/e-1"},
        "performedDateTime": "2026-07-09T14:30:00+01:00",
    }
    return _changed(told, changes)


def a_patient(**changes: Any) -> Resource:
    """Morag Bain."""
    told = {
        "resourceType": "Patient",
        "id": "1",
        "meta": {"versionId": "2", "lastUpdated": "2026-05-01T10:00:00Z"},
        "name": [{"use": "official", "family": "Bain", "given": ["Morag", "Jean"]}],
        "telecom": [
            {"system": "phone", "use": "mobile", "value": "07700 900123"},
            {"system": "email", "value": "morag@example.org"},
        ],
        "birthDate": "1979-03-02",
    }
    return _changed(told, changes)


def a_bundle(*resources: Resource, kind: str = "collection", **more: Any) -> Resource:
    """One entry for each."""
    return {"resourceType": "Bundle", "type": kind, "entry": [{"resource": one} for one in resources], **more}


def as_read(clinic: Clinic) -> Clinic:
    """The clinic, with what the server calls its sites."""
    return replace(clinic, bookings={"fhir": BookingSystem(sites={"L1": "leith", "Boston rooms": "boston"})})


def read(told: object, clinic: Clinic, filename: str = "") -> list[Outcome]:
    """What a file comes to."""
    data = told if isinstance(told, bytes) else json.dumps(told).encode()
    return read_file(data, as_read(clinic), "fhir", filename=filename)


def events(told: object, clinic: Clinic) -> list[Parsed]:
    """The events of a file of which nothing is rejected."""
    outcomes = read(told, clinic)
    assert all(isinstance(one, Parsed) for one in outcomes), outcomes
    return [one for one in outcomes if isinstance(one, Parsed)]


def event(told: object, clinic: Clinic) -> Parsed:
    """The only event of a file."""
    (found,) = events(told, clinic)
    return found


def rejected(told: object, clinic: Clinic) -> list[Rejected]:
    """What is wrong with a file of which nothing is taken."""
    outcomes = read(told, clinic)
    assert all(isinstance(one, Rejected) for one in outcomes), outcomes
    return [one for one in outcomes if isinstance(one, Rejected)]


def a_source(clinic: Clinic, server: FhirServer, called_with: str = CALLED_WITH) -> FhirSource:
    """One that is asked, and heard with that token."""
    told = {"FHIR_WEBHOOK_TOKEN": called_with, "FHIR_BASE_URL": server.base, "FHIR_TOKEN": TOKEN}
    source = connect(Connection(clinic=as_read(clinic), deadline=5, told=told))
    assert isinstance(source, FhirSource)
    return source


def only_calls(clinic: Clinic) -> FhirCalls:
    """One that is only heard."""
    source = connect(Connection(clinic=as_read(clinic), told={"FHIR_WEBHOOK_TOKEN": CALLED_WITH}))
    assert isinstance(source, FhirCalls)
    return source


def a_call(told: object, token: str = CALLED_WITH, **headers: str) -> Call:
    """A call with the token."""
    body = told if isinstance(told, bytes) else json.dumps(told).encode()
    return Call(headers={"authorization": f"Bearer {token}", **headers}, body=body)


def heard(source: FhirSource | FhirCalls, told: object, now: datetime = NOW) -> Heard:
    """What a call that is believed comes to."""
    found = source.hear(a_call(told), now)
    assert found is not None
    return found


def said(outcomes: Any) -> list[tuple[str, ...]]:
    """Each event's kind and patient; of what was rejected, the path."""
    return [(one.event.kind.value, one.patient_ref) if isinstance(one, Parsed) else (one.path,) for one in outcomes]


def cursors_at(at: datetime) -> dict[str, str]:
    """All four feeds were read up to then."""
    return {kind: stamp(at) for kind in ("Patient", "Appointment", "Encounter", "Procedure")}


def polled(source: FhirSource, cursors: Mapping[str, str], now: datetime = NOW) -> tuple[list[Outcome], dict[str, str]]:
    """Everything that is new, and the cursors afterwards."""
    known, outcomes = dict(cursors), list[Outcome]()
    for page in source.poll(cursors, now):
        outcomes += page.outcomes
        known |= page.cursors
    return outcomes, known


def trouble(source: FhirSource, cursors: Mapping[str, str], now: datetime = NOW) -> tuple[SourceAway, list[Page]]:
    """What polling ends with, and what it yielded before."""
    pages: list[Page] = []
    with pytest.raises(SourceAway) as raised:
        pages.extend(source.poll(cursors, now))
    return raised.value, pages


def keys(outcomes: list[Outcome]) -> list[str]:
    """The names of the events."""
    return [one.event.key for one in outcomes if isinstance(one, Parsed)]
