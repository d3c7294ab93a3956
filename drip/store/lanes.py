"""Lanes: what each provider may carry, shared by all workers. A provider without a row is open and unlimited."""

from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any

from sqlalchemy import Select, select, update

from drip.core.lane import Lane
from drip.core.reason import Reason
from drip.store import bulk
from drip.store.database import Tx
from drip.store.schema import lanes


def load(tx: Tx, providers: Iterable[str]) -> dict[str, Lane]:
    """The lanes of these providers that have one, locked in the order of their names until the transaction ends."""
    rows = tx.connection.execute(_loading(is_postgres=tx.is_postgres), bulk.given(tx, providers))
    return {row.provider: Lane(**{**row._mapping, "why": Reason(row.why)}) for row in rows}


@cache
def _loading(*, is_postgres: bool) -> Select[Any]:
    query = select(lanes).where(bulk.among_given(lanes.c.provider, is_postgres=is_postgres)).order_by(lanes.c.provider)
    return query.with_for_update() if is_postgres else query


def look(tx: Tx) -> list[Lane]:
    """Every lane, without locking it."""
    rows = tx.connection.execute(select(lanes).order_by(lanes.c.provider))
    return [Lane(**{**row._mapping, "why": Reason(row.why)}) for row in rows]


def make(tx: Tx, new: Sequence[Lane]) -> None:
    """Lanes that have no row yet. Two workers that make the same one at once make one."""
    bulk.insert_rows(tx, lanes, _rows(new), ignore_known=True)


def _rows(some: Sequence[Lane]) -> list[dict[str, Any]]:
    return [
        {"provider": lane.provider, "tokens": lane.tokens, "filled_at": lane.filled_at, "failures": lane.failures}
        | {"closed_until": lane.closed_until, "why": lane.why.value}
        for lane in sorted(some, key=lambda lane: lane.provider)
    ]


def save(tx: Tx, changed: Sequence[Lane]) -> None:
    """Keep these lanes as they are now."""
    make(tx, changed)
    for row in _rows(changed):  # as many as there are providers: one or two
        tx.connection.execute(update(lanes).where(lanes.c.provider == row["provider"]).values(**row))


def charge(tx: Tx, provider: str, tokens: float) -> None:
    """Take (or, below zero, give back) tokens once the true size of what goes is known."""
    statement = update(lanes).where(lanes.c.provider == provider)
    tx.connection.execute(statement.values(tokens=lanes.c.tokens - tokens))


def give_back(tx: Tx, before: Lane, probing: Lane) -> None:
    """As it was before a probe was taken, unless something has become of the lane since. Tokens are charged apart."""
    statement = update(lanes).where(lanes.c.provider == before.provider, lanes.c.closed_until == probing.closed_until)
    tx.connection.execute(statement.values(closed_until=before.closed_until))


def reopen(tx: Tx) -> bool:
    """Staff say that all is well again: every lane may be called at once. Answers whether any was closed."""
    statement = update(lanes).where(lanes.c.closed_until.is_not(None))
    return tx.connection.execute(statement.values(closed_until=None, failures=0, why="")).rowcount > 0
