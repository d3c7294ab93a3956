"""One value out of one of Cliniko's records, whatever stands there: what cannot be read was not said."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, TypeAlias

from drip.bookings.schema import FIRST_YEAR, LAST_YEAR

Record: TypeAlias = Mapping[str, Any]
"""An object of an answer or a file. Nothing in it is believed."""

LONGEST = 500
"""Characters of a text that are looked at."""

_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
_LAST_PART = re.compile(r"/([A-Za-z0-9_-]{1,64})/?(?:[?#]|\Z)")


def record_of(told: object) -> Record:
    """The object; an empty one for anything else."""
    return told if isinstance(told, Mapping) else {}


def records_in(answer: Record, name: str) -> list[Record]:
    """The objects of a list, in order."""
    told = answer.get(name)
    return [one for one in told if isinstance(one, Mapping)] if isinstance(told, list) else []


def text(record: Record, name: str) -> str:
    """A text or a number as text, without what no text may hold; empty when there is none."""
    told = record.get(name)
    if type(told) is int and abs(told) < 10**40:
        return str(told)
    if not isinstance(told, str):
        return ""
    return told[:LONGEST].replace("\0", "").encode(errors="ignore").decode().strip()


def id_of(record: Record) -> str:
    """Its own id, as text: live ones have 19 digits. A deleted patient has one only in its link."""
    told = text(record, "id")
    return told if _ID.fullmatch(told) else _linked(record)


def id_at(record: Record, name: str) -> str:
    """The id of what `name` links to; empty when it links to nothing. Where the link leads is not looked at."""
    return _linked(record_of(record.get(name)))


def _linked(record: Record) -> str:
    found = _LAST_PART.search(text(record_of(record.get("links")), "self"))
    return found.group(1) if found else ""


def instant(record: Record, name: str) -> datetime | None:
    """A time with an offset, in UTC. `""` and null mean that it has not happened."""
    try:
        told = datetime.fromisoformat(text(record, name))
    except ValueError:
        return None
    if told.tzinfo is None or not FIRST_YEAR < told.year < LAST_YEAR:
        return None
    return told.astimezone(UTC)


def changed_at(record: Record) -> datetime | None:
    """When Cliniko last changed it."""
    return instant(record, "updated_at") or instant(record, "created_at")


def stamp(at: datetime) -> str:
    """A time as Cliniko writes it and takes it in a filter."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def moment(told: str | None) -> datetime | None:
    """A time that `stamp` wrote."""
    return instant({"at": told}, "at")
