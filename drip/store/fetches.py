"""What the calls of booking systems only named, until it has been asked for."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import func, select, update

from drip.store import bulk
from drip.store.database import Tx, from_bytes, to_bytes
from drip.store.ids import new_id
from drip.store.inbox_schema import fetches


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """What was named, in the adapter's own words."""

    key: str = field(repr=False)
    kind: str = field(repr=False)
    ref: str = field(repr=False)
    happened_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenFetch:
    """Something that has not been asked for yet, or not with success."""

    id: str
    named: Named = field(repr=False)
    tries: int


def add(tx: Tx, source: str, named: Sequence[Named], now: datetime) -> None:
    """To be asked for. Safe to repeat: what was named before under the same key is asked for once."""
    rows = []
    for one in named:
        row_id = new_id()
        told = {"key": one.key, "kind": one.kind, "ref": one.ref}
        told |= {"happened_at": one.happened_at.isoformat()} if one.happened_at else {}
        rows.append(
            {"id": row_id, "source": source, "key_index": tx.vault.blind("fetch", one.key)}
            | {"wanted": tx.vault.seal("fetches.wanted", row_id, to_bytes(told)), "received_at": now, "ask_at": now}
        )
    bulk.insert_rows(tx, fetches, rows, ignore_known=True)


def due(tx: Tx, source: str, now: datetime, limit: int) -> list[OpenFetch]:
    """What is to be asked for now, longest waiting first."""
    query = select(fetches.c.id, fetches.c.wanted, fetches.c.tries)
    query = query.where(fetches.c.source == source, fetches.c.wanted.is_not(None), fetches.c.ask_at <= now)
    rows = tx.connection.execute(query.order_by(fetches.c.ask_at).limit(limit))
    return [OpenFetch(id=row.id, named=_named(tx, row.id, row.wanted), tries=row.tries) for row in rows]


def _named(tx: Tx, row_id: str, sealed: bytes) -> Named:
    told = from_bytes(tx.vault.unseal("fetches.wanted", row_id, sealed))
    at = told.get("happened_at")
    return Named(
        key=told["key"], kind=told["kind"], ref=told["ref"], happened_at=datetime.fromisoformat(at) if at else None
    )


def done(tx: Tx, fetch_id: str) -> None:
    """It has been asked for. Only its key remains, so that the same call asks for nothing more."""
    tx.connection.execute(update(fetches).where(fetches.c.id == fetch_id).values(wanted=None))


def later(tx: Tx, fetch_id: str, ask_at: datetime) -> None:
    """It could not be had; ask again then."""
    values = {"ask_at": ask_at, "tries": fetches.c.tries + 1}
    tx.connection.execute(update(fetches).where(fetches.c.id == fetch_id).values(**values))


def due_now(tx: Tx, now: datetime) -> set[str]:
    """The systems that something is to be asked of now."""
    query = select(fetches.c.source).distinct().where(fetches.c.wanted.is_not(None), fetches.c.ask_at <= now)
    return set(tx.connection.execute(query).scalars())


def waiting(tx: Tx) -> dict[str, tuple[int, datetime]]:
    """How many wait for each system, and since when."""
    query = select(fetches.c.source, func.count(), func.min(fetches.c.received_at))
    query = query.where(fetches.c.wanted.is_not(None)).group_by(fetches.c.source)
    return {row[0]: (row[1], row[2]) for row in tx.connection.execute(query)}
