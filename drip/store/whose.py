"""Whose a message or a task is: lines of the audit trail name these by their ids, and never a person."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import Column, select

from drip.store import bulk
from drip.store.database import Tx
from drip.store.schema import messages, tasks

PATIENT = "patient:"

_ROWS: tuple[tuple[str, Column[str], Column[Any]], ...] = (
    ("message:", messages.c.id, messages.c.patient_id),
    ("task:", tasks.c.id, tasks.c.patient_id),
)


def patients_of(tx: Tx, abouts: Iterable[str]) -> dict[str, str]:
    """The patient whom each of these is about (`patient:<id>`, `message:<id>`, `task:<id>`); others are not in it."""
    named = set(abouts)
    found = {one: one.removeprefix(PATIENT) for one in named if one.startswith(PATIENT)}
    for kind, id_of, patient_of in _ROWS:
        ids = [one.removeprefix(kind) for one in named if one.startswith(kind)]
        rows = tx.connection.execute(select(id_of, patient_of).where(bulk.among(tx, id_of, ids))) if ids else ()
        found |= {f"{kind}{id}": patient for id, patient in rows if patient}
    return found


def abouts(tx: Tx, patient_id: str) -> list[str]:
    """Everything by which the audit trail may speak of a patient."""
    found = [PATIENT + patient_id]
    for kind, id_of, patient_of in _ROWS:
        found += [kind + id for id in tx.connection.execute(select(id_of).where(patient_of == patient_id)).scalars()]
    return found
