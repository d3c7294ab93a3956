"""The four answers a provider can give, and what each means for the message."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TypeAlias, assert_never

from drip.core.lifecycle import State
from drip.core.reason import Reason


class Fault(StrEnum):
    """What a refusal is about."""

    ADDRESS = "address"
    """This address or number, for good: the other channel, or staff."""
    CONTENT = "content"
    """These words."""
    ACCOUNT = "account"
    """Us: the channel pauses, and the message has not been tried."""
    OPTED_OUT = "opted_out"
    """The provider knows that this patient said stop."""


@dataclass(frozen=True, slots=True)
class Accepted:
    """They took it; `ref` is their name for it."""

    ref: str


@dataclass(frozen=True, slots=True)
class Refused:
    """They will never take it."""

    fault: Fault
    detail: str = ""
    closes: bool = False
    """This address will never work: nothing more is sent there."""


@dataclass(frozen=True, slots=True)
class NotTaken:
    """Provably nothing was accepted: it may be tried again."""

    reason: Reason
    retry_after: timedelta | None = None
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Unknown:
    """No answer that can be trusted: it may or may not have gone. Never simply tried again."""

    detail: str = ""


Outcome: TypeAlias = Accepted | Refused | NotTaken | Unknown


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """Where an outcome leaves the message."""

    state: State
    reason: Reason = Reason.NONE
    due_at: datetime | None = None
    """The next try, for a message that goes back to the plan."""
    ref: str | None = None
    counts_as_try: bool = True
    turn: bool = False
    """The address is closed for good: go by the other channel if the step has one."""
    detail: str = ""


FIRST_WAIT = timedelta(seconds=30)
LONGEST_WAIT = timedelta(hours=1)
ACCOUNT_WAIT = timedelta(minutes=15)
"""How long a message waits before it asks whether a refused account works again."""

_REFUSALS = {
    Fault.ADDRESS: Settled(state=State.FAILED, reason=Reason.ADDRESS_REFUSED, turn=True),
    Fault.OPTED_OUT: Settled(state=State.FAILED, reason=Reason.SUPPRESSED_BY_PATIENT, turn=True),
    Fault.CONTENT: Settled(state=State.INVALID, reason=Reason.CONTENT_REFUSED),
}


def wait_before(attempt: int, jitter: float) -> timedelta:
    """How long to wait after the `attempt`-th try (from 1): doubling from 30 s to 1 h, spread by `jitter` in [0, 1)."""
    doublings: int = 2 ** min(attempt - 1, 20)
    longest = min(FIRST_WAIT * doublings, LONGEST_WAIT)
    return longest / 2 + longest / 2 * jitter


def settle(outcome: Outcome, *, attempt: int, now: datetime, jitter: float) -> Settled:
    """What an outcome makes of the message; `jitter` in [0, 1). Expiry is the gate's to notice at the next try."""
    match outcome:
        case Accepted(ref):
            return Settled(state=State.ACCEPTED, ref=ref)
        case Refused(Fault.ACCOUNT, detail):
            due_at = now + ACCOUNT_WAIT
            return Settled(
                state=State.PLANNED, reason=Reason.ACCOUNT_REFUSED, due_at=due_at, counts_as_try=False, detail=detail
            )
        case Refused(fault, detail):
            refusal = _REFUSALS[fault]
            return Settled(state=refusal.state, reason=refusal.reason, turn=refusal.turn, detail=detail)
        case NotTaken(reason, retry_after, detail):
            due_at = now + max(retry_after or timedelta(), wait_before(attempt, jitter))
            return Settled(state=State.PLANNED, reason=reason, due_at=due_at, detail=detail)
        case Unknown(detail):
            return Settled(state=State.UNKNOWN, reason=Reason.UNRESOLVED, detail=detail)
        case _:  # pragma: no cover
            assert_never(outcome)


class Evidence(StrEnum):
    """What a provider's own records say about an attempt whose answer we never got."""

    WENT = "went"
    DID_NOT_GO = "did_not_go"
    CANNOT_TELL = "cannot_tell"
