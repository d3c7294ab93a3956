"""Every booking source there is, by the name used in `--source` and in `/booking/{source}`. One list."""

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Protocol, cast

from drip.bookings.csv_file import Mapped
from drip.bookings.generic import read_events
from drip.bookings.parsed import Outcome
from drip.bookings.source import Connection, Source
from drip.bookings.words import did_you_mean
from drip.core.clinic import Clinic


class Reader(Protocol):
    """Turns a file of what a booking system says into events. Never raises for what it was sent."""

    def __call__(
        self, data: bytes, clinic: Clinic, source: str, *, filename: str = "", mapping: Mapped | None = None
    ) -> list[Outcome]:
        """Every event, in order, parsed or rejected."""


class UnknownSourceError(LookupError):
    """There is no such booking source; the message names those there are."""


def _read_table(
    data: bytes, clinic: Clinic, source: str, *, filename: str = "", mapping: Mapped | None = None
) -> list[Outcome]:
    """A table, whatever the file is called."""
    return read_events(data, clinic, source, filename=f"{filename}.csv", mapping=mapping)


READERS: Mapping[str, str | Reader] = {
    "generic": read_events,
    "csv": _read_table,
    "acuity": "acuity:read_file",
    "calendly": "calendly:read_file",
    "semble": "semble:read_file",
    "cliniko": "cliniko:read_file",
    "fhir": "fhir_file:read_file",
    "hl7": "hl7_file:read_file",
}
"""Readers of files. A text is `module:function`: what an adapter's libraries cost is paid when it is used."""

SOURCES: Mapping[str, str] = {
    "acuity": "acuity:connect",
    "calendly": "calendly:connect",
    "semble": "semble:connect",
    "cliniko": "cliniko:connect",
    "fhir": "fhir:connect",
    "generic": "generic_webhook:connect",
}
"""Connections: a name, and `module:function` that makes a Source of a Connection, or None when it is not set up.

It raises ValueError, in one line that names the variable, when it is half set up.
"""


def reader_of(source: str) -> Reader:
    """What reads this source's files."""
    if source in READERS:
        reader = READERS[source]
        return cast(Reader, _named(reader)) if isinstance(reader, str) else reader
    known = ", ".join(READERS)
    raise UnknownSourceError(
        f"There is no booking source `{source}`.{did_you_mean(source, [*READERS])} There are: {known}"
    )


def connected(connection: Connection) -> Mapping[str, Source]:
    """The sources that the settings connect. ValueError says in one line what is missing or wrong."""
    made = {}
    for name, place in SOURCES.items():
        source = cast(Callable[[Connection], Source | None], _named(place))(connection)
        if source is not None:
            made[name] = source
    return made


def _named(place: str) -> object:
    module, _, function = place.partition(":")
    return getattr(import_module(f"drip.bookings.{module}"), function)
