"""A FHIR Patient: which name, number and address are used, and what ends everything."""

from typing import Any

import pytest

from drip.bookings.parsed import Parsed
from drip.core.clinic import Clinic
from drip.core.model import EventKind, Facts
from tests.bookings.fhir_told import Resource, a_bundle, a_patient, an_appointment, event, events


def facts(clinic: Clinic, **changes: Any) -> Facts:
    """What is known of the patient, without what could not be used."""
    known = event(a_patient(**changes), clinic).event.patient
    return {name: value for name, value in known.items() if name not in ("ref", "phone_problem", "email_problem")}


def test_a_patient_is_known_by_name_number_address_and_birth(clinic: Clinic) -> None:
    one = event(a_patient(), clinic)
    assert one.event.kind is EventKind.PATIENT_UPDATED
    assert one.body["occurred_at"] == "2026-05-01T11:00:00+01:00"
    assert one.patient_ref == "1"
    assert facts(clinic) == {
        "first_name": "Morag",
        "last_name": "Bain",
        "phone": "+447700900123",
        "email": "morag@example.org",
        "date_of_birth": "1979-03-02",
    }


NAMES: dict[str, tuple[list[Resource], tuple[str | None, str | None]]] = {
    "usual first": (
        [{"use": "official", "family": "Bain", "given": ["Morag"]}, {"use": "usual", "given": ["Mo"]}],
        ("Mo", "Bain"),
    ),
    "no use": ([{"family": "Bain", "given": ["Morag"]}], ("Morag", "Bain")),
    "maiden and old never": (
        [{"use": "maiden", "family": "Orr", "given": ["Morag"]}, {"use": "old", "family": "Ure", "given": ["May"]}],
        (None, None),
    ),
    "one that ended": (
        [
            {"use": "usual", "given": ["May"], "period": {"end": "2020"}},
            {"use": "official", "family": "Bain", "given": ["Morag"]},
        ],
        ("Morag", "Bain"),
    ),
    "one that ends later": ([{"given": ["May"], "period": {"end": "2026-05-02"}}], ("May", None)),
    "given is absent": (
        [{"use": "official", "given": [None], "_given": [{"extension": [{"url": "x", "valueCode": "masked"}]}]}],
        (None, None),
    ),
    "only in one text": ([{"text": "Morag Bain"}], (None, None)),
    "none": ([], (None, None)),
}


@pytest.mark.parametrize(("names", "expected"), NAMES.values(), ids=NAMES)
def test_which_name_is_used(names: list[Resource], expected: tuple[str | None, str | None], clinic: Clinic) -> None:
    known = facts(clinic, name=names)
    assert (known.get("first_name"), known.get("last_name")) == expected


def phone(value: str, **more: Any) -> Resource:
    return {"system": "phone", "value": value, **more}


A, B, C = "07700 900201", "07700 900202", "07700 900203"
NUMBERS: dict[str, tuple[list[Resource], str | None]] = {
    "mobile before home": ([phone(A, use="home", rank=1), phone(B, use="mobile", rank=2)], "+447700900202"),
    "the better mobile": ([phone(A, use="mobile", rank=2), phone(B, use="mobile", rank=1)], "+447700900202"),
    "the first of equals": ([phone(A, use="home"), phone(B, use="home")], "+447700900201"),
    "for texts": ([phone(A, use="home"), {"system": "sms", "value": B}], "+447700900202"),
    "a rank before none": ([phone(A), phone(B, rank=9)], "+447700900202"),
    "home": ([phone(A, use="home")], "+447700900201"),
    "never at work": ([phone(A, use="work", rank=1)], None),
    "never an old one": ([phone(A, use="old"), phone(B, use="mobile", period={"end": "2026-04-30"})], None),
    "as an address": ([phone("tel:+447700900203")], "+447700900203"),
    "no value": ([{"system": "phone", "use": "mobile"}, phone(C)], "+447700900203"),
    "a fax": ([{"system": "fax", "value": A}], None),
    "none": ([], None),
}


@pytest.mark.parametrize(("telecom", "expected"), NUMBERS.values(), ids=NUMBERS)
def test_which_number_is_used(telecom: list[Resource], expected: str | None, clinic: Clinic) -> None:
    assert facts(clinic, telecom=telecom)["phone"] == expected


@pytest.mark.parametrize(
    ("points", "expected"),
    [
        ([{"value": "mailto:morag@example.com"}], "morag@example.com"),
        ([{"value": "a@example.org"}, {"value": "b@example.org", "rank": 1}], "b@example.org"),
        ([{"value": "a@example.org", "use": "work"}], None),
    ],
    ids=["as an address", "rank", "never at work"],
)
def test_which_email_is_used(points: list[Resource], expected: str | None, clinic: Clinic) -> None:
    telecom = [{"system": "email", **point} for point in points]
    assert facts(clinic, telecom=telecom)["email"] == expected


def test_a_number_that_is_no_longer_there_is_gone(clinic: Clinic) -> None:
    assert facts(clinic, telecom=...)["phone"] is None
    assert facts(clinic, telecom=...)["email"] is None


@pytest.mark.parametrize("how", ["message", "shortened"])
def test_what_an_incomplete_record_leaves_out_may_still_be_so(how: str, clinic: Clinic) -> None:
    shortened = {"lastUpdated": "2026-05-01T10:00:00Z", "tag": [{"code": "SUBSETTED"}]}
    alone = a_patient(telecom=..., **({"meta": shortened} if how == "shortened" else {}))
    one = event(a_bundle(alone, kind="message") if how == "message" else alone, clinic)
    assert "phone" not in one.event.patient
    assert "email" not in one.event.patient


def test_a_number_that_cannot_be_dialled_is_kept_for_staff(clinic: Clinic) -> None:
    one = event(a_patient(telecom=[phone("ask at reception")]), clinic)
    assert [problem.path for problem in one.problems] == ["patient.phone"]


@pytest.mark.parametrize("born", ["1979-03", "1979"])
def test_a_year_of_birth_is_not_an_age(born: str, clinic: Clinic) -> None:
    assert "date_of_birth" not in facts(clinic, birthDate=born)


@pytest.mark.parametrize(
    ("spoken", "expected"),
    [
        ([{"language": {"coding": [{"code": "cy-GB"}]}, "preferred": True}], "cy"),
        (
            [{"language": {"coding": [{"code": "en"}]}}, {"language": {"coding": [{"code": "PL"}]}, "preferred": True}],
            "pl",
        ),
        ([{"language": {"coding": [{"code": "cy"}]}}], None),
        ([{"language": {"text": "Welsh", "coding": [{"code": "welsh"}]}, "preferred": True}], None),
    ],
    ids=["region", "the preferred one", "none is preferred", "a word"],
)
def test_the_language_that_is_preferred(spoken: list[Resource], expected: str | None, clinic: Clinic) -> None:
    assert facts(clinic, communication=spoken).get("language") == expected


KINDS: dict[str, tuple[Resource, EventKind]] = {
    "deceased": ({"deceasedBoolean": True}, EventKind.DECEASED),
    "deceased on a day": ({"deceasedDateTime": "2026-04"}, EventKind.DECEASED),
    "alive": ({"deceasedBoolean": False}, EventKind.PATIENT_UPDATED),
    "replaced": ({"link": [{"other": {"reference": "Patient/2"}, "type": "replaced-by"}]}, EventKind.MERGED),
    "in place of another": (
        {"link": [{"other": {"reference": "Patient/0"}, "type": "replaces"}]},
        EventKind.PATIENT_UPDATED,
    ),
    "not in use": ({"active": False}, EventKind.PATIENT_UPDATED),
    "deceased and replaced": (
        {"deceasedBoolean": True, "link": [{"other": {"reference": "Patient/2"}, "type": "replaced-by"}]},
        EventKind.DECEASED,
    ),
}


@pytest.mark.parametrize(("changes", "kind"), KINDS.values(), ids=KINDS)
def test_what_a_patient_comes_to(changes: Resource, kind: EventKind, clinic: Clinic) -> None:
    assert event(a_patient(**changes), clinic).event.kind is kind


def test_a_visit_carries_what_is_known_of_its_patient(clinic: Clinic) -> None:
    visit, patient = events(a_bundle(an_appointment(), a_patient()), clinic)
    assert visit.event.patient == patient.event.patient


def test_a_visit_of_a_patient_who_cannot_be_read_is_taken_all_the_same(clinic: Clinic) -> None:
    from tests.bookings.fhir_told import read

    one, wrong = read(a_bundle(an_appointment(), a_patient(birthDate="soon")), clinic)
    assert isinstance(one, Parsed)
    assert one.event.patient == {"ref": "1"}
    assert not isinstance(wrong, Parsed)
    assert wrong.path == "entry.1.resource.birthDate"
