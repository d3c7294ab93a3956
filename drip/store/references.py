"""Booking systems' own references -> patients, many at once."""

from collections.abc import Iterable

from sqlalchemy import select

from drip.store import bulk
from drip.store.database import Tx
from drip.store.schema import patients


def known_as(tx: Tx, wanted: Iterable[str]) -> dict[str, list[tuple[str, str]]]:
    """(id, source) of every patient of that reference: a bare one, which several sources may have, or `source:ref`."""
    bare = {ref: tx.vault.blind("patient", ref) for ref in wanted}
    told = {ref: ref.partition(":") for ref in bare}
    rest = {ref: tx.vault.blind("patient", parts[2]) for ref, parts in told.items() if parts[1]}
    query = select(patients.c.id, patients.c.source, patients.c.ref_index)
    query = query.where(bulk.among(tx, patients.c.ref_index, {*bare.values(), *rest.values()}))
    found: dict[str, list[tuple[str, str]]] = {}
    for row in tx.connection.execute(query):
        found.setdefault(row.ref_index, []).append((row.id, row.source))
    return {
        ref: found.get(index) or [one for one in found.get(rest.get(ref, ""), ()) if one[1] == told[ref][0]]
        for ref, index in bare.items()
    }
