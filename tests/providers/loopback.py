"""A server on this machine that answers as a test tells it to, also in ways that no server should."""

import contextlib
import socket
import ssl
import struct
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias
from urllib.parse import parse_qsl, urlsplit

Misdeed: TypeAlias = Callable[[socket.socket], None]


@dataclass(frozen=True, slots=True)
class Asked:
    """A request as it arrived."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes = field(repr=False)

    @property
    def query(self) -> dict[str, str]:
        return dict(parse_qsl(urlsplit(self.target).query, keep_blank_values=True))

    @property
    def form(self) -> dict[str, str]:
        return dict(parse_qsl(self.body.decode(), keep_blank_values=True))


Script: TypeAlias = Callable[[Asked], bytes | Misdeed]


class Loopback:
    """One thread per connection; connections stay open as long as the client likes, or until `drop`."""

    def __init__(self, script: Script, *, tls: ssl.SSLContext | None = None) -> None:
        self.script = script
        self.asked: list[Asked] = []
        self.connections = 0
        self._tls = tls
        self._open: set[socket.socket] = set()
        self._door = socket.create_server(("127.0.0.1", 0), backlog=256)
        self.port: int = self._door.getsockname()[1]
        self.url = f"{'https' if tls else 'http'}://127.0.0.1:{self.port}"
        threading.Thread(target=self._welcome, daemon=True).start()

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self._door.shutdown(socket.SHUT_RDWR)
        self._door.close()
        for connection in list(self._open):
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def _welcome(self) -> None:
        while True:
            try:
                connection, _ = self._door.accept()
            except OSError:
                return
            self.connections += 1
            self._open.add(connection)
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, plain: socket.socket) -> None:
        connection = plain
        try:
            if self._tls:
                connection = self._tls.wrap_socket(plain, server_side=True)
            with connection, connection.makefile("rb") as incoming:
                while (asked := _read(incoming.readline, incoming.read)) is not None:
                    self.asked.append(asked)
                    answer = self.script(asked)
                    if not isinstance(answer, bytes):
                        answer(connection)
                        return
                    connection.sendall(answer)
        except OSError:
            pass
        finally:
            self._open.discard(plain)
            plain.close()


@contextlib.contextmanager
def serving(script: Script, *, tls: ssl.SSLContext | None = None) -> Iterator[Loopback]:
    """A server for the length of a test."""
    server = Loopback(script, tls=tls)
    try:
        yield server
    finally:
        server.close()


def http(status: int, body: bytes | str = b"", **headers: str) -> bytes:
    """An answer in good order; `retry_after=` becomes `Retry-After`."""
    content = body.encode() if isinstance(body, str) else body
    lines = [f"HTTP/1.1 {status} Whatever", f"Content-Length: {len(content)}"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + content


def reset(connection: socket.socket) -> None:
    """Hang up as a crashed server does."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


def hang_up(connection: socket.socket) -> None:
    """Close politely, having said nothing."""


def trickle(content: bytes, every: float = 0.02) -> Misdeed:
    """One byte at a time: no single read ever takes long."""

    def drip(connection: socket.socket) -> None:
        for byte in content:
            connection.sendall(bytes([byte]))
            time.sleep(every)

    return drip


def say(content: bytes) -> Misdeed:
    """These bytes and no more, then close."""
    return lambda connection: connection.sendall(content)


def _read(line: Callable[[], bytes], read: Callable[[int], bytes]) -> Asked | None:
    first = line()
    if not first.strip():
        return None
    method, target, _ = first.decode().split(" ", 2)
    headers = {}
    while (header := line()).strip():
        name, _, value = header.decode().partition(":")
        headers[name.lower()] = value.strip()
    return Asked(method, target, headers, read(int(headers.get("content-length", "0"))))
