"""What everybody did: the audit trail, newest first; of one patient, where that is asked."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import urlencode

from drip.core.role import Permission
from drip.flows.called import called
from drip.flows.titles import titles
from drip.store import accounts, audit, patients, whose
from drip.store.audit import Line
from drip.store.database import Tx
from drip.web.console.door import Door
from drip.web.console.patients import may_see
from drip.web.console.theirs import NOBODY, theirs
from drip.web.console.visit import Page, Visit

LINES = 100
"""On one page."""


def add_to(door: Door) -> None:
    """This page."""
    door.page("/console/audit", Permission.RUN, _show)


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """A line of the trail, as it is shown."""

    line: Line
    patient_id: str = ""
    """Whom it is about."""
    name: str = field(default="", repr=False)
    to: str = ""
    """The page of what it is about, where it has one."""


def _show(visit: Visit) -> Page:
    before, patient = visit.query.get("before", ""), visit.query.get("patient", "")[:40]
    with visit.app.store.read() as tx:
        person = theirs(visit, tx, patient) if patient else None
        if patient and person is None:
            return NOBODY
        about = whose.abouts(tx, patient) if patient else ()
        lines = audit.latest(tx, LINES, int(before) if before.isdecimal() and len(before) < 18 else None, about)
        told = _told(visit, tx, lines)
        names, named = accounts.names(tx), titles(visit.app, tx)
    more = {"patient": patient} if patient else {}
    further = urlencode(more | {"before": str(lines[-1].number)}) if len(lines) == LINES else ""
    values = {"lines": told, "names": names, "titles": named, "zone": visit.app.clinic.zone, "further": further}
    return Page(name="audit", values=values | {"person": called(person) if person else "", "patient_id": patient})


def _told(visit: Visit, tx: Tx, lines: Sequence[Line]) -> Sequence[Told]:
    """Without those about patients whom this person does not see."""
    patient_of = whose.patients_of(tx, {line.deed.about for line in lines})
    seen = may_see(visit, tx, sorted(set(patient_of.values())))
    people = patients.readable(tx, seen)
    names = {one.id: called(one) for one in people.values()}
    mine = [line for line in lines if patient_of.get(line.deed.about) in {None, *seen}]
    return [_one(line, patient_of.get(line.deed.about, ""), names) for line in mine]


def _one(line: Line, patient_id: str, names: Mapping[str, str]) -> Told:
    kind, _, id = line.deed.about.partition(":")
    pages = {"patient": f"/console/patients/{id}", "message": f"/console/messages/{id}"}
    pages |= {"sequence": f"/console/sequences/{id}"}
    return Told(line=line, patient_id=patient_id, name=names.get(patient_id, ""), to=pages.get(kind, ""))
