"""HL7's times: as precise as they are written, with an odd offset or none."""

import re
from datetime import datetime, timedelta, timezone
from zoneinfo import ZoneInfo

_TIME = re.compile(r"(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(?:(\d\d)(?:\.\d{1,6})?)?(?:([+-])(\d\d):?([0-5]\d))?", re.ASCII)
_DAY = re.compile(r"(\d{4})(\d\d)(\d\d)(?:\d{2,6}(?:\.\d{1,6})?)?(?:[+-]\d{4})?", re.ASCII)
_UNITS = {
    "": 60, "S": 1, "SEC": 1, "SECOND": 1, "SECONDS": 1, "M": 60, "MIN": 60, "MINS": 60, "MINUTE": 60, "MINUTES": 60,
    "H": 3600, "HR": 3600, "HRS": 3600, "HOUR": 3600, "HOURS": 3600,
}  # fmt: skip
"""Seconds. Where no unit is said it is minutes, as everywhere in scheduling."""


def time_of(told: str, zone: ZoneInfo) -> datetime | None:
    """The instant, at least to the minute; on that clock where no offset is said. None when it is not one."""
    found = _TIME.fullmatch(told)
    if found is None:
        return None
    year, month, day, hour, minute, second, sign, hours, minutes = found.groups()
    try:
        away = timedelta(hours=int(hours or 0), minutes=int(minutes or 0)) * (-1 if sign == "-" else 1)
        clock = timezone(away) if sign else zone
        return datetime(int(year), int(month), int(day), int(hour), int(minute), int(second or 0), tzinfo=clock)
    except (ValueError, OverflowError):
        return None


def day_of(told: str) -> str:
    """`1979-03-02`, whatever stands behind the day; the text itself when it is no day, to be refused by its place."""
    found = _DAY.fullmatch(told)
    return "-".join(found.groups()) if found else told


def length_of(number: str, unit: str) -> timedelta | None:
    """How long `50 min` is; None when that cannot be said."""
    seconds = _UNITS.get(unit.upper())
    if seconds is None or not re.fullmatch(r"\d{1,5}(\.\d{1,3})?", number, re.ASCII):
        return None
    return timedelta(seconds=float(number) * seconds) or None
