"""A condition as somebody would say it: `the patient's age is at least 16`."""

from typing import assert_never

from drip.core.condition import Attribute, Both, Compare, Condition, Either, Filtered, Literal, Not
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


def _attribute(told: Attribute) -> str:
    if told == ANSWER:
        return "the answer"
    name = told.name if told.object == "replies" else told.name.replace("_", " ")
    return f"the answer to {name}" if told.object == "replies" else f"the {told.object}'s {name}"


def _filtered(name: str, value: Condition, otherwise: Condition | None) -> str:
    told = in_plain_words(value)
    if name == "length":
        return f"the length of {told}"
    return f"{told} (if not known: {in_plain_words(otherwise)})" if otherwise else told


def _compared(operator: str, left: Condition, right: Condition) -> str:
    if operator not in ("in", "notin"):
        if right == Literal(None):
            return f"{in_plain_words(left)} is {'not known' if operator == 'eq' else 'known'}"
        return f"{in_plain_words(left)} {_SIGNS[operator]} {in_plain_words(right)}"
    no = " not" if operator == "notin" else ""
    if isinstance(right, Literal):
        return f"{in_plain_words(left)} is{no} one of {in_plain_words(right)}"
    return f"{in_plain_words(left)} is{no} among {in_plain_words(right)}"


def _bracketed(condition: Condition, *loose: type) -> str:
    text = in_plain_words(condition)
    return f"({text})" if isinstance(condition, loose) else text


def _literal(value: object) -> str:
    if isinstance(value, tuple):
        return ", ".join(map(_literal, value))
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "not known" if value is None else str(value)
