"""What reading a file or a request comes to, event by event."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from drip.bookings.contact import ContactProblem
from drip.core.event import Event
from drip.core.model import Facts


@dataclass(frozen=True, slots=True, kw_only=True)
class Parsed:
    """An event that can be taken in. `body` is what is stored, and all that is needed to build the event again."""

    index: int = 0
    """Where it stood in the file, from 0."""
    event: Event
    patient_ref: str
    source: str
    body: Facts = field(repr=False)
    problems: tuple[ContactProblem, ...] = ()
    """What staff must hear of; none of it keeps the event out."""
    raw: bytes = field(default=b"", repr=False)
    """The booking system's own words, at most `MOST_RAW` bytes of them: kept for a while, for whoever must ask."""


@dataclass(frozen=True, slots=True)
class Rejected:
    """Why an event was not taken in. Says what to do, and never repeats what was told about a person."""

    index: int
    path: str
    """`patient.ref`, or the column of a CSV file; empty when it is about the whole event or file."""
    message: str
    row: int = field(default=0, compare=False)
    """In a table, the row that a spreadsheet shows it in: the header is row 1. 0 where it is no table."""


Outcome: TypeAlias = Parsed | Rejected

MOST_RAW = 64 * 1024
"""Bytes that are kept of the words of one event."""


@dataclass(frozen=True, slots=True)
class Raw:
    """One event as it stood in the file, before anything is known to be true of it."""

    index: int
    told: object = field(repr=False)
    columns: Mapping[str, str] = field(default_factory=dict, repr=False)
    """In a table, the column that each path came from."""
    text: str = field(default="", repr=False)
    """The words that it was read from, where they can be told apart from those of other events."""
    row: int = 0
    """In a table, the row that a spreadsheet shows it in."""
