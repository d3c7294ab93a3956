"""What the console's first page counts. Every query stays quick however much was sent before: each has its index."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, exists, func, literal, literal_column, select

from drip.core.alerts import ALERT
from drip.core.lifecycle import State
from drip.core.model import Channel, Purpose
from drip.store import bulk
from drip.store.conditions import BY_TIME, in_state
from drip.store.database import Tx
from drip.store.schema import SETTLED, enrolments, messages

FAILED = (State.FAILED.value, State.UNDELIVERED.value, State.INVALID.value)
LEFT = (State.SKIPPED.value, State.SUPPRESSED.value, State.EXPIRED.value)
"""It was their time, and they did not go."""

IS_SETTLED: ColumnElement[bool] = literal_column(f"(messages.{SETTLED})")
"""Written out, not bound: a partial index serves only a query that names its condition."""

TO_PATIENTS: ColumnElement[bool] = messages.c.sequence != ALERT
"""Not to the clinic's own people, of whose alerts there are many."""

_EVERY = (messages.c.channel.in_([one.value for one in Channel]), messages.c.priority.in_(range(len(Purpose))))
"""The first columns of the index of due messages, so that it is searched by time. It is the smallest one."""


MOST_WAITING = 10_000
"""After a day of standing still all of them wait, and this page is opened most: counting more would help nobody."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """A day in numbers."""

    waiting: int
    """Due by now, and not handed over yet; counted up to `MOST_WAITING`."""
    planned: int
    """Still to come until the day's end."""
    accepted: int
    delivered: int
    """Of those handed over on this day, those that are known to have arrived."""
    failed: int
    """Planned for this day, and not delivered for good."""
    left: int
    """Planned for this day, and left out: the patient has no address, said stop, has heard enough, ..."""


def count_day(tx: Tx, start: datetime, now: datetime, end: datetime, sites: Collection[str] = ()) -> Day:
    """The day from `start` to `end`, as it stands at `now`; of these sites, where any are named.

    What has become of alerts to the clinic's own people is not in it.
    """
    at, due = messages.c.planned_for, messages.c.due_at
    ahead = select(func.count()).where(*planned(sites), due > now, due < end)
    went = select(func.count(), func.count().filter(messages.c.state == State.DELIVERED.value))
    went = went.where(TO_PATIENTS, messages.c.accepted_at >= start, messages.c.accepted_at < end)
    stayed = select(*(func.count().filter(messages.c.state.in_(states)) for states in (FAILED, LEFT)))
    stayed = stayed.where(TO_PATIENTS, IS_SETTLED, at >= start, at < end)
    numbers = [
        number for query in (ahead, went, stayed) for number in tx.connection.execute(of(tx, query, sites)).one()
    ]
    counted = dict(zip(("planned", "accepted", "delivered", "failed", "left"), numbers, strict=True))
    return Day(waiting=_count_waiting(tx, now, sites), **counted)


def was_left_out(tx: Tx, query: Any, day: tuple[datetime, datetime], sites: Collection[str]) -> Any:
    """Only what was planned from the one moment until the other, and left out, as `Day.left` counts it."""
    at = messages.c.planned_for
    query = query.where(IS_SETTLED, TO_PATIENTS, at >= day[0], at < day[1], messages.c.state.in_(LEFT))
    if not sites:
        return query
    mine = bulk.among(tx, enrolments.c.site, sites)  # asked row by row: a day's messages are few, a site's are not
    return query.where(exists().where(enrolments.c.id == messages.c.enrolment_id, mine))


def _count_waiting(tx: Tx, now: datetime, sites: Collection[str]) -> int:
    due = select(literal(1)).where(*planned(sites), messages.c.due_at <= now)
    some = of(tx, due, sites).limit(MOST_WAITING).subquery()
    return int(tx.connection.execute(select(func.count()).select_from(some)).scalar_one())


def planned(sites: Collection[str]) -> tuple[ColumnElement[bool], ...]:
    """Planned ones, by the index that has what is asked for: by site, the rows need not be read."""
    return (in_state(State.PLANNED), *((BY_TIME,) if sites else _EVERY))


def of(tx: Tx, query: Any, sites: Collection[str]) -> Any:
    """Only messages of these sites; all where none are named."""
    if not sites:
        return query
    mine = enrolments.c.id == messages.c.enrolment_id
    return query.select_from(messages.join(enrolments, mine)).where(bulk.among(tx, enrolments.c.site, sites))
