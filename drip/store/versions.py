"""Published versions, which of them are live, and what is paused."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Select, delete, func, select, update

from drip.store import bulk
from drip.store.database import Tx
from drip.store.schema import pauses, sequences, versions

_LOCK = 0x64727076
"""PostgreSQL: one publication at a time. The number only has to be our own."""

EVERYTHING = "everything"
PROVIDER = "provider:"


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionRow:
    """A published version. `files` are the sequence's YAML and every template it uses, by path."""

    id: str
    sequence: str
    number: int
    files: Mapping[str, str]
    published_at: datetime
    published_by: str
    approved_by: str
    safety_fix: bool


def live(tx: Tx) -> dict[str, str]:
    """The live version of each sequence, in the order of their names."""
    return {sequence: version for sequence, version in tx.connection.execute(_LIVE)}


_LIVE = select(sequences.c.id, sequences.c.version).order_by(sequences.c.id)
"""Asked many times at every tick, as what is paused is."""


def load(tx: Tx, version_ids: Iterable[str]) -> list[VersionRow]:
    """These versions, whole."""
    rows = tx.connection.execute(select(versions).where(versions.c.id.in_(sorted(version_ids))))
    return [VersionRow(**{**row._mapping, "files": json.loads(row.files)}) for row in rows]


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionLine:
    """A published version, without its words."""

    id: str
    number: int
    published_at: datetime
    published_by: str
    approved_by: str
    safety_fix: bool


def of_sequence(tx: Tx, sequence: str) -> list[VersionLine]:
    """Every version of a sequence, newest first."""
    columns = [versions.c[name] for name in VersionLine.__slots__]
    query = select(*columns).where(versions.c.sequence == sequence).order_by(versions.c.number.desc())
    return [VersionLine(**row._mapping) for row in tx.connection.execute(query)]


def of_number(tx: Tx, sequence: str, number: int) -> VersionRow | None:
    """One version, whole."""
    query = select(versions.c.id).where(versions.c.sequence == sequence, versions.c.number == number)
    found = tx.connection.execute(query).scalar()
    return load(tx, [found])[0] if found else None


def approved(tx: Tx, version_ids: Iterable[str]) -> list[str]:
    """Which of these someone was named for who approved them."""
    query = _approved(is_postgres=tx.is_postgres)
    return list(tx.connection.execute(query, bulk.given(tx, version_ids)).scalars())


@cache
def _approved(*, is_postgres: bool) -> Select[Any]:
    among = bulk.among_given(versions.c.id, is_postgres=is_postgres)
    return select(versions.c.id).where(among, versions.c.approved_by != "")


def approved_of(tx: Tx, of_sequences: Iterable[str]) -> dict[str, list[str]]:
    """Of each sequence, the versions that somebody was named for who approved them, newest first.

    None that is newer than the live one: it was live, and an older one has taken its place again.
    """
    at_most = versions.alias()
    query = select(versions.c.sequence, versions.c.id).join(sequences, sequences.c.id == versions.c.sequence)
    query = query.join(at_most, at_most.c.id == sequences.c.version)
    query = query.where(versions.c.sequence.in_(sorted(of_sequences)), versions.c.approved_by != "")
    found: dict[str, list[str]] = {}
    rows = tx.connection.execute(query.where(versions.c.number <= at_most.c.number).order_by(versions.c.number.desc()))
    for row in rows:
        found.setdefault(row.sequence, []).append(row.id)
    return found


def numbers(tx: Tx, version_ids: Iterable[str]) -> dict[str, int]:
    """The number of each of these versions within its sequence."""
    query = select(versions.c.id, versions.c.number).where(versions.c.id.in_(sorted(version_ids)))
    return {row.id: row.number for row in tx.connection.execute(query)}


def number_of_newest(tx: Tx, sequence: str) -> int:
    """The number of a sequence's newest version; 0 when it has none."""
    query = select(func.max(versions.c.number)).where(versions.c.sequence == sequence)
    return tx.connection.execute(query).scalar() or 0


def publish(tx: Tx, version: VersionRow) -> None:
    """Keep a version and make it live. The same version again changes nothing but which one is live."""
    row = {
        "id": version.id,
        "sequence": version.sequence,
        "number": version.number,
        "files": json.dumps(dict(version.files), ensure_ascii=False),
        "published_at": version.published_at,
        "published_by": version.published_by,
        "approved_by": version.approved_by,
        "safety_fix": version.safety_fix,
    }
    bulk.insert_rows(tx, versions, [row], ignore_known=True)
    if version.approved_by:  # the same files, approved after they were first published
        unapproved = update(versions).where(versions.c.id == version.id, versions.c.approved_by == "")
        tx.connection.execute(unapproved.values(approved_by=version.approved_by, published_by=version.published_by))
    if version.safety_fix:  # the same files, found to matter for safety after they were first published
        same = update(versions).where(versions.c.id == version.id)
        tx.connection.execute(same.values(safety_fix=True))
    tx.connection.execute(delete(sequences).where(sequences.c.id == version.sequence))
    bulk.insert_rows(tx, sequences, [{"id": version.sequence, "version": version.id}])


def lock(tx: Tx) -> None:
    """Whoever publishes does so alone, until they commit: what they compared with is what they replace."""
    if tx.is_postgres:
        tx.connection.execute(select(func.pg_advisory_xact_lock(_LOCK)))


def paused(tx: Tx) -> dict[str, str]:
    """What is paused, and why: 'everything', 'sequence:<id>', 'provider:<name>'."""
    return {scope: why for scope, why in tx.connection.execute(_PAUSED)}


_PAUSED = select(pauses.c.scope, pauses.c.why)


def pause(tx: Tx, scope: str, why: str, now: datetime) -> None:
    """Nothing of this scope passes the gate from the next commit on."""
    bulk.insert_rows(tx, pauses, [{"scope": scope, "paused_at": now, "why": why}], ignore_known=True)


def resume(tx: Tx, scope: str) -> bool:
    """Lift a pause. Answers whether there was one."""
    return tx.connection.execute(delete(pauses).where(pauses.c.scope == scope)).rowcount == 1


def resume_providers(tx: Tx) -> bool:
    """Lift the pauses of providers, which a refused account brings about."""
    return tx.connection.execute(delete(pauses).where(pauses.c.scope.startswith(PROVIDER))).rowcount > 0
