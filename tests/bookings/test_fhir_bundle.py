"""FHIR Bundles, messages and references: who is meant, and what is being told at all."""

import pytest

from drip.bookings.parsed import Parsed
from drip.core.clinic import Clinic
from tests.bookings.fhir_told import (
    Resource,
    a_bundle,
    a_patient,
    a_procedure,
    an_appointment,
    an_encounter,
    event,
    events,
    read,
    rejected,
    said,
)

P, A = "urn:uuid:6f2a1d0e-5b1c-4a3e-9d55-0c7c4e0f1a01", "urn:uuid:6f2a1d0e-5b1c-4a3e-9d55-0c7c4e0f1a02"


def of_patient(reference: Resource, **changes: object) -> Resource:
    return an_appointment(participant=[{"actor": reference, "status": "accepted"}], **changes)


@pytest.mark.parametrize("kind", ["transaction", "batch", "collection", "searchset", "history", "message"])
def test_every_kind_of_bundle_is_read(kind: str, clinic: Clinic) -> None:
    found = events(a_bundle(an_appointment(), a_patient(), kind=kind), clinic)
    assert said(found) == [("appointment.booked", "1"), ("patient.updated", "1")]
    assert found[0].event.patient["first_name"] == "Morag"
    assert [one.index for one in found] == [0, 1]


def a_message(*entries: tuple[str, Resource], focus: str = A) -> Resource:
    """As the booking messages of the NHS (BaRS) are: a header, and everything by its fullUrl."""
    header = {
        "resourceType": "MessageHeader",
        "id": "m-1",
        "eventCoding": {"system": "https://fhir.nhs.uk/CodeSystem/message-events-bars", "code": "booking-request"},
        "source": {"endpoint": "https://sender.example.org"},
        "focus": [{"reference": focus}],
    }
    told = [{"fullUrl": "urn:uuid:header", "resource": header}]
    told += [{"fullUrl": url, "resource": resource} for url, resource in entries]
    return {"resourceType": "Bundle", "type": "message", "timestamp": "2026-06-03T08:00:00Z", "entry": told}


def test_a_booking_request_is_a_booking(clinic: Clinic) -> None:
    told = a_message((A, of_patient({"reference": P}, meta=...)), (P, a_patient(id="p-uuid", meta=...)))
    visit, patient = events(told, clinic)
    assert said([visit, patient]) == [("appointment.booked", "p-uuid"), ("patient.updated", "p-uuid")]
    assert visit.event.patient["first_name"] == "Morag"
    assert visit.body["occurred_at"] == patient.body["occurred_at"] == "2026-06-03T09:00:00+01:00"


def test_what_a_message_only_sends_along_is_not_told(clinic: Clinic) -> None:
    told = a_message(
        (A, of_patient({"reference": P})),
        (P, a_patient()),
        ("urn:uuid:e", an_encounter()),
        ("urn:uuid:t", a_procedure()),
    )
    assert said(events(told, clinic)) == [("appointment.booked", "1"), ("patient.updated", "1")]


def test_a_message_without_a_focus_that_is_there_is_about_everything_in_it(clinic: Clinic) -> None:
    told = a_message((A, an_appointment()), ("urn:uuid:e", an_encounter()), focus="urn:uuid:elsewhere")
    assert [kind for kind, _ in said(events(told, clinic))] == ["appointment.booked", "appointment.attended"]


def test_a_cancellation_by_message_is_of_the_same_appointment(clinic: Clinic) -> None:
    booked = event(a_message((A, an_appointment(meta=...))), clinic)
    cancelled = event(a_message((A, an_appointment(status="cancelled", meta=...))), clinic)
    assert booked.event.origin == cancelled.event.origin
    assert booked.event.key != cancelled.event.key


REFERENCES: dict[str, tuple[Resource, str]] = {
    "relative": ({"reference": "Patient/1"}, "1"),
    "a version of it": ({"reference": "Patient/1/_history/3"}, "1"),
    "whole": ({"reference": "https://fhir.example.org/r4/Patient/1"}, "1"),
    "uuid of an id": ({"reference": "urn:uuid:1"}, "1"),
    "not here": ({"reference": "Patient/9"}, "9"),
}


@pytest.mark.parametrize(("reference", "ref"), REFERENCES.values(), ids=REFERENCES)
def test_whom_a_reference_means(reference: Resource, ref: str, clinic: Clinic) -> None:
    visit, _ = events(a_bundle(of_patient(reference), a_patient()), clinic)
    assert visit.patient_ref == ref
    assert ("first_name" in visit.event.patient) is (ref == "1")


NUMBER = {"system": "https://fhir.example.org/Id/number", "value": "9990000001"}


def test_who_is_only_identified_has_one_name_that_does_not_show_the_number(clinic: Clinic) -> None:
    by_number = event(of_patient({"type": "Patient", "identifier": NUMBER}), clinic)
    without_id = a_patient(id=..., identifier=[NUMBER])
    in_bundle, patient = events({**a_bundle(), "entry": [
        {"resource": of_patient({"reference": P})}, {"fullUrl": P, "resource": without_id},
    ]}, clinic)  # fmt: skip
    assert by_number.patient_ref == in_bundle.patient_ref == patient.patient_ref
    assert "9990000001" not in by_number.patient_ref
    other = event(of_patient({"type": "Patient", "identifier": NUMBER | {"value": "9990000002"}}), clinic)
    assert other.patient_ref != by_number.patient_ref


def test_without_an_id_or_number_a_record_goes_by_its_full_url(clinic: Clinic) -> None:
    entry = {"fullUrl": P, "resource": a_patient(id=...)}
    assert event({**a_bundle(), "entry": [entry]}, clinic).patient_ref == P.removeprefix("urn:uuid:")


def test_a_patient_who_is_contained_is_read_but_never_said_to_have_lost_a_number(clinic: Clinic) -> None:
    inside = a_patient(id="p", meta=..., telecom=[{"system": "email", "value": "morag@example.org"}])
    one = event(of_patient({"reference": "#p"}, contained=[inside]), clinic)
    assert one.patient_ref == "Appointment/a-7#p"
    assert one.event.patient["email"] == "morag@example.org"
    assert "phone" not in one.event.patient
    numbered = event(of_patient({"reference": "#p"}, contained=[inside | {"identifier": [NUMBER]}]), clinic)
    assert numbered.patient_ref == event(of_patient({"type": "Patient", "identifier": NUMBER}), clinic).patient_ref


def test_who_is_said_to_be_contained_and_is_not_is_nobody(clinic: Clinic) -> None:
    assert read(of_patient({"reference": "#p"}, contained=[{"resourceType": "Patient", "id": "q"}]), clinic) == []


def test_two_who_are_contained_under_one_name_are_two(clinic: Clinic) -> None:
    told = [
        of_patient({"reference": "#p"}, id=f"a-{number}", contained=[a_patient(id="p", name=[{"given": [name]}])])
        for number, name in enumerate(["Ailsa", "Mairi"])
    ]
    found = events(a_bundle(*told), clinic)
    assert [one.event.patient["first_name"] for one in found] == ["Ailsa", "Mairi"]
    assert len({one.patient_ref for one in found}) == 2


def test_what_is_deleted_says_nothing(clinic: Clinic) -> None:
    gone = {"request": {"method": "DELETE", "url": "Appointment/a-7"}, "resource": an_appointment()}
    assert read({**a_bundle(kind="history"), "entry": [gone]}, clinic) == []


def test_what_cannot_be_read_loses_none_of_the_others(clinic: Clinic) -> None:
    told = a_bundle(an_appointment(status=...), an_appointment(id="a-8"), a_patient(birthDate="soon"), a_patient())
    told["entry"] += [
        None,
        5,
        {"resource": []},
        {"resource": {"id": "x"}},
        {},
        {"fullUrl": 5, "search": 5, "request": 5},
    ]
    outcomes = read(told, clinic)
    assert said(outcomes) == [
        ("entry.0.resource.status",),
        ("appointment.booked", "1"),
        ("entry.2.resource.birthDate",),
        ("patient.updated", "1"),
        ("entry.5.resource",),
        ("entry.6.resource",),
        ("entry.7.resource",),
    ]
    assert [one.index for one in outcomes] == [0, 1, 2, 3, 5, 6, 7]


@pytest.mark.parametrize("told", [{"entry": None}, {"entry": "x"}, {"entry": {}}, {"entry": [{}]}, {}])
def test_an_empty_bundle_says_nothing(told: Resource, clinic: Clinic) -> None:
    assert read({"resourceType": "Bundle", "type": "collection", **told}, clinic) == []


@pytest.mark.parametrize("kind", ["Observation", "Slot", "Parameters", "OperationOutcome", "Nonsense"])
def test_what_drip_does_not_read_is_let_be(kind: str, clinic: Clinic) -> None:
    assert read(a_bundle({"resourceType": kind, "id": "1"}, an_appointment()), clinic)[0].index == 1
    assert read({"resourceType": kind}, clinic) == []


@pytest.mark.parametrize("told", [5, None, "x", {}, {"resourceType": 5}, {"resourceType": ""}])
def test_what_is_no_resource_is_said_to_be_none(told: object, clinic: Clinic) -> None:
    (one,) = rejected(told, clinic)
    assert "not a FHIR resource" in one.message


def test_all_versions_of_a_record_are_told(clinic: Clinic) -> None:
    versions = [
        an_appointment(meta={"versionId": "2", "lastUpdated": "2026-06-02T09:00:00Z"}, status="cancelled"),
        an_appointment(meta={"versionId": "1", "lastUpdated": "2026-06-01T09:00:00Z"}),
    ]
    found: list[Parsed] = events(a_bundle(*versions, kind="history"), clinic)
    assert [kind for kind, _ in said(found)] == ["appointment.cancelled", "appointment.booked"]
