"""One value out of a record that a booking system told, whatever stands there: what cannot be read was not said."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, TypeAlias

from drip.bookings.schema import FIRST_YEAR, LAST_YEAR

Record: TypeAlias = Mapping[str, Any]
"""An object of a call, an answer or a file. Nothing in it is believed."""

LONGEST = 500
"""Characters of a text that are looked at."""

_LARGEST = 10**40


def within(record: Record, *names: str) -> Record:
    """The object at the end of these names; an empty one where there is none."""
    for name in names:
        told = record.get(name)
        record = told if isinstance(told, Mapping) else {}
    return record


def records_in(record: Record, name: str) -> list[Record]:
    """The objects of a list, in order."""
    told = record.get(name)
    return [one for one in told if isinstance(one, Mapping)] if isinstance(told, list) else []


def text(record: Record, name: str) -> str:
    """A text or a whole number as text, without what no text may hold; empty when there is none."""
    told = record.get(name)
    if type(told) is int and abs(told) < _LARGEST:
        return str(told)
    if not isinstance(told, str):
        return ""
    return told[:LONGEST].replace("\0", "").encode(errors="ignore").decode().strip()


def instant(record: Record, name: str) -> datetime | None:
    """A time with an offset, in UTC."""
    try:
        told = datetime.fromisoformat(text(record, name))
    except ValueError:
        return None
    if told.tzinfo is None or not FIRST_YEAR < told.year < LAST_YEAR:
        return None
    return told.astimezone(UTC)


def iso(at: datetime | None) -> str | None:
    """A time as events tell it."""
    return at.isoformat() if at else None


def said(told: Record) -> dict[str, Any]:
    """Only what was said: without names whose value is null or empty."""
    return {name: value for name, value in told.items() if value not in (None, "", {})}


def words_of(record: Record) -> str:
    """The record in one line, the same for the same record; empty for one that is nested too deeply to be real."""
    try:
        return json.dumps(record, separators=(",", ":"), sort_keys=True)
    except RecursionError:
        return ""
