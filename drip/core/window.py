"""When messages may go: a window of the week, the days that are closed, and the clock that decides."""

from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from drip.core.walltime import MINUTE, instant, local_date, midnight, wall_clock

DAY = timedelta(days=1)
HORIZON = 400
"""Days searched for an opening: more than a year, so that a window that opens yearly is found."""

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """Open on `days` (0 is Monday) from `opens` until `closes`, exclusive; overnight when `closes` is not later.

    An overnight window belongs to the day it opens.
    """

    days: frozenset[int]
    opens: time
    closes: time

    @property
    def is_overnight(self) -> bool:
        """Closes on the day after it opens."""
        return self.closes <= self.opens


@dataclass(frozen=True, slots=True)
class Always:
    """No window: every instant is open, closures included."""


ANY = Always()


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """One stretch of open time, from `start` until just before `end` (UTC), belonging to `day`."""

    day: date
    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Hours:
    """A window, on the clock that decides, without the closed days."""

    window: Window | Always
    zone: ZoneInfo
    closed: frozenset[date] = field(default=frozenset(), repr=False)

    @property
    def is_overnight(self) -> bool:
        """Whether an opening may last into the day after its own."""
        return isinstance(self.window, Window) and self.window.is_overnight

    def opening(self, day: date) -> Opening | None:
        """The opening that belongs to `day`; None when that day is closed."""
        if isinstance(self.window, Always):
            return Opening(day=day, start=midnight(day, self.zone), end=midnight(day + DAY, self.zone))
        if day.weekday() not in self.window.days or day in self.closed:
            return None
        return _opening(self.window, self.zone, day)

    def opens_on(self, day: date) -> datetime:
        """The window's opening time on `day`, even if that day is closed: a date without a time means this."""
        opens = time() if isinstance(self.window, Always) else self.window.opens
        return instant(datetime.combine(day, opens), self.zone)

    def first_opening(self, day: date) -> Opening | None:
        """The first opening that belongs to `day` or later; None when none comes within the horizon."""
        days = (day + n * DAY for n in range(HORIZON))
        return next((opening for opening in map(self.opening, days) if opening), None)

    def day_of(self, at: datetime) -> date:
        """The day that an instant belongs to: early on, the night before's if its window is still open."""
        today = local_date(at, self.zone)
        last_night = self.opening(today - DAY) if self.is_overnight else None
        return today - DAY if last_night and at < last_night.end else today

    def is_open(self, at: datetime) -> bool:
        """Whether a message may go at this instant."""
        return self.forward(at) == at

    def forward(self, at: datetime) -> datetime | None:
        """`at` if open, else the next opening; None when none comes within the horizon."""
        if isinstance(self.window, Always):
            return at
        today = local_date(at, self.zone)
        for n in range(-1 if self.is_overnight else 0, HORIZON):
            opening = self.opening(today + n * DAY)
            if opening and opening.end > at:
                return max(at, opening.start)
        return None

    def backward(self, at: datetime) -> datetime | None:
        """`at` if open, else the nearest earlier time that is, never later: tomorrow must not arrive today.

        The same day's window just before it closes, if it had opened by then; else the nearest earlier
        open day, at `at`'s own time of day brought inside that day's window.
        """
        if isinstance(self.window, Always) or self.is_open(at):
            return at
        wall = wall_clock(at, self.zone)
        today = self.opening(wall.date())
        if today and today.start <= at:
            return today.end - MINUTE
        for n in range(1, HORIZON):
            opening = self.opening(wall.date() - n * DAY)
            if opening:
                return _inside(opening, wall.time(), self.window, self.zone)
        return None


@lru_cache(maxsize=4096)
def _opening(window: Window, zone: ZoneInfo, day: date) -> Opening | None:
    closing_day = day + DAY if window.is_overnight else day
    start = instant(datetime.combine(day, window.opens), zone)
    end = instant(datetime.combine(closing_day, window.closes), zone)
    # A window that lies wholly inside a spring gap never opens that day.
    return Opening(day=day, start=start, end=end) if start < end else None


def _inside(opening: Opening, clock: time, window: Window, zone: ZoneInfo) -> datetime:
    """The time of day `clock` in this opening: at its start if earlier, a minute before its end if later."""
    early_morning = window.is_overnight and clock < window.closes
    day = opening.day + DAY if early_morning else opening.day
    at = instant(datetime.combine(day, clock), zone)
    return min(max(at, opening.start), opening.end - MINUTE)
