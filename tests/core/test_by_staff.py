"""What staff may do with one message, and what they read when they may not."""

from dataclasses import replace

import pytest

from drip.core.by_staff import Bounds, Concern, Obstacle, Refused, can_undo, concern, why_not_skip, why_not_touch
from drip.core.lifecycle import State
from drip.core.model import Purpose
from drip.core.reason import Reason
from drip.core.sequence import FollowUp, Step
from tests.core.build import a_step, hours, local, never_open

NOW = local("2026-06-11 10:00")


def bounds(**unusual: object) -> Bounds:
    told = {
        "step": a_step(),
        "hours": hours(),
        "anchor": local("2026-06-10 10:00"),
        "expires_at": local("2026-06-20 10:00"),
    } | unusual
    return Bounds(**told)  # type: ignore[arg-type]


def test_every_obstacle_says_that_nothing_happened_and_why() -> None:
    sentences = [one.sentence for one in Obstacle]
    assert len(set(sentences)) == len(sentences)
    assert all(one.startswith("Nothing was ") and one[-1] in ".?" for one in sentences)


def test_only_what_has_not_passed_the_gate_can_be_changed() -> None:
    assert {state for state in State if why_not_touch(state) is None} == {State.PLANNED, State.CLAIMED}
    over = {state for state in State if why_not_touch(state) == Refused(Obstacle.OVER)}
    assert over == {
        State.CANCELLED, State.SUPERSEDED, State.SUPPRESSED, State.SKIPPED, State.EXPIRED, State.INVALID,
    }  # fmt: skip


def test_what_staff_left_out_says_so_to_whoever_leaves_it_out_again() -> None:
    assert why_not_skip(State.SKIPPED, Reason.SKIPPED_BY_STAFF) == Refused(Obstacle.LEFT_OUT_ALREADY)
    assert why_not_skip(State.SKIPPED, Reason.CAPPED) == Refused(Obstacle.OVER)
    assert why_not_skip(State.ACCEPTED, Reason.NONE) == Refused(Obstacle.TOO_LATE)
    assert why_not_skip(State.PLANNED, Reason.MOVED_BY_STAFF) is None


@pytest.mark.parametrize(
    ("step", "found"),
    [
        (a_step(purpose=Purpose.SAFETY), Concern.SAFETY),
        (replace(a_step(purpose=Purpose.SAFETY), critical=True), Concern.SAFETY),
        (a_step(after="0m", follows=FollowUp(step="ask")), Concern.AWAITED),
        (a_step(after="1d", follows=FollowUp(step="ask")), None),
        (replace(a_step(), critical=True), Concern.CRITICAL),
        (a_step(purpose=Purpose.SERVICE), Concern.SERVICE),
        (a_step(purpose=Purpose.CARE), None),
        (a_step(purpose=Purpose.FEEDBACK), None),
    ],
)
def test_staff_think_twice_before_they_leave_out_what_somebody_needs(step: Step, found: Concern | None) -> None:
    assert concern(step) is found


def test_every_concern_is_a_sentence_of_its_own() -> None:
    sentences = [one.sentence for one in Concern]
    assert len(set(sentences)) == len(sentences)
    assert all(one.endswith(".") for one in sentences)


@pytest.mark.parametrize(
    ("to", "unusual", "expected"),
    [
        ("2026-06-11 10:01", {}, None),
        ("2026-06-11 10:00", {}, Refused(Obstacle.PAST)),
        ("2026-06-11 19:00", {}, Refused(Obstacle.CLOSED, local("2026-06-12 08:00"))),
        ("2026-06-20 10:00", {}, Refused(Obstacle.USELESS, local("2026-06-20 10:00"))),
        ("2026-06-11 11:00", {"hours": never_open()}, Refused(Obstacle.NEVER_OPEN)),
        ("2026-06-19 19:00", {}, Refused(Obstacle.NEVER_OPEN)),
        (
            "2026-06-11 11:00",
            {"anchor": local("2026-06-12 10:00")},
            Refused(Obstacle.TOO_SOON, local("2026-06-12 10:00")),
        ),
        ("2026-06-11 11:00", {"anchor": local("2026-06-12 10:00"), "step": a_step(before="1d")}, None),
        ("2026-06-11 11:00", {"anchor": None}, None),
    ],
)
def test_when_a_message_may_be_moved_to(to: str, unusual: dict[str, object], expected: Refused | None) -> None:
    assert bounds(**unusual).why_not(local(to), NOW) == expected


def test_the_next_time_is_open_of_use_and_after_what_the_message_follows() -> None:
    assert bounds().next_time(NOW) == NOW
    assert bounds().next_time(local("2026-06-11 20:00")) == local("2026-06-12 08:00")
    assert bounds(anchor=local("2026-06-15 10:00")).next_time(NOW) == local("2026-06-15 10:00")
    assert bounds(anchor=None).next_time(local("2026-06-21 10:00")) is None


def test_a_deed_is_undone_within_ten_minutes_and_once() -> None:
    assert can_undo(NOW, local("2026-06-11 10:09"), [], 7)
    assert not can_undo(NOW, local("2026-06-11 10:09"), [7], 7)
    assert not can_undo(NOW, local("2026-06-11 10:10"), [], 7)
