"""Connections to an SMTP server that are kept for the next letter, each good for one letter at a time."""

import smtplib
import socket
import ssl
from threading import Lock
from time import monotonic
from typing import cast

from drip.providers.mail_server import MailServer, Wire, connect

IDLE_SECONDS = 20.0
"""A connection that has been idle for longer may be half closed by someone in between."""

MOST_LETTERS = 50
"""On one connection: servers turn away whoever stays for too many."""

_MOST_ANSWERS = 100_000
"""Bytes that a server may answer to one letter, the greeting included."""

_OK, _READY = 250, 220


class NoEncryption(OSError):
    """The server offers no STARTTLS, and it is not on this machine."""


class Session(smtplib.SMTP):
    """One connection, greeted, encrypted and logged in."""

    def __init__(self, wire: Wire) -> None:
        # Our name is only said in the greeting. An address needs no look-up, and tells nothing of this machine's name.
        literal = f"IPv6:{wire.local_address}" if ":" in wire.local_address else wire.local_address
        super().__init__(local_hostname=f"[{literal}]")
        self.wire = wire
        self.sock = cast(socket.socket, wire)
        self.idle_since = 0.0
        self.letters = 0

    def expect_greeting(self) -> None:
        """SMTPConnectError where the server does not want us."""
        code, words = self.getreply()
        if code != _READY:
            raise smtplib.SMTPConnectError(code, words)
        self.ehlo_or_helo_if_needed()

    def encrypt(self, context: ssl.SSLContext, host: str) -> None:
        """STARTTLS, and the greeting again: what was said before it could have been said by anybody."""
        code, words = self.docmd("STARTTLS")
        if code != _READY:
            raise smtplib.SMTPResponseException(code, words)
        self.wire.encrypt(context, host)
        self.ehlo_resp = self.helo_resp = None
        self.esmtp_features = {}
        self.does_esmtp = False
        self.ehlo_or_helo_if_needed()

    def is_fit(self) -> bool:
        """Whether the next letter may go on this connection, as far as can be seen without asking."""
        fresh = monotonic() - self.idle_since <= IDLE_SECONDS and self.letters < MOST_LETTERS
        return fresh and self.sock is not None and not self.wire.is_stale

    def leave(self) -> None:
        """Say goodbye, and do not wait for the answer."""
        try:
            self.wire.allow(until=monotonic() + 1, most=0)
            self.putcmd("QUIT")
        except OSError:
            pass
        finally:
            self.close()


def open_session(server: MailServer, context: ssl.SSLContext, *, until: float) -> Session:
    """A new connection, ready for a letter. OSError, or ValueError where the server speaks no SMTP."""
    session = Session(connect(server, context, until=until, most=_MOST_ANSWERS))
    try:
        session.expect_greeting()
        if server.scheme == "smtp" and server.options.get("starttls") != "no":
            if session.has_extn("starttls"):
                session.encrypt(context, server.host)
            elif not server.is_loopback:
                raise NoEncryption
        if server.user:
            session.login(server.user, server.password)
    except BaseException:
        session.close()
        raise
    return session


class Pool:
    """The idle connections to one server. Safe to call from several threads at once."""

    def __init__(self, server: MailServer, context: ssl.SSLContext) -> None:
        self._server = server
        self._context = context
        self._idle: list[Session] = []
        self._lock = Lock()

    def take(self, *, until: float) -> Session:
        """A connection for one letter, the last used first. OSError or ValueError where none can be had."""
        while (session := self._pop()) is not None:
            session.wire.allow(until=until, most=_MOST_ANSWERS)
            if session.is_fit() and _is_reset(session):
                return session
            session.leave()
        return open_session(self._server, self._context, until=until)

    def give_back(self, session: Session) -> None:
        """Keep it for the next letter, if it is still open."""
        if session.sock is None:
            return
        session.idle_since = monotonic()
        session.letters += 1
        with self._lock:
            self._idle.append(session)

    def close(self) -> None:
        """Let go of those that are idle. Safe to repeat."""
        while (session := self._pop()) is not None:
            session.leave()

    def _pop(self) -> Session | None:
        with self._lock:
            return self._idle.pop() if self._idle else None


def _is_reset(session: Session) -> bool:
    try:
        return session.rset()[0] == _OK
    except (OSError, ValueError):
        return False
