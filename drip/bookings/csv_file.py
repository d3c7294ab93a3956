"""Events written as a table: one row an event, each column a path such as `patient.first_name`."""

import csv
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, TypeAlias

from drip.bookings.parsed import Raw, Rejected
from drip.bookings.schema import ALWAYS, OBJECTS
from drip.bookings.words import cleaned, did_you_mean
from drip.core.model import Channel, Purpose

Mapped: TypeAlias = Mapping[str, str | Mapping[str, str]]
"""What a mapping file says: `{their column: our path}`, or `{columns: {...}, constants: {our path: value}}`."""

_CONSENTS = {f"consent.{purpose}.{channel}" for purpose in Purpose for channel in Channel}
PATHS = sorted(
    {name for name in OBJECTS[""] if name not in OBJECTS}
    | {
        f"{name}.{key}"
        for name, keys in OBJECTS.items()
        if name
        for key in keys
        if key not in ("attributes", "consent")
    }
    | {f"patient.{path}" for path in _CONSENTS}
)
"""Every path that a column may have; those of attributes come on top."""

_ATTRIBUTE = re.compile(r"(patient|appointment|treatment|programme)\.attributes\.[A-Za-z][A-Za-z0-9_]{0,49}")
_NUMBER = re.compile(r"-?(?:0|[1-9]\d{0,8})(\.\d{1,6})?", re.ASCII)
_ANSWERS = {"yes": True, "y": True, "true": True, "1": True, "no": False, "n": False, "false": False, "0": False}
_BLANK_LINES = re.compile(r"(?:[ \t]*+\r?\n)*+")
_MARKER = re.compile(r"sep=.\r?\n")


class MappingError(ValueError):
    """A mapping names a path that no event has. A fault of the settings, not of the file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Columns:
    """How a table's columns become an event's paths."""

    paths: Mapping[str, str]
    """Their column -> our path."""
    constants: Mapping[str, str] = field(default_factory=dict)
    is_theirs: bool = True
    """Columns that a mapping does not name are the booking system's own business."""


_TEXTS = "A mapping is text to text; put numbers and dates in quotes."


def columns_of(mapping: Mapped | None) -> Columns:
    """The columns that a mapping describes; without one, columns are called by our paths."""
    if mapping is None:
        return Columns(paths={}, is_theirs=False)
    if any(not isinstance(part, str | Mapping) for part in mapping.values()):
        raise MappingError(_TEXTS)
    nested = {name: part for name, part in mapping.items() if isinstance(part, Mapping)}
    flat = {name: path for name, path in mapping.items() if isinstance(path, str)}
    if nested and (flat or not nested.keys() <= {"columns", "constants"}):
        raise MappingError("A mapping is `their column: our path`, or has two parts, `columns` and `constants`.")
    paths, constants = nested.get("columns", flat), nested.get("constants", {})
    if any(not isinstance(text, str) for text in (*paths.values(), *constants.values())):
        raise MappingError(_TEXTS)
    if unknown := [path for path in (*paths.values(), *constants) if _canonical(path) is None]:
        raise MappingError(f"`{unknown[0]}` is not a path of an event.{did_you_mean(unknown[0], PATHS)}")
    return Columns(
        paths={column: _canonical(path) or "" for column, path in paths.items()},
        constants={_canonical(path) or "": value for path, value in constants.items()},
    )


def _canonical(path: str) -> str | None:
    path = f"patient.{path}" if path.startswith("consent.") else path
    return path if path in PATHS or _ATTRIBUTE.fullmatch(path) else None


def looks_like_a_table(text: str, columns: Columns) -> bool:
    """Whether the first line is a header that we know something of."""
    first = text[_start(text) :].split("\n", 1)[0]
    names = [name.strip().strip('"') for name in re.split("[,;\t]", first)]
    return any(name in columns.paths or (not columns.is_theirs and _canonical(name)) for name in names)


def headings(text: str) -> list[str]:
    """What the columns are called; none where the header cannot be read."""
    _, header = next(_records(text if "\n" in text else text.replace("\r", "\n")), (0, None))
    return [name.strip() for name in header] if isinstance(header, list) else []


def rows(text: str, columns: Columns) -> Iterator[Raw | Rejected]:
    """Every event of a table, in order; index 0 is the first row under the header."""
    text = text if "\n" in text else text.replace("\r", "\n")
    records = _records(text)
    top, header = next(records, (0, None))
    if header is None:
        return
    if isinstance(header, str):
        yield Rejected(0, "", f"The header cannot be read: {header}.", top)
        return
    named, wrong = _header([name.strip() for name in header], columns)
    if wrong:
        yield from (replace(one, row=top) for one in wrong)
        return
    told_by = {path: cleaned(name) for path, name in zip(named, header, strict=True) if path}
    for index, (row, record) in enumerate(records):
        if isinstance(record, str):
            yield Rejected(index, "", f"This row cannot be read: {record}. Look for a quote that is not closed.", row)
        else:
            yield _event(Raw(index, {}, told_by, row=row), record, named, columns)


def _header(names: list[str], columns: Columns) -> tuple[list[str | None], list[Rejected]]:
    """Our path for each column, None for one that is not ours to read."""
    paths: list[str | None] = []
    wrong: list[Rejected] = []
    for name in names:
        path = columns.paths.get(name) if columns.is_theirs else _canonical(name)
        if path is None and name and not columns.is_theirs:
            hint = did_you_mean(name, PATHS) or " Call columns by paths such as patient.first_name, or use a mapping."
            wrong.append(Rejected(0, cleaned(name), f"unknown column.{hint}"))
        elif path and path in paths:
            wrong.append(Rejected(0, cleaned(name), f"two columns say {path}."))
        paths.append(path)
    for path in ALWAYS:
        if path not in paths and path not in columns.constants:
            wrong.append(Rejected(0, path, "there is no column for it; every event must say it."))
    return paths, wrong


def _event(raw: Raw, record: list[str], paths: list[str | None], columns: Columns) -> Raw | Rejected:
    if any(cell.strip() for cell in record[len(paths) :]):
        return Rejected(
            raw.index, "", "This row has more cells than the header; put quotes around text with a delimiter.", raw.row
        )
    event: dict[str, Any] = {}
    said = [(path, cell) for path, cell in zip(paths, record, strict=False) if path and cell.strip()]
    for path, cell in (*columns.constants.items(), *said):
        *above, name = path.split(".")
        place = event
        for part in above:
            place = place.setdefault(part, {})
        place[name] = _value(path, cell)
    return replace(raw, told=event)


def _value(path: str, cell: str) -> object:
    """A cell is text; lists, answers and the numbers among attributes are written as text too."""
    cell = cell.strip()
    if path == "patient.conditions":
        return [one for one in (part.strip() for part in cell.split(";")) if one]
    if path.startswith("patient.consent."):
        return _ANSWERS.get(cell.lower(), cell)
    if ".attributes." in path:
        if cell.lower() in ("true", "false"):
            return cell.lower() == "true"
        if number := _NUMBER.fullmatch(cell):
            return float(cell) if number[1] else int(cell)
    return cell


class _Lines:
    """A text line by line, from a place that can be set back."""

    def __init__(self, text: str, at: int) -> None:
        self.text, self.at = text, at

    def __iter__(self) -> "_Lines":
        return self

    def __next__(self) -> str:
        if self.at >= len(self.text):
            raise StopIteration
        end = self.text.find("\n", self.at) + 1 or len(self.text)
        line, self.at = self.text[self.at : end], end
        return line


def _start(text: str) -> int:
    """After blank lines and the `sep=;` that some spreadsheets put first."""
    found = _BLANK_LINES.match(text)
    at = found.end() if found else 0
    marker = _MARKER.match(text, at)
    return marker.end() if marker else at


def _records(text: str) -> Iterator[tuple[int, list[str] | str]]:
    """Each row as cells, or as what is wrong with it: reading goes on with the line after the one it began on.

    With its number in a spreadsheet: empty rows count there, and a cell of several lines is in one row.
    """
    lines = _Lines(text, _start(text))
    reader = csv.reader(lines, delimiter=_delimiter(text[lines.at :][:10_000]), strict=True)
    number = 0 if _MARKER.search(text[: lines.at]) else text.count("\n", 0, lines.at)
    while True:
        found = _BLANK_LINES.match(text, lines.at)
        began = found.end() if found else lines.at
        number += text.count("\n", lines.at, began) + 1
        lines.at = began
        try:
            record = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            lines.at = text.find("\n", began) + 1 or len(text)
            yield number, str(error)
        else:
            if any(cell.strip() for cell in record):
                yield number, record


def _delimiter(text: str) -> str:
    header = re.sub(r'"[^"]*"', "", text).split("\n", 1)[0]
    return max(",;\t", key=header.count)
