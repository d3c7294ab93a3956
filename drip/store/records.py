"""Tasks for staff, heartbeats of the worker, and receipts from providers."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, select, update

from drip.core.lifecycle import State, receipt_moves
from drip.store import bulk
from drip.store.conditions import NO_LEASE
from drip.store.database import Tx
from drip.store.ids import new_id
from drip.store.schema import attempts, heartbeats, messages, receipts, tasks
from drip.store.vault import DataKey


@dataclass(frozen=True, slots=True, kw_only=True)
class NewTask:
    """Something a person must do. The same key is asked only once."""

    key: str
    kind: str
    patient_id: str | None = None
    data_key: DataKey | None = None
    """Whose key the detail is sealed under; the master key where it is about nobody we know."""
    detail: str = ""


def raise_tasks(tx: Tx, new: Sequence[NewTask], now: datetime) -> None:
    """Ask staff. Safe to repeat."""
    rows = []
    for task in new:
        row_id = new_id()
        detail = (task.data_key or tx.vault).seal("tasks.detail", row_id, task.detail.encode())
        rows.append(
            {"id": row_id, "key": task.key, "kind": task.kind, "patient_id": task.patient_id}
            | {"detail": detail, "raised_at": now}
        )
    bulk.insert_rows(tx, tasks, rows, ignore_known=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskRow:
    """A task as stored; its detail stays sealed."""

    id: str
    kind: str
    patient_id: str | None
    raised_at: datetime


def open_tasks(tx: Tx, patient_id: str | None = None) -> list[TaskRow]:
    """What waits for a person, oldest first."""
    columns = (tasks.c.id, tasks.c.kind, tasks.c.patient_id, tasks.c.raised_at)
    query = select(*columns).where(tasks.c.done_at.is_(None)).order_by(tasks.c.raised_at)
    query = query.where(tasks.c.patient_id == patient_id) if patient_id else query
    return [TaskRow(**row._mapping) for row in tx.connection.execute(query)]


def with_open(tx: Tx, kind: str, patient_ids: Sequence[str]) -> set[str]:
    """Which of these patients have an open task of a kind."""
    query = select(tasks.c.patient_id).where(
        tasks.c.kind == kind, tasks.c.done_at.is_(None), tasks.c.patient_id.in_(list(patient_ids))
    )
    return {patient_id for patient_id in tx.connection.execute(query).scalars() if patient_id}


def beat(tx: Tx, name: str, now: datetime, detail: str = "") -> None:
    """This part of the worker has just finished."""
    tx.connection.execute(delete(heartbeats).where(heartbeats.c.name == name))
    bulk.insert_rows(tx, heartbeats, [{"name": name, "beat_at": now, "detail": detail}], ignore_known=True)


def beats(tx: Tx) -> dict[str, datetime]:
    """When each part of the worker last finished."""
    return {row.name: row.beat_at for row in tx.connection.execute(select(heartbeats.c.name, heartbeats.c.beat_at))}


def last_beat(tx: Tx, name: str) -> tuple[datetime | None, str]:
    """When a part of the worker last finished, and what it said of itself."""
    query = select(heartbeats.c.beat_at, heartbeats.c.detail).where(heartbeats.c.name == name)
    row = tx.connection.execute(query).first()
    return (row.beat_at, row.detail) if row else (None, "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """A provider's later word about an attempt. `key` is the provider's own name for this word."""

    provider: str
    key: str
    says: State
    attempt_id: str | None = None
    provider_ref: str | None = None


def add_receipt(tx: Tx, receipt: Receipt, now: datetime) -> None:
    """Store a receipt before anything is done about it. Safe to repeat."""
    row = {
        "id": new_id(),
        "provider": receipt.provider,
        "key": receipt.key,
        "attempt_id": receipt.attempt_id,
        "provider_ref": receipt.provider_ref,
        "says": receipt.says.value,
        "received_at": now,
        "state": "pending",
    }
    bulk.insert_rows(tx, receipts, [row], ignore_known=True)


def apply_receipts(tx: Tx, now: datetime, limit: int) -> int:
    """Move messages on by what the oldest receipts say. A status never falls. Answers how many were looked at."""
    query = select(receipts).where(receipts.c.state == "pending").order_by(receipts.c.received_at).limit(limit)
    rows = tx.connection.execute(query.with_for_update(skip_locked=True) if tx.is_postgres else query).all()
    for row in rows:
        matched = _apply(tx, State(row.says), row.attempt_id, row.provider, row.provider_ref, now)
        state = "applied" if matched else "unmatched"
        tx.connection.execute(update(receipts).where(receipts.c.id == row.id).values(state=state))
    return len(rows)


def _apply(tx: Tx, says: State, attempt_id: str | None, provider: str, provider_ref: str | None, now: datetime) -> bool:
    theirs = (attempts.c.provider == provider) & (attempts.c.provider_ref == provider_ref)
    query = select(attempts.c.id, messages.c.id.label("message_id"), messages.c.state, messages.c.accepted_at)
    query = query.join(messages, messages.c.id == attempts.c.message_id)
    row = tx.connection.execute(query.where(attempts.c.id == attempt_id if attempt_id else theirs)).first()
    if row is None:
        return False
    tx.connection.execute(update(attempts).where(attempts.c.id == row.id).values(receipt=says.value))
    if receipt_moves(State(row.state), says):
        statement = update(messages).where(messages.c.id == row.message_id, messages.c.state == row.state)
        values = {"state": says.value, "reason": "", "accepted_at": row.accepted_at or now}
        tx.connection.execute(statement.values(values | NO_LEASE))
    return True
