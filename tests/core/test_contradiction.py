"""What can be proven of conditions: `never` only where it is certain."""

import pytest

from drip.content.expression import compile_condition
from drip.core.contradiction import can_hold


@pytest.mark.parametrize(
    "text",
    [
        "patient.age > 18 and patient.age < 16",
        "patient.age >= 18 and patient.age < 18",
        "patient.side == 'left' and patient.side == 'right'",
        "patient.side in ['left', 'right'] and patient.side not in ['right', 'left', 'both']",
        "patient.side == 'left' and patient.side != 'left'",
        "patient.side == 'left' and not patient.side == 'left'",
        "not (patient.side == 'left' or patient.side != 'left') and patient.side != none",
        "patient.subtype | lower == 'INSERTIONAL'",
        "patient.age == none and patient.age > 3",
        "patient.side in []",
        "1 > 2",
        "(patient.age > 3 or patient.age < 1) and patient.age == 2",
        "'achilles' in patient.conditions and patient.conditions == none",
        "patient.age > 3 and patient.age == 'old'",
    ],
)
def test_what_excludes_itself_can_never_hold(text: str) -> None:
    assert not can_hold(compile_condition(text))


@pytest.mark.parametrize(
    "text",
    [
        "patient.age > 16 and patient.age < 18",
        "patient.age > 3 and patient.age < 4",
        "patient.side != 'left' and patient.side != 'right'",
        "not patient.age > 3 and not patient.age <= 3",
        "'a' in patient.conditions and 'b' in patient.conditions and 'c' not in patient.conditions",
        "'ach' in patient.note and 'heel' in patient.note",
        "patient.side in 'leftright' and patient.side != 'leftright'",
        "patient.conditions | length > 3",
        "patient.conditions | length > 3 and patient.conditions != 'x'",
        "patient.age | default(0) < 16",
        "patient.side == treatment.side and patient.side == 'left'",
        "patient.side > 'left' and patient.side < 'right'",
        "patient.side < 'a' and patient.side != ''",
        "patient.attending and not patient.discharged",
        "treatment.session < treatment.course_of",
        " and ".join(f"(patient.a{n} == 1 or patient.b{n} == 2)" for n in range(20)),
        "patient.x in [" + ", ".join(map(str, range(40))) + "] and patient.x != 3",
    ],
)
def test_what_some_patient_may_meet_can_hold(text: str) -> None:
    assert can_hold(compile_condition(text))


def test_no_condition_holds_for_everybody() -> None:
    assert can_hold(None)
    assert can_hold(None, compile_condition("patient.age > 3"), None)


def test_two_conditions_may_exclude_each_other() -> None:
    one, other = (compile_condition(f"programme.subtype == '{kind}'") for kind in ("insertional", "midportion"))
    assert can_hold(one)
    assert not can_hold(one, other)
