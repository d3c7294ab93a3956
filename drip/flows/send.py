"""Due message -> provider: claim, render, look once more, hand over, record."""

import logging
import random
import time
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime

from drip.app import App
from drip.clock import running
from drip.core.handover import Accepted, Fault, NotTaken, Outcome, Refused, Settled, Unknown, settle
from drip.core.lifecycle import COUNTED, State
from drip.core.reason import Reason
from drip.flows.enrol import replan
from drip.flows.gate import Gated, Passed, pass_gate
from drip.flows.prepare import Ready, Spoiled, prepare
from drip.flows.spool import put_aside, write_down
from drip.store import outgoing, patients, versions
from drip.store.ids import new_id
from drip.store.outgoing import Lease, Move
from drip.store.settling import Settlement

log = logging.getLogger("drip.send")

RETRY_SETTLING = 1.0
"""Seconds between tries to write down what a provider said, until the lease ends."""


class CannotRecord(Exception):
    """What a provider said could not be kept anywhere; the message will be called unknown, and never simply resent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """One batch that was handed over, and whose enrolments it was about."""

    sent: Counter[str]
    """What became of its messages, by the words of `drip tick`."""
    enrolments: frozenset[str]


def send_batch(app: App, now: datetime) -> Batch | None:
    """Hand over what is due, up to one batch; None when nothing is. Any number of workers may do this at once."""
    lease = Lease(owner=app.worker, token=new_id(), length=app.limits.lease)
    with app.store.write() as tx:
        claimed = outgoing.claim(tx, lease, now, app.limits.batch)
    if not claimed:
        return None
    ready, spoiled = prepare(app, claimed, now)
    _set_aside(app, lease, spoiled, now)
    gated = pass_gate(app, lease, ready, now)
    gated_at = running()
    # Nothing between the gate and the call: what passed is already written down as on its way.
    outcomes = hand_over(app, gated.passed, gated_at)
    settled = record(app, list(zip(gated.passed, outcomes, strict=True)), now)
    _plan_anew(app, gated, ready, now)
    counts = _count(len(claimed), spoiled, gated, settled)
    return Batch(sent=counts, enrolments=frozenset(one.enrolment_id for one in claimed))


def _plan_anew(app: App, gated: Gated, ready: Sequence[Ready], now: datetime) -> None:
    """A visit moved while its message was in flight, and the message came back: it takes its new place."""
    strayed = set(gated.strayed)
    people = sorted({one.claimed.patient_id for one in ready if one.claimed.id in strayed})
    if people:
        app.store.attempt(lambda tx: replan(app, tx, people, now))


def _set_aside(app: App, lease: Lease, spoiled: Sequence[Spoiled], now: datetime) -> None:
    """Messages whose words could not be made end here, with the reason; nothing was attempted."""
    if not spoiled:
        return
    for one in spoiled:
        log.error("message %s has no words: %s", one.claimed.id, one.why)
    moves = [
        Move(
            id=one.claimed.id,
            state=State.INVALID,
            reason=Reason.TEMPLATE_ERROR,
            due_at=one.claimed.due_at,
            channel=one.claimed.channel,
            turned=one.claimed.turned,
        )
        for one in spoiled
    ]
    with app.store.write() as tx:
        outgoing.put_back(tx, lease.token, moves)


def hand_over(app: App, passed: Sequence[Passed], gated_at: float) -> list[Outcome]:
    """Call the provider for each message, with no transaction open. Answers are values, whatever happens."""
    deadline = app.limits.deadline.total_seconds()

    def call(one: Passed) -> Outcome:
        # The last line before the socket: a worker that slept through its deadline must not call any more.
        if running() - gated_at > deadline:
            return NotTaken(Reason.NOT_CALLED)
        return _call(one)

    if len(passed) > 1 and any(one.provider.reaches_people for one in passed):
        with ThreadPoolExecutor(app.limits.concurrency) as pool:
            return list(pool.map(call, passed))
    return [call(one) for one in passed]


def _call(one: Passed) -> Outcome:
    try:
        return one.provider.hand_over(one.letter)
    except Exception as problem:  # an adapter's mistake: it may have gone, so it is not tried again blindly
        log.error("attempt %s ended without an answer: %s", one.attempt.id, type(problem).__name__)
        return Unknown(type(problem).__name__)


def record(app: App, answers: Sequence[tuple[Passed, Outcome]], now: datetime) -> list[Settlement]:
    """Write down what the provider said. Tried again until the lease ends: the answer exists nowhere else."""
    settlements = [settlement(one, outcome, now) for one, outcome in answers]
    for one, outcome in answers:
        if isinstance(outcome, Refused | Unknown):
            log.warning("attempt %s: %s", one.attempt.id, _word(outcome))

    stopped = [one.attempt.contact_id for one, outcome in answers if _is(outcome, Fault.OPTED_OUT)]
    refused = {one.ready.claimed.channel for one, outcome in answers if _is(outcome, Fault.ACCOUNT)}

    def write() -> None:
        write_down(app.store, settlements)
        if stopped or refused:
            with app.store.write() as tx:
                patients.close_contacts(tx, stopped, Reason.SUPPRESSED_BY_PATIENT, now)
                for channel in sorted(refused):
                    versions.pause(tx, f"channel:{channel.value}", "the provider refused our account", now)

    if settlements and not _is_written(write, running() + app.limits.lease.total_seconds()):
        if app.spool is None:
            raise CannotRecord("the database is away, and there is no folder to keep the providers' answers in")
        put_aside(app.spool, settlements)
    return settlements


def _is(outcome: Outcome, fault: Fault) -> bool:
    return isinstance(outcome, Refused) and outcome.fault is fault


def _is_written(write: Callable[[], None], give_up_at: float) -> bool:
    """Whether it could be written before the lease ended."""
    while True:
        try:
            write()
            return True
        except Exception as problem:  # whatever is wrong with the database, the answer must not be lost
            log.error("could not write down what the provider said: %s", type(problem).__name__)
            if running() > give_up_at:
                return False
            time.sleep(RETRY_SETTLING)


def settlement(one: Passed, outcome: Outcome, now: datetime) -> Settlement:
    """What an answer makes of the message and its attempt."""
    jitter = random.random()  # noqa: S311 - spreads load, guards nothing
    settled = settle(outcome, attempt=one.attempt.number, now=now, jitter=jitter)
    claimed = one.ready.claimed
    turns = settled.turn and one.ready.step.may_turn and not claimed.turned
    state = State.PLANNED if turns else settled.state
    return Settlement(
        attempt_id=one.attempt.id,
        message_id=claimed.id,
        outcome=_word(outcome),
        detail=settled.detail[:200],
        provider_ref=settled.ref,
        state=state,
        reason=Reason.TURNED if turns else settled.reason,
        due_at=settled.due_at or (now if turns else claimed.due_at),
        attempts=_tries(settled, one),
        channel=claimed.channel.other if turns else claimed.channel,
        turned=claimed.turned or turns,
        counted_on=one.attempt.counted_on if state in COUNTED else None,
        accepted_at=now if state is State.ACCEPTED else None,
    )


def _tries(settled: Settled, one: Passed) -> int:
    return one.attempt.number if settled.counts_as_try else one.attempt.number - 1


def _word(outcome: Outcome) -> str:
    match outcome:
        case Accepted():
            return "accepted"
        case Refused(fault):
            return f"refused_{fault.value}"[:16]
        case NotTaken():
            return "not_taken"
        case Unknown():
            return "unknown"


_COUNTS = {
    State.SKIPPED: "skipped",
    State.SUPPRESSED: "suppressed",
    State.EXPIRED: "expired",
    State.CANCELLED: "cancelled",
    State.SUPERSEDED: "cancelled",
    State.PLANNED: "deferred",
}

_OUTCOMES = {
    State.ACCEPTED: "accepted",
    State.PLANNED: "not_taken",
    State.FAILED: "failed",
    State.INVALID: "invalid",
    State.UNKNOWN: "unknown",
}


def _count(claimed: int, spoiled: Sequence[Spoiled], gated: Gated, settled: Sequence[Settlement]) -> Counter[str]:
    counts = Counter(claimed=claimed, invalid=len(spoiled))
    counts.update(_COUNTS[move.state] for move in gated.moves)
    counts.update(_OUTCOMES[one.state] for one in settled)
    return counts
