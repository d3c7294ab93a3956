"""To whom nothing goes for now, because staff said so: a row for each such patient, until it is resumed or over."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, delete, or_, select, update

from drip.core.asked import PAUSE_WITHOUT_END
from drip.core.lifecycle import State
from drip.core.reason import Reason
from drip.store import bulk, records
from drip.store.conditions import in_state
from drip.store.database import Tx
from drip.store.schema import messages
from drip.store.staff_schema import patient_pauses


@dataclass(frozen=True, slots=True, kw_only=True)
class PatientPause:
    """One patient's pause."""

    patient_id: str
    paused_at: datetime
    until: datetime | None
    who: str

    def holds(self, due_at: datetime) -> bool:
        """Whether it holds back what is due then."""
        return self.until is None or due_at < self.until


def pause(tx: Tx, new: PatientPause) -> None:
    """Nothing but answers to their own words passes the gate from this commit on. A newer pause takes its place."""
    tx.connection.execute(delete(patient_pauses).where(patient_pauses.c.patient_id == new.patient_id))
    row = {name: getattr(new, name) for name in PatientPause.__slots__}
    bulk.insert_rows(tx, patient_pauses, [row])
    records.finish_kind(tx, PAUSE_WITHOUT_END, new.patient_id, new.paused_at)  # somebody has just thought of it


def resume(tx: Tx, patient_id: str, now: datetime) -> int | None:
    """Messages go again: those that waited ask at once. Answers how many; None where there was no pause."""
    if not tx.connection.execute(delete(patient_pauses).where(patient_pauses.c.patient_id == patient_id)).rowcount:
        return None
    records.finish_kind(tx, PAUSE_WITHOUT_END, patient_id, now)
    waiting = update(messages).where(
        messages.c.patient_id == patient_id, in_state(State.PLANNED), messages.c.reason == Reason.PAUSED.value
    )
    return tx.connection.execute(waiting.values(due_at=now, reason="")).rowcount


def of(tx: Tx, patient_ids: Iterable[str], now: datetime) -> dict[str, PatientPause]:
    """The pauses of these patients that are not over by now."""
    query = select(patient_pauses).where(bulk.among(tx, patient_pauses.c.patient_id, patient_ids), lasts(now))
    return {row.patient_id: PatientPause(**row._mapping) for row in tx.connection.execute(query)}


def lasts(now: datetime) -> ColumnElement[bool]:
    """Whether a pause is not over by now."""
    return or_(patient_pauses.c.until.is_(None), patient_pauses.c.until > now)
