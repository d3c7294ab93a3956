"""HL7 version 2 messages in a file or a pipe: one or many, with or without the frames they travel in."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from drip.bookings.csv_file import Mapped, MappingError
from drip.bookings.generic import MOST_BYTES, MOST_EVENTS, EventReader
from drip.bookings.hl7_event import FIELDS, Rules, events_of
from drip.bookings.hl7_message import NotHl7, read_message
from drip.bookings.parsed import MOST_RAW, Outcome, Parsed, Raw, Rejected
from drip.core.clinic import Clinic

LARGEST_MESSAGE = 1024 * 1024
LARGEST_READ = 64 * 1024
"""Bytes of the segments that we read of one message: they are taken apart character by character."""

_LINE = re.compile(rb"[^\r\n\x0b\x1c]+")
"""A segment. Ends of lines are CR by the standard, LF in many files; 0x0B and 0x1C frame a message on a wire."""

_BEGINS = b"MSH|^~\\&|"
"""Within a text it would be escaped."""

_READ = frozenset({b"MSH", b"SCH", b"TQ1", b"PID", b"MRG", b"NK1", b"PV1", b"AIS", b"AIL", b"AIP", b"AIG"})
_FRAMES = frozenset({b"FHS", b"BHS", b"BTS", b"FTS"})


def read_file(
    data: bytes, clinic: Clinic, source: str, *, filename: str = "", mapping: Mapped | None = None
) -> list[Outcome]:
    """Every event of a file of messages, in order. Messages about other things than visits and patients say nothing.

    A mapping may say whose number is the patient's: `PID-3:AUTHORITY: patient.ref`. MappingError if it says more.
    """
    rules = Rules(clinic=clinic, source=source, authority=_authority(mapping))
    if len(data) > MOST_BYTES:
        return [Rejected(0, "", f"The file is larger than {MOST_BYTES // 1024 // 1024} MiB; send it in parts.")]
    reader = EventReader.of(clinic, source)
    outcomes: list[Outcome] = []
    for index, whole in enumerate(_messages(data)):
        if index >= MOST_EVENTS:
            outcomes.append(Rejected(index, "", f"There are more than {MOST_EVENTS} messages; send them in parts."))
            break
        outcomes += _read(index, whole, rules, reader)
    return outcomes


def _authority(mapping: Mapped | None) -> str:
    if not mapping:
        return ""
    ((place, path), *more) = mapping.items()
    name, colon, authority = place.partition(":")
    if more or path != "patient.ref" or name != "PID-3" or not colon or not authority:
        raise MappingError("For HL7 a mapping is one line, `PID-3:AUTHORITY: patient.ref`: whose number to go by.")
    return authority


@dataclass(slots=True)
class _Whole:
    """One message as it came."""

    size: int = 0
    raw: list[bytes] = field(default_factory=list, repr=False)
    read: list[bytes] = field(default_factory=list, repr=False)

    def add(self, line: bytes) -> None:
        """One more segment; of a message that is too large nothing more is kept."""
        self.size += len(line)
        if self.size <= LARGEST_MESSAGE:
            self.raw.append(line)
            if line[:3] in _READ:
                self.read.append(line)


def _messages(data: bytes) -> Iterator[_Whole]:
    """Each message; what stands before the first one, or belongs to a batch, is left out."""
    whole: _Whole | None = None
    is_anything = False
    for line in _lines(data):
        is_anything = is_anything or bool(line)
        if line.startswith(b"MSH"):
            if whole:
                yield whole
            whole = _Whole()
        if whole and line[:3] not in _FRAMES:
            whole.add(line)
    if whole:
        yield whole
    elif is_anything:
        yield _Whole()


def _lines(data: bytes) -> Iterator[bytes]:
    """Each segment, also where one file was put behind another that did not end its last line."""
    for found in _LINE.finditer(data):
        line = found[0].removeprefix(b"\xef\xbb\xbf").strip(b" \t")
        start = 0
        while (at := line.find(_BEGINS, start + 1)) > 0:
            yield line[start:at]
            start = at
        yield line[start:]


def _read(index: int, whole: _Whole, rules: Rules, reader: EventReader) -> list[Outcome]:
    if not whole.size:
        return [Rejected(index, "", "This is not HL7: no line of it begins with MSH.")]
    if whole.size > LARGEST_MESSAGE or sum(map(len, whole.read)) > LARGEST_READ:
        return [Rejected(index, "", "The message is larger than any about a visit needs to be.")]
    try:
        message = read_message(whole.read)
    except NotHl7 as problem:
        return [Rejected(index, "", f"The message {problem}.")]
    raw = b"\r".join(whole.raw)
    outcomes: list[Outcome] = []
    for told in events_of(message, raw, rules):
        for one in [told] if isinstance(told, Rejected) else reader.read(Raw(index, told, FIELDS)):
            outcomes.append(replace(one, raw=raw[:MOST_RAW]) if isinstance(one, Parsed) else replace(one, index=index))
    return outcomes
