"""A mailbox over IMAP, in which replies to our mails and mails that came back are found."""

import imaplib
import re
import ssl
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from socket import socket
from time import monotonic
from typing import Any, TypeVar, cast

from drip.core.news import News
from drip.providers.inbound_mail import read_inbound
from drip.providers.mail_server import MailServer, Wire, connect, read_address

MOST_OF_A_MAIL = 2_000_000
"""Bytes of one mail that are fetched: what patients write comes before what they attach."""

MOST_AT_ONCE = 20_000_000
"""Bytes fetched at once, so that fifty photographs do not fill the memory."""

_MOST_ANSWERED = 2 * MOST_OF_A_MAIL
"""Bytes of any one answer."""

_EXAMPLE = "imaps://user:password@mail.example.org:993/INBOX"
_NUMBER = re.compile(rb"[1-9][0-9]{0,9}")

_T = TypeVar("_T")


class MailboxAway(Exception):
    """It cannot be read now. Says why in a few words, and holds no address, password or words of the server."""

    def __init__(self, kind: str) -> None:
        super().__init__(kind)
        self.kind = kind


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """One mail that nobody had read yet."""

    uid: str
    """Its name in this mailbox, good for as long as the mailbox is the same one."""
    raw: bytes = field(repr=False)


class Mailbox:
    """Mails that are unread, each until it is done with. Whatever goes wrong is MailboxAway; not for several threads.

    A mail is fetched again until `done` was told of it, whatever happens in between.
    """

    def __init__(self, url: str, *, deadline: float = 30.0, context: ssl.SSLContext | None = None) -> None:
        self._server = _read_server(url)
        self._deadline = deadline
        self._context = context or ssl.create_default_context()
        self._line: _Line | None = None
        self._done: set[str] = set()

    def fetch(self, limit: int = 50) -> list[Fetched]:
        """The oldest unread mails. Fewer than there are, where time or room ran out."""
        self.close()
        until = monotonic() + self._deadline
        uids = self._ask(until, _Line.unread)
        self._done &= set(uids)  # a server that forgets what was read must not keep us busy for ever
        fetched: list[Fetched] = []
        size = 0
        for one in self._mails([uid for uid in uids if uid not in self._done], until):
            fetched.append(one)
            size += len(one.raw)
            if len(fetched) >= limit or size >= MOST_AT_ONCE:
                break
        return fetched

    def done(self, uids: Collection[str]) -> None:
        """Mark these as read: what they said is stored."""
        if not uids:
            return
        until = monotonic() + self._deadline
        try:
            self._ask(until, lambda line: line.mark(uids))
        except MailboxAway:
            self._ask(until, lambda line: line.mark(uids))  # the line may have been old; marking twice is marking
        self._done |= set(uids)

    def news(self, fetched: Sequence[Fetched]) -> News:
        """What these mails tell us. Never raises, whatever they hold."""
        told = [read_inbound(one.raw, provider="mailbox") for one in fetched]
        return News(
            receipts=tuple(receipt for one in told for receipt in one.receipts),
            replies=tuple(reply for one in told for reply in one.replies),
        )

    def close(self) -> None:
        """Let go of the connection. Safe to repeat."""
        line, self._line = self._line, None
        if line is not None:
            line.leave()

    def _mails(self, uids: Sequence[str], until: float) -> Iterator[Fetched]:
        """One after the other. Trouble after the first only ends them: what is here is taken care of first."""
        any_came = False
        for uid in uids:
            try:
                raw = self._ask(until, partial(_Line.mail, uid=uid))
            except MailboxAway:
                if any_came:
                    return
                raise
            if raw is not None:
                any_came = True
                yield Fetched(uid=uid, raw=raw)

    def _ask(self, until: float, question: Callable[["_Line"], _T]) -> _T:
        """An answer on the connection there is, or on a new one; else MailboxAway, and no connection is left."""
        try:
            if self._line is None:
                self._line = _open_line(self._server, self._context, until)
            self._line.allow(until)
            return question(self._line)
        except Exception as trouble:  # the standard library raises a dozen kinds for what a server may say
            kind = _kind(trouble)
        line, self._line = self._line, None
        if line is not None:
            line.shutdown()
        raise MailboxAway(kind)


def _read_server(url: str) -> MailServer:
    server = read_address(url, ports={"imaps": 993, "imap": 143}, example=_EXAMPLE)
    if server.options or not server.user:
        raise ValueError(f"write it as {_EXAMPLE}")
    if server.scheme == "imap" and not server.is_loopback:
        raise ValueError("imap:// is only for a server on this machine: elsewhere write imaps://")
    return server


def _kind(trouble: Exception) -> str:
    match trouble:
        case MailboxAway():
            return trouble.kind
        case ssl.SSLCertVerificationError():
            return "the certificate is not to be trusted"
        case TimeoutError():
            return "no answer in time"
        case imaplib.IMAP4.readonly():
            return "nothing can be marked in this folder"
        case imaplib.IMAP4.abort() | OSError():
            return "no connection"
        case _:
            return "an answer that makes no sense"


class _Line(imaplib.IMAP4):
    """One connection, over a wire that keeps to its time."""

    def __init__(self, wire: Wire, server: MailServer) -> None:
        self._wire = wire
        self._validity = "0"
        super().__init__(server.host, server.port)  # reads the greeting

    def open(self, host: str = "", port: int = 0, timeout: float | None = None) -> None:
        self.sock = cast(socket, self._wire)

    def read(self, size: int) -> bytes:
        return self._wire.read(size)

    def readline(self) -> bytes:
        return self._wire.readline(_MOST_ANSWERED)

    def send(self, data: bytes) -> None:  # type: ignore[override]
        self._wire.sendall(data)

    def shutdown(self) -> None:
        self._wire.close()

    def allow(self, until: float) -> None:
        """Until when the next answer may take."""
        self._wire.allow(until=until, most=_MOST_ANSWERED)

    def enter(self, server: MailServer) -> None:
        """Log in and open the folder, so that what is read can be marked."""
        self._ask(lambda: self.login(_quoted(server.user), server.password), "the login was refused")
        self._ask(lambda: self.select(_quoted(server.path or "INBOX")), "there is no such folder")
        validity = self.response("UIDVALIDITY")[1][0]
        self._validity = validity.decode("ascii", "replace") if isinstance(validity, bytes) else ""

    def unread(self) -> list[str]:
        """The names of the unread mails, oldest first."""
        found = self._uid("SEARCH", "UNSEEN")
        numbers = _NUMBER.findall(b" ".join(one for one in found if isinstance(one, bytes)))
        return [f"{self._validity}.{number}" for number in sorted({int(one) for one in numbers})]

    def mail(self, uid: str) -> bytes | None:
        """A mail as it came, its beginning if it is very long; None if it has gone."""
        number = self._number(uid)
        answer = self._uid("FETCH", number, f"(UID BODY.PEEK[]<0.{MOST_OF_A_MAIL}>)") if number else []
        return next((one[1] for one in answer if isinstance(one, tuple) and b"BODY[" in one[0].upper()), None)

    def mark(self, uids: Collection[str]) -> None:
        """As read."""
        numbers = [number for number in map(self._number, uids) if number]
        if numbers:
            self._uid("STORE", ",".join(numbers), r"+FLAGS.SILENT (\Seen)")

    def leave(self) -> None:
        """Say goodbye, and do not wait for the answer."""
        with suppress(OSError):
            self.allow(monotonic() + 1)
            self.send(b"Z LOGOUT\r\n")
        self.shutdown()

    def _number(self, uid: str) -> str:
        """Of a mail in this mailbox; nothing where it was another one's, made anew under the same name."""
        validity, _, number = uid.partition(".")
        return number if validity == self._validity else ""

    def _uid(self, command: str, *words: str) -> Sequence[Any]:
        return self._ask(lambda: self.uid(command, *words), "the server would not")

    def _ask(self, command: Callable[[], tuple[str, Sequence[Any]]], otherwise: str) -> Sequence[Any]:
        try:
            kind, answer = command()
        except (self.abort, self.readonly):
            raise
        except self.error:
            raise MailboxAway(otherwise) from None
        if kind != "OK":
            raise MailboxAway(otherwise)
        return answer


def _open_line(server: MailServer, context: ssl.SSLContext, until: float) -> _Line:
    wire = connect(server, context, until=until, most=_MOST_ANSWERED)
    try:
        line = _Line(wire, server)
        line.enter(server)
    except BaseException:
        wire.close()
        raise
    return line


def _quoted(words: str) -> str:
    escaped = words.replace("\\", r"\\").replace('"', r"\"")
    return f'"{escaped}"'
