"""What every message provider must be able to do. One file per provider: sending, receipts and replies together."""

from typing import Protocol

from drip.core.handover import Evidence, Outcome
from drip.core.letter import Letter
from drip.core.model import Channel


class Provider(Protocol):
    """One way to reach people on one channel or more. Safe to call from several threads at once."""

    name: str
    """Stored with each attempt; lower case."""
    channels: frozenset[Channel]
    reaches_people: bool
    """False for folders and sandboxes: no allow list is needed, no one outside hears."""
    gives_receipts: bool
    """False: `accepted` is all that will ever be known."""

    def hand_over(self, letter: Letter) -> Outcome:
        """Try once to send, within the deadline. Never raises for what a provider may answer; never retries."""

    def find(self, attempt_id: str) -> tuple[Evidence, str | None]:
        """What the provider's own records say of an attempt, with its reference if it went. Asked for unknowns."""

    def close(self) -> None:
        """Let go of connections and finish files. Safe to repeat."""
