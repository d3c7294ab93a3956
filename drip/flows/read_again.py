"""A message as it was sent, for the patient who has its link: the kept words, and nothing else of their record."""

from dataclasses import dataclass, field
from datetime import datetime

from drip.app import App
from drip.core.model import Channel
from drip.store import patients, sent_words
from drip.store.links import ViewLink


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """What was sent, and how its patient likes to read."""

    channel: Channel
    subject: str = field(repr=False)
    """Empty for a text message."""
    text: str = field(repr=False)
    accepted_at: datetime | None
    language: str
    wants_large_print: bool


def read_again(app: App, link: ViewLink) -> Sent | None:
    """The message this link was made for; None where its words are not kept any more."""
    with app.store.read() as tx:
        attempt = sent_words.last_attempt(tx, link.patient_id, link.message_id)
        row = patients.load(tx, [link.patient_id]).get(link.patient_id)
        if attempt is None or row is None:
            return None
        said = sent_words.words_of(tx, {attempt.id: row.data_key}).get(attempt.id)
    if said is None:
        return None
    return Sent(
        channel=attempt.channel,
        subject=said.get("subject") or "",
        text=said.get("text") or "",
        accepted_at=attempt.accepted_at,
        language=row.patient.language or "en",
        wants_large_print=row.patient.wants_large_print,
    )
