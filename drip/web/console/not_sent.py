"""Who was to hear on a day and did not, and why: what Today counts as left out."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, timedelta
from urllib.parse import urlencode

from drip.core.role import Permission
from drip.core.spoken import message_name
from drip.core.walltime import local_date, midnight
from drip.flows.called import called
from drip.flows.titles import titles
from drip.store import left_out, patients
from drip.store.database import Tx
from drip.store.left_out import Left
from drip.web.console.door import Door
from drip.web.console.outgoing import place
from drip.web.console.visit import Page, Visit
from drip.web.console.when import typed_day

PAGE = "/console/left-out"
AT_ONCE = 50


def add_to(door: Door) -> None:
    """This page."""
    door.page(PAGE, Permission.SEE, _left_out)


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One message, as it is shown."""

    patient_id: str
    patient: str = field(repr=False)
    at: str
    what: str
    why: str


def _left_out(visit: Visit) -> Page:
    zone = visit.app.clinic.zone
    today = local_date(visit.now, zone)
    day = typed_day(visit.query.get("day", "")) or today
    span = midnight(day, zone), midnight(day + timedelta(days=1), zone)
    after = place(visit.query.get("after", ""))
    with visit.app.store.read() as tx:
        found = left_out.page(tx, span, visit.person.sites, after=after, limit=AT_ONCE + 1)
        rows = _shown(visit, tx, found[:AT_ONCE])
    values = {
        "rows": rows,
        "day": day,
        "today": today,
        "is_first": after is None,
        "first": f"{PAGE}?{urlencode({'day': day.isoformat()})}",
        "further": _further(day, found[AT_ONCE - 1]) if len(found) > AT_ONCE else "",
    }
    return Page(name="left_out", values=values)


def _shown(visit: Visit, tx: Tx, found: Sequence[Left]) -> Sequence[Row]:
    people = patients.readable(tx, {one.patient_id for one in found})
    named, zone = titles(visit.app, tx), visit.app.clinic.zone
    return [
        Row(
            patient_id=one.patient_id,
            patient=called(people[one.patient_id]) if one.patient_id in people else "cannot be unsealed",
            at=f"{one.planned_for.astimezone(zone):%H:%M}",
            what=_what(one, named[one.sequence]),
            why=one.reason.sentence or "no reason was written down",
        )
        for one in found
    ]


def _what(one: Left, title: str) -> str:
    return f"The {message_name(one.channel, one.step, one.occurrence)} of “{title}”"


def _further(day: date, last: Left) -> str:
    """The address of the next page."""
    at, name = last.place
    return f"{PAGE}?{urlencode({'day': day.isoformat(), 'after': f'{at.astimezone(UTC).isoformat()}~{name}'})}"
