"""Mail by SMTP, through the clinic's own server or a mail service. Replies and bounces come to a mailbox."""

import re
import smtplib
import ssl
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, tzinfo
from email import message_from_bytes
from email.policy import SMTP
from enum import StrEnum
from functools import partial
from threading import BoundedSemaphore
from time import monotonic
from typing import TypeAlias

from drip.core.ability import Ability
from drip.core.evidence import Lost, Trace
from drip.core.handover import Accepted, Fault, NotTaken, Outcome, Refused, Unknown
from drip.core.letter import Letter
from drip.core.model import Channel
from drip.core.news import Callback, News
from drip.core.reason import Reason
from drip.providers.inbound_mail import GONE
from drip.providers.mail import as_mail, refusal
from drip.providers.mail_server import MailServer, read_address
from drip.providers.smtp_session import NoEncryption, Pool, Session


class Stage(StrEnum):
    """What a reply answers."""

    SENDER = "sender"
    RECIPIENT = "recipient"
    DATA = "data"
    """The wish to send the text."""
    TEXT = "text"
    """The end of the text: from here on it may have gone."""


_Verdict: TypeAlias = Callable[[str], Outcome]

_US: _Verdict = partial(Refused, Fault.ACCOUNT)
_WORDS: _Verdict = partial(Refused, Fault.CONTENT)
_ADDRESS: _Verdict = partial(Refused, Fault.ADDRESS)
_NOBODY: _Verdict = partial(Refused, Fault.ADDRESS, closes=True)
_LATER: _Verdict = partial(NotTaken, Reason.RATE_LIMITED, None)
_DOWN: _Verdict = partial(NotTaken, Reason.PROVIDER_DOWN, None)

# What a permanent refusal (5yz) is about. Asked in this order: the last two numbers of its enhanced code (RFC 3463,
# RFC 5248, RFC 7505), the first of these two, the reply code (RFC 5321 section 4.2, RFC 7504), and where it came.
_BY_STATUS: Mapping[Stage, Mapping[tuple[int, int], _Verdict]] = {
    Stage.SENDER: {(2, 3): _WORDS, (3, 4): _WORDS},
    Stage.RECIPIENT: {
        **dict.fromkeys(GONE, _NOBODY),
        (1, 7): _US,  # the sender's address
        (1, 8): _US,
        (2, 2): _LATER,  # a full mailbox
        (2, 3): _WORDS,  # too long
        (3, 4): _WORDS,
    },
}
_BY_SUBJECT: Mapping[Stage, Mapping[int, _Verdict]] = {
    # Policy before a word was read is about us: a relay that wants a login, or a list of senders that we are on.
    Stage.RECIPIENT: {1: _ADDRESS, 2: _ADDRESS, 4: _ADDRESS, 6: _WORDS, 7: _US},
    Stage.TEXT: {1: _ADDRESS, 2: _ADDRESS},
}
_BY_CODE: Mapping[Stage, Mapping[int, _Verdict]] = {
    # A bare 550 is an unknown mailbox as well as any policy: this address is not closed by it.
    Stage.RECIPIENT: {501: _ADDRESS, 550: _ADDRESS, 551: _ADDRESS, 552: _LATER, 553: _ADDRESS, 556: _NOBODY},
    Stage.TEXT: {552: _LATER},
}
_ELSE: Mapping[Stage, _Verdict] = {Stage.SENDER: _US, Stage.RECIPIENT: _US, Stage.DATA: _US, Stage.TEXT: _WORDS}

_SLOW_DOWN = frozenset({450, 452})
"""For now (4yz): a mailbox or room that is short; 421, 451 and 454 are about the server."""
_POLICY = 7

_ENHANCED = re.compile(rb"([245])\.(\d{1,3})\.(\d{1,3})(?!\d)")
_LINE_END = re.compile(rb"\r\n|\r|\n")
_FIRST_DOT = re.compile(rb"^\.", re.MULTILINE)
_EXAMPLE = "smtps://user:password@mail.example.org:465 or smtp://user:password@mail.example.org:587"


@dataclass(frozen=True, slots=True)
class Reply:
    """What a server answered: numbers only, since its words repeat the address."""

    code: int
    status: tuple[int, int] | None = None
    """The last two numbers of the enhanced code."""

    @property
    def kind(self) -> int:
        """2 is yes, 4 not now, 5 never."""
        return self.code // 100

    @property
    def detail(self) -> str:
        """For staff, such as `550 5.1.1`."""
        if self.code < 0:
            return "an answer that makes no sense"
        enhanced = f" {self.kind}.{self.status[0]}.{self.status[1]}" if self.status else ""
        return f"{self.code}{enhanced}"


def read_reply(code: int, words: bytes) -> Reply:
    """A server's answer without its words."""
    enhanced = _ENHANCED.match(words)
    fits = enhanced is not None and int(enhanced[1]) == code // 100
    return Reply(code, (int(enhanced[2]), int(enhanced[3])) if enhanced is not None and fits else None)


def verdict(reply: Reply, stage: Stage) -> Outcome:
    """What a reply that is not yes means for the letter."""
    subject = reply.status[0] if reply.status else None
    if reply.kind == 4:
        busy = reply.code in _SLOW_DOWN or subject == _POLICY or (stage is Stage.RECIPIENT and reply.code != 421)
        return _LATER(reply.detail) if busy else _DOWN(reply.detail)
    if reply.kind != 5:
        return Unknown(reply.detail) if stage is Stage.TEXT else _DOWN(reply.detail)
    of_recipient = Stage.RECIPIENT if stage is Stage.TEXT else stage  # some only look when they have it all
    found = (
        _BY_STATUS.get(of_recipient, {}).get(reply.status or (0, 0))
        or _BY_SUBJECT.get(stage, {}).get(subject or 0)
        or _BY_CODE.get(stage, {}).get(reply.code)
        or _ELSE[stage]
    )
    return found(reply.detail)


class SmtpProvider:
    """One clinic's way to send mail. A repeat of a message is the same mail, by its Message-ID."""

    name = "smtp"
    channels = frozenset({Channel.EMAIL})

    def __init__(
        self,
        *,
        url: str,
        zone: tzinfo = UTC,
        deadline: float = 30.0,
        connections: int = 8,
        bounces: bool = False,
        context: ssl.SSLContext | None = None,
    ) -> None:
        server = read_server(url)
        self.ability = Ability(
            reaches_people=not server.is_loopback, is_remote=True, is_two_way=bounces, drops_repeats=True
        )
        self._pool = Pool(server, context or ssl.create_default_context())
        self._slots = BoundedSemaphore(connections)
        self._zone = zone
        self._deadline = deadline

    def hand_over(self, letter: Letter) -> Outcome:
        """Try once, on one connection, before the deadline."""
        until = monotonic() + self._deadline
        refused = refusal(letter)
        mail = as_mail(letter, self._zone) if refused is None else refused
        if isinstance(mail, Refused):
            return mail
        if not self._slots.acquire(timeout=self._deadline / 2):  # the other half is for the call itself
            return NotTaken(Reason.NOT_CALLED, detail="all connections were busy")
        try:
            return self._carry(_Sealed.of(letter, mail), until)
        finally:
            self._slots.release()

    def find(self, lost: Lost) -> Sequence[Trace] | None:
        """A mail server cannot be asked what it took."""
        return None

    def hear(self, callback: Callback) -> News | None:
        """A mail server never calls back; what comes back comes to the mailbox."""
        return None

    def close(self) -> None:
        """Let go of the connections. Safe to repeat."""
        self._pool.close()

    def _carry(self, sealed: "_Sealed", until: float) -> Outcome:
        try:
            session = self._pool.take(until=until)
        except (OSError, ValueError) as trouble:
            return _not_connected(trouble)
        outcome = _deliver(session, sealed)
        self._pool.give_back(session)
        return outcome


def read_server(url: str) -> MailServer:
    """The server of an SMTP address. ValueError says what is wrong in one line that repeats none of it."""
    server = read_address(url, ports={"smtps": 465, "smtp": 587}, example=_EXAMPLE)
    if server.path or server.options not in ({}, {"starttls": "no"}):
        raise ValueError(f"write it as {_EXAMPLE}, with nothing after it but ?starttls=no for a server on this machine")
    if server.options and not (server.scheme == "smtp" and server.is_loopback):
        raise ValueError(
            "?starttls=no is only for a server on this machine: elsewhere mail travels encrypted or not at all"
        )
    return server


@dataclass(frozen=True, slots=True, kw_only=True)
class _Sealed:
    """A mail and its envelope."""

    sender: str = field(repr=False)
    to: str = field(repr=False)
    mail: bytes = field(repr=False)

    @classmethod
    def of(cls, letter: Letter, mail: bytes) -> "_Sealed":
        """Ready for the post."""
        return cls(sender=_envelope(letter.sender), to=_envelope(letter.to), mail=mail)

    @property
    def ref(self) -> str:
        """The Message-ID, as it stands in the mail."""
        return str(message_from_bytes(self.mail.partition(b"\r\n\r\n")[0])["Message-ID"]).strip()

    @property
    def needs_utf8(self) -> bool:
        """Whether a server must know RFC 6531 for it."""
        return not (self.sender.isascii() and self.to.isascii())


def _envelope(address: str) -> str:
    """As in the mail: only the domain is put into ASCII."""
    user, _, domain = address.rpartition("@")
    return f"{user}@{domain if domain.isascii() else domain.encode('idna').decode('ascii')}"


def _deliver(session: Session, sealed: _Sealed) -> Outcome:
    """The conversation about one letter. Afterwards the connection is closed, or as good as new once it is reset."""
    if sealed.needs_utf8 and not session.has_extn("smtputf8"):
        return (_ADDRESS if not sealed.to.isascii() else _US)("the server takes no address like this")
    stage = Stage.SENDER
    try:
        for stage, command, expected in _commands(session, sealed):
            reply = read_reply(*session.docmd(command))
            if expected not in (reply.code, reply.kind):
                return _spoken(session, reply, stage)
        session.send(_text(sealed.mail, eight_bits=session.has_extn("8bitmime")))
        stage = Stage.TEXT
        session.send(b".\r\n")
        reply = read_reply(*session.getreply())
    except (OSError, ValueError):
        session.close()
        return Unknown("no answer to the mail") if stage is Stage.TEXT else _DOWN("the connection broke")
    return Accepted(sealed.ref) if reply.kind == 2 else _spoken(session, reply, stage)


def _commands(session: Session, sealed: _Sealed) -> Sequence[tuple[Stage, str, int]]:
    """What is said before the text, and the code or the kind of reply that lets us go on."""
    eight_bits = " BODY=8BITMIME" if not sealed.mail.isascii() and session.has_extn("8bitmime") else ""
    utf8 = " SMTPUTF8" if sealed.needs_utf8 else ""
    session.command_encoding = "utf-8" if sealed.needs_utf8 else "ascii"
    return (
        (Stage.SENDER, f"MAIL FROM:<{sealed.sender}>{eight_bits}{utf8}", 2),
        (Stage.RECIPIENT, f"RCPT TO:<{sealed.to}>", 2),
        (Stage.DATA, "DATA", 354),
    )


def _spoken(session: Session, reply: Reply, stage: Stage) -> Outcome:
    """The verdict; a server that says goodbye, or what cannot be understood, is not spoken to again."""
    if reply.code == 421 or reply.kind not in (4, 5):
        session.close()
    return verdict(reply, stage)


def _text(mail: bytes, *, eight_bits: bool) -> bytes:
    """As it goes over the line, but for the last dot: nothing in it can end it early."""
    if not (eight_bits or mail.isascii()):
        mail = message_from_bytes(mail, policy=SMTP.clone(cte_type="7bit")).as_bytes()
    lines = _LINE_END.sub(b"\r\n", mail)
    return _FIRST_DOT.sub(b"..", lines if lines.endswith(b"\r\n") else lines + b"\r\n")


def _not_connected(trouble: Exception) -> Outcome:
    """Why no connection could be had. Nothing of the letter was said."""
    match trouble:
        case smtplib.SMTPAuthenticationError() if trouble.smtp_code // 100 == 5:
            return _US(read_reply(trouble.smtp_code, _bytes(trouble.smtp_error)).detail)
        case smtplib.SMTPNotSupportedError():
            return _US("the server takes no login here")
        case smtplib.SMTPResponseException():
            reply = read_reply(trouble.smtp_code, _bytes(trouble.smtp_error))
            return (_LATER if reply.kind == 4 and reply.status and reply.status[0] == _POLICY else _DOWN)(reply.detail)
        case NoEncryption():
            return _DOWN("the server offers no encryption")
        case ssl.SSLCertVerificationError():
            return _DOWN("the server's certificate is not to be trusted")
        case _:
            return _DOWN("no connection")


def _bytes(words: bytes | str) -> bytes:
    return words if isinstance(words, bytes) else words.encode()
