"""A message that passed the gate -> the letter that is handed over, and its attempt."""

import hashlib
from datetime import date, datetime

from drip.app import App
from drip.core.letter import Letter
from drip.core.model import Channel
from drip.core.window import Window
from drip.flows.prepare import Ready
from drip.store import outgoing
from drip.store.ids import new_id
from drip.store.outgoing import NewAttempt


def write_letter(app: App, one: Ready, now: datetime) -> Letter:
    """What the provider gets: the words, to the address of this moment."""
    channel, senders = one.claimed.channel, app.clinic.senders
    return Letter(
        message_id=one.claimed.id,
        attempt_id=new_id(),
        channel=channel,
        to=one.addresses[channel],
        words=one.words,
        sender_name=senders.email_name or app.clinic.name,
        sender=senders.sms_from if channel is Channel.SMS else senders.email_address or app.clinic.email,
        reply_to=senders.reply_to if channel is Channel.EMAIL else "",
        handed_at=now,
        language=one.person.patient.language or "en",
        valid_until=_valid_until(one, now),
        stop_url=one.stop_url,
    )


def _valid_until(one: Ready, now: datetime) -> datetime:
    """Of no use after it expires, nor at night: a text that waits at the provider must not arrive out of hours."""
    opening = one.hours.opening(one.hours.day_of(now)) if isinstance(one.hours.window, Window) else None
    return min(one.claimed.expires_at, opening.end) if opening else one.claimed.expires_at


def begin_attempt(one: Ready, letter: Letter, provider: str, counted_on: date | None) -> NewAttempt:
    """What is written down before the call: where to, in which words, and on which day it counts."""
    said = outgoing.as_stored({"subject": one.words.subject, "text": one.words.text, "html": one.words.html})
    return NewAttempt(
        id=letter.attempt_id,
        message_id=one.claimed.id,
        patient_id=one.claimed.patient_id,
        number=one.claimed.attempts + 1,
        channel=letter.channel,
        provider=provider,
        contact_id=one.contacts[letter.channel],
        version=one.words_from.id,
        body_hash=hashlib.sha256(said).hexdigest(),
        parts=one.words.parts,
        counted_on=counted_on,
        data_key=one.person.data_key,
        words=outgoing.with_address(said, letter.to),
    )
