"""What comes back: a provider's receipt, a patient's reply. Stored first, applied after; a STOP at once."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from drip.app import App, Published
from drip.core.handover import ACCOUNT_WAIT, Fault
from drip.core.lifecycle import State
from drip.core.model import Channel
from drip.core.news import News
from drip.core.reason import Reason
from drip.core.receipt import Said, Standing, Told, hear
from drip.flows.reply import take_replies
from drip.flows.unreached import Lost, ask_about_lost
from drip.store import addresses, audit, receipts, records, versions
from drip.store.audit import Deed
from drip.store.database import Tx
from drip.store.receipts import Moved, Pending, Subject

AT_ONCE = 500


def take_news(app: App, news: News, now: datetime) -> None:
    """Store what a provider told us, whose signature was checked, before it is answered. Safe to repeat.

    An address that is closed by it is closed when this returns, for everyone who is reached there.
    """

    def store(tx: Tx) -> None:
        receipts.add(tx, news.receipts, now)
        take_replies(tx, news.replies, now)

    if news.receipts or news.replies:
        app.store.attempt(store)


def apply_receipts(app: App, now: datetime) -> int:
    """Move messages on by what providers have said since. Answers how many receipts were looked at."""
    return app.store.attempt_in_parts(lambda tx: _apply(app, tx, now), whole=AT_ONCE)


def _apply(app: App, tx: Tx, now: datetime) -> int:
    # Gather
    told = receipts.pending(tx, AT_ONCE)
    if not told:
        return 0
    receipts.note(tx, told)  # attempts before messages, as whoever settles them does: else two would cross
    subjects = receipts.subjects(tx, {one.message_id for one in told if one.message_id})
    published = app.versions.get(tx, {one.version for one in subjects.values()})
    # Decide
    of_message: dict[str, list[Pending]] = defaultdict(list)
    for one in told:
        if one.message_id in subjects:
            of_message[one.message_id].append(one)
    heard = {
        message: (subjects[message], _hear(subjects[message], published, said, now), said)
        for message, said in of_message.items()
    }
    # Apply
    receipts.move(tx, [_moved(subject, one, said, now) for subject, one, said in heard.values() if one])
    receipts.mark(tx, told)
    _tell_staff(tx, told, [(subject, one) for subject, one, _ in heard.values()], now)
    return len(told)


def _hear(subject: Subject, published: Mapping[str, Published], said: Sequence[Pending], now: datetime) -> Told | None:
    step = published[subject.version].sequence.step(subject.step)
    may_go_again = now < subject.expires_at
    may_turn = step is not None and step.may_turn and not subject.turned and may_go_again
    words = [
        Said(
            says=one.says,
            fault=one.fault,
            closes=one.closes,
            at=one.at,
            happened_at=one.happened_at,
            said=one.said,
            said_at=one.said_at,
            is_of_last_attempt=one.attempt_id == subject.attempt_id,
            is_of_other_channel=one.channel is not subject.channel,
        )
        for one in said
        if one.says
    ]
    return hear(Standing(state=subject.state, may_turn=may_turn, may_go_again=may_go_again), words)


def _moved(subject: Subject, told: Told, said: Sequence[Pending], now: datetime) -> Moved:
    return Moved(
        id=subject.id,
        was=subject.state,
        state=told.state,
        reason=told.reason,
        channel=subject.channel.other if told.turns else subject.channel,
        turned=subject.turned or told.turns,
        due_at=now + (ACCOUNT_WAIT if told.is_untried else timedelta()) if told.state is State.PLANNED else None,
        attempts=subject.attempts - told.is_untried,
        accepted_at=subject.accepted_at or now,
        provider_ref=subject.provider_ref or next((one.provider_ref for one in said if one.provider_ref), None),
    )


def _tell_staff(tx: Tx, told: Sequence[Pending], heard: Iterable[tuple[Subject, Told | None]], now: datetime) -> None:
    """A message that never arrived is somebody's to mend; a refused account is everybody's."""
    for one in told:
        if one.fault is Fault.ACCOUNT and one.attempt_id:
            why = f"the provider refused our account: {one.code}"
            versions.pause(tx, versions.PROVIDER + one.provider, why, now)
    lost = [_lost(subject, told) for subject, told in heard if told and told.state is State.UNDELIVERED]
    ask_about_lost(tx, lost, now)
    records.finish_tasks(tx, (f"held:{subject.id}" for subject, told in heard if told), now)


def _lost(subject: Subject, told: Told) -> Lost:
    return Lost(message_id=subject.id, patient_id=subject.patient_id, purpose=subject.purpose, why=told.reason.sentence)


def suppress(app: App, address: str, reason: Reason, now: datetime) -> tuple[bool, int]:
    """Staff close an address on whichever channel it belongs to. Answers whether that is news, and whom it reaches."""
    channel = Channel.EMAIL if "@" in address else Channel.SMS
    with app.store.write() as tx:
        is_news = addresses.close_one(tx, channel, address, reason, now)
        people = addresses.patients_at(tx, channel, address)
        if is_news:
            told = {"channel": channel.value, "reason": reason.value, "patients": list(people)}
            audit.write(tx, Deed(who=audit.COMMAND, deed="address_closed", detail=told), now)
        return is_news, len(people)
