"""Conditions as clinicians write them."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drip.content.expression import ConditionError, compile_condition
from drip.core.condition import Attribute, Both, Compare, Either, Filtered, Literal, Not, holds
from drip.core.model import Facts

AGE = Attribute("patient", "age")


@pytest.mark.parametrize(
    ("text", "condition"),
    [
        ("patient.age >= 16", Compare("gteq", AGE, Literal(16))),
        ("patient.age < 16.5", Compare("lt", AGE, Literal(16.5))),
        ("patient.age != -1", Compare("ne", AGE, Literal(-1))),
        ("appointment.type == 'initial'", Compare("eq", Attribute("appointment", "type"), Literal("initial"))),
        (
            "'achilles' in patient.conditions",
            Compare("in", Literal("achilles"), Attribute("patient", "conditions")),
        ),
        (
            "treatment.code not in ['eswt', \"prolotherapy\"]",
            Compare("notin", Attribute("treatment", "code"), Literal(("eswt", "prolotherapy"))),
        ),
        ("site.id in ('bedford', 'london')", Compare("in", Attribute("site", "id"), Literal(("bedford", "london")))),
        ("patient.smokes == true", Compare("eq", Attribute("patient", "smokes"), Literal(True))),
        ("programme.side == none", Compare("eq", Attribute("programme", "side"), Literal(None))),
        ("patient.smokes", Attribute("patient", "smokes")),
        ("not patient.smokes", Not(Attribute("patient", "smokes"))),
        (
            "patient.a and patient.b or patient.c",
            Either(Both(Attribute("patient", "a"), Attribute("patient", "b")), Attribute("patient", "c")),
        ),
        (
            "patient.a and (patient.b or patient.c)",
            Both(Attribute("patient", "a"), Either(Attribute("patient", "b"), Attribute("patient", "c"))),
        ),
        ("16 <= patient.age < 90", Both(Compare("lteq", Literal(16), AGE), Compare("lt", AGE, Literal(90)))),
        (
            "0 < 1 < 2 < 3",
            Both(
                Both(Compare("lt", Literal(0), Literal(1)), Compare("lt", Literal(1), Literal(2))),
                Compare("lt", Literal(2), Literal(3)),
            ),
        ),
        (
            "patient.conditions | length > 1",
            Compare("gt", Filtered("length", Attribute("patient", "conditions")), Literal(1)),
        ),
        (
            "patient.subtype | lower == 'midportion'",
            Compare("eq", Filtered("lower", Attribute("patient", "subtype")), Literal("midportion")),
        ),
        (
            "replies.pain | default(0) > 5",
            Compare("gt", Filtered("default", Attribute("replies", "pain"), Literal(0)), Literal(5)),
        ),
        ("enrolment.sequence == 'x'\n", Compare("eq", Attribute("enrolment", "sequence"), Literal("x"))),
        ("patient.age\n  >= 16", Compare("gteq", AGE, Literal(16))),
    ],
)
def test_a_condition_reads_as_it_is_written(text: str, condition: Any) -> None:
    assert compile_condition(text) == condition


@pytest.mark.parametrize(
    ("text", "column", "says"),
    [
        ("", 1, "an empty condition"),
        ("   ", 1, "an empty condition"),
        ("patient.age >= 16 and foo()", 26, "a call is not allowed"),
        ("patient.name.first == 'A'", 13, "only one attribute"),
        ("patiant.age > 3", 1, "did you mean `patient`?"),
        ("clinic.name == 'x'", 1, "`clinic` is not known"),
        ("patient.age > 3 and pateint.x", 21, "did you mean `patient`?"),
        ("patient", 1, "say which attribute"),
        ("achilles in patient.conditions", 1, "a text needs quotes: 'achilles'"),
        ("patient['age'] > 3", 8, "an index in square brackets is not allowed"),
        ("patient.age is defined", 13, "`is` is not allowed"),
        ("patient.age + 1 > 3", 1, "arithmetic is not allowed"),
        ("patient.a ~ 'b'", 1, "joining with ~ is not allowed"),
        ("1 if patient.a else 2", 1, "`if` is not allowed"),
        ("patient.a == {'b': 1}", 14, "a mapping is not allowed"),
        ("patient.a in [patient.b]", 22, "a name is not allowed"),
        ("patient.a | upper == 'A'", 13, "there is no filter `upper`"),
        ("patient.a | lenght > 1", 13, "did you mean `length`?"),
        ("patient.a | length(3) > 1", 13, "write this filter as `length`"),
        ("patient.a | default == 1", 13, "write this filter as `default(value)`"),
        ("patient.age = 3", 13, "this cannot follow"),
        ("patient.age >", 14, "something is missing at the end"),
        ("patient.age > 3)", 16, "unexpected ')'"),
        ("patient.a == 'x }} {% for y in z %}", 14, "unexpected char"),
        ("patient.a }} x", 11, "cannot stand here"),
        ("patient.a == 'two\nlines'", 14, "over two lines"),
        ("-patient.age > 3", 1, "arithmetic is not allowed"),
        ("x" * 1001, 1, "longer than 1000 characters"),
        ("(" * 900 + "patient.age" + ")" * 20, 1, "too many levels of brackets"),
    ],
)
def test_anything_else_is_refused_with_its_column(text: str, column: int, says: str) -> None:
    with pytest.raises(ConditionError) as raised:
        compile_condition(text)
    assert says in raised.value.message
    assert raised.value.column == column


def test_what_is_allowed_is_said() -> None:
    with pytest.raises(ConditionError, match="patient, appointment, treatment, programme, enrolment, site, replies"):
        compile_condition("foo(1)")


def test_a_question_may_name_its_answer() -> None:
    answer = Attribute("replies", "answer")
    assert compile_condition("answer >= 8", {"answer": answer}) == Compare("gteq", answer, Literal(8))
    with pytest.raises(ConditionError, match="`answer` is not known"):
        compile_condition("answer >= 8")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("16 <= patient.age < 90", True),
        ("16 <= patient.age < 40", False),
        ("'achilles' in patient.conditions and not patient.surgery", True),
        ("patient.weight > 3", False),
        ("patient.weight | default(5) > 3", True),
        ("patient.conditions | length == 2", True),
        ("patient.subtype | lower == 'midportion'", True),
    ],
)
def test_a_compiled_condition_holds_for_the_patients_it_describes(text: str, expected: bool) -> None:
    patient: Facts = {"age": 40, "conditions": ["achilles", "lumbar"], "subtype": "MidPortion", "surgery": False}
    assert holds(compile_condition(text), {"patient": patient}) is expected


WORDS = "patient . age == < in not and or ( ) [ ] , 'x' \" ' 3 -1 | default length {{ }} {% %} # is if ~ + = é \\"


@settings(max_examples=400, deadline=None)
@given(st.lists(st.sampled_from(WORDS.split()), max_size=25).map(" ".join) | st.text(max_size=60))
def test_no_text_raises_anything_but_a_condition_error(text: str) -> None:
    column = 1
    try:
        holds(compile_condition(text), {})
    except ConditionError as error:
        column = error.column
    assert 1 <= column <= len(text) + 1
