"""What time does to rows: leases that ran out, messages that waited too long, receipts that came too early, enrolments
that came to their end."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from drip.app import App
from drip.clock import order
from drip.core.course import enrolment_facts
from drip.core.lifecycle import State
from drip.core.model import EventKind, Facts
from drip.core.reason import Reason
from drip.core.sequence import Sequence as Written
from drip.flows.attendance import ask
from drip.flows.own_event import own_event
from drip.flows.unreached import Lost, ask_about_lost, forget_what_went
from drip.store import enrolments, events, overdue, patients, unmatched
from drip.store.bulk import chunks
from drip.store.database import Tx
from drip.store.enrolments import EnrolmentRow
from drip.store.overdue import Unconfirmed

OPEN = [state.value for state in (State.PLANNED, State.CLAIMED, State.IN_FLIGHT, State.UNKNOWN, State.HELD)]
AT_ONCE = 200
WAIT_FOR_RECEIPT = timedelta(hours=72)
"""Carriers confirm within three days or never."""

ANSWERS_COME_WITHIN = timedelta(hours=1)
"""What a receipt names by the provider's reference alone was handed over just now: its answer is on the way."""

KEEP_WORDS = timedelta(days=30)
"""How long a booking system's own words are kept beside what was understood of them."""

FORGET_AT_ONCE = 2_000


@dataclass(frozen=True, slots=True)
class Swept:
    """What was put right."""

    freed: int
    doubted: int
    expired: int
    unconfirmed: int
    understood: int
    """Receipts that came before the reference they name was known to us, and now wait to be applied."""


def sweep(app: App, now: datetime) -> Swept:
    """Leases that ran out, messages that waited too long, visits of which nobody said who came.

    Safe to repeat, and to run beside other workers.
    """
    ask(app, now)
    confirming = {provider.name for provider in app.each_provider if provider.ability.gives_receipts}
    return app.store.attempt(lambda tx: _sweep(tx, confirming, now))


def look_back(app: App, now: datetime) -> int:
    """Receipts whose reference became known late, by evidence, wait to be applied. Answers how many."""
    return app.store.attempt(lambda tx: unmatched.hear_again(tx, now - WAIT_FOR_RECEIPT, now))


def _sweep(tx: Tx, confirming: Collection[str], now: datetime) -> Swept:
    understood = unmatched.hear_again(tx, now - ANSWERS_COME_WITHIN, now)  # addresses are locked before messages
    unconfirmed = overdue.give_up_waiting(tx, confirming, now - WAIT_FOR_RECEIPT)
    ask_about_lost(tx, [_lost(one) for one in unconfirmed], now)
    forget_what_went(tx, now)
    return Swept(
        freed=overdue.free_expired_claims(tx),
        doubted=overdue.doubt_expired_flights(tx),
        expired=overdue.expire_waiting(tx, now),
        unconfirmed=len(unconfirmed),
        understood=understood,
    )


def forget_words(app: App, now: datetime) -> int:
    """Booking systems' own words that were kept long enough. Answers of how many events. Safe to repeat."""
    return app.store.attempt_in_parts(
        lambda tx: events.forget_raw(tx, now - KEEP_WORDS, FORGET_AT_ONCE), whole=FORGET_AT_ONCE
    )


def _lost(one: Unconfirmed) -> Lost:
    why = Reason.NO_RECEIPT.sentence
    return Lost(message_id=one.message_id, patient_id=one.patient_id, purpose=one.purpose, why=why)


def finish(app: App, touched: Collection[str] | None, now: datetime) -> int:
    """Enrolments with nothing left to send are finished; where a sequence waits for that, it is told.

    Only those that were touched are looked at; None looks through all.
    """
    finished = 0
    groups = [None] if touched is None else list(chunks(sorted(touched), AT_ONCE))
    for among in groups:
        while batch := _finish(app, among, now):
            finished += batch
    return finished


def ends_are_heard(app: App) -> bool:
    """Whether a live sequence waits for another one to come to its end."""
    with app.store.read() as tx:
        return _someone_listens(app, tx)


def _finish(app: App, among: Sequence[str] | None, now: datetime) -> int:
    return app.store.attempt(lambda tx: _finish_some(app, tx, among, now))


def _finish_some(app: App, tx: Tx, among: Sequence[str] | None, now: datetime) -> int:
    done = enrolments.done(tx, OPEN, among, AT_ONCE)
    if not done:
        return 0
    patients.lock(tx, enrolments.whose(tx, done))
    ended = enrolments.finish(tx, done, OPEN, now)
    if ended and _someone_listens(app, tx):
        _tell(app, tx, ended, now)
    return len(ended)


def _someone_listens(app: App, tx: Tx) -> bool:
    return any(
        EventKind.ENROLMENT_ENDED in one.sequence.enrol.on | one.sequence.ends.on
        for one in app.versions.live(tx).values()
    )


def _tell(app: App, tx: Tx, ended: list[tuple[str, str, str]], now: datetime) -> None:
    """An event of our own in the patient's history: the sequence came to its end."""
    keys = enrolments.data_key_rows(tx, (patient_id for _, patient_id, _ in ended))
    rows = enrolments.load(tx, (enrolment_id for enrolment_id, _, _ in ended), keys)
    versions = app.versions.get(tx, {row.version for row in rows.values()})
    first = order()
    new = [
        own_event(
            (row.patient_id, keys[row.patient_id]),
            EventKind.ENROLMENT_ENDED,
            now,
            _what_ended(row, versions[row.version].sequence),
            key=f"enrolment-ended:{row.id}",
            received=first + number,
        )
        for number, row in enumerate(rows.values())
    ]
    events.add(tx, new, now)


def _what_ended(row: EnrolmentRow, sequence: Written) -> Facts:
    return {
        "enrolment": enrolment_facts(sequence),
        "appointment": _only_ref(row.objects.get("appointment", {})),
        **{name: row.objects.get(name, {}) for name in ("treatment", "programme")},
    }


def _only_ref(appointment: Facts) -> Facts:
    """Which appointment it was about. Its time and place are the booking system's to tell, not ours to repeat."""
    return {"ref": appointment["ref"]} if "ref" in appointment else {}
