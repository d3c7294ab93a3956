"""What every message provider must be able to do. One file per provider: sending, receipts and replies together."""

from collections.abc import Sequence
from typing import Protocol

from drip.core.ability import Ability
from drip.core.evidence import Lost, Trace
from drip.core.handover import Outcome
from drip.core.letter import Letter
from drip.core.model import Channel
from drip.core.news import Callback, News


class Provider(Protocol):
    """One way to reach people on one channel or more. Safe to call from several threads at once."""

    name: str
    """Stored with each attempt; lower case."""
    channels: frozenset[Channel]

    @property
    def ability(self) -> Ability:
        """What it can do, as it is set up."""

    def hand_over(self, letter: Letter) -> Outcome:
        """Try once to send, within the deadline. Never raises for what a provider may answer; never retries."""

    def find(self, lost: Lost) -> Sequence[Trace] | None:
        """The messages that this attempt may have become, by the provider's own records; None: it cannot tell now."""

    def hear(self, callback: Callback) -> News | None:
        """What a callback says; None when it is not certainly from this provider. Never raises, whatever it is sent."""

    def close(self) -> None:
        """Let go of connections and finish files. Safe to repeat."""
