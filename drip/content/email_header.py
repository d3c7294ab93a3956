"""The lines between --- at the top of an email: its subject, and the preheader that inboxes show behind it."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from drip.content.slots import Piece, expand
from drip.content.template_problem import Place, TemplateProblem, problem

_KEYS: Final = ("subject", "preheader")
HEADER: Final = re.compile(r"---[ \t]*\n(.*?\n|)---[ \t]*(?:\n|$)", re.DOTALL)
LINE: Final = re.compile(r"([\w-]+):[ \t]*(.*?)[ \t]*")
_RULE: Final = "template-header"
_HOW: Final = "begin with a line ---, then subject: and preheader:, then a line ---"


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """What stands above the letter, and the letter as it is written below."""

    fields: dict[str, list[Piece]]
    body: str
    body_at: Place
    problems: tuple[TemplateProblem, ...]


def read_header(path: str, text: str) -> Header:
    """The subject and preheader of an email. Never raises."""
    found = HEADER.match(text)
    start = found.end() if found else 0
    fields: dict[str, list[Piece]] = {}
    problems = [] if found else [problem(Place(path=path), _RULE, _HOW)]
    for number, line in enumerate(found[1].splitlines() if found else [], start=2):
        problems += _read_line(fields, line, Place(path=path, line=number))
    if found and not fields.get("subject"):
        problems.append(problem(Place(path=path), _RULE, "an email needs a subject:"))
    at = Place(path=path).after(text[:start])
    return Header(fields=fields, body=text[start:], body_at=at, problems=tuple(problems))


def _read_line(fields: dict[str, list[Piece]], line: str, place: Place) -> Iterator[TemplateProblem]:
    """Puts what a line says into `fields`."""
    if not line.strip() or line.startswith("#"):
        return
    found = LINE.fullmatch(line)
    key = found[1] if found else ""
    if found is None or key not in _KEYS:
        yield problem(place, _RULE, f"{key or 'this'} is not known here: {_HOW}, each on one line")
        return
    if key in fields:
        yield problem(place, _RULE, f"{key} is written twice")
    value, start = found[2], found.start(2)
    if len(value) > 1 and value[0] == value[-1] and value[0] in "\"'":
        value, start = value[1:-1], start + 1
    # Nothing can be included in one line.
    read = expand(place.after(line[:start]), value, {})
    fields[key] = read.pieces
    yield from read.problems
