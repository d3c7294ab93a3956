"""A condition as a clinician writes it."""

from typing import assert_never

from drip.core.condition import Attribute, Both, Compare, Condition, Either, Filtered, Literal, Not


def as_written(condition: Condition) -> str:
    """The condition as text; brackets only where they matter."""
    match condition:
        case Literal(value):
            return _literal(value)
        case Attribute(name, attribute):
            return name if (name, attribute) == ("answer", "value") else f"{name}.{attribute}"
        case Filtered(name, value, otherwise):
            return f"{as_written(value)} | {name}" + (f"({as_written(otherwise)})" if otherwise else "")
        case Compare(operator, left, right):
            return f"{as_written(left)} {_SIGNS.get(operator, operator)} {as_written(right)}"
        case Not(value):
            return f"not {_bracketed(value, Both, Either)}"
        case Both(left, right):
            return f"{_bracketed(left, Either)} and {_bracketed(right, Either)}"
        case Either(left, right):
            return f"{as_written(left)} or {as_written(right)}"
        case _:  # pragma: no cover
            assert_never(condition)


_SIGNS = {"eq": "==", "ne": "!=", "gt": ">", "gteq": ">=", "lt": "<", "lteq": "<=", "notin": "not in"}


def _bracketed(condition: Condition, *loose: type) -> str:
    text = as_written(condition)
    return f"({text})" if isinstance(condition, loose) else text


def _literal(value: object) -> str:
    if isinstance(value, tuple):
        return f"[{', '.join(map(_literal, value))}]"
    if isinstance(value, str):
        return f"'{value}'"
    return "none" if value is None else str(value).lower()
