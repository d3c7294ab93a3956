"""Dates as a person writes them, in the template's language; the server's locale is never asked."""

from datetime import date, datetime, time
from typing import Final

from drip.content.template_problem import RenderError

_DAYS: Final = {
    "en": ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
    "cy": ("dydd Llun", "dydd Mawrth", "dydd Mercher", "dydd Iau", "dydd Gwener", "dydd Sadwrn", "dydd Sul"),
    "pl": ("poniedziałek", "wtorek", "środa", "czwartek", "piątek", "sobota", "niedziela"),
}
_MONTHS: Final = {
    "en": (
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ),
    "cy": (
        "Ionawr",
        "Chwefror",
        "Mawrth",
        "Ebrill",
        "Mai",
        "Mehefin",
        "Gorffennaf",
        "Awst",
        "Medi",
        "Hydref",
        "Tachwedd",
        "Rhagfyr",
    ),
    "pl": (
        "stycznia",
        "lutego",
        "marca",
        "kwietnia",
        "maja",
        "czerwca",
        "lipca",
        "sierpnia",
        "września",
        "października",
        "listopada",
        "grudnia",
    ),
}


def spoken_date(value: object, language: str = "en") -> str:
    """`Thursday 11 June 2026`; nothing for none."""
    if value is None:
        return ""
    day = _day(value, "date")
    months = _MONTHS.get(language, _MONTHS["en"])
    return f"{spoken_weekday(day, language)} {day.day} {months[day.month - 1]} {day.year}"


def spoken_weekday(value: object, language: str = "en") -> str:
    """`Thursday`; nothing for none."""
    if value is None:
        return ""
    return _DAYS.get(language, _DAYS["en"])[_day(value, "weekday").weekday()]


def spoken_time(value: object, language: str = "en") -> str:
    """`10:30`, in every language; nothing for none."""
    if value is None:
        return ""
    if not isinstance(value, datetime | time):
        raise RenderError("the filter `time` was given something without a time of day")
    return f"{value.hour:02}:{value.minute:02}"


def _day(value: object, name: str) -> date:
    if not isinstance(value, date):
        raise RenderError(f"the filter `{name}` was given something that is not a date")
    return value
