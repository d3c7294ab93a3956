"""How many messages are planned for each of the next days: counted now, or as a worker counted it a little while ago.

To count what is planned for four weeks takes longer than a page may, the more so for one site: the page that is opened
most reads what was counted last, whichever process did it.
"""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, delete, func, select

from drip.core.lifecycle import State
from drip.store import bulk, desk
from drip.store.conditions import BY_TIME, in_state
from drip.store.database import Tx
from drip.store.schema import enrolments, messages
from drip.store.staff_schema import tallies
from drip.store.tallies import AHEAD, lock, site_of

Days = Mapping[str, tuple[datetime, datetime]]
"""Each day's first moment and the next day's, by the name it has here."""


def count(tx: Tx, days: Days, sites: Collection[str] = ()) -> dict[str, int]:
    """How many messages are planned for each of these days (one at least); of these sites, where any are named."""
    query = select(*_sums(days)).where(*desk.planned(sites), *_within(days))
    return dict(zip(days, tx.connection.execute(desk.of(tx, query, sites)).one(), strict=True))


def remember(tx: Tx, days: Days) -> None:
    """Count these days for each site, in place of whatever was counted before. Safe to repeat."""
    lock(tx)
    tx.connection.execute(delete(tallies).where(tallies.c.what == AHEAD))
    site = site_of()
    query = select(site, *_sums(days)).join(enrolments, enrolments.c.id == messages.c.enrolment_id)
    query = query.where(in_state(State.PLANNED), BY_TIME, *_within(days)).group_by(site)
    rows = [
        _row(day, told, number)
        for told, *numbers in tx.connection.execute(query)
        for day, number in zip(days, numbers, strict=True)
        if number
    ]
    bulk.insert_rows(tx, tallies, rows)


def remembered(tx: Tx, first: str, last: str, sites: Collection[str] = ()) -> dict[str, int]:
    """What was counted last for the days from the first to the last; those on which nothing goes are not in it."""
    t = tallies.c
    query = select(t.day, func.sum(t.number)).where(t.what == AHEAD, t.day >= first, t.day <= last).group_by(t.day)
    query = query.where(bulk.among(tx, t.site, sites)) if sites else query
    return {day: int(number) for day, number in tx.connection.execute(query)}


def _row(day: str, site: str, number: int) -> dict[str, Any]:
    unsaid = dict.fromkeys(("sequence", "step", "channel", "provider", "reason"), "")
    return {**unsaid, "day": day, "site": site, "what": AHEAD, "number": number, "parts": 0}


def _sums(days: Days) -> list[ColumnElement[int]]:
    when = messages.c.due_at
    return [func.count().filter(when >= start, when < end) for start, end in days.values()]


def _within(days: Days) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    first, last = min(start for start, _ in days.values()), max(end for _, end in days.values())
    return messages.c.due_at >= first, messages.c.due_at < last
