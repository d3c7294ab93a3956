"""How much a provider may carry, and when it is worth calling."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from drip.core.lane import (
    FAILURES_TO_CLOSE,
    FIRST_CLOSING,
    LONGEST_CLOSING,
    LONGEST_REST,
    Lane,
    Tally,
    after,
    filled,
    new_lane,
    room,
    taken,
    wait_for_token,
)
from drip.core.reason import Reason

NOON = datetime(2026, 6, 11, 12, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)


def a_lane(**unusual: object) -> Lane:
    """A lane at ten a second that is full and open; say what is different."""
    return replace(new_lane("twilio", 10, NOON), **unusual)  # type: ignore[arg-type]


def test_a_lane_without_a_limit_takes_as_many_as_one_likes() -> None:
    assert room(a_lane(), 0, NOON) is None


def test_a_full_lane_takes_a_seconds_worth_at_once() -> None:
    assert room(a_lane(), 10, NOON) == 10


def test_what_was_taken_comes_back_at_the_rate() -> None:
    emptied = taken(a_lane(), 10, NOON)
    assert room(emptied, 10, NOON) == 0
    assert room(filled(emptied, 10, NOON + SECOND / 2), 10, NOON) == 5


def test_no_more_than_a_seconds_worth_is_saved_up() -> None:
    assert room(filled(a_lane(), 10, NOON + timedelta(hours=1)), 10, NOON) == 10


def test_a_slow_lane_still_saves_up_one() -> None:
    emptied = taken(new_lane("twilio", 0.5, NOON), 1, NOON)
    assert room(filled(emptied, 0.5, NOON + SECOND), 0.5, NOON) == 0
    assert room(filled(emptied, 0.5, NOON + 2 * SECOND), 0.5, NOON) == 1


def test_a_clock_that_is_set_back_adds_nothing() -> None:
    emptied = taken(a_lane(), 10, NOON)
    assert filled(emptied, 10, NOON - SECOND).tokens == 0


def test_a_long_text_is_paid_back_before_the_next() -> None:
    in_debt = a_lane(tokens=-2.0)
    assert room(in_debt, 10, NOON) == 0
    assert wait_for_token(in_debt, 10) == timedelta(seconds=0.3)


@pytest.mark.parametrize("rate", [0, 10])
def test_nobody_waits_for_a_token_that_is_there(rate: float) -> None:
    assert wait_for_token(a_lane(), rate) == timedelta()


def test_a_few_failures_close_nothing() -> None:
    lane = after(a_lane(), Tally(led_nowhere=FAILURES_TO_CLOSE - 1), NOON)
    assert lane.is_open(NOON)
    assert room(lane, 0, NOON) is None


def test_a_provider_that_leads_nowhere_is_left_alone_for_a_while() -> None:
    lane = after(a_lane(), Tally(led_nowhere=FAILURES_TO_CLOSE), NOON)
    assert room(lane, 10, NOON) == 0
    assert lane.why is Reason.PROVIDER_DOWN
    assert lane.closed_until == NOON + FIRST_CLOSING


def test_sixty_calls_that_fail_together_break_it_once() -> None:
    assert after(a_lane(), Tally(led_nowhere=60), NOON).closed_until == NOON + FIRST_CLOSING


@pytest.mark.parametrize(("rate", "expected"), [(0, 1), (10, 1)])
def test_after_the_closing_one_probe_goes_and_nobody_else(rate: float, expected: int) -> None:
    broken = after(a_lane(), Tally(led_nowhere=FAILURES_TO_CLOSE), NOON)
    later = NOON + FIRST_CLOSING
    assert room(broken, rate, later) == expected
    assert room(taken(broken, 1, later), rate, later) == 0


def test_each_probe_that_fails_closes_it_for_longer_up_to_ten_minutes() -> None:
    lane, waits = a_lane(), []
    for _ in range(8):
        lane = after(lane, Tally(led_nowhere=FAILURES_TO_CLOSE), NOON)
        assert lane.closed_until is not None
        waits.append((lane.closed_until - NOON).total_seconds())
    assert waits == [30, 60, 120, 240, 480, 600, 600, 600]
    assert max(waits) == LONGEST_CLOSING.total_seconds()


def test_one_message_that_arrives_opens_it_again() -> None:
    broken = after(a_lane(), Tally(led_nowhere=FAILURES_TO_CLOSE), NOON)
    mended = after(broken, Tally(accepted=1, led_nowhere=3), NOON)
    assert (mended.failures, mended.closed_until, mended.why) == (0, None, Reason.NONE)


def test_what_was_taken_before_it_asked_for_time_does_not_take_that_time_away() -> None:
    resting = after(a_lane(failures=2), Tally(slow_down=timedelta(seconds=30)), NOON)
    told = after(resting, Tally(accepted=1), NOON + SECOND)
    assert (told.failures, told.closed_until) == (0, NOON + timedelta(seconds=30))


def test_a_provider_that_asks_for_time_gets_it() -> None:
    lane = after(a_lane(), Tally(accepted=5, slow_down=timedelta(seconds=17)), NOON)
    assert room(lane, 10, NOON + timedelta(seconds=16)) == 0
    assert lane.is_open(NOON + timedelta(seconds=17))
    assert lane.why is Reason.RATE_LIMITED
    assert not lane.is_broken


def test_nobody_is_left_alone_for_more_than_an_hour() -> None:
    assert after(a_lane(), Tally(slow_down=timedelta(days=3)), NOON).closed_until == NOON + LONGEST_REST


def test_refusals_say_nothing_about_the_road() -> None:
    assert after(a_lane(failures=2), Tally(), NOON).failures == 2
