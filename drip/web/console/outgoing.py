"""Everything that is planned for the next days, soonest first."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode

from drip.core.model import Channel, Purpose
from drip.core.role import Permission
from drip.core.walltime import local_date, midnight
from drip.flows.called import called
from drip.flows.titles import titles
from drip.store import ahead, patient_pauses, patients, versions
from drip.store.ahead import Ahead, Wanted
from drip.store.database import Tx
from drip.web.console.door import Door
from drip.web.console.left_out import left_out
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
    door.page(PAGE, Permission.SEE, lambda visit: _outgoing(visit, visit.query))
    door.deed(f"{PAGE}/tick", Permission.ACT, _ticked)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """One planned message, as it is shown."""

    one: Ahead
    patient: str = field(repr=False)
    when: str
    is_paused: bool
    """Staff paused everything for this patient, until later than this."""
    is_theirs: bool
    """Whether staff can do something about it: its patient can be read, and is one."""


def kept(told: Mapping[str, str]) -> Mapping[str, str]:
    """What was asked for and where one was, of an address or a form: so much leads back there."""
    return {name: told[name][:80] for name in (*FILTERS, "after") if told.get(name)}


def address(told: Mapping[str, str]) -> str:
    """Of the page that shows this."""
    return f"{PAGE}?{urlencode(told)}" if told else PAGE


def _ticked(visit: Visit) -> Page:
    """The same page, with all that it shows ticked. Nothing is changed by that."""
    return _outgoing(visit, visit.form, are_ticked=True)


def _outgoing(visit: Visit, told: Mapping[str, str], *, are_ticked: bool = False) -> Page:
    here = kept(told)
    asked = {name: value for name, value in here.items() if name != "after"}
    wanted, days = _wanted(visit, asked)
    with visit.app.store.read() as tx:
        found = ahead.page(tx, wanted, place(told.get("after", "")), AT_ONCE + 1)
        number = ahead.count(tx, wanted, MOST)
        shown = _shown(visit, tx, found[:AT_ONCE])
        offered = _offered(visit, tx, asked)
        undoable = left_out(visit, tx)
    values = {
        "shown": shown,
        "kept": here,
        "are_ticked": are_ticked,
        "number": number,
        "most": MOST,
        "asked": asked | {"days": str(days)},
        "next": _next(asked, found[AT_ONCE - 1]) if len(found) > AT_ONCE else "",
        "is_first": "after" not in here,
        "left_out": undoable,
        "first": address(asked),
    }
    return Page(name="outgoing", values={**values, **offered})


def _offered(visit: Visit, tx: Tx, asked: Mapping[str, str]) -> Mapping[str, object]:
    """What may be asked for."""
    live, named = versions.live(tx), titles(visit.app, tx)
    return {
        "spans": SPANS,
        "titles": named,
        "sequences": sorted(live, key=lambda one: named[one].casefold()),
        "steps": _steps(visit, tx, live, asked),
        "sites": [one for one in visit.app.clinic.sites if visit.person.sees(one.id)],
        "channels": list(Channel),
        "purposes": list(Purpose),
    }


def _steps(visit: Visit, tx: Tx, live: Mapping[str, str], asked: Mapping[str, str]) -> Sequence[str]:
    """Which one step may be chosen from: those of the sequence that was chosen, and the one that is asked for."""
    known = visit.app.versions.get(tx, {live[name] for name in [asked.get("sequence", "")] if name in live})
    steps = [step.id for one in known.values() for step in one.sequence.steps]
    step = asked.get("step", "")
    return [*steps, step] if step and step not in steps else steps


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
    pauses = patient_pauses.of(tx, people, visit.now)
    zone = visit.app.clinic.zone
    return [
        Shown(
            one=one,
            patient=called(people[one.patient_id]) if one.patient_id in people else "cannot be unsealed",
            is_theirs=one.patient_id in people and people[one.patient_id].source != patients.STAFF,
            when=at_length(one.due_at, visit.now, zone),
            is_paused=one.patient_id in pauses and pauses[one.patient_id].holds(one.due_at),
        )
        for one in found
    ]


def _next(asked: Mapping[str, str], last: Ahead) -> str:
    """The address of the next page."""
    at, name = last.place
    return address({**asked, "after": f"{at.astimezone(UTC).isoformat()}~{name}"})


def place(told: str) -> tuple[datetime, str] | None:
    """Where an earlier page ended, of an address; anything else is no such place."""
    at, _, name = told.partition("~")
    try:
        moment = datetime.fromisoformat(at)
    except ValueError:
        return None
    return (moment, name) if moment.tzinfo else None
