"""What was left out of a day: a page at a time, each found by where the last one ended."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import or_, select

from drip.core.model import Channel
from drip.core.reason import Reason
from drip.store.database import Tx
from drip.store.desk import was_left_out
from drip.store.schema import messages


@dataclass(frozen=True, slots=True, kw_only=True)
class Left:
    """One message that did not go although it was planned for that day."""

    id: str
    patient_id: str
    sequence: str
    step: str
    occurrence: int
    channel: Channel
    planned_for: datetime
    reason: Reason

    @property
    def place(self) -> tuple[datetime, str]:
        """Where the next page goes on after this one."""
        return self.planned_for, self.id


_COLUMNS = [messages.c[name] for name in Left.__slots__]


def page(
    tx: Tx,
    day: tuple[datetime, datetime],
    sites: Collection[str] = (),
    *,
    after: tuple[datetime, str] | None = None,
    limit: int,
) -> list[Left]:
    """The next of those planned from the one moment until the other, earliest first: those that Today counts."""
    at, name = messages.c.planned_for, messages.c.id
    query = was_left_out(tx, select(*_COLUMNS), day, sites)
    if after is not None:
        query = query.where(at >= after[0], or_(at > after[0], name > after[1]))
    rows = tx.connection.execute(query.order_by(at, name).limit(limit))
    return [Left(**{**row._mapping, "channel": Channel(row.channel), "reason": Reason(row.reason)}) for row in rows]
