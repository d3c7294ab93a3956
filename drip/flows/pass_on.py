"""A message that no channel carries: its words for a letter or a call, and that a colleague passed them on."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from drip.app import App
from drip.content.context import values_for
from drip.content.paper import on_paper
from drip.core.asked import RING, WRITE
from drip.core.clinic import Site
from drip.core.gate import Candidate, unfit
from drip.core.gate import Person as Known
from drip.core.interlock import interlocks
from drip.core.letter import Words
from drip.core.lifecycle import REVIVABLE, State
from drip.core.model import Channel, Purpose
from drip.core.reason import Reason
from drip.core.role import Person
from drip.flows.gate_tasks import NO_ROAD
from drip.flows.prepare import Ready, prepare
from drip.flows.unreached import SAFETY_NOT_REACHED, by_hand_key
from drip.store import (
    addresses,
    audit,
    enrolments,
    events,
    patient_pauses,
    patients,
    records,
    stranded,
    task_list,
    versions,
)
from drip.store.audit import Deed
from drip.store.database import Tx
from drip.store.outgoing import Claimed
from drip.store.patients import PatientRow
from drip.store.records import NewTask
from drip.store.stranded import WISHES, Stranded

READ_FROM: Mapping[str, tuple[Channel, Channel]] = {
    WRITE: (Channel.EMAIL, Channel.SMS),
    RING: (Channel.SMS, Channel.EMAIL),
}
"""Whose words are taken for each way: an email's for a letter, a text's on the telephone, else the other's."""

JUST_TOLD = "something that was just told about the patient has to be read first"

_LOST = frozenset({State.SUPPRESSED, State.FAILED, State.UNDELIVERED, State.INVALID})


@dataclass(frozen=True, slots=True, kw_only=True)
class ByHand:
    """A message for a colleague to pass on; why not, where it should not be."""

    message_id: str
    patient: PatientRow
    site: Site
    step: str
    title: str
    is_to_carer: bool
    words: Words | None
    why_not: str


def words_by_hand(app: App, message_id: str, way: str, by: Person, now: datetime) -> ByHand | None:
    """What a colleague may pass on of this message now. None where it is no patient's of theirs.

    It is looked at as the gate would: only what is approved, still true, not held back, and not against a wish.
    """
    with app.store.write() as tx:  # that somebody read it is written down
        stands = _stands(tx, message_id)
        claimed = stranded.as_claimed(tx, message_id, READ_FROM[way][0], by.sites)
        if stands is None or claimed is None:
            return None
        audit.write(tx, Deed(who=by.id, deed="patient_read", about=f"patient:{claimed.patient_id}"), now)
    made = _made(app, claimed, way, now)
    if made is None:
        return None
    with app.store.read() as tx:
        why_not = _why_not(app, tx, stands, made, now)
    return ByHand(
        message_id=message_id,
        patient=made.person,
        site=made.site,
        step=claimed.step,
        title=made.published.sequence.title,
        is_to_carer=made.person.patient.is_child_on(now.astimezone(made.hours.zone).date()),
        words=None if why_not else _said(app, made, now),
        why_not=why_not,
    )


def _made(app: App, claimed: Claimed, way: str, now: datetime) -> Ready | None:
    """Its words, without links: nobody types them from paper."""
    without_links = replace(app, public_url="")
    for channel in READ_FROM[way]:
        ready, _ = prepare(without_links, [replace(claimed, channel=channel)], now)
        if ready:
            return ready[0]
    return None


def _said(app: App, made: Ready, now: datetime) -> Words:
    """The words alone: the frame of an email speaks of links and of stopping emails."""
    templates, claimed, patient = on_paper(made.words_from.templates), made.claimed, made.person.patient
    name = made.step.template(claimed.channel) or ""
    path = templates.find(claimed.sequence, name, claimed.channel, patient.language)
    values = values_for(app.clinic, made.site, patient, made.objects, on=now)
    return templates.render(path, values) if path else made.words


def _why_not(app: App, tx: Tx, stands: Stranded, made: Ready, now: datetime) -> str:
    """In a sentence; empty where nothing speaks against it."""
    if not _is_lost(stands):
        return f"This message is {stands.state.value}: it is not for you to pass on."
    if made.step.before and now >= stands.expires_at:
        return f"It is too late: {Reason.EXPIRED.sentence}."
    if stands.purpose is Purpose.MARKETING:
        return "Marketing is never passed on another way."
    closed = {channel: reason for channel, reason, _ in addresses.closed(tx, made.contacts)}
    if stands.purpose is not Purpose.SAFETY and WISHES & set(closed.values()):
        return f"Leave it: {Reason.SUPPRESSED_BY_PATIENT.sentence}."
    verdict = unfit(_candidate(app, tx, made), _known(app, tx, made, now), now)
    return f"Not now: {verdict.reason.sentence or JUST_TOLD}." if verdict else ""


def _stands(tx: Tx, message_id: str) -> Stranded | None:
    """The message; where it was left out, and the one that says the same by the other channel was lost, that one."""
    stands = stranded.find(tx, message_id)
    if stands is None or _is_lost(stands) or stands.state not in REVIVABLE | {State.EXPIRED}:
        return stands
    step = (stranded.find(tx, one) for one in stranded.of_step(tx, message_id))
    return next((one for one in step if one and _is_lost(one)), stands)


def _is_lost(stands: Stranded) -> bool:
    if stands.state is State.EXPIRED:
        return stands.purpose is Purpose.SAFETY  # sent again, and not in time: they are still somebody's task
    return stands.state in _LOST or (stands.state is State.SKIPPED and stands.reason in NO_ROAD)


def _candidate(app: App, tx: Tx, made: Ready) -> Candidate:
    scopes = {versions.EVERYTHING, f"sequence:{made.claimed.sequence}"}
    is_approved = made.words_from.is_approved or not app.live
    return made.candidate(is_paused=not scopes.isdisjoint(versions.paused(tx)), is_approved=is_approved)


def _known(app: App, tx: Tx, made: Ready, now: datetime) -> Known:
    patient = made.person.patient
    held = interlocks(patient, app.clinic.interlocks, now)
    if records.with_open(tx, records.RED_FLAG, [made.person.id]):
        held |= {records.RED_FLAG}
    return Known(
        patient=patient,
        consent_by_default=app.clinic.consent_by_default,
        interlocks=held,
        has_news=bool(events.with_news(tx, [made.person.id])),
        is_paused=bool(patient_pauses.of(tx, [made.person.id], now)),
    )


def handed_over(app: App, message_id: str, way: str, by: Person, now: datetime) -> bool:
    """A colleague has passed the words on. Answers whether that was news; of other sites' patients it never is."""
    return app.store.attempt(lambda tx: _handed_over(tx, message_id, way, by, now))


def _handed_over(tx: Tx, message_id: str, way: str, by: Person, now: datetime) -> bool:
    claimed, stands = stranded.as_claimed(tx, message_id, READ_FROM[way][0], by.sites), _stands(tx, message_id)
    if claimed is None or stands is None or not _is_lost(stands):
        return False
    patients.lock(tx, [claimed.patient_id])
    data_key = enrolments.data_key_rows(tx, [claimed.patient_id])[claimed.patient_id]
    step = stranded.of_step(tx, message_id)
    asked = NewTask(key=by_hand_key(step[0]), kind=way, patient_id=claimed.patient_id, data_key=data_key)
    # Lost once more since a colleague last passed it on: that was about the earlier time.
    is_lost_anew = stranded.deal(tx, step, now) > 0
    (records.raise_again if is_lost_anew else records.raise_tasks)(tx, [asked], now)
    if not task_list.finish_as(tx, asked.key, way, by.full_name, now):
        return False
    others = [f"{kind}:{one}" for one in step for kind in (SAFETY_NOT_REACHED, "not_delivered")]
    records.finish_tasks(tx, others, now, by=by.full_name)
    deed = Deed(who=by.id, deed="message_by_hand", about=f"message:{message_id}", detail={"way": way})
    audit.write(tx, deed, now)
    return True
