"""Receipts that named a message only by the provider's own reference, before we had written that reference down."""

from collections.abc import Iterable
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import and_, bindparam, exists, literal_column, select, update

from drip.core.reason import Reason
from drip.store import addresses, bulk
from drip.store.database import Tx
from drip.store.inbox_schema import receipts
from drip.store.schema import attempts

_NAMED = and_(attempts.c.provider == receipts.c.provider, attempts.c.provider_ref == receipts.c.provider_ref)


def hear_again(tx: Tx, since: datetime, now: datetime) -> int:
    """Receipts that came since then wait to be applied once their reference is known. Answers how many do now.

    Addresses that they close are closed when this returns. Safe to repeat, and beside other workers.
    """
    rows = tx.connection.execute(_matching(), {"since": since}).all()
    _close(tx, [row.id for row in rows if row.closes], now)
    return len(rows)


@cache
def _matching() -> Any:
    """Asked at every tick."""
    found = update(receipts).where(
        receipts.c.state == literal_column("'unmatched'"),  # written out, as in the index that serves it
        receipts.c.attempt_id.is_(None),
        receipts.c.received_at >= bindparam("since"),
        exists().where(_NAMED),
    )
    return found.values(state="pending").returning(receipts.c.id, receipts.c.closes)


def _close(tx: Tx, receipt_ids: Iterable[str], now: datetime) -> None:
    ids = list(receipt_ids)
    if not ids:
        return
    query = select(receipts.c.closes, receipts.c.contact_id.label("told"), attempts.c.contact_id)
    rows = tx.connection.execute(query.join(attempts, _NAMED).where(bulk.among(tx, receipts.c.id, ids))).all()
    for why in sorted({row.closes for row in rows}):
        # An address that the receipt itself named was closed when it came, and may have been opened since.
        new = [row.contact_id for row in rows if row.closes == why and row.contact_id != row.told]
        addresses.close(tx, new, Reason(why), now)
