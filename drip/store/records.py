"""Tasks for staff, and heartbeats of the worker's parts."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Delete, Select, bindparam, delete, func, literal, select, update

from drip.core import asked
from drip.store import bulk
from drip.store.database import Tx
from drip.store.ids import new_id
from drip.store.schema import heartbeats, tasks
from drip.store.vault import DataKey

RED_FLAG = asked.RED_FLAG
"""The kind of task that tells of words which must not wait; while it is open it holds loading exercises back."""

EARLIER = "earlier:"
"""What the key of a done task begins with once the same has been asked again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewTask:
    """Something a person must do. The same key is asked only once, unless it is asked again for a later reason."""

    key: str
    kind: str
    patient_id: str | None = None
    data_key: DataKey | None = None
    """Whose key the detail is sealed under; the master key where it is about nobody we know."""
    detail: str = ""
    since: datetime | None = None
    """When it came about, such as when a patient wrote: its clock runs from then. Else from when it is raised."""


def raise_tasks(tx: Tx, new: Sequence[NewTask], now: datetime) -> None:
    """Ask staff. Safe to repeat."""
    rows = []
    for task in new:
        row_id = new_id()
        detail = (task.data_key or tx.vault).seal("tasks.detail", row_id, task.detail.encode())
        rows.append(
            {"id": row_id, "key": task.key, "kind": task.kind, "patient_id": task.patient_id}
            | {"detail": detail, "raised_at": min(task.since or now, now)}
        )
    bulk.insert_rows(tx, tasks, rows, ignore_known=True)


def raise_again(tx: Tx, new: Sequence[NewTask], now: datetime) -> None:
    """Ask staff for a reason that has just come about: what they have done about an earlier one does not answer it.

    What still waits for a person is not asked twice. Only for what comes about once: a repeat would ask anew.
    """
    if not new:
        return
    done = update(tasks).where(bulk.among(tx, tasks.c.key, {one.key for one in new}), tasks.c.done_at.is_not(None))
    tx.connection.execute(done.values(key=literal(EARLIER) + tasks.c.id + ":" + tasks.c.key))
    raise_tasks(tx, new, now)


def finish_tasks(tx: Tx, keys: Iterable[str], now: datetime, by: str = "") -> int:
    """These no longer wait for a person. Answers how many did."""
    statement = update(tasks).where(bulk.among(tx, tasks.c.key, keys), tasks.c.done_at.is_(None))
    return tx.connection.execute(statement.values(done_at=now, done_by=by)).rowcount


def finish_kind(tx: Tx, kind: str, patient_id: str, now: datetime) -> None:
    """Nothing of this kind about this patient waits for a person any more: it has settled itself."""
    theirs = (tasks.c.patient_id == patient_id, tasks.c.kind == kind, tasks.c.done_at.is_(None))
    tx.connection.execute(update(tasks).where(*theirs).values(done_at=now, done_by=""))


def finish_task(tx: Tx, task_id: str, by: str, now: datetime) -> bool:
    """A person has done it. Whatever it held back asks again by itself. Answers whether it was open."""
    statement = update(tasks).where(tasks.c.id == task_id, tasks.c.done_at.is_(None))
    return tx.connection.execute(statement.values(done_at=now, done_by=by)).rowcount == 1


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskRow:
    """A task as stored; its detail stays sealed until it is asked for."""

    id: str
    key: str
    kind: str
    patient_id: str | None
    raised_at: datetime
    detail: bytes | None = field(repr=False)
    assigned_to: str | None
    """The account of whoever has taken it on."""


_COLUMNS = [tasks.c[name] for name in TaskRow.__slots__]


def find_task(tx: Tx, task_id: str) -> TaskRow | None:
    """One task that waits for a person."""
    query = select(*_COLUMNS).where(tasks.c.id == task_id, tasks.c.done_at.is_(None))
    row = tx.connection.execute(query).one_or_none()
    return TaskRow(**row._mapping) if row else None


def detail_of(tx: Tx, task: TaskRow, key: DataKey | None) -> str:
    """What a task says besides its kind; `key` is its patient's, None where it is about nobody we know."""
    return (key or tx.vault).unseal("tasks.detail", task.id, task.detail).decode() if task.detail else ""


def open_tasks(tx: Tx, patient_id: str | None = None) -> list[TaskRow]:
    """What waits for a person, oldest first."""
    query = select(*_COLUMNS).where(tasks.c.done_at.is_(None)).order_by(tasks.c.raised_at)
    query = query.where(tasks.c.patient_id == patient_id) if patient_id else query
    return [TaskRow(**row._mapping) for row in tx.connection.execute(query)]


def count_open(tx: Tx) -> dict[str, int]:
    """How many tasks of each kind wait for a person."""
    query = select(tasks.c.kind, func.count()).where(tasks.c.done_at.is_(None)).group_by(tasks.c.kind)
    return {row[0]: row[1] for row in tx.connection.execute(query)}


def open_keys(tx: Tx, kinds: Sequence[str]) -> set[str]:
    """What makes each task of these kinds that waits for a person the one it is."""
    query = select(tasks.c.key).where(tasks.c.kind.in_(list(kinds)), tasks.c.done_at.is_(None))
    return set(tx.connection.execute(query).scalars())


def oldest_open(tx: Tx, kind: str) -> tuple[int, datetime | None]:
    """How many tasks of a kind wait for a person, and since when the first of them does."""
    query = select(func.count(), func.min(tasks.c.raised_at)).where(tasks.c.kind == kind, tasks.c.done_at.is_(None))
    row = tx.connection.execute(query).one()
    return row[0], row[1]


def unalerted(tx: Tx, kind: str) -> list[str]:
    """Open tasks of a kind that the clinic's people have not been told of yet."""
    query = select(tasks.c.id).where(tasks.c.kind == kind, tasks.c.done_at.is_(None), tasks.c.alerted_at.is_(None))
    return list(tx.connection.execute(query).scalars())


def mark_alerted(tx: Tx, task_ids: Iterable[str], now: datetime) -> None:
    """The clinic's people are told of these now."""
    tx.connection.execute(update(tasks).where(bulk.among(tx, tasks.c.id, task_ids)).values(alerted_at=now))


def with_open(tx: Tx, kind: str, patient_ids: Sequence[str]) -> set[str]:
    """Which of these patients have an open task of a kind."""
    query, given = _having_open(is_postgres=tx.is_postgres), bulk.given(tx, patient_ids) | {"of_kind": kind}
    return {patient_id for patient_id in tx.connection.execute(query, given).scalars() if patient_id}


@cache
def _having_open(*, is_postgres: bool) -> Select[Any]:
    among = bulk.among_given(tasks.c.patient_id, is_postgres=is_postgres)
    return select(tasks.c.patient_id).where(tasks.c.kind == bindparam("of_kind"), tasks.c.done_at.is_(None), among)


def beat(tx: Tx, names: Iterable[str], now: datetime, detail: str = "") -> None:
    """These parts of the worker have just finished."""
    parts = sorted(names)
    tx.connection.execute(_forgetting_beats(is_postgres=tx.is_postgres), bulk.given(tx, parts))
    rows = [{"name": name, "beat_at": now, "detail": detail} for name in parts]
    bulk.insert_rows(tx, heartbeats, rows, ignore_known=True)


@cache
def _forgetting_beats(*, is_postgres: bool) -> Delete:
    return delete(heartbeats).where(bulk.among_given(heartbeats.c.name, is_postgres=is_postgres))


def beats(tx: Tx) -> dict[str, datetime]:
    """When each part of the worker last finished."""
    return {row.name: row.beat_at for row in tx.connection.execute(_BEATS)}


_BEATS = select(heartbeats.c.name, heartbeats.c.beat_at)


def last_beat(tx: Tx, name: str) -> tuple[datetime | None, str]:
    """When a part of the worker last finished, and what it said of itself."""
    row = tx.connection.execute(_LAST_BEAT, {"of": name}).first()
    return (row.beat_at, row.detail) if row else (None, "")


_LAST_BEAT = select(heartbeats.c.beat_at, heartbeats.c.detail).where(heartbeats.c.name == bindparam("of"))
