"""How much a provider may carry now, and whether it is worth calling: a token bucket and a circuit breaker."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from drip.core.reason import Reason

FAILURES_TO_CLOSE = 5
"""Calls in a row that led nowhere: from then on calling is a probe, not a way to send."""

FIRST_CLOSING = timedelta(seconds=30)
LONGEST_CLOSING = timedelta(minutes=10)
SLOW_DOWN = timedelta(seconds=5)
"""How long a provider is left alone that asks us to slow down and does not say for how long."""

LONGEST_REST = timedelta(hours=1)
"""However long a provider asks to be left alone, it is asked again after this."""

BURST = 1.0
"""Seconds' worth of tokens that may be saved up while nothing is sent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lane:
    """One provider's road, shared by all workers of a deployment."""

    provider: str
    tokens: float
    """Segments (texts) or mails that may go now; below zero after a long text."""
    filled_at: datetime
    """By the real clock; everything else here runs on the `now` that flows are given."""
    failures: int = 0
    """Calls in a row that led nowhere."""
    closed_until: datetime | None = None
    why: Reason = Reason.NONE

    @property
    def is_broken(self) -> bool:
        """Only probes go until one of them arrives."""
        return self.failures >= FAILURES_TO_CLOSE

    def is_open(self, now: datetime) -> bool:
        """Whether it may be called at all."""
        return self.closed_until is None or self.closed_until <= now


def new_lane(provider: str, rate: float, real_now: datetime) -> Lane:
    """A lane that nothing is known of: full, open."""
    return Lane(provider=provider, tokens=_most(rate), filled_at=real_now)


def filled(lane: Lane, rate: float, real_now: datetime) -> Lane:
    """With the tokens that time has added; `rate` in segments or mails a second. A clock set back adds nothing."""
    seconds = max((real_now - lane.filled_at).total_seconds(), 0.0)
    return replace(lane, tokens=min(lane.tokens + seconds * rate, _most(rate)), filled_at=real_now)


def room(lane: Lane, rate: float, now: datetime) -> int | None:
    """How many messages may be claimed for it now; None is as many as one likes."""
    if not lane.is_open(now):
        return 0
    by_rate = max(int(lane.tokens), 0) if rate else None
    if lane.is_broken:
        return 1 if by_rate is None else min(1, by_rate)
    return by_rate


def wait_for_token(lane: Lane, rate: float) -> timedelta:
    """How long until one more message may go."""
    return timedelta(seconds=max(1.0 - lane.tokens, 0.0) / rate) if rate else timedelta()


def taken(lane: Lane, number: int, now: datetime) -> Lane:
    """With so many tokens taken. While it is broken that is a probe, and nobody else calls until it should be back."""
    closed_until = now + FIRST_CLOSING if lane.is_broken else lane.closed_until
    return replace(lane, tokens=lane.tokens - number, closed_until=closed_until)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """What became of some calls to one provider."""

    accepted: int = 0
    led_nowhere: int = 0
    """It could not be reached, or it gave no answer that can be trusted."""
    slow_down: timedelta | None = None
    """It asked us to wait, for so long."""


def after(lane: Lane, tally: Tally, now: datetime) -> Lane:
    """The lane once these answers are known."""
    if tally.slow_down is not None:
        until = _rested(lane, now + min(tally.slow_down, LONGEST_REST))
        return replace(lane, closed_until=until, why=Reason.RATE_LIMITED, tokens=min(lane.tokens, 0.0))
    if tally.accepted and lane.why is Reason.RATE_LIMITED and not lane.is_open(now):
        return replace(lane, failures=0)  # it was taken before we were asked to slow down
    if tally.accepted:
        return replace(lane, failures=0, closed_until=None, why=Reason.NONE)
    if not tally.led_nowhere:
        return lane
    # However many calls were under way when it broke, it broke once.
    most = max(FAILURES_TO_CLOSE, lane.failures + 1)
    failures = min(lane.failures + tally.led_nowhere, most)
    if failures < FAILURES_TO_CLOSE:
        return replace(lane, failures=failures)
    until = _rested(lane, now + _closing(failures))
    return replace(lane, failures=failures, closed_until=until, why=Reason.PROVIDER_DOWN)


def _rested(lane: Lane, until: datetime) -> datetime:
    """A rest that the provider asked for is kept to its end, whatever other calls come to."""
    return max(lane.closed_until, until) if lane.closed_until and lane.why is Reason.RATE_LIMITED else until


def _closing(failures: int) -> timedelta:
    doublings: int = 2 ** min(failures - FAILURES_TO_CLOSE, 10)
    return min(FIRST_CLOSING * doublings, LONGEST_CLOSING)


def _most(rate: float) -> float:
    return max(rate * BURST, 1.0)
