"""Calls to providers, under way in threads: as many at once as there are slots, and none of them all one channel's."""

import threading
from collections import Counter, deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor

from drip.clock import running
from drip.core.handover import Outcome
from drip.core.model import Channel

RESERVED = 4
"""One slot in so many is never taken by the same channel as the others: slow texts must not keep emails waiting."""

AHEAD_SECONDS = 0.25
"""How long a message that passed the gate may wait for a slot. A batch of many costs as much as a batch of few."""

FEW = 8
"""Whoever asks for fewer calls at once wants one after the other: nothing waits behind them."""

WORTH_FILLING = 4
"""One slot in so many, of those that may be filled, must be free before more is claimed. The slots go on while the next
batch is claimed, worded and gated: with half of them they ran dry in between (benchmarks/README.md)."""

MOST_AHEAD = 3
"""At most so many times the slots wait, however fast the provider is: after a crash each has to be found out about."""

SMOOTH = 0.1
"""How much the latest call says about how long the next one takes."""


class Calls:
    """Starts calls in turn. Safe to fill while calls are under way; an order is kept within a channel only."""

    def __init__(self, slots: int) -> None:
        self.slots = slots
        self._most = slots - slots // RESERVED
        self._lock = threading.Lock()
        self._waiting: dict[Channel, deque[tuple[Future[Outcome], Callable[[], Outcome]]]] = {
            channel: deque() for channel in Channel
        }
        self._under_way: Counter[Channel] = Counter()
        self._seconds: dict[Channel, float] = {}
        self._pool: ThreadPoolExecutor | None = None

    def free(self) -> int:
        """How many more of all channels together may be handed in."""
        with self._lock:
            load = self._under_way.total() + sum(map(len, self._waiting.values()))
            return self.slots - load + max(map(self._ahead, Channel))

    def room(self, channel: Channel) -> int:
        """How many more of a channel may be handed in: free slots, and what will be called within a moment.

        None while they are few: a batch of a few costs as many statements as a batch of many. But not so long that the
        slots run dry while the next batch is made.
        """
        with self._lock:
            load = {one: self._under_way[one] + len(waiting) for one, waiting in self._waiting.items()}
            ahead = self._ahead(channel)
            room = min(self._most - load[channel], self.slots - sum(load.values())) + ahead
            is_worth_filling = not load[channel] or room * WORTH_FILLING >= self._most + ahead
            return room if is_worth_filling else 0

    def _ahead(self, channel: Channel) -> int:
        """How many will be called within a moment, as fast as this channel's calls have been of late."""
        seconds = self._seconds.get(channel)
        if seconds is None or self.slots < FEW:
            return 0
        return min(int(self._most * AHEAD_SECONDS / max(seconds, 0.001)), MOST_AHEAD * self._most)

    def begin(self, channel: Channel, call: Callable[[], Outcome]) -> Future[Outcome]:
        """Call as soon as there is a slot."""
        future: Future[Outcome] = Future()
        with self._lock:
            self._waiting[channel].append((future, call))
            if self._pool is None:
                self._pool = ThreadPoolExecutor(self.slots, thread_name_prefix="hand-over")
        if self._under_way.total() < self.slots:
            self._pool.submit(self._work)
        return future

    def _work(self) -> None:
        """One call after the other, until none may begin."""
        while (taken := self._take()) is not None:
            channel, future, call = taken
            began = running()
            try:
                future.set_result(call())
            except BaseException as problem:
                future.set_exception(problem)
            self._done(channel, running() - began)

    def _take(self) -> tuple[Channel, Future[Outcome], Callable[[], Outcome]] | None:
        with self._lock:
            may_begin = [one for one, waiting in self._waiting.items() if waiting and self._under_way[one] < self._most]
            if not may_begin:
                return None
            channel = min(may_begin, key=lambda one: self._under_way[one])
            self._under_way[channel] += 1
            return (channel, *self._waiting[channel].popleft())

    def _done(self, channel: Channel, seconds: float) -> None:
        with self._lock:
            self._under_way[channel] -= 1
            before = self._seconds.get(channel, seconds)
            self._seconds[channel] = before + SMOOTH * (seconds - before)

    def close(self) -> None:
        """Wait for all that were begun."""
        if self._pool is not None:
            self._pool.shutdown(wait=True)
