"""HTTP/1.1 on one connection: requests in, answers out, and the ways in which an answer can go wrong on the wire."""

import asyncio
import contextlib
import socket
import struct
from dataclasses import dataclass, field
from typing import Protocol

import h11

from drip.sandbox.faults import Fault, Manner

MOST_BYTES = 30 * 1024 * 1024
"""The largest request that is read: what SendGrid takes."""
IDLE_SECONDS = 75.0
HANG_SECONDS = 3600.0
_RESET_ON_CLOSE = struct.pack("ii", 1, 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One request, whole. Everything in it may be personal or secret."""

    method: str
    path: str = field(repr=False)
    query: str = field(repr=False)
    headers: dict[str, str] = field(repr=False)
    """Names in lower case; of a repeated one, the last."""
    body: bytes = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What goes back, how, and after how many seconds."""

    status: int = 200
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = field(default=b"", repr=False)
    manner: Manner = Manner.WHOLE
    after: float = 0
    gap: float = 1
    """Seconds between bytes, when they drip."""


class Site(Protocol):
    """What answers requests. Everything happens on one thread, so it never waits."""

    def plan(self, method: str, path: str) -> Fault:
        """What is to become of a request. Asked once, before its body is read."""

    def answer(self, request: Request, fault: Fault) -> Answer:
        """What to answer."""


async def converse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, site: Site) -> None:
    """One connection, from its first request to its end, whatever comes in on it."""
    conversation = _Conversation(reader, writer, site)
    try:
        await conversation.hold()
    except h11.RemoteProtocolError as error:
        conversation.say_not_http(error.error_status_hint)
    except (OSError, TimeoutError, asyncio.CancelledError):
        writer.transport.abort()
    finally:
        writer.close()


class _Conversation:
    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, site: Site) -> None:
        self._reader, self._writer, self._site = reader, writer, site
        self._http = h11.Connection(h11.SERVER)

    async def hold(self) -> None:
        while await self._one_request():
            self._http.start_next_cycle()

    async def _one_request(self) -> bool:
        """Whether another may follow."""
        head = await self._event()
        if not isinstance(head, h11.Request):
            return False
        method = head.method.decode("ascii")
        path, _, query = head.target.decode("ascii").partition("?")
        fault = self._site.plan(method, path)
        if fault.is_unread:
            self._reset()
            return False
        body = await self._body()
        if body is None:
            await self._give(TOO_LARGE)
            return False
        headers = {name.decode("ascii"): value.decode("latin-1") for name, value in head.headers}
        request = Request(method=method, path=path, query=query, headers=headers, body=body)
        answer = self._site.answer(request, fault)
        if answer.after:
            await asyncio.sleep(answer.after)
        await self._give(answer, with_body=method != "HEAD")
        return self._http.our_state is h11.DONE and self._http.their_state is h11.DONE

    async def _body(self) -> bytes | None:
        """None when it is longer than anyone would take."""
        body = bytearray()
        while isinstance(event := await self._event(), h11.Data):
            body += event.data
            if len(body) > MOST_BYTES:
                return None
        return bytes(body)

    async def _event(self) -> h11.Event | type[h11.PAUSED]:
        while (event := self._http.next_event()) is h11.NEED_DATA:
            if self._http.they_are_waiting_for_100_continue:
                self._writer.write(self._http.send(h11.InformationalResponse(status_code=100, headers=[])) or b"")
            async with asyncio.timeout(IDLE_SECONDS):
                self._http.receive_data(await self._reader.read(65536))
        return event  # type: ignore[return-value]

    async def _give(self, answer: Answer, *, with_body: bool = True) -> None:
        match answer.manner:
            case Manner.WHOLE:
                self._writer.write(self._bytes_of(answer, with_body=with_body))
                await self._writer.drain()
            case Manner.DRIP:
                await self._drip(self._bytes_of(answer), answer.gap)
            case Manner.CUT:
                whole = self._bytes_of(answer)
                self._writer.write(whole[: len(whole) // 2])
            case Manner.RESET:
                self._reset()
            case Manner.HANG:
                await self._hang()
            case Manner.CLOSE:
                pass
        if answer.manner not in (Manner.WHOLE, Manner.DRIP):
            self._http.send_failed()

    def _bytes_of(self, answer: Answer, *, with_body: bool = True) -> bytes:
        headers = [*answer.headers, ("Content-Length", str(len(answer.body)))]
        head = self._http.send(h11.Response(status_code=answer.status, headers=headers)) or b""
        body = self._http.send(h11.Data(data=answer.body)) if with_body and answer.body else None
        return head + (body or b"") + (self._http.send(h11.EndOfMessage()) or b"")

    async def _drip(self, whole: bytes, gap: float) -> None:
        for byte in whole:
            self._writer.write(bytes((byte,)))
            await self._writer.drain()
            await asyncio.sleep(gap)

    async def _hang(self) -> None:
        async with asyncio.timeout(HANG_SECONDS):
            while await self._reader.read(65536):
                pass

    def _reset(self) -> None:
        # Closing alone would end the connection politely: lingering for no time makes it a reset.
        sock = self._writer.get_extra_info("socket")
        with contextlib.suppress(OSError):
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
        self._writer.transport.abort()

    def say_not_http(self, status: int) -> None:
        with contextlib.suppress(h11.LocalProtocolError):
            self._writer.write(self._bytes_of(Answer(status=status, body=b"not HTTP as this server speaks it\n")))


TOO_LARGE = Answer(
    status=413,
    headers=(("Content-Type", "text/html"),),
    body=b"<html><head><title>413 Request Entity Too Large</title></head></html>",
)
