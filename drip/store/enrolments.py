"""Enrolments: who is in which sequence, since when, and until when."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, bindparam, func, literal_column, select, update

from drip.core.lifecycle import State
from drip.core.model import Facts
from drip.core.reason import Reason
from drip.store import bulk
from drip.store.database import Tx, from_bytes, to_bytes
from drip.store.schema import enrolments, messages, patients
from drip.store.vault import DataKey

ACTIVE, ENDED, FINISHED = "active", "ended", "finished"

IS_ACTIVE = enrolments.c.state == literal_column("'active'")
"""Written out, not bound: a partial index serves only a query that names its condition."""

_PLAIN = (
    "id", "patient_id", "sequence", "version", "event_key", "state", "started_at", "enrolled_at", "ended_at",
    "anchor_at", "anchor_on", "revision", "site",
)  # fmt: skip
_ALL = [enrolments.c[name] for name in (*_PLAIN, "reason", "facts")]


@dataclass(frozen=True, slots=True, kw_only=True)
class EnrolmentRow:
    """An enrolment as stored, unsealed."""

    id: str
    patient_id: str
    sequence: str
    version: str
    origin: str = field(repr=False)
    event_key: str
    state: str
    reason: Reason
    started_at: datetime
    enrolled_at: datetime
    ended_at: datetime | None
    anchor_at: datetime | None
    anchor_on: str | None
    revision: int
    site: str | None
    objects: Mapping[str, Facts] = field(repr=False)
    """The appointment, treatment, programme and enrolment that its words and conditions speak of."""


def of_patients(tx: Tx, data_keys: Mapping[str, DataKey]) -> dict[str, list[EnrolmentRow]]:
    """Every enrolment of these patients, oldest first."""
    found: dict[str, list[EnrolmentRow]] = {patient_id: [] for patient_id in data_keys}
    for chunk in bulk.chunks(sorted(data_keys)):
        for row in tx.connection.execute(_of_patients(is_postgres=tx.is_postgres), bulk.given(tx, chunk)):
            found[row.patient_id].append(_unsealed(row, data_keys[row.patient_id]))
    return found


@cache
def _of_patients(*, is_postgres: bool) -> Select[Any]:
    query = select(*_ALL).where(bulk.among_given(enrolments.c.patient_id, is_postgres=is_postgres))
    return query.order_by(enrolments.c.enrolled_at)


def load(tx: Tx, ids: Iterable[str], data_keys: Mapping[str, DataKey]) -> dict[str, EnrolmentRow]:
    """These enrolments, of patients whose keys are given."""
    rows = tx.connection.execute(_loading(is_postgres=tx.is_postgres), bulk.given(tx, ids))
    return {row.id: _unsealed(row, data_keys[row.patient_id]) for row in rows}


@cache
def _loading(*, is_postgres: bool) -> Select[Any]:
    return select(*_ALL).where(bulk.among_given(enrolments.c.id, is_postgres=is_postgres))


def _unsealed(row: Row[Any], key: DataKey) -> EnrolmentRow:
    told = from_bytes(key.unseal("enrolments.facts", row.id, row.facts))
    kept = dict(zip(_PLAIN, row, strict=False))  # they come first
    return EnrolmentRow(**kept, reason=Reason(row.reason), origin=told["origin"], objects=told["objects"])


def insert(tx: Tx, rows: Sequence[EnrolmentRow], data_keys: Mapping[str, DataKey]) -> None:
    """Keep new enrolments; one that exists already for the same patient, sequence and origin is left alone."""
    bulk.insert_rows(tx, enrolments, [_sealed(tx, row, data_keys[row.patient_id]) for row in rows], ignore_known=True)


def _sealed(tx: Tx, row: EnrolmentRow, key: DataKey) -> dict[str, Any]:
    told = to_bytes({"origin": row.origin, "objects": row.objects})
    return {name: getattr(row, name) for name in _PLAIN} | {
        "reason": row.reason.value,
        "origin_index": tx.vault.blind("origin", f"{row.patient_id}|{row.origin}"),
        "facts": key.seal("enrolments.facts", row.id, told),
    }


def save(tx: Tx, rows: Sequence[EnrolmentRow], data_keys: Mapping[str, DataKey]) -> None:
    """Write enrolments that changed: their state, version, anchor and what they are about."""
    changing = ("version", "state", "reason", "ended_at", "anchor_at", "anchor_on", "revision", "site", "facts")
    sealed = (_sealed(tx, row, data_keys[row.patient_id]) for row in rows)
    bulk.save_rows(tx, enrolments, [{name: row[name] for name in ("id", *changing)} for row in sealed])


def at_sites(tx: Tx, patient_ids: Iterable[str], sites: Iterable[str]) -> frozenset[str]:
    """Which of these patients are, or were, in anything at one of these sites."""
    query = select(enrolments.c.patient_id).distinct()
    query = query.where(bulk.among(tx, enrolments.c.patient_id, patient_ids), bulk.among(tx, enrolments.c.site, sites))
    return frozenset(tx.connection.execute(query).scalars())


def ended_among(tx: Tx, ids: Iterable[str]) -> set[str]:
    """Which of these were ended: nothing of theirs goes any more."""
    query = select(enrolments.c.id).where(bulk.among(tx, enrolments.c.id, ids), enrolments.c.state == ENDED)
    return set(tx.connection.execute(query).scalars())


def in_sequence(tx: Tx, sequence: str) -> list[str]:
    """The patients who are in a sequence now."""
    query = select(enrolments.c.patient_id).where(enrolments.c.sequence == sequence, enrolments.c.state == ACTIVE)
    return sorted(set(tx.connection.execute(query).scalars()))


@dataclass(frozen=True, slots=True, kw_only=True)
class Pinned:
    """Who is in which version now: an active enrolment, without what it is about."""

    id: str
    patient_id: str
    version: str


def pinned(tx: Tx, sequence: str) -> list[Pinned]:
    """Every active enrolment of a sequence."""
    query = select(enrolments.c.id, enrolments.c.patient_id, enrolments.c.version)
    rows = tx.connection.execute(query.where(enrolments.c.sequence == sequence, enrolments.c.state == ACTIVE))
    return [Pinned(**row._mapping) for row in rows]


def some_pinned(tx: Tx, sequence: str, sites: Collection[str], most: int) -> list[Pinned]:
    """As `pinned`, so many at most, and only of these sites where any are named."""
    query = select(enrolments.c.id, enrolments.c.patient_id, enrolments.c.version)
    query = query.where(enrolments.c.sequence == sequence, enrolments.c.state == ACTIVE, *_at(sites))
    return [Pinned(**row._mapping) for row in tx.connection.execute(query.order_by(enrolments.c.id).limit(most))]


def count_by_version(tx: Tx, sequence: str | None = None, sites: Collection[str] = ()) -> dict[str, int]:
    """How many enrolments each version has now; of one sequence and of these sites only, where any are named."""
    query = select(enrolments.c.version, func.count()).where(enrolments.c.state == ACTIVE, *_at(sites))
    query = query if sequence is None else query.where(enrolments.c.sequence == sequence)
    return {row[0]: row[1] for row in tx.connection.execute(query.group_by(enrolments.c.version))}


def _at(sites: Collection[str]) -> Sequence[ColumnElement[bool]]:
    return [enrolments.c.site.in_(sorted(sites))] if sites else []


def waiting_at(tx: Tx, sites: Iterable[str], or_nowhere: bool) -> list[str]:
    """The patients with messages at these sites that are planned, or left out because the site reminds them itself.

    `or_nowhere`: enrolments of which no site was told count too.
    """
    at = bulk.among(tx, enrolments.c.site, sites)
    waits = (messages.c.state == State.PLANNED.value) | (messages.c.reason == Reason.REMINDED_ELSEWHERE.value)
    query = select(enrolments.c.patient_id).join(messages, messages.c.enrolment_id == enrolments.c.id)
    query = query.where(at | enrolments.c.site.is_(None) if or_nowhere else at, waits)
    return sorted(set(tx.connection.execute(query).scalars()))


def done(tx: Tx, open_states: Sequence[str], among: Sequence[str] | None, limit: int) -> list[str]:
    """Active enrolments with nothing left to send: their ids. Looks through all of them when none are named."""
    query = _done(tuple(open_states), limit, is_postgres=tx.is_postgres, are_named=among is not None)
    return list(tx.connection.execute(query, {} if among is None else bulk.given(tx, among)).scalars())


@cache
def _done(open_states: tuple[str, ...], limit: int, *, is_postgres: bool, are_named: bool) -> Select[Any]:
    some = select(messages.c.id).where(messages.c.enrolment_id == enrolments.c.id)
    query = select(enrolments.c.id).where(IS_ACTIVE, some.exists(), ~_left(open_states)).limit(limit)
    return query.where(bulk.among_given(enrolments.c.id, is_postgres=is_postgres)) if are_named else query


def _left(open_states: tuple[str, ...]) -> ColumnElement[bool]:
    """Whether an enrolment has a message that may still go."""
    left = select(messages.c.id).where(messages.c.enrolment_id == enrolments.c.id, messages.c.state.in_(open_states))
    return left.exists()


def whose(tx: Tx, ids: Sequence[str]) -> list[str]:
    """The patients whose enrolments these are."""
    query = _whose(is_postgres=tx.is_postgres)
    return sorted(set(tx.connection.execute(query, bulk.given(tx, ids)).scalars()))


@cache
def _whose(*, is_postgres: bool) -> Select[Any]:
    return select(enrolments.c.patient_id).where(bulk.among_given(enrolments.c.id, is_postgres=is_postgres))


def finish(tx: Tx, ids: Sequence[str], open_states: Sequence[str], now: datetime) -> list[tuple[str, str, str]]:
    """These came to their natural end, unless planned anew since. Answers (enrolment, patient, sequence) of each."""
    statement = _finishing(tuple(open_states), is_postgres=tx.is_postgres)
    rows = tx.connection.execute(statement, bulk.given(tx, ids) | {"now": now})
    return [(row.id, row.patient_id, row.sequence) for row in rows]


@cache
def _finishing(open_states: tuple[str, ...], *, is_postgres: bool) -> Any:
    statement = update(enrolments).where(
        bulk.among_given(enrolments.c.id, is_postgres=is_postgres), enrolments.c.state == ACTIVE, ~_left(open_states)
    )
    columns = (enrolments.c.id, enrolments.c.patient_id, enrolments.c.sequence)
    return statement.values(state=FINISHED, ended_at=bindparam("now")).returning(*columns)


def reopen(tx: Tx, enrolment_id: str) -> None:
    """One that had come to its natural end has something left to send again."""
    finished = update(enrolments).where(enrolments.c.id == enrolment_id, enrolments.c.state == FINISHED)
    tx.connection.execute(finished.values(state=ACTIVE, ended_at=None))


def data_key_rows(tx: Tx, patient_ids: Iterable[str]) -> dict[str, DataKey]:
    """Only the keys of these patients: enough to unseal what is about them."""
    wanted = set(patient_ids)
    if not wanted:
        return {}
    query = select(patients.c.id, patients.c.data_key).where(bulk.among(tx, patients.c.id, wanted))
    return {row.id: tx.vault.data_key(row.id, row.data_key) for row in tx.connection.execute(query)}
