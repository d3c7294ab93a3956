"""Everything that is planned for the next days, soonest first."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode

from drip.core.model import Channel, Purpose
from drip.core.role import Permission
from drip.core.walltime import local_date, midnight
from drip.flows.called import called
from drip.store import ahead, patients, versions
from drip.store.ahead import Ahead, Wanted
from drip.store.database import Tx
from drip.web.console.door import Door
from drip.web.console.visit import Page, Visit
from drip.web.console.when import at_length, typed_day

PAGE = "/console/outgoing"
SPANS = (1, 3, 7, 14)
USUAL = 3
AT_ONCE = 50
MOST = 1_000
"""More are not counted: nobody reads so far."""

FILTERS = ("days", "day", "site", "sequence", "step", "channel", "purpose")


def add_to(door: Door) -> None:
    """This page."""
    door.page(PAGE, Permission.SEE, _outgoing)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """One planned message, as it is shown."""

    one: Ahead
    patient: str = field(repr=False)
    when: str


def _outgoing(visit: Visit) -> Page:
    asked = {name: visit.query[name][:80] for name in FILTERS if visit.query.get(name)}
    wanted, days = _wanted(visit, asked)
    with visit.app.store.read() as tx:
        found = ahead.page(tx, wanted, _place(visit.query.get("after", "")), AT_ONCE + 1)
        number = ahead.count(tx, wanted, MOST)
        shown = _shown(visit, tx, found[:AT_ONCE])
        live = sorted(versions.live(tx))
    values = {
        "shown": shown,
        "number": number,
        "most": MOST,
        "asked": asked | {"days": str(days)},
        "next": _next(asked, found[AT_ONCE - 1]) if len(found) > AT_ONCE else "",
        "is_first": "after" not in visit.query,
        "spans": SPANS,
        "sequences": live,
        "sites": [one for one in visit.app.clinic.sites if visit.person.sees(one.id)],
        "channels": list(Channel),
        "purposes": list(Purpose),
        "again": urlencode(asked),
    }
    return Page(name="outgoing", values=values)


def _wanted(visit: Visit, asked: Mapping[str, str]) -> tuple[Wanted, int]:
    """What the address asks for: what it says wrongly does not count."""
    zone = visit.app.clinic.zone
    today = local_date(visit.now, zone)
    days = int(asked["days"]) if asked.get("days", "") in map(str, SPANS) else USUAL
    day = typed_day(asked.get("day", ""))
    since, until = (day, day + timedelta(days=1)) if day else (None, today + timedelta(days=days))
    channel, purpose = asked.get("channel", ""), asked.get("purpose", "")
    wanted = Wanted(
        since=midnight(since, zone) if since and since > today else None,  # what waits from before is of today
        until=midnight(until, zone),
        sequence=asked.get("sequence", ""),
        step=asked.get("step", ""),
        channel=Channel(channel) if channel in list(Channel) else None,
        purpose=Purpose(purpose) if purpose in list(Purpose) else None,
        site=asked.get("site", ""),
        sites=visit.person.sites,
    )
    return wanted, days


def _shown(visit: Visit, tx: Tx, found: Sequence[Ahead]) -> Sequence[Shown]:
    people = patients.readable(tx, {one.patient_id for one in found})
    zone = visit.app.clinic.zone
    return [
        Shown(
            one=one,
            patient=called(people[one.patient_id]) if one.patient_id in people else "cannot be unsealed",
            when=at_length(one.due_at, visit.now, zone),
        )
        for one in found
    ]


def _next(asked: Mapping[str, str], last: Ahead) -> str:
    """The address of the next page."""
    at, name = last.place
    return f"{PAGE}?{urlencode({**asked, 'after': f'{at.astimezone(UTC).isoformat()}~{name}'})}"


def _place(told: str) -> tuple[datetime, str] | None:
    at, _, name = told.partition("~")
    try:
        moment = datetime.fromisoformat(at)
    except ValueError:
        return None
    return (moment, name) if moment.tzinfo else None
