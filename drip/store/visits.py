"""Each patient's visits, as they stand: to notice those of which nobody said whether the patient came."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Row, Select, bindparam, select, update

from drip.core.visit import BOOKED
from drip.store import bulk
from drip.store.database import Tx
from drip.store.ids import new_id
from drip.store.inbox_schema import visits

_COLUMNS = [visits.c[name] for name in ("id", "patient_id", "ref_index", "status", "ends_at", "asked_at")]


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """How one visit stands."""

    patient_id: str
    ref: str = field(repr=False)
    status: str
    ends_at: datetime | None
    """Else when it starts; None while that is not known."""
    never_ask: bool = False
    """It was over before its booking system was first read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenVisit:
    """A visit that may be asked about."""

    id: str
    patient_id: str
    ref_index: str
    ends_at: datetime

    @property
    def task_key(self) -> str:
        """Of the question to staff; another one if the visit moves."""
        return task_key(self.id, self.ends_at)


def task_key(visit_id: str, ends_at: datetime | None) -> str:
    """Of the question to staff about a visit that ended then."""
    return f"attendance_unknown:{visit_id}:{ends_at:%Y-%m-%dT%H:%M}" if ends_at else f"attendance_unknown:{visit_id}"


def index_of(tx: Tx, patient_id: str, ref: str) -> str:
    """The blind index of a visit's reference."""
    return tx.vault.blind("visit", f"{patient_id}|{ref}")


def keep(tx: Tx, told: Sequence[Visit], now: datetime) -> list[str]:
    """Keep how these visits stand. Answers the keys of questions that need no answer any more. Safe to repeat.

    So many statements, however many visits. Whoever calls it holds the patients' locks.
    """
    by_index = {index_of(tx, one.patient_id, one.ref): one for one in told}
    known = {row.ref_index: row for row in _look(tx, by_index, {one.patient_id for one in told})} if told else {}
    new = [
        {"id": new_id(), "patient_id": one.patient_id, "ref_index": index, "status": one.status}
        | {"ends_at": one.ends_at, "asked_at": now if one.never_ask else None}
        for index, one in by_index.items()
        if index not in known
    ]
    bulk.insert_rows(tx, visits, new)
    changed = [
        (row, by_index[index])
        for index, row in known.items()
        if (row.status, row.ends_at) != (by_index[index].status, by_index[index].ends_at)
    ]
    rows = [
        {"id": row.id, "status": one.status, "ends_at": one.ends_at}
        | {"asked_at": row.asked_at if row.ends_at == one.ends_at else None}
        for row, one in changed
    ]
    bulk.save_rows(tx, visits, rows)
    return [task_key(row.id, row.ends_at) for row, _ in changed if row.asked_at is not None]


def _look(tx: Tx, indexes: Iterable[str], patient_ids: Iterable[str]) -> Sequence[Row[Any]]:
    among = bulk.among(tx, visits.c.patient_id, patient_ids), bulk.among(tx, visits.c.ref_index, indexes)
    return tx.connection.execute(select(*_COLUMNS).where(*among)).all()


def find(tx: Tx, patient_id: str, ref: str) -> OpenVisit | None:
    """A patient's visit by its reference, if we keep it and know when it ended."""
    for row in _look(tx, [index_of(tx, patient_id, ref)], [patient_id]):
        if row.ends_at is not None:
            return _open(row)
    return None


def asked_about(tx: Tx, key: str) -> OpenVisit | None:
    """The visit that a task of this key asks about; None once the visit has moved."""
    query = select(*_COLUMNS).where(visits.c.id == key.split(":")[1], visits.c.ends_at.is_not(None))
    row = tx.connection.execute(query).one_or_none()
    return _open(row) if row and task_key(row.id, row.ends_at) == key else None


def unanswered(
    tx: Tx, since: datetime, until: datetime, limit: int, patient_ids: Iterable[str] | None = None
) -> list[OpenVisit]:
    """Visits that ended then, still stand as booked, and were not asked about: those that ended first."""
    query = _unanswered(limit)
    query = query if patient_ids is None else query.where(bulk.among(tx, visits.c.patient_id, patient_ids))
    return [_open(row) for row in tx.connection.execute(query, {"since": since, "until": until})]


@cache
def _unanswered(limit: int) -> Select[Any]:
    """Asked at every tick."""
    query = select(*_COLUMNS).where(
        visits.c.status == BOOKED,
        visits.c.asked_at.is_(None),
        visits.c.ends_at > bindparam("since"),
        visits.c.ends_at <= bindparam("until"),
    )
    return query.order_by(visits.c.ends_at).limit(limit)


def _open(row: Row[Any]) -> OpenVisit:
    return OpenVisit(id=row.id, patient_id=row.patient_id, ref_index=row.ref_index, ends_at=row.ends_at)


def mark_asked(tx: Tx, visit_ids: Iterable[str], now: datetime) -> None:
    """These need not be looked at again, unless they move."""
    tx.connection.execute(update(visits).where(bulk.among(tx, visits.c.id, visit_ids)).values(asked_at=now))
