"""Patients who were there before they could be found by name."""

from sqlalchemy import select, text, update

from drip.store import bulk, names
from drip.store import patients as people
from drip.store.database import Tx
from drip.store.schema import patients

_WITHOUT = text("NOT is_indexed")
"""Written out: a partial index serves only a query that names its condition."""


def index_some(tx: Tx, after: str, most: int) -> list[str]:
    """Some who are not found by their name, in the order of ids after this one, are from now on. Answers who it was.

    Whoever's record cannot be unsealed is passed over: another time it may be.
    """
    query = select(patients.c.id).where(_WITHOUT, patients.c.id > after).order_by(patients.c.id).limit(most)
    ids = list(tx.connection.execute(query).scalars())
    if not ids:
        return []
    people.lock(tx, ids)  # a name that is told meanwhile must not be followed by the old one
    rows = [row for row in people.readable(tx, ids).values() if not row.is_indexed]
    names.save(tx, {row.id: people.name_of(row.patient) for row in rows if row.source != people.STAFF}, known=())
    done = update(patients).where(bulk.among(tx, patients.c.id, [row.id for row in rows]))
    tx.connection.execute(done.values(is_indexed=True))
    return ids
