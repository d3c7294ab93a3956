"""FHIR resources become events: which status is which, when it happened, and what it is called."""

from dataclasses import replace
from typing import Any

import pytest

from drip.bookings import fhir_resources
from drip.bookings.parsed import Parsed
from drip.core.clinic import Clinic
from drip.core.model import EventKind
from tests.bookings.fhir_told import (
    Resource,
    a_bundle,
    a_patient,
    a_procedure,
    an_appointment,
    an_encounter,
    as_read,
    event,
    events,
    read,
    rejected,
    said,
)


def test_a_booked_appointment_says_who_when_where_and_what(clinic: Clinic) -> None:
    one = event(an_appointment(), clinic)
    assert one.body == {
        "event_id": one.event.key,
        "kind": "appointment.booked",
        "occurred_at": "2026-06-01T09:00:00.250000+01:00",
        "site": "leith",
        "patient": {"ref": "1"},
        "appointment": {
            "ref": "a-7",
            "type": "initial",
            "starts_at": "2026-07-09T14:00:00+01:00",
            "ends_at": "2026-07-09T14:45:00+01:00",
            "practitioner": "77",
        },
    }
    assert (one.source, one.patient_ref) == ("fhir", "1")
    assert b"First visit" in one.raw


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        ("booked", EventKind.BOOKED),
        ("arrived", EventKind.BOOKED),
        ("checked-in", EventKind.BOOKED),
        ("fulfilled", EventKind.ATTENDED),
        ("noshow", EventKind.NO_SHOW),
        ("cancelled", EventKind.CANCELLED),
        ("entered-in-error", EventKind.CANCELLED),
        ("proposed", None),
        ("pending", None),
        ("waitlist", None),
        ("a-word-of-tomorrow", None),
    ],
)
def test_the_status_of_an_appointment(status: str, kind: EventKind | None, clinic: Clinic) -> None:
    assert [one.event.kind for one in events(an_appointment(status=status), clinic)] == ([kind] if kind else [])


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        ("finished", EventKind.ATTENDED),
        ("cancelled", EventKind.CANCELLED),
        ("entered-in-error", EventKind.CANCELLED),
        ("planned", None),
        ("arrived", None),
        ("in-progress", None),
    ],
)
def test_the_status_of_an_encounter(status: str, kind: EventKind | None, clinic: Clinic) -> None:
    assert [one.event.kind for one in events(an_encounter(status=status), clinic)] == ([kind] if kind else [])


def test_an_encounter_tells_how_its_appointment_ended_and_moves_it_nowhere(clinic: Clinic) -> None:
    assert event(an_encounter(), clinic).event.appointment == {"ref": "a-7"}


def test_an_encounter_without_an_appointment_is_a_visit_of_its_own(clinic: Clinic) -> None:
    told = an_encounter(
        appointment=...,
        type=[{"text": "Follow Up"}],
        location=[{"location": {"reference": "Location/9", "display": "Boston rooms"}}],
        participant=[{"individual": {"reference": "Practitioner/77"}}],
    )
    one = event(told, clinic)
    assert one.event.appointment == {
        "ref": "Encounter/e-1",
        "type": "review",
        "starts_at": "2026-07-09T09:02:00-04:00",
        "ends_at": "2026-07-09T09:40:00-04:00",
        "practitioner": "77",
    }
    assert one.event.site == "boston"


def test_an_encounter_of_several_appointments_tells_of_each(clinic: Clinic) -> None:
    told = an_encounter(appointment=[{"reference": "Appointment/a-7"}, {"reference": "Appointment/a-8"}])
    found = events(told, clinic)
    assert [one.event.appointment_ref for one in found] == ["a-7", "a-8"]
    assert len({one.event.key for one in found}) == 2


def test_an_appointment_of_several_patients_is_an_event_for_each(clinic: Clinic) -> None:
    people = [{"actor": {"reference": f"Patient/{number}"}, "status": "accepted"} for number in (1, 2)]
    found = events(an_appointment(participant=people), clinic)
    assert said(found) == [("appointment.booked", "1"), ("appointment.booked", "2")]
    assert len({one.event.key for one in found}) == 2


def test_who_declined_has_no_appointment(clinic: Clinic) -> None:
    told = an_appointment(participant=[{"actor": {"reference": "Patient/1"}, "status": "declined"}])
    assert event(told, clinic).event.kind is EventKind.CANCELLED


@pytest.mark.parametrize(
    "told",
    [
        an_appointment(participant=[{"actor": {"reference": "Practitioner/77"}, "status": "accepted"}]),
        an_encounter(subject={"reference": "Group/1"}),
        a_procedure(subject={"reference": "Group/1"}),
        a_procedure(subject={"display": "Somebody"}),
    ],
    ids=["meeting", "encounter of a group", "procedure on a group", "only displayed"],
)
def test_what_is_about_no_patient_concerns_nobody(told: Resource, clinic: Clinic) -> None:
    assert read(told, clinic) == []


# Procedures


def test_a_procedure_is_a_treatment(clinic: Clinic) -> None:
    one = event(a_procedure(), clinic)
    assert one.event.kind is EventKind.TREATMENT_PERFORMED
    assert one.event.treatment == {"code": "eswt", "performed_at": "2026-07-09T14:30:00+01:00"}
    assert one.event.appointment == {}  # the encounter that would say of which visit is not here


@pytest.mark.parametrize(
    "status", ["preparation", "in-progress", "not-done", "on-hold", "stopped", "entered-in-error", "unknown"]
)
def test_what_was_not_completed_was_not_performed(status: str, clinic: Clinic) -> None:
    assert read(a_procedure(status=status), clinic) == []


@pytest.mark.parametrize(
    ("known", "code"),
    [
        ({"444783004": "by code"}, "by code"),
        ({"SHOCKWAVE": "by display"}, "by display"),
        ({"shockwave TO the heel": "by text"}, "by text"),
        ({"Shockwave to the heel": "by text", "444783004": "by code"}, "by code"),
        ({}, "Shockwave to the heel"),
    ],
    ids=["code", "display", "text", "code first", "none"],
)
def test_a_treatment_is_called_what_the_clinic_calls_it(known: dict[str, str], code: str, clinic: Clinic) -> None:
    assert event(a_procedure(), replace(clinic, treatments=known)).event.treatment["code"] == code


def test_without_a_text_a_treatment_is_called_by_its_display(clinic: Clinic) -> None:
    told = a_procedure(code={"coding": [{"code": "1", "display": "Cupping"}]})
    assert event(told, clinic).event.treatment["code"] == "Cupping"
    assert event(a_procedure(code={"coding": [{"code": "1"}]}), clinic).event.treatment["code"] == "1"


@pytest.mark.parametrize(
    ("when", "at"),
    [
        ({"performedPeriod": {"start": "2026-07-09T13:00:00Z", "end": "2026-07-09T13:30:00Z"}}, "14:30"),
        ({"performedPeriod": {"start": "2026-07-09T13:00:00Z"}}, "14:00"),
        ({"performedDateTime": "2026-07-09"}, "12:00"),
    ],
    ids=["period", "period without an end", "day"],
)
def test_when_a_treatment_was_performed(when: Resource, at: str, clinic: Clinic) -> None:
    one = event(a_procedure(performedDateTime=...) | when, clinic)
    assert one.event.treatment["performed_at"] == f"2026-07-09T{at}:00+01:00"


def test_a_day_is_its_noon_where_the_treatment_was(clinic: Clinic) -> None:
    told = a_procedure(performedDateTime="2026-07-09", location={"display": "boston ROOMS"})
    assert event(told, clinic).event.treatment["performed_at"] == "2026-07-09T12:00:00-04:00"


@pytest.mark.parametrize("when", ["2026-07", "2026"])
def test_a_month_is_not_a_time(when: str, clinic: Clinic) -> None:
    (one,) = rejected(a_procedure(performedDateTime=when), clinic)
    assert one.path == "performed"
    assert "must be a time" in one.message


@pytest.mark.parametrize(
    ("where", "side"),
    [
        ({"bodySite": [{"coding": [{"code": "7771000", "display": "Left"}]}]}, "left"),
        ({"bodySite": [{"text": "RIGHT heel"}]}, "right"),
        ({"bodySite": [{"text": "left heel"}, {"text": "right heel"}]}, None),
        ({"bodySite": [{"text": "both heels, left first"}]}, None),
        ({"bodySite": [{"text": "heel"}], "code": {"text": "Shockwave, left"}}, "left"),
        ({"code": {"text": "Bilateral shockwave, left first"}}, None),
        ({"bodySite": [{"text": "cleft"}]}, None),
    ],
    ids=["code", "text", "two", "both", "name", "bilateral", "part of a word"],
)
def test_the_side_of_a_treatment_where_it_is_evident(where: Resource, side: str | None, clinic: Clinic) -> None:
    assert event(a_procedure() | where, clinic).event.treatment.get("side") == side


def test_a_treatment_belongs_to_the_appointment_of_its_encounter(clinic: Clinic) -> None:
    _, one = events(a_bundle(an_encounter(), a_procedure()), clinic)
    assert one.event.appointment == {"ref": "a-7"}
    assert one.event.origin == "appointment:a-7"


def test_a_treatment_belongs_to_an_encounter_without_an_appointment(clinic: Clinic) -> None:
    visit, one = events(a_bundle(an_encounter(appointment=...), a_procedure()), clinic)
    assert one.event.appointment_ref == visit.event.appointment_ref == "Encounter/e-1"


# Names


@pytest.mark.parametrize(
    ("types", "expected"),
    [
        ({"serviceType": [{"coding": [{"code": "follow UP"}]}]}, "review"),
        ({"serviceType": [{"text": "Chat"}], "appointmentType": {"coding": [{"display": "New patient"}]}}, "initial"),
        ({"serviceType": [{"coding": [{"code": "9", "display": "Chat"}]}]}, "Chat"),
        ({"serviceType": ..., "appointmentType": {"coding": [{"code": "FOLLOWUP"}]}}, "FOLLOWUP"),
        ({"serviceType": ...}, None),
    ],
    ids=["code", "another type that is known", "display", "code only", "none"],
)
def test_the_type_of_an_appointment(types: Resource, expected: str | None, clinic: Clinic) -> None:
    assert event(an_appointment(**types), clinic).event.appointment.get("type") == expected


@pytest.mark.parametrize(
    ("actor", "site"),
    [
        ({"reference": "Location/L1"}, "leith"),
        ({"reference": "https://fhir.example.org/r4/Location/L1"}, "leith"),
        ({"reference": "Location/5", "display": "BOSTON rooms"}, "boston"),
        ({"display": "Boston rooms"}, "boston"),
        ({"reference": "HealthcareService/L1"}, "leith"),
        ({"reference": "Practitioner/L1"}, None),
        ({"reference": "Location/elsewhere"}, None),
    ],
    ids=["id", "whole reference", "display", "only displayed", "service", "person", "unknown"],
)
def test_the_site_of_an_appointment(actor: Resource, site: str | None, clinic: Clinic) -> None:
    people = [{"actor": {"reference": "Patient/1"}, "status": "accepted"}, {"actor": actor, "status": "accepted"}]
    assert event(an_appointment(participant=people), clinic).event.site == site


def test_a_room_says_more_of_where_than_the_organization_it_belongs_to(clinic: Clinic) -> None:
    people = [{"actor": {"reference": "Patient/1"}, "status": "accepted"}]
    people += [{"actor": {"reference": "HealthcareService/5", "display": "Boston rooms"}, "status": "accepted"}]
    people += [{"actor": {"reference": "Location/L1"}, "status": "accepted"}]
    assert event(an_appointment(participant=people), clinic).event.site == "leith"


def test_a_site_goes_by_the_name_of_a_location_that_is_sent_along(clinic: Clinic) -> None:
    people = [{"actor": {"reference": who}, "status": "accepted"} for who in ("Patient/1", "Location/5")]
    place = {"resourceType": "Location", "id": "5", "name": "Boston rooms"}
    assert event(a_bundle(an_appointment(participant=people), place), clinic).event.site == "boston"


# When, and once


def test_without_a_version_it_happened_when_the_notification_was_made(clinic: Clinic) -> None:
    told = a_bundle(an_appointment(meta=...), kind="history", timestamp="2026-06-02T08:00:00Z")
    assert event(told, clinic).body["occurred_at"] == "2026-06-02T09:00:00+01:00"


def test_a_notification_that_does_not_say_when_it_was_made_says_nothing_of_when(clinic: Clinic) -> None:
    told = a_bundle(
        an_appointment(meta=..., created="2026-06-01"), kind="history", timestamp="the day before yesterday"
    )
    assert event(told, clinic).body["occurred_at"] == "2026-06-01T12:00:00+01:00"


@pytest.mark.parametrize(
    ("told", "at"),
    [
        (an_appointment(meta=..., created="2026-06-01T07:00:00Z"), "2026-06-01T08:00:00+01:00"),
        (an_appointment(meta=..., created="2026-06-01"), "2026-06-01T12:00:00+01:00"),
        (an_appointment(meta=..., start="2020-06-01T07:00:00Z", end=...), "2020-06-01T08:00:00+01:00"),
        (an_encounter(meta=..., period={"end": "2020-07-09T13:40:00Z"}), "2020-07-09T14:40:00+01:00"),
        (a_procedure(meta=..., performedDateTime="2020-07-09T13:40:00Z"), "2020-07-09T14:40:00+01:00"),
    ],
    ids=["created", "created on a day", "start that is past", "end of the encounter", "performed"],
)
def test_without_any_of_these_it_happened_by_its_own_times(told: Resource, at: str, clinic: Clinic) -> None:
    assert event(told, clinic).body["occurred_at"] == at


def test_a_change_in_a_year_that_cannot_be_meant_is_not_a_time(clinic: Clinic) -> None:
    odd = {"versionId": "1", "lastUpdated": "0001-01-01T00:00:00+14:00"}
    one = event(an_appointment(meta=odd, created="2026-06-01"), clinic)
    assert one.body["occurred_at"] == "2026-06-01T12:00:00+01:00"


def test_what_says_nothing_of_when_has_one_name_whenever_it_is_read(clinic: Clinic) -> None:
    told = an_appointment(meta=..., start="2090-07-09T14:00:00Z", end=...)
    first, second = event(told, clinic), event(told, clinic)
    assert first.event.key == second.event.key
    assert first.event.occurred_at < second.event.occurred_at


CHANGES: dict[str, dict[str, Any]] = {
    "version": {"meta": {"versionId": "4", "lastUpdated": "2026-06-01T09:00:00.250+01:00"}},
    "time of the change": {"meta": {"versionId": "3", "lastUpdated": "2026-06-01T09:00:01Z"}},
    "status": {"status": "cancelled"},
    "start": {"start": "2026-07-09T14:15:00+01:00"},
    "record": {"id": "a-8"},
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_another_state_is_another_event(change: dict[str, Any], clinic: Clinic) -> None:
    assert event(an_appointment(**change), clinic).event.key != event(an_appointment(), clinic).event.key


def test_the_same_state_is_the_same_event_however_it_is_told(clinic: Clinic) -> None:
    alone = event(an_appointment(), clinic)
    same_instant = {"lastUpdated": "2026-06-01T08:00:00.250Z", "versionId": "3", "source": "#x"}
    beside, _ = events(a_bundle(an_appointment(meta=same_instant, comment="Bring shoes"), a_patient()), clinic)
    assert alone.event.key == beside.event.key


def test_a_name_that_would_be_too_long_is_shortened(clinic: Clinic) -> None:
    version = {"meta": {"versionId": "v" * 64, "lastUpdated": "2026-06-01T09:00:00Z"}}
    told = a_procedure(id="i" * 64, **version)
    assert len(event(told, clinic).event.key) <= 200
    long = a_procedure(id="i" * 200, **version)
    other = a_procedure(id="i" * 200, status="completed", **version, bodySite=[{"text": "left"}])
    keys = {event(one, clinic).event.key for one in (long, other)}
    assert len(keys) == 2
    assert all(len(key) <= 200 for key in keys)


# What cannot be read


NO_TEXT = "has a character that is no text (a NUL, or bytes that are not UTF-8)."
WRONG: dict[str, tuple[Resource, list[tuple[str, str]]]] = {
    "no status": (an_appointment(status=...), [("status", "is missing; FHIR R4 requires it.")]),
    "no participants": (an_appointment(participant=...), [("participant", "is missing; FHIR R4 requires it.")]),
    "status of the wrong kind": (an_appointment(status=["booked"]), [("status", "must be text.")]),
    "deep inside": (
        an_appointment(participant=[{"actor": {"reference": 5}, "status": "accepted"}]),
        [("participant.0.actor.reference", "must be text.")],
    ),
    "number for a time": (an_appointment(start=1783602000), [("start", "is missing; appointment.booked must say it.")]),
    "booked without a time": (
        an_appointment(start=..., end=...),
        [("start", "is missing; appointment.booked must say it.")],
    ),
    "ends before it starts": (
        an_appointment(end="2026-07-09T13:00:00+01:00"),
        [("end", "is before appointment.starts_at.")],
    ),
    "no id": (an_appointment(id=...), [("id", "is missing; without it one record cannot be told apart.")]),
    "id with a blank": (an_appointment(id="a 7"), [("id", "is not what FHIR R4 has here.")]),
    "not an object": (an_appointment(meta="3"), [("meta", "must be an object: {...}.")]),
    "a number for an object": (an_appointment(meta=3), [("meta", "must be an object: {...}.")]),
    "people who are none": (an_appointment(participant=["Morag"]), [("participant.0", "must be an object: {...}.")]),
    "too long ago": (
        a_procedure(performedDateTime="0001-01-01T00:00:00+14:00"),
        [("performed", "must be between the years 1900 and 2200.")],
    ),
    "a minute of 61 seconds": (
        an_appointment(start="2026-07-09T14:00:60Z", end=...),
        [("start", "must be a time with an offset, such as 2026-06-01T09:00:00Z or 2026-06-01T10:00:00+01:00.")],
    ),
    "no class": (an_encounter(**{"class": ...}), [("class", "is missing; FHIR R4 requires it.")]),
    "treatment without a name": (a_procedure(code=...), [("code", "is missing; treatment.performed must say it.")]),
    "NUL": (an_appointment(serviceType=[{"text": "a\0b"}]), [("serviceType.0.text", NO_TEXT)]),
    "half a character": (a_patient(name=[{"family": "\ud800"}]), [("name.0.family", NO_TEXT)]),
    "born after it": (a_patient(birthDate="2026-05-02"), [("birthDate", "is after the event itself.")]),
}


@pytest.mark.parametrize(("told", "wrong"), WRONG.values(), ids=WRONG)
def test_what_is_wrong_is_said_with_its_place(told: Resource, wrong: list[tuple[str, str]], clinic: Clinic) -> None:
    told = {name: value for name, value in told.items() if value is not ...}
    assert [(one.path, one.message) for one in rejected(told, clinic)] == wrong


def test_what_is_nested_too_deeply_is_rejected(clinic: Clinic) -> None:
    deep: Any = []
    for _ in range(25):
        deep = [deep]
    (one,) = rejected(an_appointment(participant=deep), clinic)
    assert "nested more than 20 levels" in one.message


def test_what_the_library_stumbles_over_is_rejected(clinic: Clinic, monkeypatch: pytest.MonkeyPatch) -> None:
    class Stumbling:
        @staticmethod
        def model_validate(_: object) -> None:
            raise KeyError("Nonsense")

    monkeypatch.setattr(fhir_resources, "_model", lambda _: Stumbling)
    (one,) = rejected(an_appointment(), clinic)
    assert (one.path, one.message) == ("", "is not what FHIR R4 has here.")


@pytest.mark.parametrize("name", ["modifierExtension", "implicitRules"])
def test_what_changes_the_meaning_of_everything_is_not_read_over(name: str, clinic: Clinic) -> None:
    (one,) = rejected(an_appointment(**{name: [{"url": "https://example.org/not"}]}), clinic)
    assert one.path == name


def test_what_nobody_reads_may_be_wrong(clinic: Clinic) -> None:
    told = an_appointment(
        priority=-1,
        contained=[{"resourceType": "Nonsense"}],
        text=5,
        tomorrow=True,
        participant=[{"actor": {"reference": "Patient/1", "colour": "red"}, "status": "accepted", "mood": 1}],
    )
    assert event(told, clinic).event.appointment_ref == "a-7"


def test_nothing_that_was_told_is_repeated_in_what_is_rejected(clinic: Clinic) -> None:
    told = a_patient(name=[{"family": 5, "given": "Morag", "Morag Bain https://x.example": {}}], birthDate="Morag 1979")
    wrong = rejected(told, clinic)
    assert len(wrong) >= 3
    assert not any("1979" in one.message or "Morag" in one.message or "https" in one.path for one in wrong)


def test_nothing_personal_shows_in_what_was_read(clinic: Clinic) -> None:
    found: list[Parsed] = events(a_bundle(a_patient(), an_appointment()), clinic)
    assert all("Morag" not in repr(one) and "900123" not in repr(one) for one in found)


def test_a_clinic_with_an_odd_mapping_is_read(clinic: Clinic) -> None:
    """A site that clinic.yaml does not have must not keep events out."""
    system = as_read(clinic).bookings["fhir"]
    odd = replace(clinic, bookings={"fhir": replace(system, sites={"L1": "atlantis"})})
    assert event(an_appointment(), odd).event.appointment_ref == "a-7"
