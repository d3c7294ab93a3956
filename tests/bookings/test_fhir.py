"""The settings that connect a FHIR server."""

from collections.abc import Iterator

import pytest

from drip.bookings.fhir import FhirSource, connect
from drip.bookings.source import Connection, SourceAway, SourceRefuses
from drip.core.clinic import Clinic
from tests.bookings.fhir_server import FhirServer, fhir, outcome
from tests.bookings.fhir_told import (
    NOW,
    a_call,
    a_source,
    as_read,
)


@pytest.fixture
def server() -> Iterator[FhirServer]:
    made = FhirServer()
    yield made
    made.close()


@pytest.fixture
def source(clinic: Clinic, server: FhirServer) -> Iterator[FhirSource]:
    made = a_source(clinic, server)
    yield made
    made.close()


def test_to_check_is_only_to_count(source: FhirSource, server: FhirServer) -> None:
    source.check()
    (asked,) = server.asked
    assert asked.target == "/fhir/r4/Appointment?_summary=count"


@pytest.mark.parametrize(("status", "refuses"), [(401, True), (403, True), (404, False), (500, False), (429, False)])
def test_a_check_says_whether_it_is_refused_or_away(
    status: int, refuses: bool, source: FhirSource, server: FhirServer
) -> None:
    server.faults = [fhir(status, outcome("x"), retry_after="5")]
    with pytest.raises(SourceAway) as raised:
        source.check()
    assert isinstance(raised.value, SourceRefuses) is refuses
    assert raised.value.until is None


BASE = "https://fhir.example.org/r4"
SETTINGS: dict[str, tuple[dict[str, str], str]] = {
    "token without an address": ({"FHIR_TOKEN": "t"}, "FHIR_BASE_URL is missing"),
    "token and webhook": ({"FHIR_TOKEN": "t", "FHIR_WEBHOOK_TOKEN": "w"}, "FHIR_BASE_URL is missing"),
    "address without a token": ({"FHIR_BASE_URL": BASE}, "FHIR_TOKEN is missing"),
    "in the open": (
        {"FHIR_BASE_URL": "http://fhir.example.org/r4", "FHIR_TOKEN": "t"},
        "FHIR_BASE_URL: without https",
    ),
    "no address": (
        {"FHIR_BASE_URL": "fhir.example.org", "FHIR_TOKEN": "t"},
        "FHIR_BASE_URL: should be an address",
    ),
    "half an address": ({"FHIR_BASE_URL": "https://[", "FHIR_TOKEN": "t"}, "FHIR_BASE_URL: should be an address"),
    "no port": (
        {"FHIR_BASE_URL": "https://fhir.example.org:x", "FHIR_TOKEN": "t"},
        "FHIR_BASE_URL: should be an address",
    ),
    "a question": ({"FHIR_BASE_URL": f"{BASE}?x=1", "FHIR_TOKEN": "t"}, "FHIR_BASE_URL: should be an address"),
    "a password": (
        {"FHIR_BASE_URL": "https://me:secret@fhir.example.org", "FHIR_TOKEN": "t"},
        "FHIR_BASE_URL: should be an address",
    ),
    "a token of two lines": ({"FHIR_BASE_URL": BASE, "FHIR_TOKEN": "a\nb"}, "FHIR_TOKEN has a character"),
}


@pytest.mark.parametrize(("told", "says"), SETTINGS.values(), ids=SETTINGS)
def test_settings_that_cannot_work_are_said_in_one_line(told: dict[str, str], says: str, clinic: Clinic) -> None:
    with pytest.raises(ValueError, match=says) as raised:
        connect(Connection(clinic=clinic, told=told))
    assert "\n" not in str(raised.value)
    assert "secret" not in str(raised.value)


@pytest.mark.parametrize("base", [BASE, f"{BASE}/", "http://localhost:8080/fhir", "http://[::1]:8080"])
def test_an_address_and_a_token_are_enough(base: str, clinic: Clinic) -> None:
    source = connect(Connection(clinic=as_read(clinic), told={"FHIR_BASE_URL": base, "FHIR_TOKEN": "t"}))
    assert isinstance(source, FhirSource)
    assert (source.name, source.tells_attendance) == ("fhir", True)
    assert source.hear(a_call({}, token=""), NOW) is None
    source.close()
    source.close()


def test_without_settings_there_is_no_source(clinic: Clinic) -> None:
    assert connect(Connection(clinic=clinic, told={"FHIR_BASE_URL": " ", "FHIR_TOKEN": ""})) is None
