"""How a patient is found."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from drip.bookings.contact import email_of, phone_of
from drip.core.model import Channel
from drip.core.role import Permission
from drip.store import enrolments, patients
from drip.store.database import Tx
from drip.store.patients import PatientRow
from drip.web.console.door import Door
from drip.web.console.visit import Page, Visit

MOST = 50


def add_to(door: Door) -> None:
    """This page."""
    door.page("/console/patients", Permission.SEE, _search)


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """Somebody who was looked for."""

    id: str
    ref: str = field(repr=False)
    source: str
    name: str = field(repr=False)


def _search(visit: Visit) -> Page:
    wanted = visit.query.get("q", "").strip()[:200]
    with visit.app.store.read() as tx:
        found = _found(visit, tx, wanted) if wanted else []
    return Page(name="patients", values={"wanted": wanted, "found": found[:MOST], "number": len(found), "most": MOST})


def _found(visit: Visit, tx: Tx, wanted: str) -> Sequence[Found]:
    """By reference, else by an email address or a phone number, however it is written."""
    rows = patients.find(tx, wanted)
    channel = Channel.EMAIL if "@" in wanted else Channel.SMS
    address = email_of(wanted) if "@" in wanted else phone_of(wanted, visit.app.clinic.country)
    if not rows and address:
        rows = list(patients.load(tx, patients.at_address(tx, channel, address)).values())
    seen = may_see(visit, tx, [row.id for row in rows])
    rows = [row for row in rows if row.id in seen]
    return [Found(id=row.id, ref=row.ref, source=row.source, name=name_of(row)) for row in rows]


def may_see(visit: Visit, tx: Tx, patient_ids: Sequence[str]) -> frozenset[str]:
    """Those of these patients whom this person may see: of their sites, or all."""
    if not visit.person.sites:
        return frozenset(patient_ids)
    enrolled = enrolments.of_patients(tx, {row.id: row.data_key for row in patients.load(tx, patient_ids).values()})
    return frozenset(one for one, rows in enrolled.items() if any(visit.person.sees(row.site) for row in rows))


def name_of(row: PatientRow) -> str:
    """First and last name, as far as they are known."""
    facts = row.patient.facts
    return f"{facts.get('first_name') or ''} {facts.get('last_name') or ''}".strip()
