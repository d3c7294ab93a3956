"""Where a mail server is, and a connection to it that never takes longer, or brings more, than it may."""

import ipaddress
import socket
import ssl
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from time import monotonic
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

_PIECE = 16_384
"""Bytes per write: one TLS record, so that the time left is looked at between records."""

_SHARE = 3
"""One address of a server may take a third of the time, so that a dead one leaves time for another."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MailServer:
    """Read from an address such as `smtps://user:password@mail.example.org:465`."""

    scheme: str
    host: str
    port: int
    user: str = field(default="", repr=False)
    password: str = field(default="", repr=False)
    path: str = ""
    options: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_loopback(self) -> bool:
        """Whether it is on this machine, so that nobody else is on the line."""
        if self.host == "localhost":
            return True
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return False


def read_address(url: str, *, ports: Mapping[str, int], example: str) -> MailServer:
    """The server that a setting names; `ports` has the schemes. ValueError never repeats any of it."""
    try:
        return _server(urlsplit(url.strip()), ports)
    except ValueError:
        pass
    raise ValueError(f"write it as {example}, with %40 for an @ and %2F for a / in the user or password")


def _server(parts: SplitResult, ports: Mapping[str, int]) -> MailServer:
    user, password = unquote(parts.username or ""), unquote(parts.password or "")
    host, path = parts.hostname or "", unquote(parts.path).strip("/")
    options = dict(parse_qsl(parts.query, keep_blank_values=True, strict_parsing=True)) if parts.query else {}
    written = user + password + host + path
    if parts.scheme not in ports or not host or parts.fragment or bool(user) is not bool(password):
        raise ValueError
    if not (written.isascii() and written.isprintable()) or parts.port == 0:
        raise ValueError
    return MailServer(
        scheme=parts.scheme,
        host=host,
        port=parts.port or ports[parts.scheme],
        user=user,
        password=password,
        path=path,
        options=options,
    )


class TooMuch(OSError):
    """The other side sends more than anybody needs to say."""


class Wire:
    """A connection that the standard library's mail clients take for a socket, and for the file it is read as.

    Their own timeouts are for each read and write: a server that sends a letter a second would never run into one.
    """

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock
        self._read = b""
        self._until = 0.0
        self._left = 0

    def allow(self, *, until: float, most: int) -> None:
        """Until when it may be used (as `time.monotonic` counts), and how many bytes may still come."""
        self._until, self._left = until, most

    @property
    def local_address(self) -> str:
        """Ours, on this connection."""
        return str(self._sock.getsockname()[0])

    @property
    def is_stale(self) -> bool:
        """Whether something came that nobody asked for, such as a goodbye, or the line is broken."""
        try:
            self._sock.settimeout(0)
            return bool(self._read) or len(self._sock.recv(1)) >= 0
        except (BlockingIOError, ssl.SSLWantReadError):
            return False
        except OSError:
            return True

    def encrypt(self, context: ssl.SSLContext, host: str) -> None:
        """Speak TLS from here on; whatever was said before it is forgotten."""
        self._wait()
        self._read = b""
        self._sock = context.wrap_socket(self._sock, server_hostname=host)

    def sendall(self, content: bytes) -> None:
        """All of it, before the time is up."""
        for start in range(0, len(content), _PIECE):
            self._wait()
            self._sock.sendall(content[start : start + _PIECE])

    def readline(self, limit: int = 10_000) -> bytes:
        """The next line; what there is of one, if it is longer than the limit or the other side has gone."""
        while (ends := self._read.find(b"\n") + 1) == 0 and len(self._read) < limit and self._receive():
            pass
        return self._take(min(ends or len(self._read), limit))

    def read(self, size: int) -> bytes:
        """So many bytes; fewer only if the other side has gone."""
        if size > self._left + len(self._read):
            raise TooMuch
        pieces = [self._take(size)]
        missing = size - len(pieces[0])
        while missing and self._receive():
            pieces.append(self._take(missing))
            missing -= len(pieces[-1])
        return b"".join(pieces)

    def makefile(self, mode: str = "rb") -> "Wire":
        """It is read as it is."""
        return self

    def close(self) -> None:
        """Let go. Safe to repeat."""
        with suppress(OSError):
            self._sock.close()

    def _take(self, size: int) -> bytes:
        taken, self._read = self._read[:size], self._read[size:]
        return taken

    def _receive(self) -> bool:
        self._wait()
        piece = self._sock.recv(65_536)
        self._left -= len(piece)
        if self._left < 0:
            raise TooMuch
        self._read += piece
        return bool(piece)

    def _wait(self) -> None:
        self._sock.settimeout(_time_left(self._until))


def connect(server: MailServer, context: ssl.SSLContext, *, until: float, most: int) -> Wire:
    """A connection, encrypted at once where the scheme says so. OSError where none can be had in time."""
    sock = _dial(server, until)
    wire = Wire(sock)
    wire.allow(until=until, most=most)
    try:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if server.scheme in ("smtps", "imaps"):
            wire.encrypt(context, server.host)
    except BaseException:
        wire.close()
        raise
    return wire


def _dial(server: MailServer, until: float) -> socket.socket:
    trouble: OSError | None = None
    for family, kind, protocol, _, address in socket.getaddrinfo(server.host, server.port, type=socket.SOCK_STREAM):
        left = _time_left(until)
        sock = socket.socket(family, kind, protocol)
        try:
            sock.settimeout(left / _SHARE)
            sock.connect(address)
        except OSError as problem:
            sock.close()
            trouble = problem
            continue
        return sock
    raise trouble or OSError("the server has no address")


def _time_left(until: float) -> float:
    left = until - monotonic()
    if left <= 0:
        raise TimeoutError
    return left
