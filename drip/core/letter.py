"""One rendered message, as it is handed to a provider."""

from dataclasses import dataclass, field
from datetime import datetime

from drip.core.model import Channel


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """A template with its gaps filled. A text message has only `text`."""

    text: str = field(repr=False)
    subject: str | None = field(default=None, repr=False)
    html: str | None = field(default=None, repr=False)
    parts: int = 0
    """How many parts a text takes on the network, which is what is billed and what senders' rates count."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """One message to one person. Only the opaque ids may show in `repr`, logs and provider metadata."""

    message_id: str
    attempt_id: str
    """Travels with the message, so that a later receipt finds the attempt even if the answer was lost."""
    channel: Channel
    to: str = field(repr=False)
    """An email address, or a number in E.164."""
    words: Words
    sender_name: str = field(repr=False)
    sender: str = field(repr=False)
    """The clinic's email address, or the number or name that texts come from."""
    handed_at: datetime
    """UTC; virtual in a rehearsal."""
    language: str = "en"
    reply_to: str = field(default="", repr=False)
    """Where an answer to an email should go, if not to its sender."""
    valid_until: datetime | None = None
    """After this it is of no use: a provider that can is told to drop it rather than deliver it late."""
    stop_url: str | None = field(default=None, repr=False)
    """For the List-Unsubscribe header, where there is a public address."""
