"""What receipts make of a message: in whatever order they come, a status never falls."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from drip.core.handover import Fault
from drip.core.lifecycle import State, is_old_news, receipt_moves
from drip.core.reason import Reason

TURNING = frozenset({Fault.ADDRESS, Fault.OPTED_OUT})
"""What is about this channel only: the words may still reach the patient by the other."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """One receipt, as it bears on a message."""

    says: State
    fault: Fault | None = None
    closes: Reason | None = None
    at: datetime
    """When it happened, as far as anybody says; else when it came."""
    happened_at: datetime | None = None
    """When it happened by the provider's clock."""
    said: State | None = None
    """What receipts about the same attempt have said before."""
    said_at: datetime | None = None
    """When that happened by the provider's clock."""
    is_of_last_attempt: bool = True
    is_of_other_channel: bool = False
    """The message has turned since."""

    @property
    def counts(self) -> bool:
        """What comes late or out of order about an attempt that something else has overtaken says nothing any more."""
        if is_old_news(self.says, self.said, self.happened_at, self.said_at):
            return False
        if self.says is State.UNDELIVERED:
            return self.is_of_last_attempt and not self.is_of_other_channel
        return not self.is_of_other_channel or self.says is State.DELIVERED


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Where a message is, and whether it may still go: by its other channel, or again by the same."""

    state: State
    may_turn: bool = False
    may_go_again: bool = False
    """It has not expired."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """Where the receipts leave it."""

    state: State
    reason: Reason = Reason.NONE
    turns: bool = False
    """It is planned again, at once, by the other channel."""
    is_untried: bool = False
    """It is planned again, once our account is in order: that was refused, not this message. No attempt is counted."""


def hear(standing: Standing, said: Iterable[Said]) -> Told | None:
    """What these receipts make of a message; None when they change nothing."""
    state, last = standing.state, None
    words = sorted(said, key=lambda one: one.at)
    for one in words:
        if one.counts and receipt_moves(state, one.says):
            state, last = one.says, one
    if last is None:
        return None
    if state is not State.UNDELIVERED:
        return Told(state=state)
    if last.fault is Fault.ACCOUNT and standing.may_go_again and not _has_arrived(standing, words):
        return Told(state=State.PLANNED, reason=Reason.ACCOUNT_REFUSED, is_untried=True)
    if standing.may_turn and last.fault in TURNING:
        return Told(state=State.PLANNED, reason=Reason.TURNED, turns=True)
    return Told(state=state, reason=_reason(last))


def _has_arrived(standing: Standing, words: Iterable[Said]) -> bool:
    """Whether it was ever said to have arrived: what a carrier takes back afterwards is not sent a second time."""
    told = [standing.state, *(state for one in words for state in (one.says, one.said))]
    return State.DELIVERED in told


def _reason(said: Said) -> Reason:
    if said.closes:
        return said.closes
    faults = {
        Fault.OPTED_OUT: Reason.SUPPRESSED_BY_PATIENT,
        Fault.CONTENT: Reason.CONTENT_REFUSED,
        Fault.ACCOUNT: Reason.ACCOUNT_REFUSED,
    }
    return faults.get(said.fault, Reason.NOT_DELIVERED) if said.fault else Reason.NOT_DELIVERED
