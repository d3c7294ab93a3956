"""A provider that takes everything at once, reaches nobody, and remembers what a report needs."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime

from drip.core.handover import Accepted, Evidence, Outcome
from drip.core.letter import Letter
from drip.core.model import Channel
from drip.providers.noop import NoOpProvider


@dataclass(frozen=True, slots=True)
class HandedOver:
    """One message that a provider would have sent."""

    message_id: str
    at: datetime


class Outbox:
    """What goes out, kept apart from the database: its memory is the evidence that the database is checked against.

    Files, as the folder provider writes them, would take longer than everything else together.
    """

    name = "simulation"
    channels = frozenset(Channel)
    reaches_people = False
    gives_receipts = False

    def __init__(self) -> None:
        self._provider = NoOpProvider()
        self.handed_over: list[HandedOver] = []
        self.parts: Counter[int] = Counter()
        """How many texts took how many parts."""
        self.closed: set[tuple[Channel, str]] = set()
        """Addresses that asked to stop, as told by whoever answers for the patients."""
        self.after_stop: list[str] = []

    def hand_over(self, letter: Letter) -> Outcome:
        """Accepted, unless no provider could take it."""
        outcome = self._provider.hand_over(letter)
        if isinstance(outcome, Accepted):
            self._remember(letter)
        return outcome

    def _remember(self, letter: Letter) -> None:
        self.handed_over.append(HandedOver(letter.message_id, letter.handed_at))
        if letter.channel is Channel.SMS:
            self.parts[letter.words.parts] += 1
        if (letter.channel, letter.to.casefold()) in self.closed:
            self.after_stop.append(letter.message_id)

    def find(self, attempt_id: str) -> tuple[Evidence, str | None]:
        """Never needed: every answer came at once."""
        return self._provider.find(attempt_id)

    def close(self) -> None:
        """Nothing to let go of."""
