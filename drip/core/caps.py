"""How often one patient hears from us, and when there is room again."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from drip.core.clinic import Caps
from drip.core.duration import Duration
from drip.core.model import Channel, Purpose
from drip.core.schedule import shifted
from drip.core.walltime import local_date
from drip.core.window import DAY, Always, Hours, Opening

WEEK = timedelta(days=7)


@dataclass(slots=True)
class Usage:
    """The local days on which a patient was written to, by channel: everything that went or may have gone."""

    days: dict[Channel, list[date]] = field(default_factory=lambda: {channel: [] for channel in Channel})

    def add(self, channel: Channel, day: date) -> None:
        """Count one more message."""
        self.days[channel].append(day)

    def has_room(self, channel: Channel, day: date, caps: Caps) -> bool:
        """Whether one more message fits on that day and in the seven days that end with it."""
        days = self.days[channel]
        in_week = sum(day - WEEK < sent <= day for sent in days)
        return days.count(day) < caps.per_day(channel) and in_week < caps.per_week(channel)


def is_exempt(purpose: Purpose, visit_on: date | None, today: date, next_opening: Opening | None) -> bool:
    """Safety, and service about a visit today or tomorrow, are neither limited nor counted.

    Before a weekend, "tomorrow" reaches to the next open day: what Friday's cap pushed to Monday would come on the
    day of a Monday's visit.
    """
    if purpose is not Purpose.SERVICE or visit_on is None:
        return purpose is Purpose.SAFETY
    return today <= visit_on <= max(today + DAY, next_opening.day if next_opening else today)


def next_room(hours: Hours, now: datetime, until: datetime, has_room: Callable[[date], bool]) -> datetime | None:
    """The opening of the next open day that has room, if it comes before `until`."""
    today = local_date(now, hours.zone)
    for n in range(1, (local_date(until, hours.zone) - today).days + 1):
        at = _opening_in(n, hours, now)
        if at is not None and at < until and has_room(today + n * DAY):
            return at
    return None


def _opening_in(days: int, hours: Hours, now: datetime) -> datetime | None:
    """When messages may go again, so many days from now; at this time of day where there is no window."""
    if isinstance(hours.window, Always):
        return shifted(now, Duration(days=days), hours.zone)
    opening = hours.opening(local_date(now, hours.zone) + days * DAY)
    return opening.start if opening else None
