"""The event inbox, and each patient's history."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Select, Update, bindparam, func, select, update

from drip.core.model import Facts
from drip.store import bulk
from drip.store.database import Tx, from_bytes, to_bytes
from drip.store.ids import new_id
from drip.store.inbox_schema import events
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
    raw: bytes = field(default=b"", repr=False)
    """The booking system's own words, if they are to be kept."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredEvent:
    """An event as it was stored, unsealed."""

    id: str
    received: int
    state: str
    body: Facts = field(repr=False)


def add(tx: Tx, new: Sequence[NewEvent], now: datetime) -> int:
    """Store events that are not there yet. Answers how many were new. Safe to repeat, and to race."""
    return sum(add_each(tx, new, now))


def add_each(tx: Tx, new: Sequence[NewEvent], now: datetime) -> list[bool]:
    """As `add`; answers of each event whether it was new."""
    first: dict[tuple[str, str], int] = {}
    for number, event in enumerate(new):  # told twice in one file, the first one counts, as it does across files
        first.setdefault((event.source, tx.vault.blind("event", event.event_id)), number)
    known = _known(tx, first)
    rows = {
        number: _row(source, index, new[number], now)
        for (source, index), number in first.items()
        if (source, index) not in known
    }
    # In the order in which everyone locks patients: each row takes a share of its patient's lock.
    bulk.insert_rows(tx, events, sorted(rows.values(), key=lambda row: str(row["patient_id"])), ignore_known=True)
    # Another worker may have stored the same event in between: only what carries our id is ours.
    stored = _present(tx, [row["id"] for row in rows.values()]) if tx.is_postgres else None
    return [number in rows and (stored is None or rows[number]["id"] in stored) for number in range(len(new))]


def _row(source: str, index: str, event: NewEvent, now: datetime) -> dict[str, Any]:
    row_id = new_id()
    return {
        "id": row_id,
        "source": source,
        "event_index": index,
        "patient_id": event.patient_id,
        "received": event.received,
        "received_at": now,
        "state": PENDING,
        "kind": event.kind,
        "occurred_at": event.occurred_at,
        "body": event.data_key.seal("events.body", row_id, to_bytes(event.body)),
        "raw": event.data_key.seal("events.raw", row_id, event.raw) if event.raw else None,
    }


def _known(tx: Tx, keys: Iterable[tuple[str, str]]) -> set[tuple[str, str]]:
    """Looked up source by source, since that is how they are indexed: without it, every event there is was read."""
    by_source: dict[str, list[str]] = {}
    for source, index in keys:
        by_source.setdefault(source, []).append(index)
    found: set[tuple[str, str]] = set()
    for source, indexes in by_source.items():
        for chunk in bulk.chunks(indexes):
            query = select(events.c.event_index).where(events.c.source == source)
            rows = tx.connection.execute(query.where(bulk.among(tx, events.c.event_index, chunk)))
            found.update((source, index) for index in rows.scalars())
    return found


def _present(tx: Tx, ids: Sequence[str]) -> set[str]:
    found: set[str] = set()
    for chunk in bulk.chunks(ids):
        found.update(tx.connection.execute(select(events.c.id).where(bulk.among(tx, events.c.id, chunk))).scalars())
    return found


def patients_with_news(tx: Tx, limit: int) -> list[str]:
    """Patients of whom something is stored but not applied yet, those who have waited longest first."""
    return list(tx.connection.execute(_with_news_first(limit)).scalars())


@cache
def _with_news_first(limit: int) -> Select[Any]:
    oldest = func.min(events.c.received)
    query = select(events.c.patient_id).where(events.c.state != APPLIED, events.c.state == PENDING)
    return query.group_by(events.c.patient_id).order_by(oldest).limit(limit)


def with_news(tx: Tx, patient_ids: Iterable[str]) -> set[str]:
    """Which of these patients have an event that was not applied yet, or could not be."""
    query = _having_news(is_postgres=tx.is_postgres)
    return set(tx.connection.execute(query, bulk.given(tx, patient_ids)).scalars())


@cache
def _having_news(*, is_postgres: bool) -> Select[Any]:
    among = bulk.among_given(events.c.patient_id, is_postgres=is_postgres)
    return select(events.c.patient_id).distinct().where(events.c.state != APPLIED, among)


def histories(tx: Tx, data_keys: Mapping[str, DataKey]) -> dict[str, list[StoredEvent]]:
    """Every event of these patients, in the order in which they came in."""
    found: dict[str, list[StoredEvent]] = {patient_id: [] for patient_id in data_keys}
    for chunk in bulk.chunks(sorted(data_keys)):
        for row in tx.connection.execute(_histories(is_postgres=tx.is_postgres), bulk.given(tx, chunk)):
            found[row.patient_id].append(_unsealed(row, data_keys[row.patient_id]))
    return found


@cache
def _histories(*, is_postgres: bool) -> Select[Any]:
    columns = (events.c.id, events.c.patient_id, events.c.received, events.c.state, events.c.body)
    query = select(*columns).where(bulk.among_given(events.c.patient_id, is_postgres=is_postgres))
    return query.order_by(events.c.received)


def _unsealed(row: Any, key: DataKey) -> StoredEvent:
    body = from_bytes(key.unseal("events.body", row.id, row.body))
    return StoredEvent(id=row.id, received=row.received, state=row.state, body=body)


def mark(tx: Tx, event_ids: Sequence[str], state: str) -> None:
    """These events were applied, or could not be."""
    for chunk in bulk.chunks(event_ids):
        statement = _marking(is_postgres=tx.is_postgres)
        tx.connection.execute(statement, bulk.given(tx, chunk) | {"becomes": state})


@cache
def _marking(*, is_postgres: bool) -> Update:
    marked = update(events).where(bulk.among_given(events.c.id, is_postgres=is_postgres))
    return marked.values(state=bindparam("becomes"))


def give_up(tx: Tx, patient_id: str) -> None:
    """What waits about this patient cannot be applied."""
    waiting = update(events).where(events.c.patient_id == patient_id, events.c.state == PENDING)
    tx.connection.execute(waiting.values(state=FAILED))


def count_pending(tx: Tx) -> tuple[int, datetime | None]:
    """How many events wait, and since when."""
    query = select(func.count(), func.min(events.c.received_at)).where(events.c.state != APPLIED)
    row = tx.connection.execute(query).one()
    return row[0], row[1]


def raw_of(tx: Tx, event_id: str, key: DataKey) -> bytes | None:
    """The booking system's own words for an event, by our id; None when they are no longer kept, or never were."""
    sealed = tx.connection.execute(select(events.c.raw).where(events.c.id == event_id)).scalar()
    return key.unseal("events.raw", event_id, sealed) if sealed else None


def forget_raw(tx: Tx, before: datetime, limit: int = 5_000) -> int:
    """Empty the words of events that were received before. Answers how many; fewer than `limit` is all of them."""
    old = select(events.c.id).where(events.c.raw.is_not(None), events.c.received_at < before)
    ids = list(tx.connection.execute(old.order_by(events.c.received_at).limit(limit)).scalars())
    for chunk in bulk.chunks(ids):
        tx.connection.execute(update(events).where(bulk.among(tx, events.c.id, chunk)).values(raw=None))
    return len(ids)
