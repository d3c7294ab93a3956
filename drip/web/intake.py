"""Calls on their way into the inbox: they wait together, and one writer takes all that wait in one transaction.

A commit costs as much for one event as for hundreds: whatever came while the last transaction was under way goes with
the next, and so does what comes in the same few milliseconds.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TypeAlias

from drip.flows.hear import Said
from drip.flows.take_in import TakenIn

MOST_AT_ONCE = 500
"""Events in one transaction; a call that holds more has one of its own."""

MOST_WAITING = 10_000
"""Events in memory that are not stored yet; further calls are asked to come again."""

GLANCE = 0.001
GLANCES = 10
"""How long, in seconds, and how often, it is looked whether calls are still coming before a transaction begins."""

Keep: TypeAlias = Callable[[Sequence[Said]], Sequence[TakenIn | None]]

log = logging.getLogger("drip.web")


@dataclass(frozen=True, slots=True, eq=False)
class _Waiting:
    call: Said
    answer: asyncio.Future[TakenIn | None] = field(repr=False)


class Intake:
    """Belongs to one event loop, which alone touches what is in it; only `keep` runs in another thread."""

    def __init__(self, keep: Keep) -> None:
        self._keep = keep
        self._thread = ThreadPoolExecutor(1, "bookings")
        self._waiting: deque[_Waiting] = deque()
        self._events = 0
        self._writer: asyncio.Task[None] | None = None

    async def take(self, call: Said) -> TakenIn | None:
        """What became of a call once it is stored, whole; None when nothing of it was.

        A caller that goes away meanwhile changes nothing: its call is stored, or not, like any other.
        """
        if self._events and self._events + call.size > MOST_WAITING:
            return None
        loop = asyncio.get_running_loop()
        one = _Waiting(call, loop.create_future())
        self._waiting.append(one)
        self._events += call.size
        if self._writer is None:
            self._writer = loop.create_task(self._write())
        return await one.answer

    async def _write(self) -> None:
        """Until nobody waits. Ends by itself, so that a server which stops has nothing to end."""
        try:
            while self._waiting:
                await self._let_come()
                await self._write_some(self._next())
        finally:
            self._writer = None

    async def _let_come(self) -> None:
        """Until none came for a moment, or there are enough."""
        for _ in range(GLANCES):
            before = self._events
            if before >= MOST_AT_ONCE:
                return
            await asyncio.sleep(GLANCE)
            if self._events == before:
                return

    def _next(self) -> list[_Waiting]:
        """Those that have waited longest, as many as fit."""
        some = [self._waiting.popleft()]
        size = some[0].call.size
        while self._waiting and size + self._waiting[0].call.size <= MOST_AT_ONCE:
            some.append(self._waiting.popleft())
            size += some[-1].call.size
        return some

    async def _write_some(self, some: list[_Waiting]) -> None:
        answers: Sequence[TakenIn | None] = [None] * len(some)
        try:
            calls = [one.call for one in some]
            answers = await asyncio.get_running_loop().run_in_executor(self._thread, self._keep, calls)
        except Exception as problem:  # it promised not to
            log.error("calls of booking systems could not be stored: %s", type(problem).__name__)
        finally:
            for one, answer in zip(some, answers, strict=True):
                self._events -= one.call.size
                if not one.answer.done():
                    one.answer.set_result(answer)
