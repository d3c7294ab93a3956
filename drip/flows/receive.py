"""What comes back: a provider's receipt, a patient's STOP. Stored first, applied after; a STOP at once."""

from dataclasses import dataclass
from datetime import datetime

from drip.app import App
from drip.core.model import Channel
from drip.core.reason import Reason
from drip.core.replies import Word, is_ambiguous_stop, read_reply
from drip.store import enrolments, patients, records
from drip.store.database import Tx
from drip.store.ids import new_id
from drip.store.records import NewTask, Receipt

AT_ONCE = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a reply came to."""

    word: Word
    changed: bool = False
    """A STOP or START that was news."""


def take_receipt(app: App, receipt: Receipt, now: datetime) -> None:
    """Store a receipt whose signature was checked. Safe to repeat."""
    with app.store.write() as tx:
        records.add_receipt(tx, receipt, now)


def apply_receipts(app: App, now: datetime) -> int:
    """Move messages on by what providers have said since. Answers how many receipts were looked at."""
    total = 0
    while True:
        with app.store.write() as tx:
            looked_at = records.apply_receipts(tx, now, AT_ONCE)
        total += looked_at
        if looked_at < AT_ONCE:
            return total


def take_reply(app: App, channel: Channel, address: str, text: str, now: datetime) -> Answer:
    """A patient wrote back. STOP closes the address before this returns, for everyone who is reached there.

    Whatever is not plainly STOP, START or HELP, and a CANCEL that may mean the visit, is read by a person.
    """
    word = read_reply(text)
    with app.store.write() as tx:
        if word is Word.STOP:
            changed = patients.close_contact(tx, channel, address, Reason.SUPPRESSED_BY_PATIENT, now)
        elif word is Word.START:
            changed = patients.reopen_contact(tx, channel, address, now)
        else:
            changed = False
        if word in (Word.OTHER, Word.HELP) or is_ambiguous_stop(text):
            _ask_staff(tx, channel, address, text, now)
    return Answer(word=word, changed=changed)


def _ask_staff(tx: Tx, channel: Channel, address: str, text: str, now: datetime) -> None:
    """Whoever is reached at that address; a reply from one that nobody is known by is read as well."""
    people = patients.at_address(tx, channel, address)
    keys = enrolments.data_key_rows(tx, people)
    reply = new_id()
    tasks = [
        NewTask(key=f"reply:{reply}:{one}", kind="reply", patient_id=one, data_key=keys[one], detail=text)
        for one in people
    ]
    records.raise_tasks(tx, tasks or [NewTask(key=f"reply:{reply}", kind="reply", detail=text)], now)


def suppress(app: App, address: str, reason: Reason, now: datetime) -> tuple[bool, int]:
    """Staff close an address on whichever channel it belongs to. Answers whether that is news, and whom it reaches."""
    channel = Channel.EMAIL if "@" in address else Channel.SMS
    with app.store.write() as tx:
        is_news = patients.close_contact(tx, channel, address, reason, now)
        return is_news, len(patients.at_address(tx, channel, address))
