"""From which day to which: the last 7, 28 or 90, or two dates that somebody chose."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

CHOICES = (7, 28, 90)
USUAL = 28
LONGEST = 400
"""Days: so far back is counted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """Both days are in it."""

    first: date
    last: date
    days: int | None = None
    """Where it is the last so many days; None where somebody chose both ends."""

    @property
    def address(self) -> str:
        """As the query of an address says it."""
        return f"days={self.days}" if self.days else f"from={self.first}&to={self.last}"

    @property
    def all_days(self) -> list[date]:
        """Each of them, in order."""
        return [self.first + timedelta(days=n) for n in range((self.last - self.first).days + 1)]


def read_period(query: Mapping[str, str], today: date) -> tuple[Period, str]:
    """What the address asks for, and what is wrong with it; then it is the usual period."""
    usual = Period(first=today - timedelta(days=USUAL - 1), last=today, days=USUAL)
    first, last = query.get("from", ""), query.get("to", "")
    if first or last:
        return _between(first, last, today, usual)
    told = query.get("days", "")
    days = int(told) if told in map(str, CHOICES) else USUAL
    return Period(first=today - timedelta(days=days - 1), last=today, days=days), ""


def _between(first: str, last: str, today: date, usual: Period) -> tuple[Period, str]:
    try:
        found = Period(first=date.fromisoformat(first), last=date.fromisoformat(last))
    except ValueError:
        return usual, "Give both days, from and to. These are the last 28 days."
    if found.first > found.last:
        return usual, "The first day is after the last one. These are the last 28 days."
    if found.first < today - timedelta(days=LONGEST):
        return usual, f"Reports go back {LONGEST} days. These are the last 28 days."
    if found.last - today > timedelta(days=LONGEST):
        return usual, "The last day is far ahead. These are the last 28 days."
    return found, ""
