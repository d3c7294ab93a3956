"""A condition as somebody would say it: `the patient's age is at least 16`."""

from dataclasses import replace
from typing import assert_never

from drip.core.condition import Attribute, Both, Compare, Condition, Either, Filtered, Literal, Not, holds
from drip.core.question import ANSWER

_SIGNS = {
    "eq": "is",
    "ne": "is not",
    "gt": "is more than",
    "gteq": "is at least",
    "lt": "is less than",
    "lteq": "is at most",
}


def in_plain_words(condition: Condition) -> str:
    """What must be so. Brackets only where they matter."""
    match condition:
        case Literal(value):
            return _literal(value)
        case Attribute():
            return _attribute(condition)
        case Filtered(name, value, otherwise):
            return _filtered(name, value, otherwise)
        case Compare(operator, left, right):
            return _compared(operator, left, right)
        case Not(value):
            return f"it is not so that {_bracketed(value, Both, Either)}"
        case Both(left, right):
            return f"{_bracketed(left, Either)} and {_bracketed(right, Either)}"
        case Either(left, right):
            return f"{in_plain_words(left)} or {in_plain_words(right)}"
        case _:  # pragma: no cover
            assert_never(condition)


_ATTRIBUTES = {
    ANSWER: "the answer",
    Attribute("appointment", "changed"): "the changes of the appointment",
    Attribute("appointment", "cancelled_by"): "whoever cancelled the appointment",
    Attribute("enrolment", "kind"): "the kind of the sequence that they join",
}


def _attribute(told: Attribute) -> str:
    if told in _ATTRIBUTES:
        return _ATTRIBUTES[told]
    name = told.name if told.object == "replies" else told.name.replace("_", " ")
    return f"the answer to {name}" if told.object == "replies" else f"the {told.object}'s {name}"


def _filtered(name: str, value: Condition, otherwise: Condition | None) -> str:
    told = in_plain_words(value)
    if name == "length":
        return f"the length of {told}"
    return f"{told} (if not known: {in_plain_words(otherwise)})" if otherwise else told


def _compared(operator: str, left: Condition, right: Condition) -> str:
    if isinstance(left, Filtered) and left.otherwise is not None:
        # What stands in for what is not known matters only in whether it will do.
        will_do = holds(Compare(operator, left.otherwise, right), {})
        return _compared(operator, left.value, _without_nothing(right)) + " (or not known)" * will_do
    if (operator, right) == ("gt", Literal(0)) and isinstance(left, Filtered) and left.name == "length":
        return f"there is something among {in_plain_words(left.value)}"
    if operator not in ("in", "notin"):
        if right == Literal(None):
            return f"{in_plain_words(left)} is {'not known' if operator == 'eq' else 'known'}"
        return f"{in_plain_words(left)} {_SIGNS[operator]} {in_plain_words(right)}"
    no = " not" if operator == "notin" else ""
    if isinstance(right, Literal):
        is_list = isinstance(right.value, tuple) and len(right.value) > 1
        return f"{in_plain_words(left)} is{no} {'one of ' * is_list}{in_plain_words(right)}"
    return f"{in_plain_words(left)} is{no} among {in_plain_words(right)}"


def _without_nothing(listed: Condition) -> Condition:
    """A list without the empty text, which stands in it for what is not known."""
    if isinstance(listed, Literal) and isinstance(listed.value, tuple):
        return replace(listed, value=tuple(one for one in listed.value if one != ""))
    return listed


def _bracketed(condition: Condition, *loose: type) -> str:
    text = in_plain_words(condition)
    return f"({text})" if isinstance(condition, loose) else text


def _literal(value: object) -> str:
    if isinstance(value, tuple):
        return ", ".join(map(_literal, value))
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "not known" if value in (None, "") else str(value).replace("_", " ")
