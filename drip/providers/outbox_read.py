"""An outbox folder read back: the mails and texts as they lie there, not as anyone remembers them."""

import re
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path

from drip.core.model import Channel
from drip.providers.ledger import Entry, read_entries

_ADDRESS = re.compile(r" <([^<>]*)>$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """One message that went into the folder."""

    number: int
    """1 is the earliest; names the message on the page."""
    channel: Channel
    at: datetime
    """Local."""
    to: str = field(repr=False)
    sender: str = field(repr=False)
    text: str = field(repr=False)
    subject: str = field(default="", repr=False)
    html: str = field(default="", repr=False)
    language: str = "en"
    parts: int = 0
    """Of a text."""

    @property
    def sender_name(self) -> str:
        """The sender without the address in brackets."""
        return _ADDRESS.sub("", self.sender)

    @property
    def sender_address(self) -> str:
        """What is in the brackets: for a text, all that a phone shows."""
        found = _ADDRESS.search(self.sender)
        return found[1] if found else self.sender

    @property
    def gist(self) -> str:
        """The subject, or how the text begins once it has said whom it is from."""
        words = " ".join((self.subject or self.text).split())
        opening, colon, rest = words.partition(": ")
        if colon and rest and self.channel is Channel.SMS and self.sender_name and self.sender_name in opening[:60]:
            words = rest[0].upper() + rest[1:]
        return words if len(words) <= 90 else f"{words[:89].rstrip()}…"


def read_sent(folder: Path, *, zone: tzinfo, most: int) -> tuple[list[Sent], int]:
    """The last `most` messages, earliest first, and how many there are in all. What cannot be read is left out."""
    entries = sorted(read_entries(folder), key=lambda entry: (entry.at, entry.file))
    sent = []
    for number, entry in enumerate(entries[-most:], start=1):
        try:
            content = (folder / entry.file).read_bytes()
            sent.append(
                _mail(content, entry, number, zone)
                if entry.file.endswith(".eml")
                else _text(content, entry, number, zone)
            )
        except (OSError, ValueError, LookupError):
            continue
    return sent, len(entries)


def _mail(content: bytes, entry: Entry, number: int, zone: tzinfo) -> Sent:
    mail = message_from_bytes(content, _class=EmailMessage, policy=default)
    return Sent(
        number=number,
        channel=entry.channel,
        at=entry.at.astimezone(zone),
        to=entry.to,
        sender=str(mail["From"] or ""),
        subject=str(mail["Subject"] or ""),
        text=_body(mail, "plain"),
        html=_body(mail, "html"),
        language=str(mail["Content-Language"] or "en"),
    )


def _body(mail: EmailMessage, kind: str) -> str:
    part = mail.get_body((kind,))
    return str(part.get_content()).replace("\r\n", "\n") if part is not None else ""


def _text(content: bytes, entry: Entry, number: int, zone: tzinfo) -> Sent:
    head, _, text = content.decode().partition("\n\n")
    lines = dict(line.split(": ", 1) for line in head.splitlines() if ": " in line)
    return Sent(
        number=number,
        channel=entry.channel,
        at=entry.at.astimezone(zone),
        to=entry.to,
        sender=lines.get("From", ""),
        text=text,
        parts=entry.parts,
    )
