"""When a step is due."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from drip.core.model import AnchorKind, Channel
from drip.core.schedule import deciding_zone, expiry, moment, placements
from drip.core.sequence import Step
from drip.core.window import Hours
from tests.core.build import EVERY_DAY, LONDON, a_step, always_open, clock, hours, local, never_open

NEW_YORK = ZoneInfo("America/New_York")
LORD_HOWE = ZoneInfo("Australia/Lord_Howe")


def due(step: Step, anchor: str, when: Hours | None = None) -> list[str]:
    """When each occurrence goes, on London's clock; a merged one in brackets."""
    placed = placements(step, local(anchor), when or hours())
    return [f"({clock(place.planned_for)})" if place.merged else clock(place.planned_for) for place in placed]


@pytest.mark.parametrize(
    ("step", "anchor", "goes"),
    [
        pytest.param(a_step(after="0m"), "2026-06-11T10:00", "Thu 2026-06-11 10:00", id="0m is at once"),
        pytest.param(a_step(after="10m"), "2026-06-11T10:00", "Thu 2026-06-11 10:10", id="minutes"),
        pytest.param(a_step(after="3h"), "2026-06-12T16:30", "Mon 2026-06-15 08:00", id="seen late on Friday"),
        pytest.param(a_step(after="1d"), "2026-06-11T10:00", "Fri 2026-06-12 10:00", id="keeps the anchor's own time"),
        pytest.param(a_step(after="1d", at="14:30"), "2026-06-11T10:00", "Fri 2026-06-12 14:30", id="a clock time"),
        pytest.param(a_step(after="0d", at="09:00"), "2026-06-11T17:00", "Thu 2026-06-11 09:00", id="the same date"),
        pytest.param(a_step(after="1w"), "2026-06-11T10:00", "Thu 2026-06-18 10:00", id="a week"),
        pytest.param(a_step(after="1d2h"), "2026-06-11T10:00", "Fri 2026-06-12 12:00", id="a sum"),
        pytest.param(a_step(before="2d", at="09:30"), "2026-06-11T10:00", "Tue 2026-06-09 09:30", id="two days before"),
        pytest.param(a_step(before="3h"), "2026-06-11T16:00", "Thu 2026-06-11 13:00", id="three hours before"),
        pytest.param(a_step(before="2h"), "2026-06-11T09:00", "Wed 2026-06-10 08:00", id="before opening: not today"),
        pytest.param(
            a_step(before="1d", at="20:00"), "2026-06-11T10:00", "Wed 2026-06-10 17:59", id="the eve, after hours"
        ),
        pytest.param(a_step(after="7d", weekday="mon"), "2026-06-11T10:00", "Mon 2026-06-22 10:00", id="on to Monday"),
        pytest.param(a_step(after="4d", weekday="mon"), "2026-06-11T10:00", "Mon 2026-06-15 10:00", id="is Monday"),
        pytest.param(
            a_step(before="7d", weekday="mon"), "2026-06-11T10:00", "Mon 2026-06-01 10:00", id="back to Monday"
        ),
        pytest.param(
            a_step(before="3d", weekday="mon"), "2026-06-11T10:00", "Mon 2026-06-08 10:00", id="before, is Monday"
        ),
        pytest.param(
            a_step(after="1d", weekday="sun", at="10:00"),
            "2026-06-11T10:00",
            "Mon 2026-06-15 08:00",
            id="a Sunday goes at Monday's opening",
        ),
    ],
)
def test_a_step_is_due_at_the_clinics_clock_time(step: Step, anchor: str, goes: str) -> None:
    assert due(step, anchor) == [goes]


def test_a_before_step_on_a_saturday_moves_back_to_friday() -> None:
    assert due(a_step(before="2d", at="10:30"), "2026-06-15T09:00") == ["Fri 2026-06-12 10:30"]


AFTER_EASTER = hours(closed=["2026-04-03", "2026-04-06"])


@pytest.mark.parametrize(
    ("step", "anchor", "when", "goes"),
    [
        pytest.param("3d", "2026-06-10T10:00", hours(), "Fri 2026-06-12 10:00", id="Saturday: on the Friday"),
        pytest.param("4d", "2026-06-10T10:00", hours(), "Fri 2026-06-12 10:00", id="Sunday: on the Friday"),
        pytest.param("3d", "2026-06-08T10:00", hours(), "Thu 2026-06-11 10:00", id="an open day: as it is"),
        pytest.param("3d", "2026-06-10T07:00", hours(), "Fri 2026-06-12 08:00", id="early: at that day's opening"),
        pytest.param("3d", "2026-06-10T20:00", hours(), "Fri 2026-06-12 17:59", id="late: before that day closes"),
        pytest.param("1d", "2026-06-10T20:00", hours(), "Thu 2026-06-11 17:59", id="after hours: the same day"),
        pytest.param("2d", "2026-06-10T07:00", hours(), "Thu 2026-06-11 08:00", id="before opening: the day before"),
        pytest.param("3d", "2026-04-01T10:00", AFTER_EASTER, "Thu 2026-04-02 10:00", id="after Good Friday"),
        pytest.param("5d", "2026-04-01T10:00", AFTER_EASTER, "Thu 2026-04-02 10:00", id="a bank holiday Monday"),
        pytest.param("1d", "2026-04-02T10:00", AFTER_EASTER, "Tue 2026-04-07 08:00", id="never at its anchor"),
        pytest.param("2d", "2026-06-12T10:00", hours(), "Mon 2026-06-15 08:00", id="never at its anchor, on a Friday"),
        pytest.param("2h", "2026-06-12T17:30", hours(), "Fri 2026-06-12 17:59", id="just after it"),
        pytest.param("3d", "2026-06-10T10:00", always_open(), "Sat 2026-06-13 10:00", id="never closed"),
        pytest.param(
            "3d", "2026-06-10T03:00", hours("20:00", "06:00"), "Sat 2026-06-13 03:00", id="still Friday's night"
        ),
    ],
)
def test_what_must_not_wait_for_an_open_day_goes_on_the_one_before(
    step: str, anchor: str, when: Hours, goes: str
) -> None:
    assert due(a_step(after=step, if_closed="before"), anchor, when) == [goes]


def test_of_repeats_that_go_early_those_on_one_day_are_one() -> None:
    daily = a_step(after="2d", at="10:00", every=1, times=4, if_closed="before")

    assert due(daily, "2026-06-10T09:00") == [
        "Fri 2026-06-12 10:00",
        "(Fri 2026-06-12 10:00)",
        "(Fri 2026-06-12 10:00)",
        "Mon 2026-06-15 10:00",
    ]


def test_a_step_that_goes_early_and_that_no_window_ever_takes_keeps_the_time_it_asked_for() -> None:
    (place,) = placements(a_step(after="1d", if_closed="before"), local("2026-06-11T10:00"), never_open())

    assert not place.fits


def test_days_keep_the_wall_clock_over_a_clock_change_and_hours_do_not() -> None:
    the_day_before = "2026-03-28T12:00"

    assert due(a_step(after="1d"), the_day_before, always_open()) == ["Sun 2026-03-29 12:00"]
    assert due(a_step(after="24h"), the_day_before, always_open()) == ["Sun 2026-03-29 13:00"]
    assert due(a_step(before="1d"), "2026-03-29T12:00", always_open()) == ["Sat 2026-03-28 12:00"]
    assert due(a_step(before="24h"), "2026-03-29T12:00", always_open()) == ["Sat 2026-03-28 11:00"]


def test_in_a_sum_calendar_days_apply_before_hours() -> None:
    """Days first reach Sunday noon in summer time; hours first would cross the change twice differently."""
    assert due(a_step(after="1d12h"), "2026-03-27T23:30", always_open()) == ["Sun 2026-03-29 12:30"]
    assert due(a_step(before="1d12h"), "2026-03-30T01:30", always_open()) == ["Sat 2026-03-28 13:00"]


@pytest.mark.parametrize(
    ("zone", "at", "anchor", "goes"),
    [
        pytest.param(LONDON, "01:30", "2026-03-28T12:00", "Sun 2026-03-29 02:00", id="London 01:30 is 02:00"),
        pytest.param(LORD_HOWE, "02:15", "2026-10-03T12:00", "Sun 2026-10-04 02:30", id="Lord Howe 02:15 is 02:30"),
        pytest.param(LONDON, "01:30", "2026-10-24T12:00", "Sun 2026-10-25 01:30", id="twice: the first"),
    ],
)
def test_a_clock_time_that_does_not_exist_is_the_first_that_does(
    zone: ZoneInfo, at: str, anchor: str, goes: str
) -> None:
    (place,) = placements(a_step(after="1d", at=at), local(anchor, zone), always_open(zone))

    assert clock(place.planned_for, zone) == goes


def test_a_time_that_comes_twice_is_the_first_of_the_two() -> None:
    (place,) = placements(a_step(after="1d", at="01:30"), local("2026-10-24T12:00"), always_open())

    assert place.planned_for == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)


def test_a_repeat_keeps_its_own_clock_time_after_a_gap() -> None:
    nightly = a_step(after="1d", at="01:30", every=1, times=3)

    assert due(nightly, "2026-03-27T12:00", always_open()) == [
        "Sat 2026-03-28 01:30",
        "Sun 2026-03-29 02:00",
        "Mon 2026-03-30 01:30",
    ]
    assert due(nightly, "2026-03-28T12:00", always_open())[:2] == ["Sun 2026-03-29 02:00", "Mon 2026-03-30 01:30"]


def test_a_repeat_without_a_clock_time_keeps_the_anchors_after_a_gap() -> None:
    weekly = a_step(after="1d", every=7, times=2)

    assert due(weekly, "2026-03-28T01:30", always_open()) == ["Sun 2026-03-29 02:00", "Sun 2026-04-05 01:30"]


def test_times_counts_the_first() -> None:
    assert due(a_step(after="7d", weekday="mon", at="10:00", every=7, times=3), "2026-06-11T10:00") == [
        "Mon 2026-06-22 10:00",
        "Mon 2026-06-29 10:00",
        "Mon 2026-07-06 10:00",
    ]


@pytest.mark.parametrize(
    ("until", "occurrences"),
    [
        pytest.param("21d", 3, id="the last day counts"),
        pytest.param("20d", 2, id="one day short"),
        pytest.param("3w", 3, id="weeks"),
        pytest.param("504h", 2, id="hours to the minute: 21 days and an hour too late"),
        pytest.param("506h", 3, id="hours to the minute: just in time"),
    ],
)
def test_until_is_inclusive_and_counts_from_the_anchor(until: str, occurrences: int) -> None:
    weekly = a_step(after="7d", at="11:00", every=7, until=until)

    assert len(due(weekly, "2026-06-11T10:00")) == occurrences


def test_there_are_at_most_four_hundred_occurrences() -> None:
    for_ever = a_step(after="1d", every=1, until="9999d")

    assert len(due(for_ever, "2026-06-11T10:00", always_open())) == 400
    assert len(due(a_step(after="1d", every=1, times=500), "2026-06-11T10:00", always_open())) == 400


def test_a_daily_reminder_over_a_closed_weekend_is_one_on_monday_not_three() -> None:
    daily = a_step(after="1d", at="10:00", every=1, times=5)

    assert due(daily, "2026-06-11T09:00") == [
        "Fri 2026-06-12 10:00",
        "Mon 2026-06-15 08:00",
        "(Mon 2026-06-15 08:00)",
        "(Mon 2026-06-15 10:00)",
        "Tue 2026-06-16 10:00",
    ]


def test_a_repeated_before_step_is_merged_on_the_friday() -> None:
    countdown = a_step(before="4d", at="10:00", every=1, times=9)

    assert due(countdown, "2026-06-16T12:00") == [
        "Fri 2026-06-12 10:00",
        "(Fri 2026-06-12 10:00)",
        "(Fri 2026-06-12 10:00)",
        "Mon 2026-06-15 10:00",
        "Tue 2026-06-16 10:00",
    ], "and it never counts past its anchor"


def test_a_repeated_before_step_may_fall_on_its_anchor_and_is_moved_back_from_it() -> None:
    countdown = a_step(before="1d", every=1, times=3)

    assert due(countdown, "2026-06-16T19:00") == ["Mon 2026-06-15 17:59", "Tue 2026-06-16 17:59"]


def test_a_repeated_before_step_stops_so_long_before_its_anchor() -> None:
    countdown = a_step(before="6d", at="10:00", every=1, until="3d")

    assert due(countdown, "2026-06-19T12:00", always_open()) == [
        "Sat 2026-06-13 10:00",
        "Sun 2026-06-14 10:00",
        "Mon 2026-06-15 10:00",
        "Tue 2026-06-16 10:00",
    ]


def test_a_step_that_no_window_ever_takes_keeps_the_time_it_asked_for() -> None:
    (place,) = placements(a_step(after="1d"), local("2026-06-11T10:00"), never_open())

    assert not place.fits
    assert clock(place.planned_for) == "Fri 2026-06-12 10:00"


def test_occurrences_are_counted_from_one() -> None:
    placed = placements(a_step(after="1d", every=1, times=3), local("2026-06-08T10:00"), hours())

    assert [place.occurrence for place in placed] == [1, 2, 3]


@pytest.mark.parametrize(
    ("anchor", "zone"),
    [
        (AnchorKind.APPOINTMENT, LONDON),
        (AnchorKind.APPOINTMENT_END, LONDON),
        (AnchorKind.TREATMENT, LONDON),
        (AnchorKind.BOOKED, NEW_YORK),
        (AnchorKind.ENROLLED, NEW_YORK),
        (AnchorKind.PROGRAMME, NEW_YORK),
    ],
)
def test_visits_go_by_the_sites_clock_and_everything_else_by_the_patients(anchor: AnchorKind, zone: ZoneInfo) -> None:
    assert deciding_zone(anchor, site=LONDON, patient=NEW_YORK) == zone
    assert deciding_zone(anchor, site=LONDON, patient=None) == LONDON


def test_an_anchor_without_a_time_is_the_windows_opening() -> None:
    assert clock(moment(date(2026, 6, 15), hours())) == "Mon 2026-06-15 08:00"
    assert clock(moment(datetime.fromisoformat("2026-06-15T10:00+02:00"), hours())) == "Mon 2026-06-15 09:00"
    assert moment(datetime.fromisoformat("2026-06-15T10:00+02:00"), hours()).tzinfo is UTC


ANY_HOUR = hours("00:00", "00:00", days=EVERY_DAY)


@pytest.mark.parametrize(
    ("step", "channel", "when", "planned", "useless_from"),
    [
        pytest.param(
            a_step(), Channel.SMS, hours(), "2026-06-09T09:00", "Wed 2026-06-10 18:00", id="a text: the next day's end"
        ),
        pytest.param(a_step(), Channel.EMAIL, hours(), "2026-06-09T09:00", "Fri 2026-06-12 09:00", id="an email: 3d"),
        pytest.param(
            a_step(), Channel.SMS, hours(), "2026-06-12T17:30", "Mon 2026-06-15 18:00", id="a Friday evening's outage"
        ),
        pytest.param(
            a_step(), Channel.EMAIL, hours(), "2026-06-12T17:30", "Mon 2026-06-15 18:00", id="an email on a Friday"
        ),
        pytest.param(
            a_step(expires="2h"), Channel.SMS, hours(), "2026-06-09T09:00", "Wed 2026-06-10 18:00", id="never less"
        ),
        pytest.param(
            a_step(expires="1w"), Channel.SMS, hours(), "2026-06-09T09:00", "Tue 2026-06-16 09:00", id="its own, longer"
        ),
        pytest.param(
            a_step(),
            Channel.SMS,
            hours(closed=["2026-04-03", "2026-04-06"]),
            "2026-04-02T17:00",
            "Tue 2026-04-07 18:00",
            id="over Easter",
        ),
        pytest.param(
            a_step(),
            Channel.SMS,
            always_open(),
            "2026-06-09T09:00",
            "Thu 2026-06-11 00:00",
            id="no window: its midnight",
        ),
        pytest.param(
            a_step(expires="2h"), Channel.SMS, never_open(), "2026-06-09T09:00", "Tue 2026-06-09 11:00", id="never open"
        ),
        pytest.param(
            a_step(),
            Channel.SMS,
            hours("20:00", "06:00"),
            "2026-06-09T03:00",
            "Wed 2026-06-10 06:00",
            id="early on Tuesday is still Monday's night: until the end of Tuesday's",
        ),
        pytest.param(
            a_step(expires="24h"), Channel.SMS, ANY_HOUR, "2026-03-28T12:00", "Mon 2026-03-30 00:00", id="23-hour day"
        ),
    ],
)
def test_a_message_is_useful_until_the_end_of_the_next_open_day_at_least(
    step: Step, channel: Channel, when: Hours, planned: str, useless_from: str
) -> None:
    found = expiry(step, channel, local(planned), local("2026-06-08T10:00"), when)

    assert clock(found) == useless_from


def test_a_before_step_expires_at_its_anchor() -> None:
    visit = local("2026-06-11T10:00")
    reminder = a_step(before="1d", expires="7d")

    assert expiry(reminder, Channel.SMS, visit - timedelta(days=1), visit, hours()) == visit
