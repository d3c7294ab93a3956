"""What is typed about a patient: dates and times on the clinic's clock, and every fault at its own field."""

from collections.abc import Mapping
from dataclasses import replace

import pytest

from drip.bookings.by_hand import KINDS, TOO_LONG, read
from drip.bookings.by_hand_file import HEADINGS, read_sheet
from drip.bookings.parsed import Parsed
from drip.core.clinic import Clinic
from drip.core.model import EventKind
from tests.world import a_clinic, at

NOW = at("2026-06-11 10:00")

AMINA = {"ref": "1001", "first_name": "Amina", "last_name": "Shah", "kind": "appointment booked", "what": "initial"}
IN_A_WEEK = AMINA | {"on": "2026-06-19", "at": "10:00"}


def wrong(clinic: Clinic | None = None, **typed: str) -> Mapping[str, str]:
    """What is wrong with a booking in a week that is typed otherwise."""
    outcome = read(IN_A_WEEK | typed, clinic or a_clinic(), "k", NOW)
    return {} if isinstance(outcome, Parsed) else {one.path: one.message for one in outcome}


def right(clinic: Clinic | None = None, **typed: str) -> Parsed:
    """As it is read."""
    outcome = read(IN_A_WEEK | typed, clinic or a_clinic(), "k", NOW)
    assert isinstance(outcome, Parsed), outcome
    return outcome


@pytest.mark.parametrize("typed", ["2026-06-19", "19/06/2026", "19.6.2026", "19-06-2026", "2026-06-19 00:00:00"])
def test_a_day_is_read_as_people_and_spreadsheets_write_it(typed: str) -> None:
    assert right(on=typed).event.appointment["starts_at"] == "2026-06-19T10:00:00+01:00"


def test_in_the_united_states_the_month_comes_first() -> None:
    clinic = a_clinic()
    there = replace(clinic, country="US", sites=(replace(clinic.sites[0], country="US"),))
    assert right(there, on="06/12/2026").event.appointment["starts_at"] == "2026-06-12T10:00:00+01:00"
    assert right(on="06/12/2026").event.appointment["starts_at"] == "2026-12-06T10:00:00+00:00"


@pytest.mark.parametrize("typed", ["19/06/26", "June 19", "31/06/2026", "2026-13-01", "0019-06-19", "x", ""])
def test_what_may_be_another_day_is_refused(typed: str) -> None:
    assert set(wrong(on=typed)) == {"on"}


@pytest.mark.parametrize("typed", ["25:00", "10", "10.75", "ten", ""])
def test_what_is_no_time_of_the_day_is_refused(typed: str) -> None:
    assert set(wrong(at=typed)) == {"at"}


def test_a_time_that_no_clock_shows_is_refused() -> None:
    assert "clocks go forward" in wrong(on="2027-03-28", at="01:30")["at"]


def test_what_is_ahead_has_not_happened_and_what_is_over_is_not_booked() -> None:
    assert "still ahead" in wrong(kind="appointment attended")["on"]
    assert "still ahead" in wrong(kind="treatment given", what="eswt")["on"]
    assert "has passed" in wrong(on="2026-06-11", at="09:59")["on"]
    assert wrong(kind="programme started", what="loading", at="") == {}


@pytest.mark.parametrize(
    ("on", "ago"),
    [("2019-11-27", "6 years"), ("2025-06-11", "1 year"), ("2025-07-11", "11 months"), ("2025-12-09", "6 months")],
)
@pytest.mark.parametrize("kind", ["appointment attended", "treatment given", "programme started"])
def test_what_was_long_ago_is_asked_about_and_begins_nothing(kind: str, on: str, ago: str) -> None:
    assert wrong(kind=kind, on=on, what="eswt")["on"].startswith(f"This was {ago} ago. Is the year right?")


def test_what_a_message_may_still_be_due_of_can_be_told() -> None:
    assert wrong(kind="appointment attended", on="2025-12-10", what="surgery") == {}
    assert wrong(kind="programme started", on="2026-03-30", what="loading") == {}


def test_an_old_visit_in_a_file_is_asked_about_in_its_cell() -> None:
    row = "1,A,B,appointment attended,2019-11-27,10:00,initial,achilles\n"
    head = "Number,First name,Last name,What happened,Date,Time,Type,Conditions\n"
    (told,) = read_sheet((head + row).encode(), a_clinic(), NOW).rows
    assert told.parsed is None
    assert told.wrong["on"].startswith("This was 6 years ago. Is the year right?")


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_that_is_offered_can_be_told(kind: EventKind) -> None:
    on = "2026-06-19" if kind is EventKind.BOOKED else "2026-06-10"
    assert right(kind=kind.value, on=on).event.kind is kind
    assert right(kind=KINDS[kind].upper(), on=on).event.kind is kind


def test_every_fault_is_said_at_once() -> None:
    told = wrong(first_name="", email="x", phone="1", carer_phone="1", on="x", at="x", site="x", language="english!")
    assert set(told) == {"first_name", "email", "phone", "carer_phone", "on", "at", "site", "language"}
    assert not any(word == "x" for says in told.values() for word in says.split()), "and nothing is repeated"


def test_a_visit_told_again_is_the_same_visit() -> None:
    booked, moved = right(), right(at="11:00")
    came = read(IN_A_WEEK | {"kind": "appointment attended"}, a_clinic(), "k", at("2026-06-19 12:00"))
    assert isinstance(came, Parsed)
    assert {one.event.appointment_ref for one in (booked, moved, came)} == {booked.event.appointment_ref}
    assert right(on="2026-06-20").event.appointment_ref != booked.event.appointment_ref
    assert right(ref="1002").event.appointment_ref != booked.event.appointment_ref


def test_what_the_sequences_ask_for_can_be_said() -> None:
    event = right(
        kind="programme started", what="loading", on="2026-06-11", conditions="achilles; heel", subtype="midportion",
        side="Left",
    ).event  # fmt: skip
    assert (event.patient["conditions"], event.patient["subtype"]) == (["achilles", "heel"], "midportion")
    assert event.programme["side"] == "left"


def test_headings_are_read_in_any_case_and_order_or_as_paths() -> None:
    content = b"DATE;Time;what happened;LAST NAME;patient.first_name;number\n2026-06-19;10:00;appointment booked;S;A;1"
    sheet = read_sheet(content, a_clinic(), NOW)
    assert sheet.is_right
    assert sheet.fields == ("on", "at", "kind", "last_name", "first_name", "ref")


def test_a_row_that_stands_twice_is_told_once() -> None:
    row = "1,A,B,appointment booked,2026-06-19,10:00\n"
    sheet = read_sheet(f"Number,First name,Last name,What happened,Date,Time\n{row}{row}".encode(), a_clinic(), NOW)
    assert sheet.rows[1].wrong == {"": "This is row 2 again."}


TABLES = {
    "the headings are row 1": ("{head}\n{row}\n", [2]),
    "empty rows count": ("{head}\n\n{row}\n,,,,,\n \n{row}\n", [3, 6]),
    "empty rows above the headings count": ("\n,,\n{head}\n{row}\n", [4]),
    "a cell of several lines is in one row": ('{head}\n"1\n2\n3",A,B,x,x,x\n{row}\n', [2, 3]),
    "what says the separator is no row": ("sep=,\n{head}\n{row}\n", [2]),
    "a row that cannot be read is a row": ('{head}\n"1"2,A,B,x,x,x\n{row}\n', [2, 3]),
    "as Excel writes lines": ("{head}\r\n\r\n{row}\r\n", [3]),
    "as an old Mac writes lines": ("{head}\r\r{row}\r", [3]),
}
"""Files, and the rows that a spreadsheet shows their patients in."""


@pytest.mark.parametrize(("content", "rows"), TABLES.values(), ids=TABLES)
def test_rows_are_called_as_the_spreadsheet_numbers_them(content: str, rows: list[int]) -> None:
    head, row = "Number,First name,Last name,What happened,Date,Time", "1,A,B,appointment booked,2026-06-19,10:00"
    sheet = read_sheet(content.format(head=head, row=row).encode(), a_clinic(), NOW)
    assert [one.number for one in sheet.rows] == rows


def test_every_field_has_a_heading_of_its_own() -> None:
    assert len({heading.casefold() for heading in HEADINGS.values()}) == len(HEADINGS)


HEADER = "Number,First name,Last name,What happened,Date,Time"


@pytest.mark.parametrize("start", [b"PK\x03\x04", b"\xd0\xcf\x11\xe0", b"\xff\xfe", b"\xfe\xff"])
def test_a_file_that_is_no_table_of_ours_is_named_and_how_to_save_it(start: bytes) -> None:
    (wrong,) = read_sheet(start + f"{HEADER}\n".encode("utf-16-le"), a_clinic(), NOW).wrong
    assert "CSV UTF-8" in wrong


def test_letters_of_another_kind_of_file_are_said_at_their_cell() -> None:
    rows = (
        f"{HEADER}\n1,Zoë,Lee,appointment booked,2026-06-19,10:00\n2,Amina,Shah,appointment booked,2026-06-19,10:00\n"
    )
    first, second = read_sheet(rows.encode("latin-1"), a_clinic(), NOW).rows
    assert list(first.wrong) == ["first_name"]
    assert "CSV UTF-8" in first.wrong["first_name"]
    assert first.cells["first_name"].isprintable()
    assert not second.wrong


@pytest.mark.parametrize("name", ["ref", "first_name", "last_name", "what", "carer_name"])
def test_what_would_be_cut_off_is_refused(name: str) -> None:
    assert wrong(None, **{name: "x" * 101})[name] == TOO_LONG
    assert name not in wrong(None, **{name: "x" * 100})


@pytest.mark.parametrize("name", ["ref", "first_name", "last_name"])
def test_what_nobody_can_see_is_no_name(name: str) -> None:
    assert wrong(None, **{name: "\u200b"})[name].startswith("Enter a")
