"""What patients may choose on their own page, and how their choice is kept: as facts that no booking overrules."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final, TypeAlias

from drip.core.event import Event
from drip.core.model import Channel, Facts, Purpose, merged
from drip.core.patient import PLAIN

CHOOSABLE: Final = (Purpose.CARE, Purpose.FEEDBACK, Purpose.MARKETING)
"""Messages about visits and about safety come for as long as a channel is open at all."""

Consents: TypeAlias = Mapping[tuple[Purpose, Channel], bool]


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """What was chosen. Of what is not in it, nothing was said."""

    consents: Consents = field(default_factory=dict)
    language: str | None = None
    wants_plain_emails: bool | None = None
    wants_large_print: bool | None = None

    @property
    def facts(self) -> Facts:
        """In the words in which a booking system would tell it of its patient."""
        consent: dict[str, dict[str, bool]] = {}
        for (purpose, channel), answer in self.consents.items():
            consent.setdefault(purpose.value, {})[channel.value] = answer
        told: Facts = {
            "consent": consent or None,
            "language": self.language,
            "email_format": {True: PLAIN, False: "designed", None: None}[self.wants_plain_emails],
            "large_print": self.wants_large_print,
        }
        return {name: value for name, value in told.items() if value is not None}


def in_words(choice: Facts) -> str:
    """`care by email: yes; language: cy`, for people who read what a patient chose."""
    consent = choice.get("consent")
    said = [
        f"{purpose} by {'text' if channel == Channel.SMS else 'email'}: {'yes' if answer else 'no'}"
        for purpose, by_channel in (consent.items() if isinstance(consent, Mapping) else ())
        for channel, answer in (by_channel.items() if isinstance(by_channel, Mapping) else ())
    ]
    if language := choice.get("language"):
        said.append(f"language: {language}")
    if style := choice.get("email_format"):
        said.append(f"plain emails: {'yes' if style == PLAIN else 'no'}")
    if "large_print" in choice:
        said.append(f"large print: {'yes' if choice['large_print'] else 'no'}")
    return "; ".join(said)


def chosen_in(events: Iterable[Event]) -> Facts:
    """All that a patient chose, by their latest word on each."""
    chosen: Facts = {}
    for event in sorted(events, key=lambda one: (one.occurred_at, one.received)):
        chosen = merged(chosen, event.choice)
    return chosen
