"""What a member of staff may do with one patient's messages, and why not: decided from how a message stands."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from drip.core.lifecycle import UNSENT, State
from drip.core.model import Purpose
from drip.core.reason import Reason
from drip.core.sequence import Step
from drip.core.window import Hours

UNDO_WITHIN = timedelta(minutes=10)
"""How long a deed can be taken back with one click."""


class Obstacle(StrEnum):
    """Why something was not done."""

    TOO_LATE = "too_late"
    OVER = "over"
    LEFT_OUT_ALREADY = "left_out_already"
    PAST = "past"
    TOO_SOON = "too_soon"
    USELESS = "useless"
    CLOSED = "closed"
    NEVER_OPEN = "never_open"
    NO_ADDRESS = "no_address"
    STOPPED_ALREADY = "stopped_already"
    SAME = "same"
    TOO_FAR = "too_far"
    NOT_YET = "not_yet"
    NOT_HERE = "not_here"
    UNREADABLE = "unreadable"
    CHANGED_SINCE = "changed_since"
    UNDO_IS_OVER = "undo_is_over"

    @property
    def sentence(self) -> str:
        """What staff read. `{at}` stands for the time that comes with it."""
        return _SENTENCES[self]


_SENTENCES = {
    Obstacle.TOO_LATE: "Nothing was changed: it is too late, the message is on its way or has gone.",
    Obstacle.OVER: "Nothing was changed: this is not planned any more.",
    Obstacle.LEFT_OUT_ALREADY: "Nothing was changed: it had been left out already.",
    Obstacle.PAST: "Nothing was changed: that time has passed.",
    Obstacle.TOO_SOON: "Nothing was changed: the message follows something that is only on {at}.",
    Obstacle.USELESS: "Nothing was changed: from {at} on the message is no use any more.",
    Obstacle.CLOSED: "Nothing was changed: no messages go at that time. The next time is {at}.",
    Obstacle.NEVER_OPEN: "Nothing was changed: no messages go at that time, nor later while it is still of use.",
    Obstacle.NO_ADDRESS: "Nothing was changed: we have no address or number of theirs for that.",
    Obstacle.STOPPED_ALREADY: "Nothing was changed: nothing goes there any more already.",
    Obstacle.SAME: "Nothing was changed: that is when it is already.",
    Obstacle.TOO_FAR: "Nothing was changed: that is more than two years away. Is it the right year?",
    Obstacle.NOT_YET: "Nothing was changed: a treatment cannot have been given in the future.",
    Obstacle.NOT_HERE: "Nothing was changed: this date can only be changed in the booking system.",
    Obstacle.UNREADABLE: "Nothing was changed: this record could not be planned. Somebody has to look at it first.",
    Obstacle.CHANGED_SINCE: "Nothing was undone: something else has changed since.",
    Obstacle.UNDO_IS_OVER: "Nothing was undone: the ten minutes for that are over, or it was undone already.",
}


@dataclass(frozen=True, slots=True)
class Refused:
    """It was not done, and why; with the time that the sentence speaks of."""

    why: Obstacle
    at: datetime | None = None


def why_not_touch(state: State) -> Refused | None:
    """Whether a message can still be left out or moved. One that a worker has in hand can, until the gate."""
    if state in UNSENT:
        return None
    is_on_its_way = state in (State.IN_FLIGHT, State.UNKNOWN, State.HELD, State.ACCEPTED, State.SENT)
    is_gone = state in (State.DELIVERED, State.UNDELIVERED, State.FAILED)
    return Refused(Obstacle.TOO_LATE if is_on_its_way or is_gone else Obstacle.OVER)


def why_not_skip(state: State, reason: Reason) -> Refused | None:
    """Whether a message can still be left out. Who asks for it twice reads that it was done."""
    if state is State.SKIPPED and reason is Reason.SKIPPED_BY_STAFF:
        return Refused(Obstacle.LEFT_OUT_ALREADY)
    return why_not_touch(state)


class Concern(StrEnum):
    """Why somebody thinks twice before a message is left out: the gravest there is."""

    SAFETY = "safety"
    AWAITED = "awaited"
    CRITICAL = "critical"
    SERVICE = "service"

    @property
    def sentence(self) -> str:
        """What staff read."""
        return _CONCERNS[self]


_CONCERNS = {
    Concern.SAFETY: "Words about safety: the patient has to hear them in some other way.",
    Concern.AWAITED: "The patient wrote to us, and waits for this answer.",
    Concern.CRITICAL: "Its sequence says that it must not be lost.",
    Concern.SERVICE: "It is about a visit: without it the patient may not come, or come in vain.",
}


def concern(step: Step) -> Concern | None:
    """What speaks against leaving a message of this step out; None where it is like any other."""
    if step.purpose is Purpose.SAFETY:
        return Concern.SAFETY
    if step.answers_at_once:
        return Concern.AWAITED
    if step.critical:
        return Concern.CRITICAL
    return Concern.SERVICE if step.purpose is Purpose.SERVICE else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """Between which times one message may be moved."""

    step: Step
    hours: Hours
    anchor: datetime | None
    expires_at: datetime

    def why_not(self, at: datetime, now: datetime) -> Refused | None:
        """Why it may not be moved to `at`; None when it may."""
        if at <= now:
            return Refused(Obstacle.PAST)
        if not self.step.before and self.anchor and at < self.anchor:
            return Refused(Obstacle.TOO_SOON, self.anchor)
        if at >= self.expires_at:
            return Refused(Obstacle.USELESS, self.expires_at)
        opening = self.hours.forward(at)
        if opening == at:
            return None
        is_of_use = opening is not None and opening < self.expires_at
        return Refused(Obstacle.CLOSED, opening) if is_of_use else Refused(Obstacle.NEVER_OPEN)

    def next_time(self, now: datetime) -> datetime | None:
        """The first time from now on to which it may be moved; None when there is none."""
        after = max(filter(None, (now, None if self.step.before else self.anchor)))
        opening = self.hours.forward(after)
        return opening if opening and opening < self.expires_at else None


def can_undo(did_at: datetime, now: datetime, undone: Iterable[int], number: int) -> bool:
    """Whether a deed is young enough to take back, and nobody has."""
    return now - did_at < UNDO_WITHIN and number not in set(undone)
