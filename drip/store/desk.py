"""What the console's first page counts. Every query stays quick however much was sent before: each has its index."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select

from drip.core.lifecycle import State
from drip.core.model import Channel, Purpose
from drip.store.database import Tx
from drip.store.schema import messages

FAILED = (State.FAILED.value, State.UNDELIVERED.value, State.INVALID.value)

_EVERY = (messages.c.channel.in_([one.value for one in Channel]), messages.c.priority.in_(range(len(Purpose))))
"""The first columns of the index of due messages, so that it is searched by time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """A day in numbers."""

    waiting: int
    """Due by now, and not handed over yet."""
    planned: int
    """Still to come until the day's end."""
    accepted: int
    failed: int
    """Planned for this day, and not delivered for good."""


def count_day(tx: Tx, start: datetime, now: datetime, end: datetime) -> Day:
    """The day from `start` to `end`, as it stands at `now`."""
    is_planned = (messages.c.state == State.PLANNED.value, *_EVERY)
    due = select(func.count()).where(*is_planned)
    accepted = select(func.count()).where(messages.c.accepted_at >= start, messages.c.accepted_at < end)
    failed = select(func.count()).where(
        messages.c.state.in_(FAILED), messages.c.planned_for >= start, messages.c.planned_for < end
    )
    return Day(
        waiting=tx.connection.execute(due.where(messages.c.due_at <= now)).scalar_one(),
        planned=tx.connection.execute(due.where(messages.c.due_at > now, messages.c.due_at < end)).scalar_one(),
        accepted=tx.connection.execute(accepted).scalar_one(),
        failed=tx.connection.execute(failed).scalar_one(),
    )


def count_ahead(tx: Tx, days: Mapping[str, tuple[datetime, datetime]]) -> dict[str, int]:
    """How many messages are planned for each of these days (one at least), by the name it has here."""
    when = messages.c.due_at
    sums = [func.count().filter(when >= start, when < end) for start, end in days.values()]
    first, last = min(start for start, _ in days.values()), max(end for _, end in days.values())
    query = select(*sums).where(messages.c.state == State.PLANNED.value, *_EVERY, when >= first, when < last)
    return dict(zip(days, tx.connection.execute(query).one(), strict=True))
