"""Wall clocks and instants."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest

from drip.core.walltime import instant, local_date, midnight, wall_clock
from tests.core.build import LONDON

LORD_HOWE = ZoneInfo("Australia/Lord_Howe")


@pytest.mark.parametrize(
    ("zone", "wall", "utc"),
    [
        pytest.param("Europe/London", "2026-01-15T09:00", "2026-01-15T09:00", id="winter"),
        pytest.param("Europe/London", "2026-06-15T09:00", "2026-06-15T08:00", id="summer"),
        pytest.param("Europe/London", "2026-03-29T00:59", "2026-03-29T00:59", id="the minute before London's gap"),
        pytest.param("Europe/London", "2026-03-29T01:00", "2026-03-29T01:00", id="the gap's first minute"),
        pytest.param("Europe/London", "2026-03-29T01:30", "2026-03-29T01:00", id="01:30 in the gap is 02:00"),
        pytest.param("Europe/London", "2026-03-29T02:00", "2026-03-29T01:00", id="the minute after the gap"),
        pytest.param("Europe/London", "2026-10-25T01:30", "2026-10-25T00:30", id="twice means the first"),
        pytest.param("Europe/London", "2026-10-25T02:00", "2026-10-25T02:00", id="after the repeated hour"),
        pytest.param("Australia/Lord_Howe", "2026-10-04T02:15", "2026-10-03T15:30", id="Lord Howe 02:15 is 02:30"),
        pytest.param("Australia/Lord_Howe", "2026-04-05T01:45", "2026-04-04T14:45", id="Lord Howe 01:45 the first"),
        pytest.param("America/Santiago", "2026-09-06T00:00", "2026-09-06T04:00", id="a day that begins at 01:00"),
        pytest.param("Asia/Kathmandu", "2026-06-15T09:00", "2026-06-15T03:15", id="an offset of 5:45"),
        pytest.param("Pacific/Kiritimati", "2026-06-15T09:00", "2026-06-14T19:00", id="the earliest clock"),
    ],
)
def test_a_clock_time_is_one_instant(zone: str, wall: str, utc: str) -> None:
    found = instant(datetime.fromisoformat(wall), ZoneInfo(zone))

    assert found.isoformat() == f"{utc}:00+00:00"


def test_a_time_in_lord_howes_half_hour_gap_is_shown_as_half_past_two() -> None:
    found = instant(datetime(2026, 10, 4, 2, 15), LORD_HOWE)  # noqa: DTZ001

    assert wall_clock(found, LORD_HOWE).isoformat() == "2026-10-04T02:30:00"


def test_a_day_belongs_to_the_clock_that_is_asked() -> None:
    late_evening = datetime.fromisoformat("2026-06-15T23:30:00+00:00")

    assert local_date(late_evening, LONDON) == date(2026, 6, 16)
    assert local_date(late_evening, ZoneInfo("UTC")) == date(2026, 6, 15)


@pytest.mark.parametrize(
    ("day", "zone", "utc"),
    [
        pytest.param("2026-06-15", "Europe/London", "2026-06-14T23:00", id="summer"),
        pytest.param("2026-09-06", "America/Santiago", "2026-09-06T04:00", id="midnight does not exist"),
        pytest.param("2026-11-01", "America/Havana", "2026-11-01T04:00", id="midnight comes twice"),
    ],
)
def test_a_day_begins_at_its_first_instant(day: str, zone: str, utc: str) -> None:
    assert midnight(date.fromisoformat(day), ZoneInfo(zone)).isoformat() == f"{utc}:00+00:00"
