"""Staff let nothing go to one patient for now, but answers to what they write themselves; and let it go again."""

from datetime import datetime

from drip.app import App
from drip.core.by_staff import Obstacle, Refused
from drip.store import audit, patient_pauses, patients
from drip.store.audit import Deed
from drip.store.database import Tx
from drip.store.patient_pauses import PatientPause


def pause(app: App, patient_id: str, until: datetime | None, by: str, now: datetime) -> Refused | None:
    """From this commit on the gate holds back what is planned, until `until` or until somebody resumes it."""
    if until is not None and until <= now:
        return Refused(Obstacle.PAST)

    def work(tx: Tx) -> None:
        patients.lock(tx, [patient_id])
        patient_pauses.pause(tx, PatientPause(patient_id=patient_id, paused_at=now, until=until, who=by))
        told = {"until": until.isoformat()} if until else {}
        audit.write(tx, Deed(who=by, deed="patient_paused", about=f"patient:{patient_id}", detail=told), now)

    return app.store.attempt(work)


def resume(app: App, patient_id: str, by: str, now: datetime) -> int | None:
    """What is still of use goes. Answers how many messages waited; None where nothing was paused."""

    def work(tx: Tx) -> int | None:
        patients.lock(tx, [patient_id])
        woken = patient_pauses.resume(tx, patient_id, now)
        if woken is not None:
            audit.write(tx, Deed(who=by, deed="patient_resumed", about=f"patient:{patient_id}"), now)
        return woken

    return app.store.attempt(work)
