"""Every booking source there is, by the name used in `--source` and in `/booking/{source}`."""

from typing import Protocol

from drip.bookings.csv_file import Mapped
from drip.bookings.generic import read_events
from drip.bookings.parsed import Outcome
from drip.bookings.words import did_you_mean
from drip.core.clinic import Clinic


class Reader(Protocol):
    """Turns what a booking system sent into events. Never raises for what it was sent."""

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


READERS: dict[str, Reader] = {"generic": read_events, "csv": _read_table}

_NOT_YET = ("acuity", "calendly", "cliniko", "fhir", "semble")


def reader_of(source: str) -> Reader:
    """What reads this source's events."""
    if source in READERS:
        return READERS[source]
    known = ", ".join(READERS)
    if source in _NOT_YET:
        raise UnknownSourceError(f"The booking source `{source}` is not built yet. Send its events as one of: {known}")
    raise UnknownSourceError(
        f"There is no booking source `{source}`.{did_you_mean(source, [*READERS])} There are: {known}"
    )
