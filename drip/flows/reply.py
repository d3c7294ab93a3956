"""A patient wrote back -> a STOP at once, then an event in their history, a task for a person, or both. Never nowhere.

What the patient hears is a sequence like any other: it enrols on `reply.stop`, `reply.help` and so on.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from hashlib import sha256

from drip.app import App
from drip.clock import order
from drip.core.model import Channel, EventKind, Facts
from drip.core.news import Reply
from drip.core.reason import Reason
from drip.core.red_flags import has_red_flag
from drip.core.replies import Word, is_ambiguous_stop, own_words, read_reply
from drip.flows.answer import Answer, answers_in, tasks_of
from drip.flows.own_event import Whose, own_event
from drip.store import addresses, blind, enrolments, events, questions, records
from drip.store import replies as inbox
from drip.store.database import Tx
from drip.store.events import NewEvent
from drip.store.ids import new_id
from drip.store.records import NewTask
from drip.store.replies import Answered, Heard, NewReply, PendingReply
from drip.store.vault import DataKey

AT_ONCE = 200
MOST_CHARACTERS = 10_000
"""Of a reply: no text message is longer, and of an email these are enough for a person."""

LONGEST_KEY, LONGEST_ID = 200, 40
TICK = timedelta(microseconds=1)


def take_replies(tx: Tx, replies: Sequence[Reply], now: datetime) -> int:
    """Store what patients wrote back. A STOP closes the address in this same transaction. Answers how many were new.

    Safe to repeat: a reply that was heard before changes nothing, whatever was said since.
    """
    told = [_new(tx, one, now + number * TICK) for number, one in enumerate(replies)]
    by_id = {new.id: reply for new, reply in zip(told, replies, strict=True)}
    new = inbox.add(tx, told)
    answered = inbox.answered(tx, (one.answers for one in new if one.answers and one.word in (Word.STOP, Word.START)))
    _lock(tx, new, answered)
    asking = [
        one.id
        for one in new
        if _heed(tx, one, by_id[one.id].address, answered.get(one.answers or "")) and not by_id[one.id].was_answered
    ]
    inbox.note_news(tx, asking)
    return len(new)


def _new(tx: Tx, reply: Reply, at: datetime) -> NewReply:
    """A key that is too long to be kept is kept as its hash; half a character that a database refuses is left out."""
    text = reply.text[:MOST_CHARACTERS].encode(errors="ignore").decode()
    fits = len(reply.key) <= LONGEST_KEY and "\0" not in reply.key
    return NewReply(
        id=new_id(),
        provider=reply.provider,
        key=reply.key if fits else sha256(reply.key.encode(errors="replace")).hexdigest(),
        channel=reply.channel,
        contact_id=blind.blind_address(tx.vault, reply.channel, reply.address),
        word=read_reply(own_words(text)).value,
        text=text,
        received_at=at,
        answers=reply.answers if _is_an_id(reply.answers) else None,
    )


def _is_an_id(told: str | None) -> bool:
    return told is not None and told.isascii() and told.isalnum() and len(told) <= LONGEST_ID


def _lock(tx: Tx, new: Sequence[NewReply], answered: Mapping[str, Answered]) -> None:
    """Every address that may be closed or opened, in the order in which everyone locks them."""
    channels = {one.contact_id: one.channel for one in new if one.word in (Word.STOP, Word.START)}
    addresses.ensure(tx, channels)
    addresses.lock(tx, [*channels, *(one.contact_id for one in answered.values() if one.contact_id)])


def _heed(tx: Tx, one: NewReply, address: str, answered: Answered | None) -> bool:
    """Close or open the address at once. Answers whether the patient is owed an answer.

    A mail may come from another address than ours went to: a STOP closes both. (A forged one stops too much, which
    the patient can undo; a STOP that is not heeded cannot be.)
    """
    if one.word == Word.STOP:
        changed = addresses.close_one(tx, one.channel, address, Reason.SUPPRESSED_BY_PATIENT, one.received_at)
        if answered and answered.contact_id:
            changed |= answered.contact_id not in addresses.shut(tx, [answered.contact_id])
            addresses.close(tx, [answered.contact_id], Reason.SUPPRESSED_BY_PATIENT, one.received_at)
        return changed
    if one.word == Word.START:
        # Anybody can write a mail in somebody's name: only one that answers ours to that address opens it again.
        if one.channel is Channel.EMAIL and (answered is None or answered.contact_id != one.contact_id):
            return False
        return addresses.reopen_one(tx, one.channel, address, one.received_at)
    return True


@dataclass(frozen=True, slots=True, kw_only=True)
class Sender:
    """Who may have written a reply: everyone reached at its address, the most likely one first."""

    people: Sequence[str]
    closed: Reason | None
    """Why nothing is sent to its address any more."""

    @property
    def first(self) -> str | None:
        """Whoever hears the answer: an address that is shared gets one, not one for each."""
        return self.people[0] if self.people else None

    def led_by(self, patient_id: str) -> "Sender":
        """The same people, when we know which of them it was."""
        return replace(self, people=[patient_id, *(one for one in self.people if one != patient_id)])


@dataclass(slots=True, kw_only=True)
class Outcome:
    """What a reply comes to: events in histories, tasks for staff."""

    events: list[Word] = field(default_factory=list)
    tasks: list[str] = field(default_factory=list)
    """For everyone at the address."""
    notes: list[str] = field(default_factory=list)
    """For the first of them alone."""
    answer: Answer | None = None
    """To the question that was open there; an event, and perhaps a task, of the one who was asked."""


def apply_replies(app: App, now: datetime) -> int:
    """Turn what patients wrote into events and tasks, before anything is sent. Answers how many. Safe to repeat."""
    return app.store.attempt_in_parts(lambda tx: _apply(app, tx, now), whole=AT_ONCE)


def _apply(app: App, tx: Tx, now: datetime) -> int:
    # Gather
    told = inbox.pending(tx, AT_ONCE)
    if not told:
        return 0
    senders = _senders(tx, told)
    answers = answers_in(app, tx, told, {reply: sender.people for reply, sender in senders.items()})
    senders |= {reply: senders[reply].led_by(answer.asked.patient_id) for reply, answer in answers.items()}
    keys = enrolments.data_key_rows(tx, {one for sender in senders.values() for one in sender.people})
    # Decide
    meant = {one.id: _meaning(one, senders[one.id], answers.get(one.id)) for one in told}
    # Apply
    tasks = [
        replace(task, since=one.received_at)
        for one in told
        for task in _tasks(one, senders[one.id], meant[one.id], keys)
    ]
    records.raise_tasks(tx, tasks, now)
    events.add(tx, list(_events(told, senders, meant, keys)), now)
    inbox.mark_applied(tx, [_heard(one, senders[one.id], keys) for one in told])
    questions.note_answers(tx, {reply: answer.asked.message_id for reply, answer in answers.items()})
    return len(told)


def _senders(tx: Tx, told: Sequence[PendingReply]) -> dict[str, Sender]:
    contacts = {one.contact_id for one in told}
    at_contact, closed = inbox.at_contacts(tx, contacts), addresses.shut(tx, contacts)
    answered = inbox.answered(tx, (one.answers for one in told if one.answers))
    return {
        one.id: Sender(
            people=_likely(at_contact[one.contact_id], answered.get(one.answers or "")),
            closed=closed.get(one.contact_id),
        )
        for one in told
    }


def _likely(people: Sequence[str], answered: Answered | None) -> Sequence[str]:
    """Whoever's message was answered comes first; where nobody is known at the address it can only be them."""
    if answered is None:
        return people
    rest = [one for one in people if one != answered.patient_id]
    return people if people and len(rest) == len(people) else [answered.patient_id, *rest]


def _meaning(one: PendingReply, sender: Sender, answer: Answer | None) -> Outcome:
    """What a reply comes to. The first question is whether it must not wait; nothing it says hides a STOP."""
    said = own_words(one.text)
    word, outcome = read_reply(said), Outcome(answer=answer)
    if has_red_flag(said):
        outcome.tasks.append("red_flag")
        outcome.events.append(Word.RED_FLAG)
    elif answer:
        # What is to be done about it, the question itself says.
        outcome.events += [Word.RED_FLAG] if answer.is_red_flag else []
    elif word is Word.OTHER or (not sender.people and word is not Word.STOP):
        outcome.tasks.append("reply")
    elif word is Word.START and sender.closed not in (None, Reason.SUPPRESSED_BY_PATIENT):
        outcome.tasks.append("reply")  # it bounced, or staff closed it: the patient's word does not lift that
    if word is not Word.OTHER and one.was_news and (word is Word.STOP or not outcome.tasks):
        outcome.events.append(word)
    if word is Word.STOP:
        outcome.notes += ["shared_stop"] if len(sender.people) > 1 else []
        outcome.tasks += ["reply"] if is_ambiguous_stop(said) else []
    return outcome


def _tasks(one: PendingReply, sender: Sender, meant: Outcome, keys: Mapping[str, DataKey]) -> Iterator[NewTask]:
    """With the words, for everyone they may be about; without anyone where nobody is known."""
    for kind in meant.tasks:
        for patient_id in sender.people:
            key = f"{kind}:{one.id}:{patient_id}"
            yield NewTask(key=key, kind=kind, patient_id=patient_id, data_key=keys[patient_id], detail=one.text)
        if not sender.people:
            yield NewTask(key=f"{kind}:{one.id}", kind=kind, detail=one.text)
    for kind in meant.notes if sender.first else ():
        yield NewTask(key=f"{kind}:{one.id}", kind=kind, patient_id=sender.first, data_key=keys[sender.first or ""])
    if meant.answer and sender.first:
        yield from tasks_of(one, meant.answer, keys[sender.first], is_read=bool(meant.tasks))


_KINDS = {
    Word.STOP: EventKind.REPLY_STOP,
    Word.START: EventKind.REPLY_START,
    Word.HELP: EventKind.REPLY_HELP,
    Word.RED_FLAG: EventKind.REPLY_RED_FLAG,
    Word.ANSWER: EventKind.REPLY_ANSWER,
}


def _events(
    told: Sequence[PendingReply],
    senders: Mapping[str, Sender],
    meant: Mapping[str, Outcome],
    keys: Mapping[str, DataKey],
) -> Iterator[NewEvent]:
    """One event for one patient, however many share the address."""
    received = order()
    for one in told:
        patient_id, outcome = senders[one.id].first, meant[one.id]
        happened: list[tuple[Word, Facts]] = [(word, {}) for word in outcome.events]
        happened += [(Word.ANSWER, outcome.answer.facts)] if outcome.answer else []
        asked = outcome.answer.asked_by if outcome.answer else {}
        for word, facts in happened if patient_id else ():
            event = _event(one, word, facts, (patient_id or "", keys[patient_id or ""]), received)
            yield replace(event, body={**event.body, "asked": asked}) if word is Word.ANSWER else event
            received += 1


def _event(one: PendingReply, word: Word, facts: Facts, whose: Whose, received: int) -> NewEvent:
    kind = _KINDS[word]
    told = {"reply": {"channel": one.channel.value, "word": word.value, **facts}}
    return own_event(whose, kind, one.received_at, told, key=f"{kind.value}:{one.id}", received=received)


def _heard(one: PendingReply, sender: Sender, keys: Mapping[str, DataKey]) -> Heard:
    return Heard(reply=one, patient_id=sender.first, data_key=keys[sender.first] if sender.first else None)
