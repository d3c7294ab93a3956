"""Urgent help in messages: the numbers of the patient's own site, and never a guess."""

from datetime import UTC, datetime

import pytest

from drip.content.clinic_file import load_clinic
from drip.content.context import values_for
from drip.core.emergency import Emergency
from drip.core.patient import Patient
from tests.content.build import CLINIC, a_clinic, changed
from tests.content.test_clinic_file import the_finding

BRAZIL = changed(CLINIC, ("country: GB, subdivision: ENG", "country: BR"))
ENOUGH = 'emergency: {number: "192", department: the emergency room, urgent_line: your doctor}\n'


def help_at(text: str, site: int = 0) -> Emergency:
    return a_clinic(text).sites[site].emergency


def test_a_clinic_in_a_known_place_need_not_say_anything() -> None:
    assert help_at(CLINIC) == Emergency(
        number="999",
        department="A&E",
        urgent_line="NHS 111",
        urgent_website="111.nhs.uk",
        relay_prefix="18001",
    )


def test_a_clinic_may_say_its_own_and_keeps_the_rest() -> None:
    own = help_at(CLINIC + 'emergency: {urgent_line: our night line, urgent_website: "", department: the ED}\n')
    assert (own.number, own.department, own.urgent_line, own.urgent_website) == ("999", "the ED", "our night line", "")


@pytest.mark.parametrize(
    ("site", "line"),
    [
        ("{id: leeds}", "our night line"),
        ("{id: leith, subdivision: SCT}", "NHS 24 on 111"),
        ("{id: cork, country: IE}", "your GP or the GP out-of-hours service"),
        ("{id: bath, emergency: {urgent_line: the ward}}", "the ward"),
        ("{id: rio, country: BR, " + ENOUGH.strip() + "}", "your doctor"),
    ],
)
def test_each_site_says_what_is_right_there(site: str, line: str) -> None:
    assert help_at(CLINIC + f"  - {site}\nemergency: {{urgent_line: our night line}}\n", 1).urgent_line == line


def test_an_unknown_country_says_its_own() -> None:
    assert help_at(BRAZIL + ENOUGH).number == "192"


@pytest.mark.parametrize(
    ("text", "line", "column", "says"),
    [
        (BRAZIL, 1, 87, "known for BR: say `number`, `department` and `urgent_line`, such as `emergency: {number"),
        (BRAZIL + "emergency: {number: '192', department: x}\n", 1, 87, "say `urgent_line`, such as"),
        (CLINIC + "  - {id: rio, country: BR}\n" + ENOUGH, 6, 24, "known for BR: say"),
        (changed(CLINIC, ("ENG", "Ulster")) + "bank_holidays: false\n", 1, 104, "known for GB Ulster: say"),
    ],
)
def test_a_place_without_known_numbers_is_told_what_to_write(text: str, line: int, column: int, says: str) -> None:
    finding = the_finding(text)
    assert (finding.line, finding.column, finding.rule) == (line, column, "emergency")
    assert says in finding.message


@pytest.mark.parametrize(
    ("said", "says"),
    [
        ("number: call us", "cannot be dialled in an emergency"),
        ('number: ""', "nothing is written here"),
        ("relay_prefix: x", "cannot be dialled"),
        ("urgent_website: our page", "is not a web address"),
        ("phone: x", "is not a key here"),
    ],
)
def test_what_cannot_be_right_is_refused(said: str, says: str) -> None:
    _, (finding,) = load_clinic("clinic.yaml", f"{CLINIC}emergency: {{{said}}}\n".encode())
    assert says in finding.message


def test_words_are_filled_with_the_help_of_the_patients_site() -> None:
    clinic = a_clinic(CLINIC + "  - {id: leith, subdivision: SCT}\n")
    on = datetime(2026, 6, 1, 9, tzinfo=UTC)
    for site, line, page in ((0, "NHS 111", "111.nhs.uk"), (1, "NHS 24 on 111", "nhsinform.scot")):
        told = values_for(clinic, clinic.sites[site], Patient(facts={}), {}, on=on)["clinic"]
        assert (told["urgent_line"], told["urgent_website"]) == (line, page)
        assert (told["emergency_number"], told["emergency_department"], told["relay_prefix"]) == ("999", "A&E", "18001")
