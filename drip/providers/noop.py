"""A provider that takes everything at once and keeps nothing but the count, for benchmarks."""

from collections.abc import Sequence
from threading import Lock

from drip.core.ability import Ability
from drip.core.evidence import Lost, Trace
from drip.core.handover import Accepted, Outcome
from drip.core.letter import Letter
from drip.core.model import Channel
from drip.core.news import Callback, News
from drip.providers.mail import refusal


class NoOpProvider:
    """As fast as a provider can be: what is left in a measurement is drip's own work."""

    name = "noop"
    channels = frozenset(Channel)
    ability = Ability(reaches_people=False)

    def __init__(self) -> None:
        self._lock = Lock()
        self.accepted = 0

    def hand_over(self, letter: Letter) -> Outcome:
        """Accepted, unless no provider could take it."""
        refused = refusal(letter)
        if refused is not None:
            return refused
        with self._lock:
            self.accepted += 1
        return Accepted(f"noop-{letter.attempt_id}")

    def find(self, lost: Lost) -> Sequence[Trace] | None:
        """It keeps no records."""
        return None

    def hear(self, callback: Callback) -> News | None:
        """It has nothing to say."""
        return None

    def close(self) -> None:
        """Nothing to let go of."""
