"""Two texts side by side, word by word: what stayed, what went, and what is new."""

import difflib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

CONTEXT = 2
"""Lines around a change that are shown with it."""

MOST = 1_500
"""Words that are compared one by one; a longer passage is shown as gone, and as new."""

_WORD = re.compile(r"\S+\s*|\s+")


class Kind(StrEnum):
    """What became of a passage."""

    SAME = "same"
    GONE = "gone"
    NEW = "new"
    LEFT_OUT = "left_out"
    """The same, and not shown: so many lines."""


@dataclass(frozen=True, slots=True)
class Piece:
    """One passage."""

    kind: Kind
    text: str = field(default="", repr=False)
    lines: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class TextDiff:
    """One file that differs."""

    path: str
    is_new: bool
    is_gone: bool
    pieces: Sequence[Piece]


def differing(was: Mapping[str, str], now: Mapping[str, str]) -> list[TextDiff]:
    """Every file that is not as it was, the sequence's own first."""
    paths = sorted({*was, *now}, key=lambda path: ("/" in path, path))
    return [
        TextDiff(
            path=path,
            is_new=path not in was,
            is_gone=path not in now,
            pieces=pieces(was.get(path, ""), now.get(path, "")),
        )
        for path in paths
        if was.get(path) != now.get(path)
    ]


def pieces(was: str, now: str) -> list[Piece]:
    """The second text, with what went from the first between its words. Long stretches that stayed are left out."""
    old, new = was.splitlines(keepends=True), now.splitlines(keepends=True)
    steps = difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes()
    found: list[Piece] = []
    for number, (what, a, b, c, d) in enumerate(steps):
        if what == "equal":
            found += _same(old[a:b], is_first=number == 0, is_last=number == len(steps) - 1)
        else:
            found += _changed("".join(old[a:b]), "".join(new[c:d]))
    return found


def _same(lines: list[str], *, is_first: bool, is_last: bool) -> Iterator[Piece]:
    head, tail = 0 if is_first else CONTEXT, 0 if is_last else CONTEXT
    hidden = len(lines) - head - tail
    if hidden <= 1:
        yield Piece(Kind.SAME, "".join(lines))
        return
    if head:
        yield Piece(Kind.SAME, "".join(lines[:head]))
    yield Piece(Kind.LEFT_OUT, lines=hidden)
    if tail:
        yield Piece(Kind.SAME, "".join(lines[-tail:]))


def _changed(was: str, now: str) -> Iterator[Piece]:
    old, new = _WORD.findall(was), _WORD.findall(now)
    if max(len(old), len(new)) > MOST:
        yield from _both(was, now)
        return
    for what, a, b, c, d in difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if what == "equal":
            yield Piece(Kind.SAME, "".join(old[a:b]))
        else:
            yield from _both("".join(old[a:b]), "".join(new[c:d]))


def _both(was: str, now: str) -> Iterator[Piece]:
    """Where one took the other's place, the space behind them belongs to neither."""
    end = len(now.rstrip()) if was.strip() and now.strip() and _space_behind(was) == _space_behind(now) else len(now)
    gone = was[: len(was) - (len(now) - end)]
    if gone:
        yield Piece(Kind.GONE, gone)
    if now[:end]:
        yield Piece(Kind.NEW, now[:end])
    if now[end:]:
        yield Piece(Kind.SAME, now[end:])


def _space_behind(text: str) -> str:
    return text[len(text.rstrip()) :]
