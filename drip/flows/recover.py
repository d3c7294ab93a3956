"""A message that did not arrive -> sent again because a person chose so, or dealt with. Never without their word."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from drip.app import App
from drip.core.lifecycle import RESENDABLE, State, checked
from drip.core.model import Channel
from drip.core.role import Person
from drip.core.sequence import Step
from drip.flows.unreached import SAFETY_NOT_REACHED, by_hand_key
from drip.store import addresses, audit, enrolments, patients, records, stranded
from drip.store.audit import Deed
from drip.store.database import Tx
from drip.store.records import NewTask
from drip.store.stranded import Stranded

RECENT = timedelta(days=30)
"""How long a message that did not arrive waits for a person. What is older helps nobody any more."""


def roads(app: App, tx: Tx, lost: Sequence[Stranded], now: datetime) -> Mapping[str, Sequence[Channel]]:
    """By which channels each of these could go now: the step has words for it, and an address that is open.

    By none where the sequence was ended for the patient: nothing of it goes any more.
    """
    people = patients.readable(tx, {one.patient_id for one in lost})
    closed = addresses.shut(tx, {contact for row in people.values() for contact in row.contacts.values()})
    versions = app.versions.get(tx, {one.version for one in lost})
    ended = enrolments.ended_among(tx, {one.enrolment_id for one in lost})
    found: dict[str, Sequence[Channel]] = {one.id: () for one in lost}
    for one in (one for one in lost if one.enrolment_id not in ended):
        step, person = versions[one.version].sequence.step(one.step), people.get(one.patient_id)
        contacts = person.contacts if person else {}
        is_open = {channel for channel, contact in contacts.items() if contact not in closed}
        found[one.id] = [channel for channel in _worded(one, step, now) if channel in is_open]
    return found


def _worded(one: Stranded, step: Step | None, now: datetime) -> Sequence[Channel]:
    """Its own channel first. A step that goes by both has a message of its own for the other one."""
    if step is None or one.state not in RESENDABLE or now >= one.expires_at:
        return ()
    channels = (one.channel, one.channel.other) if step.may_turn else (one.channel,)
    return [channel for channel in channels if step.template(channel)]


def send_again(app: App, message_id: str, channel: Channel, by: Person, now: datetime) -> bool:
    """It goes through the gate once more, on this channel. False where it cannot, or no longer waits for a person."""

    def write(tx: Tx) -> bool:
        # Gather
        lost = _locked(tx, message_id, by, now)
        # Decide
        if lost is None or channel not in roads(app, tx, [lost], now)[lost.id]:
            return False
        checked(lost.state, State.PLANNED)
        # Apply
        if not stranded.send_again(tx, lost, channel, now):
            return False  # a receipt came in the meantime
        # Safety words stay somebody's task until they have gone: the gate, or time, may still keep them back.
        _finish(tx, [lost.id], by, now)
        _forget_by_hand(tx, lost, now)
        deed = Deed(who=by.id, deed="message_resent", about=f"message:{lost.id}", detail={"channel": channel.value})
        audit.write(tx, deed, now)
        return True

    return app.store.attempt(write)


def deal(app: App, message_id: str, by: Person, now: datetime) -> bool:
    """A person has dealt with it in their own way. False where it no longer waits."""

    def write(tx: Tx) -> bool:
        lost = _locked(tx, message_id, by, now)
        if lost is None or not _deal(tx, lost, by, now):
            return False
        _forget_by_hand(tx, lost, now)
        safety = [f"{SAFETY_NOT_REACHED}:{one}" for one in stranded.of_step(tx, lost.id)]
        records.finish_tasks(tx, safety, now)
        audit.write(tx, Deed(who=by.id, deed="message_dealt_with", about=f"message:{lost.id}"), now)
        return True

    return app.store.attempt(write)


def ask_by_hand(app: App, message_id: str, way: str, by: Person, now: datetime) -> bool:
    """It becomes a task for whoever posts letters or rings patients. False where it no longer waits."""

    def write(tx: Tx) -> bool:
        lost = _locked(tx, message_id, by, now)
        if lost is None or not _deal(tx, lost, by, now):
            return False
        key = enrolments.data_key_rows(tx, [lost.patient_id])[lost.patient_id]
        about = by_hand_key(stranded.of_step(tx, lost.id)[0])
        task = NewTask(key=about, kind=way, patient_id=lost.patient_id, data_key=key, detail=lost.step)
        records.raise_again(tx, [task], now)
        audit.write(tx, Deed(who=by.id, deed="task_raised", about=f"message:{lost.id}", detail={"way": way}), now)
        return True

    return app.store.attempt(write)


def _locked(tx: Tx, message_id: str, by: Person, now: datetime) -> Stranded | None:
    """The message, if it waits and is this person's to see. Its patient stays locked."""
    if (lost := stranded.find_waiting(tx, message_id, now - RECENT, by.sites)) is None:
        return None
    patients.lock(tx, [lost.patient_id])
    return stranded.find_waiting(tx, message_id, now - RECENT, by.sites)


def _deal(tx: Tx, lost: Stranded, by: Person, now: datetime) -> bool:
    """Somebody reaches the patient in another way: of all messages that say the same, each has been dealt with."""
    step = stranded.of_step(tx, lost.id)
    is_dealt_with = stranded.deal(tx, step, now) > 0
    if is_dealt_with:
        _finish(tx, step, by, now)
    return is_dealt_with


def _finish(tx: Tx, message_ids: Sequence[str], by: Person, now: datetime) -> None:
    records.finish_tasks(tx, [f"not_delivered:{one}" for one in message_ids], now, by=by.full_name)


def _forget_by_hand(tx: Tx, lost: Stranded, now: datetime) -> None:
    """Nobody has to pass its words on any more. That nobody's name stands with it keeps the story true."""
    records.finish_tasks(tx, [by_hand_key(one) for one in stranded.of_step(tx, lost.id)], now)
