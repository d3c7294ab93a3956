"""What the clinic's people wrote down about a task. Sealed as the task is: under its patient's key."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import insert, select

from drip.store import bulk
from drip.store.database import Tx
from drip.store.ids import new_id
from drip.store.records import TaskRow
from drip.store.staff_schema import task_notes
from drip.store.vault import DataKey

_PLACE = "task_notes.words"


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """One note."""

    at: datetime
    who: str
    """An account."""
    words: str = field(repr=False)


def add(tx: Tx, task_id: str, key: DataKey | None, note: Note) -> None:
    """Keep a note; `key` is the patient's, None where the task is about nobody we know."""
    note_id = new_id()
    sealed = (key or tx.vault).seal(_PLACE, note_id, note.words.encode())
    row = {"id": note_id, "task_id": task_id, "at": note.at, "who": note.who, "words": sealed}
    tx.connection.execute(insert(task_notes).values(**row))


def of_tasks(tx: Tx, told: Sequence[TaskRow], keys: Mapping[str, DataKey]) -> dict[str, list[Note]]:
    """The notes on these tasks, oldest first; `keys` by patient. Those of a patient without a key are left out."""
    by_id = {one.id: one for one in told}
    query = select(task_notes).where(bulk.among(tx, task_notes.c.task_id, by_id)).order_by(task_notes.c.at)
    found: dict[str, list[Note]] = defaultdict(list)
    for row in tx.connection.execute(query) if by_id else ():
        patient_id = by_id[row.task_id].patient_id
        key = keys.get(patient_id) if patient_id else tx.vault
        if key is not None:
            words = key.unseal(_PLACE, row.id, row.words).decode()
            found[row.task_id].append(Note(at=row.at, who=row.who, words=words))
    return found
