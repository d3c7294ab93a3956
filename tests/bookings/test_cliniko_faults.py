"""Cliniko when it does not answer, answers late, torn or oddly, or leads us somewhere else."""

import json
import logging
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from email.utils import format_datetime
from typing import Any
from urllib.parse import urlsplit

import pytest

from drip.bookings import cliniko_feed
from drip.bookings.cliniko import Cliniko
from drip.bookings.source import SourceAway, SourceRefuses
from drip.core.clinic import Clinic
from tests.bookings.cliniko_server import KEY, NOW, ClinikoServer, Fault, a_practice, ask, connected
from tests.providers.loopback import Loopback, hang_up, http, reset, say, serving, trickle

RESET = int((NOW + timedelta(seconds=40)).timestamp())
TORN = http(200, b'{"patients": []}')[:-5]


@pytest.fixture
def practice() -> Iterator[ClinikoServer]:
    """One patient with one visit."""
    with a_practice() as server:
        server.patient()
        server.visit()
        yield server


@pytest.fixture
def source(practice: ClinikoServer, clinic: Clinic) -> Iterator[Cliniko]:
    with connected(practice, clinic) as made:
        yield made


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        (http(500, "{}"), "http_500"),
        (http(502, "<html>"), "http_502"),
        (http(301, "", location="https://api.uk2.cliniko.com/v1/patients"), "http_301"),
        (http(204), "http_204"),
        (http(200, "<html>Down for maintenance</html>"), "unreadable"),
        (http(200, "[]"), "unreadable"),
        (http(200, "[" * 100_000), "unreadable"),
        (http(200, b"\xff\xfe"), "unreadable"),
        (say(TORN), "IncompleteRead"),
        (hang_up, "RemoteDisconnected"),
        (reset, "ConnectionResetError"),
    ],
)
def test_an_answer_that_is_none_is_a_system_that_is_away(
    practice: ClinikoServer, source: Cliniko, fault: Fault, kind: str
) -> None:
    practice.faults["individual_appointments"] = [fault]
    heard = ask(source)
    assert heard.trouble is not None
    assert not isinstance(heard.trouble, SourceRefuses)
    assert heard.trouble.kind == kind
    assert "visits" not in heard.cursors
    assert ask(source, heard.cursors).told() == [("appointment.booked", "5001")], "all is well again"


def test_an_answer_that_takes_for_ever_is_given_up(practice: ClinikoServer, clinic: Clinic) -> None:
    practice.faults["businesses"] = [trickle(http(200, '{"businesses": []}'), every=0.1)]
    with connected(practice, clinic, deadline=0.5) as source, pytest.raises(SourceAway, match=r"Timeout|Deadline"):
        source.check()


def test_nobody_there_is_away_too(practice: ClinikoServer, source: Cliniko) -> None:
    practice.close()
    with pytest.raises(SourceAway, match="ConnectionRefusedError"):
        source.check()


@pytest.mark.parametrize("status", [401, 403])
def test_a_key_that_is_not_accepted_is_for_a_person_to_mend(
    practice: ClinikoServer, source: Cliniko, status: int
) -> None:
    practice.faults["businesses"] = [http(status, "{}")]
    with pytest.raises(SourceRefuses, match=f"http_{status}"):
        source.check()
    source.check()


def test_a_wrong_key_is_refused_before_anything_is_read(practice: ClinikoServer, clinic: Clinic) -> None:
    with connected(practice, clinic, key="another-key-uk1") as source:
        heard = ask(source)
    assert isinstance(heard.trouble, SourceRefuses)
    assert len(practice.loopback.asked) == 1


# Too many questions.


@pytest.mark.parametrize(
    ("headers", "until"),
    [
        (
            {"x_ratelimit_reset": str(RESET), "date": format_datetime(NOW + timedelta(seconds=30))},
            timedelta(seconds=10),
        ),
        ({"x_ratelimit_reset": str(RESET + 10**9)}, NOW + timedelta(hours=1)),
        ({"x_ratelimit_reset": str(RESET - 3600)}, None),
        ({"x_ratelimit_reset": "soon"}, None),
        ({"x_ratelimit_reset": "9" * 400}, None),
        ({"x_ratelimit_reset": str(RESET), "date": "yesterday"}, NOW + timedelta(seconds=40)),
        ({}, None),
    ],
    ids=["by its own clock", "never", "already", "words", "too large", "no date", "says nothing"],
)
def test_asked_too_often_we_wait_until_cliniko_says(
    practice: ClinikoServer, source: Cliniko, headers: dict[str, str], until: datetime | timedelta | None
) -> None:
    practice.faults["individual_appointments"] = [http(429, "{}", **headers)]
    trouble = ask(source).trouble
    assert trouble is not None
    assert trouble.kind == "rate_limited"
    assert trouble.until == (NOW + until if isinstance(until, timedelta) else until)


def test_what_was_heard_before_is_kept_and_gone_on_from(practice: ClinikoServer, source: Cliniko) -> None:
    for number in range(150):
        practice.visit(f"{5000 + number}", updated_at=f"2026-03-02T08:{number // 60:02}:{number % 60:02}Z")
    practice.faults["patients"] = [*[practice.answered({"patients": []})] * 2, http(429, "{}")]
    first = ask(source)
    assert len(first.events) == 100
    assert first.cursors["visits"] == "2026-03-02T08:01:39Z"
    second = ask(source, first.cursors)
    assert {ref for _, ref in first.told() + second.told()} == {f"{5000 + number}" for number in range(150)}


@pytest.mark.parametrize("path", ["patients", "appointment_types/302", "practitioners/201", "attendees"])
def test_a_page_whose_links_cannot_be_looked_up_is_not_told_by_halves(
    practice: ClinikoServer, source: Cliniko, path: str
) -> None:
    practice.group()
    practice.attendee()
    practice.tables["individual_appointments"].clear()
    ready = [practice.answered({"patients": []})] if path == "patients" else []
    practice.faults[path] = [*ready, http(500, "{}")]
    heard = ask(source)
    assert heard.events == []
    assert "groups" not in heard.cursors
    assert ("appointment.booked", "attendee-8001") in ask(source, heard.cursors).told()


# Leading astray.


@pytest.fixture
def elsewhere() -> Iterator[Loopback]:
    """Another server, which must hear nothing."""
    with serving(lambda asked: http(200, '{"patients": []}')) as server:
        yield server
        assert server.asked == []


def _to(server: Loopback, practice: ClinikoServer) -> str:
    return f"{server.url}/v1/patients?page=2"


@pytest.mark.parametrize(
    "link",
    [
        _to,
        lambda elsewhere, practice: practice.base.replace("http://", "https://") + "/patients?page=2",
        lambda elsewhere, practice: (
            f"http://127.0.0.1:{practice.loopback.port}@{urlsplit(elsewhere.url).netloc}/v1/patients"
        ),
        lambda elsewhere, practice: f"{practice.base}\\@{urlsplit(elsewhere.url).netloc}/patients",
        lambda elsewhere, practice: practice.base.removesuffix("/v1") + "/v2/patients",
        lambda elsewhere, practice: f"{practice.base}/patients?page=2 HTTP/1.1",
        lambda elsewhere, practice: "file:///etc/passwd",
        lambda elsewhere, practice: "/v1/patients?page=2",
        lambda elsewhere, practice: "http://[",
        lambda elsewhere, practice: "http://127.0.0.1:99999/v1/patients",
    ],
    ids=["host", "scheme", "user", "backslash", "path", "space", "file", "relative", "broken", "port"],
)
def test_a_link_to_anywhere_else_is_never_followed(
    practice: ClinikoServer, source: Cliniko, elsewhere: Loopback, link: Callable[[Loopback, ClinikoServer], str]
) -> None:
    practice.changes["patients"] = lambda answer: answer | {"links": {"next": link(elsewhere, practice)}}
    trouble = ask(source).trouble
    assert trouble is not None
    assert trouble.kind == "link_elsewhere"
    assert len(practice.loopback.asked) == 1


def test_links_of_records_are_looked_up_at_cliniko_wherever_they_lead(
    practice: ClinikoServer, source: Cliniko, elsewhere: Loopback
) -> None:
    practice.visit()["patient"] = {"links": {"self": f"{elsewhere.url}/v1/patients/7001"}}
    (visit,) = ask(source).events
    assert visit.event.patient["first_name"] == "Amina"


def test_a_list_that_never_ends_is_left(
    practice: ClinikoServer, source: Cliniko, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cliniko_feed, "MOST_OF_ONE_SECOND", 20)
    pages = iter(range(10_000))

    def on_and_on(answer: dict[str, Any]) -> dict[str, Any]:
        return answer | {"links": {"next": f"{practice.base}/individual_appointments?page={next(pages)}"}}

    practice.changes["individual_appointments"] = on_and_on
    heard = ask(source)
    assert heard.trouble is not None
    assert heard.trouble.kind == "paging_loop"
    assert len(practice.asked_of("individual_appointments")) < 30


def test_the_attendees_of_a_group_do_not_lead_in_a_circle_either(practice: ClinikoServer, source: Cliniko) -> None:
    practice.group()
    practice.changes["attendees"] = lambda answer: answer | {"links": {"next": f"{practice.base}/attendees?page=2"}}
    trouble = ask(source).trouble
    assert trouble is not None
    assert trouble.kind == "paging_loop"


# What must not be told.


def test_neither_the_key_nor_a_patient_is_in_a_log_or_an_error(
    practice: ClinikoServer, source: Cliniko, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    practice.faults["individual_appointments"] = [http(500, json.dumps(practice.tables["patients"]["7001"]))]
    told = f"{ask(source).trouble!r} {caplog.text} {source!r}"
    for secret in (KEY, "Amina", "Shah", "07700", "amina@example.org", "7001"):
        assert secret not in told


def test_cursors_that_make_no_sense_are_no_cursors(practice: ClinikoServer, source: Cliniko) -> None:
    heard = ask(source, {"connected": "yesterday", "visits": "\x00", "attendees": "9999-12-31T23:59:59Z"})
    assert heard.told() == [("appointment.booked", "5001")]
    assert heard.trouble is None
