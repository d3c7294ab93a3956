"""Messages that did not arrive, grouped by what to do about them. What another channel has solved is not here."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from drip.core.asked import RING, WRITE
from drip.core.model import Channel
from drip.core.remedy import Remedy, remedy
from drip.core.role import Permission
from drip.core.spoken import message_name
from drip.flows.called import called
from drip.flows.recover import RECENT, ask_by_hand, deal, roads, send_again
from drip.store import patients, stranded
from drip.store.patients import PatientRow
from drip.store.stranded import Stranded
from drip.web.console.door import Door
from drip.web.console.visit import Answer, Onward, Page, Visit

MOST = 50
FAILED = "/console/failed"

GONE = "Nothing changed: this does not wait any more, or cannot go that way now."


def add_to(door: Door) -> None:
    """These pages."""
    door.page(FAILED, Permission.SEE, _failed)
    door.deed("/console/failed/{id}/send", Permission.ACT, _send)
    door.deed("/console/failed/{id}/ask", Permission.ACT, _ask)
    door.deed("/console/failed/{id}/done", Permission.ACT, _done)


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One message, as it is shown."""

    id: str
    patient: str = field(repr=False)
    patient_id: str
    what: str
    planned_for: datetime
    why: str
    roads: Sequence[tuple[str, str]]
    """The channels it could still go by, each with the words of its button."""
    is_again: bool
    """It may have arrived: sending it again may be the second time."""


def _failed(visit: Visit) -> Page:
    told = visit.query.get("skip", "")
    skip = int(told) if told.isdecimal() and len(told) < 7 else 0
    since = visit.now - RECENT
    with visit.app.store.read() as tx:
        found = stranded.waiting(tx, since, visit.person.sites, limit=MOST + 1, skip=skip)
        lost = found[:MOST]
        people = patients.readable(tx, {one.patient_id for one in lost})
        ways = roads(visit.app, tx, lost, visit.now)
        versions = visit.app.versions.get(tx, {one.version for one in lost})
    titles = {version: published.sequence.title for version, published in versions.items()}
    groups: dict[Remedy, list[Row]] = {one: [] for one in Remedy}
    for one in lost:
        row = _row(one, people, titles[one.version], ways[one.id])
        groups[remedy(one.state, one.reason)].append(row)
    further = f"{FAILED}?skip={skip + MOST}" if len(found) > MOST else ""
    values = {"groups": groups, "is_any": bool(lost), "further": further, "zone": visit.app.clinic.zone}
    return Page(name="failed", values=values)


def _row(one: Stranded, people: Mapping[str, PatientRow], title: str, ways: Sequence[Channel]) -> Row:
    person = people.get(one.patient_id)
    return Row(
        id=one.id,
        patient=called(person) if person else "A patient whose record cannot be unsealed",
        patient_id=one.patient_id,
        what=f"The {message_name(one.channel, one.step)} of “{title}”",
        planned_for=one.planned_for,
        why=one.reason.sentence or one.state.value,
        roads=[(way.value, _button(one, way)) for way in ways],
        is_again=one.attempt_id is not None and one.state.value == "undelivered",
    )


def _button(one: Stranded, way: Channel) -> str:
    return "Send it again" if way is one.channel else f"Send it as {'a text' if way is Channel.SMS else 'an email'}"


def _send(visit: Visit) -> Answer:
    chosen = next((one for one in Channel if one.value == visit.form.get("channel")), None)
    if chosen is None or not send_again(visit.app, visit.path["id"], chosen, visit.person, visit.now):
        return Onward(to=FAILED, said=GONE)
    return Onward(to=FAILED, said="It goes again within a minute, at an allowed time, if nothing speaks against it.")


def _ask(visit: Visit) -> Answer:
    way = visit.form.get("way", "")
    if way not in (WRITE, RING) or not ask_by_hand(visit.app, visit.path["id"], way, visit.person, visit.now):
        return Onward(to=FAILED, said=GONE)
    what = "a letter to post" if way == WRITE else "a call"
    return Onward(to=FAILED, said=f"It is a task now: {what}.")


def _done(visit: Visit) -> Answer:
    is_done = deal(visit.app, visit.path["id"], visit.person, visit.now)
    return Onward(to=FAILED, said="Done: it no longer stands here." if is_done else GONE)
