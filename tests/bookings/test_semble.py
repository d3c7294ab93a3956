"""Semble: calls that only name a booking, and the booking as it stands."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import permutations
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from drip.bookings.csv_file import MappingError
from drip.bookings.parsed import Outcome, Parsed, Rejected
from drip.bookings.semble import EVENTS, Semble, connect, read_file
from drip.bookings.semble_api import NotAnswered
from drip.bookings.source import Connection, Fetches, Heard, Hears, SourceAway, SourceRefuses, Wanted
from drip.core.clinic import BookingSystem, Clinic
from drip.core.event import replay
from drip.core.model import EventKind
from tests.bookings.semble_server import (
    BOOKING,
    PATIENT,
    SECRET,
    TOKEN,
    SembleServer,
    a_booking,
    a_call,
    an_answer,
    an_error,
    signed,
)
from tests.providers.loopback import Misdeed, hang_up, http, reset

NOW = datetime(2026, 6, 1, 8, 0, 2, tzinfo=UTC)
KEY = "64b0c0ffee0000000000ffff"
IN_A_MINUTE = NOW + timedelta(minutes=1)


@pytest.fixture
def server() -> Iterator[SembleServer]:
    made = SembleServer()
    yield made
    made.close()


@pytest.fixture
def known(clinic: Clinic) -> Clinic:
    sites = {"64b0c0ffee0000000000eeee": "leith", "boston rooms": "boston"}
    return replace(clinic, bookings={"semble": BookingSystem(sites=sites)}, appointment_types={})


@pytest.fixture
def semble(known: Clinic, server: SembleServer) -> Iterator[Semble]:
    source = connected(known, server)
    yield source
    source.close()


def connected(clinic: Clinic, server: SembleServer, **told: str) -> Semble:
    settings = {"SEMBLE_TOKEN": TOKEN, "SEMBLE_WEBHOOK_SECRET": SECRET, "SEMBLE_API_BASE": server.base} | told
    source = connect(Connection(clinic=clinic, told=settings, deadline=2.0))
    assert source is not None
    return source


def wanted(kind: str = "created", ref: str = f"{BOOKING}/{PATIENT}", at: datetime = NOW, key: str = KEY) -> Wanted:
    return Wanted(key=key, kind=kind, ref=ref, happened_at=at)


def event(source: Semble, server: SembleServer, call: Wanted | None = None, **unusual: Any) -> Parsed:
    server.put(a_booking(**unusual))
    (outcome,) = source.fetch(call or wanted(), NOW)
    assert isinstance(outcome, Parsed), outcome
    return outcome


def rejected(outcomes: Any) -> Rejected:
    (outcome,) = outcomes
    assert isinstance(outcome, Rejected), outcome
    return outcome


def heard(source: Semble, told: object) -> Heard:
    said = source.hear(signed(told, NOW), NOW)
    assert said is not None
    return said


# What a call says


@pytest.mark.parametrize(("name", "word"), EVENTS.items())
def test_a_call_names_a_booking_to_be_asked_for(semble: Semble, name: str, word: str) -> None:
    assert heard(semble, a_call(name)) == Heard(wanted=[wanted(word)])


@pytest.mark.parametrize(
    ("name", "word"),
    [
        ("BOOKING_CREATED", "created"),
        ("BOOKING_PATIENT_JOURNEY_COMPLETED", "completed"),
        ("patientJourney.noShow", "noshow"),
        ("Booking.PatientJourney.InConsultation", "inconsultation"),
    ],
)
def test_a_name_may_be_written_otherwise(semble: Semble, name: str, word: str) -> None:
    (one,) = heard(semble, a_call(name)).wanted
    assert one.kind == word


@pytest.mark.parametrize("name", ["patient.created", "invoice.paid", "booking.sneezed", "availability.updated"])
def test_calls_that_do_not_concern_us_are_let_go(semble: Semble, name: str) -> None:
    assert heard(semble, a_call(name, identifiers={"patientId": PATIENT})) == Heard()


def test_a_booking_without_a_patient_is_asked_for_all_the_same(semble: Semble) -> None:
    (one,) = heard(semble, a_call(identifiers={"bookingId": BOOKING})).wanted
    assert one.ref == BOOKING


@pytest.mark.parametrize("key", [None, "", 7.5, "odd key", "x" * 65])
def test_a_call_without_a_number_of_its_own_is_known_by_its_words(semble: Semble, key: object) -> None:
    (one,), (again,) = (heard(semble, a_call(eventId=key)).wanted for _ in range(2))
    (other,) = heard(semble, a_call("booking.updated", eventId=key)).wanted
    assert one == again
    assert len(one.key) == 32
    assert one.key != other.key


@pytest.mark.parametrize("booking", [None, "", "a/../b", 'x"}}', "\u0661", "x" * 65])
def test_what_is_no_number_is_never_asked_for(semble: Semble, server: SembleServer, booking: object) -> None:
    said = heard(semble, a_call(identifiers={"bookingId": booking}))
    assert said.wanted == ()
    assert rejected(said.outcomes).path == "identifiers.bookingId"
    assert server.asked == []


@pytest.mark.parametrize("body", [b"", b"\xff", b"null", b"[]", b"{", b'{"eventType": 7.5}', b"[" * 10_000, b"{}\n{}"])
def test_what_is_no_call_upsets_nothing(semble: Semble, body: bytes) -> None:
    said = heard(semble, body)
    assert said.wanted == ()
    assert rejected(said.outcomes)


def test_while_the_secret_is_changed_both_are_believed(known: Clinic, server: SembleServer) -> None:
    source = connected(known, server, SEMBLE_WEBHOOK_SECRET=f"new, {SECRET}")
    for secret in ("new", SECRET):
        assert source.hear(signed(a_call(), NOW, secret=secret), NOW) is not None
    source.close()


# What a booking comes to


def test_a_booking_is_told_whole(semble: Semble, server: SembleServer) -> None:
    one = event(semble, server)

    assert one.event.kind is EventKind.BOOKED
    assert one.event.key == f"semble:{BOOKING}:{KEY}:appointment.booked"
    assert one.event.occurred_at == NOW
    assert one.event.site == "leith"
    nothing_said = {"email": None, "sms": None}
    assert one.event.patient == {
        "ref": PATIENT,
        "first_name": "Amina",
        "last_name": "Shah",
        "email": "amina@example.org",
        "email_problem": None,
        "phone": "+447700900123",
        "phone_problem": None,
        "date_of_birth": "1979-03-02",
        "consent": {
            "service": nothing_said,
            "care": nothing_said,
            "feedback": nothing_said,
            "marketing": {"email": False, "sms": False},
        },
    }
    assert one.event.appointment == {
        "ref": BOOKING,
        "type": "Initial assessment",
        "starts_at": "2026-06-20T10:00:00+01:00",
        "ends_at": "2026-06-20T10:45:00+01:00",
        "practitioner": "Robin Reid",
    }
    assert json.loads(one.raw) == a_booking()
    assert "history" not in one.body


def test_one_question_is_asked_and_the_token_is_in_its_own_header(semble: Semble, server: SembleServer) -> None:
    event(semble, server)
    (asked,) = server.asked
    assert asked.headers["x-token"] == TOKEN
    assert json.loads(asked.body)["variables"] == {"id": BOOKING}
    assert TOKEN not in asked.target


JOURNEY = "2026-06-20T09:05:00.000Z"


@pytest.mark.parametrize(
    ("told", "call", "kind"),
    [
        ({}, "created", EventKind.BOOKED),
        ({"bookingJourney": None}, "updated", EventKind.BOOKED),
        ({"bookingJourney__arrived": JOURNEY}, "arrived", EventKind.BOOKED),
        ({"bookingJourney__arrived": JOURNEY, "bookingJourney__consultation": JOURNEY}, "x", EventKind.ATTENDED),
        ({"bookingJourney__departed": JOURNEY}, "x", EventKind.ATTENDED),
        ({"bookingJourney__dna": JOURNEY}, "x", EventKind.NO_SHOW),
        ({"bookingJourney__dna": JOURNEY, "bookingJourney__departed": JOURNEY}, "completed", EventKind.BOOKED),
        ({}, "completed", EventKind.ATTENDED),
        ({}, "inconsultation", EventKind.ATTENDED),
        ({}, "noshow", EventKind.NO_SHOW),
        ({"bookingJourney__dna": JOURNEY}, "completed", EventKind.NO_SHOW),
        ({"deleted": True, "bookingJourney__departed": JOURNEY}, "updated", EventKind.CANCELLED),
        ({"cancellationReason": "Patient cancelled"}, "updated", EventKind.CANCELLED),
        ({"cancellationReason": ""}, "updated", EventKind.BOOKED),
        ({"deleted": ..., "cancellationReason": ..., "bookingJourney": ...}, "updated", EventKind.BOOKED),
    ],
)
def test_its_state_is_what_has_become_of_it(
    semble: Semble, server: SembleServer, told: dict[str, Any], call: str, kind: EventKind
) -> None:
    assert event(semble, server, wanted(call), **told).event.kind is kind


def test_the_latest_call_holds_in_whatever_order_answers_are_had(semble: Semble, server: SembleServer) -> None:
    def told(hours: int, start: str) -> Parsed:
        return event(
            semble, server, wanted("updated", at=NOW + timedelta(hours=hours), key=f"k{hours}{start[9]}"), start=start
        )

    there, elsewhere = "2026-06-20T09:00:00.000Z", "2026-06-25T09:00:00.000Z"
    events = [told(0, there), told(1, elsewhere), told(0, elsewhere), told(2, there)]
    for order in permutations(events):
        assert replay(one.event for one in order)[-1].appointment["starts_at"] == "2026-06-20T10:00:00+01:00"


def test_a_booking_that_is_nobodys_does_not_concern_us(semble: Semble, server: SembleServer) -> None:
    server.put(a_booking(patientId=None, patient=None))
    assert list(semble.fetch(wanted(ref=BOOKING), NOW)) == []


def test_a_patient_is_known_by_either_number(semble: Semble, server: SembleServer) -> None:
    assert event(semble, server, patientId=...).patient_ref == PATIENT
    assert event(semble, server, patient=None).event.patient == {"ref": PATIENT}


def test_a_value_that_is_empty_is_no_longer_so_and_one_that_is_left_out_is_not_told(
    semble: Semble, server: SembleServer
) -> None:
    empty = event(semble, server, patient__email="", patient__phones=[], patient__dob=None).event.patient
    assert (empty["email"], empty["phone"], empty["date_of_birth"]) == (None, None, None)
    left_out = event(semble, server, patient={"id": PATIENT}).event.patient
    assert left_out == {"ref": PATIENT}


@pytest.mark.parametrize(
    ("phones", "phone"),
    [
        (
            [{"phoneType": "Fax", "phoneNumber": "01632 960111"}, {"phoneType": "Work", "phoneNumber": "01632 960123"}],
            "+441632960123",
        ),
        ([{"phoneType": None, "phoneNumber": "07700 900456"}], "+447700900456"),
        ([{"phoneType": "Mobile", "phoneNumber": ""}], None),
        (["07700 900456", None], None),
        ("07700 900456", None),
    ],
)
def test_a_mobile_number_is_taken_before_others_that_ring(
    semble: Semble, server: SembleServer, phones: object, phone: str | None
) -> None:
    assert event(semble, server, patient__phones=phones).event.patient["phone"] == phone


@pytest.mark.parametrize("dob", ["2079-03-02T00:00:00.000Z", "1779-03-02", "yesterday", "2026-06-01T00:00:00Z", 7])
def test_a_birthday_that_cannot_be_right_keeps_no_booking_out(
    semble: Semble, server: SembleServer, dob: object
) -> None:
    assert "date_of_birth" not in event(semble, server, patient__dob=dob).event.patient


def consent(semble: Semble, server: SembleServer, **preferences: object) -> Any:
    return event(semble, server, patient__communicationPreferences=preferences).event.patient.get("consent")


def test_who_does_not_want_texts_is_written_to_by_email(semble: Semble, server: SembleServer) -> None:
    no_texts = {"email": None, "sms": False}
    assert consent(semble, server, receiveEmail=True, receiveSMS=False, promotionalMarketing=True) == {
        "service": no_texts,
        "care": no_texts,
        "feedback": no_texts,
        "marketing": {"email": True, "sms": False},
    }


def test_a_no_is_taken_back_by_a_yes(semble: Semble, server: SembleServer) -> None:
    no = event(semble, server, patient__communicationPreferences={"receiveSMS": False})
    yes = event(
        semble, server, wanted(at=NOW + timedelta(hours=1)), patient__communicationPreferences={"receiveSMS": True}
    )
    (*_, last) = replay([no.event, yes.event])
    assert last.patient.facts["consent"] == {purpose: {"sms": None} for purpose in ("service", "care", "feedback")}


@pytest.mark.parametrize("said", [{}, {"receiveSMS": None, "promotionalMarketing": "yes"}, {"paymentReminders": True}])
def test_what_is_not_said_about_contact_is_not_made_up(
    semble: Semble, server: SembleServer, said: dict[str, object]
) -> None:
    assert consent(semble, server, **said) is None


@pytest.mark.parametrize(
    ("told", "site"),
    [
        ({}, "leith"),
        ({"location": {"id": "x", "name": "Boston Rooms"}}, "boston"),
        ({"location": {"id": "x", "name": "Elsewhere"}}, None),
        ({"location": None}, None),
    ],
)
def test_a_site_is_known_by_id_or_name(
    semble: Semble, server: SembleServer, told: dict[str, Any], site: str | None
) -> None:
    assert event(semble, server, **told).event.site == site


@pytest.mark.parametrize(
    ("types", "ours"),
    [({"64b0c0ffee0000000000dddd": "by-id"}, "by-id"), ({"initial ASSESSMENT": "by-name"}, "by-name")],
)
def test_a_type_goes_by_its_id_then_by_its_name(
    known: Clinic, server: SembleServer, types: dict[str, str], ours: str
) -> None:
    source = connected(replace(known, appointment_types=types), server)
    assert event(source, server).event.appointment["type"] == ours
    source.close()


def test_a_change_to_a_visit_that_is_over_is_history(semble: Semble, server: SembleServer) -> None:
    over = datetime(2026, 6, 20, 9, 45, tzinfo=UTC)
    assert event(semble, server, wanted(at=over)).body["history"] is True
    assert "history" not in event(semble, server, wanted("completed", at=over)).body
    assert event(semble, server, wanted("completed", at=over + timedelta(days=30))).body["history"] is True


def test_letters_that_no_text_may_have_are_left_out(semble: Semble, server: SembleServer) -> None:
    one = event(semble, server, patient__firstName="Am\0ina\ud800", new="\ud800")
    assert one.event.patient["first_name"] == "Amina"
    assert json.loads(one.raw)["new"] == "\ud800"


# Times that are not what they say


@pytest.mark.parametrize(
    ("times", "start", "shown"),
    [
        ("", "2026-06-20T09:00:00.000Z", "2026-06-20T10:00:00+01:00"),
        ("utc", "2026-06-20T09:00:00.000Z", "2026-06-20T10:00:00+01:00"),
        (" LOCAL ", "2026-06-20T09:00:00+00:00", "2026-06-20T09:00:00+01:00"),
        ("local", "2026-06-20T09:00:00+02:00", "2026-06-20T08:00:00+01:00"),
        ("local", "2026-01-20T09:00:00.000Z", "2026-01-20T09:00:00+00:00"),
        ("local", "2026-03-29T01:30:00.000Z", "2026-03-29T02:00:00+01:00"),
    ],
)
def test_local_times_are_the_sites_own(known: Clinic, server: SembleServer, times: str, start: str, shown: str) -> None:
    source = connected(known, server, SEMBLE_TIMES=times)
    assert event(source, server, start=start, end=start).event.appointment["starts_at"] == shown
    source.close()


def test_a_site_elsewhere_has_a_clock_of_its_own(known: Clinic, server: SembleServer) -> None:
    source = connected(known, server, SEMBLE_TIMES="local")
    told = event(source, server, location__id="x", location__name="Boston Rooms")
    assert told.event.appointment["starts_at"] == "2026-06-20T09:00:00-04:00"
    source.close()


# How Semble answers


@pytest.mark.parametrize("kind", ["created", "updated", "completed"])
def test_a_booking_that_is_not_there_becomes_a_question_to_staff(semble: Semble, kind: str) -> None:
    assert "does not have" in rejected(semble.fetch(wanted(kind), NOW)).message


def test_a_deleted_booking_that_is_not_there_is_cancelled(semble: Semble) -> None:
    (one,) = semble.fetch(wanted("deleted"), NOW)
    assert isinstance(one, Parsed)
    assert (one.event.kind, one.event.occurred_at, one.patient_ref) == (EventKind.CANCELLED, NOW, PATIENT)
    assert one.event.appointment == {"ref": BOOKING}
    assert list(semble.fetch(wanted("deleted", ref=BOOKING), NOW)) == []


@pytest.mark.parametrize(
    "answer",
    [
        http(200, an_error("You are calling the API too often.")),
        http(200, an_error("Too many requests", data=None)),
        http(200, an_error("Slow", "RATE_LIMITED")),
        http(400, an_error("Rate limit exceeded")),
        http(200, an_answer(a_booking(), errors=[{"message": "fine"}, {"message": "request throttled"}])),
    ],
)
def test_when_we_ask_too_often_we_wait_a_minute(semble: Semble, server: SembleServer, answer: bytes) -> None:
    server.instead = answer
    with pytest.raises(SourceAway) as away:
        semble.fetch(wanted(), NOW)
    assert (away.value.kind, away.value.until) == ("rate_limited", IN_A_MINUTE)


@pytest.mark.parametrize(
    "answer",
    [
        http(401),
        http(403, "<html>"),
        http(200, an_error("Missing token.", "UNAUTHENTICATED")),
        http(200, an_answer(a_booking(patient=None), errors=[{"message": "no", "extensions": {"code": "FORBIDDEN"}}])),
    ],
)
def test_a_token_that_is_refused_is_said_so(semble: Semble, server: SembleServer, answer: bytes) -> None:
    server.instead = answer
    with pytest.raises(SourceRefuses) as refused:
        semble.fetch(wanted(), NOW)
    assert TOKEN not in str(refused.value)


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (http(500), "http_500"),
        (http(302, location="https://elsewhere.example/"), "http_302"),
        (http(200, "<html>Please log in</html>"), "unreadable"),
        (http(200, "[" * 100_000), "unreadable"),
        (http(200, "{}"), "unreadable"),
        (http(200, an_answer(a_booking(id="another"))), "unreadable"),
        (http(400, an_error("Cannot query field", "GRAPHQL_VALIDATION_FAILED")), "misunderstood"),
        (reset, "ConnectionResetError"),
        (hang_up, "RemoteDisconnected"),
    ],
)
def test_an_answer_that_is_none_is_asked_for_later(
    semble: Semble, server: SembleServer, answer: bytes | Misdeed, kind: str
) -> None:
    server.instead = answer
    with pytest.raises(SourceAway) as away:
        semble.fetch(wanted(), NOW)
    assert not isinstance(away.value, SourceRefuses)
    assert (away.value.kind, away.value.until) == (kind, None)


def test_a_server_that_is_away_is_away(semble: Semble, server: SembleServer) -> None:
    server.close()
    with pytest.raises(SourceAway):
        semble.fetch(wanted(), NOW)


def test_one_booking_that_cannot_be_had_keeps_no_other_waiting(semble: Semble, server: SembleServer) -> None:
    server.instead = http(200, an_error("Internal error about Amina", "INTERNAL_SERVER_ERROR", data={"booking": None}))
    with pytest.raises(NotAnswered) as unanswered:
        semble.fetch(wanted(), NOW)
    assert str(unanswered.value) == ""


@pytest.mark.parametrize("message", ["Booking not found", "That booking doesn't exist"])
def test_an_error_may_say_that_it_is_not_there(semble: Semble, server: SembleServer, message: str) -> None:
    server.instead = http(200, an_error(message, "NOT_FOUND"))
    assert rejected(semble.fetch(wanted(), NOW)).path == "id"


def test_what_came_beside_an_error_is_taken(semble: Semble, server: SembleServer) -> None:
    server.instead = http(200, an_answer(a_booking(), errors=[{"message": "No location"}]))
    (one,) = semble.fetch(wanted(), NOW)
    assert isinstance(one, Parsed)


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)
PLACES = [*a_booking(), "patient__email", "patient__phones", "patient__communicationPreferences", "patient__dob", "new"]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sampled_from(PLACES), ANYTHING)
def test_no_value_upsets_it(known: Clinic, path: str, value: Any) -> None:
    outcomes: list[Outcome] = read_file(json.dumps(a_booking(**{path: value})).encode(), known, "semble")
    assert len(outcomes) <= 2


# How it is connected


def test_it_is_connected_by_both_settings_and_shows_neither(semble: Semble, known: Clinic) -> None:
    assert (
        connect(Connection(clinic=known, told={"SEMBLE_TIMES": "local", "SEMBLE_API_BASE": "https://x.example"}))
        is None
    )
    assert isinstance(semble, Hears)
    assert isinstance(semble, Fetches)
    assert semble.tells_attendance
    assert TOKEN not in repr(semble)


@pytest.mark.parametrize(
    ("told", "variable"),
    [
        ({"SEMBLE_TOKEN": TOKEN}, "SEMBLE_WEBHOOK_SECRET"),
        ({"SEMBLE_WEBHOOK_SECRET": SECRET}, "SEMBLE_TOKEN"),
        ({"SEMBLE_TOKEN": "two\nlines", "SEMBLE_WEBHOOK_SECRET": SECRET}, "SEMBLE_TOKEN"),
        ({"SEMBLE_TOKEN": TOKEN, "SEMBLE_WEBHOOK_SECRET": SECRET, "SEMBLE_TIMES": "bst"}, "SEMBLE_TIMES"),
        (
            {"SEMBLE_TOKEN": TOKEN, "SEMBLE_WEBHOOK_SECRET": SECRET, "SEMBLE_API_BASE": "http://x.example"},
            "SEMBLE_API_BASE",
        ),
    ],
)
def test_half_set_up_is_said_in_one_line(known: Clinic, told: dict[str, str], variable: str) -> None:
    with pytest.raises(ValueError, match=f"^{variable}: .*$") as wrong:
        connect(Connection(clinic=known, told={"SEMBLE_API_BASE": "https://open.semble.io/graphql", **told}))
    assert TOKEN not in str(wrong.value)


# Files


def a_page(*bookings: object, has_more: bool = False) -> dict[str, Any]:
    return {"data": {"bookings": {"data": list(bookings), "pageInfo": {"page": 1, "pageSize": 2, "hasMore": has_more}}}}


def keys(outcomes: list[Outcome]) -> list[str]:
    return [one.event.key.split(":")[1] if isinstance(one, Parsed) else one.path for one in outcomes]


def test_a_file_of_answers_is_read_booking_by_booking(known: Clinic) -> None:
    answers = [
        {"data": {"booking": a_booking(id="b1")}},
        a_page(a_booking(id="b2"), a_booking(id="b3"), has_more=True),
        a_page(a_booking(id="b4"), 7),
        a_booking(id="b5"),
    ]
    for text in (json.dumps(answers), "\n".join(map(json.dumps, answers))):
        outcomes = read_file(
            text.encode(), known, "semble", filename="semble.json" if text.startswith("[") else "x.jsonl"
        )
        assert keys(outcomes) == ["b1", "b2", "b3", "b4", "b5"]
        assert [one.index for one in outcomes] == [0, 1, 2, 3, 4]


def test_that_there_are_more_pages_is_said(known: Clinic) -> None:
    outcomes = read_file(json.dumps(a_page(a_booking(), has_more=True)).encode(), known, "semble")
    assert keys(outcomes) == [BOOKING, "data.bookings.pageInfo"]


@pytest.mark.parametrize(
    "told", [{"errors": [{"message": "x"}], "data": None}, {"id": "b1"}, {"data": {"booking": None}}, 7]
)
def test_what_is_no_booking_is_said_so(known: Clinic, told: object) -> None:
    assert "not one of Semble's" in rejected(read_file(json.dumps(told).encode(), known, "semble")).message


def test_a_booking_in_a_file_is_as_of_its_last_change(known: Clinic) -> None:
    def told(**unusual: Any) -> tuple[EventKind, datetime]:
        (one,) = read_file(json.dumps(a_booking(**unusual)).encode(), known, "semble")
        assert isinstance(one, Parsed)
        return one.event.kind, one.event.occurred_at

    assert told(updatedAt="2026-06-02T08:00:00.000Z") == (EventKind.BOOKED, datetime(2026, 6, 2, 8, tzinfo=UTC))
    assert told(updatedAt=None) == (EventKind.BOOKED, datetime(2026, 6, 1, 8, tzinfo=UTC))
    assert told(bookingJourney__departed=JOURNEY) == (EventKind.ATTENDED, datetime(2026, 6, 20, 9, 5, tzinfo=UTC))


def test_the_same_state_again_is_the_same_event(known: Clinic) -> None:
    def key(**unusual: Any) -> str:
        (one,) = read_file(json.dumps(a_booking(**unusual)).encode(), known, "semble")
        assert isinstance(one, Parsed)
        return one.event.key

    assert key() == key()
    assert key() != key(start="2026-06-21T09:00:00.000Z")


def test_a_files_times_may_be_local_too(known: Clinic) -> None:
    (one,) = read_file(json.dumps(a_booking()).encode(), known, "semble", mapping={"times": "local"})
    assert isinstance(one, Parsed)
    assert one.event.appointment["starts_at"] == "2026-06-20T09:00:00+01:00"
    with pytest.raises(MappingError, match="times: local"):
        read_file(b"{}", known, "semble", mapping={"Start": "appointment.starts_at"})
