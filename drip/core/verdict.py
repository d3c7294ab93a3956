"""What the gate says of one message: it goes, never goes, waits, or goes by its other channel."""

from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias

from drip.core.lifecycle import State
from drip.core.model import Channel
from drip.core.reason import Reason


@dataclass(frozen=True, slots=True)
class Pass:
    """It goes."""

    counted: bool
    alarm: Reason = Reason.NONE
    """Goes, but staff must hear of this."""


@dataclass(frozen=True, slots=True)
class Stop:
    """It never goes."""

    state: State
    reason: Reason


@dataclass(frozen=True, slots=True)
class Wait:
    """Not now: it asks again at `until`."""

    until: datetime
    reason: Reason


@dataclass(frozen=True, slots=True)
class Turn:
    """It goes by another channel: it is prepared again for that one."""

    channel: Channel


Verdict: TypeAlias = Pass | Stop | Wait | Turn
