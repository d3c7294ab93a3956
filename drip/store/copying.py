"""A copy of the patients who are about to hear something, for rehearsing on. Sealed values are copied as they are."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Column, Select, Table, insert, select

from drip.core.lifecycle import State
from drip.store import bulk
from drip.store.database import Tx
from drip.store.events import APPLIED
from drip.store.inbox_schema import events, replies, visits
from drip.store.schema import attempts, contacts, enrolments, keys, messages, patients, sequences, tasks, versions
from drip.store.staff_schema import patient_pauses

PATIENTS_AT_ONCE = 200


def whom(tx: Tx, until: datetime) -> list[str]:
    """The patients of whom something is planned until then, or of whom something is heard and not applied yet."""
    ahead = select(messages.c.patient_id).where(messages.c.state == State.PLANNED.value, messages.c.due_at < until)
    news = select(events.c.patient_id).where(events.c.state != APPLIED)
    return sorted({*tx.connection.execute(ahead).scalars(), *tx.connection.execute(news).scalars()})


def copy_shared(tx: Tx, to: Tx) -> None:
    """What all have in common. No stop switches and no troubles of providers: who looks ahead asks what would go."""
    for table in (keys, versions, sequences):
        _write(to, table, tx.connection.execute(select(table)))


def copy_patients(tx: Tx, to: Tx, patient_ids: Sequence[str]) -> None:
    """All that decides about these patients' messages, without the words that were sent or heard."""
    for some in bulk.chunks(patient_ids, PATIENTS_AT_ONCE):
        _copy(tx, to, some)


def _copy(tx: Tx, to: Tx, patient_ids: Sequence[str]) -> None:
    people = tx.connection.execute(_of(tx, patients, patients.c.id, patient_ids)).all()
    addresses = {contact for row in people for contact in (row.email_contact, row.phone_contact) if contact}
    _write(to, contacts, tx.connection.execute(_of(tx, contacts, contacts.c.id, addresses)), is_shared=True)
    _write(to, patients, people)
    told = [column for column in events.c if column is not events.c.raw]
    _write(to, events, tx.connection.execute(_of(tx, told, events.c.patient_id, patient_ids)))
    for table in (patient_pauses, visits, enrolments, messages, replies, tasks):
        _write(to, table, tx.connection.execute(_of(tx, table, table.c.patient_id, patient_ids)))
    tried = select(attempts).join(messages, messages.c.id == attempts.c.message_id)
    _write(to, attempts, tx.connection.execute(tried.where(bulk.among(tx, messages.c.patient_id, patient_ids))))


def _of(tx: Tx, what: Table | Sequence[Column[Any]], column: Column[Any], ids: Iterable[str]) -> Select[Any]:
    columns = [what] if isinstance(what, Table) else what
    return select(*columns).where(bulk.among(tx, column, ids))


def _write(to: Tx, table: Table, rows: Iterable[Any], *, is_shared: bool = False) -> None:
    """`is_shared`: another patient may have brought it along."""
    copied: list[Mapping[str, Any]] = [dict(row._mapping) for row in rows]
    if is_shared:
        bulk.insert_rows(to, table, copied, ignore_known=True)
    elif copied:
        to.connection.execute(insert(table), copied)
