"""What the checker says, sorted by the part of the file that it speaks of."""

from collections.abc import Iterable, Mapping, Sequence
from typing import TypeAlias

from drip.content.finding import Finding
from drip.content.strict_yaml import Loc
from drip.content.written import Part, Span, read_written

ByKey: TypeAlias = Mapping[str, Sequence[str]]
"""Sentences by the key that they are about; those about the whole are under an empty one."""


def about(findings: Iterable[Finding], text: str, loc: Loc) -> ByKey:
    """What findings of this text say about a part of it, by that part's keys."""
    part = read_written(text).find(loc)
    told: dict[str, list[str]] = {}
    for finding in within(findings, text, loc):
        told.setdefault(_key_at(part, _offset(text, finding)) if part else "", []).append(finding.message)
    return told


def within(findings: Iterable[Finding], text: str, loc: Loc) -> Sequence[Finding]:
    """The findings that are about a part of this text."""
    part = read_written(text).find(loc)
    if part is None:
        return []
    return [one for one in findings if not loc or part.start <= _offset(text, one) <= part.end]


def _offset(text: str, finding: Finding) -> int:
    lines = text.splitlines(keepends=True)[: finding.line - 1]
    return sum(map(len, lines)) + finding.column - 1


def _key_at(part: Part, place: int) -> str:
    if place == part.start:  # what is about the whole points at its beginning
        return ""
    spans: Mapping[str, Span] = {key: (start, part.entries[key].end) for key, (start, _) in part.keys.items()}
    return next((key for key, (start, end) in spans.items() if start <= place <= end), "")
