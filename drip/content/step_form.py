"""A step of a sequence file as the fields of a form, and back: only what differs is written."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, TypeAlias

from drip.content.amend import drop, put, rename
from drip.content.sequence_schema import StepShape
from drip.content.strict_yaml import Loc
from drip.content.written import read_written
from drip.core.model import Send

Fields: TypeAlias = Mapping[str, str]
"""What stands in each field; empty is nothing."""

ORDER: Final = tuple(StepShape.model_fields)

USUAL: Final[Fields] = {
    "send": Send.BOTH.value,
    "if_late": "skip",
    "if_closed": "after",
    "reminder": "false",
    "critical": "false",
}
"""What holds where nothing is said."""

PLAIN: Final = ("id", "at", "weekday", "every", "times", "until", "when", "purpose", "expires", *USUAL)
"""Keys that are fields of the same name."""

UNITS: Final[Fields] = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks", "": "a sum, such as 1d12h"}

_APART: Final = ("email", "sms", "ask")
"""Keys that have fields of their own beside these."""

_ONE_UNIT = re.compile(r"([0-9]+)([mhdw])")
_WAYS = ("after", "before")


def step_fields(step: Mapping[str, Any]) -> Fields:
    """A step's fields, from its text tree. What a field cannot hold is left out."""
    told = {name: step.get(name, USUAL.get(name, "")) for name in PLAIN}
    way = next((one for one in _WAYS if one in step), "after")
    length = step.get(way, "")
    found = _ONE_UNIT.fullmatch(length) if isinstance(length, str) else None
    number, unit = (found[1], found[2]) if found else (length, "")
    told |= {"way": way, "number": number, "unit": unit}
    return {name: value for name, value in told.items() if isinstance(value, str)}


def beyond_form(step: Mapping[str, Any]) -> tuple[str, ...]:
    """Keys that the form has no field for: they stay as they are."""
    fields = step_fields(step)
    named = {*_WAYS, *_APART, *(name for name in PLAIN if name in fields)}
    return tuple(key for key in step if key not in named)


def with_step(text: str, position: int, fields: Fields) -> str:
    """The text whose step says what the fields say. A field that is not named stays as it is."""
    loc = ("steps", position)
    part = read_written(text).find(loc)
    step = part.plain() if part else {}
    known = step_fields(step)
    new = {name: tidy(value) for name, value in fields.items() if name in known and tidy(value) != tidy(known[name])}
    if "number" in known and new.keys() & {"way", "number", "unit"}:
        text = _with_offset(text, position, step, {**known, **new})
    return with_texts(text, loc, {name: new[name] for name in PLAIN if name in new}, USUAL, ORDER)


def with_texts(text: str, loc: Loc, new: Fields, usual: Fields, order: Sequence[str]) -> str:
    """The text with these values for keys of the mapping at `loc`. What holds anyway is not written."""
    for name, value in new.items():
        is_said = value and value != usual.get(name)
        text = put(text, (*loc, name), value, order) if is_said else drop(text, (*loc, name))
    return text


def tidy(value: str) -> str:
    """On one line, without the spaces around it."""
    return " ".join(filter(None, (line.strip() for line in value.splitlines())))


def _with_offset(text: str, position: int, step: Mapping[str, Any], fields: Fields) -> str:
    loc = ("steps", position)
    old, way = next((one for one in _WAYS if one in step), None), fields["way"] if fields["way"] in _WAYS else "after"
    if old and old != way:
        text = rename(text, (*loc, old), way)
    length = fields["number"].strip() + (fields["unit"] if fields["unit"] in UNITS else "")
    return put(text, (*loc, way), length or "0m", ORDER)


def with_words(text: str, loc: Loc, names: Mapping[str, str | None], order: Sequence[str] = ORDER) -> str:
    """The text in which what stands at `loc` names these words under `email` and `sms`; None is none."""
    for channel in sorted(names, key=lambda one: not names[one]):  # what would be left empty goes: never in between
        name = names[channel]
        text = put(text, (*loc, channel), name, order) if name else drop(text, (*loc, channel))
    return text


def field_of(key: str) -> str:
    """The field that a key of a step is shown in."""
    return "number" if key in _WAYS else key


def steps_of(tree: object) -> Iterator[tuple[int, Mapping[str, Any]]]:
    """The steps of a file's text tree that have a name, with their positions."""
    steps = tree.get("steps") if isinstance(tree, dict) else None
    for position, step in enumerate(steps if isinstance(steps, list) else ()):
        if isinstance(step, dict) and isinstance(step.get("id"), str):
            yield position, step
