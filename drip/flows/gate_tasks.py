"""What the gate kept back -> what a person is asked: a child without a carer, words that reach nobody."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from drip.app import App
from drip.core.each_road import CLOSED_ROADS, why_by_each
from drip.core.gate import Person
from drip.core.lifecycle import State
from drip.core.model import Purpose
from drip.core.reason import Reason
from drip.core.spoken import readable
from drip.flows.prepare import Ready
from drip.flows.unreached import Lost, Unreached, ask_about_lost, ask_by_hand
from drip.store import addresses, patients, records
from drip.store.database import Tx
from drip.store.outgoing import Move
from drip.store.stranded import WISHES

NO_ROAD = frozenset({Reason.NO_ADDRESS, Reason.BOUNCED, Reason.ADDRESS_REFUSED})
"""Nobody wished for this silence: there is no address or number, or it does not work."""

BY_HAND = frozenset({Purpose.SERVICE, Purpose.CARE})
"""What is worth a letter or a call. Safety has a task of its own, whatever kept it back."""


def tell_staff(
    app: App, tx: Tx, moved: Sequence[tuple[Ready, Move]], closed: Mapping[str, Reason], now: datetime
) -> None:
    """Ask about what these moves mean for their patients. `closed`: addresses nothing goes to, and why."""
    under_age = {one.claimed.patient_id: one for one, move in moved if move.reason is Reason.UNDER_AGE}
    records.raise_tasks(tx, [task_about(one, "under_age", patient) for patient, one in under_age.items()], now)
    lost = [(one, move) for one, move in moved if _is_lost(one, move)]
    unreached = [(one, move) for one, move in moved if _has_no_road(app, one, move, closed)]
    whys = _whys(app, tx, [*lost, *unreached], closed, now)
    ask_about_lost(tx, [_lost(one, whys[one.claimed.id]) for one, _ in lost], now)
    by_hand = [_unreached(one, whys[one.claimed.id]) for one, _ in unreached]
    ask_by_hand(tx, by_hand, app.clinic.desk.unreached, now)


def _is_lost(one: Ready, move: Move) -> bool:
    """Safety words that their patient will not get. An alert is meant for each colleague's own channel alone."""
    if one.claimed.purpose is not Purpose.SAFETY or move.state not in (State.SUPPRESSED, State.SKIPPED):
        return False
    is_of_other_channel = one.person.source == patients.STAFF and move.reason is Reason.NO_ADDRESS
    return move.reason not in (Reason.CONDITION, Reason.UNDER_AGE) and not is_of_other_channel


def _has_no_road(app: App, one: Ready, move: Move, closed: Mapping[str, Reason]) -> bool:
    """Whether it goes by no channel, and not because the patient wants it so."""
    claimed, person = one.claimed, one.person
    if move.reason not in NO_ROAD or move.state not in (State.SUPPRESSED, State.SKIPPED):
        return False
    if claimed.purpose not in BY_HAND or person.source == patients.STAFF:
        return False
    if any(closed.get(contact) in WISHES for contact in one.contacts.values()):
        return False
    by_default = app.clinic.consent_by_default
    return all(person.patient.consents(claimed.purpose, channel, by_default) for channel in one.step.channels)


def _whys(
    app: App, tx: Tx, moved: Sequence[tuple[Ready, Move]], closed: Mapping[str, Reason], now: datetime
) -> Mapping[str, str]:
    """Of each of these messages, by its id, what it is and why it cannot go: by email, and by text."""
    shut = {contact for one, _ in moved for contact in one.contacts.values() if contact in closed}
    since = addresses.closed_since(tx, shut) if shut else {}
    return {one.claimed.id: _why(app, one, move.reason, (closed, since), now) for one, move in moved}


def _why(
    app: App, one: Ready, reason: Reason, known: tuple[Mapping[str, Reason], Mapping[str, datetime]], now: datetime
) -> str:
    what, (closed, since) = f"“{readable(one.claimed.step)}” of “{one.published.sequence.title}”", known
    if reason not in CLOSED_ROADS:
        return f"{what}: {reason.sentence}."
    person = Person(
        patient=one.person.patient,
        consent_by_default=app.clinic.consent_by_default,
        closed={channel: closed[contact] for channel, contact in one.contacts.items() if contact in closed},
    )
    shut_at = {channel: since[contact] for channel, contact in one.contacts.items() if contact in since}
    candidate = one.candidate(is_paused=False, is_approved=True)
    return f"{what}. {why_by_each(candidate, person, reason, shut_at, now)}"


def _lost(one: Ready, why: str) -> Lost:
    claimed = one.claimed
    return Lost(message_id=claimed.id, patient_id=claimed.patient_id, purpose=claimed.purpose, why=why)


def _unreached(one: Ready, why: str) -> Unreached:
    return Unreached(message_id=one.claimed.id, patient_id=one.claimed.patient_id, why=why)


def task_about(one: Ready, kind: str, about: str) -> records.NewTask:
    """A task about a message's patient; `about` makes it the one it is."""
    return records.NewTask(
        key=f"{kind}:{about}", kind=kind, patient_id=one.claimed.patient_id, data_key=one.person.data_key
    )
