"""How often a password may be wrong, and how long somebody stays signed in."""

from datetime import timedelta

import pytest

from drip.core.signing_in import closed_until, is_over
from tests.world import at

NOW = at("2026-06-11 10:00")


@pytest.mark.parametrize(
    ("failures", "minutes"), [(0, 0), (4, 0), (5, 1), (6, 2), (8, 8), (10, 32), (11, 60), (5_000, 60)]
)
def test_each_wrong_one_too_many_closes_an_account_twice_as_long_and_never_for_a_day(
    failures: int, minutes: int
) -> None:
    assert closed_until(failures, NOW) == (NOW + timedelta(minutes=minutes) if minutes else None)


@pytest.mark.parametrize(
    ("signed_in", "seen", "over"),
    [("09:50", "09:50", False), ("09:40", "09:45:01", False), ("09:40", "09:45", True), ("22:01", "09:59", False)],
)
def test_a_quarter_of_an_hour_of_nothing_ends_a_session(signed_in: str, seen: str, over: bool) -> None:
    began = at(f"2026-06-11 {signed_in}")
    began -= timedelta(days=1) if began > NOW else timedelta()
    assert is_over(began, at(f"2026-06-11 {seen}"), NOW) == over


def test_twelve_hours_end_it_even_when_somebody_is_busy() -> None:
    assert is_over(NOW - timedelta(hours=12), NOW, NOW)
