"""Lengths of time."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drip.core.duration import Duration, parse_duration


@pytest.mark.parametrize(
    ("text", "days", "elapsed"),
    [
        pytest.param("0m", 0, timedelta(), id="at once"),
        pytest.param("10m", 0, timedelta(minutes=10), id="minutes"),
        pytest.param("3h", 0, timedelta(hours=3), id="hours"),
        pytest.param("2d", 2, timedelta(), id="days"),
        pytest.param("6w", 42, timedelta(), id="weeks"),
        pytest.param("1d12h", 1, timedelta(hours=12), id="a day and a half"),
        pytest.param("1w2d3h4m", 9, timedelta(hours=3, minutes=4), id="all four"),
        pytest.param("24h", 0, timedelta(hours=24), id="24 hours are not a calendar day"),
    ],
)
def test_a_length_of_time_is_calendar_days_and_elapsed_time(text: str, days: int, elapsed: timedelta) -> None:
    found = parse_duration(text)

    assert found == Duration(days=days, elapsed=elapsed)
    assert found.is_whole_days is (not elapsed)


@pytest.mark.parametrize(
    "text", ["", " ", "2", "d", "2 d", "12h1d", "1d1d", "-1d", "1.5d", "2D", "1y", "1month", "10m ", "+2d"]
)
def test_anything_else_is_refused_with_how_to_write_it(text: str) -> None:
    with pytest.raises(ValueError, match="write 10m, 3h, 2d, 6w or a sum such as 1d12h"):
        parse_duration(text)


@pytest.mark.parametrize(
    ("text", "shown"),
    [("0m", "0m"), ("14d", "2w"), ("90m", "1h30m"), ("1d12h", "1d12h"), ("10d", "1w3d"), ("0d", "0m")],
)
def test_a_length_of_time_is_shown_largest_unit_first(text: str, shown: str) -> None:
    assert str(parse_duration(text)) == shown


@given(st.integers(0, 60000), st.integers(0, 90000))
def test_what_is_shown_reads_back_as_the_same(days: int, minutes: int) -> None:
    length = Duration(days=days, elapsed=timedelta(minutes=minutes))

    assert parse_duration(str(length)) == length
