"""Events written as JSON: one object, a list, or one object a line. A broken one is reported, the others are read."""

import json
import math
import re
from collections.abc import Iterator
from typing import Any

from drip.bookings.parsed import Raw, Rejected
from drip.bookings.shape import Repeated

MOST_BYTES = 1024 * 1024
"""Of one event."""

_SPACE = re.compile(r"[ \t\r\n]*")
_TWO_STARTS = re.compile(r"^\{.*^\{", re.MULTILINE | re.DOTALL)


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    whole = dict(pairs)
    return whole if len(whole) == len(pairs) else Repeated(whole)


def _number(digits: str) -> int | float:
    """Longer ones cost more to read than they can mean; infinite ones are refused later."""
    return int(digits) if len(digits) < 20 else math.inf


_DECODER = json.JSONDecoder(object_pairs_hook=_object, parse_int=_number)


def documents(text: str, *, are_lines: bool = False) -> Iterator[Raw | Rejected]:
    """Every event of a JSON text, in order, each with its position."""
    start = _after_space(text, 0)
    if are_lines or start == len(text):
        return _lines(text)
    if text[start] == "[":
        return _list(text, start + 1)
    whole = _one(text, start, 0)
    return _lines(text) if isinstance(whole, Rejected) and _looks_like_lines(text, start) else iter((whole,))


def _looks_like_lines(text: str, start: int) -> bool:
    """Several objects, each beginning a line; or a first line that is a whole object with more after it."""
    if _TWO_STARTS.search(text):
        return True
    end = text.find("\n", start)
    return end >= 0 and isinstance(_one(text[:end], start, 0), Raw)


def _lines(text: str) -> Iterator[Raw | Rejected]:
    index, at = 0, _after_space(text, 0)
    while at < len(text):
        end = text.find("\n", at)
        end = len(text) if end < 0 else end
        yield _too_large(text, at, end, index) or _one(text[at:end], 0, index)
        index, at = index + 1, _after_space(text, end)


def _one(text: str, at: int, index: int) -> Raw | Rejected:
    """A text that should hold one event and nothing after it."""
    try:
        told, end = _DECODER.raw_decode(text, at)
    except (json.JSONDecodeError, RecursionError) as error:
        return _broken(error, index)
    if _after_space(text, end) < len(text):
        return Rejected(index, "", "There is something after the end of the event; send one event a line, or a list.")
    return _too_large(text, at, end, index) or Raw(index, told, text=text[at:end])


def _list(text: str, at: int) -> Iterator[Raw | Rejected]:
    """Element by element, so that what comes before a fault is read."""
    index, at = 0, _after_space(text, at)
    if text.startswith("]", at):
        return
    while True:
        try:
            told, end = _DECODER.raw_decode(text, at)
        except (json.JSONDecodeError, RecursionError) as error:
            yield _broken(error, index, text)
            return
        yield _too_large(text, at, end, index) or Raw(index, told, text=text[at:end])
        index, at = index + 1, _after_space(text, end)
        if not text.startswith(",", at):
            break
        at = _after_space(text, at + 1)
    if not text.startswith("]", at) or _after_space(text, at + 1) < len(text):
        yield Rejected(index, "", f"The list should go on with a comma or end here (character {at + 1} of the file).")


def _after_space(text: str, at: int) -> int:
    found = _SPACE.match(text, at)
    return found.end() if found else at


def _too_large(text: str, start: int, end: int, index: int) -> Rejected | None:
    if (end - start) * 4 <= MOST_BYTES or len(text[start:end].encode("utf-8", "surrogatepass")) <= MOST_BYTES:
        return None
    return Rejected(index, "", f"is larger than {MOST_BYTES // 1024} KiB; an event never needs to be.")


def _broken(error: json.JSONDecodeError | RecursionError, index: int, text: str = "") -> Rejected:
    """In a list, nothing after a fault can be told apart any more."""
    rest = " What follows in the list could not be read; send one event a line to lose only the broken one."
    if isinstance(error, RecursionError):
        return Rejected(index, "", "is nested too deeply." + (rest if text else ""))
    line = f"line {error.lineno}, " if error.lineno > 1 else ""
    said = f"is not valid JSON at {line}column {error.colno}: {error.msg}."
    return Rejected(index, "", said + (rest if text else ""))
