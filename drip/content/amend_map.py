"""Keys of a mapping in a YAML text: one more, one less, or another value."""

from collections.abc import Mapping, Sequence
from typing import Any

from drip.content.scalars import written
from drip.content.written import Part


def rendered(value: Any, *, in_line: bool = False) -> str:
    """A value as it is written where nothing stood before: lists and mappings on one line."""
    if isinstance(value, str):
        return written(value, in_line=in_line)
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key}: {rendered(one, in_line=True)}" for key, one in value.items()) + "}"
    if len(value) == 1:
        return rendered(value[0], in_line=in_line)
    return "[" + ", ".join(rendered(one, in_line=True) for one in value) + "]"


def replaced(text: str, part: Part, said: str) -> str:
    """Other words at the place of a part."""
    start = part.start
    if not part.in_line and not isinstance(part.value, str):
        start = len(text[:start].rstrip())  # what was on lines of its own goes behind its key
        return f"{text[:start]} {said}{text[part.end :]}"
    gap = "" if part.start < part.end else " "
    return f"{text[:start]}{gap}{said}{text[part.end :]}"


def with_entry(text: str, parent: Part, key: str, said: str, order: Sequence[str]) -> str:
    """One more key, behind those that come before it in `order`."""
    before = _before(parent, key, order)
    if parent.in_line:
        return _with_entry_in_line(text, parent, before, f"{key}: {said}")
    column = parent.start - start_of_line(text, parent.start)
    if before is None:
        line = f"{key}: {said}{newline(text)}{' ' * column}"
        return text[: parent.start] + line + text[parent.start :]
    end = end_of_line(text, parent.entries[before].end)
    return f"{text[:end]}{newline(text)}{' ' * column}{key}: {said}{text[end:]}"


def _with_entry_in_line(text: str, parent: Part, before: str | None, entry: str) -> str:
    if not parent.entries:
        return f"{text[: parent.start + 1]}{entry}{text[parent.end - 1 :]}"
    if before is None:
        first = min(start for start, _ in parent.keys.values())
        return f"{text[:first]}{entry}, {text[first:]}"
    end = parent.entries[before].end
    return f"{text[:end]}, {entry}{text[end:]}"


def _before(parent: Part, key: str, order: Sequence[str]) -> str | None:
    """The key that the new one goes behind; None to go first. Without an order it goes last."""
    there = list(parent.keys)
    if key not in order or not there:
        return there[-1] if there else None
    earlier = set(order[: order.index(key)])
    return next((one for one in reversed(there) if one in earlier), None)


def without(text: str, parent: Part, key: str) -> str:
    """One key less, with its line and whatever is said behind it there."""
    start, end = parent.keys[key][0], parent.entries[key].end
    if parent.in_line:
        return without_in_line(text, list(_spans(parent)), list(parent.keys).index(key))
    line = start_of_line(text, start)
    if text[line:start].strip():  # behind the dash of its item
        return _without_first(text, parent, key)
    stop = end_of_line(text, end)
    if stop == len(text):
        return text[:line].removesuffix("\n").removesuffix("\r")
    return text[:line] + text[stop:].removeprefix("\r").removeprefix("\n")


def _spans(parent: Part) -> Sequence[tuple[int, int]]:
    return [(start, parent.entries[key].end) for key, (start, _) in parent.keys.items()]


def _without_first(text: str, parent: Part, key: str) -> str:
    """The first key of an item goes, and the second takes its place behind the dash."""
    start, end = parent.keys[key][0], parent.entries[key].end
    following = [one for one, _ in parent.keys.values() if one > start]
    if following and not text[end : min(following)].strip():
        return text[:start] + text[min(following) :]
    return text[:start] + text[end:].lstrip(" ")


def without_in_line(text: str, spans: Sequence[tuple[int, int]], position: int) -> str:
    """One entry less between brackets or braces, with one comma."""
    start, end = spans[position]
    if position + 1 < len(spans):
        return text[:start] + text[spans[position + 1][0] :]
    if position:
        return text[: spans[position - 1][1]] + text[end:]
    return text[:start] + text[end:]


def newline(text: str) -> str:
    """How lines end in this text."""
    return "\r\n" if "\r\n" in text else "\n"


def start_of_line(text: str, at: int) -> int:
    """The first character of the line."""
    return text.rfind("\n", 0, at) + 1


def end_of_line(text: str, at: int) -> int:
    """Behind the last character of the line."""
    end = text.find("\n", at)
    end = len(text) if end < 0 else end
    return end - 1 if text[at:end].endswith("\r") else end
