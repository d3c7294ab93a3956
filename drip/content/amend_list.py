"""Items of a list in a YAML text: one more, one less, or in another order, each with the comment above it."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise

from drip.content.amend_map import end_of_line, newline, rendered, start_of_line, without_in_line
from drip.content.scalars import written
from drip.content.written import Part, Span


def without(text: str, found: Part, position: int) -> str:
    """One item less."""
    if found.in_line:
        return without_in_line(text, [(one.start, one.end) for one in found.items], position)
    pieces = _pieces(text, found)
    start, end = pieces[position]
    if position + 1 < len(pieces) and not text[end : pieces[position + 1][0]].strip():
        return text[:start] + text[pieces[position + 1][0] :]
    if 0 < position == len(pieces) - 1 and not text[pieces[position - 1][1] : start].strip():
        return text[: pieces[position - 1][1]] + text[end:]
    return text[:start] + text[end:].removeprefix("\r").removeprefix("\n")


def with_mapping(text: str, found: Part, position: int, item: Mapping[str, str]) -> str:
    """One more item, with these keys."""
    in_line = found.in_line or found.items[0].in_line
    entries = [f"{key}: {written(value, in_line=in_line)}" for key, value in item.items()]
    return _with_item(text, found, position, ["{" + ", ".join(entries) + "}"] if in_line else entries)


def with_copy(text: str, found: Part, position: int) -> str:
    """An item twice, without the comment above it."""
    one = found.items[position]
    if found.in_line:
        return f"{text[: one.end]}, {text[one.start : one.end]}{text[one.end :]}"
    start, end = start_of_line(text, one.start), end_of_line(text, one.end)
    return text[:end] + _between(text, found) + text[start:end] + text[end:]


def moved(text: str, found: Part, position: int, to: int) -> str:
    """An item at another position. What stands between the items stays between them."""
    pieces = [(one.start, one.end) for one in found.items] if found.in_line else _pieces(text, found)
    order = list(range(len(pieces)))
    order.insert(to, order.pop(position))
    told = [text[: pieces[0][0]]]
    for n, which in enumerate(order):
        start, end = pieces[which]
        following = pieces[n + 1][0] if n + 1 < len(pieces) else len(text)
        told += [text[start:end], text[pieces[n][1] : following]]
    return "".join(told)


def with_value(text: str, found: Part, position: int, value: str | Sequence[str]) -> str:
    """One more item, a text or a list of texts."""
    return _with_item(text, found, position, [rendered(value, in_line=found.in_line)])


def _with_item(text: str, found: Part, position: int, lines: Sequence[str]) -> str:
    """One more item before that position; at the end behind the last."""
    if found.in_line:
        return _with_item_in_line(text, found, position, lines[0])
    end, dash = newline(text), _dash(text, found)
    block = dash + (end + " " * len(dash)).join(lines)
    if position == 0:
        start = _pieces(text, found)[0][0]
        return text[:start] + block + _between(text, found) + text[start:]
    stop = _pieces(text, found)[position - 1][1]
    return text[:stop] + _between(text, found) + block + text[stop:]


def _with_item_in_line(text: str, found: Part, position: int, said: str) -> str:
    if position == 0:
        start = found.items[0].start
        return f"{text[:start]}{said}, {text[start:]}"
    end = found.items[position - 1].end
    return f"{text[:end]}, {said}{text[end:]}"


def _dash(text: str, found: Part) -> str:
    """What stands before an item on its first line."""
    first = found.items[0]
    return text[start_of_line(text, first.start) : first.start]


def _between(text: str, found: Part) -> str:
    """What parts two items of this list: a line end, and an empty line where it is the custom."""
    pieces, end = _pieces(text, found), newline(text)
    gaps = [text[a[1] : b[0]].count("\n") for a, b in pairwise(pieces)]
    is_mapping = isinstance(found.items[0].value, dict) and not found.items[0].in_line
    return end * (2 if (any(gap > 1 for gap in gaps) or (not gaps and is_mapping)) else 1)


def _pieces(text: str, found: Part) -> list[Span]:
    """Each item with its lines, and the comment that stands right above it."""
    return list(_each_piece(text, found))


def _each_piece(text: str, found: Part) -> Iterator[Span]:
    floor = 0
    for item in found.items:
        start = start_of_line(text, item.start)
        while start > floor and text[start_of_line(text, start - 1) : start].lstrip().startswith("#"):
            start = start_of_line(text, start - 1)
        end = end_of_line(text, item.end)
        yield start, end
        floor = min(end + 1, len(text))
