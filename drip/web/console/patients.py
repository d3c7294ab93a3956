"""A patient's whole story, and how one is found."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from drip.bookings.contact import email_of, phone_of
from drip.core.model import Channel
from drip.core.role import Permission
from drip.flows.story import Line, tell
from drip.store import audit, enrolments, patients
from drip.store.audit import Deed
from drip.store.database import Tx
from drip.store.patients import PatientRow
from drip.web.console.door import Door
from drip.web.console.visit import Page, Visit

MOST = 50


def add_to(door: Door) -> None:
    """These pages."""
    door.page("/console/patients", Permission.SEE, _search)
    door.page("/console/patients/{id}", Permission.SEE, _story)


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """Somebody who was looked for."""

    id: str
    ref: str = field(repr=False)
    source: str
    name: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """One line of the story, and where it stands to now."""

    line: Line
    is_ahead: bool


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
    return [Found(id=row.id, ref=row.ref, source=row.source, name=_name(row)) for row in rows]


def may_see(visit: Visit, tx: Tx, patient_ids: Sequence[str]) -> frozenset[str]:
    """Those of these patients whom this person may see: of their sites, or all."""
    if not visit.person.sites:
        return frozenset(patient_ids)
    enrolled = enrolments.of_patients(tx, {row.id: row.data_key for row in patients.load(tx, patient_ids).values()})
    return frozenset(one for one, rows in enrolled.items() if any(visit.person.sees(row.site) for row in rows))


def _name(row: PatientRow) -> str:
    facts = row.patient.facts
    return f"{facts.get('first_name') or ''} {facts.get('last_name') or ''}".strip()


def _story(visit: Visit) -> Page:
    with visit.app.store.write() as tx:  # that somebody read it is written down
        row = patients.load(tx, [visit.path["id"]]).get(visit.path["id"])
        if row is None or row.id not in may_see(visit, tx, [row.id]):
            return Page(name="nobody", status=404)
        audit.write(tx, Deed(who=visit.person.id, deed="patient_read", about=f"patient:{row.id}"), visit.now)
    with visit.app.store.read() as tx:  # a story is long: nobody waits meanwhile to write
        story = tell(visit.app, tx, row)
    lines = [Told(line=line, is_ahead=line.at > visit.now) for line in story.lines]
    values = {"ref": story.patient, "name": _name(row), "lines": lines, "zone": story.zone, "next": _next(lines)}
    return Page(name="patient", values=values)


def _next(lines: Sequence[Told]) -> datetime | None:
    return next((one.line.at for one in lines if one.is_ahead), None)
