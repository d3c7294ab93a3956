"""A provider that takes everything at once, reaches nobody, and remembers what a report needs."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from drip.core.ability import Ability
from drip.core.evidence import Lost, Trace
from drip.core.handover import Accepted, Outcome
from drip.core.letter import Letter
from drip.core.model import Channel
from drip.core.news import Callback, News
from drip.providers.noop import NoOpProvider


@dataclass(frozen=True, slots=True)
class HandedOver:
    """One message that a provider would have sent."""

    message_id: str
    at: datetime
    channel: Channel
    address: str = field(repr=False)


class Outbox:
    """What goes out, kept apart from the database: its memory is the evidence that the database is checked against.

    Files, as the folder provider writes them, would take longer than everything else together.
    """

    name = "simulation"
    channels = frozenset(Channel)
    ability = Ability(reaches_people=False)

    def __init__(self) -> None:
        self._provider = NoOpProvider()
        self.handed_over: list[HandedOver] = []
        self.parts: Counter[int] = Counter()
        """How many texts took how many parts."""
        self.closed: set[tuple[Channel, str]] = set()
        """Addresses that asked to stop, as told by whoever answers for the patients."""
        self.owed: set[tuple[Channel, str]] = set()
        """Those of them that have not heard yet that it is done: one message may still say so."""
        self.after_stop: list[tuple[str, bool]] = []
        """What went to a closed address, and whether a word to it was owed."""

    def hand_over(self, letter: Letter) -> Outcome:
        """Accepted, unless no provider could take it."""
        outcome = self._provider.hand_over(letter)
        if isinstance(outcome, Accepted):
            self._remember(letter)
        return outcome

    def _remember(self, letter: Letter) -> None:
        self.handed_over.append(HandedOver(letter.message_id, letter.handed_at, letter.channel, letter.to))
        if letter.channel is Channel.SMS:
            self.parts[letter.words.parts] += 1
        address = letter.channel, letter.to.casefold()
        if address in self.closed:
            self.after_stop.append((letter.message_id, address in self.owed))
            self.owed.discard(address)

    def find(self, lost: Lost) -> Sequence[Trace] | None:
        """Never needed: every answer came at once."""
        return None

    def hear(self, callback: Callback) -> News | None:
        """Nobody calls back."""
        return None

    def close(self) -> None:
        """Nothing to let go of."""
