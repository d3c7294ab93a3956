"""Cliniko, as far as it can be met without an account: a server on this machine that answers as Cliniko does."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from drip.bookings.cliniko import Cliniko, connect
from drip.bookings.cliniko_api import Account
from drip.bookings.parsed import Parsed
from drip.bookings.registry import SOURCES
from drip.bookings.source import Connection, Polls
from drip.core.clinic import BookingSystem, Clinic
from tests.bookings.cliniko_server import CONTACT, KEY, NOW, ClinikoServer, a_practice, ask, connected

SITES = {"101": "leith", "boston": "boston"}
LATER = NOW + timedelta(minutes=1)


@pytest.fixture
def practice() -> Iterator[ClinikoServer]:
    with a_practice() as server:
        yield server


@pytest.fixture
def source(practice: ClinikoServer, clinic: Clinic) -> Iterator[Cliniko]:
    with connected(practice, replace(clinic, bookings={"cliniko": BookingSystem(sites=SITES)})) as made:
        yield made


def the_only(events: list[Parsed]) -> Parsed:
    (one,) = {one.event.key: one for one in events}.values()
    return one


# Connecting.


def told(**settings: str) -> dict[str, str]:
    return {"CLINIKO_API_KEY": KEY} | settings


@pytest.mark.parametrize(
    ("key", "base", "address"),
    [
        ("TmV2ZXItYS1yZWFs-uk1", "", "https://api.uk1.cliniko.com/v1"),
        ("TmV2ZXItYS1yZWFs-AU4", "", "https://api.au4.cliniko.com/v1"),
        ("TmV2ZXItYS1yZWFs", "", "https://api.au1.cliniko.com/v1"),
        ("TmV2ZXItYS1yZWFs-example.org", "", "https://api.au1.cliniko.com/v1"),
        ("TmV2ZXItYS1yZWFs-uk1", "http://127.0.0.1:8090/v1/", "http://127.0.0.1:8090/v1"),
        ("TmV2ZXItYS1yZWFs-uk1", "https://cliniko.example.org/v1", "https://cliniko.example.org/v1"),
    ],
)
def test_the_keys_suffix_says_where_it_is_valid(key: str, base: str, address: str) -> None:
    assert Account(key=key, contact=CONTACT, base=base).address == address


@pytest.mark.parametrize(
    ("wrong", "variable"),
    [
        ({"CLINIKO_API_KEY": "short"}, "CLINIKO_API_KEY"),
        ({"CLINIKO_API_KEY": "a key\r\nHost: example.org"}, "CLINIKO_API_KEY"),
        ({"CLINIKO_API_KEY": "user:password-uk1"}, "CLINIKO_API_KEY"),
        ({"CLINIKO_CONTACT": "nobody"}, "CLINIKO_CONTACT"),
        ({"CLINIKO_API_BASE": "http://example.org/v1"}, "CLINIKO_API_BASE"),
        ({"CLINIKO_API_BASE": "ftp://127.0.0.1/v1"}, "CLINIKO_API_BASE"),
        ({"CLINIKO_API_BASE": "https://someone@example.org/v1"}, "CLINIKO_API_BASE"),
        ({"CLINIKO_API_BASE": "https://example.org:99999/v1"}, "CLINIKO_API_BASE"),
    ],
)
def test_half_a_connection_names_the_variable_and_never_the_key(
    clinic: Clinic, wrong: dict[str, str], variable: str
) -> None:
    with pytest.raises(ValueError, match=variable) as error:
        connect(Connection(clinic=clinic, told=told(**wrong)))
    assert "\n" not in str(error.value)
    assert told(**wrong)["CLINIKO_API_KEY"] not in str(error.value)


def test_without_a_key_there_is_no_connection(clinic: Clinic) -> None:
    assert connect(Connection(clinic=clinic, told={"CLINIKO_CONTACT": CONTACT})) is None


def test_it_is_one_of_the_sources_and_does_not_show_its_key(clinic: Clinic) -> None:
    source = connect(Connection(clinic=clinic, told=told(CLINIKO_CONTACT=CONTACT)))
    assert isinstance(source, Polls)
    assert source.tells_attendance
    assert source.name == "cliniko"
    assert SOURCES[source.name] == "cliniko:connect"
    source.close()
    assert KEY not in repr(Account(key=KEY, contact=CONTACT))


def test_the_clinics_own_address_is_the_contact_unless_another_is_said(practice: ClinikoServer, clinic: Clinic) -> None:
    settings = told(CLINIKO_API_BASE=practice.base)
    for contact, said in (("it@example.org", {"CLINIKO_CONTACT": "it@example.org"}), (clinic.email, {})):
        source = connect(Connection(clinic=clinic, told=settings | said))
        assert source is not None
        practice.faults["businesses"] = [practice.answered({"businesses": []})]
        source.check()
        source.close()
        assert practice.loopback.asked[-1].headers["user-agent"] == f"drip ({contact})"
        assert practice.loopback.asked[-1].headers["accept"] == "application/json"


# What a turn tells.


def test_a_booking_comes_with_the_patient_the_site_and_the_type(practice: ClinikoServer, source: Cliniko) -> None:
    numbers = [{"phone_type": "Mobile", "number": "+44 7700 900123"}]
    consent: dict[str, Any] = {"accepted_email_marketing": True, "accepted_sms_marketing": False}
    practice.patient(preferred_first_name="Mina", patient_phone_numbers=numbers, **consent)
    practice.visit("1390726237298631770", business="102")
    heard = the_only(ask(source).events)
    assert heard.event.kind == "appointment.booked"
    assert heard.event.occurred_at == datetime(2026, 3, 2, 8, 15, tzinfo=UTC)
    assert heard.event.site == "boston"
    assert heard.body["patient"] == {
        "ref": "7001",
        "first_name": "Mina",
        "last_name": "Shah",
        "email": "amina@example.org",
        "email_problem": None,
        "phone": "+447700900123",
        "phone_problem": None,
        "date_of_birth": "1979-03-02",
        "timezone": "Europe/London",
        "consent": {"marketing": {"email": True, "sms": False}},
    }
    assert heard.body["appointment"] == {
        "ref": "1390726237298631770",
        "type": "initial",
        "starts_at": "2026-03-12T06:00:00-04:00",
        "ends_at": "2026-03-12T06:45:00-04:00",
        "practitioner": "Isla Munro",
    }


def test_a_visit_that_is_moved_is_told_again_with_its_new_time(practice: ClinikoServer, source: Cliniko) -> None:
    practice.patient()
    visit = practice.visit()
    first = ask(source)
    visit |= {
        "starts_at": "2026-03-13T10:00:00Z",
        "ends_at": "2026-03-13T10:45:00Z",
        "updated_at": "2026-03-04T09:00:30Z",
    }
    moved = ask(source, first.cursors, LATER).of("appointment.booked")[-1]
    assert moved.event.appointment_ref == first.events[0].event.appointment_ref
    assert moved.event.appointment["starts_at"] == "2026-03-13T10:00:00+00:00"
    assert moved.event.key != first.events[0].event.key


def test_two_states_of_the_same_second_are_both_told(practice: ClinikoServer, source: Cliniko) -> None:
    practice.patient()
    visit = practice.visit()
    first = ask(source)
    visit["starts_at"] = "2026-03-12T10:15:00Z"
    again = ask(source, first.cursors, LATER)
    assert {one.event.key for one in first.events}.isdisjoint(one.event.key for one in again.of("appointment.booked"))


@pytest.mark.parametrize(
    ("change", "at"),
    [
        ({"cancelled_at": "2026-03-04T08:58:00Z"}, "2026-03-04T08:58:00Z"),
        ({"deleted_at": "2026-03-04T08:58:00Z"}, "2026-03-04T08:58:00Z"),
        ({"archived_at": "2026-03-04T08:58:00Z"}, "2026-03-04T08:58:00Z"),
    ],
    ids=["cancelled", "deleted", "archived"],
)
def test_a_visit_that_is_gone_is_cancelled(
    practice: ClinikoServer, source: Cliniko, change: dict[str, str], at: str
) -> None:
    practice.patient()
    visit = practice.visit()
    first = ask(source)
    visit |= change | {"updated_at": at}
    gone = the_only(ask(source, first.cursors, LATER).of("appointment.cancelled"))
    assert gone.event.occurred_at == datetime.fromisoformat(at)
    assert gone.event.appointment_ref == "5001"


def test_a_record_in_the_list_of_cancelled_ones_is_cancelled_whatever_it_says(
    practice: ClinikoServer, source: Cliniko
) -> None:
    practice.patient()
    practice.visit(cancelled_at="2026-03-03T10:00:00Z", updated_at="2026-03-03T10:00:00Z")

    def forget(answer: dict[str, Any]) -> dict[str, Any]:
        rows = [row | {"cancelled_at": None} for row in answer["individual_appointments"]]
        return answer | {"individual_appointments": rows}

    practice.changes["individual_appointments/cancelled"] = forget
    assert ask(source).told() == [("appointment.cancelled", "5001")]


def test_a_cancellation_that_is_taken_back_is_a_booking_again(practice: ClinikoServer, source: Cliniko) -> None:
    practice.patient()
    visit = practice.visit(cancelled_at="2026-03-03T10:00:00Z", updated_at="2026-03-03T10:00:00Z")
    first = ask(source)
    visit |= {"cancelled_at": None, "updated_at": "2026-03-04T09:00:30Z"}
    again = ask(source, first.cursors, LATER)
    assert the_only(again.of("appointment.booked")).event.occurred_at > first.events[0].event.occurred_at


@pytest.mark.parametrize(
    ("marks", "kinds"),
    [
        ({"patient_arrived": True}, ["appointment.booked", "appointment.attended"]),
        ({"did_not_arrive": True}, ["appointment.booked", "appointment.no_show"]),
        ({}, ["appointment.booked"]),
        ({"patient_arrived": True, "did_not_arrive": True}, ["appointment.booked"]),
        ({"patient_arrived": "true"}, ["appointment.booked"]),
    ],
)
def test_attendance_is_told_only_where_somebody_marked_it(
    practice: ClinikoServer, source: Cliniko, marks: dict[str, Any], kinds: list[str]
) -> None:
    practice.patient()
    first = ask(source)
    practice.visit(
        starts_at="2026-03-04T08:00:00Z", ends_at="2026-03-04T08:45:00Z", updated_at="2026-03-04T09:00:30Z", **marks
    )
    heard = ask(source, first.cursors, LATER)
    assert list(dict.fromkeys(one.event.kind.value for one in heard.events)) == kinds
    assert {one.event.occurred_at for one in heard.events} == {datetime(2026, 3, 4, 9, 0, 30, tzinfo=UTC)}


# Groups.


def test_a_place_in_a_group_has_the_times_and_the_type_of_the_group(practice: ClinikoServer, source: Cliniko) -> None:
    practice.patient()
    practice.group()
    practice.attendee()
    heard = {one.event.key: one for one in ask(source).events}
    (place,) = heard.values()
    assert place.event.appointment_ref == "attendee-8001"
    assert place.event.appointment["starts_at"] == "2026-03-12T18:00:00+00:00"
    assert place.event.appointment["type"] == "Pilates class"
    assert place.patient_ref == "7001"
    assert place.event.site == "leith"


@pytest.mark.parametrize(
    ("change", "kinds"),
    [
        ({"arrived": True}, ["appointment.booked", "appointment.attended"]),
        ({"arrived": False}, ["appointment.booked", "appointment.no_show"]),
        ({"cancelled_at": "2026-03-04T09:00:30Z"}, ["appointment.cancelled"]),
        ({"deleted_at": "2026-03-04T09:00:30Z"}, ["appointment.cancelled"]),
    ],
)
def test_a_place_in_a_group_changes_as_a_visit_does(
    practice: ClinikoServer, source: Cliniko, change: dict[str, object], kinds: list[str]
) -> None:
    practice.patient()
    practice.group()
    attendee = practice.attendee()
    first = ask(source)
    attendee |= change | {"updated_at": "2026-03-04T09:00:30Z"}
    news = [kind for kind, _ in ask(source, first.cursors, LATER).told()]
    assert [kind for kind in news if kind != "appointment.booked" or kind in kinds] == kinds


def test_a_group_that_is_moved_moves_everybody_in_it(practice: ClinikoServer, source: Cliniko) -> None:
    for number in (1, 2):
        practice.patient(f"700{number}")
        practice.attendee(f"800{number}", patient=f"700{number}")
    group = practice.group()
    first = ask(source)
    group |= {
        "starts_at": "2026-03-14T18:00:00Z",
        "ends_at": "2026-03-14T19:00:00Z",
        "updated_at": "2026-03-04T09:00:30Z",
    }
    moved = ask(source, first.cursors, LATER).of("appointment.booked")
    assert {(one.patient_ref, one.event.appointment["starts_at"]) for one in moved} == {
        ("7001", "2026-03-14T18:00:00+00:00"),
        ("7002", "2026-03-14T18:00:00+00:00"),
    }
    assert {one.event.occurred_at for one in moved} == {datetime(2026, 3, 4, 9, 0, 30, tzinfo=UTC)}


def test_a_group_that_is_deleted_is_cancelled_for_everybody_in_it(practice: ClinikoServer, source: Cliniko) -> None:
    practice.patient()
    practice.attendee()
    group = practice.group()
    first = ask(source)
    group |= {"deleted_at": "2026-03-04T09:00:30Z", "updated_at": "2026-03-04T09:00:30Z"}
    gone = the_only(ask(source, first.cursors, LATER).of("appointment.cancelled"))
    assert gone.event.appointment_ref == "attendee-8001"
    assert gone.event.occurred_at == datetime(2026, 3, 4, 9, 0, 30, tzinfo=UTC)


def test_who_was_taken_out_of_a_group_that_is_deleted_too_is_cancelled(
    practice: ClinikoServer, source: Cliniko
) -> None:
    practice.patient()
    group, attendee = practice.group(), practice.attendee()
    first = ask(source)
    gone = {"deleted_at": "2026-03-04T09:00:30Z", "updated_at": "2026-03-04T09:00:30Z"}
    group |= gone
    attendee |= gone
    assert ask(source, first.cursors, LATER).told() == [("appointment.cancelled", "attendee-8001")]


def test_a_place_in_a_group_that_nobody_has_taken_is_nobodys_visit(practice: ClinikoServer, source: Cliniko) -> None:
    practice.group()
    practice.attendee(patient="")
    assert ask(source).outcomes == []


def test_the_attendee_of_an_individual_appointment_is_not_heard_twice(practice: ClinikoServer, source: Cliniko) -> None:
    practice.patient()
    practice.visit()
    practice.attendee(booking="5001")
    assert ask(source).told() == [("appointment.booked", "5001")]


# Patients.


def test_a_changed_patient_is_told_with_what_is_no_longer_so(practice: ClinikoServer, source: Cliniko) -> None:
    patient = practice.patient()
    first = ask(source)
    assert first.events == [], "patients come along with their visits"
    patient |= {"updated_at": "2026-03-04T09:00:30Z", "email": "", "patient_phone_numbers": []}
    changed = the_only(ask(source, first.cursors, LATER).events)
    assert changed.event.kind == "patient.updated"
    assert changed.event.patient["email"] is None
    assert changed.event.patient["phone"] is None
    assert changed.event.patient["first_name"] == "Amina"


def test_the_patient_of_a_visit_is_told_as_now_and_not_as_at_an_earlier_page(
    practice: ClinikoServer, source: Cliniko
) -> None:
    patient = practice.patient()
    practice.visit("5001")
    first = ask(source)
    practice.visit("5002", updated_at="2026-03-04T09:00:40Z")

    def meanwhile(answer: dict[str, Any]) -> dict[str, Any]:
        patient.update(email="new@example.org", updated_at="2026-03-04T09:00:30Z")
        return answer

    practice.changes["group_appointments"] = meanwhile  # asked after the list of patients, before that of visits
    second = ask(source, first.cursors, LATER)
    assert second.of("patient.updated") == []
    assert {one.event.patient["email"] for one in second.events if one.event.appointment_ref == "5002"} == {
        "new@example.org"
    }


@pytest.mark.parametrize(
    ("change", "kind", "at"),
    [
        ({"archived_at": "2026-03-04T08:59:00Z"}, "patient.discharged", "2026-03-04T08:59:00Z"),
        (
            {"archived_at": "2026-03-04T08:59:00Z", "merged_at": "2026-03-04T08:59:10Z", "merged": "7002"},
            "patient.merged",
            "2026-03-04T08:59:10Z",
        ),
        ({"deleted_at": "2026-03-04T08:59:00Z"}, "patient.erased", "2026-03-04T08:59:00Z"),
    ],
)
def test_a_patient_whose_record_is_closed(
    practice: ClinikoServer, source: Cliniko, change: dict[str, Any], kind: str, at: str
) -> None:
    patient = practice.patient()
    first = ask(source)
    if survivor := change.pop("merged", None):
        patient["merged_with_patient"] = practice.link(f"patients/{survivor}")
    patient |= change | {"updated_at": "2026-03-04T09:00:00Z"}
    closed = the_only(ask(source, first.cursors, LATER).events)
    assert (closed.event.kind.value, closed.patient_ref) == (kind, "7001")
    assert closed.event.occurred_at == datetime.fromisoformat(at)


def test_the_coming_visits_of_a_merged_patient_become_the_survivors(practice: ClinikoServer, source: Cliniko) -> None:
    """Cliniko hands them over, and need not call that a change of the visits."""
    old = practice.patient("7001")
    practice.patient("7002", first_name="Amina Maria")
    ahead = practice.visit("5001")
    past = practice.visit("5002", starts_at="2026-03-02T09:00:00Z", ends_at="2026-03-02T09:45:00Z")
    first = ask(source)
    for visit in (ahead, past):
        visit["patient"] = practice.link("patients/7002")
    old |= {
        "merged_with_patient": practice.link("patients/7002"),
        "archived_at": "2026-03-06T09:00:00Z",
        "updated_at": "2026-03-06T09:00:00Z",
    }
    heard = ask(source, first.cursors | {"visits": "2026-03-06T09:00:00Z"}, datetime(2026, 3, 6, 9, 1, tzinfo=UTC))
    assert heard.told() == [("patient.merged", "7001"), ("appointment.booked", "5001")]
    taken_over = the_only(heard.of("appointment.booked"))
    assert taken_over.patient_ref == "7002"
    assert taken_over.event.key not in {one.event.key for one in first.events}


def test_an_archived_patient_of_a_visit_is_still_known_by_name(practice: ClinikoServer, source: Cliniko) -> None:
    practice.patient(archived_at="2026-01-01T09:00:00Z", updated_at="2026-01-01T09:00:00Z")
    practice.visit()
    assert the_only(ask(source).of("appointment.booked")).event.patient["first_name"] == "Amina"


def test_patients_with_much_else_in_their_records_are_read(practice: ClinikoServer, source: Cliniko) -> None:
    practice.patient(custom_fields={"sections": ["x" * 3_000_000]})
    practice.visit()
    assert the_only(ask(source).events).event.patient["first_name"] == "Amina"


def test_a_patient_who_is_not_to_be_had_is_the_reference_alone(practice: ClinikoServer, source: Cliniko) -> None:
    practice.visit(patient="7999")
    assert the_only(ask(source).events).body["patient"] == {"ref": "7999"}


# Cursors.


def test_what_was_heard_is_not_read_again_but_for_two_minutes(practice: ClinikoServer, source: Cliniko) -> None:
    practice.patient()
    practice.visit("5001", updated_at="2026-03-02T08:00:00Z")
    practice.visit("5002", updated_at="2026-03-02T08:14:00Z")
    practice.visit("5003", updated_at="2026-03-02T08:15:00Z")
    first = ask(source)
    again = ask(source, first.cursors, LATER)
    assert first.cursors["visits"] == "2026-03-02T08:15:00Z"
    assert [ref for _, ref in again.told()] == ["5002", "5003"]
    assert {one.event.key for one in again.events} <= {one.event.key for one in first.events}
    assert again.cursors == first.cursors


def test_a_cursor_comes_with_the_page_that_it_has_passed(practice: ClinikoServer, source: Cliniko) -> None:
    practice.patient()
    for number in range(150):
        practice.visit(f"{5000 + number}", updated_at=f"2026-03-02T08:{number // 60:02}:{number % 60:02}Z")
    pages = [page for page in source.poll({}, NOW) if "visits" in page.cursors]
    assert [page.cursors["visits"] for page in pages] == ["2026-03-02T08:01:39Z", "2026-03-02T08:02:29Z"]
    assert len(pages[0].outcomes) == 100
    assert {one.event.appointment_ref for page in pages for one in page.outcomes if isinstance(one, Parsed)} == {
        f"{5000 + number}" for number in range(150)
    }


def test_a_record_that_changes_while_the_list_is_read_hides_no_other(practice: ClinikoServer, source: Cliniko) -> None:
    practice.patient()
    for number in range(150):
        practice.visit(f"{5000 + number}", updated_at=f"2026-03-02T08:{number // 60:02}:{number % 60:02}Z")
    heard = set()
    for page in source.poll({}, NOW):
        heard |= {one.event.appointment_ref for one in page.outcomes if isinstance(one, Parsed)}
        if "visits" in page.cursors:
            practice.tables["individual_appointments"]["5000"]["updated_at"] = "2026-03-04T08:59:59Z"
    assert heard == {f"{5000 + number}" for number in range(150)}


def test_more_than_a_page_of_one_second_is_read_by_following_the_link(practice: ClinikoServer, source: Cliniko) -> None:
    practice.patient()
    for number in range(250):
        practice.visit(f"{5000 + number}", updated_at="2026-03-02T08:00:00Z")
    heard = ask(source)
    assert {ref for _, ref in heard.told()} == {f"{5000 + number}" for number in range(250)}
    assert [one for one in practice.asked_of("individual_appointments") if "page=2" in one]


def test_a_list_that_does_not_keep_its_order_is_not_said_to_be_read_before_its_end(
    practice: ClinikoServer, source: Cliniko
) -> None:
    practice.patient()
    for number in range(150):
        practice.visit(f"{5000 + number}", updated_at=f"2026-03-02T08:{number // 60:02}:{number % 60:02}Z")

    def shuffled(answer: dict[str, Any]) -> dict[str, Any]:
        return answer | {"individual_appointments": answer["individual_appointments"][::-1]}

    practice.changes["individual_appointments"] = shuffled
    pages = [page for page in source.poll({}, NOW) if page.outcomes]
    assert ["visits" in page.cursors for page in pages[:2]] == [False, True]


def test_a_record_from_the_future_does_not_take_the_cursor_along(practice: ClinikoServer, source: Cliniko) -> None:
    practice.patient()
    practice.visit("5001", updated_at="2099-01-01T00:00:00Z")
    first = ask(source)
    assert first.cursors["visits"] == "2026-03-04T09:00:00Z"
    practice.visit("5002", updated_at="2026-03-04T09:00:30Z")
    assert ("appointment.booked", "5002") in ask(source, first.cursors, LATER).told()


def test_all_is_heard_through_two_minutes_before_it_was_asked(practice: ClinikoServer, source: Cliniko) -> None:
    assert ask(source).through == NOW - timedelta(minutes=2)


def test_a_list_is_asked_for_by_the_time_of_its_changes(practice: ClinikoServer, source: Cliniko) -> None:
    ask(source, {"connected": "2026-03-01T00:00:00Z", "visits": "2026-03-02T08:15:00Z"})
    assert (
        "individual_appointments?q[]=updated_at:>2026-03-02T08:13:00Z&sort=updated_at&order=asc&per_page=100"
        in practice.questions
    )
    assert [one for one in practice.asked_of("patients/deleted") if "deleted_at:>" in one]


def test_a_list_that_cliniko_does_not_search_by_change_is_asked_by_deletion(
    practice: ClinikoServer, source: Cliniko
) -> None:
    practice.patient()
    practice.visit(deleted_at="2026-03-03T10:00:00Z")
    practice.searchable["individual_appointments/deleted"] = {"id", "deleted_at"}
    first = ask(source)
    assert first.told() == [("appointment.cancelled", "5001")]
    assert first.trouble is None
    ask(source, first.cursors, LATER)
    by = [one.partition("q[]=")[2].partition(":")[0] for one in practice.asked_of("individual_appointments/deleted")]
    assert by == ["updated_at", "deleted_at", "deleted_at"], "it remembers"


def test_a_list_that_cannot_be_read_keeps_no_other_from_being_read(practice: ClinikoServer, source: Cliniko) -> None:
    practice.patient()
    practice.visit()
    practice.searchable["patients/deleted"] = set()
    heard = ask(source)
    assert heard.told() == [("appointment.booked", "5001")]
    assert heard.trouble is not None
    assert heard.trouble.kind == "http_400"
    assert heard.through is None


# The first time.


def is_history(one: Parsed) -> bool:
    return one.body.get("history") is True


def test_visits_that_were_over_when_cliniko_was_connected_are_history(practice: ClinikoServer, source: Cliniko) -> None:
    practice.patient()
    past = {"starts_at": "2026-02-20T10:00:00Z", "ends_at": "2026-02-20T10:45:00Z"}
    practice.visit("5001", updated_at="2026-02-20T10:05:00Z", patient_arrived=True, **past)
    practice.visit("5002", updated_at="2026-02-20T10:05:00Z")
    heard = {(one.event.appointment_ref, one.event.kind.value): is_history(one) for one in ask(source).events}
    assert heard == {
        ("5001", "appointment.booked"): True,
        ("5001", "appointment.attended"): True,
        ("5002", "appointment.booked"): False,
    }


def test_what_is_marked_after_the_connection_is_news(practice: ClinikoServer, source: Cliniko) -> None:
    practice.patient()
    visit = practice.visit(
        starts_at="2026-03-03T10:00:00Z", ends_at="2026-03-03T10:45:00Z", updated_at="2026-03-01T10:05:00Z"
    )
    first = ask(source)
    visit |= {"patient_arrived": True, "updated_at": "2026-03-04T09:00:30Z"}
    heard = ask(source, first.cursors, LATER)
    assert not is_history(the_only(heard.of("appointment.attended")))
    assert is_history(the_only(heard.of("appointment.booked"))), "nobody books a visit that is over"


def test_history_stays_history_when_the_first_reading_is_broken_off(practice: ClinikoServer, source: Cliniko) -> None:
    practice.patient()
    past: dict[str, Any] = {"starts_at": "2026-02-20T10:00:00Z", "ends_at": "2026-02-20T10:45:00Z"}
    practice.visit(updated_at="2026-02-20T10:05:00Z", patient_arrived=True, **past)
    practice.faults["individual_appointments"] = [practice.answered({}, 500)]
    first = ask(source)
    assert first.events == []
    second = ask(source, first.cursors, NOW + timedelta(days=1))
    assert [is_history(one) for one in second.of("appointment.attended")] == [True]


def test_a_list_that_was_empty_at_first_is_read_from_there_on(practice: ClinikoServer, source: Cliniko) -> None:
    first = ask(source)
    assert first.cursors["attendees"] == "2026-02-02T09:00:00Z"
    assert first.cursors["connected"] == "2026-03-04T09:00:00Z"


def test_the_clinic_says_how_far_back_it_is_read(practice: ClinikoServer, clinic: Clinic) -> None:
    week = replace(clinic, bookings={"cliniko": BookingSystem(look_back=timedelta(days=7))})
    practice.patient()
    past = {"starts_at": "2026-02-20T10:00:00Z", "ends_at": "2026-02-20T10:45:00Z"}
    practice.visit("5001", updated_at="2026-02-24T09:00:00Z", **past)
    practice.visit("5002", updated_at="2026-02-26T09:00:00Z", **past)
    with connected(practice, week) as source:
        assert [ref for _, ref in ask(source).told()] == ["5002"]


def test_visits_ahead_that_were_booked_long_ago_are_read_once(practice: ClinikoServer, source: Cliniko) -> None:
    practice.patient()
    practice.visit("5001", updated_at="2025-11-01T09:00:00Z")
    practice.visit("5002", updated_at="2025-11-01T09:00:00Z", starts_at="2025-11-11T09:00:00Z", ends_at="")
    practice.group("6001", updated_at="2025-11-01T09:00:00Z")
    practice.attendee("8001", updated_at="2025-11-01T09:00:00Z")
    first = ask(source)
    assert sorted(ref for _, ref in first.told()) == ["5001", "attendee-8001"]
    assert not any(map(is_history, first.events))
    assert ask(source, first.cursors, LATER).events == []


@pytest.mark.parametrize(
    ("changed", "history"),
    [("2026-05-01T09:00:00Z", True), ("2026-03-06T09:00:00Z", False)],
    ids=["long after", "soon"],
)
def test_an_old_record_that_somebody_tidies_up_is_no_news(
    practice: ClinikoServer, source: Cliniko, changed: str, history: bool
) -> None:
    practice.patient()
    first = ask(source)
    practice.visit(
        starts_at="2026-03-04T10:00:00Z", ends_at="2026-03-04T10:45:00Z", updated_at=changed, patient_arrived=True
    )
    heard = ask(source, first.cursors, datetime.fromisoformat(changed) + timedelta(minutes=1))
    assert [(one.event.kind.value, is_history(one)) for one in heard.events] == [
        ("appointment.booked", history),
        ("appointment.attended", history),
    ]


# What records link to.


def test_people_are_asked_for_together_and_names_once_an_hour(practice: ClinikoServer, source: Cliniko) -> None:
    for number in range(40):
        practice.patient(f"{7000 + number}")
        practice.visit(f"{5000 + number}", patient=f"{7000 + number}")
    first = ask(source)
    assert len(first.events) == 40
    assert len([one for one in practice.asked_of("patients") if "id:=" in one]) == 1
    assert len(practice.asked_of("appointment_types/301")) == 1
    ask(source, first.cursors, NOW + timedelta(minutes=59))
    assert len(practice.asked_of("appointment_types/301")) == 1
    practice.type("301", "Follow up")
    renamed = ask(source, first.cursors, NOW + timedelta(minutes=61))
    assert {one.event.appointment["type"] for one in renamed.of("appointment.booked")} == {"review"}


@pytest.mark.parametrize("status", [403, 404])
def test_a_type_that_this_key_may_not_see_is_left_out(practice: ClinikoServer, source: Cliniko, status: int) -> None:
    practice.patient()
    practice.visit()
    practice.faults["appointment_types/301"] = [practice.answered({}, status)]
    assert "type" not in the_only(ask(source).events).event.appointment


def test_a_type_may_be_named_by_its_id(practice: ClinikoServer, clinic: Clinic) -> None:
    practice.patient()
    practice.visit()
    with connected(practice, replace(clinic, appointment_types={"301": "initial"})) as source:
        assert ask(source).events[0].event.appointment["type"] == "initial"
    assert practice.asked_of("appointment_types/301") == []


@pytest.mark.parametrize(
    ("sites", "site"),
    [
        ({"101": "leith"}, "leith"),
        ({"harbour physio leith": "leith"}, "leith"),
        ({"Somewhere else": "boston"}, None),
        ({"101": "glasgow"}, None),
        ({}, None),
    ],
)
def test_a_business_is_one_of_our_sites_where_the_clinic_says_so(
    practice: ClinikoServer, clinic: Clinic, sites: dict[str, str], site: str | None
) -> None:
    practice.patient()
    practice.visit()
    with connected(practice, replace(clinic, bookings={"cliniko": BookingSystem(sites=sites)})) as source:
        assert ask(source).events[0].event.site == site
