"""What a sequence file says of the whole as the fields of a form, and back: only what differs is written."""

from collections.abc import Mapping
from typing import Any, Final

from drip.content.amend import Value, drop, put
from drip.content.sequence_schema import EndsShape, EnrolShape, ReviewShape, SequenceShape, WindowShape
from drip.content.shape import keys_of
from drip.content.step_form import Fields, tidy
from drip.content.strict_yaml import Loc
from drip.content.written import read_written
from drip.core.model import Kind, Purpose
from drip.core.sequence import Again

TEXTS: Final[Mapping[str, Loc]] = {
    "title": ("title",),
    "purpose": ("purpose",),
    "kind": ("kind",),
    "enabled": ("enabled",),
    "anchor": ("anchor",),
    "when": ("enrol", "when"),
    "author": ("review", "author"),
    "approved_by": ("review", "approved_by"),
    "registration": ("review", "registration"),
    "approved_on": ("review", "approved_on"),
    "review_due": ("review", "review_due"),
    "interests": ("review", "interests"),
}
"""Fields that hold one text, and where it is written."""

LISTS: Final[Mapping[str, Loc]] = {
    "on": ("enrol", "on"),
    "not_while_in": ("enrol", "not_while_in"),
    "ends_on": ("ends", "on"),
    "when_enrolled_in": ("ends", "when_enrolled_in"),
    "pause_when": ("pause_when",),
    "evidence": ("review", "evidence"),
}
"""Fields that hold one text to a line."""

USUAL: Final[Fields] = {"purpose": Purpose.CARE.value, "kind": Kind.EDUCATION.value, "enabled": "true"}

SITES_HOURS, ANY, OWN = "site", "any", "own"
"""When messages may go: as the site says, at any hour, or in a window of its own."""

_WINDOW = ("days", "from", "to")


def whole_fields(tree: Mapping[str, Any]) -> Fields:
    """The fields, from the file's text tree. What a field cannot hold is left out."""
    told: dict[str, Any] = {name: _at(tree, loc, USUAL.get(name, "")) for name, loc in TEXTS.items()}
    told |= {name: _lines(_at(tree, loc, "")) for name, loc in LISTS.items()}
    told |= {**_again(tree), **_window(tree)}
    return {name: value for name, value in told.items() if isinstance(value, str)}


def beyond_whole(tree: Mapping[str, Any]) -> tuple[str, ...]:
    """Keys of the whole file that no form has a field for."""
    return tuple(key for key in tree if key not in SequenceShape.model_fields or key == "tests")


def with_whole(text: str, fields: Fields) -> str:
    """The text that says of the whole what the fields say. A field that is not named stays as it is."""
    tree = read_written(text).plain()
    known = whole_fields(tree)
    new = {name: one for name in known if name in fields and (one := _tidy(name, fields)) != _tidy(name, known)}
    for name, value in new.items():
        if name in TEXTS:
            text = _with(text, TEXTS[name], value)
        elif name in LISTS:
            text = _with(text, LISTS[name], value.splitlines())
    if new.keys() & {"again", "again_after"}:
        text = _with_again(text, {**known, **new})
    if new.keys() & {"hours", *_WINDOW}:
        text = _with_window(text, {**known, **new})
    return text


def _tidy(name: str, fields: Fields) -> str:
    if name not in LISTS:
        return tidy(fields[name])
    return "\n".join(filter(None, (line.strip() for line in fields[name].splitlines())))


def _with(text: str, loc: Loc, value: Value) -> str:
    """The value at its place, in a block that is made for it if there is none."""
    if not value:
        return drop(text, loc)
    if len(loc) > 1 and read_written(text).find(loc[:-1]) is None:
        return put(text, loc[:-1], {str(loc[-1]): value}, _ORDERS[()])
    return put(text, loc, value, _ORDERS[tuple(loc[:-1])])


def _again(tree: Mapping[str, Any]) -> Fields:
    said = _at(tree, ("enrol", "again"), Again.PER_ORIGIN.value)
    if isinstance(said, dict):
        return {"again": Again.AFTER.value, "again_after": said.get("after", "")}
    return {"again": said, "again_after": ""}


def _with_again(text: str, fields: Fields) -> str:
    if fields["again"] == Again.AFTER:
        return _with(text, ("enrol", "again"), {"after": fields["again_after"]})
    return _with(text, ("enrol", "again"), "" if fields["again"] == Again.PER_ORIGIN else fields["again"])


def _window(tree: Mapping[str, Any]) -> dict[str, Any]:
    said = tree.get("window")
    if not isinstance(said, dict):
        return {"hours": ANY if said == "any" else SITES_HOURS, **dict.fromkeys(_WINDOW, "")}
    days = said.get("days", "")
    told = {"days": ", ".join(map(str, days)) if isinstance(days, list) else days}
    return {"hours": OWN, **told, "from": said.get("from", ""), "to": said.get("to", "")}


def _with_window(text: str, fields: Fields) -> str:
    if fields["hours"] != OWN:
        return _with(text, ("window",), "any" if fields["hours"] == ANY else "")
    days = [day.strip() for day in fields["days"].split(",") if day.strip()]
    told: dict[str, Value] = {
        "days": days if len(days) > 1 else fields["days"],
        "from": fields["from"],
        "to": fields["to"],
    }
    return put(text, ("window",), told, _ORDERS[()])


def _at(tree: Any, loc: Loc, otherwise: Any) -> Any:
    for name in loc:
        tree = tree.get(name) if isinstance(tree, dict) else None
    return otherwise if tree is None else tree


def _lines(value: Any) -> Any:
    is_list = isinstance(value, list) and all(isinstance(one, str) for one in value)
    return "\n".join(value) if is_list else value


_ORDERS: Final[Mapping[Loc, tuple[str, ...]]] = {
    (): keys_of(SequenceShape),
    ("enrol",): keys_of(EnrolShape),
    ("ends",): keys_of(EndsShape),
    ("review",): keys_of(ReviewShape),
    ("window",): keys_of(WindowShape),
}
