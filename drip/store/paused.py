"""Who is paused now, for the list of them; and pauses without an end of which nobody has thought for long."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, exists, func, or_, select, update

from drip.core.asked import PAUSE_WITHOUT_END
from drip.core.lifecycle import State
from drip.core.patient import Standing
from drip.store import bulk
from drip.store.conditions import in_state, meant_for
from drip.store.database import Tx
from drip.store.patient_pauses import PatientPause, lasts
from drip.store.schema import messages, patients, tasks
from drip.store.site_limits import at_sites
from drip.store.staff_schema import patient_pauses

_COLUMNS = [patient_pauses.c[name] for name in PatientPause.__slots__]


@dataclass(frozen=True, slots=True, kw_only=True)
class Paused:
    """One patient's pause, and what it holds back."""

    pause: PatientPause
    planned: int
    """Messages that wait behind it."""
    late: int
    """Of these, those whose time has come: without the pause they would have gone, or been left out."""


def count(tx: Tx, now: datetime, sites: Collection[str] = ()) -> int:
    """How many patients are paused now; of these sites, where any are named."""
    number: int = tx.connection.execute(_lasting(select(func.count()), now, sites)).scalar_one()
    return number


def page(tx: Tx, now: datetime, sites: Collection[str], *, limit: int, skip: int = 0) -> list[Paused]:
    """The longest pause first, with what waits behind each: in one statement."""
    query = _lasting(select(*_COLUMNS), now, sites)
    query = query.order_by(patient_pauses.c.paused_at, patient_pauses.c.patient_id).limit(limit).offset(skip)
    some = query.subquery()
    theirs = and_(messages.c.patient_id == some.c.patient_id, in_state(State.PLANNED))
    counts = (func.count(messages.c.id), func.count(messages.c.id).filter(meant_for() <= now))
    counted = select(*some.c, *counts).select_from(some.outerjoin(messages, theirs)).group_by(*some.c)
    rows = tx.connection.execute(counted.order_by(some.c.paused_at, some.c.patient_id))
    return [_read(tuple(row)) for row in rows]


def _read(row: tuple[Any, ...]) -> Paused:
    *told, planned, late = row
    pause = PatientPause(**dict(zip(PatientPause.__slots__, told, strict=True)))
    return Paused(pause=pause, planned=planned, late=late)


def forgotten(tx: Tx, since: datetime, limit: int, among: Iterable[str] | None = None) -> list[PatientPause]:
    """Pauses without an end since then or longer, the longest first.

    Without those that a task asks about, or asked about until after `since`. `among`: only of these patients.
    """
    was_asked = exists().where(
        tasks.c.patient_id == patient_pauses.c.patient_id,
        tasks.c.kind == PAUSE_WITHOUT_END,
        or_(tasks.c.done_at.is_(None), tasks.c.done_at > since),
    )
    query = _of_those_we_write_to(select(*_COLUMNS)).where(
        patient_pauses.c.until.is_(None), patient_pauses.c.paused_at <= since, ~was_asked
    )
    query = query if among is None else query.where(bulk.among(tx, patient_pauses.c.patient_id, among))
    query = query.order_by(patient_pauses.c.paused_at, patient_pauses.c.patient_id).limit(limit)
    return [PatientPause(**row._mapping) for row in tx.connection.execute(query)]


def finish_over(tx: Tx, now: datetime) -> int:
    """Nobody is asked any more about a pause that is over, or about somebody who gets nothing in any case.

    Answers how many were. Whoever resumes a patient settles that with it; this is for what happens otherwise: a task
    that was taken up again afterwards, a patient who died.
    """
    goes_on = _of_those_we_write_to(select(patient_pauses.c.patient_id)).where(
        patient_pauses.c.patient_id == tasks.c.patient_id, patient_pauses.c.until.is_(None)
    )
    is_open: tuple[ColumnElement[bool], ...] = (tasks.c.kind == PAUSE_WITHOUT_END, tasks.c.done_at.is_(None))
    statement = update(tasks).where(*is_open, ~goes_on.exists())
    return tx.connection.execute(statement.values(done_at=now, done_by="")).rowcount


def _lasting(query: Select[Any], now: datetime, sites: Collection[str]) -> Select[Any]:
    return _of_those_we_write_to(query).where(lasts(now), at_sites(patient_pauses.c.patient_id, sites))


def _of_those_we_write_to(query: Select[Any]) -> Select[Any]:
    """To who has died, or whose record was merged or erased, nothing goes in any case."""
    whose = patient_pauses.join(patients, patients.c.id == patient_pauses.c.patient_id)
    return query.select_from(whose).where(patients.c.standing == Standing.CURRENT.value)
