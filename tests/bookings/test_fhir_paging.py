"""Paging through a FHIR server, links that lead astray, and servers that go wrong."""

import logging
from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest

from drip.bookings import fhir_search
from drip.bookings.fhir import FhirSource
from drip.bookings.source import SourceAway, SourceRefuses, Wanted
from drip.core.clinic import Clinic
from tests.bookings.fhir_server import TOKEN, FhirServer, fhir, outcome, stamp
from tests.bookings.fhir_told import (
    HOUR,
    NOW,
    YESTERDAY,
    a_patient,
    a_source,
    an_appointment,
    cursors_at,
    polled,
    said,
    trouble,
)
from tests.providers.loopback import http, reset


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


# Pages


def test_all_pages_are_read_and_the_cursor_follows(source: FhirSource, server: FhirServer) -> None:
    server.most = 2
    for number in range(5):
        server.put(an_appointment(id=f"a-{number}"), NOW - timedelta(minutes=50 - number))
    pages = [page for page in source.poll(cursors_at(YESTERDAY), NOW) if page.outcomes]
    assert [len(page.outcomes) for page in pages] == [2, 2, 1]
    reached = [page.cursors["Appointment"] for page in pages]
    assert reached == [stamp(NOW - timedelta(minutes=50 - number)) for number in (1, 3, 4)]


def test_where_the_server_does_not_sort_the_cursor_waits_for_the_end(source: FhirSource, server: FhirServer) -> None:
    server.most, server.sorts = 2, False
    for number in (9, 3, 7):
        server.put(an_appointment(id=f"a-{number}"), NOW - timedelta(minutes=number))
    first, last = (page for page in source.poll(cursors_at(YESTERDAY), NOW) if page.outcomes)
    assert first.cursors == {}
    assert last.cursors["Appointment"] == stamp(NOW - timedelta(minutes=3))


@pytest.mark.parametrize(
    ("bend", "kind"),
    [
        (lambda link: link.replace("127.0.0.1", "127.0.0.2"), "link-elsewhere"),
        (lambda link: link.replace("http://", "https://"), "link-elsewhere"),
        (lambda link: link.replace("http://127", "http://me@127"), "link-elsewhere"),
        (lambda link: link.replace("/fhir/r4/", "/admin/"), "link-elsewhere"),
        (lambda link: link.replace("/fhir/r4/", "/fhir/r4/../../admin/"), "link-elsewhere"),
        (lambda _: "https://[", "link-elsewhere"),
        (lambda _: "file:///etc/passwd", "link-elsewhere"),
        (lambda link: link.replace("_offset=", "_x="), "paging-loop"),
    ],
    ids=["host", "scheme", "user", "path", "up", "no address", "file", "circle under new links"],
)
def test_a_link_that_leads_elsewhere_is_not_followed(
    bend: object, kind: str, source: FhirSource, server: FhirServer
) -> None:
    server.most, server.bend = 1, bend  # type: ignore[assignment]
    for number in range(3):
        server.put(an_appointment(id=f"a-{number}"), NOW - timedelta(minutes=50 - number))
    problem, pages = trouble(source, cursors_at(YESTERDAY))
    assert problem.kind == kind
    assert problem.until is None
    assert not isinstance(problem, SourceRefuses)
    assert said(pages[1].outcomes) == [("appointment.booked", "1")]
    assert len(server.asked) <= 5


@pytest.mark.parametrize("told", ["https://[", None])
def test_a_server_that_does_not_say_that_it_sorted_did_not(
    told: str | None, source: FhirSource, server: FhirServer
) -> None:
    links = [{"relation": "self", "url": told}, {"relation": "next", "url": "https://other.example.org"}]
    server.faults = [fhir(200, {"resourceType": "Bundle", "type": "searchset", "link": links})]
    _, pages = trouble(source, cursors_at(YESTERDAY))
    assert [page.cursors for page in pages] == [{}]


def test_a_link_may_be_relative(source: FhirSource, server: FhirServer) -> None:
    server.most, server.bend = 1, lambda link: link.partition("/fhir/r4/")[2]
    for number in range(3):
        server.put(an_appointment(id=f"a-{number}"), NOW - timedelta(minutes=50 - number))
    assert len(polled(source, cursors_at(YESTERDAY))[0]) == 3


def test_paging_comes_to_an_end(source: FhirSource, server: FhirServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fhir_search, "MOST_PAGES", 2)
    server.most = 1
    for number in range(3):
        server.put(an_appointment(id=f"a-{number}"), NOW - timedelta(minutes=50 - number))
    problem, pages = trouble(source, cursors_at(YESTERDAY))
    assert problem.kind == "too-many-pages"
    assert pages[-1].cursors == {"Appointment": stamp(NOW - timedelta(minutes=49))}


# Servers that go wrong


AWAY: dict[str, tuple[object, str, datetime | None]] = {
    "limited until a time": (
        fhir(429, outcome("x"), retry_after="Wed, 10 Jun 2026 12:05:00 GMT", date="Wed, 10 Jun 2026 12:00:00 GMT"),
        "http-429",
        NOW + timedelta(minutes=5),
    ),
    "limited until a time that is past": (
        fhir(429, outcome("x"), retry_after="Wed, 10 Jun 2026 11:00:00 GMT", date="Wed, 10 Jun 2026 12:00:00 GMT"),
        "http-429",
        NOW,
    ),
    "limited for years": (fhir(429, outcome("x"), retry_after="999999999999"), "http-429", NOW + timedelta(days=1)),
    "limited in words": (fhir(429, outcome("x"), retry_after="soon"), "http-429", None),
    "broken": (fhir(500, outcome("exception")), "http-500", None),
    "down": (http(503, b"", retry_after="5"), "http-503", NOW + timedelta(seconds=5)),
    "moved": (http(302, b"", location="https://other.example.org/"), "http-302", None),
    "not understood": (fhir(400, outcome("invalid")), "http-400", None),
    "an outcome": (fhir(200, outcome("exception")), "unreadable", None),
    "a page for people": (http(200, b"<html>Log in</html>"), "unreadable", None),
    "half an answer": (http(200, b'{"resourceType": "Bun'), "unreadable", None),
    "a list": (http(200, b"[]"), "unreadable", None),
    "no type": (http(200, b"{}"), "unreadable", None),
    "nothing": (http(204), "http-204", None),
    "reset": (reset, "ConnectionResetError", None),
}


@pytest.mark.parametrize(("fault", "kind", "until"), AWAY.values(), ids=AWAY)
def test_a_server_that_does_not_answer_is_left_alone(
    fault: bytes, kind: str, until: datetime | None, source: FhirSource, server: FhirServer
) -> None:
    server.put(a_patient(), NOW - HOUR)
    polled(source, cursors_at(YESTERDAY))
    server.faults = [fhir(200, server.search("Patient", {})), fault]
    problem, pages = trouble(source, cursors_at(YESTERDAY))
    assert (problem.kind, problem.until) == (kind, until)
    assert not isinstance(problem, SourceRefuses)
    assert said(pages[0].outcomes) == [("patient.updated", "1")]  # what was told before is kept


@pytest.mark.parametrize("status", [401, 403])
def test_a_server_that_does_not_accept_us_refuses(status: int, source: FhirSource, server: FhirServer) -> None:
    server.faults = [fhir(status, outcome("forbidden"))]
    problem, _ = trouble(source, cursors_at(YESTERDAY))
    assert isinstance(problem, SourceRefuses)
    assert problem.kind == f"http-{status}"


def test_one_that_cannot_be_reached_is_away(source: FhirSource, server: FhirServer) -> None:
    server.close()
    for ask in (
        lambda: polled(source, {}),
        lambda: source.fetch(Wanted(key="k", kind="Patient", ref="1"), NOW),
        source.check,
    ):
        with pytest.raises(SourceAway) as raised:
            ask()
        assert raised.value.kind == "ConnectionRefusedError"


def test_nothing_of_the_token_or_of_patients_is_ever_in_what_goes_wrong(
    source: FhirSource, server: FhirServer, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    server.put(a_patient(), NOW - HOUR)
    server.put(an_appointment(start="Morag at nine"), NOW - HOUR)
    outcomes, _ = polled(source, cursors_at(YESTERDAY))
    server.faults = [fhir(500, outcome("Morag"))]
    problem, _ = trouble(source, {})
    words = f"{outcomes!r} {problem!r} {caplog.text} {source!r} {source.__dict__!r}"
    assert TOKEN not in words
    assert "Morag" not in words
    assert not any("Morag" in asked.target or TOKEN in asked.target for asked in server.asked)
