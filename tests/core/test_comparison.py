"""Two versions of a sequence, compared in words that a clinician understands."""

from datetime import timedelta
from typing import Any

import pytest

from drip.core.comparison import What, compare, is_same_for_patients
from drip.core.condition import Attribute, Both, Compare, Condition, Either, Filtered, Literal, Not
from drip.core.condition_text import as_written
from drip.core.model import EventKind, Kind, Purpose, Send
from drip.core.sequence import Again, Review, Step
from drip.core.window import ANY
from tests.core.build import A_REVIEW, a_sequence, a_step

ADULTS = Compare("gteq", Attribute("patient", "age"), Literal(16))
KEEP = a_step("keep-moving", after="3d", at="09:30")


def told(was: Step, now: Step) -> list[str]:
    return [one.sentence for one in compare(a_sequence("advice", was), a_sequence("advice", now))]


@pytest.mark.parametrize(
    ("was", "now", "sentence"),
    [
        (
            {"after": "3d", "at": "09:30"},
            {"after": "1d", "at": "09:30"},
            "goes 2 days earlier: day 3 at 09:30 -> day 1 at 09:30",
        ),
        (
            {"after": "1d", "at": "09:30"},
            {"after": "2d", "at": "11:00"},
            "goes 1 day, 1 hour and 30 minutes later: day 1 at 09:30 -> day 2 at 11:00",
        ),
        ({"after": "0m"}, {"after": "3h"}, "goes 3 hours later: at once -> 3 hours after"),
        ({"before": "3d"}, {"before": "1d"}, "goes 2 days later: 3 days before -> 1 day before"),
        ({"before": "1d", "at": "09:00"}, {"after": "1d", "at": "09:00"}, "2 days later: 1 day before at 09:00 -> day"),
        ({"after": "1d"}, {"after": "1d", "at": "10:00"}, "goes at another time: day 1 -> day 1 at 10:00"),
        (
            {"after": "7d", "at": "10:00"},
            {"after": "7d", "at": "10:00", "weekday": "mon"},
            "goes at another time: day 7 at 10:00 -> the first Monday from day 7 at 10:00",
        ),
    ],
)
def test_a_step_that_moves_is_told_with_how_far(was: dict[str, Any], now: dict[str, Any], sentence: str) -> None:
    (only,) = told(a_step("tip", **was), a_step("tip", **now))
    assert sentence in only


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"when": ADULTS}, "Condition of 'tip': everybody -> patient.age >= 16"),
        ({"sms": "words"}, "Channel of 'tip': by email -> by email and text"),
        ({"sms": "w", "send": Send.SMS_THEN_EMAIL}, "Channel of 'tip': by email -> by text, else by email"),
        ({"purpose": Purpose.SAFETY}, "Purpose of 'tip': care -> safety"),
        ({"expires": "2d"}, "Expiry of 'tip': the usual -> 2d"),
        ({"if_late": "send"}, "Sent if late of 'tip': no -> yes"),
        ({"reminder": True}, "Reminder of 'tip': no -> yes"),
        ({"if_closed": "before"}, "Goes early of 'tip': no -> yes"),
        ({"every": 7, "times": 12}, "Repeats of 'tip': once -> every 7 days, 12 times"),
    ],
)
def test_what_else_changes_about_a_step_is_told(changed: dict[str, Any], sentence: str) -> None:
    assert told(a_step("tip"), a_step("tip", **changed)) == [sentence]


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"window": ANY}, "Window: the site's -> any time"),
        ({"purpose": Purpose.SERVICE}, "Purpose: care -> service"),
        ({"kind": Kind.LOADING}, "Kind: education -> loading"),
        ({"enabled": False}, "Enabled: yes -> no"),
        ({"when": ADULTS}, "Who is enrolled, when: everybody -> patient.age >= 16"),
        ({"again": Again.AFTER, "again_after": "90d"}, "Enrolled again: per_origin -> after 12w6d"),
        ({"ends_on": [EventKind.DISCHARGED]}, "Ends on: none -> patient.discharged"),
        ({"pause_when": ["surgery"]}, "Paused by: none -> surgery"),
        ({"review": Review(author="A. Writer", approved_by="B. Reviewer")}, "Review due: 2027-11-01 -> never"),
    ],
)
def test_what_changes_about_the_whole_is_told(changed: dict[str, Any], sentence: str) -> None:
    found = compare(a_sequence("advice"), a_sequence("advice", **changed))
    assert [one.sentence for one in found] == [sentence]


def test_steps_that_come_and_go_are_told() -> None:
    found = compare(a_sequence("advice", KEEP), a_sequence("advice", a_step("ice", after="1d", at="10:00", email="i")))
    assert [(one.what, one.step) for one in found] == [(What.ADDED, "ice"), (What.REMOVED, "keep-moving")]
    assert found[0].sentence == "'ice' is new: day 1 at 10:00, by email"
    assert found[1].sentence == "'keep-moving' is no longer there: it was day 3 at 09:30"


@pytest.mark.parametrize("unusual", [{"after": "4d"}, {"email": "moving-on"}], ids=["the same words", "the same time"])
def test_a_step_that_was_only_renamed_is_suspected(unusual: dict[str, Any]) -> None:
    now = a_step("move-on", **{"after": "3d", "at": "09:30", **unusual})
    first = compare(a_sequence("advice", KEEP), a_sequence("advice", now))[0]
    assert first.what is What.RENAMED
    assert first.sentence.startswith("'move-on' looks like 'keep-moving' under a new name")


def test_a_move_tells_by_how_much_as_a_value() -> None:
    (moved,) = compare(a_sequence("advice", KEEP), a_sequence("advice", a_step("keep-moving", after="1d", at="09:30")))
    assert (moved.what, moved.by) == (What.EARLIER, timedelta(days=-2))


def test_the_same_sequence_has_no_difference() -> None:
    assert compare(a_sequence("advice", KEEP), a_sequence("advice", KEEP)) == ()


def test_a_renewed_review_is_the_same_for_patients() -> None:
    renewed = a_sequence("advice", KEEP, review=Review(author="A. Writer", approved_by="C. Reader"))
    assert is_same_for_patients(a_sequence("advice", KEEP, review=A_REVIEW), renewed)
    assert not is_same_for_patients(a_sequence("advice", KEEP), a_sequence("advice", a_step("keep-moving")))


@pytest.mark.parametrize(
    ("condition", "text"),
    [
        (Compare("in", Literal("achilles"), Attribute("patient", "conditions")), "'achilles' in patient.conditions"),
        (Both(Either(ADULTS, Literal(True)), Not(ADULTS)), "(patient.age >= 16 or true) and not patient.age >= 16"),
        (Compare("notin", Literal(1), Literal((1, None))), "1 not in [1, none]"),
        (
            Compare("eq", Filtered("default", Attribute("patient", "sex"), Literal("")), Literal("f")),
            "patient.sex | default('') == 'f'",
        ),
    ],
)
def test_a_condition_is_written_as_a_clinician_writes_it(condition: Condition, text: str) -> None:
    assert as_written(condition) == text
