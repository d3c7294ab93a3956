"""Windows: when messages may go."""

from datetime import date, timedelta
from zoneinfo import ZoneInfo

import pytest

from drip.core.window import Hours
from tests.core.build import EVERY_DAY, always_open, clock, hours, local, never_open

NIGHT = hours("20:00", "06:00")
"""Monday to Friday nights: the last closes at six on Saturday morning."""


@pytest.mark.parametrize(
    ("at", "goes"),
    [
        pytest.param("2026-06-12T07:59", "Fri 2026-06-12 08:00", id="a minute before opening"),
        pytest.param("2026-06-12T08:00", "Fri 2026-06-12 08:00", id="at opening"),
        pytest.param("2026-06-12T17:59", "Fri 2026-06-12 17:59", id="the last minute"),
        pytest.param("2026-06-12T18:00", "Mon 2026-06-15 08:00", id="closing time is already closed"),
        pytest.param("2026-06-13T12:00", "Mon 2026-06-15 08:00", id="Saturday"),
        pytest.param("2026-06-14T23:59", "Mon 2026-06-15 08:00", id="late on Sunday"),
    ],
)
def test_an_after_time_outside_the_window_moves_to_the_next_opening(at: str, goes: str) -> None:
    assert clock(hours().forward(local(at))) == goes


def test_a_bank_holiday_is_outside_every_window() -> None:
    over_easter = hours(closed=["2026-04-03", "2026-04-06"])

    assert clock(over_easter.forward(local("2026-04-03T10:00"))) == "Tue 2026-04-07 08:00"
    assert clock(over_easter.backward(local("2026-04-06T10:00"))) == "Thu 2026-04-02 10:00"


@pytest.mark.parametrize(
    ("at", "goes"),
    [
        pytest.param("2026-06-12T17:59", "Fri 2026-06-12 17:59", id="open: stays"),
        pytest.param("2026-06-12T18:00", "Fri 2026-06-12 17:59", id="at closing: a minute before"),
        pytest.param("2026-06-12T22:15", "Fri 2026-06-12 17:59", id="after hours: the same day's last minute"),
        pytest.param("2026-06-12T07:15", "Thu 2026-06-11 08:00", id="before opening: the day before, at opening"),
        pytest.param("2026-06-13T10:30", "Fri 2026-06-12 10:30", id="a Saturday moves back to Friday, same time"),
        pytest.param("2026-06-14T10:30", "Fri 2026-06-12 10:30", id="and so does a Sunday"),
        pytest.param("2026-06-13T06:00", "Fri 2026-06-12 08:00", id="too early on Saturday: Friday's opening"),
        pytest.param("2026-06-13T18:00", "Fri 2026-06-12 17:59", id="too late on Saturday: Friday's last minute"),
        pytest.param("2026-06-15T07:59", "Fri 2026-06-12 08:00", id="Monday before opening: Friday"),
    ],
)
def test_a_before_time_outside_the_window_moves_back_never_forward(at: str, goes: str) -> None:
    assert clock(hours().backward(local(at))) == goes


@pytest.mark.parametrize(
    ("at", "forward", "backward"),
    [
        pytest.param("2026-06-08T20:00", "Mon 2026-06-08 20:00", "Mon 2026-06-08 20:00", id="opens"),
        pytest.param("2026-06-09T05:59", "Tue 2026-06-09 05:59", "Tue 2026-06-09 05:59", id="still Monday's night"),
        pytest.param("2026-06-13T03:00", "Sat 2026-06-13 03:00", "Sat 2026-06-13 03:00", id="Friday's, on Saturday"),
        pytest.param("2026-06-09T06:00", "Tue 2026-06-09 20:00", "Mon 2026-06-08 20:00", id="closed at six"),
        pytest.param("2026-06-09T12:00", "Tue 2026-06-09 20:00", "Mon 2026-06-08 20:00", id="midday"),
        pytest.param("2026-06-08T03:00", "Mon 2026-06-08 20:00", "Sat 2026-06-06 03:00", id="no Sunday night"),
        pytest.param("2026-06-14T22:00", "Mon 2026-06-15 20:00", "Fri 2026-06-12 22:00", id="Sunday evening"),
    ],
)
def test_an_overnight_window_belongs_to_the_day_it_opens(at: str, forward: str, backward: str) -> None:
    assert clock(NIGHT.forward(local(at))) == forward
    assert clock(NIGHT.backward(local(at))) == backward


def test_only_the_day_a_night_opens_decides_whether_it_is_closed() -> None:
    tuesday_closed = hours("20:00", "06:00", closed=["2026-06-09"])

    assert tuesday_closed.is_open(local("2026-06-09T03:00")), "Monday's night runs into the closed Tuesday"
    assert not tuesday_closed.is_open(local("2026-06-09T21:00"))
    assert not tuesday_closed.is_open(local("2026-06-10T03:00")), "and Tuesday's night is closed on Wednesday too"


@pytest.mark.parametrize(
    ("at", "day"),
    [
        pytest.param("2026-06-08T21:00", "2026-06-08", id="in the evening"),
        pytest.param("2026-06-09T05:59", "2026-06-08", id="early the next morning"),
        pytest.param("2026-06-09T06:00", "2026-06-09", id="once it has closed"),
        pytest.param("2026-06-08T03:00", "2026-06-08", id="after a night that never opened"),
    ],
)
def test_an_instant_belongs_to_the_day_whose_window_it_is_in(at: str, day: str) -> None:
    assert NIGHT.day_of(local(at)) == date.fromisoformat(day)


def test_a_window_that_closes_when_it_opens_is_open_all_day_long() -> None:
    whole_days = hours("09:00", "09:00", days=EVERY_DAY)

    assert all(whole_days.is_open(local("2026-06-08T00:00") + timedelta(hours=n)) for n in range(72))


def test_a_window_until_midnight_closes_at_midnight() -> None:
    evenings = hours("18:00", "00:00")

    assert evenings.is_open(local("2026-06-12T23:59"))
    assert clock(evenings.forward(local("2026-06-13T00:00"))) == "Mon 2026-06-15 18:00"


@pytest.mark.parametrize("at", ["2026-06-13T03:00", "2026-12-25T12:00", "2026-03-29T01:30"])
def test_no_window_is_always_open(at: str) -> None:
    anytime = always_open()

    assert anytime.forward(local(at)) == anytime.backward(local(at)) == local(at)
    assert anytime.is_open(local(at))


def test_without_a_window_an_opening_is_the_whole_day() -> None:
    opening = always_open().opening(date(2026, 3, 29))

    assert opening is not None
    assert opening.end - opening.start == timedelta(hours=23), "the day the clocks go forward"


def test_a_window_that_never_opens_takes_nothing() -> None:
    at = local("2026-06-12T10:00")

    assert never_open().forward(at) is None
    assert never_open().backward(at) is None
    assert never_open().first_opening(date(2026, 6, 12)) is None
    assert not never_open().is_open(at)


def test_a_window_that_opens_once_a_year_is_found() -> None:
    closed = [(date(2026, 1, 1) + timedelta(days=n)).isoformat() for n in range(366)]

    assert clock(hours(closed=closed).forward(local("2026-01-01T10:00"))) == "Mon 2027-01-04 08:00"


@pytest.mark.parametrize(
    ("on", "window", "opens"),
    [
        pytest.param("2026-06-15", hours(), "Mon 2026-06-15 08:00", id="a working day"),
        pytest.param("2026-06-13", hours(), "Sat 2026-06-13 08:00", id="a closed day has its opening time too"),
        pytest.param("2026-06-15", always_open(), "Mon 2026-06-15 00:00", id="no window: midnight"),
    ],
)
def test_a_date_without_a_time_is_the_windows_opening(on: str, window: Hours, opens: str) -> None:
    assert clock(window.opens_on(date.fromisoformat(on))) == opens


def test_a_window_that_lies_in_the_spring_gap_does_not_open_that_day() -> None:
    one_to_half_past = hours("01:00", "01:30", days=EVERY_DAY)

    assert clock(one_to_half_past.forward(local("2026-03-29T00:30"))) == "Mon 2026-03-30 01:00"


def test_a_window_that_opens_in_the_spring_gap_opens_after_it() -> None:
    from_half_past_one = hours("01:30", "05:00", days=EVERY_DAY)

    assert clock(from_half_past_one.forward(local("2026-03-29T00:30"))) == "Sun 2026-03-29 02:00"


def test_a_window_that_closes_in_the_repeated_hour_closes_the_first_time() -> None:
    until_half_past_one = hours("00:00", "01:30", days=EVERY_DAY)
    first = local("2026-10-25T01:15")

    assert until_half_past_one.is_open(first)
    assert not until_half_past_one.is_open(first + timedelta(hours=1)), "01:15 again"


def test_the_clinics_clock_decides_not_the_servers() -> None:
    auckland = ZoneInfo("Pacific/Auckland")

    assert clock(hours(zone=auckland).forward(local("2026-06-12T10:00")), auckland) == "Mon 2026-06-15 08:00"
