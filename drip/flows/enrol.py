"""News of a patient -> enrolments and a plan: replay the history, decide, write the fewest changes."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from drip.app import App
from drip.core.course import Live
from drip.flows.resolve import Known, Resolved, Rules, resolve
from drip.store import enrolments, events, patients, plans, records
from drip.store.bulk import chunks
from drip.store.database import REFUSED, Tx
from drip.store.vault import CannotUnseal

PATIENTS_AT_ONCE = 40
"""About 500 message rows: a longer transaction would keep hand-overs from being settled on SQLite."""

LOOK_AHEAD = 1_000
"""Patients found at once: looking through the inbox costs as much for one as for all of them."""

log = logging.getLogger("drip.enrol")


@dataclass(slots=True)
class News:
    """What applying events came to."""

    events: int = 0
    enrolled: int = 0
    planned: int = 0
    cancelled: int = 0
    failed: int = 0

    def __iadd__(self, other: "News") -> "News":
        for name in self.__slots__:
            setattr(self, name, getattr(self, name) + getattr(other, name))
        return self


def apply_news(app: App, now: datetime) -> News:
    """Apply every stored event, patient by patient, until none is left. Safe to repeat, and to race."""
    total = News()
    while waiting := _waiting(app):
        for some in chunks(waiting, PATIENTS_AT_ONCE):
            total += _replan_some(app, some, now)
    return total


def _replan_some(app: App, patient_ids: Sequence[str], now: datetime) -> News:
    """These patients together; one by one when the database refuses what one of them comes to."""
    try:
        return app.store.attempt(lambda tx: replan(app, tx, patient_ids, now))
    except CannotUnseal:
        if len(patient_ids) == 1:
            log.error("patient %s cannot be unsealed", patient_ids[0])
            return app.store.attempt(lambda tx: _set_aside_unread(tx, patient_ids[0], now))
    except REFUSED as problem:
        if len(patient_ids) == 1:
            log.error("patient %s could not be planned: %s", patient_ids[0], type(problem).__name__)
            return app.store.attempt(lambda tx: _set_aside(tx, patient_ids, now))
    total = News()
    for one in patient_ids:
        total += _replan_some(app, [one], now)
    return total


def _set_aside(tx: Tx, patient_ids: Sequence[str], now: datetime) -> News:
    """Staff are asked to look; until they have, nothing goes to these patients."""
    patients.lock(tx, patient_ids)
    return _apply(tx, [], _gather(tx, patient_ids), now)


def _set_aside_unread(tx: Tx, patient_id: str, now: datetime) -> News:
    """A record that cannot be unsealed holds up nobody else. Until it can be, nothing goes to this patient."""
    patients.lock(tx, [patient_id])
    events.give_up(tx, patient_id)
    detail = f"record {patient_id} cannot be unsealed"
    records.raise_tasks(
        tx, [records.NewTask(key=f"broken_record:{patient_id}", kind="broken_record", detail=detail)], now
    )
    return News(failed=1)


def _waiting(app: App) -> list[str]:
    with app.store.read() as tx:
        return events.patients_with_news(tx, LOOK_AHEAD)


def replan(app: App, tx: Tx, patient_ids: Sequence[str], now: datetime, repin: Mapping[str, str] | None = None) -> News:
    """Decide these patients' enrolments and plans anew, under their locks, and write what differs."""
    # Gather
    patients.lock(tx, patient_ids)
    known = _gather(tx, patient_ids)
    rules = _rules(app, tx, known, repin or {})
    # Decide
    resolved, broken = [], []
    for one in known:
        try:
            resolved.append(resolve(one, rules, now))
        except Exception as problem:  # one patient's broken record must not hold up the others
            log.error("patient %s could not be planned: %s", one.row.id, type(problem).__name__)
            broken.append(one)
    # Apply
    return _apply(tx, resolved, broken, now)


def _gather(tx: Tx, patient_ids: Sequence[str]) -> list[Known]:
    rows = patients.load(tx, patient_ids)
    keys = {patient_id: row.data_key for patient_id, row in rows.items()}
    histories = events.histories(tx, keys)
    enrolled = enrolments.of_patients(tx, keys)
    planned = plans.of_enrolments(tx, (row.id for of_one in enrolled.values() for row in of_one))
    return [
        Known(
            row=row,
            history=histories[patient_id],
            enrolments=enrolled[patient_id],
            plans={one.id: planned[one.id] for one in enrolled[patient_id]},
        )
        for patient_id, row in rows.items()
    ]


def _rules(app: App, tx: Tx, known: Sequence[Known], repin: Mapping[str, str]) -> Rules:
    live = app.versions.live(tx)
    pinned = {row.version for one in known for row in one.enrolments}
    return Rules(
        clinic=app.clinic,
        live=tuple(Live(sequence=one.sequence, version=one.id) for _, one in sorted(live.items())),
        versions=app.versions.get(tx, pinned | set(repin.values())),
        repin=repin,
    )


def _apply(tx: Tx, resolved: Sequence[Resolved], broken: Sequence[Known], now: datetime) -> News:
    keys = {one.known.row.id: one.known.row.data_key for one in resolved}
    facts = [
        patients.NewFacts(row=one.known.row, patient=one.moments[-1].patient, on=now) for one in resolved if one.moments
    ]
    patients.save_facts(tx, facts)
    new = [row for one in resolved for row in one.new]
    enrolments.insert(tx, new, keys)
    enrolments.save(tx, [row for one in resolved for row in one.changed], keys)
    to_write = [plan for one in resolved for plan in one.plans]
    planned = plans.apply(tx, to_write)
    _raise_tasks(tx, resolved, broken, now)
    applied = [event for one in resolved for event in one.known.fresh]
    events.mark(tx, applied, events.APPLIED)
    events.mark(tx, [event for one in broken for event in one.fresh], events.FAILED)
    cancelled = sum(len(plan.changes.ended) for plan in to_write)
    return News(events=len(applied), enrolled=len(new), planned=planned, cancelled=cancelled, failed=len(broken))


def _raise_tasks(tx: Tx, resolved: Sequence[Resolved], broken: Sequence[Known], now: datetime) -> None:
    tasks = [
        records.NewTask(
            key=f"{one.known.row.id}:{task.key}",
            kind=task.kind.value,
            patient_id=one.known.row.id,
            data_key=one.known.row.data_key,
            detail=task.detail,
        )
        for one in resolved
        for task in one.tasks
    ]
    for one in broken:
        key = f"{one.row.id}:broken_record:{one.fresh[0] if one.fresh else ''}"
        tasks.append(records.NewTask(key=key, kind="broken_record", patient_id=one.row.id, data_key=one.row.data_key))
    records.raise_tasks(tx, tasks, now)
