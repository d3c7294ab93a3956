"""What Cliniko's records say, whatever stands in them."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drip.bookings.cliniko import read_file
from drip.bookings.cliniko_patient import facts_of
from drip.bookings.cliniko_record import Record, id_at, id_of, instant, moment, stamp, text
from drip.bookings.cliniko_teller import Teller
from drip.bookings.cliniko_visit import own_visit, place_in_group
from drip.bookings.parsed import Outcome, Parsed, Rejected
from drip.core.clinic import Clinic

AT = datetime(2026, 3, 4, 9, 0, tzinfo=UTC)
SELF = "https://api.uk1.cliniko.com/v1/"


def pointing(path: str) -> dict[str, Any]:
    return {"links": {"self": SELF + path}}


def a_visit(**unusual: object) -> dict[str, Any]:
    return {
        "id": "5001",
        "updated_at": "2026-03-02T08:15:00Z",
        "starts_at": "2026-03-12T10:00:00Z",
        "ends_at": "2026-03-12T10:45:00Z",
        "patient": pointing("patients/7001"),
        **unusual,
    }


class Nobody:
    """Links that lead nowhere."""

    def find(self, what: str, ref: str) -> Record | None:
        return None


def told(clinic: Clinic, record: Record) -> list[Outcome]:
    return Teller.of(clinic, "cliniko").visit(own_visit(record), Nobody())


# One value.


@pytest.mark.parametrize(
    ("told", "ref"),
    [
        ({"id": 82}, "82"),
        ({"id": "1390726237298631770"}, "1390726237298631770"),
        ({"id": 1390726237298631770}, "1390726237298631770"),
        (pointing("patients/82"), "82"),
        ({"id": True, **pointing("patients/82")}, "82"),
        ({"id": "a b", **pointing("patients/82?page=1")}, "82"),
        ({"id": 1.5}, ""),
        ({"id": None, "links": "patients/82"}, ""),
        ({}, ""),
    ],
)
def test_ids_are_text(told: Record, ref: str) -> None:
    assert id_of(told) == ref


@pytest.mark.parametrize(
    "link", [None, "", 5, {}, {"links": None}, {"links": {"self": None}}, {"links": {"self": "x"}}, [1], {"links": []}]
)
def test_a_link_to_nothing_is_none(link: object) -> None:
    assert id_at({"patient": link}, "patient") == ""


@pytest.mark.parametrize(
    ("told", "at"),
    [
        ("2026-03-04T09:00:00Z", AT),
        ("2026-03-04T10:00:00+01:00", AT),
        ("", None),
        (None, None),
        (0, None),
        (True, None),
        ("2026-03-04T09:00:00", None),
        ("yesterday", None),
        ("0001-01-01T00:00:00+14:00", None),
        ("9999-12-31T23:59:59-14:00", None),
        ({"at": "2026-03-04T09:00:00Z"}, None),
    ],
)
def test_a_time_is_one_with_an_offset_or_none(told: object, at: datetime | None) -> None:
    assert instant({"deleted_at": told}, "deleted_at") == at


def test_a_stamp_is_read_as_it_was_written() -> None:
    assert moment(stamp(AT)) == AT
    assert moment(None) is None


@pytest.mark.parametrize(
    ("told", "said"),
    [("  a\0b ", "ab"), ("\ud800x", "x"), (7700900123, "7700900123"), (True, ""), (10**60, ""), (None, "")],
)
def test_a_text_holds_nothing_that_no_text_may(told: object, said: str) -> None:
    assert text({"name": told}, "name") == said
    assert len(text({"name": "x" * 10_000}, "name")) == 500


# A patient.


@pytest.mark.parametrize(
    ("record", "facts"),
    [
        ({}, {}),
        ({"first_name": "Amina", "preferred_first_name": "Mina"}, {"first_name": "Mina"}),
        ({"first_name": "Amina", "preferred_first_name": " "}, {"first_name": "Amina"}),
        ({"first_name": ""}, {"first_name": None}),
        ({"email": None}, {"email": None}),
        ({"date_of_birth": ""}, {"date_of_birth": None}),
        ({"date_of_birth": "1979-03-02"}, {"date_of_birth": "1979-03-02"}),
        ({"date_of_birth": "02/03/1979"}, {}),
        ({"date_of_birth": "1879-03-02"}, {}),
        ({"date_of_birth": "2026-03-05"}, {}),
        ({"time_zone": "Australia/Melbourne"}, {"timezone": "Australia/Melbourne"}),
        ({"time_zone": "London"}, {}),
        ({"time_zone": "../../etc/passwd"}, {}),
        ({"time_zone": None}, {"timezone": None}),
        ({"accepted_sms_marketing": True}, {"consent": {"marketing": {"sms": True}}}),
        ({"accepted_email_marketing": None}, {"consent": {"marketing": {"email": None}}}),
        ({"accepted_email_marketing": "yes"}, {"consent": {"marketing": {"email": None}}}),
        ({"accepted_privacy_policy": False, "reminder_type": "None", "gender": "Female", "notes": "x"}, {}),
        ({"patient_phone_numbers": None}, {"phone": None}),
        ({"patient_phone_numbers": "07700 900123"}, {"phone": None}),
    ],
)
def test_what_a_patients_record_says(record: Record, facts: dict[str, Any]) -> None:
    known = facts_of("7001", {**record, "id": "7001"}, AT)
    assert known == {"ref": "7001", **facts}


@pytest.mark.parametrize(
    ("numbers", "phone"),
    [
        ([("Home", "01234 567890"), ("Mobile", "07700 900123")], "07700 900123"),
        ([("Fax", "01234 567890"), ("Work", "01632 960001")], "01632 960001"),
        ([("mobile", 447700900123)], "447700900123"),
        ([("Mobile", ""), ("Home", "01632 960001")], "01632 960001"),
        ([("Fax", "01234 567890")], None),
        ([(None, None)], None),
    ],
)
def test_a_mobile_number_before_any_other_that_rings(numbers: list[tuple[Any, Any]], phone: str | None) -> None:
    told = [{"phone_type": kind, "number": number} for kind, number in numbers]
    assert facts_of("7001", {"patient_phone_numbers": told}, AT)["phone"] == phone


def test_consent_to_care_is_never_concluded_from_marketing(clinic: Clinic) -> None:
    (outcome,) = Teller.of(clinic, "cliniko").patient(
        {
            "id": 1,
            "updated_at": "2026-03-04T09:00:00Z",
            "accepted_email_marketing": False,
            "accepted_sms_marketing": False,
        }
    )
    assert isinstance(outcome, Parsed)
    assert outcome.event.patient["consent"] == {"marketing": {"email": False, "sms": False}}


# A visit.


def test_the_same_state_has_the_same_id_and_another_one_another(clinic: Clinic) -> None:
    def key(**unusual: object) -> str:
        (outcome,) = told(clinic, a_visit(**unusual))
        assert isinstance(outcome, Parsed)
        return outcome.event.key

    assert key() == key(notes="a note") == key(invoice_status=1)
    different = [
        key(),
        key(updated_at="2026-03-02T08:15:01Z"),
        key(starts_at="2026-03-12T10:15:00Z"),
        key(patient=pointing("patients/7002")),
        key(business=pointing("businesses/102")),
        key(appointment_type=pointing("appointment_types/302")),
        key(id="5002"),
        key(cancelled_at="2026-03-02T08:15:00Z"),
    ]
    assert len(set(different)) == len(different)


@pytest.mark.parametrize("name", ["cancelled_at", "deleted_at", "archived_at"])
@pytest.mark.parametrize(
    ("when", "kind"),
    [("2026-03-03T10:00:00Z", "appointment.cancelled"), ("", "appointment.booked"), (None, "appointment.booked")],
)
def test_a_visit_that_is_gone_says_when_and_an_empty_time_says_nothing(
    clinic: Clinic, name: str, when: str | None, kind: str
) -> None:
    (outcome,) = told(clinic, a_visit(**{name: when}))
    assert isinstance(outcome, Parsed)
    assert outcome.event.kind == kind
    assert stamp(outcome.event.occurred_at) == (when or "2026-03-02T08:15:00Z")


def test_only_the_reference_is_known_of_who_cannot_be_looked_up(clinic: Clinic) -> None:
    (outcome,) = told(clinic, a_visit(appointment_type=pointing("appointment_types/301")))
    assert isinstance(outcome, Parsed)
    assert outcome.body["patient"] == {"ref": "7001"}
    assert set(outcome.event.appointment) == {"ref", "starts_at", "ends_at"}


@pytest.mark.parametrize("ends_at", [None, "", "never", "2026-03-12T09:00:00Z", 7])
def test_an_end_that_cannot_be_keeps_no_visit_out(clinic: Clinic, ends_at: object) -> None:
    (outcome,) = told(clinic, a_visit(ends_at=ends_at))
    assert isinstance(outcome, Parsed)
    assert "ends_at" not in outcome.event.appointment


@pytest.mark.parametrize(
    ("unusual", "path"),
    [
        ({"patient": None}, "patient.ref"),
        ({"starts_at": ""}, "appointment.starts_at"),
        ({"updated_at": None}, "occurred_at"),
        ({"id": None}, "appointment.ref"),
    ],
)
def test_a_visit_that_lacks_what_every_visit_has_is_rejected(
    clinic: Clinic, unusual: dict[str, object], path: str
) -> None:
    outcomes = told(clinic, a_visit(**unusual))
    assert {one.path for one in outcomes if isinstance(one, Rejected)} == {path}
    assert "5001" not in str(outcomes)
    assert "7001" not in str(outcomes)


def test_clinikos_own_words_are_kept_of_a_visit_but_not_of_a_patient(clinic: Clinic) -> None:
    (visit,) = told(clinic, a_visit(notes="side entrance \ud800"))
    (patient,) = Teller.of(clinic, "cliniko").patient(
        {"id": 1, "updated_at": "2026-03-04T09:00:00Z", "notes": "secret"}
    )
    assert isinstance(visit, Parsed)
    assert isinstance(patient, Parsed)
    assert b"side entrance" in visit.raw
    assert b"secret" not in patient.raw


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20) | st.datetimes().map(str),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
KEYS = [
    "id",
    "updated_at",
    "created_at",
    "starts_at",
    "ends_at",
    "cancelled_at",
    "deleted_at",
    "archived_at",
    "patient_arrived",
    "did_not_arrive",
    "arrived",
    "patient",
    "business",
    "practitioner",
    "appointment_type",
    "booking",
    "links",
    "first_name",
    "preferred_first_name",
    "last_name",
    "email",
    "patient_phone_numbers",
    "date_of_birth",
    "time_zone",
    "accepted_sms_marketing",
    "merged_with_patient",
    "merged_at",
]
TIMES = st.sampled_from(["2026-03-02T08:15:00Z", "2026-03-12T10:00:00+13:00", "", "x"])
LINKS = st.sampled_from([pointing("patients/7001"), pointing(""), {"links": {"self": "\0"}}])
RECORDS = st.fixed_dictionaries({}, optional={key: ANYTHING | TIMES | LINKS for key in KEYS})


@given(record=RECORDS, group=RECORDS)
def test_no_record_is_too_odd_to_be_read_or_rejected(clinic: Clinic, record: Record, group: Record) -> None:
    teller = Teller.of(clinic, "cliniko", AT)

    class Found:
        def find(self, what: str, ref: str) -> Record | None:
            return group

    for outcome in (
        *teller.visit(own_visit(record), Found()),
        *teller.visit(place_in_group(record, group), Found()),
        *teller.patient(record),
    ):
        assert isinstance(outcome, Parsed | Rejected)


@given(data=st.binary(max_size=200) | st.text(max_size=200).map(lambda told: f'{{"patients": [{told}]}}'.encode()))
def test_no_file_is_too_odd_to_be_read_or_rejected(clinic: Clinic, data: bytes) -> None:
    assert all(isinstance(one, Parsed | Rejected) for one in read_file(data, clinic, "cliniko"))
