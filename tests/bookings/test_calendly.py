"""Calendly's calls: who booked, moved, cancelled or did not come."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drip.bookings.calendly import Calendly, connect, read_file
from drip.bookings.calendly_call import KINDS, visit_ref
from drip.bookings.parsed import Outcome, Parsed, Rejected
from drip.bookings.source import Connection, Hears
from drip.core.clinic import BookingSystem, Clinic
from drip.core.model import EventKind
from drip.flows.take_in import take_in
from tests.bookings.calendly_calls import KEY, a_call, address, an_invitee, signed
from tests.world import REMINDERS, World, a_clinic

NOW = datetime(2026, 6, 1, 8, 0, 2, tzinfo=UTC)
SITES = {"1 Quay Street, Bedford": "leith", "online check": "boston"}


@pytest.fixture
def known(clinic: Clinic) -> Clinic:
    return replace(clinic, bookings={"calendly": BookingSystem(sites=SITES)})


@pytest.fixture
def calendly(known: Clinic) -> Calendly:
    return connected(known)


def connected(clinic: Clinic, keys: str = KEY) -> Calendly:
    source = connect(Connection(clinic=clinic, told={"CALENDLY_SIGNING_KEY": keys}))
    assert source is not None
    return source


def heard(source: Calendly, told: object) -> list[Outcome]:
    said = source.hear(signed(told, NOW), NOW)
    assert said is not None
    assert said.wanted == ()
    return list(said.outcomes)


def event(source: Calendly, told: object) -> Parsed:
    (outcome,) = heard(source, told)
    assert isinstance(outcome, Parsed), outcome
    return outcome


def rejected(source: Calendly, told: object) -> Rejected:
    (outcome,) = heard(source, told)
    assert isinstance(outcome, Rejected), outcome
    return outcome


def test_a_booking_is_told_whole(calendly: Calendly) -> None:
    one = event(calendly, a_call())

    assert one.event.kind is EventKind.BOOKED
    assert one.event.key == "calendly:EVTA1/INVA1:invitee.created:2026-06-01T08:00:00.123456+00:00"
    assert one.event.occurred_at == datetime(2026, 6, 1, 8, 0, 0, 123456, tzinfo=UTC)
    assert one.event.site == "leith"
    assert one.event.patient == {
        "ref": one.patient_ref,
        "first_name": "Amina",
        "last_name": "Shah",
        "email": "Amina@example.org",
        "email_problem": None,
        "phone": "+447700900123",
        "phone_problem": None,
        "timezone": "Europe/London",
    }
    assert one.event.appointment == {
        "ref": "EVTA1/INVA1",
        "type": "Initial assessment",
        "starts_at": "2026-06-20T10:00:00+01:00",
        "ends_at": "2026-06-20T10:45:00+01:00",
        "practitioner": "Robin Reid",
    }
    assert "history" not in one.body
    assert json.loads(one.raw) == a_call()


@pytest.mark.parametrize(
    ("name", "unusual", "kind", "at"),
    [
        ("invitee.created", {}, EventKind.BOOKED, "2026-06-01T08:00:00.123456+00:00"),
        (
            "invitee.canceled",
            {"cancellation": {"created_at": "2026-06-02T08:00:00.5Z"}},
            EventKind.CANCELLED,
            "2026-06-02T08:00:00.500000+00:00",
        ),
        (
            "invitee_no_show.created",
            {"no_show": {"uri": "x", "created_at": "2026-06-20T10:00:00.5Z"}},
            EventKind.NO_SHOW,
            "2026-06-20T10:00:00.500000+00:00",
        ),
        ("invitee_no_show.deleted", {}, EventKind.BOOKED, "2026-06-21T08:00:00+00:00"),
    ],
)
def test_each_call_is_an_event_of_its_own_time(
    calendly: Calendly, name: str, unusual: dict[str, Any], kind: EventKind, at: str
) -> None:
    one = event(calendly, a_call(name, "2026-06-21T08:00:00Z", **unusual))
    assert (one.event.kind, one.event.occurred_at) == (kind, datetime.fromisoformat(at))
    assert one.event.key == f"calendly:EVTA1/INVA1:{name}:{at}"


def test_every_kind_of_call_is_one_of_these() -> None:
    assert set(KINDS) == {"invitee.created", "invitee.canceled", "invitee_no_show.created", "invitee_no_show.deleted"}


@pytest.mark.parametrize("name", ["routing_form_submission.created", "event_type.updated", "invitee.sneezed"])
def test_calls_that_do_not_concern_us_are_let_go(calendly: Calendly, name: str) -> None:
    assert heard(calendly, a_call(name)) == []
    assert heard(calendly, {"event": name, "payload": {"something": "else"}}) == []


def test_the_same_call_again_is_the_same_event(calendly: Calendly) -> None:
    assert event(calendly, a_call()).event.key == event(calendly, a_call()).event.key


def test_what_becomes_of_a_booking_is_later_than_the_booking(calendly: Calendly) -> None:
    created = event(calendly, a_call())
    canceled = a_call("invitee.canceled", "2026-06-01T08:00:00Z", updated_at=...)
    missed = a_call("invitee_no_show.created", "2026-06-01T08:00:00Z")
    for told in (canceled, missed):
        assert event(calendly, told).event.occurred_at > created.event.occurred_at


def test_a_no_show_that_is_taken_back_is_later_than_the_no_show(calendly: Calendly) -> None:
    mark = {"uri": "x", "created_at": "2026-06-20T10:00:00.9Z"}
    missed = event(calendly, a_call("invitee_no_show.created", "2026-06-20T10:00:01Z", no_show=mark))
    undone = event(calendly, a_call("invitee_no_show.deleted", "2026-06-20T10:00:00Z", no_show=mark))
    assert undone.event.kind is EventKind.BOOKED
    assert undone.event.occurred_at > missed.event.occurred_at


@pytest.mark.parametrize("old", [None, "", 7, "nonsense", address("EVTA1/INVA1")])
def test_what_is_no_other_booking_is_not_replaced(calendly: Calendly, old: object) -> None:
    assert "replaces" not in event(calendly, a_call(old_invitee=old)).event.appointment


@pytest.mark.parametrize("name", ["invitee.created", "invitee.canceled", "invitee_no_show.deleted"])
def test_news_of_a_visit_that_is_over_is_history(calendly: Calendly, name: str) -> None:
    late = "2026-06-20T09:45:00.000000Z"
    assert event(calendly, a_call(name, late, created_at=late)).body["history"] is True


def test_that_somebody_did_not_come_is_news_for_a_month(calendly: Calendly) -> None:
    soon, late = {"created_at": "2026-07-19T10:00:00Z"}, {"created_at": "2026-07-21T10:00:00Z"}
    assert "history" not in event(calendly, a_call("invitee_no_show.created", no_show=soon)).body
    assert event(calendly, a_call("invitee_no_show.created", no_show=late)).body["history"] is True


def test_the_same_address_is_the_same_person_and_is_not_shown(calendly: Calendly) -> None:
    one, other = (
        event(calendly, a_call(email="amina@example.org")),
        event(calendly, a_call(email=" AMINA@EXAMPLE.ORG ")),
    )
    assert one.patient_ref == other.patient_ref == sha256(b"amina@example.org").hexdigest()[:32]
    assert event(calendly, a_call(email="sam@example.org")).patient_ref != one.patient_ref


@pytest.mark.parametrize(
    ("told", "names"),
    [
        ({"first_name": "Mary Ann", "last_name": "Evans", "name": "x"}, ("Mary Ann", "Evans")),
        ({"first_name": None, "last_name": None, "name": "John Q Doe"}, ("John Q", "Doe")),
        ({"first_name": ..., "last_name": ..., "name": "Prince"}, ("Prince", None)),
        ({"first_name": "Amina", "last_name": None, "name": "Amina Shah"}, ("Amina", None)),
        ({"first_name": None, "last_name": None, "name": None}, (None, None)),
    ],
)
def test_a_name_in_one_is_split_at_its_last_space(
    calendly: Calendly, told: dict[str, Any], names: tuple[str | None, str | None]
) -> None:
    patient = event(calendly, a_call(**told)).event.patient
    assert (patient.get("first_name"), patient.get("last_name")) == names


def test_a_number_that_was_not_asked_for_is_not_told(calendly: Calendly) -> None:
    assert "phone" not in event(calendly, a_call(text_reminder_number=None)).event.patient


@pytest.mark.parametrize(("kind", "phone"), [("outbound_call", "+447700900456"), ("physical", None)])
def test_a_number_to_be_called_at_is_a_number(calendly: Calendly, kind: str, phone: str | None) -> None:
    location = {"type": kind, "location": "+44 7700 900456"}
    one = event(calendly, a_call(text_reminder_number=None, scheduled_event__location=location))
    assert one.event.patient.get("phone") == phone


@pytest.mark.parametrize(
    ("told", "site"),
    [
        ({"scheduled_event__location": {"type": "physical", "location": "1 QUAY street, Bedford"}}, "leith"),
        ({"scheduled_event__location": None, "scheduled_event__name": "Online check"}, "boston"),
        ({"scheduled_event__location": {"location": "Elsewhere"}}, None),
        ({"scheduled_event__location": ["odd"]}, None),
    ],
)
def test_a_site_is_known_by_its_place_or_by_the_name_of_the_event(
    calendly: Calendly, told: dict[str, Any], site: str | None
) -> None:
    assert event(calendly, a_call(**told)).event.site == site


def test_a_site_that_clinic_yaml_maps_to_nothing_of_ours_is_left_out(clinic: Clinic) -> None:
    wrong = replace(clinic, bookings={"calendly": BookingSystem(sites={"1 Quay Street, Bedford": "nowhere"})})
    assert event(connected(wrong), a_call()).event.site is None


@pytest.mark.parametrize(
    ("types", "ours"),
    [
        ({"TYPE1": "by-id", "Initial assessment": "by-name"}, "by-id"),
        ({"initial ASSESSMENT": "by-name"}, "by-name"),
        ({}, "Initial assessment"),
    ],
)
def test_a_type_goes_by_its_id_then_by_its_name(known: Clinic, types: dict[str, str], ours: str) -> None:
    source = connected(replace(known, appointment_types=types))
    assert event(source, a_call()).event.appointment["type"] == ours


def test_an_end_before_the_beginning_is_left_out(calendly: Calendly) -> None:
    one = event(calendly, a_call(scheduled_event__end_time="2026-06-20T08:00:00Z"))
    assert "ends_at" not in one.event.appointment


@pytest.mark.parametrize(
    ("told", "path"),
    [
        ({"uri": ...}, "payload.uri"),
        ({"uri": "https://api.calendly.com/users/USER1"}, "payload.uri"),
        ({"email": None}, "payload.email"),
        ({"scheduled_event__start_time": ...}, "appointment.starts_at"),
    ],
)
def test_without_what_an_event_needs_it_is_not_taken_in(calendly: Calendly, told: dict[str, Any], path: str) -> None:
    assert rejected(calendly, a_call(**told)).path == path


def test_the_old_kind_of_webhook_is_not_read(calendly: Calendly) -> None:
    told = {
        "event": "invitee.created",
        "payload": {
            "event_type": {"uuid": "TYPE1", "slug": "initial"},
            "event": {"uuid": "EVTA1", "start_time": "2026-06-20T09:00:00.000000Z"},
            "invitee": {"uuid": "INVA1", "name": "Amina Shah", "email": "amina@example.org"},
        },
    }
    assert "version 2" in rejected(calendly, told).message


@pytest.mark.parametrize(
    "body", [b"", b"\xff\xfe", b"null", b"7", b'"text"', b"[[]]", b"{}", b'{"event": "invitee.created"']
)
def test_what_is_no_call_at_all_is_said_so_without_repeating_it(calendly: Calendly, body: bytes) -> None:
    outcomes = heard(calendly, body)
    assert all(isinstance(one, Rejected) for one in outcomes)
    assert outcomes or body == b""


def test_names_that_nobody_expects_are_let_be(calendly: Calendly) -> None:
    told = a_call(brand_new={"deep": [1, None]}, scheduled_event__brand_new=True)
    assert event(calendly, {**told, "more": 1}).event.kind is EventKind.BOOKED


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda x: st.lists(x) | st.dictionaries(st.text(), x),
)


@given(
    st.sampled_from([*an_invitee(), "scheduled_event__name", "scheduled_event__location", "cancellation", "no_show"]),
    ANYTHING,
    st.sampled_from(sorted(KINDS)),
)
def test_no_value_upsets_it(path: str, value: Any, name: str) -> None:
    source = connected(a_clinic())
    outcomes = heard(source, json.dumps(a_call(name, payload=an_invitee(**{path: value}))).encode())
    assert len(outcomes) >= 1


def test_while_the_key_is_changed_both_are_believed(known: Clinic) -> None:
    source = connected(known, "new-key, old-key")
    for key in ("new-key", "old-key"):
        assert source.hear(signed(a_call(), NOW, key=key), NOW) is not None


def test_it_is_connected_by_its_key_and_never_shows_it(known: Clinic) -> None:
    assert connect(Connection(clinic=known)) is None
    assert connect(Connection(clinic=known, told={"CALENDLY_SIGNING_KEY": " , "})) is None
    source = connected(known)
    assert isinstance(source, Hears)
    assert KEY not in repr(source)
    source.close()


@pytest.mark.parametrize(
    "write",
    [
        lambda calls: json.dumps(calls),
        lambda calls: "\n".join(json.dumps(one) for one in calls),
        lambda calls: "\ufeff" + "\n\n".join(json.dumps(one) for one in calls) + "\n",
    ],
    ids=["a list", "one a line", "with a mark and empty lines"],
)
def test_a_file_of_calls_is_read(known: Clinic, write: Any) -> None:
    calls = [a_call(), a_call("invitee.canceled"), a_call("routing_form_submission.created"), {"odd": 1}]
    outcomes = read_file(write(calls).encode(), known, "calendly", filename="calls.txt")
    assert [type(one).__name__ for one in outcomes] == ["Parsed", "Parsed", "Rejected"]
    assert [one.index for one in outcomes] == [0, 1, 3]
    assert {one.event.key for one in outcomes if isinstance(one, Parsed)} == {
        event(connected(known), one).event.key for one in calls[:2]
    }


@pytest.mark.parametrize("text", ["", "x", "https://elsewhere.example/scheduled_events/a/invitees/b/c", "/invitees/b"])
def test_an_address_of_something_else_is_no_visit(text: str) -> None:
    assert visit_ref(text) == ""


SORRY = """
sequence: sorry
title: When it is off
purpose: service
kind: service
enrol: {on: appointment.cancelled}
anchor: enrolled
steps:
  - {id: again, after: 1d, at: "10:00", email: again}
review: {author: A. Writer, approved_by: B. Reader, review_due: 2037-01-01}
"""


@pytest.mark.parametrize(("rescheduled", "says_sorry"), [(True, False), (False, True)])
def test_who_moves_a_visit_is_never_told_that_it_is_off(a_clinic: Any, rescheduled: bool, says_sorry: bool) -> None:
    clinic: World = a_clinic()
    clinic.publish(REMINDERS, SORRY)
    source = connected(clinic.app.clinic)
    gone = {"created_at": "2026-06-01T08:00:01Z"}
    for told in (a_call(), a_call("invitee.canceled", cancellation=gone, rescheduled=rescheduled)):
        take_in(clinic.app, [event(source, told)], NOW)
        clinic.tick(NOW.isoformat())  # between the two calls that Calendly makes of a move
    assert bool([one for one in clinic.messages() if one.step == "again"]) is says_sorry
    assert not [one for one in clinic.messages() if one.step == "tomorrow" and one.state == "planned"]


def test_a_visit_moved_under_another_address_is_over_for_the_old_one(a_clinic: Any) -> None:
    clinic: World = a_clinic()
    clinic.publish(REMINDERS)
    source = connected(clinic.app.clinic)
    gone: dict[str, Any] = {"cancellation": {"created_at": "2026-06-01T08:00:01Z"}, "rescheduled": True}
    calls = [
        a_call(),
        a_call("invitee.canceled", **gone),
        a_call(
            ref="EVTB1/INVB1",
            old_invitee=address("EVTA1/INVA1"),
            email="new@example.org",
            created_at="2026-06-01T08:00:01Z",
        ),
    ]
    take_in(clinic.app, [event(source, one) for one in calls], NOW)
    clinic.tick(NOW.isoformat())
    planned = {one.patient for one in clinic.messages() if one.state == "planned"}
    assert planned == {event(source, calls[2]).patient_ref}
