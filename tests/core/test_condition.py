"""Conditions: what is missing is none, and comparing none is false."""

import pytest

from drip.core.condition import (
    Attribute,
    Both,
    Compare,
    Condition,
    Either,
    Filtered,
    Literal,
    Not,
    as_objects,
    compared_with,
    holds,
    literals,
    looks_at,
)

AGE = Attribute("patient", "age")
CONDITIONS = Attribute("patient", "conditions")
MISSING = Attribute("patient", "subtype")
SIDE = Attribute("programme", "side")

AMINA = as_objects(
    patient={"age": 47, "conditions": ["achilles", "heel"], "name": "Amina", "is_new": True, "score": 2.5},
    appointment={"type": "initial"},
    programme=None,
)


def compare(operator: str, left: Condition, right: Condition) -> Compare:
    return Compare(operator, left, right)


@pytest.mark.parametrize(
    ("condition", "met"),
    [
        pytest.param(None, True, id="no condition"),
        pytest.param(compare("gteq", AGE, Literal(16)), True, id="47 >= 16"),
        pytest.param(compare("gteq", AGE, Literal(47)), True, id="47 >= 47"),
        pytest.param(compare("gteq", AGE, Literal(48)), False, id="47 >= 48"),
        pytest.param(compare("gt", AGE, Literal(47)), False, id="47 > 47"),
        pytest.param(compare("gt", AGE, Literal(46)), True, id="47 > 46"),
        pytest.param(compare("lt", AGE, Literal(47)), False, id="47 < 47"),
        pytest.param(compare("lt", Attribute("patient", "score"), AGE), True, id="2.5 < 47"),
        pytest.param(compare("lteq", AGE, Literal(47)), True, id="47 <= 47"),
        pytest.param(compare("lteq", AGE, Literal(46)), False, id="47 <= 46"),
        pytest.param(compare("lt", Literal("a"), Literal("b")), True, id="texts have an order"),
        pytest.param(compare("lt", Literal("1"), Literal(2)), False, id="a text is not less than a number"),
        pytest.param(compare("gteq", Literal("1"), Literal(2)), False, id="nor more"),
        pytest.param(compare("eq", Attribute("appointment", "type"), Literal("initial")), True, id="equal"),
        pytest.param(compare("eq", Attribute("appointment", "type"), Literal("review")), False, id="not equal"),
        pytest.param(compare("ne", Attribute("appointment", "type"), Literal("review")), True, id="unequal"),
        pytest.param(compare("ne", Attribute("appointment", "type"), Literal("initial")), False, id="not unequal"),
        pytest.param(compare("in", Literal("achilles"), CONDITIONS), True, id="in a list"),
        pytest.param(compare("in", Literal("knee"), CONDITIONS), False, id="not in a list"),
        pytest.param(compare("notin", Literal("knee"), CONDITIONS), True, id="not in, and it is not"),
        pytest.param(compare("notin", Literal("achilles"), CONDITIONS), False, id="not in, but it is"),
        pytest.param(compare("in", Literal("min"), Attribute("patient", "name")), True, id="part of a text"),
        pytest.param(compare("in", Literal(1), Attribute("patient", "name")), False, id="a number is in no text"),
        pytest.param(compare("in", Literal(1), AGE), False, id="nothing is in a number"),
        pytest.param(compare("in", Literal("a"), Literal(("a", "b"))), True, id="in a list as written"),
        pytest.param(Not(compare("eq", AGE, Literal(47))), False, id="not"),
        pytest.param(Both(Literal(True), Attribute("patient", "is_new")), True, id="and: both"),
        pytest.param(Both(Literal(True), MISSING), False, id="and: the second is missing"),
        pytest.param(Both(Literal(False), Literal(True)), False, id="and: the first is false"),
        pytest.param(Either(MISSING, Attribute("patient", "name")), True, id="or: one"),
        pytest.param(Either(Literal(True), MISSING), True, id="or: the first"),
        pytest.param(Either(MISSING, Literal("")), False, id="or: neither"),
        pytest.param(Attribute("patient", "name"), True, id="a fact that is there"),
        pytest.param(MISSING, False, id="a fact that is missing"),
        pytest.param(Attribute("replies", "pain"), False, id="an object that is missing"),
    ],
)
def test_a_condition_is_met_by_the_facts(condition: Condition | None, met: bool) -> None:
    assert holds(condition, AMINA) is met


@pytest.mark.parametrize("operator", ["eq", "ne", "lt", "lteq", "gt", "gteq", "in", "notin"])
def test_comparing_what_is_missing_is_false(operator: str) -> None:
    assert not holds(compare(operator, MISSING, Literal("insertional")), AMINA)
    assert not holds(compare(operator, Literal("insertional"), MISSING), AMINA)
    assert not holds(compare(operator, SIDE, Literal("left")), AMINA), "an object nothing was said of"


def test_only_equal_to_none_asks_whether_something_is_missing() -> None:
    assert holds(compare("eq", MISSING, Literal(None)), AMINA)
    assert not holds(compare("eq", AGE, Literal(None)), AMINA)


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        pytest.param(Filtered("length", CONDITIONS), 2, id="length of a list"),
        pytest.param(Filtered("length", Literal("abc")), 3, id="length of a text"),
        pytest.param(Filtered("length", MISSING), 0, id="length of nothing"),
        pytest.param(Filtered("lower", Attribute("patient", "name")), "amina", id="lower"),
        pytest.param(Filtered("lower", AGE), 47, id="a number has no lower case"),
        pytest.param(
            Filtered("default", MISSING, Literal("midportion")), "midportion", id="default for what is missing"
        ),
        pytest.param(Filtered("default", AGE, Literal(0)), 47, id="no default for what is there"),
    ],
)
def test_a_filter_changes_what_is_compared(value: Condition, shown: str | int) -> None:
    assert holds(compare("eq", value, Literal(shown)), AMINA)


def test_a_default_of_nothing_is_still_missing() -> None:
    assert not holds(compare("eq", Filtered("default", MISSING), Literal("midportion")), AMINA)


@pytest.mark.parametrize(
    ("condition", "facts"),
    [
        pytest.param(None, set(), id="no condition"),
        pytest.param(Literal(1), set(), id="a literal"),
        pytest.param(AGE, {AGE}, id="a fact"),
        pytest.param(Not(AGE), {AGE}, id="not"),
        pytest.param(Both(AGE, SIDE), {AGE, SIDE}, id="and"),
        pytest.param(Either(AGE, CONDITIONS), {AGE, CONDITIONS}, id="or"),
        pytest.param(compare("in", Literal("achilles"), CONDITIONS), {CONDITIONS}, id="a comparison"),
        pytest.param(Filtered("default", MISSING, SIDE), {MISSING, SIDE}, id="a filter and its default"),
        pytest.param(Filtered("lower", MISSING), {MISSING}, id="a filter"),
    ],
)
def test_a_condition_says_which_facts_it_looks_at(condition: Condition | None, facts: set[Attribute]) -> None:
    assert looks_at(condition) == facts


_IS_47 = Compare("eq", AGE, Literal(47))
_IN_LIST = Compare("in", SIDE, Literal(("left", "right")))


@pytest.mark.parametrize(
    ("condition", "named"),
    [
        pytest.param(None, (), id="no condition"),
        pytest.param(AGE, (), id="a fact"),
        pytest.param(_IN_LIST, ("left", "right"), id="those of a list one by one"),
        pytest.param(Not(Filtered("default", AGE, Literal(0))), (0,), id="behind not and a filter"),
        pytest.param(Both(_IS_47, Either(_IN_LIST, Literal(True))), (47, "left", "right", True), id="on each side"),
    ],
)
def test_a_condition_says_which_values_it_names(condition: Condition | None, named: tuple[object, ...]) -> None:
    assert literals(condition) == named


@pytest.mark.parametrize(
    ("condition", "values"),
    [
        pytest.param(None, set(), id="no condition"),
        pytest.param(Compare("eq", SIDE, Literal("left")), {"left"}, id="equal"),
        pytest.param(Compare("eq", Literal("left"), SIDE), {"left"}, id="either way round"),
        pytest.param(Compare("ne", SIDE, Literal("left")), set(), id="not what it must not be"),
        pytest.param(Both(_IS_47, Not(_IN_LIST)), {"left", "right"}, id="behind not, and of this fact alone"),
    ],
)
def test_a_condition_says_what_it_compares_a_fact_with(condition: Condition | None, values: set[str]) -> None:
    assert compared_with(condition, SIDE) == values
