"""Acuity: calls that only name an appointment, and the appointment as it stands."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from itertools import permutations
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from drip.bookings.acuity import Acuity, connect, read_file
from drip.bookings.parsed import Outcome, Parsed, Rejected
from drip.bookings.source import Call, Connection, Fetches, Heard, Hears, SourceAway, SourceRefuses, Wanted
from drip.core.clinic import BookingSystem, Clinic
from drip.core.event import replay
from drip.core.model import EventKind
from tests.bookings.acuity_server import KEY, USER, AcuityServer, a_call, an_appointment, signed
from tests.providers.loopback import Misdeed, hang_up, http, reset, say

NOW = datetime(2026, 6, 1, 8, 0, 2, 345678, tzinfo=UTC)
AT = NOW.replace(microsecond=0)

# Worked out with neither this code nor Python:
#   printf 'action=scheduled&id=80001&calendarID=501&appointmentTypeID=31' |
#     openssl dgst -sha256 -hmac acuity-test-api-key -binary | base64
LITERAL = "XRiiumXSMTAswnOuRjnwx1cy3/CRrbXcpS74zhKbIJk="


@pytest.fixture
def server() -> Iterator[AcuityServer]:
    made = AcuityServer()
    yield made
    made.close()


@pytest.fixture
def known(clinic: Clinic) -> Clinic:
    sites = {"501": "leith", "boston rooms": "boston"}
    return replace(clinic, bookings={"acuity": BookingSystem(sites=sites)}, appointment_types={})


@pytest.fixture
def acuity(known: Clinic, server: AcuityServer) -> Iterator[Acuity]:
    source = connected(known, server)
    yield source
    source.close()


def connected(clinic: Clinic, server: AcuityServer, **told: str) -> Acuity:
    settings = {"ACUITY_USER_ID": USER, "ACUITY_API_KEY": KEY, "ACUITY_API_BASE": server.base} | told
    source = connect(Connection(clinic=clinic, told=settings, deadline=2.0))
    assert source is not None
    return source


def wanted(kind: str = "scheduled", ref: str = "80001", at: datetime = AT) -> Wanted:
    return Wanted(key=f"{ref}:{at.isoformat()}", kind=kind, ref=ref, happened_at=at)


def event(source: Acuity, server: AcuityServer, at: datetime = AT, **unusual: Any) -> Parsed:
    server.put(an_appointment(**unusual))
    (outcome,) = source.fetch(wanted(at=at), NOW)
    assert isinstance(outcome, Parsed), outcome
    return outcome


def rejected(outcomes: Any) -> Rejected:
    (outcome,) = outcomes
    assert isinstance(outcome, Rejected), outcome
    return outcome


# What a call says


def test_a_call_that_was_signed_elsewhere_is_believed(acuity: Acuity) -> None:
    body = b"action=scheduled&id=80001&calendarID=501&appointmentTypeID=31"
    assert acuity.hear(Call(headers={"x-acuity-signature": LITERAL}, body=body), NOW) is not None


@pytest.mark.parametrize("prefix", ["", "appointment."])
@pytest.mark.parametrize("action", ["scheduled", "rescheduled", "canceled", "changed"])
def test_a_call_names_an_appointment_to_be_asked_for(acuity: Acuity, action: str, prefix: str) -> None:
    assert acuity.hear(signed(a_call(prefix + action)), NOW) == Heard(wanted=[wanted(action)])


def test_what_happens_later_is_asked_for_again_and_what_comes_at_once_is_not(acuity: Acuity) -> None:
    def key(action: str, at: datetime) -> str:
        heard = acuity.hear(signed(a_call(action)), at)
        assert heard is not None
        return heard.wanted[0].key

    assert key("rescheduled", AT) == key("changed", AT + timedelta(seconds=0.9))
    assert key("changed", AT) != key("changed", AT + timedelta(seconds=1))


@pytest.mark.parametrize("action", ["order.completed", "appointment.sneezed", ""])
def test_calls_that_do_not_concern_us_are_let_go(acuity: Acuity, action: str) -> None:
    assert acuity.hear(signed(a_call(action, ref="order-7")), NOW) == Heard()


@pytest.mark.parametrize("ref", ["", "8/../1", "80001?x=1", "-1", "\u0661", "9" * 21, "8000\uff11"])
def test_what_is_no_number_is_never_asked_for(acuity: Acuity, server: AcuityServer, ref: str) -> None:
    heard = acuity.hear(signed(a_call(ref=ref)), NOW)
    assert heard is not None
    assert heard.wanted == ()
    assert rejected(heard.outcomes).path == "id"
    assert list(acuity.fetch(wanted(ref=ref), NOW)) == []
    assert server.asked == []


@pytest.mark.parametrize("body", [b"", b"\xff=\xff", b'{"action":"scheduled"}', b"&" * 5000, b"a=1&" * 500])
def test_what_is_no_form_upsets_nothing(acuity: Acuity, body: bytes) -> None:
    heard = acuity.hear(signed(body), NOW)
    assert heard is not None
    assert heard.wanted == ()


@pytest.mark.parametrize(
    "call",
    [
        replace(signed(a_call()), headers={"x-acuity-signature": "é\udcff"}),
        signed(a_call(), key=""),
    ],
    ids=["odd letters", "an empty key"],
)
def test_a_call_that_is_not_signed_is_not_believed(acuity: Acuity, call: Call) -> None:
    assert acuity.hear(call, NOW) is None


def test_while_the_key_is_changed_both_are_believed_and_the_current_one_is_used(
    known: Clinic, server: AcuityServer
) -> None:
    source = connected(known, server, ACUITY_API_KEY=f"{KEY}, older")
    for key in (KEY, "older"):
        assert source.hear(signed(a_call(), key=key), NOW) is not None
    assert event(source, server)
    source.close()


# What an appointment comes to


def test_an_appointment_is_told_whole(acuity: Acuity, server: AcuityServer) -> None:
    one = event(acuity, server)

    assert one.event.kind is EventKind.BOOKED
    assert one.event.occurred_at == AT
    assert one.event.site == "leith"
    assert one.event.patient == {
        "ref": sha256(b"amina@example.org").hexdigest()[:32],
        "first_name": "Amina",
        "last_name": "Shah",
        "email": "amina@example.org",
        "email_problem": None,
        "phone": "+447700900123",
        "phone_problem": None,
        "timezone": "Europe/London",
    }
    assert one.event.appointment == {
        "ref": "80001",
        "type": "Initial assessment",
        "starts_at": "2026-06-20T10:00:00+01:00",
        "ends_at": "2026-06-20T10:45:00+01:00",
    }
    assert json.loads(one.raw)["formsText"] == ""
    assert "history" not in one.body


@pytest.mark.parametrize(
    ("told", "kind"),
    [
        ({}, EventKind.BOOKED),
        ({"canceled": ..., "noShow": ...}, EventKind.BOOKED),
        ({"canceled": True}, EventKind.CANCELLED),
        ({"noShow": True}, EventKind.NO_SHOW),
        ({"canceled": True, "noShow": True}, EventKind.NO_SHOW),
        ({"canceled": "true", "noShow": 1}, EventKind.BOOKED),
    ],
)
def test_its_state_is_what_has_become_of_it(
    acuity: Acuity, server: AcuityServer, told: dict[str, Any], kind: EventKind
) -> None:
    appointment = {name: value for name, value in an_appointment(**told).items() if value is not ...}
    server.put(appointment)
    (one,) = acuity.fetch(wanted(), NOW)
    assert isinstance(one, Parsed)
    assert one.event.kind is kind


def test_the_same_call_is_the_same_event_and_a_state_that_comes_back_is_news(
    acuity: Acuity, server: AcuityServer
) -> None:
    first = event(acuity, server)
    assert event(acuity, server).event.key == first.event.key
    later = event(acuity, server, at=AT + timedelta(hours=1))
    assert later.event.key != first.event.key


def test_the_latest_call_holds_in_whatever_order_answers_are_had(acuity: Acuity, server: AcuityServer) -> None:
    moved = "2026-06-25T10:00:00+0100"
    first = event(acuity, server)
    second = event(acuity, server, at=AT + timedelta(hours=1), datetime=moved)
    late_answer_to_the_first = event(acuity, server, datetime=moved)
    third = event(acuity, server, at=AT + timedelta(hours=2))
    for told in permutations([first, second, late_answer_to_the_first, third]):
        last = replay(one.event for one in told)[-1]
        assert last.appointment["starts_at"] == "2026-06-20T10:00:00+01:00"


def test_without_an_email_address_the_number_is_who_it_is(acuity: Acuity, server: AcuityServer) -> None:
    one = event(acuity, server, email="", phone="07700 900123")
    other = event(acuity, server, email=" ", phone="+44 7700 900123")
    assert one.patient_ref == other.patient_ref == sha256(b"+447700900123").hexdigest()[:32]
    assert "email" not in one.event.patient
    odd = event(acuity, server, email="", phone="ext 12")
    assert odd.patient_ref == sha256(b"ext12").hexdigest()[:32]
    assert odd.problems


def test_without_either_nobody_can_say_who_it_is(acuity: Acuity, server: AcuityServer) -> None:
    server.put(an_appointment(email="", phone=""))
    assert rejected(acuity.fetch(wanted(), NOW)).path == "email"


@pytest.mark.parametrize(
    ("told", "site"),
    [
        ({}, "leith"),
        ({"calendarID": 9, "calendar": "BOSTON rooms"}, "boston"),
        ({"calendarID": 9, "calendar": "x", "location": "Boston Rooms"}, "boston"),
        ({"calendarID": 9, "calendar": None}, None),
    ],
)
def test_a_site_is_known_by_calendar_or_place(
    acuity: Acuity, server: AcuityServer, told: dict[str, Any], site: str | None
) -> None:
    assert event(acuity, server, **told).event.site == site


@pytest.mark.parametrize(
    ("types", "ours"), [({"31": "by-id"}, "by-id"), ({"initial Assessment": "by-name"}, "by-name")]
)
def test_a_type_goes_by_its_id_then_by_its_name(
    known: Clinic, server: AcuityServer, types: dict[str, str], ours: str
) -> None:
    source = connected(replace(known, appointment_types=types), server)
    assert event(source, server).event.appointment["type"] == ours
    source.close()


@pytest.mark.parametrize("lasts", ["", None, "0", "-5", "1441", "many", 99999, "\u0664\u0665", True])
def test_a_length_that_cannot_be_right_is_left_out(acuity: Acuity, server: AcuityServer, lasts: object) -> None:
    assert "ends_at" not in event(acuity, server, duration=lasts).event.appointment


def test_a_change_to_a_visit_that_is_over_is_history(acuity: Acuity, server: AcuityServer) -> None:
    over = datetime(2026, 6, 20, 9, 45, tzinfo=UTC)
    assert event(acuity, server, at=over).body["history"] is True
    assert "history" not in event(acuity, server, at=over, noShow=True).body


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sampled_from([*an_appointment(), "new"]), ANYTHING)
def test_no_value_upsets_it(known: Clinic, name: str, value: Any) -> None:
    body = json.dumps(an_appointment(**{"ref" if name == "id" else name: value})).encode()
    outcomes: list[Outcome] = read_file(body, known, "acuity")
    assert len(outcomes) >= 1


# How Acuity answers


@pytest.mark.parametrize("status", [404, 410, 400])
def test_an_appointment_that_is_not_there_becomes_a_question_to_staff(
    acuity: Acuity, server: AcuityServer, status: int
) -> None:
    server.instead = http(status, '{"error":"not_found"}')
    assert "does not have" in rejected(acuity.fetch(wanted(), NOW)).message


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (http(500), "http_500"),
        (http(503), "http_503"),
        (http(302, location="https://elsewhere.example/"), "http_302"),
        (http(200, "<html>Please log in</html>"), "unreadable"),
        (http(200, "[]"), "unreadable"),
        (http(200, "[" * 100_000), "unreadable"),
        (http(200, json.dumps(an_appointment(80002))), "unreadable"),
        (reset, "ConnectionResetError"),
        (hang_up, "RemoteDisconnected"),
        (say(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"), "IncompleteRead"),
    ],
)
def test_an_answer_that_is_none_is_asked_for_later(
    acuity: Acuity, server: AcuityServer, answer: bytes | Misdeed, kind: str
) -> None:
    server.instead = answer
    with pytest.raises(SourceAway) as away:
        acuity.fetch(wanted(), NOW)
    assert not isinstance(away.value, SourceRefuses)
    assert (away.value.kind, away.value.until) == (kind, None)


def test_a_server_that_is_away_is_away(acuity: Acuity, server: AcuityServer) -> None:
    server.close()
    with pytest.raises(SourceAway):
        acuity.fetch(wanted(), NOW)


@pytest.mark.parametrize(
    ("headers", "wait"),
    [({}, None), ({"retry_after": "9" * 30}, 3600), ({"retry_after": "soon"}, None)],
)
def test_when_we_ask_too_often_we_wait(
    acuity: Acuity, server: AcuityServer, headers: dict[str, str], wait: int | None
) -> None:
    server.instead = http(429, **headers)
    with pytest.raises(SourceAway) as away:
        acuity.fetch(wanted(), NOW)
    assert away.value.kind == "rate_limited"
    assert away.value.until == (NOW + timedelta(seconds=wait) if wait else None)


def test_a_key_that_is_refused_is_said_so(known: Clinic, server: AcuityServer) -> None:
    source = connected(known, server, ACUITY_API_KEY="wrong")
    with pytest.raises(SourceRefuses) as refused:
        source.fetch(wanted(), NOW)
    assert "wrong" not in str(refused.value)
    source.close()


# How it is connected


def test_it_is_connected_by_both_settings_and_never_shows_the_key(acuity: Acuity, known: Clinic) -> None:
    assert connect(Connection(clinic=known, told={"ACUITY_API_BASE": "https://acuityscheduling.com/api/v1"})) is None
    assert isinstance(acuity, Hears)
    assert isinstance(acuity, Fetches)
    assert KEY not in repr(acuity)


@pytest.mark.parametrize(
    ("told", "variable"),
    [
        ({"ACUITY_USER_ID": USER}, "ACUITY_API_KEY"),
        ({"ACUITY_API_KEY": KEY}, "ACUITY_USER_ID"),
        ({"ACUITY_USER_ID": "me", "ACUITY_API_KEY": KEY}, "ACUITY_USER_ID"),
        (
            {"ACUITY_USER_ID": USER, "ACUITY_API_KEY": KEY, "ACUITY_API_BASE": "http://acuity.example.com"},
            "ACUITY_API_BASE",
        ),
        ({"ACUITY_USER_ID": USER, "ACUITY_API_KEY": KEY, "ACUITY_API_BASE": "https://a@b.example"}, "ACUITY_API_BASE"),
        ({"ACUITY_USER_ID": USER, "ACUITY_API_KEY": KEY, "ACUITY_API_BASE": "https://[b"}, "ACUITY_API_BASE"),
        ({"ACUITY_USER_ID": USER, "ACUITY_API_KEY": KEY, "ACUITY_API_BASE": ""}, "ACUITY_API_BASE"),
    ],
)
def test_half_set_up_is_said_in_one_line(known: Clinic, told: dict[str, str], variable: str) -> None:
    with pytest.raises(ValueError, match=f"^{variable}: .*$") as wrong:
        connect(Connection(clinic=known, told={"ACUITY_API_BASE": "https://acuityscheduling.com/api/v1", **told}))
    assert KEY not in str(wrong.value)


# Files


@pytest.mark.parametrize(
    "write",
    [json.dumps, lambda rows: "\n".join(json.dumps(row) for row in rows)],
    ids=["a list", "one a line"],
)
def test_a_file_of_appointments_is_as_of_their_booking(known: Clinic, write: Any) -> None:
    rows = [
        an_appointment(),
        an_appointment(80002, datetimeCreated="2026-06-01T15:36:51-0500"),
        an_appointment(80003, canceled=True),
        an_appointment(80004, dateCreated="yesterday"),
        {"id": 80005},
        7,
    ]
    outcomes = read_file(
        write(rows).encode(), known, "acuity", filename="acuity.jsonl" if write is not json.dumps else ""
    )
    told = [
        (one.event.kind, one.event.occurred_at, one.body.get("history")) for one in outcomes if isinstance(one, Parsed)
    ]
    day = datetime(2026, 5, 31, 23, 0, tzinfo=UTC)
    assert told == [
        (EventKind.BOOKED, day, None),
        (EventKind.BOOKED, datetime(2026, 6, 1, 20, 36, 51, tzinfo=UTC), None),
        (EventKind.CANCELLED, day + timedelta(seconds=1), True),
    ]
    assert [one.index for one in outcomes if isinstance(one, Rejected)] == [3, 4, 5]


def test_the_same_file_again_is_the_same_events_and_another_state_is_not(known: Clinic) -> None:
    def key(**unusual: Any) -> str:
        (one,) = read_file(json.dumps(an_appointment(**unusual)).encode(), known, "acuity")
        assert isinstance(one, Parsed)
        return one.event.key

    assert key() == key()
    assert key() != key(datetime="2026-06-21T10:00:00+0100")
