"""The small values a clinician writes as text: durations, clock times, dates, days, numbers."""

import re
from collections.abc import Callable, Iterable, Sized
from datetime import date, time
from enum import StrEnum
from typing import TypeVar

from drip.content.expression import suggestion
from drip.core.duration import Duration, parse_duration
from drip.core.window import WEEKDAYS

Word = TypeVar("Word", bound=StrEnum)
Items = TypeVar("Items", bound=Sized)

_CLOCK = re.compile(r"([01]\d|2[0-3]):([0-5]\d)")
_ID = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
MAX_ID = 80


def read_text(value: object) -> str:
    """Some text, without the spaces around it."""
    if not isinstance(value, str):
        raise ValueError("write one text here, not a list or a mapping")
    if not value.strip():
        raise ValueError("nothing is written here: write a text or remove the key")
    return value.strip()


def read_id(value: object) -> str:
    """A name that machines keep: lower case, digits and hyphens."""
    text = read_text(value)
    if not _ID.fullmatch(text) or len(text) > MAX_ID:
        raise ValueError(
            f"{text!r} is not an id: lower case letters, digits and single hyphens, such as slow-and-steady"
        )
    return text


def read_flag(value: object) -> bool:
    """true or false, spelt like that."""
    text = read_text(value)
    if text not in ("true", "false"):
        raise ValueError(f"{text!r} is neither true nor false: write one of those words")
    return text == "true"


def number_between(least: int, most: int) -> Callable[[object], int]:
    """Reads a whole number within limits."""

    def read(value: object) -> int:
        text = read_text(value)
        if not (text.isascii() and text.isdigit() and len(text) < 10 and least <= int(text) <= most):
            raise ValueError(f"{text!r} is not a whole number from {least} to {most}")
        return int(text)

    return read


def read_number(value: object) -> float:
    """A number, perhaps with decimals."""
    text = read_text(value)
    if not re.fullmatch(r"-?\d{1,9}(\.\d{1,6})?", text, re.ASCII):
        raise ValueError(f"{text!r} is not a number")
    return float(text)


def read_duration(value: object) -> Duration:
    """`3h`, `2d`, `6w`, `1d12h`."""
    return parse_duration(read_text(value))


def read_clock(value: object) -> time:
    """A time of day on a 24-hour clock."""
    text = read_text(value)
    match = _CLOCK.fullmatch(text)
    if match is None:
        raise ValueError(f'{text!r} is not a clock time: write hours and minutes as "09:30" or "18:00"')
    return time(int(match[1]), int(match[2]))


def read_date(value: object) -> date:
    """A date as year, month, day."""
    text = read_text(value)
    try:
        if len(text) != 10:
            raise ValueError
        return date.fromisoformat(text)
    except ValueError:
        raise ValueError(f"{text!r} is not a date: write year-month-day, such as 2026-11-01") from None


def read_weekday(value: object) -> int:
    """mon, tue, wed, thu, fri, sat or sun: 0 is Monday."""
    text = read_text(value)
    if text not in WEEKDAYS:
        raise ValueError(f"{text!r} is not a day: write one of {', '.join(WEEKDAYS)}")
    return WEEKDAYS.index(text)


def read_days(value: object) -> frozenset[int]:
    """`mon-fri`, `mon`, or a list of those; `sat-mon` goes over the week's end."""
    items = value if isinstance(value, list) else [value]
    days = frozenset(day for item in items for day in _days(read_text(item)))
    if not days:
        raise ValueError("no day at all: write mon-fri, or a list of days")
    return days


def _days(text: str) -> list[int]:
    first, dash, last = text.partition("-")
    start, end = read_weekday(first), read_weekday(last if dash else first)
    return [(start + n) % 7 for n in range((end - start) % 7 + 1)]


def one_of(words: Iterable[Word]) -> Callable[[object], Word]:
    """Reads one word of a closed list."""
    known = {word.value: word for word in words}

    def read(value: object) -> Word:
        text = read_text(value)
        if text not in known:
            hint = suggestion(text, list(known)) or f": write one of {', '.join(known)}"
            raise ValueError(f"{text!r} is not known here{hint}")
        return known[text]

    return read


def as_list(value: object) -> object:
    """One thing stands for a list of one."""
    return [value] if isinstance(value, str) and value else value


def not_empty(items: Items) -> Items:
    """A list with something in it."""
    if not items:
        raise ValueError("at least one belongs here")
    return items
