"""From one raw event to one of the right shape, or to every reason why it is not."""

import math
import re
from collections.abc import Iterator, Mapping
from typing import Any, cast

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from drip.bookings.parsed import Rejected
from drip.bookings.schema import ADAPTER, ALWAYS, NEEDS, OBJECTS, OWN_KINDS, WORKED_OUT, Told
from drip.bookings.words import cleaned, did_you_mean
from drip.core.model import EventKind

DEEPEST = 20
MOST_FAULTS = 10
"""Of one event: enough to mend it, not enough to flood a report."""

_UNSOUND = re.compile("[\0\ud800-\udfff]")
_NOT_UTF_8 = "has bytes that are not UTF-8 text; save or send it as UTF-8."


class Repeated(dict[str, Any]):
    """An object that said the same name twice."""


def shaped(index: int, told: object) -> Told | list[Rejected]:
    """The event with every value of the right kind; else what is wrong with it, path by path."""
    if wrong := _unsound(told):
        return [Rejected(index, *wrong)]
    if not isinstance(told, dict):
        return [Rejected(index, "", "An event must be an object: {...}.")]
    try:
        ready = _ready(told)
        missing = list(_missing(ready))
        event = ADAPTER.validate_python(ready)
    except ValidationError as error:
        found = {_path(detail): _message(detail) for detail in error.errors(include_url=False)[:MOST_FAULTS]}
        found |= dict(missing)
        return [Rejected(index, path, message) for path, message in list(found.items())[:MOST_FAULTS]]
    return [Rejected(index, path, message) for path, message in missing] or event


def _is_sound(value: object, depth: int = 0) -> bool:
    """Whether nothing that no event may have is anywhere in it. Quick: nearly every event is sound."""
    if isinstance(value, str):
        return value.isprintable() or not _UNSOUND.search(value)
    if isinstance(value, float):
        return math.isfinite(value)
    if not isinstance(value, dict | list):
        return True
    if depth >= DEEPEST or isinstance(value, Repeated):
        return False
    for part in value if isinstance(value, list) else (*value, *value.values()):
        if not (isinstance(part, str) and part.isprintable()) and not _is_sound(part, depth + 1):
            return False
    return True


def _unsound(value: object, path: str = "", depth: int = 0) -> tuple[str, str] | None:
    """The first such thing, and where it is."""
    if _is_sound(value, depth):
        return None
    if isinstance(value, str):
        return path, "has a NUL character; remove it." if "\0" in value else _NOT_UTF_8
    if isinstance(value, float):
        return path, "must be a finite number of ordinary size; NaN and Infinity are not JSON."
    if isinstance(value, Repeated):
        return path, "says the same name twice; which one is meant? Send each name once."
    if depth >= DEEPEST:
        return path, f"is nested more than {DEEPEST} levels deep."
    if isinstance(value, list):
        return next(filter(None, (_unsound(part, path, depth + 1) for part in value)), None)
    parts = cast(dict[str, object], value).items()
    found = (_unsound(name, path, depth + 1) or _unsound(part, _joined(path, name), depth + 1) for name, part in parts)
    return next(filter(None, found), None)


def _joined(path: str, name: str) -> str:
    """Names come from outside: in a path they are short and can be seen."""
    shown = name if name.isidentifier() and len(name) <= 100 else cleaned(name) or "?"
    return f"{path}.{shown}" if path else shown


def _ready(told: dict[str, Any]) -> dict[str, Any]:
    """Blank texts and absent objects taken away (nothing was said), attributes that have a place of their own in it."""
    ready = {name: value for name, value in told.items() if not _is_blank(value)}
    for name in OBJECTS:
        if name in ready:
            if ready[name] is None:
                del ready[name]
            elif isinstance(ready[name], dict):
                ready[name] = _ready_object(name, ready[name])
    if ready.get("site", "") is None:
        del ready["site"]
    return ready


def _ready_object(name: str, told: dict[str, Any]) -> dict[str, Any]:
    attributes = told.get("attributes")
    if isinstance(attributes, dict) and attributes:
        own = [key for key in attributes if key in OBJECTS[name] and key != "attributes"]
        moved = {key: attributes[key] for key in own if key not in told}
        told = {**told, **moved, "attributes": {key: attributes[key] for key in attributes if key not in own}}
    return {
        key: value
        for key, value in told.items()
        if not _is_blank(value) and not (value is None and key in ("ref", "code", "attributes"))
    }


def _is_blank(value: object) -> bool:
    return isinstance(value, str) and (not value or value.isspace())


def _missing(ready: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """What must be said and is not; and attributes under a name that drip fills in itself."""
    kind = ready.get("kind")
    needs = NEEDS.get(EventKind(kind), ()) if isinstance(kind, str) and kind in OWN_KINDS else ()
    for path in (*ALWAYS, *needs):
        if _lacks(ready, path):
            why = "every event must say it." if path in ALWAYS else f"{kind} must say it."
            yield path, f"is missing; {why}"
    for name, reserved in WORKED_OUT.items():
        attributes = ready[name].get("attributes") if isinstance(ready.get(name), dict) else None
        for key in sorted(reserved.intersection(attributes)) if isinstance(attributes, dict) else ():
            yield f"{name}.attributes.{key}", f"drip works out `{key}` itself; leave it out or call it something else."


def _lacks(ready: Mapping[str, Any], path: str) -> bool:
    """An object of the wrong type is another fault than one that is missing."""
    name, _, field = path.partition(".")
    whole = ready.get(name)
    if field and whole is not None:
        return isinstance(whole, dict) and whole.get(field) is None
    return whole is None


_MESSAGES = {
    "string_type": "must be text.",
    "bool_type": "must be true or false.",
    "dict_type": "must be an object: {...}.",
    "list_type": "must be a list: [...].",
    "missing": "is missing; every event must say it.",
}


def _path(detail: ErrorDetails) -> str:
    path = ""
    for part in detail["loc"]:
        if isinstance(part, str) and part != "[key]":
            path = _joined(path, part)
    return "patient.ref" if path == "patient" and detail["type"] == "missing" else path


def _message(detail: ErrorDetails) -> str:
    if detail["type"] == "extra_forbidden":
        return _unknown([str(part) for part in detail["loc"]])
    if detail["type"] == "too_long":
        return f"has more than {detail['ctx']['max_length']} entries."
    if detail["input"] is None:
        return "must not be null."
    return _MESSAGES.get(detail["type"]) or detail["msg"]


def _unknown(loc: list[str]) -> str:
    """The nearest name in the same object; else the object where such a name belongs."""
    *above, name = loc
    place = ".".join(above)
    hint = did_you_mean(name, OBJECTS.get(place, []))
    elsewhere = [f"{other}.{name}" for other, names in OBJECTS.items() if other and other != place and name in names]
    if not hint and elsewhere:
        hint = f" Did you mean `{elsewhere[0]}`?"
    more = f" What drip has no name for goes into `{place}.attributes`." if place in WORKED_OUT else ""
    return f"unknown name.{hint}{more}"
