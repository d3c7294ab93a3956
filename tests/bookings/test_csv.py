"""Tables, as people save them from spreadsheets."""

import pytest

from drip.bookings.csv_file import MappingError, columns_of
from drip.bookings.parsed import Parsed, Rejected
from drip.core.clinic import Clinic
from tests.bookings.conftest import Read, ReadOne, RejectOne

HEADER = "event_id,kind,occurred_at,patient.ref"
ROW = "e-1,patient.updated,2026-03-02T08:15:00Z,p-1"


def test_a_row_is_an_event(parsed: ReadOne) -> None:
    table = (
        f"{HEADER},site,patient.first_name,patient.conditions,consent.care.sms,patient.consent.care.email,patient.attributes.subtype\n"
        f"{ROW},leith,Morag,achilles; heel ,yes,No,insertional\n"
    )
    one = parsed(table)
    assert one.event.site == "leith"
    assert one.event.patient == {
        "ref": "p-1", "first_name": "Morag", "conditions": ["achilles", "heel"],
        "consent": {"care": {"sms": True, "email": False}}, "subtype": "insertional",
    }  # fmt: skip


FORMS = {
    "commas": f"{HEADER}\n{ROW}\n",
    "semicolons": f"{HEADER}\n{ROW}\n".replace(",", ";"),
    "tabs": f"{HEADER}\n{ROW}".replace(",", "\t"),
    "byte order mark": f"\ufeff{HEADER}\r\n{ROW}\r\n",
    "old Macintosh": f"{HEADER}\r{ROW}\r",
    "separator named first": f"sep=;\r\n{HEADER}\n{ROW}".replace(",", ";"),
    "blank lines": f"\n{HEADER}\n\n , ,,\n{ROW}\n\n",
    "quoted header": '"event_id","kind","occurred_at","patient.ref"\n' + ROW,
    "spaces": f"{HEADER.replace(',', ' ,')}\n{ROW.replace(',', ' ,')}",
}


@pytest.mark.parametrize("table", FORMS.values(), ids=FORMS)
def test_spreadsheets_write_tables_in_many_ways(table: str, parsed: ReadOne) -> None:
    one = parsed(table)
    assert (one.event.key, one.patient_ref) == ("e-1", "p-1")


def test_a_quoted_cell_may_hold_delimiters_quotes_and_line_breaks(parsed: ReadOne) -> None:
    one = parsed(f'{HEADER},patient.first_name\n{ROW},"Morag, ""Mo""\nBain"\n')
    assert one.event.patient["first_name"] == 'Morag, "Mo" Bain'


def test_a_formula_is_only_text(parsed: ReadOne) -> None:
    assert parsed(f"{HEADER},patient.first_name\n{ROW},=1+1\n").event.patient["first_name"] == "=1+1"


@pytest.mark.parametrize(
    ("cell", "value"),
    [("3", 3), ("-2", -2), ("1.5", 1.5), ("007", "007"), ("true", True), ("left", "left"), ("1e9", "1e9")],
)
def test_numbers_among_the_attributes_are_numbers(cell: str, value: object, parsed: ReadOne) -> None:
    table = f"{HEADER},treatment.code,treatment.attributes.session\n{ROW},eswt,{cell}\n"
    assert parsed(table).event.treatment["session"] == value


def test_an_empty_cell_says_nothing(parsed: ReadOne) -> None:
    assert "first_name" not in parsed(f"{HEADER},patient.first_name,site\n{ROW}, ,\n").event.patient


def test_each_bad_cell_is_reported_by_row_and_column(read: Read) -> None:
    table = f"{HEADER},consent.care.sms,patient.date_of_birth\n{ROW},yes,\n{ROW},maybe,1/2/80\n{ROW},no,\n"
    good, *bad, last = read(table)
    assert isinstance(good, Parsed)
    assert isinstance(last, Parsed)
    assert [(one.index, one.path) for one in bad if isinstance(one, Rejected)] == [
        (1, "patient.date_of_birth"),
        (1, "consent.care.sms"),
    ]


ROWS = {
    "quote not closed": '"e-0,patient.updated,2026,p-1',
    "words after a quote": 'e-0,"patient".updated,2026,p-1',
    "too many cells": f"{ROW},Bain,Morag",
    "a cell without end": f"{ROW}{'x' * 200_000}",
    "a carriage return": ROW.replace("patient", "pat\rient"),
    "NUL": ROW.replace("p-1", "p\0"),
    "not UTF-8": ROW.replace("p-1", "\udceb"),
}


@pytest.mark.parametrize("row", ROWS.values(), ids=ROWS)
def test_a_row_that_cannot_be_read_does_not_take_the_next_ones_with_it(row: str, read: Read) -> None:
    table = f"{HEADER}\n{ROW}\n{row}\n{ROW}\n{ROW}\n".encode("utf-8", "surrogateescape")
    first, bad, *rest = read(table)
    assert isinstance(bad, Rejected)
    assert bad.index == 1
    assert [one.index for one in (first, *rest) if isinstance(one, Parsed)] == [0, 2, 3]


def test_an_unknown_column_is_refused_before_any_row_is_read(rejected: RejectOne) -> None:
    wrong = rejected(f"{HEADER},patient.firstname\n{ROW},Morag\n")
    assert wrong == Rejected(0, "patient.firstname", "unknown column. Did you mean `patient.first_name`?")


def test_a_column_that_every_event_needs_is_asked_for_once(rejected: RejectOne) -> None:
    assert rejected("event_id,kind,occurred_at\n1,2,3\n4,5,6\n").path == "patient.ref"


def test_a_column_said_twice_is_refused(rejected: RejectOne) -> None:
    assert rejected(f"{HEADER},kind\n{ROW},x\n").message == "two columns say kind."


def test_a_header_alone_or_an_empty_table_has_no_events(read: Read) -> None:
    assert read(f"{HEADER}\n") == []
    assert read("\n", filename="x.csv") == []


def test_a_header_that_cannot_be_read_is_said(rejected: RejectOne) -> None:
    assert "header" in rejected(f'"a"b,{HEADER}\n{ROW}', filename="x.csv").message


THEIRS = {
    "columns": {"Id": "event_id", "Who": "patient.ref", "When": "occurred_at"},
    "constants": {"kind": "patient.updated"},
}


def test_a_mapping_reads_the_booking_systems_own_columns_and_leaves_the_others(parsed: ReadOne) -> None:
    one = parsed("Id,Who,When,Bill\n7,p-1,2026-03-02T08:15:00Z,40\n", mapping=THEIRS)
    assert (one.event.key, one.patient_ref, one.event.kind.value) == ("7", "p-1", "patient.updated")


def test_with_a_mapping_faults_name_the_booking_systems_own_columns(rejected: RejectOne) -> None:
    assert rejected("Id,Who,When\n7,p-1,yesterday\n", mapping=THEIRS).path == "When"


def test_a_column_wins_over_a_constant_and_an_empty_cell_does_not(read: Read) -> None:
    mapping = {"columns": {**THEIRS["columns"], "Site": "site"}, "constants": {**THEIRS["constants"], "site": "leith"}}
    table = "Id,Who,When,Site\n7,p-1,2026-03-02T08:15:00Z,boston\n8,p-1,2026-03-02T08:15:00Z,\n"
    assert [one.event.site for one in read(table, mapping=mapping) if isinstance(one, Parsed)] == ["boston", "leith"]


def test_a_flat_mapping_has_columns_only(parsed: ReadOne) -> None:
    flat = {**THEIRS["columns"], "What": "kind"}
    assert parsed("Id,Who,When,What\n7,p-1,2026-03-02T08:15:00Z,patient.updated\n", mapping=flat).event.key == "7"


@pytest.mark.parametrize(
    ("mapping", "says"),
    [
        ({"Name": "patient.firstname"}, "Did you mean `patient.first_name`?"),
        ({"constants": {"kinds": "x"}}, "`kinds` is not a path"),
        ({"columns": {}, "Name": "kind"}, "two parts"),
        ({"constant": {}}, "two parts"),
        ({"Name": 7}, "text to text"),
        ({"constants": {"treatment.attributes.session": 7}}, "text to text"),
    ],
)
def test_a_mapping_that_makes_no_sense_is_a_fault_of_the_settings(
    mapping: dict[str, object], says: str, clinic: Clinic
) -> None:
    with pytest.raises(MappingError, match=says):
        columns_of(mapping)  # type: ignore[arg-type]
