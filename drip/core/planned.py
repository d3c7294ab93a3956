"""What a plan is made from, what it wants, the rows there are, and what is changed about them."""

from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias

from drip.core.follow_up import Answered
from drip.core.lifecycle import State
from drip.core.model import Channel, Purpose
from drip.core.reason import Reason
from drip.core.sequence import Sequence
from drip.core.window import Hours

Key: TypeAlias = tuple[str, int, Channel]
"""Step, occurrence and slot: what a message is, whichever day its visit is on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Basis:
    """What a plan is made from: a version of a sequence, the moment it counts from, and when messages may go."""

    sequence: Sequence
    version: str
    anchor: datetime
    """UTC."""
    hours: Hours
    revision: int = 0
    """Which date of the visit the plan speaks of."""
    until: datetime | None = None
    """UTC: from when on nothing of it is any use, where it tells of a visit that moved."""
    reminds_itself: bool = False
    """The site's booking system tells patients of their visits itself."""
    answers: tuple[Answered, ...] = ()
    """What the patient has answered to what it asked."""
    sends_late: bool = False
    """What was still to come, and is late by a new version's times, goes at the next opening instead of not at all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """One message, where the rules place it."""

    step: str
    position: int
    occurrence: int
    slot: Channel
    """The channel it is planned under; never changes."""
    channel: Channel
    """The channel it would go by now."""
    revision: int
    """Which date of the visit it speaks of; 0 for everything that does not prepare for a visit."""
    purpose: Purpose
    planned_for: datetime
    due_at: datetime
    expires_at: datetime
    state: State = State.PLANNED
    reason: Reason = Reason.NONE
    otherwise: datetime | None = None
    """Where it goes instead, if it was placed on an earlier day that is over by now."""
    goes_late: bool = False
    """It goes even if its time is over by now."""

    @property
    def key(self) -> Key:
        """What makes it this message and no other."""
        return self.step, self.occurrence, self.slot


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """A row as it is stored."""

    id: str
    step: str
    occurrence: int
    slot: Channel
    channel: Channel
    revision: int
    version: str
    state: State
    reason: Reason
    planned_for: datetime
    expires_at: datetime

    @property
    def key(self) -> Key:
        """What makes it this message and no other."""
        return self.step, self.occurrence, self.slot


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A row that moves, from the state it was seen in."""

    id: str
    was: State
    to: Wanted
    version: str
    stays: bool = False
    """It keeps its place, and so whatever a deferral or a retry made of its next try; only its words change."""


@dataclass(frozen=True, slots=True, kw_only=True)
class End:
    """A row that is no longer wanted."""

    id: str
    was: State
    state: State
    reason: Reason


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """The fewest changes that make the rows what is wanted."""

    new: tuple[Wanted, ...] = ()
    changed: tuple[Change, ...] = ()
    ended: tuple[End, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.new or self.changed or self.ended)
