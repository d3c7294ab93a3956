"""What a pause has made late: planned messages whose day has come, or is over, while nothing was sent."""

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, CompoundSelect, and_, func, or_, select, text, union_all, update

from drip.core.lifecycle import State
from drip.core.model import Purpose
from drip.core.reason import Reason
from drip.store import bulk, patient_pauses, patients, staff_schema
from drip.store.conditions import BY_TIME, NO_LEASE, TOLD_TO_WAIT, in_state, meant_for
from drip.store.database import Tx
from drip.store.schema import messages

_STEP = ("sequence", "version", "step")


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """Messages of one step that wait alike."""

    sequence: str
    version: str
    step: str
    purpose: Purpose
    today: int
    """Planned for the day that is under way."""
    yesterday: int
    older: int

    @property
    def late(self) -> int:
        """How many of them another day was meant for."""
        return self.yesterday + self.older


def waiting(tx: Tx, now: datetime, today: datetime, yesterday: datetime, sequence: str | None = None) -> list[Waiting]:
    """What waits because of a pause, by step and age. `today`, `yesterday`: the first moments of these days."""
    found = _held_up(now, sequence, *(messages.c[name] for name in (*_STEP, "purpose")), meant_for().label("at"))
    one = found.subquery().c
    what = [one[name] for name in (*_STEP, "purpose")]
    sums = [
        func.count().filter(one.at >= today).label("today"),
        func.count().filter(one.at >= yesterday, one.at < today).label("yesterday"),
        func.count().filter(one.at < yesterday).label("older"),
    ]
    query = select(*what, *sums).group_by(*what).order_by(*what)
    with _by_index(tx):
        rows = tx.connection.execute(query).all()
    return [Waiting(**{**row._mapping, "purpose": Purpose(row.purpose)}) for row in rows]


def skip(tx: Tx, late: Collection[Waiting], now: datetime, today: datetime) -> int:
    """Leave out those of these messages that are of another day. Answers how many."""
    steps = {(one.sequence, one.version, one.step) for one in late}
    if not steps:
        return 0
    with _by_index(tx):
        rows = tx.connection.execute(_late(now, today)).all()
    found = {row.id: row.patient_id for row in rows if (row.sequence, row.version, row.step) in steps}
    patients.lock(tx, found.values())  # whoever plans for them is first
    told = {"state": State.SKIPPED.value, "reason": Reason.RESUMED_LATE.value, **NO_LEASE}
    skipped = 0
    for chunk in bulk.chunks(list(found)):
        # Asked once more: whoever was first may have given one of them another day.
        are_late = bulk.among(tx, messages.c.id, chunk), or_(*_alternatives(now)), meant_for() < today
        skipped += tx.connection.execute(update(messages).where(*are_late).values(told)).rowcount
    return skipped


@contextmanager
def _by_index(tx: Tx) -> Iterator[None]:
    """PostgreSQL takes a planned message for as likely to be due by now as any that went: it would read them all."""
    if tx.is_postgres:
        tx.connection.execute(text("SET LOCAL enable_seqscan = off"))
    yield
    if tx.is_postgres:
        tx.connection.execute(text("SET LOCAL enable_seqscan = on"))


def _late(now: datetime, today: datetime) -> CompoundSelect[Any]:
    return _held_up(now, None, *(messages.c[name] for name in ("id", "patient_id", *_STEP)), before=today)


def _held_up(
    now: datetime, sequence: str | None, *columns: ColumnElement[Any], before: datetime | None = None
) -> CompoundSelect[Any]:
    """What waits because of a pause; of this sequence, and meant for an earlier time, where these are given."""
    more = [messages.c.sequence == sequence] if sequence else []
    more += [meant_for() < before] if before else []
    return union_all(*(select(*columns).where(one, *more) for one in _alternatives(now)))


def _alternatives(now: datetime) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    """Those that asked and were told to wait, and those that are due and were not even asked about.

    Each has an index of its own: to look for either at once is to look at the whole plan.
    """
    pauses = staff_schema.patient_pauses.c
    own = select(pauses.patient_id).where(pauses.patient_id == messages.c.patient_id, patient_pauses.lasts(now))
    # To whom nothing goes in any case: that pause has an end of its own.
    of_use = and_(in_state(State.PLANNED), messages.c.expires_at > now, ~own.exists())
    was_told = and_(of_use, TOLD_TO_WAIT, messages.c.reason == Reason.PAUSED.value)
    return was_told, and_(of_use, BY_TIME, messages.c.reason == "", messages.c.due_at <= now)
