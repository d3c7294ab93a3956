"""A patient's own choice, and what a booking system says of consent besides.

Booking systems repeat a patient's whole record with every visit. A yes in it never overrules a patient's own no.
A no counts where it is new: somebody at the desk wrote it down after the patient had told them.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from drip.core.model import Facts, merged

Answer = tuple[str, str]
"""A purpose and a channel."""


@dataclass(slots=True)
class Consent:
    """What was chosen, while a history is read from its beginning."""

    chosen: Facts = field(default_factory=dict)
    """In the words in which a booking would tell it."""
    told: dict[Answer, object] = field(default_factory=dict)
    """What the booking system said last of each."""

    def hear(self, booking: Facts, choice: Facts) -> Facts:
        """What counts as chosen after this event."""
        for purpose, channel, said in _answers(booking):
            is_new = said is False and self.told.get((purpose, channel)) is not False
            if is_new and _answer(self.chosen, purpose, channel):
                self.chosen = merged(self.chosen, {"consent": {purpose: {channel: False}}})
            self.told[purpose, channel] = said
        self.chosen = merged(self.chosen, choice)
        return self.chosen


def _answers(facts: Facts) -> Iterator[tuple[str, str, object]]:
    consent = facts.get("consent")
    for purpose, channels in consent.items() if isinstance(consent, Mapping) else ():
        for channel, said in channels.items() if isinstance(channels, Mapping) else ():
            yield purpose, channel, said


def _answer(facts: Facts, purpose: str, channel: str) -> object:
    return next((said for of, by, said in _answers(facts) if (of, by) == (purpose, channel)), None)
