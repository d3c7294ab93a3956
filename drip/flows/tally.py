"""Messages -> the numbers that reports read: the last days again and again, older ones in turn."""

from datetime import date, datetime, timedelta

from drip.app import App
from drip.core.walltime import local_date, midnight
from drip.store import records, tallies

EVERY = timedelta(minutes=5)

PART = "tally"
"""Its heart: when it last counted, and how far back it is on its way through older days."""

RECENT = 4
"""Days: carriers confirm within three or never."""

IN_TURN = 10
"""Older days counted at each turn: evidence comes late, people decide late, and an upgrade has them all to count."""

LONGEST = 400
"""Days back: a year, and what went before it for comparison."""


def tally(app: App, now: datetime) -> int:
    """Count the last days, and some older ones in turn. Answers how many days. Safe to repeat, and beside others."""
    today = local_date(now, app.clinic.zone)
    with app.store.read() as tx:
        _, reached = records.last_beat(tx, PART)
        began = tallies.first_day(tx)
    older = _in_turn(reached, today, local_date(began, app.clinic.zone) if began else today)
    days = [today - timedelta(days=n) for n in range(RECENT)] + older
    for day in days:
        start, end = (midnight(one, app.clinic.zone) for one in (day, day + timedelta(days=1)))
        with app.store.write() as tx:  # one day at a time: nobody who sends waits for long
            tallies.count(tx, day.isoformat(), start, end)
    with app.store.write() as tx:
        records.beat(tx, [PART], now, detail=days[-1].isoformat())
    return len(days)


def _in_turn(reached: str, today: date, began: date) -> list[date]:
    """The next older days, from the youngest back to the first there is; then from the youngest again."""
    youngest, oldest = today - timedelta(days=RECENT), max(began, today - timedelta(days=LONGEST))
    last = date.fromisoformat(reached) if reached else today
    start = min(last - timedelta(days=1), youngest) if last > oldest else youngest
    return [day for n in range(IN_TURN) if (day := start - timedelta(days=n)) >= oldest]
