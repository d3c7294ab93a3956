"""What waits for a person, a page at a time: the most urgent first; and what was done a moment ago."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, case, func, select, update

from drip.core.asked import ASKED, urgency
from drip.store.database import Tx
from drip.store.records import EARLIER, TaskRow
from drip.store.schema import tasks
from drip.store.site_limits import at_sites

_COLUMNS = [tasks.c[name] for name in TaskRow.__slots__]

_LATEST = tasks.c.key.not_like(f"{EARLIER}%")
"""Not asked again since. What was done about the earlier asking is not taken back any more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Which:
    """Some of the tasks."""

    sites: frozenset[str] = frozenset()
    """Only of patients of these sites; none named is all, and what is about nobody we know."""
    kind: str = ""
    assigned_to: str = ""


def page(tx: Tx, which: Which, *, limit: int, skip: int = 0) -> list[TaskRow]:
    """What waits: urgent kinds first, each oldest first."""
    order = case({kind: urgency(kind) for kind in ASKED}, value=tasks.c.kind, else_=len(ASKED))
    query = _waiting(select(*_COLUMNS), which).order_by(order, tasks.c.raised_at, tasks.c.id)
    return [TaskRow(**row._mapping) for row in tx.connection.execute(query.limit(limit).offset(skip))]


def count_by_kind(tx: Tx, which: Which) -> dict[str, int]:
    """How many of each kind wait."""
    query = _waiting(select(tasks.c.kind, func.count()), which).group_by(tasks.c.kind)
    return {row[0]: row[1] for row in tx.connection.execute(query)}


def _waiting(query: Select[Any], which: Which) -> Select[Any]:
    query = query.where(tasks.c.done_at.is_(None))
    query = query.where(at_sites(tasks.c.patient_id, which.sites)) if which.sites else query
    query = query.where(tasks.c.kind == which.kind) if which.kind else query
    return query.where(tasks.c.assigned_to == which.assigned_to) if which.assigned_to else query


def may_see(tx: Tx, task: TaskRow, sites: Collection[str]) -> bool:
    """Whether somebody who is limited to these sites may see it. What is about nobody we know is not theirs."""
    if not sites:
        return True
    query = select(tasks.c.id).where(tasks.c.id == task.id, at_sites(tasks.c.patient_id, sites))
    return tx.connection.execute(query).first() is not None


def assign(tx: Tx, task_id: str, to: str | None) -> bool:
    """Somebody takes it on, or nobody does any more. Answers whether it still waits."""
    statement = update(tasks).where(tasks.c.id == task_id, tasks.c.done_at.is_(None))
    return tx.connection.execute(statement.values(assigned_to=to)).rowcount == 1


@dataclass(frozen=True, slots=True, kw_only=True)
class DoneTask:
    """A task that a person has done."""

    task: TaskRow
    done_at: datetime
    done_by: str


def _done(query: Select[Any]) -> Select[Any]:
    return query.add_columns(tasks.c.done_at, tasks.c.done_by).where(tasks.c.done_at.is_not(None))


def _read(tx: Tx, query: Select[Any]) -> list[DoneTask]:
    rows = [dict(row._mapping) for row in tx.connection.execute(query)]
    return [DoneTask(done_at=row.pop("done_at"), done_by=row.pop("done_by"), task=TaskRow(**row)) for row in rows]


def done_by_people(tx: Tx, patient_id: str) -> list[DoneTask]:
    """What people did about this patient, oldest first. What settled itself was nobody's deed."""
    query = _done(select(*_COLUMNS)).where(tasks.c.patient_id == patient_id, tasks.c.done_by != "")
    return _read(tx, query.order_by(tasks.c.done_at))


def done_since(tx: Tx, by: str, since: datetime, sites: Collection[str] = ()) -> list[DoneTask]:
    """What somebody has done since then, last first."""
    query = _done(select(*_COLUMNS)).where(tasks.c.done_at >= since, tasks.c.done_by == by, _LATEST)
    query = query.where(at_sites(tasks.c.patient_id, sites)) if sites else query
    return _read(tx, query.order_by(tasks.c.done_at.desc()).limit(20))


def finish_as(tx: Tx, key: str, kind: str, by: str, now: datetime) -> bool:
    """It was done, in this way, which may be another one than was asked. Answers whether it waited."""
    statement = update(tasks).where(tasks.c.key == key, tasks.c.done_at.is_(None))
    return tx.connection.execute(statement.values(kind=kind, done_at=now, done_by=by)).rowcount == 1


def find_done(tx: Tx, task_id: str, since: datetime) -> TaskRow | None:
    """A task that was done since then."""
    query = _done(select(*_COLUMNS)).where(tasks.c.id == task_id, tasks.c.done_at >= since, _LATEST)
    return next((one.task for one in _read(tx, query)), None)


def reopen(tx: Tx, task_id: str, since: datetime) -> bool:
    """It waits again, if it was done since then. Answers whether it was."""
    statement = update(tasks).where(tasks.c.id == task_id, tasks.c.done_at >= since, _LATEST)
    return tx.connection.execute(statement.values(done_at=None, done_by="")).rowcount == 1
