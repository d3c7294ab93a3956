"""What is said to an answer, and how a question that nobody answers is asked less."""

from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest

from drip.core.condition import Compare, Literal
from drip.core.event import replay
from drip.core.follow_up import Answered, answers_to
from drip.core.gate import judge
from drip.core.lifecycle import State
from drip.core.model import EventKind, Facts
from drip.core.plan import Basis, changes
from drip.core.question import ANSWER, AnswerKind, Question, Silence
from drip.core.reason import Reason
from drip.core.sequence import FollowUp, Step
from drip.core.verdict import Pass, Stop
from drip.core.window import ANY
from tests.core.build import (
    MONDAY_MORNING,
    VISIT,
    a_basis,
    a_booking,
    a_candidate,
    a_person,
    a_sequence,
    a_text,
    an_event,
    apply,
    clock,
    hours,
    local,
)

ASKS = a_text("days", after="4d", at="10:00", every=7, times=12, ask=Question(id="days", answer=AnswerKind.DAYS))


def said(id: str, least: int | None = None, **unusual: str) -> Step:
    when = None if least is None else Compare("gteq", ANSWER, Literal(least))
    return a_text(id, follows=FollowUp(step="days", when=when), **{"after": "0m", **unusual})


PRAISE, TIP = said("days.praise", 5), said("days.tip", after="1d", at="10:00")


def an_answer(value: int, at: datetime, occurrence: int = 1) -> Answered:
    objects: dict[str, Facts] = {"answer": {"value": value}, "replies": {"days": value}}
    return Answered(step="days", occurrence=occurrence, at=at, objects=objects)


def asked(*answers: Answered, steps: tuple[Step, ...] = (ASKS, PRAISE, TIP), version: str = "v1") -> Basis:
    return a_basis(*steps, answers=answers, version=version)


MONDAY_NIGHT = local("2026-06-15T22:15")


@pytest.mark.parametrize(
    ("value", "now", "goes"),
    [
        pytest.param(6, "2026-06-15T22:15", ("days.praise", "Mon 2026-06-15 22:15", ""), id="at once, at any hour"),
        pytest.param(6, "2026-06-15T22:16", ("days.praise", "Mon 2026-06-15 22:16", ""), id="read a minute later"),
        pytest.param(6, "2026-06-18T09:00", ("days.praise", "Mon 2026-06-15 22:15", "late"), id="read days later"),
        pytest.param(2, "2026-06-15T22:15", ("days.tip", "Tue 2026-06-16 10:00", ""), id="on the next day, at ten"),
        pytest.param(2, "2026-06-16T10:01", ("days.tip", "Tue 2026-06-16 10:00", "late"), id="that day is over"),
    ],
)
def test_the_first_follow_up_that_an_answer_meets_is_said(value: int, now: str, goes: tuple[str, str, str]) -> None:
    rows = apply(changes(asked(), (), VISIT), ())
    (new,) = changes(asked(an_answer(value, MONDAY_NIGHT)), rows, local(now)).new

    assert (new.step, clock(new.due_at), new.reason.value) == goes


def test_an_answer_that_nothing_is_said_to_plans_nothing() -> None:
    basis = asked(an_answer(2, MONDAY_NIGHT), steps=(ASKS, PRAISE))

    assert {new.step for new in changes(basis, (), VISIT).new} == {"days"}
    assert [basis.sequence.is_follow_up(step) for step in ("days", "days.praise", "gone")] == [False, True, False]


def test_each_answer_is_followed_up_once() -> None:
    first, second = an_answer(6, MONDAY_NIGHT), an_answer(7, MONDAY_NIGHT + timedelta(days=7), 2)
    rows = apply(changes(asked(first), (), MONDAY_NIGHT), ())

    assert not changes(asked(first), rows, MONDAY_NIGHT + timedelta(days=1))
    (new,) = changes(asked(first, second), rows, second.at).new
    assert (new.step, new.occurrence) == ("days.praise", 2)


def test_a_new_version_says_nothing_to_answers_of_old() -> None:
    rows = apply(changes(asked(an_answer(2, MONDAY_NIGHT), steps=(ASKS, PRAISE)), (), VISIT), ())
    (new,) = changes(asked(an_answer(2, MONDAY_NIGHT), version="v2"), rows, MONDAY_NIGHT + timedelta(days=9)).new

    assert (new.step, new.reason) == ("days.tip", Reason.LATE)


def test_whoever_waits_for_an_answer_is_not_told_that_they_heard_enough_today() -> None:
    person = a_person()
    person.usage.add(PRAISE.slots[0], MONDAY_MORNING.date())
    sequence = a_sequence("check-in", ASKS, PRAISE, TIP)

    at_once = a_candidate(PRAISE, sequence=sequence, hours=hours().__class__(window=ANY, zone=hours().zone))
    assert judge(at_once, person, MONDAY_MORNING) == Pass(counted=False)
    assert judge(a_candidate(TIP, sequence=sequence), person, MONDAY_MORNING) != Pass(counted=False)


MONDAYS = [date(2026, 6, 1) + timedelta(days=7 * n) for n in range(12)]
RULE = Silence(times=2, every=14)


@pytest.mark.parametrize(
    ("answered", "weeks"),
    [
        pytest.param(set(), [1, 2, 4, 6], id="never: two, two more at half the rhythm, and no more"),
        pytest.param(set(range(1, 13)), list(range(1, 13)), id="always"),
        pytest.param({2}, [1, 2, 3, 4, 6, 8], id="once"),
        pytest.param({4}, [1, 2, 4, 5, 6, 8, 10], id="again, once it is asked less: it is asked as before"),
        pytest.param({6}, [1, 2, 4, 6, 7, 8, 10, 12], id="at the last moment"),
    ],
)
def test_who_does_not_answer_is_asked_less_and_then_left_alone(answered: set[int], weeks: list[int]) -> None:
    unanswered: list[date] = []
    found = []
    for week, monday in enumerate(MONDAYS, start=1):
        if RULE.keeps_quiet(unanswered, monday, 7):
            continue
        found.append(week)
        unanswered = [] if week in answered else [*unanswered, monday]

    assert found == weeks


def test_a_holiday_does_not_make_it_less_than_half() -> None:
    """Asked on the Tuesday after a bank holiday; two weeks later it is thirteen days."""
    assert not RULE.keeps_quiet([date(2026, 5, 18), date(2026, 5, 26)], date(2026, 6, 8), 7)


def test_the_gate_keeps_quiet_where_the_question_says_so() -> None:
    rule = Question(id="days", answer=AnswerKind.DAYS, after_silence=RULE)
    silent = (date(2026, 6, 1), date(2026, 6, 8))

    assert (a_text(ask=rule).may_fall_silent, ASKS.may_fall_silent) == (True, False)
    less = a_candidate(a_text("days", every=7, ask=rule), unanswered=silent)
    assert judge(less, a_person(), MONDAY_MORNING) == Stop(State.SKIPPED, Reason.SILENCE)
    always = a_candidate(a_text("days", every=7, ask=ASKS.ask), unanswered=silent)
    assert judge(always, a_person(), MONDAY_MORNING) == Pass(counted=True)


@pytest.mark.parametrize(("value", "red", "task"), [(7, False, False), (8, True, True)])
def test_the_clinics_own_rule_makes_an_answer_a_red_flag(value: int, red: bool, task: bool) -> None:
    question = Question(id="pain", answer=AnswerKind.NUMBER, red_flag_if=Compare("gteq", ANSWER, Literal(8)))

    assert (question.is_red_flag(value), question.needs_a_person(value)) == (red, task)


def test_an_answer_belongs_to_the_enrolment_that_asked() -> None:
    said: Facts = {"question": "days", "value": 6}
    answer = replace(
        an_event(EventKind.REPLY_ANSWER), reply=said, asked={"enrolment": "e-1", "step": "days", "occurrence": 2}
    )
    of_old = replace(an_event(EventKind.REPLY_ANSWER, day=1), reply=said)
    moments = replay([answer, of_old, a_booking()])

    (found,) = answers_to("e-1", moments)
    assert (found.step, found.occurrence, found.at) == ("days", 2, answer.occurred_at)
    assert found.objects == {"answer": {"value": 6}, "replies": {"days": 6}}
    assert not list(answers_to("e-2", moments))
