"""What a pause has made late: planned messages whose day has come, or is over, while nothing was sent."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, or_, select, update

from drip.core.lifecycle import State
from drip.core.model import Purpose
from drip.core.reason import Reason
from drip.store import bulk, patients
from drip.store.conditions import NO_LEASE, in_state, meant_for
from drip.store.database import Tx
from drip.store.schema import messages
from drip.store.staff_schema import patient_pauses


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
    at = meant_for()
    what = [messages.c[name] for name in ("sequence", "version", "step", "purpose")]
    sums = [
        func.count().filter(at >= today).label("today"),
        func.count().filter(at >= yesterday, at < today).label("yesterday"),
        func.count().filter(at < yesterday).label("older"),
    ]
    query = select(*what, *sums).where(*_held_up(now, sequence)).group_by(*what).order_by(*what)
    return [Waiting(**{**row._mapping, "purpose": Purpose(row.purpose)}) for row in tx.connection.execute(query)]


def skip(tx: Tx, late: Collection[Waiting], now: datetime, today: datetime) -> int:
    """Leave out those of these messages that are of another day. Answers how many."""
    are_late = [_of_another_day(one, now, today) for one in late]
    found = [tx.connection.execute(_ids().where(*is_late)).all() for is_late in are_late]
    patients.lock(tx, {row.patient_id for rows in found for row in rows})  # whoever plans for them is first
    told = {"state": State.SKIPPED.value, "reason": Reason.RESUMED_LATE.value, **NO_LEASE}
    skipped = 0
    for rows, is_late in zip(found, are_late, strict=True):
        for chunk in bulk.chunks([row.id for row in rows]):
            # Asked once more: whoever was first may have given one of them another day.
            statement = update(messages).where(bulk.among(tx, messages.c.id, chunk), *is_late)
            skipped += tx.connection.execute(statement.values(told)).rowcount
    return skipped


def _ids() -> Select[Any]:
    return select(messages.c.id, messages.c.patient_id)


def _of_another_day(one: Waiting, now: datetime, today: datetime) -> list[ColumnElement[bool]]:
    named = [messages.c[name] == getattr(one, name) for name in ("sequence", "version", "step")]
    return [*_held_up(now, None), *named, meant_for() < today]


def _held_up(now: datetime, sequence: str | None) -> list[ColumnElement[bool]]:
    """Those that asked and were told to wait, and those that are due and were not even asked about."""
    is_unasked = and_(messages.c.reason == "", messages.c.due_at <= now)
    which = [in_state(State.PLANNED), messages.c.expires_at > now]
    which.append(or_(messages.c.reason == Reason.PAUSED.value, is_unasked))
    own = select(patient_pauses.c.patient_id).where(
        patient_pauses.c.patient_id == messages.c.patient_id,
        or_(patient_pauses.c.until.is_(None), patient_pauses.c.until > now),
    )
    which.append(~own.exists())  # to whom nothing goes in any case: that pause has an end of its own
    return [*which, messages.c.sequence == sequence] if sequence else which
