"""What somebody has just left out, with the way to where it is undone: it stands in no list of what is planned."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from drip.core.by_staff import UNDO_WITHIN
from drip.core.reason import Reason
from drip.core.role import Permission
from drip.core.spoken import message_name
from drip.flows.called import called
from drip.flows.deeds.skip import DEED
from drip.store import audit, by_staff, patients
from drip.store.database import Tx
from drip.web.console.patients import may_see
from drip.web.console.visit import Visit

LATEST = 300
"""Lines of the audit that are looked through, by whomever. What is not found there is on its patient's page."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftOut:
    """One message that can still be brought back."""

    patient_id: str
    patient: str = field(repr=False)
    what: str
    until: str


def left_out(visit: Visit, tx: Tx) -> Sequence[LeftOut]:
    """By whoever looks, newest first; without what was undone since."""
    if not visit.person.may(Permission.ACT):
        return []
    lines = [one for one in audit.latest(tx, LATEST) if (one.deed.who, one.deed.deed) == (visit.person.id, DEED)]
    did_at = {one.deed.detail["message"]: one.at for one in lines if visit.now - one.at < UNDO_WITHIN}
    if not did_at:
        return []
    rows = by_staff.some(tx, did_at)
    people = patients.readable(tx, {row.patient_id for row in rows.values()})
    seen, zone = may_see(visit, tx, list(people)), visit.app.clinic.zone
    return [
        LeftOut(
            patient_id=row.patient_id,
            patient=called(people[row.patient_id]),
            what=f"the {message_name(row.channel, row.step)}",
            until=f"{(did_at[row.id] + UNDO_WITHIN).astimezone(zone):%H:%M}",
        )
        for row in (rows[one] for one in did_at if one in rows)
        if row.patient_id in seen and row.reason is Reason.SKIPPED_BY_STAFF
    ]
