"""How much goes on each of the next days: a worker counts it now and then, pages read what it counted."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from drip.app import App
from drip.core.walltime import local_date, midnight
from drip.store import days_ahead, records
from drip.store.database import Tx

PART = "days_ahead"
"""Its heart: when they were last counted."""

WEEKS = 4

FRESH = timedelta(minutes=12)
"""Two of a worker's turns, and a little. What is older is counted anew by whoever asks."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DaysAhead:
    """Messages planned for each day of the clinic's; nothing goes on those that are not in it."""

    numbers: Mapping[date, int]
    counted_at: datetime


def count_days_ahead(app: App, now: datetime) -> None:
    """Count them for each site. Safe to repeat, and beside others."""
    today = local_date(now, app.clinic.zone)
    with app.store.write() as tx:
        days_ahead.remember(tx, _bounds(today, WEEKS * 7, app.clinic.zone))
        records.beat(tx, [PART], now)


def look_ahead(app: App, tx: Tx, now: datetime, last: date, sites: Collection[str] = ()) -> DaysAhead:
    """From today to `last`, at most four weeks away; of these sites, where any are named."""
    today = local_date(now, app.clinic.zone)
    beat, _ = records.last_beat(tx, PART)
    if beat is None or now - beat > FRESH:
        numbers, counted_at = days_ahead.count(tx, _bounds(today, (last - today).days + 1, app.clinic.zone), sites), now
    else:
        numbers, counted_at = days_ahead.remembered(tx, today.isoformat(), last.isoformat(), sites), beat
    return DaysAhead(numbers={date.fromisoformat(day): n for day, n in numbers.items()}, counted_at=counted_at)


def _bounds(first: date, number: int, zone: ZoneInfo) -> days_ahead.Days:
    days = [first + timedelta(days=n) for n in range(number)]
    return {day.isoformat(): (midnight(day, zone), midnight(day + timedelta(days=1), zone)) for day in days}
