"""Messages -> the numbers that pages read: the last days again and again, older ones in turn, and what is ahead."""

from datetime import date, datetime, timedelta

from drip.app import App
from drip.core.walltime import local_date, midnight
from drip.flows.days_ahead import count_days_ahead
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
    """Count the days ahead, the last ones, and some older ones in turn. Answers how many of them are over.

    Safe to repeat, and beside others.
    """
    count_days_ahead(app, now)
    today = local_date(now, app.clinic.zone)
    with app.store.read() as tx:
        _, reached = records.last_beat(tx, PART)
        began = tallies.first_day(tx)
    older, reached = in_turn(reached, today, local_date(began, app.clinic.zone) if began else today)
    days = [today - timedelta(days=n) for n in range(RECENT)] + older
    with app.store.read() as tx:
        known = tallies.knows_heard(tx, [day.isoformat() for day in days])
    for day in days:
        name, (start, end) = day.isoformat(), (midnight(day + timedelta(days=n), app.clinic.zone) for n in (0, 1))
        with app.store.write() as tx:  # one day at a time: nobody who sends waits for long
            tallies.count(tx, name, start, end)
            if name not in known or day >= today - timedelta(days=1):
                tallies.count_heard(tx, name, end)
    with app.store.write() as tx:
        records.beat(tx, [PART], now, detail=reached)
    return len(days)


def in_turn(reached: str, today: date, began: date) -> tuple[list[date], str]:
    """The next older days, from the youngest back to the first there is, once a day; and how far that is now.

    `reached`: `2026-06-28 2026-06-01` for the turn of that day, which has come back to this one.
    """
    youngest, oldest = today - timedelta(days=RECENT), max(began, today - timedelta(days=LONGEST))
    turn, _, last = reached.partition(" ")
    start = date.fromisoformat(last) - timedelta(days=1) if turn and last > oldest.isoformat() else None
    if start is None:  # the last turn came to its end
        if turn == today.isoformat():
            return [], reached
        start, turn = youngest, today.isoformat()
    days = [day for n in range(IN_TURN) if (day := start - timedelta(days=n)) >= oldest]
    return days, f"{turn} {(days[-1] if days else oldest).isoformat()}"
