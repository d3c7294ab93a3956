"""Dates and times as people at a clinic type them, and spreadsheets save them, on the clinic's own clock."""

import re
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from drip.bookings.schema import FIRST_YEAR, LAST_YEAR
from drip.core.model import EventKind
from drip.core.walltime import instant, local_date, wall_clock

MONTH_FIRST = frozenset({"US"})
"""Where 02/03 is the third of February."""

FURTHEST = timedelta(days=2 * 366)
"""A booking further ahead is a slip of the pen in the year."""

LONGEST_AGO = timedelta(days=183)
"""Half a year. What begins with an operation, the longest of all that count from a visit, is over by then: nobody is
still due anything of it. It is also short enough to notice every year that is a slip of the pen."""

_ISO = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})(?:[T ].*)?", re.ASCII)
_NUMBERS = re.compile(r"(\d{1,2})[/. -](\d{1,2})[/. -](\d{4})(?: .*)?", re.ASCII)
_CLOCK = re.compile(r"(\d{1,2})[:.](\d{2})(?::\d{2})?", re.ASCII)


class WrongTime(ValueError):
    """Not a date, or not a time; says what to write instead."""


def day_of(told: str, country: str) -> date:
    """A day: `2026-06-15`, or in the order of the country, `15/06/2026`."""
    if not told.strip():
        raise WrongTime("Enter a date, such as 2026-06-15.")
    iso, numbers = _ISO.fullmatch(told.strip()), _NUMBERS.fullmatch(told.strip())
    try:
        if iso:
            day = date(int(iso[1]), int(iso[2]), int(iso[3]))
        elif numbers:
            first, second = int(numbers[1]), int(numbers[2])
            month, number = (first, second) if country in MONTH_FIRST else (second, first)
            day = date(int(numbers[3]), month, number)
        else:
            raise ValueError
    except ValueError:
        raise WrongTime("This is not a date. Write it like 2026-06-15.") from None
    if not FIRST_YEAR <= day.year < LAST_YEAR:
        raise WrongTime("This year cannot be right.")
    return day


def clock_of(told: str) -> time:
    """A time of the day: `10:00`."""
    clock = _CLOCK.fullmatch(told.strip())
    try:
        if clock:
            return time(int(clock[1]), int(clock[2]))
    except ValueError:
        pass
    raise WrongTime("Enter a time of the day, such as 10:00 or 14:30.")


def instant_of(day: date, clock: time, zone: ZoneInfo) -> datetime:
    """The instant at which the site's clock shows this time of that day."""
    wall = datetime.combine(day, clock)
    at = instant(wall, zone)
    if wall_clock(at, zone) != wall:
        raise WrongTime("No clock shows this time on that day: clocks go forward. Enter the time as it will be.")
    return at.astimezone(zone)


def timely(kind: EventKind, day: date, at: datetime | None, now: datetime, zone: ZoneInfo) -> str:
    """What is wrong with telling now that this is or was on that day; empty if nothing is."""
    today = local_date(now, zone)
    if day - today > FURTHEST:
        return "This is more than two years ahead. Is the year right?"
    if kind is not EventKind.BOOKED and today - day > LONGEST_AGO:
        return f"This was {_how_long(today - day)} ago. Is the year right? What is over for half a year begins nothing."
    is_ahead = at > now if at else day > today
    if kind is EventKind.BOOKED and not is_ahead:
        return "This has passed. If the patient came, choose “appointment attended”; else put the date right."
    if kind in (EventKind.ATTENDED, EventKind.TREATMENT_PERFORMED) and is_ahead:
        return "This is still ahead. It can be told once it has happened; until then choose “appointment booked”."
    return ""


def _how_long(ago: timedelta) -> str:
    """`7 years`, `11 months`."""
    number, unit = (ago.days // 365, "year") if ago.days >= 365 else (ago.days // 30, "month")
    return f"{number} {unit}{'s' * (number != 1)}"
