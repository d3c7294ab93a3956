"""A file of FHIR R4 resources -> events: a resource, a Bundle, or one a line. Those in one file know each other."""

from drip.bookings.csv_file import Mapped
from drip.bookings.fhir_bundle import Entry, Records, opened
from drip.bookings.fhir_events import tell
from drip.bookings.fhir_json import documents
from drip.bookings.generic import MOST_BYTES, EventReader
from drip.bookings.parsed import Outcome, Rejected
from drip.clock import now
from drip.core.clinic import Clinic

MOST_RESOURCES = 200_000
"""Of one file."""


def read_file(
    data: bytes, clinic: Clinic, source: str, *, filename: str = "", mapping: Mapped | None = None
) -> list[Outcome]:
    """Every event of a file, in order, parsed or rejected. FHIR has names of its own: a mapping changes nothing.

    Never raises for what `data` holds.
    """
    if len(data) > MOST_BYTES:
        return [Rejected(0, "", f"The file is larger than {MOST_BYTES // 1024 // 1024} MiB; send it in parts.")]
    rejected: list[Outcome] = []
    entries: list[Entry] = []
    for one in documents(data, filename):
        if isinstance(one, Rejected):
            rejected.append(one)
            continue
        told = opened(one.told, one.index)
        rejected += told.rejected
        entries += told.entries
        if len(entries) > MOST_RESOURCES:
            return [Rejected(0, "", f"There are more than {MOST_RESOURCES} resources; send them in parts.")]
    reader = EventReader.of(clinic, source)
    outcomes = rejected + tell(Records(entries), reader, now())
    return sorted(outcomes, key=lambda outcome: outcome.index)
