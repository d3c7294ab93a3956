"""Telephone numbers, email addresses, time zones and languages as booking systems send them."""

import pytest
from email_validator import EmailNotValidError, validate_email
from hypothesis import given
from hypothesis import strategies as st

from drip.bookings.contact import email_of, phone_of
from drip.core.event import replay
from drip.core.patient import is_test_number
from tests.bookings.conftest import ReadOne, an_event

NUMBERS = {
    "national": ("07911 123456", "GB", "+447911123456"),
    "international": ("+44 (0)7911-123456", "GB", "+447911123456"),
    "from abroad": ("+1 617 253 0000", "GB", "+16172530000"),
    "American": ("(617) 253-0000", "US", "+16172530000"),
    "drama mobile": ("07700 900123", "GB", "+447700900123"),
    "drama no area": ("01632 960999", "GB", "+441632960999"),
    "American fiction": ("212-555-0142", "US", "+12125550142"),
    "too short": ("07911 12", "GB", None),
    "local American": ("555-0142", "US", None),
    "words": ("ask her mother", "GB", None),
    "empty": ("", "GB", None),
    "endless": ("0" * 5000, "GB", None),
}


@pytest.mark.parametrize(("told", "country", "kept"), NUMBERS.values(), ids=NUMBERS)
def test_a_number_is_read_as_it_is_dialled_in_the_sites_country(told: str, country: str, kept: str | None) -> None:
    assert phone_of(told, country) == kept


AREAS = ["113", "114", "115", "116", "117", "121", "131", "141", "151", "161"]
RESERVED = [
    "+447700900000", "+447700900999", "+441632960000", "+441632960999", "+442079460000", "+442079460999",
    "+441914980000", "+442896496000", "+442920180999", "+448081570000", "+449098790999", "+443069990500",
    "+14155550100", "+12125550199", *(f"+44{area}4960555" for area in AREAS),
]  # fmt: skip
ANYBODYS = [
    "+447700901000",
    "+447700899999",
    "+441632961000",
    "+442079461000",
    "+14155550200",
    "+14155550099",
    "+441184960000",
]


@pytest.mark.parametrize("number", RESERVED)
def test_numbers_reserved_for_drama_and_examples_are_known_and_taken(number: str) -> None:
    assert is_test_number(number)
    assert phone_of(number, "GB") == number


@pytest.mark.parametrize("number", ANYBODYS)
def test_their_neighbours_may_be_somebodys(number: str) -> None:
    assert not is_test_number(number)


ADDRESSES = {
    "ordinary": ("morag@example.org", "morag@example.org"),
    "capitals": ("Morag.Bain@EXAMPLE.Org", "Morag.Bain@example.org"),
    "test domain": ("morag@clinic.test", "morag@clinic.test"),
    "apostrophe": ("o'neill@example.org", "o'neill@example.org"),
    "foreign domain": ("a@bücher.example", "a@xn--bcher-kva.example"),
    "foreign name": ("mörag@example.org", None),
    "no domain": ("morag@", None),
    "two signs": ("a@b@example.org", None),
    "header": ("a@example.org\r\nBcc: b@example.org", None),
    "no sign": ("morag", None),
    "local host": ("a@localhost", None),
    "long": (f"{'a' * 65}@example.org", None),
    "endless": (f"{'a' * 9000}@example.org", None),
}


@pytest.mark.parametrize(("told", "kept"), ADDRESSES.values(), ids=ADDRESSES)
def test_an_address_is_one_that_mail_can_be_sent_to(told: str, kept: str | None) -> None:
    assert email_of(told) == kept


@given(
    local=st.text(alphabet="aB9._+-'@ é", min_size=1, max_size=70),
    domain=st.sampled_from(
        ["example.org", "EXAMPLE.ORG", "a-b.test", "nowhere", "-x.org", "exa mple.org", "bücher.example"]
    ),
)
def test_asking_once_a_domain_gives_what_asking_every_time_would(local: str, domain: str) -> None:
    told = f"{local}@{domain}"
    try:
        whole = validate_email(
            told, check_deliverability=False, test_environment=True, allow_smtputf8=False, strict=True
        ).ascii_email
    except EmailNotValidError:
        whole = None
    assert email_of(told) == whole


def test_a_bad_number_and_address_stay_out_and_staff_hear_of_them(parsed: ReadOne) -> None:
    one = parsed(
        an_event(patient__phone="0131", patient__email="morag@", contact={"phone": "?", "email": "i@example.org"})
    )
    assert [problem.path for problem in one.problems] == ["patient.phone", "patient.email", "contact.phone"]
    assert one.event.patient.keys() & {"phone", "email"} == set()
    assert (one.event.patient["phone_problem"], one.event.patient["email_problem"]) == ("0131", "morag@")
    assert one.event.contact == {"phone_problem": "?", "email": "i@example.org", "email_problem": None}
    assert "0131" not in repr(one)


def test_a_good_number_takes_the_problem_away(parsed: ReadOne) -> None:
    first, second = (
        parsed(an_event(patient__phone="0131")),
        parsed(an_event(event_id="e-2", patient__phone="07911 123456")),
    )
    facts = replay([first.event, second.event])[-1].patient.facts
    assert (facts["phone"], facts["phone_problem"]) == ("+447911123456", None)


def test_the_events_own_site_says_how_a_number_is_dialled(parsed: ReadOne) -> None:
    assert parsed(an_event(site="boston", patient__phone="617 253 0000")).event.patient["phone"] == "+16172530000"
    assert parsed(an_event(patient__phone="617 253 0000")).problems


def test_a_number_sent_as_a_number_is_read(parsed: ReadOne) -> None:
    assert parsed(an_event(patient__phone=447911123456)).event.patient["phone"] == "+447911123456"


@pytest.mark.parametrize("zone", ["Mars/Olympus", "../../etc/passwd", "/etc/passwd", "x" * 300])
def test_a_time_zone_that_does_not_exist_is_left_out_and_staff_hear_of_it(zone: str, parsed: ReadOne) -> None:
    one = parsed(an_event(patient__timezone=zone))
    assert "timezone" not in one.event.patient
    assert [problem.path for problem in one.problems] == ["patient.timezone"]


def test_a_time_zone_that_exists_is_kept(parsed: ReadOne) -> None:
    one = parsed(an_event(patient__timezone="Asia/Kolkata"))
    assert (one.event.patient["timezone"], one.problems) == ("Asia/Kolkata", ())


@pytest.mark.parametrize(("told", "kept"), [("en", "en"), ("EN-GB", "en-gb"), ("English", None), ("../cy", None)])
def test_a_language_is_a_code_or_left_out(told: str, kept: str | None, parsed: ReadOne) -> None:
    one = parsed(an_event(patient__language=told))
    assert one.event.patient.get("language") == kept
    assert bool(one.problems) is (kept is None)
