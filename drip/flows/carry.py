"""Calls under way: letters go out as there are free slots, answers come back as they arrive."""

import logging
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from typing import Self

from drip.app import App
from drip.clock import running
from drip.core.handover import NotTaken, Outcome, Unknown
from drip.core.model import Channel
from drip.core.reason import Reason
from drip.core.slots import Slots, sure_of
from drip.flows.gate import Passed

log = logging.getLogger("drip.send")

LOOK_AGAIN = 0.5
"""Seconds after which free slots are offered again, however few: something may have become due since."""

Answer = tuple[Passed, Outcome]


class Carrier:
    """Calls providers for messages that passed the gate, with no transaction open.

    A provider on the network is called by as many threads as there are slots; any other at once, in this thread.
    """

    def __init__(self, app: App) -> None:
        self._deadline = app.limits.deadline.total_seconds()
        self._is_remote = any(provider.ability.is_remote for provider in app.each_provider)
        self._slots = app.limits.concurrency if self._is_remote else app.limits.batch
        self._pool: ThreadPoolExecutor | None = None
        self._under_way: dict[Future[Outcome], Passed] = {}
        self._answered: list[Answer] = []
        self._rates: Mapping[Channel, float] = {}
        self._ready: frozenset[Channel] = frozenset()
        self._offered_at = running()

    @property
    def free(self) -> int:
        """How many more may be handed over now."""
        return self._shared.free

    @property
    def is_worth_filling(self) -> bool:
        """A batch of a few costs as many statements as a batch of many."""
        shared = self._shared
        is_long_ago = running() - self._offered_at >= LOOK_AGAIN
        return (
            shared.free * 2 >= self._slots
            or any(shared.worth_claiming(channel) for channel in self._ready)
            or (shared.free > 0 and is_long_ago)
        )

    def offer(self, due: Mapping[Channel, float], ready: Collection[Channel]) -> Mapping[Channel, int]:
        """How many more of each channel may be handed over, while these have something due.

        `due`: by channel, how much it may carry a second; 0 is as much as it likes. `ready`: those whose rate does not
        hold them back at the moment. What goes by no network is over at once, and needs no slot kept for it.
        """
        self._rates, self._ready, self._offered_at = dict(due), frozenset(ready), running()
        shared = self._shared
        return {channel: shared.worth_claiming(channel) if self._is_remote else shared.free for channel in due}

    @property
    def _shared(self) -> Slots:
        under_way = Counter(one.letter.channel for one in self._under_way.values())
        sure = {channel: sure_of(self._slots, len(self._rates), rate) for channel, rate in self._rates.items()}
        return Slots(number=self._slots, under_way=under_way, sure=sure)

    @property
    def is_idle(self) -> bool:
        """Nothing is under way, and every answer has been collected."""
        return not self._under_way and not self._answered

    def carry(self, passed: Sequence[Passed], gated_at: float) -> None:
        """Hand these over. They passed the gate at `gated_at`, by the clock that a changed time does not move."""
        calls = [(one, self._call(one, gated_at)) for one in passed]
        if not self._is_remote:
            self._answered += [(one, call()) for one, call in calls]
            return
        if self._pool is None:
            self._pool = ThreadPoolExecutor(self._slots, thread_name_prefix="hand-over")
        for one, call in calls:
            self._under_way[self._pool.submit(call)] = one

    def collect(self, longest: float | None = None) -> list[Answer]:
        """The answers that are there, after waiting for at least one if any call is under way; at most `longest` s."""
        if not self._answered and self._under_way:
            wait(self._under_way, timeout=longest, return_when=FIRST_COMPLETED)
        for future in [future for future in self._under_way if future.done()]:
            self._answered.append((self._under_way.pop(future), future.result()))
        answers, self._answered = self._answered, []
        return answers

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *problem: object) -> None:
        if self._pool is not None:
            self._pool.shutdown(wait=True)

    def _call(self, one: Passed, gated_at: float) -> Callable[[], Outcome]:
        def call() -> Outcome:
            # The last line before the socket: a worker that slept through its deadline must not call any more.
            if running() - gated_at > self._deadline:
                return NotTaken(Reason.NOT_CALLED)
            return hand_over(one)

        return call


def hand_over(one: Passed) -> Outcome:
    """Call the provider. The answer is a value, whatever happens."""
    try:
        return one.road.provider.hand_over(one.letter)
    except Exception as problem:  # an adapter's mistake: it may have gone, so it is not tried again blindly
        log.error("attempt %s ended without an answer: %s", one.attempt.id, type(problem).__name__)
        return Unknown(type(problem).__name__)
