"""The schedule in every time zone there is, against a clock that is read minute by minute.

The oracle never asks how a zone works: it looks at what clocks show, instant after instant. By default a sample is
searched; `--hypothesis-profile=full` searches far more widely and walks every change of every clock until 2037.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from drip.core.duration import Duration
from drip.core.model import Channel
from drip.core.schedule import expiry, placements, shifted
from drip.core.sequence import Step
from drip.core.walltime import instant
from drip.core.window import WEEKDAYS, Hours, Window
from tests.core.build import a_step

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
FIRST, LAST = datetime(2020, 1, 1, tzinfo=UTC), datetime(2037, 12, 31, tzinfo=UTC)
ZONES = sorted(available_timezones())
SAMPLE = [
    "Africa/Casablanca",
    "America/Havana",
    "America/Nuuk",
    "America/St_Johns",
    "Antarctica/Troll",
    "Asia/Gaza",
    "Australia/Lord_Howe",
    "Europe/London",
    "Pacific/Apia",
    "Pacific/Chatham",
]


# What clocks show


def shown(at: datetime, zone: ZoneInfo) -> datetime:
    return at.astimezone(zone).replace(tzinfo=None)


def first_showing(wall: datetime, zone: ZoneInfo) -> datetime:
    """The first instant at which clocks show `wall`; if they never do, the first at which they show more."""
    as_if_utc = wall.replace(tzinfo=UTC)
    offsets = {(as_if_utc + n * HOUR).astimezone(zone).utcoffset() or timedelta() for n in range(-30, 31)}
    instants = sorted(as_if_utc - offset for offset in offsets)
    for at in instants:
        if shown(at, zone) == wall:
            return at
    at = instants[0].replace(second=0)
    while shown(at, zone) < wall:
        at += MINUTE
    return at


def opening_of(day: date, hours: Hours) -> tuple[datetime, datetime] | None:
    """When the window of a day opens and closes, if it does."""
    window = hours.window
    assert isinstance(window, Window)
    if day in hours.closed or day.weekday() not in window.days:
        return None
    overnight = DAY if window.closes <= window.opens else timedelta()
    opens = first_showing(datetime.combine(day, window.opens), hours.zone)
    closes = first_showing(datetime.combine(day + overnight, window.closes), hours.zone)
    return (opens, closes) if opens < closes else None


def owner(at: datetime, hours: Hours) -> date | None:
    """The day whose window is open at an instant; None when closed."""
    today = shown(at, hours.zone).date()
    for day in (today - DAY, today):
        opening = opening_of(day, hours)
        if opening and opening[0] <= at < opening[1]:
            return day
    return None


@cache
def clock_changes(zone: ZoneInfo) -> tuple[datetime, ...]:
    """The instants at which clocks there change, from 2020 to 2037."""
    return tuple(_clock_changes(zone))


def _clock_changes(zone: ZoneInfo) -> Iterator[datetime]:
    day = FIRST
    while day < LAST:
        if day.astimezone(zone).utcoffset() != (day + DAY).astimezone(zone).utcoffset():
            at = day
            while at.astimezone(zone).utcoffset() == day.astimezone(zone).utcoffset():
                at += HOUR
            at -= HOUR
            while at.astimezone(zone).utcoffset() == day.astimezone(zone).utcoffset():
                at += MINUTE
            yield at
        day += DAY


# Something to schedule

zones = st.sampled_from(ZONES).map(ZoneInfo)
minutes = st.integers(0, 24 * 60 - 1).map(lambda n: time(n // 60, n % 60))


@st.composite
def instants(draw: st.DrawFn, zone: ZoneInfo) -> datetime:
    """Any minute until 2037; half of them within two days of a clock change."""
    changes, near = clock_changes(zone), draw(st.booleans())
    if changes and near:
        return draw(st.sampled_from(changes)) + draw(st.integers(-2880, 2880)) * MINUTE
    return FIRST + draw(st.integers(0, int((LAST - FIRST) / MINUTE))) * MINUTE


@st.composite
def times_and_hours(draw: st.DrawFn) -> tuple[datetime, Hours]:
    """An instant, and sending hours with a few closures around it."""
    zone = draw(zones)
    at = draw(instants(zone))
    window = Window(days=draw(st.frozensets(st.integers(0, 6), min_size=1)), opens=draw(minutes), closes=draw(minutes))
    near = draw(st.frozensets(st.integers(-9, 9), max_size=6))
    closed = frozenset(shown(at, zone).date() + n * DAY for n in near)
    return at, Hours(window=window, zone=zone, closed=closed)


@st.composite
def steps(draw: st.DrawFn) -> Step:
    days = draw(st.integers(0, 40))
    elapsed = draw(st.sampled_from(["", "", "30m", "5h", "36h"]))
    length = f"{days}d{elapsed}"
    at = None if elapsed else draw(st.none() | minutes.map(lambda clock: clock.isoformat("minutes")))
    repeats = draw(st.booleans())
    is_before = draw(st.booleans())
    return a_step(
        after=length,
        before=f"{days + 1}d{elapsed}" if is_before else None,
        at=at,
        weekday=draw(st.none() | st.sampled_from(WEEKDAYS)),
        every=draw(st.integers(1, 9)) if repeats else None,
        times=draw(st.integers(1, 12)) if repeats else None,
        expires=draw(st.none() | st.sampled_from(["1h", "2d", "1w"])),
    )


# Wall clocks


def holds_on_the_clock(wall: datetime, zone: ZoneInfo) -> None:
    """What is promised of one clock time in one zone."""
    at = instant(wall, zone)
    assert at == first_showing(wall, zone), (zone, wall)
    if shown(at, zone) != wall:
        assert shown(at - MINUTE, zone) < wall < shown(at, zone), (zone, wall)


@given(st.data())
def test_a_clock_time_is_the_first_instant_that_shows_it_or_the_end_of_the_gap(data: st.DataObject) -> None:
    zone = data.draw(zones)

    holds_on_the_clock(shown(data.draw(instants(zone)), zone) + data.draw(st.integers(-90, 90)) * MINUTE, zone)


@pytest.mark.slow
def test_every_minute_around_every_clock_change_is_read_as_clocks_show_it() -> None:
    is_full = settings().max_examples >= 1000

    for zone in map(ZoneInfo, ZONES if is_full else SAMPLE):
        for change in clock_changes(zone):
            _read_around(change, zone, every=5 if is_full else 15)


def _read_around(change: datetime, zone: ZoneInfo, *, every: int) -> None:
    """Read clocks minute by minute over a change, and compare every few minutes of what they could show."""
    first: dict[datetime, datetime] = {}
    seen = [change + n * MINUTE for n in range(-300, 301)]
    for at in seen:
        first.setdefault(shown(at, zone), at)
    wall, last = shown(change - 2 * HOUR, zone), shown(change + 2 * HOUR, zone)
    while wall <= last:
        expected = first.get(wall) or next(at for at in seen if shown(at, zone) > wall)
        assert instant(wall, zone) == expected, (zone.key, wall)
        wall += every * MINUTE


@given(st.data(), st.integers(-400, 400))
def test_calendar_days_keep_the_wall_clock_wherever_it_exists(data: st.DataObject, days: int) -> None:
    zone = data.draw(zones)
    at = data.draw(instants(zone))
    wanted = shown(at, zone) + days * DAY

    found = shifted(at, Duration(days=abs(days)), zone, back=days < 0)

    assert found == (first_showing(wanted, zone) if days else at)


@given(st.data(), st.integers(0, 100_000))
def test_hours_and_minutes_are_elapsed_time_whatever_clocks_do(data: st.DataObject, length: int) -> None:
    zone = data.draw(zones)
    at = data.draw(instants(zone))
    elapsed = Duration(elapsed=length * MINUTE)

    assert shifted(at, elapsed, zone) - at == at - shifted(at, elapsed, zone, back=True) == length * MINUTE


# Windows


@given(times_and_hours())
def test_forward_is_the_first_open_instant_and_never_earlier(case: tuple[datetime, Hours]) -> None:
    at, hours = case
    found = hours.forward(at)

    assert found is not None
    assert found >= at
    assert owner(found, hours), "inside a window"
    if found > at:
        assert owner(found - MINUTE, hours) is None, "as soon as it opens"
        step = max(MINUTE, (found - at) / 60)
        assert not any(owner(at + n * step, hours) for n in range(60) if at + n * step < found)


@given(times_and_hours())
def test_open_is_what_the_window_says(case: tuple[datetime, Hours]) -> None:
    at, hours = case

    assert hours.is_open(at) is (owner(at, hours) is not None)
    assert hours.day_of(at) == (owner(at, hours) or shown(at, hours.zone).date())


@given(times_and_hours())
def test_backward_is_never_later_and_always_inside(case: tuple[datetime, Hours]) -> None:
    at, hours = case
    found = hours.backward(at)

    assert found is not None
    assert found <= at
    assert owner(found, hours), "inside a window"
    assert found == at or not owner(at, hours), "and what is open stays"


@given(times_and_hours())
def test_backward_goes_to_the_same_days_window_or_the_nearest_earlier_days(case: tuple[datetime, Hours]) -> None:
    at, hours = case
    assume(not owner(at, hours))
    wall = shown(at, hours.zone)
    found = hours.backward(at)
    assert found is not None
    today = opening_of(wall.date(), hours)

    if today and today[0] <= at:
        assert found == today[1] - MINUTE, "the last minute of the window that had opened"
        return
    day = owner(found, hours)
    assert day is not None
    between = (day + n * DAY for n in range(1, (wall.date() - day).days))
    assert day < wall.date()
    assert not any(opening_of(closed, hours) for closed in between), "nothing nearer was open"
    opens, closes = opening_of(day, hours) or (found, found)
    after_midnight = [
        d for d in (day, day + DAY) if opens <= first_showing(datetime.combine(d, wall.time()), hours.zone) < closes
    ]
    if after_midnight:
        assert found == first_showing(datetime.combine(after_midnight[-1], wall.time()), hours.zone), (
            "its own time of day"
        )
    else:
        assert found in (opens, closes - MINUTE), "brought inside"


# Steps


@given(times_and_hours(), steps())
def test_occurrences_never_run_backwards(case: tuple[datetime, Hours], step: Step) -> None:
    anchor, hours = case
    times = [place.planned_for for place in placements(step, anchor, hours)]

    assert times == sorted(times)


@given(times_and_hours(), steps())
def test_at_most_one_occurrence_goes_on_any_local_day(case: tuple[datetime, Hours], step: Step) -> None:
    anchor, hours = case
    placed = placements(step, anchor, hours)
    days = [shown(place.planned_for, hours.zone).date() for place in placed if not place.merged]

    assert len(days) == len(set(days))
    assert set(days) == {shown(place.planned_for, hours.zone).date() for place in placed}, "and one on each"


@given(times_and_hours(), steps())
def test_every_occurrence_is_in_the_window(case: tuple[datetime, Hours], step: Step) -> None:
    anchor, hours = case

    assert all(owner(place.planned_for, hours) for place in placements(step, anchor, hours))


@given(times_and_hours(), steps())
def test_a_before_step_is_never_after_its_anchor_and_an_after_step_never_before_its_day(
    case: tuple[datetime, Hours], step: Step
) -> None:
    anchor, hours = case
    times = [place.planned_for for place in placements(step, anchor, hours)]

    if step.before:
        assert all(at <= anchor for at in times)
    else:
        assert all(shown(at, hours.zone).date() >= shown(anchor, hours.zone).date() for at in times)


@given(times_and_hours(), st.integers(0, 40), minutes, st.integers(1, 9))
def test_a_repeat_is_asked_for_at_its_clock_time_on_each_of_its_days(
    case: tuple[datetime, Hours], days: int, clock: time, every: int
) -> None:
    anchor, hours = case
    step = a_step(after=f"{days}d", at=clock.isoformat("minutes"), every=every, times=6)
    first = datetime.combine(shown(anchor, hours.zone).date() + days * DAY, clock)

    asked = [first_showing(first + n * every * DAY, hours.zone) for n in range(6)]

    assert [place.planned_for for place in placements(step, anchor, hours)] == [hours.forward(at) for at in asked]


@given(times_and_hours(), steps(), st.sampled_from(Channel))
def test_a_message_is_useful_to_the_end_of_the_next_open_day(
    case: tuple[datetime, Hours], step: Step, channel: Channel
) -> None:
    anchor, hours = case
    for place in placements(step, anchor, hours):
        found = expiry(step, channel, place.planned_for, anchor, hours)
        if step.before:
            assert found == anchor
            continue
        day = owner(place.planned_for, hours)
        assert day is not None
        following = (opening_of(day + n * DAY, hours) for n in range(1, 40))
        assert found >= next(opening for opening in following if opening)[1]
        assert found > place.planned_for
