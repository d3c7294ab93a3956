"""A mail that came in: a patient's reply, a bounce, or neither. Whoever wrote it, reading it never fails."""

import re
from collections.abc import Collection, Iterator
from contextlib import suppress
from email import message_from_bytes
from email.message import EmailMessage, Message
from email.parser import BytesHeaderParser
from email.policy import EmailPolicy
from hashlib import sha256
from itertools import islice
from typing import Any

from drip.core.handover import Fault
from drip.core.lifecycle import State
from drip.core.model import Channel
from drip.core.news import News, Receipt, Reply
from drip.core.reason import Reason
from drip.providers.new_words import LONGEST, new_words, words_of_html

MOST_BYTES = 1_000_000
"""Of a mail; the words come before what is attached."""

_LONGEST_HEADER = 4_000
"""Characters: the standard library's reading of a header takes time that grows with the square of its length."""

_READ_CLOSELY = frozenset({"from", "sender", "subject"})

_DEEPEST = 20
_MOST_PARTS = 200
_MOST_SENDERS = 3

_OUR_ID = re.compile(r"<([0-9a-f]{32})@[^<>\s]+>")
"""Our Message-ID is `<message id@sender's domain>`."""

_MESSAGE_ID = re.compile(r"<[!-;=?-~]{1,198}>")
_LOOKS_LIKE_ONE = re.compile(r"[^\s@<>()\[\]\\,;:\"]{1,64}@[^\s@<>()\[\]\\,;:\"]{1,250}")
_ADDRESS = re.compile(r"[^\s@<>]{1,64}@[^\s@<>]{1,250}")
_STATUS = re.compile(r"\b([245])\.(\d{1,3})\.(\d{1,3})\b")

# RFC 3463 and RFC 7505: what the last two numbers of a permanent failure (5.x.y) are about.
GONE = frozenset({(1, 1), (1, 2), (1, 3), (1, 6), (1, 10), (2, 1)})
"""No such mailbox, no such domain, no address at all, moved away, a domain without mail, a mailbox shut."""
OURS = frozenset({(1, 7), (1, 8)})
"""The sender's address, not the patient's."""
_WORDS = frozenset({6, 7})
"""Media and policy: another mail to the same address may arrive."""

_RETURNED = frozenset(
    {"message/rfc822", "message/global", "text/rfc822-headers", "message/rfc822-headers", "message/global-headers"}
)
"""How a bounce may bring the mail back, or its headers."""

_CHARSET = re.compile(
    r"utf-?(?:8|16)(?:-?[bl]e)?|(?:us-)?ascii|iso-?8859-?\d{1,2}(?:-[ei])?|latin-?\d|(?:windows|cp)-?\d{3,4}|koi8-[rtu]"
    r"|mac\w{0,12}|gb\w{1,6}|big5\w{0,6}|euc[-_](?:jp|kr|cn)|shift[-_]jis|iso-2022-\w{2,5}|tis-620",
    re.IGNORECASE,
)
"""Python knows others, some of which take very long over hostile bytes."""


class _Bounded(EmailPolicy):
    """The standard policy, on headers of a bounded length; one that needs no reading is plain words."""

    def header_source_parse(self, sourcelines: list[str]) -> tuple[str, str]:
        name, value = super().header_source_parse(sourcelines)
        return name, value[:_LONGEST_HEADER]

    def header_fetch_parse(self, name: str, value: str) -> Any:
        if name.lower() in _READ_CLOSELY:
            with suppress(Exception):
                return super().header_fetch_parse(name, value)
        return " ".join(value.split())


_POLICY = _Bounded()


def read_inbound(raw: bytes, *, provider: str) -> News:
    """What a mail tells us. Automatic answers tell nothing; what cannot be read is still a reply, if it says whose."""
    raw = raw[:MOST_BYTES]
    for parse in (_whole, _headers_alone):
        with suppress(Exception):  # the standard library raises a dozen kinds, RecursionError among them
            return _news(parse(raw), raw, provider)
    return News()


def _whole(raw: bytes) -> Message:
    if raw.count(b"\n--") > 5 * _MOST_PARTS:
        raise ValueError("more parts than a mail has")
    return message_from_bytes(raw, _class=EmailMessage, policy=_POLICY)


def _headers_alone(raw: bytes) -> Message:
    """For a mail that is nested beyond reason."""
    return BytesHeaderParser(policy=_POLICY).parsebytes(raw)


def _news(mail: Message, raw: bytes, provider: str) -> News:
    if mail.get_content_type() == "multipart/report":
        return News(receipts=tuple(_receipts(mail, raw, provider)))
    address = _sender(mail)
    if _is_automatic(mail) or address is None:
        return News()
    reply = Reply(
        provider=provider,
        key=_name_of(mail, raw),
        channel=Channel.EMAIL,
        address=address,
        text=_words(mail),
        answers=_answers(mail),
    )
    return News(replies=(reply,))


def _header(mail: Message, name: str) -> str:
    """A header as clean words; empty when there is none."""
    return _clean(str(mail.get(name, ""))).strip()


def _clean(words: str) -> str:
    """Without NULs, other control characters and halves of characters, none of which can be stored."""
    try:
        whole = words.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    except UnicodeError:
        whole = words.encode("utf-8", "replace").decode()
    return "".join(one for one in whole if one >= " " or one in "\n\t")


def _name_of(mail: Message, raw: bytes) -> str:
    """The mail's own name, or one made from all of it: the same mail twice has the same."""
    told = _header(mail, "Message-ID")
    return told if _MESSAGE_ID.fullmatch(told) else sha256(raw).hexdigest()


def _sender(mail: Message) -> str | None:
    """Who wrote. Of several the first; `Sender` only where `From` names nobody."""
    for header in (one for name in ("from", "sender") for one in _first(mail, name)):
        read = _POLICY.header_fetch_parse("from", header)
        listed = [one.addr_spec for one in getattr(read, "addresses", ())]
        for written in listed + _LOOKS_LIKE_ONE.findall(_clean(header)):
            address = _plain(written)
            if address is not None:
                return address
    return None


def _first(mail: Message, name: str) -> Iterator[str]:
    return islice((str(value) for written, value in mail.raw_items() if written.lower() == name), _MOST_SENDERS)


def _plain(written: str) -> str | None:
    """An address in lower case, its domain in ASCII; None if it is not one."""
    user, at, domain = written.strip().strip("<>").lower().rpartition("@")
    with suppress(UnicodeError):  # as it is, then
        domain = domain if domain.isascii() else domain.encode("idna").decode("ascii")
    address = f"{user}{at}{domain}"
    return address if address.isprintable() and _ADDRESS.fullmatch(address) else None


def _answers(mail: Message) -> str | None:
    """The id of our message that this one answers: what it replies to, else the latest of ours in its thread."""
    direct = _OUR_ID.findall(_header(mail, "In-Reply-To"))
    thread = _OUR_ID.findall(_header(mail, "References"))
    found = direct[:1] or thread[-1:]
    return str(found[0]) if found else None


def _is_automatic(mail: Message) -> bool:
    """Whether a program sent it: RFC 3834, and what was usual before it."""
    submitted = re.split(r"[;(\s]", _header(mail, "Auto-Submitted").lower())[0]
    precedence = _header(mail, "Precedence").lower()
    return (
        submitted not in ("", "no")
        or precedence in ("bulk", "auto_reply", "junk")
        or any(name in mail for name in ("X-Autoreply", "X-Autorespond"))
        or _header(mail, "Return-Path") == "<>"
    )


def _words(mail: Message) -> str:
    """The patient's own words; the subject where the body has none, and all of the body where that has none either."""
    parts = list(_inline_text(mail))
    plain = _joined(part for part in parts if part.get_content_type() == "text/plain")
    if not plain.strip():
        plain = _clean(words_of_html(_joined(part for part in parts if part.get_content_type() == "text/html")))
    return new_words(plain) or _header(mail, "Subject")[:LONGEST] or plain.strip()[:LONGEST]


def _inline_text(mail: Message) -> Iterator[Message]:
    """The parts with words in them, in order. A mail within the mail is history."""
    waiting: list[tuple[Message, int]] = [(mail, 0)]
    for _ in range(_MOST_PARTS):
        if not waiting:
            return
        part, depth = waiting.pop()
        if part.get_content_maintype() == "multipart":
            if depth < _DEEPEST:
                waiting.extend((one, depth + 1) for one in reversed(_inside(part)))
        elif part.get_content_maintype() == "text" and not _is_attached(part):
            yield part


def _inside(part: Message) -> list[Message]:
    """What a part is made of; nothing if it is words."""
    inner = part.get_payload() if part.is_multipart() else []
    return [one for one in inner[:_MOST_PARTS] if isinstance(one, Message)] if isinstance(inner, list) else []


def _is_attached(part: Message) -> bool:
    return _header(part, "Content-Disposition").lower().startswith("attachment")


def _joined(parts: Iterator[Message]) -> str:
    return "\n".join(_text(part) for part in parts)


def _text(part: Message) -> str:
    """A part's words, in whatever it says that they are written, or what they most probably are."""
    try:
        content = part.get_payload(decode=True)
        charset = part.get_content_charset() or ""
    except Exception:  # an encoding that is none
        return ""
    if not isinstance(content, bytes):
        return ""
    content = content.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    for encoding in (charset, "utf-8"):
        if _CHARSET.fullmatch(encoding):
            with suppress(LookupError, UnicodeError):
                return _clean(content.decode(encoding))
    return _clean(content.decode("cp1252", "replace"))


def _receipts(mail: Message, raw: bytes, provider: str) -> Iterator[Receipt]:
    """One for each address that the mail finally did not reach. Without the name of our mail anybody could say so."""
    original = _original(mail)
    if original is None:
        return
    for block in _recipients(mail):
        if _header(block, "Action").lower() != "failed":
            continue
        status = _status(block)
        address = _recipient(block)
        yield Receipt(
            provider=provider,
            key=sha256(f"{_name_of(mail, raw)} {address} {original}".encode()).hexdigest(),
            says=State.UNDELIVERED,
            fault=_fault(status),
            closes=Reason.BOUNCED if status is not None and status[1:] in GONE and status[0] == 5 else None,
            code="" if status is None else ".".join(map(str, status)),
            address=address,
            provider_ref=original,
        )


def _recipients(mail: Message) -> Iterator[Message]:
    """The blocks of a delivery status that speak of a recipient (RFC 3464)."""
    for part in _parts(mail, ("message/delivery-status", "message/global-delivery-status")):
        yield from (block for block in _inside(part) if "Action" in block)


def _parts(mail: Message, kinds: Collection[str]) -> Iterator[Message]:
    return (part for part in _inside(mail) if part.get_content_type() in kinds)


def _original(mail: Message) -> str | None:
    """The Message-ID of the mail that bounced, from the part in which it, or its headers, came back."""
    for part in _parts(mail, _RETURNED):
        inner = _inside(part)
        return _id_in(inner[0] if inner else BytesHeaderParser(policy=_POLICY).parsebytes(_text(part).encode()))
    return None


def _id_in(mail: Message) -> str | None:
    told = _header(mail, "Message-ID")
    return told if _MESSAGE_ID.fullmatch(told) else None


def _recipient(block: Message) -> str | None:
    """Whom we wrote to, where that is said; a mail may have been passed on before it failed."""
    for name in ("Original-Recipient", "Final-Recipient"):
        address = _plain(_header(block, name).rpartition(";")[2])
        if address is not None:
            return address
    return None


def _status(block: Message) -> tuple[int, int, int] | None:
    """The enhanced code; the receiving server's own, where the reporting one only says `5.0.0`."""
    told = [_STATUS.search(_header(block, name)) for name in ("Status", "Diagnostic-Code")]
    codes = [(int(one[1]), int(one[2]), int(one[3])) for one in told if one is not None]
    return next((one for one in codes if one[1:] != (0, 0)), codes[0] if codes else None)


def _fault(status: tuple[int, int, int] | None) -> Fault:
    if status is not None and status[1:] in OURS:
        return Fault.ACCOUNT
    return Fault.CONTENT if status is not None and status[1] in _WORDS else Fault.ADDRESS
