"""Times as staff read them: always the day and hour itself, and beside it how far that is."""

from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from drip.core.walltime import instant


def full(at: datetime, now: datetime, zone: ZoneInfo) -> str:
    """`Tuesday 3 February at 10:00`, on that clock; with the year if it is another one."""
    local, today = at.astimezone(zone), now.astimezone(zone)
    year = f" {local.year}" if local.year != today.year else ""
    return f"{local:%A} {local.day} {local:%B}{year} at {local:%H:%M}"


def distance(at: datetime, now: datetime, zone: ZoneInfo) -> str:
    """`today`, `tomorrow`, `in 7 days`, `7 days ago`: by the calendar of that clock."""
    days = (at.astimezone(zone).date() - now.astimezone(zone).date()).days
    if abs(days) <= 1:
        return {-1: "yesterday", 0: "today", 1: "tomorrow"}[days]
    return f"in {days} days" if days > 0 else f"{-days} days ago"


def at_length(at: datetime, now: datetime, zone: ZoneInfo) -> str:
    """`Tuesday 3 February at 10:00, in 7 days`."""
    return f"{full(at, now, zone)}, {distance(at, now, zone)}"


def day(on: date) -> str:
    """`3 Feb 2026`."""
    return f"{on.day} {on:%b %Y}"


def typed(text: str, zone: ZoneInfo) -> datetime | None:
    """What a field for a day and an hour was filled with, on that clock; None if that is no time."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return None
    if at.tzinfo or not 1990 <= at.year <= 2100:
        return None
    return instant(at, zone)


def typed_day(text: str) -> date | None:
    """What a field for a day was filled with; None if that is no day."""
    try:
        on = date.fromisoformat(text.strip())
    except ValueError:
        return None
    return on if 1990 <= on.year <= 2100 else None


def typed_clock(text: str) -> time | None:
    """What a field for an hour was filled with; None if that is none."""
    try:
        clock = time.fromisoformat(text.strip())
    except ValueError:
        return None
    return None if clock.tzinfo else clock


def to_type(at: datetime, zone: ZoneInfo) -> str:
    """As such a field is filled."""
    return f"{at.astimezone(zone):%Y-%m-%dT%H:%M}"
