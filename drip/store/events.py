"""The event inbox, and each patient's history."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import func, select, update

from drip.core.model import Facts
from drip.store import bulk
from drip.store.database import Tx, from_bytes, to_bytes
from drip.store.ids import new_id
from drip.store.schema import events
from drip.store.vault import DataKey

PENDING, APPLIED, FAILED = "pending", "applied", "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class NewEvent:
    """An event to be stored, of a patient whose row exists."""

    source: str
    event_id: str
    patient_id: str
    data_key: DataKey = field(repr=False)
    received: int
    kind: str
    occurred_at: datetime
    body: Facts = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredEvent:
    """An event as it was stored, unsealed."""

    id: str
    received: int
    state: str
    body: Facts = field(repr=False)


def add(tx: Tx, new: Sequence[NewEvent], now: datetime) -> int:
    """Store events that are not there yet. Answers how many were new. Safe to repeat, and to race."""
    by_key: dict[tuple[str, str], NewEvent] = {}
    for event in new:  # told twice in one file, the first one counts, as it does across files
        by_key.setdefault((event.source, tx.vault.blind("event", event.event_id)), event)
    known = _known(tx, by_key)
    rows: list[dict[str, Any]] = []
    for (source, index), event in by_key.items():
        if (source, index) not in known:
            row_id = new_id()
            sealed = event.data_key.seal("events.body", row_id, to_bytes(event.body))
            rows.append(
                {"id": row_id, "source": source, "event_index": index, "patient_id": event.patient_id}
                | {"received": event.received, "received_at": now, "state": PENDING, "kind": event.kind}
                | {"occurred_at": event.occurred_at, "body": sealed}
            )
    # In the order in which everyone locks patients: each row takes a share of its patient's lock.
    rows.sort(key=lambda row: row["patient_id"])
    bulk.insert_rows(tx, events, rows, ignore_known=True)
    # Another worker may have stored the same event in between: only what carries our id is ours.
    return len(_present(tx, [row["id"] for row in rows])) if tx.is_postgres else len(rows)


def _known(tx: Tx, keys: Iterable[tuple[str, str]]) -> set[tuple[str, str]]:
    found: set[tuple[str, str]] = set()
    for chunk in bulk.chunks([index for _, index in keys]):
        query = select(events.c.source, events.c.event_index).where(bulk.among(tx, events.c.event_index, chunk))
        found.update((row.source, row.event_index) for row in tx.connection.execute(query))
    return found


def _present(tx: Tx, ids: Sequence[str]) -> set[str]:
    found: set[str] = set()
    for chunk in bulk.chunks(ids):
        found.update(tx.connection.execute(select(events.c.id).where(bulk.among(tx, events.c.id, chunk))).scalars())
    return found


def patients_with_news(tx: Tx, limit: int) -> list[str]:
    """Patients of whom something is stored but not applied yet, those who have waited longest first."""
    oldest = func.min(events.c.received)
    query = select(events.c.patient_id).where(events.c.state != APPLIED, events.c.state == PENDING)
    return list(tx.connection.execute(query.group_by(events.c.patient_id).order_by(oldest).limit(limit)).scalars())


def with_news(tx: Tx, patient_ids: Iterable[str]) -> set[str]:
    """Which of these patients have an event that was not applied yet, or could not be."""
    query = select(events.c.patient_id).distinct()
    query = query.where(events.c.state != APPLIED, bulk.among(tx, events.c.patient_id, patient_ids))
    return set(tx.connection.execute(query).scalars())


def histories(tx: Tx, data_keys: Mapping[str, DataKey]) -> dict[str, list[StoredEvent]]:
    """Every event of these patients, in the order in which they came in."""
    found: dict[str, list[StoredEvent]] = {patient_id: [] for patient_id in data_keys}
    columns = (events.c.id, events.c.patient_id, events.c.received, events.c.state, events.c.body)
    for chunk in bulk.chunks(sorted(data_keys)):
        query = select(*columns).where(bulk.among(tx, events.c.patient_id, chunk)).order_by(events.c.received)
        for row in tx.connection.execute(query):
            found[row.patient_id].append(_unsealed(row, data_keys[row.patient_id]))
    return found


def _unsealed(row: Any, key: DataKey) -> StoredEvent:
    body = from_bytes(key.unseal("events.body", row.id, row.body))
    return StoredEvent(id=row.id, received=row.received, state=row.state, body=body)


def mark(tx: Tx, event_ids: Sequence[str], state: str) -> None:
    """These events were applied, or could not be."""
    for chunk in bulk.chunks(event_ids):
        tx.connection.execute(update(events).where(bulk.among(tx, events.c.id, chunk)).values(state=state))


def give_up(tx: Tx, patient_id: str) -> None:
    """What waits about this patient cannot be applied."""
    waiting = update(events).where(events.c.patient_id == patient_id, events.c.state == PENDING)
    tx.connection.execute(waiting.values(state=FAILED))


def count_pending(tx: Tx) -> tuple[int, datetime | None]:
    """How many events wait, and since when."""
    query = select(func.count(), func.min(events.c.received_at)).where(events.c.state != APPLIED)
    row = tx.connection.execute(query).one()
    return row[0], row[1]
