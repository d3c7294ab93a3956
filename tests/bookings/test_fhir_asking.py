"""A FHIR server is asked what is new: feeds and cursors, pages, what was only named, and servers that go wrong."""

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest

from drip.bookings.fhir import FhirSource
from drip.bookings.parsed import Parsed, Rejected
from drip.bookings.source import Fetches, Hears, Polls, Wanted
from drip.core.clinic import Clinic
from drip.core.model import EventKind
from tests.bookings.fhir_server import TOKEN, FhirServer, fhir, outcome, stamp
from tests.bookings.fhir_told import (
    HOUR,
    NOW,
    YESTERDAY,
    a_patient,
    a_procedure,
    a_source,
    an_appointment,
    an_encounter,
    cursors_at,
    keys,
    only_calls,
    polled,
    said,
    trouble,
)
from tests.providers.loopback import http


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


# Feeds and cursors


def test_what_changed_is_told_feed_by_feed(source: FhirSource, server: FhirServer) -> None:
    for number, told in enumerate([a_patient(), an_appointment(), an_encounter(), a_procedure()]):
        server.put(told, NOW - HOUR + timedelta(minutes=number))
    outcomes, cursors = polled(source, cursors_at(YESTERDAY))
    assert said(outcomes) == [
        ("patient.updated", "1"),
        ("appointment.booked", "1"),
        ("appointment.attended", "1"),
        ("treatment.performed", "1"),
    ]
    visits = [one.event.appointment_ref for one in outcomes if isinstance(one, Parsed)]
    assert visits == [None, "a-7", "a-7", "a-7"]
    assert cursors == {
        "Patient": "2026-06-10T17:00:00.000Z",
        "Appointment": "2026-06-10T17:01:00.000Z",
        "Encounter": "2026-06-10T17:02:00.000Z",
        "Procedure": "2026-06-10T17:03:00.000Z",
    }


def test_the_question_is_what_changed_since_two_minutes_before_the_cursor(
    source: FhirSource, server: FhirServer
) -> None:
    polled(source, cursors_at(YESTERDAY))
    assert server.paths == ["Patient", "Appointment", "Encounter", "Procedure"]
    asked = server.asked[1]
    assert asked.method == "GET"
    assert asked.query == {
        "_lastUpdated": "gt2026-06-09T17:58:00.000Z",
        "_sort": "_lastUpdated",
        "_count": "50",
        "_include": "Appointment:patient",
    }
    assert asked.headers["authorization"] == f"Bearer {TOKEN}"
    assert asked.headers["accept"] == "application/fhir+json"


def test_asked_again_it_says_the_same_and_no_more(source: FhirSource, server: FhirServer) -> None:
    server.put(an_appointment(), NOW - HOUR)
    first, cursors = polled(source, cursors_at(YESTERDAY))
    again, same = polled(source, cursors, NOW + HOUR)
    assert keys(again) == keys(first)
    assert same == cursors
    server.put(an_appointment(status="cancelled"), NOW)
    (changed,), later = polled(source, cursors, NOW + HOUR)
    assert isinstance(changed, Parsed)
    assert changed.event.kind is EventKind.CANCELLED
    assert later["Appointment"] == stamp(NOW)


def test_what_was_heard_through_is_said_once_all_feeds_are_read(source: FhirSource, server: FhirServer) -> None:
    server.put(an_appointment(), NOW - HOUR)
    *before, last = source.poll(cursors_at(YESTERDAY), NOW)
    assert {page.through for page in before} == {None}
    assert last.through == NOW - timedelta(minutes=2)


def test_a_server_need_not_have_every_kind(source: FhirSource, server: FhirServer) -> None:
    server.lacks = {"Encounter", "Procedure", "Patient"}
    server.put(an_appointment(), NOW - HOUR)
    outcomes, cursors = polled(source, cursors_at(YESTERDAY))
    assert said(outcomes) == [("appointment.booked", "1")]
    assert cursors["Encounter"] == stamp(YESTERDAY)
    server.lacks = {"Appointment"}
    problem, _ = trouble(source, cursors)
    assert problem.kind == "http-404"


def test_a_patient_comes_with_the_appointment_however_long_unchanged(source: FhirSource, server: FhirServer) -> None:
    server.put(a_patient(), NOW - 5_000 * HOUR)
    server.put(an_appointment(), NOW - HOUR)
    outcomes, cursors = polled(source, cursors_at(YESTERDAY))
    assert said(outcomes) == [("appointment.booked", "1"), ("patient.updated", "1")]
    assert isinstance(outcomes[0], Parsed)
    assert outcomes[0].event.patient["phone"] == "+447700900123"
    assert cursors["Appointment"] == stamp(NOW - HOUR)
    assert server.paths == ["Patient", "Appointment", "Encounter", "Procedure"]


def test_a_patient_who_does_not_come_along_is_asked_for_once(source: FhirSource, server: FhirServer) -> None:
    server.includes = False
    server.put(a_patient(), NOW - 5_000 * HOUR)
    for number in range(3):
        server.put(an_appointment(id=f"a-{number}"), NOW - HOUR)
    server.most = 2
    outcomes, _ = polled(source, cursors_at(YESTERDAY))
    assert server.paths.count("Patient/1") == 1
    assert [one.event.patient.get("first_name") for one in outcomes if isinstance(one, Parsed)] == ["Morag"] * 4
    assert said(outcomes).count(("patient.updated", "1")) == 1


def test_a_patient_who_is_gone_does_not_keep_the_appointment_out(source: FhirSource, server: FhirServer) -> None:
    server.put(an_appointment(), NOW - HOUR)
    outcomes, _ = polled(source, cursors_at(YESTERDAY))
    assert said(outcomes) == [("appointment.booked", "1")]


def test_another_answer_than_the_patient_is_nobody(source: FhirSource, server: FhirServer) -> None:
    server.includes = False
    server.put(an_appointment(), NOW - HOUR)
    server.put(a_patient(), NOW - 5_000 * HOUR)["resourceType"] = "Basic"
    outcomes, _ = polled(source, cursors_at(YESTERDAY))
    assert said(outcomes) == [("appointment.booked", "1")]


def test_the_encounter_of_a_treatment_is_asked_for_and_tells_nothing_itself(
    source: FhirSource, server: FhirServer
) -> None:
    server.includes = False
    server.put(an_encounter(), NOW - 5_000 * HOUR)
    server.put(a_procedure(), NOW - HOUR)
    outcomes, _ = polled(source, cursors_at(YESTERDAY))
    (one,) = outcomes
    assert isinstance(one, Parsed)
    assert one.event.appointment_ref == "a-7"


def test_the_encounter_of_a_treatment_that_comes_along_tells_nothing_itself(
    source: FhirSource, server: FhirServer
) -> None:
    server.put(an_encounter(), NOW - 5_000 * HOUR)
    server.put(a_procedure(), NOW - HOUR)
    outcomes, _ = polled(source, cursors_at(YESTERDAY))
    assert said(outcomes) == [("treatment.performed", "1")]
    assert "Encounter/e-1" not in server.paths


def test_nobody_on_another_server_is_asked_for(source: FhirSource, server: FhirServer) -> None:
    elsewhere = {"actor": {"reference": "http://127.0.0.1:9/fhir/r4/Patient/1"}, "status": "accepted"}
    server.put(an_appointment(participant=[elsewhere]), NOW - HOUR)
    outcomes, _ = polled(source, cursors_at(YESTERDAY))
    assert len(outcomes) == 1
    assert server.paths == ["Patient", "Appointment", "Encounter", "Procedure"]


def test_a_record_that_cannot_be_read_loses_none_of_the_others_and_is_told_by_its_id(
    source: FhirSource, server: FhirServer
) -> None:
    server.put(an_appointment(id="a-8", status=5), NOW - HOUR)
    server.put(an_appointment(), NOW - HOUR)
    outcomes, cursors = polled(source, cursors_at(YESTERDAY))
    wrong, one = outcomes
    assert wrong == Rejected(0, "Appointment/a-8.status", "must be text.")
    assert isinstance(one, Parsed)
    assert cursors["Appointment"] == stamp(NOW - HOUR)


def test_a_record_from_the_future_hides_nothing(source: FhirSource, server: FhirServer) -> None:
    server.put(an_appointment(), NOW + 90_000 * HOUR)
    _, cursors = polled(source, cursors_at(YESTERDAY))
    assert cursors["Appointment"] == stamp(NOW)


def test_records_that_say_nothing_of_when_are_the_same_events_each_time(source: FhirSource, server: FhirServer) -> None:
    server.put(an_appointment(meta={"versionId": "1"}))
    first, cursors = polled(source, cursors_at(YESTERDAY))
    again, same = polled(source, cursors, NOW + HOUR)
    assert keys(again) == keys(first)
    assert len(first) == 1
    assert same["Appointment"] == stamp(YESTERDAY)


# The first time


def test_at_first_it_looks_back_and_marks_what_is_over_as_history(source: FhirSource, server: FhirServer) -> None:
    was = {"start": "2026-06-08T10:00:00Z", "end": "2026-06-08T10:45:00Z"}
    server.put(a_patient(), NOW - HOUR)
    server.put(an_appointment(id="long-ago", status="cancelled"), NOW - 31 * 24 * HOUR)
    server.put(an_appointment(id="over", status="fulfilled", **was), NOW - 40 * HOUR)
    server.put(an_appointment(id="ahead"), NOW - 39 * HOUR)
    server.put(an_encounter(id="seen", appointment=..., period={"start": was["start"]}), NOW - HOUR)
    server.put(an_encounter(id="seen-too", appointment=..., period=...), NOW - HOUR)
    server.put(a_procedure(encounter=..., performedDateTime=was["start"]), NOW - HOUR)
    outcomes, cursors = polled(source, {})
    marked = {
        one.event.appointment_ref or one.event.kind.value: one.body.get("history", False)
        for one in outcomes
        if isinstance(one, Parsed)
    }
    assert marked == {
        "patient.updated": False,
        "over": True,
        "ahead": False,
        "Encounter/seen": True,
        "Encounter/seen-too": True,
        "treatment.performed": True,
    }
    assert server.asked[0].query["_lastUpdated"] == "gt2026-05-11T18:00:00.000Z"
    again, _ = polled(source, cursors)
    assert not any("history" in one.body for one in again if isinstance(one, Parsed))


def ahead(**changes: object) -> dict[str, object]:
    return an_appointment(id="ahead", start="2026-08-09T10:00:00Z", end=..., **changes)


def test_at_first_visits_that_are_ahead_are_told_however_long_ago_they_were_booked(
    source: FhirSource, server: FhirServer
) -> None:
    server.put(ahead(), NOW - 5_000 * HOUR)
    server.put(an_appointment(id="off", status="cancelled"), NOW - 5_000 * HOUR)
    server.put(an_appointment(id="over", start="2025-08-09T10:00:00Z", end=...), NOW - 5_000 * HOUR)
    outcomes, cursors = polled(source, {})
    (one,) = outcomes
    assert isinstance(one, Parsed)
    assert (one.event.appointment_ref, "history" in one.body) == ("ahead", False)
    assert server.asked[1].query == {
        "date": "ge2026-06-10T18:00:00.000Z",
        "status": "booked",
        "_count": "50",
        "_include": "Appointment:patient",
    }
    assert polled(source, cursors)[0] == []


def test_a_server_that_cannot_tell_what_is_ahead_is_not_asked_for_everything(
    source: FhirSource, server: FhirServer
) -> None:
    server.knows_dates, server.most = False, 1
    for name in ("x", "y", "z"):
        server.put(ahead() | {"id": name}, NOW - 5_000 * HOUR)
    assert polled(source, {})[0] == []
    assert server.paths == ["Patient", "Appointment", "Appointment", "Encounter", "Procedure"]


def test_a_server_that_cannot_be_asked_what_is_ahead_is_read_all_the_same(
    source: FhirSource, server: FhirServer
) -> None:
    server.put(an_appointment(), NOW - HOUR)
    server.faults = [fhir(200, {"resourceType": "Bundle", "type": "searchset"}), fhir(400, outcome("not-supported"))]
    outcomes, _ = polled(source, {})
    assert said(outcomes) == [("appointment.booked", "1")]


def test_a_first_reading_that_is_broken_off_is_still_the_first(source: FhirSource, server: FhirServer) -> None:
    for number in range(3):
        told = an_appointment(id=f"a-{number}", status="fulfilled", start="2026-06-08T10:00:00Z", end=...)
        server.put(told, NOW - timedelta(hours=9 - number))
    server.most = 1
    pages = source.poll({}, NOW)
    cursors: dict[str, str] = {}
    for _ in range(3):  # the patients, what is ahead, and one appointment
        cursors |= next(pages).cursors
    assert cursors["Appointment"] == stamp(NOW - 9 * HOUR)
    outcomes, after = polled(source, cursors, NOW + HOUR)
    visits = [one for one in outcomes if isinstance(one, Parsed)]
    assert [one.body.get("history") for one in visits] == [True] * 3
    server.put(an_appointment(id="a-9", status="fulfilled", start="2026-06-08T10:00:00Z", end=...), NOW)
    later, _ = polled(source, after, NOW + HOUR)
    assert not any("history" in one.body for one in later if isinstance(one, Parsed))


def test_an_empty_server_has_been_read_for_the_first_time_too(source: FhirSource, server: FhirServer) -> None:
    _, cursors = polled(source, {})
    server.put(an_appointment(status="fulfilled", start="2026-06-08T10:00:00Z", end=...), NOW)
    (one,), _ = polled(source, cursors, NOW + HOUR)
    assert isinstance(one, Parsed)
    assert "history" not in one.body


# What was only named


def wanted(kind: str = "Appointment", ref: str = "a-7", at: datetime | None = None) -> Wanted:
    return Wanted(key="k", kind=kind, ref=ref, happened_at=at)


def test_what_was_named_is_read_with_its_patient(source: FhirSource, server: FhirServer) -> None:
    server.put(an_appointment(), NOW - HOUR)
    server.put(a_patient(), NOW - HOUR)
    outcomes = list(source.fetch(wanted(), NOW))
    assert said(outcomes) == [("appointment.booked", "1"), ("patient.updated", "1")]
    assert isinstance(outcomes[0], Parsed)
    assert outcomes[0].event.patient["first_name"] == "Morag"
    assert server.paths == ["Appointment/a-7", "Patient/1"]
    assert keys(outcomes)[0] in keys(polled(source, cursors_at(YESTERDAY))[0])


def test_a_treatment_that_was_named_is_read_with_its_visit(source: FhirSource, server: FhirServer) -> None:
    server.put(a_procedure(), NOW - HOUR)
    server.put(an_encounter(), NOW - HOUR)
    (one,) = source.fetch(wanted("Procedure", "t-1"), NOW)
    assert isinstance(one, Parsed)
    assert one.event.appointment_ref == "a-7"


def test_what_was_named_happened_when_the_call_said_so_if_it_does_not_say_itself(
    source: FhirSource, server: FhirServer
) -> None:
    server.put(an_appointment(meta=...))
    (one,) = source.fetch(wanted(at=NOW - HOUR), NOW)
    assert isinstance(one, Parsed)
    assert one.event.occurred_at == NOW - HOUR


@pytest.mark.parametrize("status", [404, 410])
def test_what_is_gone_comes_to_nothing(status: int, source: FhirSource, server: FhirServer) -> None:
    server.faults = [fhir(status, outcome("deleted"))]
    assert list(source.fetch(wanted(), NOW)) == []


@pytest.mark.parametrize(
    "fault",
    [
        fhir(400, outcome("invalid")),
        fhir(403, outcome("forbidden")),
        fhir(422, outcome("invariant")),
        fhir(200, outcome("exception")),
        http(200, b"<html>Not found</html>"),
        http(200, b'"' + b"x" * 17_000_000 + b'"'),
    ],
    ids=["400", "403", "422", "an outcome", "a page for people", "too large"],
)
def test_a_record_that_cannot_be_had_is_told_and_holds_up_no_other(
    fault: bytes, source: FhirSource, server: FhirServer
) -> None:
    server.faults = [fault]
    (one,) = source.fetch(wanted(), NOW)
    assert isinstance(one, Rejected)
    assert one.path == "Appointment"


@pytest.mark.parametrize(
    ("kind", "ref"), [("Observation", "1"), ("Patient", "../admin"), ("Patient", ".."), ("Patient", "")]
)
def test_what_is_not_ours_to_ask_for_is_not_asked_for(
    kind: str, ref: str, source: FhirSource, server: FhirServer
) -> None:
    assert list(source.fetch(wanted(kind, ref), NOW)) == []
    assert server.asked == []


def test_a_search_is_of_what_changed_lately(source: FhirSource, server: FhirServer) -> None:
    server.put(an_appointment(id="before"), NOW - timedelta(minutes=3))
    server.put(an_appointment(id="since"), NOW - timedelta(minutes=1))
    server.put(an_encounter(), NOW + timedelta(seconds=5))
    outcomes = list(source.fetch(wanted("search", "", NOW), NOW + timedelta(minutes=1)))
    assert [one.event.appointment_ref for one in outcomes if isinstance(one, Parsed)] == ["since", "a-7"]
    assert [said(source.fetch(wanted("search", ""), NOW))[0]] == [("appointment.booked", "1")]


def test_who_only_calls_is_not_asked(clinic: Clinic) -> None:
    source = only_calls(clinic)
    assert isinstance(source, Hears)
    assert not isinstance(source, Polls | Fetches)
    source.close()
