"""The one way that HTTP goes out: pooled connections, one total deadline, and nothing tried twice."""

import io
import logging
import socket
import ssl
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from urllib3 import BaseHTTPResponse, HTTPConnectionPool, HTTPSConnectionPool, PoolManager, Timeout
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.util.connection import create_connection

IDLE_SECONDS = 20.0
"""An idle connection older than this may be half closed by someone in between: the next request opens another."""

_PIECE = 16_384
"""Bytes per write: one TLS record, so that the time left is looked at between records."""

for _name in ("urllib3", "requests", "twilio", "sendgrid", "python_http_client"):
    logging.getLogger(_name).setLevel(logging.WARNING)  # below this they write URLs, which hold phone numbers
logging.getLogger("urllib3.connection").setLevel(logging.ERROR)  # its one warning, of odd headers, holds the URL too


@dataclass(frozen=True, slots=True)
class Answer:
    """What a server answered, whole."""

    status: int
    headers: Mapping[str, str]
    """Names in lower case."""
    body: bytes = field(repr=False)


class NotSent(Exception):
    """Provably not a byte of the request was taken. `kind` is one word; no address or URL is ever in it."""

    def __init__(self, kind: str) -> None:
        super().__init__(kind)
        self.kind = kind


class NoAnswer(Exception):
    """The request may have been taken, and no whole answer came. `kind` is one word, without address or URL."""

    def __init__(self, kind: str) -> None:
        super().__init__(kind)
        self.kind = kind


class DeadlinePassed(TimeoutError):
    """The time for the whole request is used up."""


class AnswerTooLarge(Exception):
    """The answer is longer than any provider's answer to us should be."""


class TornHeaders(Exception):
    """The connection ended in the middle of the headers."""


class Transport:
    """Safe to call from many threads; at most `connections` requests to one host at a time, others wait their turn."""

    def __init__(
        self,
        *,
        deadline: float,
        connections: int,
        connect: float = 5.0,
        most: int = 1_000_000,
        running: Callable[[], float] = time.monotonic,
    ) -> None:
        self._deadline = deadline
        self._connect = connect
        self._most = most
        self._running = running
        # One context for all: to read the list of authorities for each connection would take 20 ms each time.
        self._pools = PoolManager(
            maxsize=connections, block=True, retries=False, ssl_context=ssl.create_default_context()
        )
        self._pools.pool_classes_by_scheme = {"http": _PlainPool, "https": _SecurePool}

    def request(self, method: str, url: str, *, headers: Mapping[str, str], body: bytes | None = None) -> Answer:
        """Ask once. Raises NotSent or NoAnswer, at the deadline at the latest (a slow name lookup excepted)."""
        turn = _Turn(self._running() + self._deadline, self._running)
        _this_thread.turn = turn
        try:
            return self._ask(turn, method, url, headers, body)
        except Exception as trouble:
            kind = _kind(trouble)
        finally:
            del _this_thread.turn
        # Raised out here so that nothing hangs on to what urllib3 raised: it holds the URL.
        raise NoAnswer(kind) if turn.has_begun else NotSent(kind)

    def close(self) -> None:
        """Close all connections. Safe to repeat; a later request opens them again."""
        self._pools.clear()

    def _ask(self, turn: "_Turn", method: str, url: str, headers: Mapping[str, str], body: bytes | None) -> Answer:
        left = turn.left()
        response = self._pools.urlopen(
            method,
            url,
            redirect=False,  # another host would be sent our credentials
            body=body,
            headers=headers,
            timeout=Timeout(connect=min(self._connect, left), read=left),
            pool_timeout=left,
            preload_content=False,
        )
        try:
            if not turn.has_headers:
                raise TornHeaders
            content = self._read(response)
        except BaseException:
            response.close()
            raise
        finally:
            response.release_conn()  # or its place in the pool would be lost
        return Answer(response.status, {name.lower(): value for name, value in response.headers.items()}, content)

    def _read(self, response: BaseHTTPResponse) -> bytes:
        content = bytearray()
        while piece := response.read(65_536):
            content += piece
            if len(content) > self._most:
                raise AnswerTooLarge
        return bytes(content)


class _Turn:
    """One request: the time it has left, whether any byte of it went out, whether the answer's headers came whole."""

    __slots__ = ("_deadline", "has_begun", "has_headers", "running")

    def __init__(self, deadline: float, running: Callable[[], float]) -> None:
        self._deadline = deadline
        self.running = running
        self.has_begun = False
        self.has_headers = False

    def left(self) -> float:
        """Seconds, more than none; DeadlinePassed when there are none."""
        left = self._deadline - self.running()
        if left <= 0:
            raise DeadlinePassed
        return left


class _ThisThread(threading.local):
    turn: _Turn


_this_thread = _ThisThread()
"""urllib3 makes the connections and has no way to hand them anything: they find their turn here."""


class _TimedSocket:
    """A connected socket, plain or TLS, whose every read and write may take only what is left of the turn.

    Timeouts of sockets are per call: a server that sends a byte a second would keep us for ever.
    """

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock
        self._last = b""
        self.used_at = _this_thread.turn.running()

    def sendall(self, content: bytes) -> None:
        turn, rest = _this_thread.turn, memoryview(content)
        while rest:
            self._sock.settimeout(turn.left())
            turn.has_begun = True
            self._sock.sendall(rest[:_PIECE])
            rest = rest[_PIECE:]
        self.used_at = turn.running()

    def read_into(self, read: Callable[[Any], int | None], buffer: Any) -> int | None:
        turn = _this_thread.turn
        self._sock.settimeout(turn.left())
        count = read(buffer)
        self.used_at = turn.running()
        if not turn.has_headers:
            # http.client takes the end of a torn connection for the end of the headers, half a line for a whole one.
            seen = self._last + bytes(buffer[: count or 0])
            turn.has_headers = b"\r\n\r\n" in seen or b"\n\n" in seen
            self._last = seen[-3:]
        return count

    def makefile(self, mode: str) -> io.BufferedReader:
        return io.BufferedReader(_TimedFile(self, self._sock.makefile("rb", buffering=0)))

    def settimeout(self, seconds: float | None) -> None:
        """The turn decides."""

    def fileno(self) -> int:
        return self._sock.fileno()

    def shutdown(self, how: int) -> None:
        self._sock.shutdown(how)

    def close(self) -> None:
        self._sock.close()


class _TimedFile(io.RawIOBase):
    """What is read from a timed socket; the socket stays open until this is closed too."""

    def __init__(self, sock: _TimedSocket, file: socket.SocketIO) -> None:
        super().__init__()
        self._sock = sock
        self._file = file

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        return self._sock.read_into(self._file.readinto, buffer)

    def close(self) -> None:
        if not self.closed:
            self._file.close()
        super().close()


class _Timed(HTTPConnection):
    """A connection that keeps to the turn of the thread that uses it."""

    def connect(self) -> None:
        super().connect()
        self.sock = _TimedSocket(self.sock)

    def _new_conn(self) -> socket.socket:
        return _open(self._dns_host, self.port, self.timeout)

    @property
    def is_connected(self) -> bool:
        return super().is_connected and _is_fresh(self.sock)


class _TimedSecure(_Timed, HTTPSConnection):
    """The same, encrypted."""


class _PlainPool(HTTPConnectionPool):
    ConnectionCls = _Timed


class _SecurePool(HTTPSConnectionPool):
    ConnectionCls = _TimedSecure


def _is_fresh(sock: object) -> bool:
    return isinstance(sock, _TimedSocket) and _this_thread.turn.running() - sock.used_at < IDLE_SECONDS


def _open(host: str, port: int, patience: float | None) -> socket.socket:
    """Connect to the first address of this host that answers. All addresses and the TLS handshake share the time."""
    turn = _this_thread.turn
    until = turn.running() + (patience or 0.0)
    addresses = [str(address[0]) for *_, address in socket.getaddrinfo(host.strip("[]"), port, type=socket.SOCK_STREAM)]
    trouble: OSError | None = None
    for tried, address in enumerate(addresses):
        left = min(until - turn.running(), turn.left())
        if left <= 0:
            break
        share = min(max(left / (len(addresses) - tried), _LEAST_SHARE), left)  # the first may be a black hole
        try:
            sock = create_connection((address, port), share, None, [_AT_ONCE])
        except OSError as refused:
            trouble = refused
            continue
        sock.settimeout(max(until - turn.running(), 0.001))
        return sock
    raise trouble or TimeoutError


_LEAST_SHARE = 1.0
"""Seconds that one address gets."""

_AT_ONCE: tuple[int, int, int | bytes] = (socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
"""A request goes out when it is written, not when more may come."""


def _kind(trouble: BaseException) -> str:
    """The class of what was at the bottom of it; its text may hold an address."""
    for _ in range(10):
        inner = next((part for part in trouble.args if isinstance(part, BaseException)), None) or trouble.__cause__
        if inner is None:
            break
        trouble = inner
    return type(trouble).__name__
