"""What one event must say, and what becomes of what it says."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pytest

from drip.bookings.generic import event_from
from drip.core.clinic import Clinic
from drip.core.event import replay
from drip.core.model import EventKind
from tests.bookings.conftest import Read, ReadOne, RejectOne, an_event


def test_an_ordinary_booking_is_read(parsed: ReadOne) -> None:
    one = parsed(an_event())
    assert (one.patient_ref, one.source, one.problems) == ("p-1", "generic", ())
    assert one.event.kind is EventKind.BOOKED
    assert one.event.occurred_at == datetime(2026, 3, 2, 8, 15, tzinfo=UTC)
    assert one.event.patient == {"ref": "p-1", "first_name": "Morag", "last_name": "Bain"}


def test_the_event_can_be_built_again_from_what_is_stored(parsed: ReadOne) -> None:
    one = parsed(an_event(site="boston", contact={"name": "Iain Bain"}, treatment={"code": "tape", "attributes": {}}))
    stored = json.loads(json.dumps(one.body))
    again = event_from(stored, "inbox-7", 7, False)
    assert (again.key, again.received, again.fresh, again.site) == ("inbox-7", 7, False, "boston")
    assert (again.kind, again.occurred_at) == (one.event.kind, one.event.occurred_at)
    for name in ("patient", "appointment", "treatment", "programme", "contact"):
        assert getattr(again, name) == getattr(one.event, name)


VISIT = {"appointment": {"ref": "a-1"}}
TIMED = {"appointment": {"ref": "a-1", "starts_at": "2026-07-09T14:00:00Z"}}
NEEDED: dict[str, Mapping[str, Any]] = {
    "appointment.booked": TIMED,
    "appointment.rescheduled": TIMED,
    "appointment.cancelled": VISIT,
    "appointment.attended": VISIT,
    "appointment.no_show": VISIT,
    "treatment.performed": {"treatment": {"code": "eswt", "performed_at": "2026-07-09T14:00:00Z"}},
    "programme.started": {"programme": {"code": "loading", "starts_on": "2026-07-09"}},
    "programme.ended": {"programme": {"code": "loading"}},
    "patient.updated": {},
    "patient.discharged": {},
    "patient.deceased": {},
    "patient.merged": {},
    "patient.erased": {},
}


@pytest.mark.parametrize("kind", NEEDED)
def test_each_kind_is_taken_with_what_it_needs(kind: str, parsed: ReadOne) -> None:
    assert parsed(an_event(kind=kind, appointment=...) | dict(NEEDED[kind])).event.kind.value == kind


@pytest.mark.parametrize(
    ("kind", "path"),
    [(kind, f"{name}.{key}") for kind, needs in NEEDED.items() for name in needs for key in needs[name]],
)
def test_each_kind_is_refused_without_what_it_needs(kind: str, path: str, rejected: RejectOne) -> None:
    told = an_event(kind=kind, appointment=...) | json.loads(json.dumps(NEEDED[kind]))
    name, key = path.split(".")
    del told[name][key]
    assert rejected(told).path == path


def test_every_kind_that_a_booking_system_may_tell_is_in_the_table_above() -> None:
    assert set(NEEDED) == {kind.value for kind in EventKind if not kind.is_our_own}


ALWAYS = ["event_id", "kind", "occurred_at", "patient__ref"]


@pytest.mark.parametrize("value", [..., None, "", "  "], ids=["absent", "null", "empty", "blank"])
@pytest.mark.parametrize("path", ALWAYS)
def test_what_every_event_must_say_is_asked_for_by_its_path(path: str, value: object, rejected: RejectOne) -> None:
    wrong = rejected(an_event(**{path: value}))
    assert (wrong.path, wrong.message) == (path.replace("__", "."), "is missing; every event must say it.")


REFUSED: dict[str, tuple[dict[str, object], str, str]] = {
    "unknown kind": ({"kind": "appointment.book"}, "kind", "Did you mean `appointment.booked`?"),
    "our own kind": ({"kind": "enrolment.started"}, "kind", "a booking system cannot"),
    "kind not text": ({"kind": 7}, "kind", "must be text"),
    "id not text": ({"event_id": True}, "event_id", "must be text"),
    "id too long": ({"event_id": "x" * 201}, "event_id", "1 to 200"),
    "id with a line break": ({"patient__ref": "p\n1"}, "patient.ref", "cannot be seen"),
    "time without offset": ({"occurred_at": "2026-03-02T08:15:00"}, "occurred_at", "offset"),
    "time without time": ({"occurred_at": "2026-03-02"}, "occurred_at", "offset"),
    "time as a number": ({"occurred_at": 1772439300}, "occurred_at", "offset"),
    "time long ago": ({"occurred_at": "1899-12-31T00:00:00Z"}, "occurred_at", "1900"),
    "time far away": ({"appointment__starts_at": "2201-01-01T00:00:00Z"}, "appointment.starts_at", "2200"),
    "ends before it starts": ({"appointment__ends_at": "2026-07-09T12:59:00Z"}, "appointment.ends_at", "before"),
    "a time far from a day": ({"programme": {"starts_on": "1850-01-01"}}, "programme.starts_on", "1900"),
    "no such day": ({"patient__date_of_birth": "1981-02-29"}, "patient.date_of_birth", "real date"),
    "a day the British way": ({"patient__date_of_birth": "01/02/1981"}, "patient.date_of_birth", "year-month-day"),
    "born after the event": ({"patient__date_of_birth": "2026-03-03"}, "patient.date_of_birth", "after the event"),
    "unknown site": ({"site": "lieth"}, "site", "boston, leith"),
    "patient not an object": ({"patient": ["p-1"]}, "patient", "must be an object"),
    "unknown name": ({"patient__fristname": "M"}, "patient.fristname", "Did you mean `first_name`?"),
    "name of another object": ({"phone": "1"}, "phone", "Did you mean `patient.phone`?"),
    "extra fact": ({"patient__shoe": 42}, "patient.shoe", "goes into `patient.attributes`"),
    "name not text": ({"patient__first_name": 7}, "patient.first_name", "must be text"),
    "conditions not a list": ({"patient__conditions": "heel"}, "patient.conditions", "must be a list"),
    "too many conditions": ({"patient__conditions": ["x"] * 51}, "patient.conditions", "more than 50"),
    "unknown purpose": ({"patient__consent": {"cares": {}}}, "patient.consent.cares", "Did you mean `care`?"),
    "unknown channel": ({"patient__consent": {"care": {"fax": True}}}, "patient.consent.care.fax", "email, sms"),
    "answer not yes or no": ({"patient__consent": {"care": {"sms": 1}}}, "patient.consent.care.sms", "true or false"),
    "attribute's name": ({"patient__attributes": {"a b": 1}}, "patient.attributes.a b", "letters"),
    "attribute in depth": ({"patient__attributes": {"a": {}}}, "patient.attributes.a", "must be text, a number"),
    "attribute we work out": ({"patient__attributes": {"age": 9}}, "patient.attributes.age", "itself"),
    "attribute of a visit we work out": (
        {"appointment__attributes": {"booked_at": "x"}},
        "appointment.attributes.booked_at",
        "itself",
    ),
    "attribute too large": ({"patient__attributes": {"a": 10**17}}, "patient.attributes.a", "too large"),
    "attribute with too many": ({"patient__attributes": {"a": [1] * 51}}, "patient.attributes.a", "more than 50"),
    "too many attributes": (
        {"patient__attributes": {f"a{n}": n for n in range(51)}},
        "patient.attributes",
        "more than 50",
    ),
}


@pytest.mark.parametrize(("changes", "path", "says"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_true_is_refused_with_its_place_and_a_remedy(
    changes: dict[str, object], path: str, says: str, rejected: RejectOne
) -> None:
    wrong = rejected(an_event(**changes))
    assert wrong.path == path
    assert says in wrong.message


def test_every_fault_of_an_event_is_reported_up_to_ten(read: Read) -> None:
    told = an_event(occurred_at="soon", patient__ref=..., appointment__starts_at="later")
    assert {wrong.path for wrong in read(told)} == {"occurred_at", "patient.ref", "appointment.starts_at"}  # type: ignore[union-attr]
    assert len(read(an_event(**{f"x{n}": 1 for n in range(30)}))) == 10


def test_a_rejection_never_repeats_what_was_told_about_a_person(read: Read) -> None:
    told = an_event(
        patient__date_of_birth="Canary", patient__consent={"care": {"sms": "Canary"}}, patient__conditions="Canary"
    )
    assert "Canary" not in repr(read(told))


def test_nothing_personal_shows_in_what_was_read(parsed: ReadOne) -> None:
    assert "Morag" not in repr(parsed(an_event(patient__phone="Morag's")))


def test_record_numbers_become_text(parsed: ReadOne) -> None:
    one = parsed(an_event(event_id=12, patient__ref=34, appointment__ref=56))
    assert (one.event.key, one.patient_ref, one.event.appointment_ref) == ("12", "34", "56")


@pytest.mark.parametrize(
    ("path", "told", "kept"),
    [
        ("appointment.starts_at", "2026-07-09T13:00:00Z", "2026-07-09T14:00:00+01:00"),
        ("appointment.starts_at", "2026-07-09T14:00:00+01:00", "2026-07-09T14:00:00+01:00"),
        ("appointment.ends_at", "2026-10-25T01:30:00Z", "2026-10-25T01:30:00+00:00"),
        ("treatment.performed_at", "2026-07-09T09:00:00-04:00", "2026-07-09T14:00:00+01:00"),
        ("programme.starts_on", "2026-07-13", "2026-07-13"),
        ("programme.starts_on", "2026-07-13T07:00:00Z", "2026-07-13T08:00:00+01:00"),
        ("patient.date_of_birth", "1980-02-29", "1980-02-29"),
    ],
)
def test_one_instant_is_always_kept_in_one_way_on_the_sites_clock(
    path: str, told: str, kept: str, parsed: ReadOne
) -> None:
    name, key = path.split(".")
    body: Any = parsed(an_event(**{path.replace(".", "__"): told})).body
    assert body[name][key] == kept


def test_a_null_takes_a_value_away_and_an_absent_or_blank_one_says_nothing(parsed: ReadOne) -> None:
    first = parsed(an_event(patient__phone="0131 496 0123", patient__language="gd"))
    second = parsed(an_event(event_id="e-2", patient__phone=None, patient__first_name="", site=None, contact=None))
    known = replay([first.event, second.event])[-1].patient
    assert known.facts == {
        "ref": "p-1", "first_name": "Morag", "last_name": "Bain", "language": "gd",
        "phone": None, "phone_problem": None,
    }  # fmt: skip
    assert (second.event.site, second.event.contact) == (None, {})


def test_attributes_join_their_object_and_its_own_fields_win(parsed: ReadOne) -> None:
    told = an_event(
        patient__attributes={"first_name": "Other", "subtype": "insertional", "sports": ["golf", "judo"], "note": None},
        appointment__attributes={"room": 3},
        treatment={"code": "tape", "attributes": {"session": 2}},
        programme={"code": "loading", "attributes": {"side": "left"}},
    )
    event = parsed(told).event
    assert event.patient == {
        "ref": "p-1", "first_name": "Morag", "last_name": "Bain", "subtype": "insertional", "sports": ["golf", "judo"],
        "note": None,
    }  # fmt: skip
    assert (event.appointment["room"], event.treatment["session"], event.programme["side"]) == (3, 2, "left")


def test_an_attribute_in_place_of_a_field_is_read_as_that_field(parsed: ReadOne, rejected: RejectOne) -> None:
    one = parsed(an_event(patient__attributes={"phone": "0131 496 0123"}))
    assert one.event.patient["phone"] == "+441314960123"
    assert rejected(an_event(patient__attributes={"date_of_birth": "?"})).path == "patient.date_of_birth"


@pytest.mark.parametrize(
    ("told", "kept"),
    [("New Patient", "initial"), ("new patient", "initial"), ("FOLLOW UP", "review"), ("massage", "massage")],
)
def test_the_booking_systems_names_of_visits_become_ours(told: str, kept: str, parsed: ReadOne) -> None:
    assert parsed(an_event(appointment__type=told)).event.appointment["type"] == kept


@pytest.mark.parametrize(("told", "kept"), [("Shockwave", "eswt"), ("SHOCKWAVE", "eswt"), ("tape", "tape")])
def test_the_booking_systems_names_of_treatments_become_ours(told: str, kept: str, parsed: ReadOne) -> None:
    assert parsed(an_event(treatment={"code": told})).event.treatment["code"] == kept


def test_consent_is_kept_as_given(parsed: ReadOne) -> None:
    consent = {"care": {"email": True, "sms": False}, "feedback": {"sms": None}, "marketing": None}
    assert parsed(an_event(patient__consent=consent)).event.patient["consent"] == consent


def test_conditions_are_stripped_and_blank_ones_left_out(parsed: ReadOne) -> None:
    assert parsed(an_event(patient__conditions=[" Heel pain", "", " "])).event.patient["conditions"] == ["Heel pain"]


def test_a_clinics_names_are_those_of_the_first_site_when_none_is_said(parsed: ReadOne, clinic: Clinic) -> None:
    assert parsed(an_event()).event.site is None
    assert clinic.site(None).id == "leith"
