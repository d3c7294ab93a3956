"""A pause of one patient that has no end and has lasted long -> a task: nobody is forgotten behind one."""

from collections.abc import Collection
from datetime import datetime

from drip.app import App
from drip.core.asked import PAUSE_WITHOUT_END, PAUSED_LONG
from drip.core.walltime import local_date
from drip.store import accounts, patients, paused, records
from drip.store.database import Tx
from drip.store.patient_pauses import PatientPause
from drip.store.patients import PatientRow
from drip.store.records import NewTask

AT_ONCE = 100


def look_at_pauses(app: App, now: datetime) -> int:
    """Ask staff whether pauses without an end are still meant, and no longer about those that are over.

    Answers about how many it asked. Safe to repeat, and to race.
    """
    app.store.attempt(lambda tx: paused.finish_over(tx, now))
    with app.store.read() as tx:
        found = paused.forgotten(tx, now - PAUSED_LONG, AT_ONCE)
    if not found:
        return 0
    return app.store.attempt(lambda tx: _ask(app, tx, {one.patient_id for one in found}, now))


def _ask(app: App, tx: Tx, patient_ids: Collection[str], now: datetime) -> int:
    # Gather: under the locks, for somebody may have resumed them, or asked, in the meantime
    patients.lock(tx, patient_ids)
    found = paused.forgotten(tx, now - PAUSED_LONG, AT_ONCE, patient_ids)
    # A record that cannot be unsealed is a task already, and gets nothing in any case.
    people = patients.readable(tx, [one.patient_id for one in found])
    names = accounts.names(tx)
    # Decide
    asked = [
        _question(app, one, people[one.patient_id], names.get(one.who, "A colleague"), now)
        for one in found
        if one.patient_id in people
    ]
    # Apply
    records.raise_tasks(tx, asked, now)
    return len(asked)


def _question(app: App, pause: PatientPause, person: PatientRow, who: str, now: datetime) -> NewTask:
    on = local_date(pause.paused_at, app.clinic.zone)
    return NewTask(
        key=f"{PAUSE_WITHOUT_END}:{person.id}:{now:%Y-%m-%d}",
        kind=PAUSE_WITHOUT_END,
        patient_id=person.id,
        data_key=person.data_key,
        detail=f"{who} paused all messages to this patient on {on.day} {on:%B %Y}, without an end.",
    )
