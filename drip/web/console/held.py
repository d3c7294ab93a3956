"""Messages that may or may not have gone: what is known of each, and the two things a person can say of it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

from drip.core.model import Channel
from drip.core.role import Permission
from drip.core.spoken import message_name
from drip.core.walltime import local_date
from drip.flows.called import called
from drip.flows.decide import By, Decision, Held, decide, held_at
from drip.store import patients
from drip.store.patients import PatientRow
from drip.store.tries import Try
from drip.web.console.door import Door
from drip.web.console.pages import moment_short
from drip.web.console.tasks import how_long
from drip.web.console.visit import Answer, Onward, Page, Visit

MOST = 50
"""On one page. Few are ever held; these are the ones that nobody has looked into for longest."""

CHANNELS = {"sms": "text", "email": "email"}

_CAME_OF_IT = {
    "": "no answer was ever written down: the worker died, or lost its connection, during the call",
    "unknown": "the connection ended without an answer that can be trusted",
    "cannot_tell": "nothing that the provider says settles whether it went",
    "did_not_go": "the provider's own list showed no trace of it, so it was sent again",
    "not_taken": "the provider did not take it",
    "sent_again": "nobody could find out, and it was sent again because of what it says",
    "accepted": "the provider took it",
    "went": "the provider's own list shows it",
    Decision.WENT: "a person said that it went",
    Decision.AGAIN: "a person chose to send it again",
}


def add_to(door: Door) -> None:
    """These pages."""
    door.page("/console/held", Permission.SEE, _held)
    door.deed("/console/held/{id}", Permission.ACT, _decide)


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """One message, as it is shown."""

    id: str
    patient: str = field(repr=False)
    patient_id: str
    phone: str | None = field(repr=False)
    """To ask them."""
    what: str
    waited: str
    evidence: Sequence[str]


def _held(visit: Visit) -> Page:
    with visit.app.store.read() as tx:
        found = held_at(tx, visit.person.sites, MOST)
        versions = visit.app.versions.get(tx, {one.doubt.version for one in found})
        titles = {version: published.sequence.title for version, published in versions.items()}
        people = patients.readable(tx, {one.doubt.patient_id for one in found})
    told = [(one, titles[one.doubt.version], people.get(one.doubt.patient_id)) for one in found]
    return Page(name="held", values={"cards": [_card(visit, *one) for one in told]})


def _card(visit: Visit, one: Held, title: str, row: PatientRow | None) -> Card:
    return Card(
        id=one.message_id,
        patient=called(row) if row else "A patient whose record cannot be unsealed",
        phone=row.patient.address(Channel.SMS, local_date(visit.now, visit.app.clinic.zone)) if row else None,
        patient_id=one.doubt.patient_id,
        what=f"The {message_name(one.doubt.channel, one.doubt.step)} of “{title}”",
        waited=how_long(visit.now - one.doubt.started_at),
        evidence=[line for told in one.tries for line in _lines(told, visit.app.clinic.zone)],
    )


def _lines(told: Try, zone: ZoneInfo) -> Iterator[str]:
    """What is known of one hand-over, in sentences."""
    started, came = moment_short(told.started_at, zone), _CAME_OF_IT.get(told.outcome, "the provider refused it")
    yield f"Handed to {told.provider.capitalize()} as {CHANNELS[told.channel.value]} on {started}: {came}."
    if told.asked and told.asked_at:
        often = "once" if told.asked == 1 else f"{told.asked} times"
        last = moment_short(told.asked_at, zone)
        yield f"Its own list was looked at {often}, last on {last}: no trace of this message."
    elif told.asked_at:
        yield f"Its own list was asked for on {moment_short(told.asked_at, zone)}, and could not be read."
    if told.receipt:
        at = f" on {moment_short(told.receipt_at, zone)}" if told.receipt_at else ""
        yield f"It reported: {told.receipt.value}{at}."
    else:
        yield "It has sent no report about it."


def _decide(visit: Visit) -> Answer:
    decision = {"went": Decision.WENT, "again": Decision.AGAIN}.get(visit.form.get("it", ""))
    if decision is None:
        return Onward(to="/console/held", said="Nothing changed: say whether it went.")
    by = By(name=visit.person.full_name, who=visit.person.id, sites=visit.person.sites)
    if not decide(visit.app, visit.path["id"], decision, by, visit.now):
        return Onward(to="/console/held", said="This does not wait any more: evidence came, or a colleague decided.")
    went = "Noted: it went. Nothing is sent again."
    again = "It goes again within a minute, at an allowed time, if it is still useful."
    return Onward(to="/console/held", said=went if decision is Decision.WENT else again)
