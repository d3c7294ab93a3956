"""A table of patients whom somebody at the clinic wants to enrol: one row each, columns with plain names."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from drip.bookings.by_hand import PATHS, key_of, read
from drip.bookings.csv_file import Columns, headings, rows
from drip.bookings.parsed import Parsed, Raw, Rejected
from drip.bookings.schema import ALWAYS
from drip.core.clinic import Clinic

MOST_ROWS = 500

HEADINGS: Mapping[str, str] = {
    "ref": "Number",
    "first_name": "First name",
    "last_name": "Last name",
    "date_of_birth": "Date of birth",
    "email": "Email",
    "phone": "Phone",
    "kind": "What happened",
    "on": "Date",
    "at": "Time",
    "what": "Type",
    "site": "Site",
    "conditions": "Conditions",
    "subtype": "Subtype",
    "side": "Side",
    "language": "Language",
    "carer_name": "Carer name",
    "carer_phone": "Carer phone",
    "carer_email": "Carer email",
}
"""What each field's column is called, in the order of the example. A path such as `patient.ref` will do as well."""

NEEDED = ("ref", "first_name", "last_name", "kind")

_NAMED = {told.casefold(): name for names in (PATHS, HEADINGS) for name, told in names.items()}

EXAMPLE = """\
Number,First name,Last name,Date of birth,Email,Phone,What happened,Date,Time,Type,Site,Conditions
1001,Amina,Shah,1979-03-02,amina@example.org,07700 900123,appointment booked,{ahead},10:00,initial,{site},achilles
1002,Tom,Jones,1984-11-20,tom@example.org,,treatment given,{before},14:30,eswt,{site},
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One row: what stands in it, and what it comes to."""

    number: int
    """As a spreadsheet counts: the headings are in row 1, and empty rows count."""
    cells: Mapping[str, str] = field(repr=False)
    """Field -> what was typed."""
    parsed: Parsed | None = field(default=None, repr=False)
    wrong: Mapping[str, str] = field(default_factory=dict)
    """Field -> what is wrong with it; under the empty name what is wrong with the row."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """A file as it was read."""

    rows: tuple[Row, ...] = ()
    fields: tuple[str, ...] = ()
    """Those that have a column, in the file's order."""
    unread: tuple[str, ...] = ()
    """Columns that mean nothing to us."""
    wrong: tuple[str, ...] = ()
    """What is wrong with the file as a whole: none of it was read then."""

    @property
    def is_right(self) -> bool:
        """Whether every row can be taken in."""
        return not self.wrong and bool(self.rows) and all(row.parsed for row in self.rows)


SAVE_AS = "In your spreadsheet choose “Save as” and the type “CSV UTF-8”."

_NO_TABLE = {
    b"PK\x03\x04": "a workbook",
    b"\xd0\xcf\x11\xe0": "a workbook",
    b"\xff\xfe": "text of another kind (UTF-16)",
    b"\xfe\xff": "text of another kind (UTF-16)",
}
"""How files begin that are often taken for a table."""


def read_sheet(content: bytes, clinic: Clinic, now: datetime, *, site: str = "") -> Sheet:
    """Every row, right or with what is wrong in which cell. Never raises for what a file holds.

    `site`: where it was, in rows that do not say so; the clinic's first one if it is not given.
    """
    if what := next((what for start, what in _NO_TABLE.items() if content.startswith(start)), ""):
        return Sheet(wrong=(f"This is {what}. {SAVE_AS}",))
    text = content.decode("utf-8-sig", "surrogateescape")
    named = headings(text)
    fields = {name: _NAMED[name.casefold()] for name in named if name.casefold() in _NAMED}
    if wrong := _wrong_headings(named, fields):
        return Sheet(wrong=wrong)
    columns = Columns(paths=fields, constants=dict.fromkeys(ALWAYS, ""))
    found: list[Raw | Rejected] = []
    for one in rows(text, columns):
        if len(found) == MOST_ROWS:
            return Sheet(wrong=(f"There are more than {MOST_ROWS} rows. Make several files of it.",))
        found.append(one)
    if not found:
        return Sheet(wrong=("There are no rows under the headings.",))
    unread = tuple(name for name in named if name and name not in fields)
    return Sheet(rows=tuple(_rows(found, clinic, now, site)), fields=tuple(fields.values()), unread=unread)


def _wrong_headings(named: Sequence[str], fields: Mapping[str, str]) -> tuple[str, ...]:
    if not fields:
        return ("The first row has none of the headings that are needed. Download the example to see them.",)
    missing = [HEADINGS[name] for name in NEEDED if name not in fields.values()]
    twice = sorted({HEADINGS[one] for one in fields.values() if list(fields.values()).count(one) > 1})
    same = sorted({name for name in named if name in fields and named.count(name) > 1})
    return (
        *(f"There is no column “{name}”." for name in missing),
        *(f"Two columns are “{name}”." for name in dict.fromkeys([*twice, *same])),
    )


UNREADABLE = f"Letters in it are not readable. {SAVE_AS}"


def _is_text(told: str) -> bool:
    """Whether every byte of it was part of a letter."""
    return not any("\ud800" <= letter <= "\udfff" for letter in told)


def _rows(found: Sequence[Raw | Rejected], clinic: Clinic, now: datetime, site: str) -> Iterator[Row]:
    first: dict[str, int] = {}
    for index, one in enumerate(found):
        if isinstance(one, Rejected):
            yield Row(number=one.row, cells={}, wrong={"": one.message})
            continue
        cells = _cells(one)
        if broken := {name: UNREADABLE for name, told in cells.items() if not _is_text(told)}:
            shown = {name: told.encode(errors="replace").decode() for name, told in cells.items()}
            yield Row(number=one.row, cells=shown, wrong=broken)
            continue
        key = key_of(cells)
        if first.setdefault(key, one.row) != one.row:
            yield Row(number=one.row, cells=cells, wrong={"": f"This is row {first[key]} again."})
            continue
        outcome = read({"site": site, **cells}, clinic, key, now, index=index)
        if isinstance(outcome, Parsed):
            yield Row(number=one.row, cells=cells, parsed=outcome)
        else:
            yield Row(number=one.row, cells=cells, wrong={fault.path: fault.message for fault in outcome})


def _cells(raw: Raw) -> dict[str, str]:
    told = raw.told if isinstance(raw.told, dict) else {}
    return {name: cell for name, cell in told.items() if name in PATHS and isinstance(cell, str)}
