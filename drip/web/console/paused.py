"""Everybody whose messages are paused now, the longest first: nobody is forgotten behind a pause."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from drip.core.asked import PAUSED_LONG
from drip.core.role import Permission
from drip.flows.called import called
from drip.store import accounts, patients, paused
from drip.store.patients import PatientRow
from drip.store.paused import Paused
from drip.web.console import when
from drip.web.console.door import Door
from drip.web.console.visit import Page, Visit

MOST = 50
"""On one page: no more is unsealed than is looked at."""

PAGE = "/console/paused"


def add_to(door: Door) -> None:
    """This page."""
    door.page(PAGE, Permission.SEE, _paused)


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One patient, as they are shown."""

    patient: str = field(repr=False)
    patient_id: str
    since: str
    who: str
    until: str
    """Empty where it has no end."""
    planned: int
    late: int


def _paused(visit: Visit) -> Page:
    told = visit.query.get("skip", "")
    skip = int(told) if told.isdecimal() and len(told) < 7 else 0
    with visit.app.store.read() as tx:
        number = paused.count(tx, visit.now, visit.person.sites)
        found = paused.page(tx, visit.now, visit.person.sites, limit=MOST, skip=skip)
        people = patients.readable(tx, {one.pause.patient_id for one in found})
        names = accounts.names(tx)
    values = {
        "rows": [_row(visit, one, people, names) for one in found],
        "number": number,
        "long": PAUSED_LONG,
        "is_first": skip == 0,
        "further": f"{PAGE}?skip={skip + MOST}" if number > skip + MOST else "",
    }
    return Page(name="paused", values=values)


def _row(visit: Visit, one: Paused, people: Mapping[str, PatientRow], names: Mapping[str, str]) -> Row:
    pause, zone = one.pause, visit.app.clinic.zone
    person = people.get(pause.patient_id)
    return Row(
        patient=called(person) if person else "A patient whose record cannot be unsealed",
        patient_id=pause.patient_id,
        since=when.at_length(pause.paused_at, visit.now, zone),
        who=names.get(pause.who, "a colleague"),
        until=when.at_length(pause.until, visit.now, zone) if pause.until else "",
        planned=one.planned,
        late=one.late,
    )
