"""A letter as an internet mail, and the checks that keep anything hostile out of its headers."""

import re
import unicodedata
from datetime import tzinfo
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP, SMTPUTF8
from email.utils import format_datetime

from drip.core.handover import Fault, Refused
from drip.core.letter import Letter
from drip.core.model import Channel

_OPAQUE_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,99}")
_EMAIL = re.compile(r"[^\s@<>()\[\]\\,;:\"]{1,64}@[^\s@<>()\[\]\\,;:\"]{1,250}")
_NUMBER = re.compile(r"\+[1-9][0-9]{6,14}")
_BREAKS_A_HEADER = frozenset({"Cc", "Cs", "Zl", "Zp"})
"""Control characters, halves of characters, and the two Unicode line ends."""

_UNREADABLE = (ValueError, IndexError, MessageError)
"""What the standard library raises for an address or words that it cannot put into a mail."""


def is_opaque(identifier: str) -> bool:
    """Whether an id may stand in a file name and a header."""
    return _OPAQUE_ID.fullmatch(identifier) is not None


def is_one_line(words: str) -> bool:
    """Whether words may stand in a header: nothing in them can end it or begin another."""
    return not any(unicodedata.category(character) in _BREAKS_A_HEADER for character in words)


def refusal(letter: Letter) -> Refused | None:
    """What is wrong with a letter before anyone is asked to carry it. Says which part, never what it holds."""
    if not (is_opaque(letter.attempt_id) and is_opaque(letter.message_id)):
        return Refused(Fault.CONTENT, "an id has characters that do not belong in one")
    if not _is_address(letter.to, letter.channel):
        return Refused(Fault.ADDRESS, f"not an address that {letter.channel} can reach")
    headers = {
        "subject": letter.words.subject or "",
        "sender name": letter.sender_name,
        "sender": letter.sender,
        "stop link": letter.stop_url or "",
        "reply address": letter.reply_to,
    }
    for part, words in headers.items():
        if not is_one_line(words):
            return Refused(Fault.CONTENT, f"the {part} has a control character")
    if not (_is_text(letter.words.text) and _is_text(letter.words.html or "")):
        return Refused(Fault.CONTENT, "the words have a character that cannot be sent")
    return None


def as_mail(letter: Letter, zone: tzinfo) -> bytes | Refused:
    """A checked letter as the bytes of a mail; a repeat of the same message is the same mail by its Message-ID."""
    try:
        to = _address(letter.to)
    except _UNREADABLE:
        return Refused(Fault.ADDRESS, "not an address that email can reach")
    try:
        return _mail(letter, to, zone).as_bytes()
    except _UNREADABLE:
        return Refused(Fault.CONTENT, "the words or the sender cannot be put into a mail")


def _mail(letter: Letter, to: Address, zone: tzinfo) -> EmailMessage:
    sender = _address(letter.sender, letter.sender_name)
    plain = to.username.isascii() and sender.username.isascii()
    mail = EmailMessage(policy=SMTP if plain else SMTPUTF8)
    mail["From"], mail["To"] = sender, to
    if letter.reply_to:
        mail["Reply-To"] = _address(letter.reply_to)
    mail["Subject"] = letter.words.subject or ""
    mail["Date"] = format_datetime(letter.handed_at.astimezone(zone))
    mail["Message-ID"] = f"<{letter.message_id}@{sender.domain}>"
    if letter.stop_url:
        mail["List-Unsubscribe"] = f"<{letter.stop_url}>"
        mail["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    mail.set_content(letter.words.text)
    if letter.words.html is not None:
        mail.add_alternative(letter.words.html, subtype="html")
    mail["Content-Language"] = letter.language  # last: setting the content clears it
    return mail


def _address(address: str, name: str = "") -> Address:
    """Only the domain is put into ASCII; the part before the @ is the receiver's own business."""
    user, _, domain = address.rpartition("@")
    plain = domain if domain.isascii() else domain.encode("idna").decode("ascii")
    if user.isascii():
        return Address(name, addr_spec=f"{user}@{plain}")
    return Address(name, username=user, domain=plain)  # the parser knows no other letters


def _is_address(address: str, channel: Channel) -> bool:
    shape = _EMAIL if channel is Channel.EMAIL else _NUMBER
    return is_one_line(address) and shape.fullmatch(address) is not None


_UNSENDABLE = re.compile("[\0\ud800-\udfff]")


def _is_text(words: str) -> bool:
    return _UNSENDABLE.search(words) is None
