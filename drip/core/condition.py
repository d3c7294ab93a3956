"""Conditions as small values that can be evaluated without any template engine.

`content` compiles an expression such as `patient.age >= 16 and 'achilles' in patient.conditions` to these.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias, assert_never

from drip.core.model import Facts, Value

Objects: TypeAlias = Mapping[str, Facts]
"""What a condition looks at: `patient`, `appointment`, `treatment`, `programme`, `enrolment`, `site`, `replies`, and
`reply` or `alert` in a sequence that one of these started."""


@dataclass(frozen=True, slots=True)
class Literal:
    """A number, a text, true, false, none or a list of them, as written."""

    value: str | int | float | bool | tuple[str | int | float | bool | None, ...] | None


@dataclass(frozen=True, slots=True)
class Attribute:
    """`patient.age`: what is missing is none."""

    object: str
    name: str


@dataclass(frozen=True, slots=True)
class Filtered:
    """`value | length`, `value | lower`, `value | default(other)`."""

    name: str
    value: "Condition"
    otherwise: "Condition | None" = None


@dataclass(frozen=True, slots=True)
class Compare:
    """`left operator right`; comparing none is false."""

    operator: str
    left: "Condition"
    right: "Condition"


@dataclass(frozen=True, slots=True)
class Not:
    """True when `value` is not."""

    value: "Condition"


@dataclass(frozen=True, slots=True)
class Both:
    """`left and right`."""

    left: "Condition"
    right: "Condition"


@dataclass(frozen=True, slots=True)
class Either:
    """`left or right`."""

    left: "Condition"
    right: "Condition"


Condition: TypeAlias = Literal | Attribute | Filtered | Compare | Not | Both | Either


def holds(condition: Condition | None, objects: Objects) -> bool:
    """Whether the condition is met; no condition is always met."""
    return condition is None or bool(_evaluate(condition, objects))


def _evaluate(condition: Condition, objects: Objects) -> object:
    match condition:
        # What is written most comes first: cases are tried in order.
        case Attribute(name, attribute):
            return objects.get(name, {}).get(attribute)
        case Literal(value):
            return value
        case Compare(operator, left, right):
            return _compare(operator, _evaluate(left, objects), _evaluate(right, objects))
        case Both(left, right):
            return bool(_evaluate(left, objects)) and bool(_evaluate(right, objects))
        case Either(left, right):
            return bool(_evaluate(left, objects)) or bool(_evaluate(right, objects))
        case Not(value):
            return not _evaluate(value, objects)
        case Filtered(name, value, otherwise):
            return _filter(name, _evaluate(value, objects), otherwise, objects)
        case _:  # pragma: no cover
            assert_never(condition)


def _filter(name: str, value: object, otherwise: Condition | None, objects: Objects) -> object:
    if name == "default":
        return _evaluate(otherwise, objects) if value is None and otherwise else value
    if name == "length":
        return len(value) if isinstance(value, str | list | tuple) else 0
    return value.lower() if isinstance(value, str) else value


def _compare(operator: str, left: object, right: object) -> bool:
    if left is None or right is None:
        return _compare_with_none(operator, left, right)
    if operator in ("in", "notin"):
        found = _contains(right, left)
        return found if operator == "in" else not found
    if operator in ("eq", "ne"):
        return (left == right) is (operator == "eq")
    return _ordered(operator, left, right)


def _compare_with_none(operator: str, left: object, right: object) -> bool:
    """`x == none` asks whether x is missing; every other comparison with a missing value is false."""
    both = left is None and right is None
    return both if operator == "eq" else False


def _contains(whole: object, part: object) -> bool:
    if isinstance(whole, str):
        return isinstance(part, str) and part in whole
    return isinstance(whole, list | tuple) and part in whole


def _ordered(operator: str, left: object, right: object) -> bool:
    """Numbers with numbers, texts with texts; anything else is not in any order."""
    numbers = isinstance(left, int | float) and isinstance(right, int | float)
    texts = isinstance(left, str) and isinstance(right, str)
    if not (numbers or texts):
        return False
    less, same = bool(left < right), left == right  # type: ignore[operator]
    return {"lt": less, "lteq": less or same, "gt": not (less or same), "gteq": not less}[operator]


def looks_at(condition: Condition | None) -> frozenset[Attribute]:
    """Every attribute the condition reads, so that a change to one can be noticed."""
    match condition:
        case None | Literal():
            return frozenset()
        case Attribute():
            return frozenset({condition})
        case Filtered(_, value, otherwise):
            return looks_at(value) | looks_at(otherwise)
        case Compare(_, left, right) | Both(left, right) | Either(left, right):
            return looks_at(left) | looks_at(right)
        case Not(value):
            return looks_at(value)
        case _:  # pragma: no cover
            assert_never(condition)


def literals(condition: Condition | None) -> tuple[str | int | float | bool | None, ...]:
    """Every value that the condition names, those in lists one by one."""
    match condition:
        case None | Attribute():
            return ()
        case Literal(value):
            return value if isinstance(value, tuple) else (value,)
        case Filtered(_, value, otherwise):
            return literals(value) + literals(otherwise)
        case Compare(_, left, right) | Both(left, right) | Either(left, right):
            return literals(left) + literals(right)
        case Not(value):
            return literals(value)
        case _:  # pragma: no cover
            assert_never(condition)


def compared_with(condition: Condition | None, attribute: Attribute) -> frozenset[str | int | float | bool | None]:
    """Every value that the condition asks an attribute to be: `reply.question == 'pain'`, or `in` a list of them."""
    match condition:
        case Compare("eq" | "in", left, right) if attribute in (left, right):
            return frozenset(literals(left) + literals(right))
        case Both(left, right) | Either(left, right):
            return compared_with(left, attribute) | compared_with(right, attribute)
        case Not(value):
            return compared_with(value, attribute)
        case _:
            return frozenset()


def as_objects(**objects: Mapping[str, Value] | None) -> dict[str, Facts]:
    """The objects of a condition, with nothing said standing in for what is missing."""
    return {name: facts or {} for name, facts in objects.items()}
