"""Times as staff read them: always the day and the clock, and how far away that is."""

from datetime import date, datetime
from zoneinfo import ZoneInfo


def at_length(at: datetime, zone: ZoneInfo, now: datetime) -> str:
    """`Tuesday 3 February at 10:00, in 7 days`, on the clinic's clock; with the year where it is another one."""
    return f"{in_full(at, zone, now)}, {how_far(at, zone, now)}"


def in_full(at: datetime, zone: ZoneInfo, now: datetime) -> str:
    """`Tuesday 3 February at 10:00`."""
    local, today = at.astimezone(zone), now.astimezone(zone)
    year = f" {local.year}" if local.year != today.year else ""
    return f"{local:%A} {local.day} {local:%B}{year} at {local:%H:%M}"


def how_far(at: datetime, zone: ZoneInfo, now: datetime) -> str:
    """`today`, `tomorrow`, `in 7 days`, `7 days ago`: by the calendar."""
    days = (at.astimezone(zone).date() - now.astimezone(zone).date()).days
    near = {0: "today", 1: "tomorrow", -1: "yesterday"}
    return near.get(days) or (f"in {days} days" if days > 0 else f"{-days} days ago")


def on_day(day: date) -> str:
    """`3 February 1979`."""
    return f"{day.day} {day:%B %Y}"
