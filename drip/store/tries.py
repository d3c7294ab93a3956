"""Every time a message was handed over, with all that is known of what came of it. No words, no address."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from drip.core.lifecycle import State
from drip.core.model import Channel
from drip.store import bulk
from drip.store.database import Tx
from drip.store.schema import attempts


@dataclass(frozen=True, slots=True, kw_only=True)
class Try:
    """One hand-over."""

    message_id: str
    number: int
    channel: Channel
    provider: str
    started_at: datetime
    outcome: str
    asked: int
    """How often the provider's own list was looked at and showed nothing of it."""
    asked_at: datetime | None
    receipt: State | None
    """The provider's last word about it."""
    receipt_at: datetime | None


def of_messages(tx: Tx, message_ids: Sequence[str]) -> dict[str, list[Try]]:
    """The hand-overs of these messages, oldest first."""
    columns = [attempts.c[name] for name in Try.__slots__]
    query = select(*columns).where(bulk.among(tx, attempts.c.message_id, message_ids))
    found: dict[str, list[Try]] = defaultdict(list)
    for row in tx.connection.execute(query.order_by(attempts.c.started_at)):
        read = {"channel": Channel(row.channel), "outcome": row.outcome or ""}
        receipt = State(row.receipt) if row.receipt else None
        found[row.message_id].append(Try(**{**row._mapping, **read, "receipt": receipt}))
    return found
