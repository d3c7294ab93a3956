"""How channels share the calls that may be under way at once, so that one that is slow leaves room for the other."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import ceil

from drip.core.model import Channel


def sure_of(slots: int, channels: int, rate: float) -> int:
    """How many slots a channel is sure of while so many have something to hand over: an even part of them.

    Where it may carry only so much a second (`rate`; 0 is as much as it likes), what that needs, if that is less.
    """
    part = slots // channels
    return min(part, max(ceil(rate), 1)) if rate else part


@dataclass(frozen=True, slots=True, kw_only=True)
class Slots:
    """What is under way, and what each channel that has something to hand over is sure of."""

    number: int
    under_way: Mapping[Channel, int] = field(default_factory=dict)
    sure: Mapping[Channel, int] = field(default_factory=dict)

    @property
    def free(self) -> int:
        """How many more calls there may be."""
        return self.number - sum(self.under_way.values())

    def room(self, channel: Channel) -> int:
        """How many more calls by this channel leave to each other one what it is sure of."""
        kept = sum(max(sure - self.under_way.get(one, 0), 0) for one, sure in self.sure.items() if one is not channel)
        return max(self.free - kept, 0)

    def worth_claiming(self, channel: Channel) -> int:
        """The same, once it is half of what the channel could have: a few cost as many statements as many."""
        room = self.room(channel)
        elsewhere = sum(number for one, number in self.under_way.items() if one is not channel)
        shares = len(self.sure) > 1
        could_have = min(self.sure.get(channel, 0) if shares else self.number, self.number - elsewhere)
        return room if room * 2 >= could_have else 0
