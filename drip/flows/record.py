"""What a provider answered -> what became of the message, written down while the answer exists nowhere else."""

import logging
import random
import time
from collections.abc import Callable, Sequence
from datetime import datetime

from drip.app import App
from drip.clock import running
from drip.core.handover import Accepted, Fault, NotTaken, Outcome, Refused, Settled, Unknown, settle
from drip.core.lifecycle import COUNTED, State
from drip.core.reason import Reason
from drip.flows.carry import Answer
from drip.flows.gated import Passed
from drip.flows.road import note
from drip.flows.spool import put_aside, write_down
from drip.store import addresses, records, versions
from drip.store.database import Tx
from drip.store.settling import Settlement

log = logging.getLogger("drip.send")

RETRY_SETTLING = 1.0
"""Seconds between tries to write down what a provider said, until the lease ends."""


class CannotRecord(Exception):
    """What a provider said could not be kept anywhere; the message will be called unknown, and never simply resent."""


def record(app: App, answers: Sequence[Answer], now: datetime) -> list[Settlement]:
    """Write down what providers said. Tried again until the lease ends: the answers exist nowhere else."""
    if not answers:
        return []
    settlements = [settlement(one, outcome, now) for one, outcome in answers]
    for one, outcome in answers:
        if isinstance(outcome, Refused | Unknown):
            log.warning("attempt %s: %s %s", one.attempt.id, _word(outcome), outcome.detail)

    def write() -> None:
        write_down(app.store, settlements)
        if not all(_is_ordinary(one, outcome) for one, outcome in answers):
            app.store.attempt(lambda tx: _draw_conclusions(tx, answers, now))

    if not _is_written(write, running() + app.limits.lease.total_seconds()):
        if app.spool is None:
            raise CannotRecord("the database is away, and there is no folder to keep the providers' answers in")
        put_aside(app.spool, settlements)
    return settlements


def _is_ordinary(one: Passed, outcome: Outcome) -> bool:
    """Accepted, on a road that nothing was wrong with."""
    lane = one.road.lane
    return isinstance(outcome, Accepted) and not (lane and (lane.failures or lane.closed_until))


def _draw_conclusions(tx: Tx, answers: Sequence[Answer], now: datetime) -> None:
    """What answers mean beyond their own message: closed addresses, refused accounts, broken lanes, tasks."""
    refusals = [(one, outcome) for one, outcome in answers if isinstance(outcome, Refused)]
    stopped = [one.attempt.contact_id for one, outcome in refusals if outcome.fault is Fault.OPTED_OUT]
    closed = [one.attempt.contact_id for one, outcome in refusals if outcome.closes]
    if stopped or closed:
        addresses.close(tx, stopped, Reason.SUPPRESSED_BY_PATIENT, now)
        addresses.close(tx, closed, Reason.ADDRESS_REFUSED, now)
    accounts = {one.road.provider.name: outcome for one, outcome in refusals if outcome.fault is Fault.ACCOUNT}
    for name, outcome in sorted(accounts.items()):
        versions.pause(tx, versions.PROVIDER + name, f"the provider refused our account: {outcome.detail}", now)
    records.raise_tasks(tx, [_task(one, outcome) for one, outcome in refusals if _needs_a_person(outcome)], now)
    note(tx, [(one.road, outcome) for one, outcome in answers], now)


def _needs_a_person(refused: Refused) -> bool:
    return refused.fault in (Fault.ADDRESS, Fault.CONTENT)


def _task(one: Passed, refused: Refused) -> records.NewTask:
    """An address is asked about once; words once for each version of a step, however many patients they would reach."""
    claimed = one.ready.claimed
    if refused.fault is Fault.ADDRESS:
        key = f"address_refused:{claimed.patient_id}:{one.attempt.contact_id}"
        return records.NewTask(
            key=key, kind="address_refused", patient_id=claimed.patient_id, data_key=one.ready.person.data_key
        )
    key = f"content_refused:{claimed.version[:40]}:{claimed.step}:{one.attempt.channel.value}"
    return records.NewTask(key=key, kind="content_refused", detail=refused.detail)


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
