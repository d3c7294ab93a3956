"""A patient, as told."""

from datetime import date
from zoneinfo import ZoneInfo

import pytest

from drip.core.model import Channel, Facts, Purpose
from drip.core.patient import Patient, is_test_number, time_in, whole_years, zone_named
from tests.core.build import AMINA, CONSENT

TODAY = date(2026, 6, 15)
CHILD: Facts = {**AMINA, "date_of_birth": "2015-01-01"}
SAM: Facts = {"name": "Sam Shah", "relation": "parent", "phone": "+447700900124"}


@pytest.mark.parametrize(
    ("born", "day", "years"),
    [
        pytest.param("1979-03-02", "2026-03-01", 46, id="the day before a birthday"),
        pytest.param("1979-03-02", "2026-03-02", 47, id="the birthday"),
        pytest.param("2008-02-29", "2026-02-28", 17, id="born on a leap day, the day before"),
        pytest.param("2008-02-29", "2026-03-01", 18, id="born on a leap day, in a common year"),
        pytest.param("2008-02-29", "2028-02-29", 20, id="born on a leap day, on a leap day"),
    ],
)
def test_age_is_in_whole_years(born: str, day: str, years: int) -> None:
    assert whole_years(date.fromisoformat(born), date.fromisoformat(day)) == years
    assert Patient(facts={"date_of_birth": born}).age_on(date.fromisoformat(day)) == years


def test_an_unknown_birthday_is_no_age_and_no_child() -> None:
    assert Patient().age_on(TODAY) is None
    assert not Patient().is_child_on(TODAY)


@pytest.mark.parametrize(
    ("day", "child"), [pytest.param("2030-12-31", True, id="fifteen"), pytest.param("2031-01-01", False, id="sixteen")]
)
def test_below_sixteen_a_patient_is_a_child(day: str, child: bool) -> None:
    assert Patient(facts=CHILD).is_child_on(date.fromisoformat(day)) is child


def test_a_childs_messages_go_to_the_carer_never_to_the_child() -> None:
    patient = Patient(facts=CHILD, carer=SAM)

    assert patient.address(Channel.SMS, TODAY) == "+447700900124"
    assert patient.addresses(TODAY) == {Channel.SMS: "+447700900124"}
    assert patient.has_carer()


def test_an_adults_messages_go_to_the_adult_even_where_a_contact_is_known() -> None:
    patient = Patient(facts=AMINA, carer=SAM)

    assert patient.address(Channel.SMS, TODAY) == "+447700900123"
    assert patient.address(Channel.EMAIL, TODAY) == "amina@example.org"


@pytest.mark.parametrize(
    ("carer", "reachable"),
    [
        pytest.param({}, False, id="nobody"),
        pytest.param({"name": "Sam"}, False, id="a name only"),
        pytest.param({"email": "sam@example.org"}, True, id="an email address"),
        pytest.param(SAM, True, id="a number"),
    ],
)
def test_a_carer_is_someone_who_can_be_reached(carer: Facts, reachable: bool) -> None:
    assert Patient(carer=carer).has_carer() is reachable


@pytest.mark.parametrize("told", ["", None, 42])
def test_an_address_that_was_not_told_as_words_is_none(told: str | int | None) -> None:
    assert Patient(facts={"email": told}).address(Channel.EMAIL, TODAY) is None


@pytest.mark.parametrize(
    ("consent", "purpose", "agrees"),
    [
        pytest.param(None, Purpose.CARE, True, id="nothing said: care by default"),
        pytest.param(None, Purpose.MARKETING, False, id="nothing said: never marketing"),
        pytest.param({"care": {"email": False}}, Purpose.CARE, False, id="refused"),
        pytest.param({"care": {"sms": False}}, Purpose.CARE, True, id="refused on the other channel"),
        pytest.param({"feedback": {"email": False}}, Purpose.CARE, True, id="refused for another purpose"),
        pytest.param({"marketing": {"email": True}}, Purpose.MARKETING, True, id="marketing, asked for"),
        pytest.param({"care": "yes"}, Purpose.CARE, True, id="not an answer"),
        pytest.param({"care": {"email": "no"}}, Purpose.CARE, True, id="not a yes or no"),
        pytest.param("all", Purpose.MARKETING, False, id="words are no consent"),
    ],
)
def test_consent_is_what_the_patient_said_else_the_clinics_default(
    consent: Facts | str | None, purpose: Purpose, agrees: bool
) -> None:
    patient = Patient(facts={"consent": consent})

    assert patient.consents(purpose, Channel.EMAIL, CONSENT) is agrees


def test_marketing_is_never_a_default_even_if_the_clinic_lists_it() -> None:
    assert not Patient().consents(Purpose.MARKETING, Channel.EMAIL, frozenset(Purpose))


def test_a_purpose_that_the_clinic_does_not_send_by_default_needs_a_yes() -> None:
    assert not Patient().consents(Purpose.FEEDBACK, Channel.EMAIL, frozenset({Purpose.CARE}))


@pytest.mark.parametrize(
    "name",
    [
        None,
        "",
        "Nowhere/Never",
        "../../etc/passwd",
        "America",
        "/etc/localtime",
        "Europe/London\0",
        "\udce4",
        "tzdata.zi",
    ],
)
def test_a_zone_that_does_not_exist_is_none(name: str | None) -> None:
    assert zone_named(name) is None
    assert Patient(facts={"timezone": name}).zone is None


def test_a_patient_has_a_zone_and_a_language_if_told() -> None:
    patient = Patient(facts={"timezone": "America/New_York", "language": "cy"})

    assert patient.zone == ZoneInfo("America/New_York")
    assert patient.language == "cy"
    assert Patient().language is None


@pytest.mark.parametrize(
    ("number", "nobodys"),
    [
        pytest.param("+447700900123", True, id="a mobile for drama"),
        pytest.param("+447700901000", False, id="just beyond them"),
        pytest.param("+441632960999", True, id="no place at all"),
        pytest.param("+441134960000", True, id="Leeds"),
        pytest.param("+441614960123", True, id="Manchester"),
        pytest.param("+442079460123", True, id="London"),
        pytest.param("+442079461123", False, id="someone in London"),
        pytest.param("+441914980123", True, id="Tyneside"),
        pytest.param("+12025550100", True, id="Washington, 555-0100"),
        pytest.param("+12025550199", True, id="Washington, 555-0199"),
        pytest.param("+12025550200", False, id="Washington, 555-0200"),
        pytest.param("+4477009001234", False, id="too long"),
        pytest.param("07700900123", False, id="not in international form"),
    ],
)
def test_numbers_reserved_for_drama_can_never_be_anybodys(number: str, nobodys: bool) -> None:
    assert is_test_number(number) is nobodys


def test_a_time_is_read_with_its_offset() -> None:
    visit = {"starts_at": "2026-06-11T10:00:00+01:00"}

    found = time_in(visit, "starts_at")

    assert found is not None
    assert found.isoformat() == "2026-06-11T10:00:00+01:00"
    assert time_in(visit, "ends_at") is None


def test_nothing_personal_shows_in_a_printed_patient() -> None:
    shown = repr(Patient(facts=AMINA, carer=SAM))

    assert "Amina" not in shown
    assert "077009" not in shown
