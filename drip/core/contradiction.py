"""Whether conditions can hold together, as far as that can be proven from what is written.

Every condition is spread out into alternatives of plain questions (`patient.age >= 16`). A question's answer depends
only on how a value stands to the constants it is compared with, so a value on, between and beyond each of them tries
everything. What cannot be tried so is taken to be possible: "never" is only said when it is certain.
"""

from collections.abc import Iterable, Iterator
from itertools import combinations, pairwise
from typing import Final, TypeAlias

from drip.core.condition import Attribute, Both, Compare, Condition, Either, Filtered, Literal, Not, holds, literals
from drip.core.condition import looks_at as attributes_of
from drip.core.model import Value

MOST_ALTERNATIVES: Final = 200
MOST_WORDS: Final = 6

Question: TypeAlias = tuple[Condition, bool]
"""A condition without `and`, `or`, `not`, and the answer that is wanted."""

Alternative: TypeAlias = frozenset[Question]


def can_hold(*conditions: Condition | None) -> bool:
    """False only when these conditions can never all be true for one patient."""
    alternatives: list[Alternative] = [frozenset()]
    for condition in conditions:
        spread = _spread(condition, True) if condition else [frozenset[Question]()]
        if spread is None or len(alternatives) * len(spread) > MOST_ALTERNATIVES:
            return True
        alternatives = [one | other for one in alternatives for other in spread]
    return any(_is_possible(one) for one in alternatives)


def _spread(condition: Condition, wanted: bool) -> list[Alternative] | None:
    """The alternatives in which the condition has the wanted answer; None when there are too many to look at."""
    match condition:
        case Not(value):
            return _spread(value, not wanted)
        case Both(left, right) | Either(left, right):
            one, other = _spread(left, wanted), _spread(right, wanted)
            if one is None or other is None or len(one) * len(other) > MOST_ALTERNATIVES:
                return None
            if isinstance(condition, Both) is wanted:
                return [first | second for first in one for second in other]
            return one + other
        case _:
            return [frozenset({(condition, wanted)})]


def _is_possible(alternative: Alternative) -> bool:
    """Whether some values answer every question as wanted; what looks at two values at once is not tried."""
    about: dict[Attribute | None, list[Question]] = {}
    for question in alternative:
        attributes = attributes_of(question[0])
        if len(attributes) < 2:
            about.setdefault(next(iter(attributes), None), []).append(question)
    return all(_has_answer(attribute, questions) for attribute, questions in about.items())


def _has_answer(attribute: Attribute | None, questions: list[Question]) -> bool:
    if attribute is None:
        return all(holds(condition, {}) is wanted for condition, wanted in questions)
    if any(_is_out_of_reach(condition) for condition, _ in questions):
        return True
    constants = {constant for condition, _ in questions for constant in literals(condition)}
    if len(constants) > 4 * MOST_WORDS:
        return True
    return any(
        all(holds(condition, {attribute.object: {attribute.name: value}}) is wanted for condition, wanted in questions)
        for value in _values_near(constants)
    )


def _is_out_of_reach(condition: Condition) -> bool:
    """The length of a value, and being a part of a text, are not settled by trying the constants."""
    match condition:
        case Filtered("length", _, _) | Compare("in" | "notin", _, Literal(str())):
            return True
        case Filtered(_, value, _):
            return _is_out_of_reach(value)
        case Compare(_, left, right):
            return _is_out_of_reach(left) or _is_out_of_reach(right)
        case _:
            return False


def _values_near(constants: Iterable[object]) -> Iterator[Value]:
    """Nothing, yes and no; numbers and words on, between and beyond the constants; lists of some of them."""
    yield from (None, True, False, [])
    said = list(constants)
    numbers = sorted({float(one) for one in said if isinstance(one, int | float)})
    yield from (*numbers, *((one + other) / 2 for one, other in pairwise(numbers)))
    yield from (numbers[0] - 1, numbers[-1] + 1) if numbers else (0.5,)
    words = sorted(one for one in said if isinstance(one, str))
    yield from (*words, *(word + "\0" for word in words), "")
    for size in range(1, min(len(words), MOST_WORDS) + 1):
        for some in combinations(words[:MOST_WORDS], size):
            yield list(some)
            yield "\1".join(some)
