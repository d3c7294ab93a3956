"""The words of messages as they were sent: read again by patients, and where an answer was lost."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select

from drip.core.model import Channel
from drip.store import bulk
from drip.store.database import Tx, from_bytes
from drip.store.schema import bodies, messages
from drip.store.vault import DataKey


def words_of(tx: Tx, keys: Mapping[str, DataKey]) -> dict[str, Any]:
    """The words of these attempts (id -> their patient's key) as they were sent, and where to."""
    if not keys:
        return {}
    rows = tx.connection.execute(select(bodies).where(bulk.among(tx, bodies.c.attempt_id, keys)))
    return {
        row.attempt_id: from_bytes(keys[row.attempt_id].unseal("bodies.words", row.attempt_id, row.words))
        for row in rows
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class LastAttempt:
    """The attempt whose words are those of a message."""

    id: str
    channel: Channel
    accepted_at: datetime | None


def last_attempt(tx: Tx, patient_id: str, message_id: str) -> LastAttempt | None:
    """Of this patient's message; None where there is no such message, or it was never tried."""
    columns = (messages.c.attempt_id, messages.c.channel, messages.c.accepted_at)
    query = select(*columns).where(messages.c.id == message_id, messages.c.patient_id == patient_id)
    row = tx.connection.execute(query).first()
    if row is None or row.attempt_id is None:
        return None
    return LastAttempt(id=row.attempt_id, channel=Channel(row.channel), accepted_at=row.accepted_at)
