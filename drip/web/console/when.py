"""Times as staff read them: always the day and hour itself, and beside it how far that is."""

from datetime import date, datetime
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


def to_type(at: datetime, zone: ZoneInfo) -> str:
    """As such a field is filled."""
    return f"{at.astimezone(zone):%Y-%m-%dT%H:%M}"
