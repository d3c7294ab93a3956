"""From due to delivered: what came of messages, step by step and provider by provider, in numbers."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from drip.core.lifecycle import State
from drip.core.reason import Reason

OPTED_OUT = "opted_out"
"""What is counted beside the states of messages: addresses that were closed by whoever is reached there."""

NEVER_DUE = frozenset({Reason.LATE, Reason.MERGED, Reason.REMINDED_ELSEWHERE})
"""Left out when the plan was made: their time never came."""

_Key = TypeVar("_Key")


@dataclass(frozen=True, slots=True, kw_only=True)
class Count:
    """So many messages that are alike."""

    sequence: str
    step: str
    channel: str
    provider: str
    what: str
    """A message's state, or OPTED_OUT."""
    reason: str
    number: int
    parts: int
    """Of the texts among them, as they are billed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Funnel:
    """What came of messages whose time had come. Those that were cancelled or replaced before are not among them."""

    delivered: int = 0
    unconfirmed: int = 0
    """Handed over; the provider has not said that they arrived, or never says so."""
    undelivered: int = 0
    refused: int = 0
    """By the provider, or because their words could not be made."""
    unclear: int = 0
    """Nobody can tell yet whether the provider took them."""
    left: int = 0
    """We chose not to send them, or they could not go in time."""
    opted_out: int = 0
    parts: int = 0

    @property
    def handed_over(self) -> int:
        """The provider took them."""
        return self.delivered + self.unconfirmed + self.undelivered

    @property
    def failed(self) -> int:
        """They will not arrive."""
        return self.undelivered + self.refused

    @property
    def due(self) -> int:
        """All whose time had come."""
        return self.handed_over + self.refused + self.unclear + self.left


_PART = {
    State.DELIVERED.value: "delivered",
    State.ACCEPTED.value: "unconfirmed",
    State.SENT.value: "unconfirmed",
    State.UNDELIVERED.value: "undelivered",
    State.FAILED.value: "refused",
    State.INVALID.value: "refused",
    State.UNKNOWN.value: "unclear",
    State.HELD.value: "unclear",
    State.SKIPPED.value: "left",
    State.SUPPRESSED.value: "left",
    State.EXPIRED.value: "left",
    OPTED_OUT: "opted_out",
}


def funnel(counts: Iterable[Count]) -> Funnel:
    """All of these together."""
    parts: Counter[str] = Counter()
    for one in counts:
        parts["parts"] += one.parts
        if (part := _PART.get(one.what)) and one.reason not in NEVER_DUE:
            parts[part] += one.number
    return Funnel(**parts)


def by_step(counts: Iterable[Count]) -> dict[tuple[str, str, str], Funnel]:
    """By sequence, step and channel."""
    return _grouped(counts, lambda one: (one.sequence, one.step, one.channel))


def by_provider(counts: Iterable[Count]) -> dict[tuple[str, str], Funnel]:
    """By channel and provider, of what was given to any."""
    return _grouped((one for one in counts if one.provider), lambda one: (one.channel, one.provider))


def by_sequence(counts: Iterable[Count]) -> dict[str, Funnel]:
    """By sequence."""
    return _grouped(counts, lambda one: one.sequence)


def why_left(counts: Iterable[Count]) -> Sequence[tuple[Reason, int]]:
    """Why messages were left out, most frequent first."""
    reasons: Counter[Reason] = Counter()
    for one in counts:
        if _PART.get(one.what) == "left" and one.reason not in NEVER_DUE:
            reasons[Reason(one.reason)] += one.number
    return reasons.most_common()


def _grouped(counts: Iterable[Count], key: Callable[[Count], _Key]) -> dict[_Key, Funnel]:
    groups: dict[_Key, list[Count]] = {}
    for one in counts:
        groups.setdefault(key(one), []).append(one)
    return {name: told for name, group in groups.items() if (told := funnel(group)).due or told.opted_out}
