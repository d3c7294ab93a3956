"""Calls under way: letters go out as there are free slots, answers come back as they arrive."""

import logging
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from typing import Self

from drip.app import App
from drip.clock import running
from drip.core.handover import NotTaken, Outcome, Unknown
from drip.core.model import Channel
from drip.core.reason import Reason
from drip.flows.calls import Calls
from drip.flows.gated import Passed
from drip.flows.journal import Journal

LOOK_AGAIN = 0.25
"""Seconds after which a channel that had nothing due is looked at again, while others are busy."""

GATHER = 0.02
"""Seconds in which more answers are waited for once there is one: writing down many costs as much as one."""

log = logging.getLogger("drip.send")

Answer = tuple[Passed, Outcome]


class Carrier:
    """Calls providers for messages that passed the gate, with no transaction open.

    A provider on the network is called by as many threads as there are slots; any other at once, in this thread.
    """

    def __init__(self, app: App) -> None:
        self._deadline = app.limits.deadline.total_seconds()
        self._batch = app.limits.batch
        is_remote = any(provider.ability.is_remote for provider in app.each_provider)
        self._calls = Calls(app.limits.concurrency) if is_remote else None
        self.journal = Journal(app.spool if is_remote else None)
        """For the gate to note in what it passes."""
        self._under_way: dict[Future[Outcome], Passed] = {}
        self._answered: list[Answer] = []
        self._found_nothing: dict[Channel, float] = {}

    def rooms(self) -> dict[Channel, int]:
        """How many messages of each channel are worth claiming now; a channel that has none is not in it."""
        if self._calls is None:
            return dict.fromkeys(Channel, self._batch)
        since = running() - LOOK_AGAIN
        asked = [one for one in Channel if self.is_idle or self._found_nothing.get(one, 0.0) < since]
        rooms = {channel: min(self._calls.room(channel), self._batch) for channel in asked}
        return {channel: room for channel, room in rooms.items() if room > 0}

    @property
    def free(self) -> int:
        """How many messages may be claimed now, of all channels together."""
        return self._batch if self._calls is None else min(self._calls.free(), self._batch)

    def found_nothing(self, channels: Iterable[Channel]) -> None:
        """Nothing is due there: no need to look again at once."""
        self._found_nothing |= dict.fromkeys(channels, running())

    @property
    def is_idle(self) -> bool:
        """Nothing is under way, and every answer has been collected."""
        return not self._under_way and not self._answered

    def carry(self, passed: Sequence[Passed], gated_at: float) -> None:
        """Hand these over. They passed the gate at `gated_at`, by the clock that a changed time does not move."""
        for one in passed:
            call = self._call(one, gated_at)
            if self._calls is None:
                self._answered.append((one, call()))
            else:
                self._under_way[self._calls.begin(one.letter.channel, call)] = one

    def collect(self, longest: float | None = None) -> list[Answer]:
        """The answers that are there, after waiting for at least one if any call is under way; at most `longest` s."""
        if not self._answered and self._under_way:
            wait(self._under_way, timeout=longest, return_when=FIRST_COMPLETED)
            wait(self._under_way, timeout=GATHER)
        for future in [future for future in self._under_way if future.done()]:
            self._answered.append((self._under_way.pop(future), future.result()))
        answers, self._answered = self._answered, []
        return answers

    def __enter__(self) -> Self:
        return self

    def __exit__(self, problem: object, *_: object) -> None:
        if self._calls is not None:
            self._calls.close()
        self.journal.close(is_done=problem is None)

    def _call(self, one: Passed, gated_at: float) -> Callable[[], Outcome]:
        def call() -> Outcome:
            # The last line before the socket: a worker that slept through its deadline must not call any more.
            if running() - gated_at > self._deadline:
                return NotTaken(Reason.NOT_CALLED)
            return hand_over(one, self.journal)

        return call


def hand_over(one: Passed, journal: Journal) -> Outcome:
    """Call the provider. The answer is a value, whatever happens."""
    journal.calling(one.attempt.id)
    try:
        return one.road.provider.hand_over(one.letter)
    except Exception as problem:  # an adapter's mistake: it may have gone, so it is not tried again blindly
        log.error("attempt %s ended without an answer: %s", one.attempt.id, type(problem).__name__)
        return Unknown(type(problem).__name__)
