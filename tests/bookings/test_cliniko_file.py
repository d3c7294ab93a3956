"""Files of what Cliniko's API answered, for `drip ingest --source cliniko`."""

import json
from dataclasses import replace
from typing import Any

import pytest

from drip.bookings.generic import MOST_BYTES
from drip.bookings.parsed import Outcome, Parsed, Rejected
from drip.bookings.registry import reader_of
from drip.core.clinic import BookingSystem, Clinic

SELF = "https://api.uk1.cliniko.com/v1/"


def link(path: str) -> dict[str, Any]:
    return {"links": {"self": SELF + path}}


VISIT = {
    "id": "5001",
    "created_at": "2026-03-02T08:15:00Z",
    "updated_at": "2026-03-02T08:15:00Z",
    "starts_at": "2026-03-12T10:00:00Z",
    "ends_at": "2026-03-12T10:45:00Z",
    "did_not_arrive": False,
    "patient_arrived": False,
    "cancelled_at": None,
    "deleted_at": None,
    "appointment_type": link("appointment_types/301"),
    "business": link("businesses/101"),
    "practitioner": link("practitioners/201"),
    "patient": link("patients/7001"),
    **link("bookings/5001"),
}
PATIENT = {
    "id": 7001,
    "updated_at": "2026-03-01T09:00:00Z",
    "first_name": "Morag",
    "last_name": "Bain",
    "patient_phone_numbers": [{"phone_type": "Mobile", "number": "07700 900321"}],
    "archived_at": "",
    "deleted_at": "",
    **link("patients/7001"),
}
GROUP = {**VISIT, "id": "6001", "max_attendees": 8, "starts_at": "2026-03-12T18:00:00Z", "ends_at": None}
ATTENDEE = {
    "id": "8001",
    "updated_at": "2026-03-02T08:15:00Z",
    "arrived": None,
    "booking": link("bookings/6001"),
    "patient": link("patients/7001"),
}
TYPE = {"id": "301", "name": "New Patient", "duration_in_minutes": 45}
BUSINESS = {"id": "101", "business_name": "Harbour Physio Leith"}
PRACTITIONER = {"id": "201", "first_name": "Isla", "last_name": "Munro", "designation": "Physiotherapist"}


def read(clinic: Clinic, *documents: object, **how: Any) -> list[Outcome]:
    """As `drip ingest --source cliniko` would."""
    data = "\n".join(one if isinstance(one, str) else json.dumps(one) for one in documents)
    return reader_of("cliniko")(data.encode(), clinic, "cliniko", **how)


def kinds(outcomes: list[Outcome]) -> list[str]:
    return [one.event.kind.value if isinstance(one, Parsed) else f"{one.path} {one.message}" for one in outcomes]


def the_visit(outcomes: list[Outcome]) -> Parsed:
    (visit,) = [one for one in outcomes if isinstance(one, Parsed) and one.event.appointment]
    return visit


WHOLE = {
    "individual_appointments": [VISIT],
    "patients": [PATIENT],
    "appointment_types": [TYPE],
    "businesses": [BUSINESS],
    "practitioners": [PRACTITIONER],
    "total_entries": 1,
    "links": {"self": f"{SELF}individual_appointments?page=1"},
}
EACH_IN_ITS_LIST = [{name: told} for name, told in WHOLE.items() if isinstance(told, list)]


@pytest.mark.parametrize(
    "documents",
    [
        [WHOLE],
        [[WHOLE]],
        EACH_IN_ITS_LIST,
        [EACH_IN_ITS_LIST],
        [[VISIT, PATIENT, TYPE, BUSINESS, PRACTITIONER]],
        [VISIT, PATIENT, TYPE, BUSINESS, PRACTITIONER],
        [json.dumps(WHOLE, indent=2)],
    ],
    ids=["one answer", "in a list", "an answer a line", "a list of answers", "a list", "a record a line", "indented"],
)
def test_a_file_in_any_of_its_forms_resolves_its_own_links(clinic: Clinic, documents: list[object]) -> None:
    sites = replace(clinic, bookings={"cliniko": BookingSystem(sites={"Harbour Physio Leith": "leith"})})
    outcomes = read(sites, *documents)
    assert kinds(outcomes) == ["appointment.booked", "patient.updated"]
    visit = the_visit(outcomes)
    assert visit.event.site == "leith"
    assert visit.event.patient["phone"] == "+447700900321"
    assert visit.event.appointment["type"] == "initial"
    assert visit.event.appointment["practitioner"] == "Isla Munro"


def test_a_single_record_without_its_links_is_the_reference_alone(clinic: Clinic) -> None:
    visit = the_visit(read(clinic, VISIT))
    assert visit.body["patient"] == {"ref": "7001"}
    assert visit.event.site is None
    assert set(visit.event.appointment) == {"ref", "starts_at", "ends_at"}


def test_a_file_says_the_same_ids_as_the_api(clinic: Clinic) -> None:
    assert the_visit(read(clinic, VISIT)).event.key == the_visit(read(clinic, WHOLE)).event.key


def test_places_in_groups_find_their_group_in_the_file(clinic: Clinic) -> None:
    outcomes = read(clinic, {"attendees": [ATTENDEE], "group_appointments": [GROUP], "appointment_types": [TYPE]})
    visit = the_visit(outcomes)
    assert visit.event.appointment_ref == "attendee-8001"
    assert visit.event.appointment["starts_at"] == "2026-03-12T18:00:00+00:00"


def test_a_place_whose_group_is_not_in_the_file_is_rejected(clinic: Clinic) -> None:
    (rejected,) = read(clinic, ATTENDEE)
    assert isinstance(rejected, Rejected)
    assert rejected.path == "booking"


def test_the_attendee_of_an_individual_appointment_is_its_patient(clinic: Clinic) -> None:
    outcomes = read(clinic, VISIT, ATTENDEE | {"booking": link("bookings/5001")})
    assert kinds(outcomes) == ["appointment.booked"]


@pytest.mark.parametrize(
    ("patient", "kind"),
    [
        (PATIENT, "patient.updated"),
        (PATIENT | {"archived_at": "2026-03-03T09:00:00Z"}, "patient.discharged"),
        (PATIENT | {"merged_with_patient": link("patients/7002")}, "patient.merged"),
        ({"deleted_at": "2026-03-03T09:00:00Z", **link("patients/7001")}, "patient.erased"),
    ],
)
def test_patients_alone_are_told_too(clinic: Clinic, patient: dict[str, Any], kind: str) -> None:
    assert kinds(read(clinic, {"patients": [patient]})) == [kind]


def test_a_broken_line_loses_only_itself(clinic: Clinic) -> None:
    outcomes = read(clinic, PATIENT, '{"id": ', "", "[1]", {"something": "else"}, VISIT)
    assert [one.index for one in outcomes] == [0, 1, 2, 3, 4]
    assert [isinstance(one, Parsed) for one in outcomes] == [True, False, False, False, True]


def test_what_is_rejected_is_not_repeated(clinic: Clinic) -> None:
    outcomes = read(clinic, ["Morag Bain", 5, None, {"name": "Morag Bain"}])
    assert len(outcomes) == 4
    assert "Morag" not in str(outcomes)


def test_an_empty_file_holds_nothing(clinic: Clinic) -> None:
    assert read(clinic, "") == read(clinic, {"patients": []}) == []


def test_a_file_that_is_too_large_is_not_read(clinic: Clinic) -> None:
    (rejected,) = reader_of("cliniko")(b" " * (MOST_BYTES + 1), clinic, "cliniko")
    assert isinstance(rejected, Rejected)


def test_a_line_separator_within_a_name_ends_no_line(clinic: Clinic) -> None:
    odd = PATIENT | {"first_name": "Mo\u2028rag"}
    lines = "\n".join(json.dumps(one, ensure_ascii=False) for one in (odd, VISIT))
    assert kinds(read(clinic, lines)) == ["patient.updated", "appointment.booked"]
