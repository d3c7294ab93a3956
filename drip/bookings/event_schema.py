"""The shape of a booking event as JSON Schema, for those who write what sends them."""

from typing import Any

from drip.bookings.schema import ADAPTER

Schema = dict[str, Any]


def event_schema() -> Schema:
    """One event, whole: without references to other places. What each kind needs besides is not in it."""
    told = ADAPTER.json_schema()
    shapes: dict[str, Schema] = told.pop("$defs")
    inlined = _inlined(told, shapes)
    return inlined if isinstance(inlined, dict) else {}


def _inlined(part: object, shapes: dict[str, Schema]) -> object:
    """With the shapes themselves in place of their names, and without titles that only repeat a name."""
    if isinstance(part, list):
        return [_inlined(one, shapes) for one in part]
    if not isinstance(part, dict):
        return part
    if "$ref" in part:
        return _inlined(shapes[part["$ref"].rpartition("/")[2]], shapes)
    return {name: _inlined(one, shapes) for name, one in part.items() if name != "title" or not isinstance(one, str)}
