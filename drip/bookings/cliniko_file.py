"""A file of Cliniko's records: answers of its API as they came, single records, or one of either a line."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from drip.bookings.cliniko_record import Record, id_at, id_of
from drip.bookings.cliniko_teller import Teller
from drip.bookings.cliniko_visit import BUSINESSES, GROUPS, PATIENTS, PRACTITIONERS, TYPES, own_visit, place_in_group
from drip.bookings.csv_file import Mapped
from drip.bookings.generic import MOST_BYTES, MOST_EVENTS
from drip.bookings.parsed import Outcome, Rejected
from drip.core.clinic import Clinic

VISITS, ATTENDEES = "individual_appointments", "attendees"

_TELLS_APART: Mapping[str, str] = {
    "booking": ATTENDEES,
    "max_attendees": GROUPS,
    "starts_at": VISITS,
    "patient_phone_numbers": PATIENTS,
    "date_of_birth": PATIENTS,
    "merged_with_patient": PATIENTS,
    "business_name": BUSINESSES,
    "duration_in_minutes": TYPES,
    "designation": PRACTITIONERS,
}
"""A key that only records of one kind have, the most telling first."""

_LISTS = (VISITS, ATTENDEES, GROUPS, PATIENTS, BUSINESSES, TYPES, PRACTITIONERS)

_UNKNOWN = (
    "is none of Cliniko's records that drip reads: appointments, attendees, group appointments, patients, and the"
    " businesses, appointment types and practitioners that they link to."
)


def read_file(
    data: bytes, clinic: Clinic, source: str, *, filename: str = "", mapping: Mapped | None = None
) -> list[Outcome]:
    """Every event of the file, in order, parsed or rejected. Never raises for what `data` holds.

    Links are resolved by the other records of the file; one that cannot be leaves the reference alone.
    """
    if len(data) > MOST_BYTES:
        return [Rejected(0, "", f"The file is larger than {MOST_BYTES // 1024 // 1024} MiB; send it in parts.")]
    shelf = _Shelf()
    for one in _records(data.decode("utf-8-sig", "replace")):
        shelf.put(one)
    teller = Teller.of(clinic, source)
    outcomes: list[Outcome] = []
    for index, one in enumerate(shelf.in_order):
        if index >= MOST_EVENTS:
            outcomes.append(Rejected(index, "", f"There are more than {MOST_EVENTS} records; send them in parts."))
            break
        outcomes += [Rejected(index, "", one)] if isinstance(one, str) else _told(teller, shelf, index, one)
    return outcomes


@dataclass(frozen=True, slots=True)
class _Filed:
    what: str
    record: Record = field(repr=False)


@dataclass(slots=True)
class _Shelf:
    """The records of a file, as they stood and by id."""

    in_order: list[_Filed | str] = field(default_factory=list)
    """A text is what is wrong with what stood there."""
    by_id: dict[tuple[str, str], Record] = field(default_factory=dict)

    def put(self, one: _Filed | str) -> None:
        self.in_order.append(one)
        if isinstance(one, _Filed):
            self.by_id[one.what, id_of(one.record)] = one.record

    def find(self, what: str, ref: str) -> Record | None:
        return self.by_id.get((what, ref))


def _told(teller: Teller, shelf: _Shelf, index: int, one: _Filed) -> list[Outcome]:
    match one.what:
        case "individual_appointments":
            return teller.visit(own_visit(one.record), shelf, index)
        case "attendees":
            return _place(teller, shelf, index, one.record)
        case "patients":
            return teller.patient(one.record, index)
        case _:
            return []  # there to be linked to


def _place(teller: Teller, shelf: _Shelf, index: int, attendee: Record) -> list[Outcome]:
    """Each individual appointment has an attendee too, who is heard of as its patient."""
    booking = id_at(attendee, "booking")
    if group := shelf.find(GROUPS, booking):
        return teller.visit(place_in_group(attendee, group), shelf, index)
    if shelf.find(VISITS, booking):
        return []
    return [Rejected(index, "booking", "is not in the file; put its group appointment beside it.")]


def _records(text: str) -> Iterator[_Filed | str]:
    for told in _documents(text):
        if isinstance(told, str):
            yield told
        elif any(isinstance(told.get(name), list) for name in _LISTS):
            for name in _LISTS:
                rows = told.get(name)
                yield from (_filed(row, name) for row in (rows if isinstance(rows, list) else ()))
        else:
            yield _filed(told)


def _filed(told: object, what: str | None = None) -> _Filed | str:
    """A record, by the list that it stands in, else by what only its kind says."""
    if not isinstance(told, Mapping):
        return _UNKNOWN
    what = what or next((what for key, what in _TELLS_APART.items() if key in told), None)
    return _Filed(what, told) if what else _UNKNOWN


def _documents(text: str) -> Iterator[Record | str]:
    """Each JSON document; a text is what is wrong with one."""
    try:
        whole = json.loads(text)
    except (ValueError, RecursionError):
        yield from (_document(line) for line in text.split("\n") if line.strip())
    else:
        yield from map(_object, whole if isinstance(whole, list) else [whole])


def _document(line: str) -> Record | str:
    try:
        told: object = json.loads(line)
    except (ValueError, RecursionError):
        return "is not valid JSON. Write one answer or record a line, or one document in all."
    return _object(told)


def _object(told: object) -> Record | str:
    return told if isinstance(told, Mapping) else _UNKNOWN
