"""News of a patient -> enrolments and a plan: replay the history, decide, write the fewest changes."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TypeVar

from drip.app import App, Published
from drip.core.course import Live
from drip.flows import same_person
from drip.flows.attendance import note_visits
from drip.flows.repin import NOBODY, Repin
from drip.flows.resolve import Known, Resolved, Rules, replayed, resolve
from drip.flows.same_person import Families
from drip.store import enrolments, events, patients, plans, records, settling
from drip.store.bulk import chunks
from drip.store.database import REFUSED, Tx
from drip.store.vault import CannotUnseal

PATIENTS_AT_ONCE = 40
"""About 500 message rows: a longer transaction would keep hand-overs from being settled on SQLite."""

LOOK_AHEAD = 1_000
"""Patients found at once: looking through the inbox costs as much for one as for all of them."""

Of = TypeVar("Of")

log = logging.getLogger("drip.enrol")


@dataclass(slots=True)
class News:
    """What applying events came to."""

    events: int = 0
    enrolled: int = 0
    planned: int = 0
    cancelled: int = 0
    failed: int = 0
    passed_on: int = 0
    """What the same person's record in another system is to hear of."""

    def __iadd__(self, other: "News") -> "News":
        for name in self.__slots__:
            setattr(self, name, getattr(self, name) + getattr(other, name))
        return self


def apply_news(app: App, now: datetime) -> News:
    """Apply every stored event, patient by patient, until none is left. Safe to repeat, and to race."""
    total, is_more = apply_some(app, now)
    while is_more:
        news, is_more = apply_some(app, now)
        total += news
    return total


def apply_some(app: App, now: datetime) -> tuple[News, bool]:
    """As `apply_news`, for as many patients as are found at once; and whether there may be more.

    What is due to others need not wait for fifty thousand bookings: the gate stops only whoever has news themselves.
    """
    waiting, total = _waiting(app), News()
    for some in chunks(waiting, PATIENTS_AT_ONCE):
        total += _replan_some(app, some, now)
    return total, len(waiting) == LOOK_AHEAD or total.passed_on > 0


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


def replan(
    app: App,
    tx: Tx,
    patient_ids: Sequence[str],
    now: datetime,
    repin: Repin = NOBODY,
    note: Callable[[Resolved], None] | None = None,
) -> News:
    """Decide these patients' enrolments and plans anew, under their locks, and write what differs.

    `note` is shown what was decided for each patient.
    """
    # Gather
    patients.lock(tx, patient_ids)
    known = _gather(tx, patient_ids)
    rules = _rules(app, tx, known, repin)
    known, unread = _each(known, lambda one: replace(one, moments=replayed(one, rules.clinic)))
    families = same_person.find(tx, known, now)
    # Decide
    resolved, unplanned = _each(known, lambda one: _decide(one, rules, families, now))
    if note:
        for one in resolved:
            note(one)
    # Apply
    passed_on = same_person.tell(tx, families, resolved, now)
    return replace(_apply(tx, resolved, [*unread, *unplanned], now), passed_on=passed_on)


def foresee(
    app: App, tx: Tx, patient_ids: Sequence[str], now: datetime, repin: Repin, to: Published
) -> Sequence[Resolved]:
    """What `replan` would decide for these patients if `to` were live already. Nothing is locked, nothing written."""
    known = _gather(tx, patient_ids, lock=False)
    rules = _rules(app, tx, known, repin, to)
    known, _ = _each(known, lambda one: replace(one, moments=replayed(one, rules.clinic)))
    resolved, _ = _each(known, lambda one: resolve(one, rules, now))
    return resolved


def _decide(known: Known, rules: Rules, families: Families, now: datetime) -> Resolved:
    """What one patient's history comes to, beside what the same person has through another booking system."""
    resolved = resolve(replace(known, elsewhere=families.elsewhere(known.row.id)), rules, now)
    families.note(known.row.id, [*resolved.changed, *resolved.new])
    return resolved


def _each(known: Sequence[Known], do: Callable[[Known], Of]) -> tuple[list[Of], list[Known]]:
    """What each comes to, and those of whom that could not be said: they must not hold up the others."""
    done, broken = [], []
    for one in known:
        try:
            done.append(do(one))
        except Exception as problem:
            log.error("patient %s could not be planned: %s", one.row.id, type(problem).__name__)
            broken.append(one)
    return done, broken


def _gather(tx: Tx, patient_ids: Sequence[str], *, lock: bool = True) -> list[Known]:
    rows = patients.load(tx, patient_ids)
    keys = {patient_id: row.data_key for patient_id, row in rows.items()}
    histories = events.histories(tx, keys)
    enrolled = enrolments.of_patients(tx, keys)
    planned = plans.of_enrolments(tx, (row.id for of_one in enrolled.values() for row in of_one), lock=lock)
    return [
        Known(
            row=row,
            history=histories[patient_id],
            enrolments=enrolled[patient_id],
            plans={one.id: planned[one.id] for one in enrolled[patient_id]},
        )
        for patient_id, row in rows.items()
    ]


def _rules(app: App, tx: Tx, known: Sequence[Known], repin: Repin, to: Published | None = None) -> Rules:
    """`to`: a version that is not published yet, as if it were live."""
    coming = {to.id: to} if to else {}
    live = {**app.versions.live(tx), **{one.sequence.id: one for one in coming.values()}}
    used = {row.version for one in known for row in one.enrolments} | set(repin.versions.values())
    return Rules(
        clinic=app.clinic,
        live=tuple(Live(sequence=one.sequence, version=one.id) for _, one in sorted(live.items())),
        versions={**app.versions.get(tx, used - coming.keys()), **coming},
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
    note_visits(tx, resolved, now)
    applied = [event for one in resolved for event in one.known.fresh]
    events.mark(tx, applied, events.APPLIED)
    if applied:
        settling.wake_interlocked(tx, keys)
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
