"""How much is read, for how long, and how often something is logged, whatever the outside does."""

import asyncio
import threading
from collections.abc import Callable

from fastapi import HTTPException
from starlette.requests import Request

from drip.clock import running

BODY_SECONDS = 20
"""How long a body may take to arrive."""
LOG_SECONDS = 60


async def read_body(request: Request, most: int) -> bytes:
    """The whole body. 413 as soon as it is certain to be too large, and 408 when it does not come."""
    announced = request.headers.get("content-length", "")
    if announced.isdecimal() and int(announced) > most:
        raise HTTPException(413, "too large")
    body = bytearray()
    try:
        async with asyncio.timeout(BODY_SECONDS):
            async for chunk in request.stream():
                body += chunk
                if len(body) > most:
                    raise HTTPException(413, "too large")
    except TimeoutError:
        raise HTTPException(408, "too slow") from None
    return bytes(body)


class Seldom:
    """Says yes once a minute for each name, so that nobody can fill the log from outside. Safe between threads."""

    def __init__(self, seconds: Callable[[], float] = running) -> None:
        self._seconds = seconds
        self._lock = threading.Lock()
        self._last: dict[str, float] = {}
        self._missed: dict[str, int] = {}

    def may_log(self, name: str) -> int | None:
        """How many times it said no since the last yes; None is a no. Names are ours, not the caller's."""
        now = self._seconds()
        with self._lock:
            if name in self._last and now - self._last[name] < LOG_SECONDS:
                self._missed[name] = self._missed.get(name, 0) + 1
                return None
            self._last[name] = now
            return self._missed.pop(name, 0)
