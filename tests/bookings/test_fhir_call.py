"""`POST /booking/fhir`: who is believed, what is told, and what is only named."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drip.bookings.fhir import FhirCalls, FhirSource, connect
from drip.bookings.fhir_resources import READS, _model
from drip.bookings.parsed import Parsed
from drip.bookings.source import Call, Connection, Heard, Wanted
from drip.core.clinic import Clinic
from tests.bookings.fhir_server import FhirServer
from tests.bookings.fhir_told import (
    CALLED_WITH,
    NOW,
    Resource,
    a_bundle,
    a_call,
    a_patient,
    a_procedure,
    a_source,
    an_appointment,
    an_encounter,
    heard,
    only_calls,
    said,
)


@pytest.fixture
def server() -> Iterator[FhirServer]:
    made = FhirServer()
    yield made
    made.close()


@pytest.fixture
def asking(clinic: Clinic, server: FhirServer) -> Iterator[FhirSource]:
    """It hears, and can ask."""
    source = a_source(clinic, server)
    yield source
    source.close()


@pytest.fixture
def hearing(clinic: Clinic) -> FhirCalls:
    """It only hears."""
    return only_calls(clinic)


def named(found: Heard) -> list[tuple[str, str]]:
    return [(one.kind, one.ref) for one in found.wanted]


# Who is believed


@pytest.mark.parametrize(
    "headers",
    [
        {"authorization": ""},
        {"authorization": "Bearer"},
        {"authorization": "Bearer "},
        {"authorization": f"Bearer {CALLED_WITH}x"},
        {"authorization": f"Bearer {CALLED_WITH}, Bearer {CALLED_WITH}"},
        {"authorization": f"Basic {CALLED_WITH}"},
        {"authorization": CALLED_WITH},
        {"authorization": "Bearer \udcff\u20ac"},
        {"x-token": CALLED_WITH},
    ],
)
def test_who_does_not_carry_our_token_is_not_heard(headers: dict[str, str], hearing: FhirCalls) -> None:
    assert hearing.hear(Call(headers=headers, body=json.dumps(an_appointment()).encode()), NOW) is None


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER"])
def test_the_scheme_may_be_written_in_any_case(scheme: str, hearing: FhirCalls) -> None:
    call = Call(headers={"authorization": f"{scheme} {CALLED_WITH}"}, body=json.dumps(an_appointment()).encode())
    assert hearing.hear(call, NOW) is not None


def test_without_a_token_nobody_is_heard(clinic: Clinic, server: FhirServer) -> None:
    source = a_source(clinic, server, called_with=" ")
    assert source.hear(a_call(an_appointment(), token=""), NOW) is None
    source.close()


# What is told


def test_the_library_is_read_before_the_first_call(clinic: Clinic) -> None:
    _model.cache_clear()
    assert connect(Connection(clinic=clinic, told={"FHIR_WEBHOOK_TOKEN": "t"}))
    assert _model.cache_info().currsize == len(READS)


def test_a_resource_is_told_at_once(hearing: FhirCalls) -> None:
    found = heard(hearing, an_appointment())
    assert said(found.outcomes) == [("appointment.booked", "1")]
    assert named(found) == []


def test_a_bundle_is_told_at_once(asking: FhirSource) -> None:
    found = heard(asking, a_bundle(an_appointment(), a_patient(), an_encounter(), a_procedure()))
    kinds = ["appointment.booked", "patient.updated", "appointment.attended", "treatment.performed"]
    assert [kind for kind, _ in said(found.outcomes)] == kinds
    assert found.wanted == []


def test_what_cannot_be_read_is_told_by_its_id(hearing: FhirCalls) -> None:
    found = heard(hearing, a_bundle(an_appointment(start="soon"), a_patient()))
    assert said(found.outcomes) == [("Appointment/a-7.start",), ("patient.updated", "1")]


def test_a_patient_who_is_not_sent_along_is_asked_for(asking: FhirSource) -> None:
    found = heard(asking, an_appointment())
    assert said(found.outcomes) == [("appointment.booked", "1")]
    assert named(found) == [("Patient", "1")]


def test_a_treatment_waits_for_the_encounter_that_says_of_which_visit_it_is(
    asking: FhirSource, hearing: FhirCalls
) -> None:
    found = heard(asking, a_bundle(a_procedure(), a_patient()))
    assert said(found.outcomes) == [("patient.updated", "1")]
    assert named(found) == [("Procedure", "t-1")]
    alone = heard(hearing, a_procedure())
    assert said(alone.outcomes) == [("treatment.performed", "1")]


def test_nobody_on_another_server_is_asked_for(asking: FhirSource) -> None:
    elsewhere = {"actor": {"reference": "https://other.example.org/r4/Patient/1"}, "status": "accepted"}
    found = heard(asking, an_appointment(participant=[elsewhere]))
    assert found.wanted == []
    (one,) = found.outcomes
    assert isinstance(one, Parsed)
    assert one.patient_ref == "https://other.example.org/r4/Patient/1"  # not our patient 1


def test_whom_our_own_server_calls_by_the_whole_address_is_ours(asking: FhirSource, server: FhirServer) -> None:
    ours = {"actor": {"reference": f"{server.base}/Patient/1"}, "status": "accepted"}
    found = heard(asking, an_appointment(participant=[ours]))
    assert said(found.outcomes) == [("appointment.booked", "1")]
    assert named(found) == [("Patient", "1")]


def test_a_long_address_of_another_server_is_still_a_reference(asking: FhirSource) -> None:
    far = f"https://other.example.org/{'x' * 250}/Patient/1"
    (one,) = heard(asking, an_appointment(participant=[{"actor": {"reference": far}, "status": "accepted"}])).outcomes
    assert isinstance(one, Parsed)
    assert one.patient_ref.startswith("url-")


# What is only named


def a_notification(*focus: str, kind: str = "event-notification", entries: tuple[Resource, ...] = ()) -> Resource:
    """As a server of R4 notifies (Subscriptions R5 Backport)."""
    status: Resource = {
        "resourceType": "Parameters",
        "parameter": [
            {"name": "subscription", "valueReference": {"reference": "Subscription/s-1"}},
            {"name": "status", "valueCode": "active"},
            {"name": "type", "valueCode": kind},
            *(
                {
                    "name": "notification-event",
                    "part": [
                        {"name": "event-number", "valueString": "7"},
                        {"name": "focus", "valueReference": {"reference": one}},
                    ],
                }
                for one in focus
            ),
        ],
    }
    told = a_bundle(status, kind="history", timestamp="2026-06-10T17:59:30Z")
    return {**told, "entry": [*told["entry"], *entries]}


def of_r4b(*focus: str, kind: str = "event-notification") -> Resource:
    """The same as R4B has it."""
    events = [{"eventNumber": "7", "focus": {"reference": one}} for one in focus]
    status = {"resourceType": "SubscriptionStatus", "type": kind, "notificationEvent": events}
    return a_bundle(status, kind="history", timestamp="2026-06-10T17:59:30Z")


def by_url(url: str, method: str = "PUT") -> Resource:
    return {"fullUrl": "urn:uuid:x", "request": {"method": method, "url": url}, "response": {"status": "200"}}


NAMED: dict[str, Resource] = {
    "in the status": a_notification("Appointment/123"),
    "in the status of R4B": of_r4b("Appointment/123"),
    "as a request": a_notification(entries=(by_url("Appointment/123"),)),
    "both": a_notification("Appointment/123", entries=(by_url("Appointment/123"),)),
    "without a status": {
        "resourceType": "Bundle",
        "type": "subscription-notification",
        "entry": [by_url("Appointment/123")],
    },
}


@pytest.mark.parametrize("told", NAMED.values(), ids=NAMED)
def test_what_is_only_named_is_asked_for(told: Resource, asking: FhirSource) -> None:
    found = heard(asking, told)
    assert found.outcomes == []
    assert named(found) == [("Appointment", "123")]


def test_what_is_named_by_its_address_is_asked_for_on_our_server_only(asking: FhirSource, server: FhirServer) -> None:
    ours = heard(asking, a_notification(entries=({"fullUrl": f"{server.base}/Appointment/123"},)))
    assert named(ours) == [("Appointment", "123")]
    elsewhere = heard(asking, a_notification(entries=({"fullUrl": "https://other.example.org/r4/Appointment/123"},)))
    assert elsewhere.wanted == []
    assert said(elsewhere.outcomes) == [("entry",)]


def test_a_notification_knows_when_it_was_made(asking: FhirSource) -> None:
    (one,) = heard(asking, a_notification("Appointment/123")).wanted
    assert one.happened_at == datetime(2026, 6, 10, 17, 59, 30, tzinfo=UTC)
    assert "Appointment" not in repr(one).replace(one.key, "")


def test_the_same_notification_again_asks_for_nothing_more(asking: FhirSource) -> None:
    def keys(told: Resource, now: datetime) -> list[str]:
        return [one.key for one in heard(asking, told, now).wanted]

    told = a_notification("Appointment/123")
    assert keys(told, NOW) == keys(told, NOW + timedelta(hours=1))
    later = {**told, "timestamp": "2026-06-10T18:10:00Z"}
    assert keys(told, NOW) != keys(later, NOW)
    undated = {**told, "timestamp": None}
    assert keys(undated, NOW) == keys(undated, NOW)
    assert keys(undated, NOW) != keys(undated, NOW + timedelta(hours=1))  # it may be about another change


@pytest.mark.parametrize(
    "told",
    [
        a_notification(entries=(by_url("Appointment/123", "DELETE"),), kind="handshake"),
        a_notification("Observation/5"),
        a_notification("Appointment/../../admin"),
        a_notification("Appointment/.."),
        a_notification(kind="handshake"),
        a_notification(kind="heartbeat"),
        of_r4b(kind="handshake"),
        {"resourceType": "Subscription", "id": "s-1", "status": "requested"},
    ],
    ids=["deleted", "another kind", "up and away", "up", "handshake", "heartbeat", "handshake of R4B", "subscription"],
)
def test_what_does_not_concern_us_comes_to_nothing(told: Resource, asking: FhirSource) -> None:
    assert heard(asking, told) == Heard(outcomes=[], wanted=[])


def test_a_notification_with_the_resource_is_told_at_once(asking: FhirSource) -> None:
    told = a_notification("Appointment/a-7", entries=({"resource": an_appointment()}, {"resource": a_patient()}))
    found = heard(asking, told)
    assert said(found.outcomes) == [("appointment.booked", "1"), ("patient.updated", "1")]
    assert found.wanted == []


EMPTY = {
    "nothing": b"",
    "blanks": b" \r\n",
    "status only": json.dumps(a_notification()).encode(),
    "R4B": json.dumps(of_r4b()).encode(),
}


@pytest.mark.parametrize("told", EMPTY.values(), ids=EMPTY)
def test_a_notification_that_says_nothing_is_a_search(told: bytes, asking: FhirSource) -> None:
    assert heard(asking, told).wanted == [Wanted(key="search:2026-06-10T18:00", kind="search", ref="", happened_at=NOW)]


def test_the_notifications_of_a_minute_are_one_search(asking: FhirSource) -> None:
    first, second, later = (heard(asking, b"", NOW + timedelta(seconds=after)).wanted[0].key for after in (0, 59, 60))
    assert first == second != later


def test_a_notification_of_very_many_is_a_search(asking: FhirSource) -> None:
    few = heard(asking, a_notification(*(f"Appointment/{number}" for number in range(200))))
    assert len(few.wanted) == 200
    assert named(heard(asking, a_notification(*(f"Appointment/{number}" for number in range(201))))) == [("search", "")]


@pytest.mark.parametrize("told", [b"", json.dumps(a_notification("Appointment/123")).encode()], ids=["empty", "named"])
def test_who_cannot_ask_says_so(told: bytes, hearing: FhirCalls) -> None:
    found = heard(hearing, told)
    assert found.wanted == ()
    (one,) = found.outcomes
    assert not isinstance(one, Parsed)
    assert "FHIR_BASE_URL" in one.message


# Whatever is sent


@pytest.mark.parametrize(
    ("told", "says"),
    [
        (b'<Appointment xmlns="http://hl7.org/fhir"/>', "application/fhir+json"),
        (b"\xef\xbb\xbf <?xml version='1.0'?>", "application/fhir+json"),
        (b"{", "not valid JSON"),
        (b'{"a": NaN}', "not valid JSON"),
        (b"9" * 5_000, "not valid JSON"),
        (b"[" * 100_000, "nested too deeply"),
        (b"[]", "not a FHIR resource"),
        (b"null", "not a FHIR resource"),
    ],
    ids=["XML", "XML with a mark", "half", "NaN", "digits", "deep", "list", "null"],
)
def test_what_is_not_fhir_json_is_rejected(told: bytes, says: str, asking: FhirSource) -> None:
    found = heard(asking, told)
    (one,) = found.outcomes
    assert not isinstance(one, Parsed)
    assert says in one.message


JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.sampled_from(
        ["", "#p", "Patient/1", "booked", "2026-07-09T14:00:00Z", "x\0", "\ud800", "Bundle", "message", "urn:uuid:1"]
    ),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(
        st.sampled_from(
            ["reference", "actor", "coding", "code", "value", "system", "identifier", "period", "end", "lastUpdated",
             "resourceType", "resource", "fullUrl", "request", "part", "name", "id", "text", "contained"]
        ), inner, max_size=4),
    max_leaves=12,
)  # fmt: skip
ELEMENTS = [
    "id", "meta", "identifier", "status", "class", "type", "serviceType", "appointmentType", "start", "end", "created",
    "participant", "subject", "appointment", "period", "location", "code", "encounter", "performedDateTime", "bodySite",
    "performedPeriod", "name", "telecom", "birthDate", "deceasedBoolean", "communication", "link", "contained", "entry",
    "timestamp", "parameter", "notificationEvent", "focus", "modifierExtension",
]  # fmt: skip
KINDS = ["Appointment", "Encounter", "Procedure", "Patient", "Bundle", "Parameters", "MessageHeader", "Location"]
MADE = st.sampled_from([an_appointment(), an_encounter(), a_procedure(), a_patient()])
RESOURCES = st.builds(
    lambda kind, told: {"resourceType": kind, **told},
    st.sampled_from(KINDS),
    st.dictionaries(st.sampled_from(ELEMENTS), JSON, max_size=5),
) | st.builds(lambda made, told: made | told, MADE, st.dictionaries(st.sampled_from(ELEMENTS), JSON, max_size=2))
BUNDLES = st.builds(
    lambda kind, entries, when: {"resourceType": "Bundle", "type": kind, "entry": entries, "timestamp": when},
    st.sampled_from(["message", "history", "searchset", "transaction"]),
    st.lists(st.builds(lambda one: {"resource": one}, RESOURCES) | JSON, max_size=4),
    st.sampled_from(["2026-06-01T09:00:00Z", "soon", None]),
)


@given(told=RESOURCES | BUNDLES)
def test_whatever_is_sent_is_told_or_rejected(told: object, clinic: Clinic) -> None:
    found = heard(only_calls(clinic), json.dumps(told).encode())
    for one in found.outcomes:
        if isinstance(one, Parsed):
            json.dumps(one.body, allow_nan=False).encode()
        else:
            f"{one.path}{one.message}".encode()


@given(data=st.binary(max_size=200))
def test_any_bytes_are_heard_or_rejected(data: bytes, clinic: Clinic) -> None:
    assert isinstance(heard(only_calls(clinic), data), Heard)
