"""A file of Semble's bookings: answers of its API as they came, or single bookings."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from hashlib import sha256
from itertools import count

from drip.bookings.csv_file import Mapped, MappingError
from drip.bookings.generic import MOST_BYTES, MOST_EVENTS
from drip.bookings.json_file import documents
from drip.bookings.parsed import Outcome, Raw, Rejected
from drip.bookings.record import Record, records_in, text, within, words_of
from drip.bookings.semble_booking import Teller
from drip.core.clinic import Clinic

_LINES = (".jsonl", ".ndjson")

_NO_BOOKING = "is not one of Semble's bookings: it has no `id`, or neither `updatedAt` nor `createdAt`."
_MORE = "Semble says that there are more bookings (`pageInfo.hasMore`): ask for the next page as well."


def read_file(
    data: bytes, clinic: Clinic, source: str, *, filename: str = "", mapping: Mapped | None = None
) -> list[Outcome]:
    """Every booking of the file, in order, parsed or rejected. Never raises for what `data` holds.

    A mapping may say `times: local`, as SEMBLE_TIMES does; MappingError when it says anything else.
    """
    if len(data) > MOST_BYTES:
        return [Rejected(0, "", f"The file is larger than {MOST_BYTES // 1024 // 1024} MiB; send it in parts.")]
    teller = Teller.of(clinic, source, is_local=_are_local(mapping))
    outcomes: list[Outcome] = []
    for raw in _bookings(data.decode("utf-8-sig", "surrogateescape"), filename.lower().endswith(_LINES)):
        if raw.index >= MOST_EVENTS:
            outcomes.append(Rejected(raw.index, "", f"There are more than {MOST_EVENTS} bookings; send them in parts."))
            break
        outcomes += [raw] if isinstance(raw, Rejected) else _told(teller, raw)
    return outcomes


def _are_local(mapping: Mapped | None) -> bool:
    if mapping is None:
        return False
    if dict(mapping) not in ({"times": "local"}, {"times": "utc"}):
        raise MappingError("For Semble a mapping says `times: local` or `times: utc`, and nothing else.")
    return mapping["times"] == "local"


def _bookings(text: str, are_lines: bool) -> Iterator[Raw | Rejected]:
    """Each booking by its place among all of them."""
    places = count()
    has_more = False
    for raw in documents(text, are_lines=are_lines):
        if isinstance(raw, Rejected):
            yield replace(raw, index=next(places))
            continue
        answer = raw.told if isinstance(raw.told, Mapping) else {}
        page = within(answer, "data", "bookings")
        has_more = within(page, "pageInfo").get("hasMore") is True if page else has_more
        for row in _rows(answer):
            yield Raw(next(places), row, text=words_of(row))
    if has_more:
        yield Rejected(next(places), "data.bookings.pageInfo", _MORE)


def _rows(answer: Record) -> list[Record]:
    """The bookings of an answer; one that is a booking itself, or nothing that we know, as it is."""
    data = within(answer, "data")
    if "bookings" in data:
        return records_in(within(data, "bookings"), "data")
    return [within(data, "booking") if "booking" in data else answer]


def _told(teller: Teller, raw: Raw) -> list[Outcome]:
    record: Record = raw.told if isinstance(raw.told, Mapping) else {}
    at = teller.changed_at(record)
    if at is None or not text(record, "id"):
        return [Rejected(raw.index, "", _NO_BOOKING)]
    return teller.tell(record, at, _state(record), raw)


def _state(record: Record) -> str:
    """The same for the same state: a file that is read again is no news."""
    return sha256(words_of(record).encode(errors="replace")).hexdigest()[:24]
