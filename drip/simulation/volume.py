"""How much went when: what rehearsals and forecasts count, and what their pages draw."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from drip.core.model import Channel, Purpose

MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True, order=True)
class Minute:
    """Messages of one sort within one minute are counted together."""

    at: datetime
    """UTC, to the minute."""
    purpose: Purpose
    channel: Channel


@dataclass(frozen=True, slots=True, kw_only=True)
class Volume:
    """Messages by the minute in which they wanted to go."""

    zone: ZoneInfo
    """The clinic's, for days and hours."""
    minutes: Counter[Minute] = field(default_factory=Counter, repr=False)

    def add(self, at: datetime, purpose: Purpose, channel: Channel) -> None:
        """Count one message."""
        self.minutes[Minute(at.replace(second=0, microsecond=0), purpose, channel)] += 1

    @property
    def total(self) -> int:
        """All of them."""
        return self.minutes.total()

    def by(self, channel: Channel) -> int:
        """How many took one channel."""
        return sum(number for minute, number in self.minutes.items() if minute.channel is channel)

    def by_purpose(self) -> dict[Purpose, Counter[Channel]]:
        """What they were for and how they went; only what there is, most important first."""
        found: dict[Purpose, Counter[Channel]] = {purpose: Counter() for purpose in Purpose}
        for minute, number in self.minutes.items():
            found[minute.purpose][minute.channel] += number
        return {purpose: channels for purpose, channels in found.items() if channels}

    def by_day(self) -> dict[date, Counter[Purpose]]:
        """Every local day from the first message to the last, quiet ones too."""
        days: dict[date, Counter[Purpose]] = {}
        for minute, number in self.minutes.items():
            days.setdefault(minute.at.astimezone(self.zone).date(), Counter())[minute.purpose] += number
        first, last = min(days, default=date.min), max(days, default=date.min)
        every = (first + timedelta(days=n) for n in range((last - first).days + 1))
        return {day: days.get(day, Counter()) for day in every} if days else {}

    def by_hour(self) -> Counter[tuple[int, int]]:
        """(weekday, hour) on the clinic's clock; Monday is 0."""
        hours: Counter[tuple[int, int]] = Counter()
        for minute, number in self.minutes.items():
            local = minute.at.astimezone(self.zone)
            hours[local.weekday(), local.hour] += number
        return hours

    def busiest_day(self) -> tuple[date | None, int]:
        """The first of those on which most went."""
        days = self.by_day()
        most = max(days, key=lambda day: days[day].total(), default=None)
        return most, days[most].total() if most else 0

    def busiest_minute(self) -> tuple[datetime | None, int]:
        """The first of those in which most wanted to go, on the clinic's clock."""
        totals: Counter[datetime] = Counter()
        for minute, number in sorted(self.minutes.items()):
            totals[minute.at] += number
        most = max(totals, key=lambda at: totals[at], default=None)
        return (most.astimezone(self.zone), totals[most]) if most else (None, 0)
