"""FHIR as it comes in: JSON, one document or one a line. A broken one is reported, the others are read."""

import json
from collections.abc import Iterator
from typing import Any, NoReturn

from drip.bookings.parsed import Raw, Rejected

_LINES = (".ndjson", ".jsonl")
_XML = "This is XML. drip reads FHIR as JSON: ask for application/fhir+json."
_NOT_JSON = "is not valid JSON."
_TOO_DEEP = "is nested too deeply."


def _refused(_: str) -> NoReturn:
    raise ValueError("not a number")


def document(text: str, index: int = 0) -> Raw | Rejected:
    """The whole text as one JSON value. Never raises for what it holds."""
    if text.lstrip().startswith("<"):
        return Rejected(index, "", _XML)
    try:
        return Raw(index, json.loads(text, parse_constant=_refused))
    except json.JSONDecodeError as error:
        line = f"line {error.lineno}, " if error.lineno > 1 else ""
        return Rejected(index, "", f"is not valid JSON at {line}column {error.colno}: {error.msg}.")
    except RecursionError:
        return Rejected(index, "", _TOO_DEEP)
    except ValueError:  # a number that is none, or of thousands of digits
        return Rejected(index, "", _NOT_JSON)


def documents(data: bytes, filename: str = "") -> Iterator[Raw | Rejected]:
    """One document, a list of them, or one a line (bulk data, `.ndjson`), each with its position."""
    text = text_of(data)
    if not text.strip():
        return iter(())
    if filename.lower().endswith(_LINES) or _has_lines(text):
        return _lines(text)
    whole = document(text)
    if isinstance(whole, Raw) and isinstance(whole.told, list):
        return (Raw(index, one) for index, one in enumerate(whole.told))
    return iter((whole,))


def _lines(text: str) -> Iterator[Raw | Rejected]:
    lines = [line for line in text.split("\n") if line.strip()]
    return (document(line, index) for index, line in enumerate(lines))


def _has_lines(text: str) -> bool:
    """The first line is a whole document, and there is another."""
    first, _, rest = text.strip().partition("\n")
    return bool(rest) and isinstance(document(first), Raw)


def text_of(data: bytes) -> str:
    """Bytes that are not UTF-8 become characters that no resource may have: only what holds them is lost."""
    return data.decode("utf-8-sig", "surrogateescape")


def value_of(data: bytes) -> Any:
    """The JSON value that an answer holds; None when it is none."""
    told = document(text_of(data))
    return told.told if isinstance(told, Raw) else None
