"""Mail by SMTP, through the clinic's own server or a mail service. Replies and bounces come to a mailbox."""

import re
import ssl
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, tzinfo
from email import message_from_bytes
from email.policy import SMTP
from threading import BoundedSemaphore
from time import monotonic

from drip.core.ability import Ability
from drip.core.evidence import Lost, Trace
from drip.core.handover import Accepted, NotTaken, Outcome, Refused, Unknown
from drip.core.letter import Letter
from drip.core.model import Channel
from drip.core.news import Callback, News
from drip.core.reason import Reason
from drip.providers.mail import as_mail, refusal
from drip.providers.mail_server import MailServer, read_address
from drip.providers.smtp_answers import ADDRESS, DOWN, US, Reply, Stage, not_connected, read_reply, verdict
from drip.providers.smtp_session import Pool, Session

_LINE_END = re.compile(rb"\r\n|\r|\n")
_FIRST_DOT = re.compile(rb"^\.", re.MULTILINE)
_EXAMPLE = "smtps://user:password@mail.example.org:465 or smtp://user:password@mail.example.org:587"


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
            return not_connected(trouble)
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
        return (ADDRESS if not sealed.to.isascii() else US)("the server takes no address like this")
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
        return Unknown("no answer to the mail") if stage is Stage.TEXT else DOWN("the connection broke")
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
