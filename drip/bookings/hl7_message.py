"""One HL7 version 2 message: its segments, fields and parts as plain text.

Structure is read with the `hl7` package. Its own unescaping is not used: it writes what it cannot read, which may be a
patient's name, into the log, and multiplies a text as often as the message says.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import hl7

NULL = '""'
"""How HL7 says that there is no value any more; an empty field says nothing."""

_HEADER = re.compile(r"MSH([^\w\s])((?:(?!\1)[^\w\s]){2,5})\1")
_CHARSETS = {
    "ASCII": "ascii",
    "UNICODE UTF-8": "utf-8",
    "UTF-8": "utf-8",
    **{f"8859/{number}": f"iso8859_{number}" for number in (1, 2, 3, 4, 5, 6, 7, 8, 9, 15)},
}
"""MSH-18 -> the name of the codec."""


class NotHl7(ValueError):
    """It cannot be read. Says where, and nothing of what it holds."""


@dataclass(frozen=True, slots=True)
class Part:
    """A segment, a field or a repetition of one; counted from 1 as HL7 does. What is not there is an empty text."""

    _node: Any = field(repr=False)
    _escapes: "_Escapes" = field(repr=False)

    def text(self, *place: int) -> str:
        """The text at a place: of a segment `(field, component, subcomponent)`, of a repetition `(component, ...)`."""
        node = self._node
        for depth, number in enumerate(place):
            if depth == 1 and isinstance(node, hl7.Field):
                node = _child(node, 0)  # of a field that is repeated, the first
            node = _child(node, number if isinstance(node, hl7.Segment) else number - 1)
        while isinstance(node, list):
            node = _child(node, 0)
        return self._escapes.undone(str(node)).strip()

    def repetitions(self, number: int) -> list["Part"]:
        """Each repetition of a segment's field."""
        found = _child(self._node, number)
        return [Part(one, self._escapes) for one in found] if isinstance(found, hl7.Field) else []


def _child(node: Any, index: int) -> Any:
    """A text that was not divided is its own first part."""
    if isinstance(node, list):
        return node[index] if 0 <= index < len(node) else ""
    return node if index == 0 else ""


@dataclass(frozen=True, slots=True)
class _Escapes:
    """`\\T\\` and its like, written back into the characters they stand for."""

    pattern: "re.Pattern[str]"
    stand_for: Mapping[str, str]
    charset: str

    def undone(self, text: str) -> str:
        return self.pattern.sub(self._one, text) if self.stand_for["E"] in text else text

    def _one(self, found: "re.Match[str]") -> str:
        word = found[1]
        if word.startswith("X"):
            try:
                return bytes.fromhex(word[1:]).decode(self.charset, "replace")
            except ValueError:
                return ""
        return self.stand_for.get(word, " " if word.startswith(".") else "")


@dataclass(frozen=True, slots=True)
class Message:
    """The segments that we read of one message."""

    segments: Mapping[str, Sequence[Part]] = field(repr=False)

    def first(self, name: str) -> Part | None:
        """The first segment of that name."""
        found = self.all(name)
        return found[0] if found else None

    def all(self, name: str) -> Sequence[Part]:
        """Every segment of that name, in order."""
        return self.segments.get(name, ())

    def text(self, name: str, *place: int) -> str:
        """The text at a place in the first segment of that name."""
        segment = self.first(name)
        return segment.text(*place) if segment else ""


def read_message(segments: Sequence[bytes]) -> Message:
    """The message that these segments are, MSH first. NotHl7 says what is wrong with it."""
    text, charset = _decoded(segments)
    header = _HEADER.match(text)
    if header is None:
        raise NotHl7("begins with an MSH segment that does not say how fields and their parts are divided")
    between, parts = header[1], header[2]
    if len({between, *parts}) <= len(parts):
        raise NotHl7("uses the same character for two kinds of division (MSH-1, MSH-2)")
    try:
        parsed = hl7.parse(text)
    except Exception:  # its words may hold what it was given
        raise NotHl7("cannot be divided into segments and fields") from None
    escapes = _escapes(between, parts, charset)
    found: dict[str, list[Part]] = {}
    for segment in parsed:
        found.setdefault(str(segment[0]), []).append(Part(segment, escapes))
    return Message(found)


def _escapes(between: str, parts: str, charset: str) -> _Escapes:
    said = parts + "^~\\&"[len(parts) :]
    stand_for = {"F": between, "S": said[0], "R": said[1], "E": said[2], "T": said[3]}
    inside = re.escape(said[2])
    return _Escapes(re.compile(f"{inside}([^{inside}]{{0,40}}){inside}"), stand_for, charset)


def _decoded(segments: Sequence[bytes]) -> tuple[str, str]:
    """As MSH-18 says; else UTF-8, and where it is not that, Latin-1, in which everything is something."""
    header = segments[0].split(segments[0][3:4], 18) if len(segments[0]) > 3 else []
    named = header[17].decode("ascii", "replace") if len(header) > 17 else ""
    charset = _CHARSETS.get(re.split(r"[^A-Za-z0-9 /-]", named)[0].strip().upper(), "utf-8")
    whole = b"\r".join(segments)
    for name in (charset, "utf-8"):
        try:
            return whole.decode(name), name
        except UnicodeDecodeError:
            continue
    return whole.decode("latin-1"), "latin-1"
