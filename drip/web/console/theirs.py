"""A patient whom somebody may see, and what they read when something was not done."""

from zoneinfo import ZoneInfo

from drip.core.by_staff import Refused
from drip.flows.deeds.scene import Done
from drip.store import patients
from drip.store.database import Tx
from drip.store.patients import PatientRow
from drip.web.console import when
from drip.web.console.patients import may_see
from drip.web.console.visit import Page, Visit

NOBODY = Page(name="nobody", status=404)


def theirs(visit: Visit, tx: Tx, patient_id: str) -> PatientRow | None:
    """None where there is no such patient, or none whom this person may see."""
    row = patients.readable(tx, [patient_id]).get(patient_id)
    return row if row and row.id in may_see(visit, tx, [row.id]) else None


def is_theirs(visit: Visit, patient_id: str) -> bool:
    """Whether this person may do something for a patient. The clinic's own people are nobody's patients."""
    with visit.app.store.read() as tx:
        row = theirs(visit, tx, patient_id)
    return row is not None and row.source != patients.STAFF


def in_words(visit: Visit, refused: Refused, zone: ZoneInfo | None = None) -> str:
    """Why nothing was done, with the time that this speaks of: on the clock given, else on the clinic's."""
    zone = zone or visit.app.clinic.zone
    return refused.why.sentence.format(at=when.full(refused.at, visit.now, zone) if refused.at else "")


def did(visit: Visit, sentence: str, done: Done) -> str:
    """What was done, and until when it can be taken back."""
    until = done.until.astimezone(visit.app.clinic.zone)
    return f"{sentence} You can undo this until {until:%H:%M}, below."
