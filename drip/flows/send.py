"""Due message -> provider: claim, render, look once more, hand over, record."""

import logging
import time
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from drip.app import App
from drip.clock import running
from drip.core.gate import RECHECK
from drip.core.lifecycle import State
from drip.core.model import Channel
from drip.core.reason import Reason
from drip.flows.carry import Carrier
from drip.flows.enrol import replan
from drip.flows.gate import pass_gate
from drip.flows.gated import Gated, Passed
from drip.flows.journal import Journal
from drip.flows.prepare import Ready, Spoiled, prepare
from drip.flows.record import record
from drip.flows.road import Roads, choose, use
from drip.store import outgoing, records
from drip.store.ids import new_id
from drip.store.outgoing import Claimed, Lease, Move

log = logging.getLogger("drip.send")

LONGEST_ROUND = 5.0
"""Seconds after which what came back is heard again before anything more goes."""

LONGEST_PAUSE = 0.25
"""Seconds waited at once, for an answer or for what a rate holds back."""


@dataclass(slots=True, kw_only=True)
class Sent:
    """What became of what was due."""

    counts: Counter[str] = field(default_factory=Counter)
    """By the words of `drip tick`."""
    enrolments: set[str] = field(default_factory=set)
    """Whose messages were handed over or decided about."""
    is_unfinished: bool = False
    """More may be due: hear what came back, then go on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Claim:
    """What is ours for a while, and by which roads it may go."""

    lease: Lease
    claimed: Sequence[Claimed]
    roads: Roads
    wait: timedelta | None
    """How long a rate holds back what is due, where nothing was claimed for that reason."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Batch:
    """What was claimed together, and what the gate let through."""

    claimed: Sequence[Claimed]
    passed: Sequence[Passed]
    gated_at: float
    counts: Counter[str]
    """What became of the others, by the words of `drip tick`."""
    strayed: Sequence[str]
    """Patients some of whose messages no longer stand where the plan would put them."""


def never() -> bool:
    """Nobody asks us to stop."""
    return False


@contextmanager
def calling(app: App, now: datetime) -> Iterator[Carrier]:
    """Calls may be under way meanwhile. Whatever happens, their answers are waited for and written down at the end."""
    with Carrier(app) as carrier:
        try:
            yield carrier
        finally:
            wait_for_all(app, carrier, now)


def send_due(
    app: App,
    now: datetime,
    enough: Callable[[], bool] = never,
    progress: Callable[[Counter[str]], None] | None = None,
    carrier: Carrier | None = None,
) -> Sent:
    """Hand over what is due, as fast as providers take it. Any number of workers may do this at once.

    It stops claiming once `enough` says so, and after a few seconds, so that replies and news are heard in between.
    What is under way is waited for and written down; with a `carrier` of the caller's, it stays under way where only
    the few seconds are over.
    """
    sent = Sent()
    with nullcontext(carrier) if carrier else calling(app, now) as used:
        is_over = _send_for_a_while(app, used, sent, now, enough, progress)
        if is_over or carrier is None:
            wait_for_all(app, used, now, sent)
    return sent


def _send_for_a_while(
    app: App,
    carrier: Carrier,
    sent: Sent,
    now: datetime,
    enough: Callable[[], bool],
    progress: Callable[[Counter[str]], None] | None,
) -> bool:
    """Answers whether that was all: nothing more is due, or it was enough."""
    started = running()
    while not enough():
        if running() - started > LONGEST_ROUND:
            sent.is_unfinished = True
            return False
        pause = _hand_over_more(app, carrier, sent, now)
        if pause is None and carrier.is_idle:
            return True
        if pause and carrier.is_idle:
            time.sleep(pause)
        _write_down(app, carrier, sent, now, longest=LONGEST_PAUSE if pause is None else pause)
        if progress:
            progress(sent.counts)
    sent.is_unfinished = True
    return True


def wait_for_all(app: App, carrier: Carrier, now: datetime, sent: Sent | None = None) -> Sent:
    """Every answer that is still to come, written down. Answers what they came to, with what was `sent` before."""
    sent = sent or Sent()
    while not carrier.is_idle:
        _write_down(app, carrier, sent, now)
    return sent


def send_batch(app: App, now: datetime) -> Sent | None:
    """Hand over one batch of what is due and wait for its answers; None when nothing is."""
    sent = Sent()
    with calling(app, now) as carrier:
        _hand_over_more(app, carrier, sent, now)
        wait_for_all(app, carrier, now, sent)
    return sent if sent.counts["claimed"] else None


def _hand_over_more(app: App, carrier: Carrier, sent: Sent, now: datetime) -> float | None:
    """Claim, word, gate and call the next batch, as large as there is room.

    Answers how many seconds to wait before the next: none after a batch, a few while a rate holds back what is due;
    None when nothing is due that there is room for.
    """
    rooms = carrier.rooms()
    if not rooms:
        return None
    claim = _claim(app, carrier, rooms, now)
    if claim.wait is None:
        carrier.found_nothing(rooms.keys() - {one.channel for one in claim.claimed})
    if not claim.claimed:
        return None if claim.wait is None else min(claim.wait.total_seconds(), LONGEST_PAUSE)
    batch = _look_once_more(app, claim, carrier.journal, now)
    # Nothing between the gate and the call: what passed is already written down as on its way.
    carrier.carry(batch.passed, batch.gated_at)
    sent.counts.update(batch.counts)
    sent.enrolments |= {one.enrolment_id for one in batch.claimed}
    if batch.strayed:
        # A visit moved while its message was in flight, and the message came back: it takes its new place.
        app.store.attempt(lambda tx: replan(app, tx, batch.strayed, now))
    return 0.0


def _claim(app: App, carrier: Carrier, rooms: Mapping[Channel, int], now: datetime) -> _Claim:
    """As much of what is due as there is room for, and as rates allow."""
    lease = Lease(owner=app.worker, token=new_id(), length=app.limits.lease)
    with app.store.write() as tx:
        roads, due = choose(app, tx, now), outgoing.due(tx, now)
        most = {channel: _least(roads[channel].room, room) for channel, room in rooms.items()}
        claimed = outgoing.claim(tx, lease, now, carrier.free, most, due)
        use(tx, roads, claimed, now)
        wait = None if claimed else _held_back(roads, {channel for channel, _ in due})
    return _Claim(lease=lease, claimed=claimed, roads=roads, wait=wait)


def _least(allowed: int | None, room: int) -> int:
    return room if allowed is None else min(allowed, room)


def _held_back(roads: Roads, due: Collection[Channel]) -> timedelta | None:
    """How long a rate still holds back what is due; None when nothing is due, or not for that reason."""
    return min((roads[channel].wait for channel in due if roads[channel].wait), default=None)


def _look_once_more(app: App, claim: _Claim, journal: Journal, now: datetime) -> _Batch:
    ready, spoiled = prepare(app, claim.claimed, now)
    _set_aside(app, claim.lease, spoiled, now)
    gated = pass_gate(app, claim.lease, ready, now, claim.roads, journal)
    gated_at = running()
    counts = Counter(_COUNTS[move.state] for move in gated.moves)
    counts.update(claimed=len(claim.claimed), invalid=len(spoiled))
    strayed = _strayed(gated, ready)
    return _Batch(claimed=claim.claimed, passed=gated.passed, gated_at=gated_at, counts=counts, strayed=strayed)


def _strayed(gated: Gated, ready: Sequence[Ready]) -> list[str]:
    strayed = set(gated.strayed)
    return sorted({one.claimed.patient_id for one in ready if one.claimed.id in strayed})


_COUNTS = {
    State.SKIPPED: "skipped",
    State.SUPPRESSED: "suppressed",
    State.EXPIRED: "expired",
    State.CANCELLED: "cancelled",
    State.SUPERSEDED: "cancelled",
    State.PLANNED: "deferred",
}


def _set_aside(app: App, lease: Lease, spoiled: Sequence[Spoiled], now: datetime) -> None:
    """Messages whose words could not be made end here, with the reason; nothing was attempted."""
    if not spoiled:
        return
    for one in spoiled:
        log.error("message %s has no words: %s", one.claimed.id, one.why)
    with app.store.write() as tx:
        outgoing.put_back(tx, lease.token, [_spoiled(one, now) for one in spoiled])
        records.raise_tasks(tx, [_unreadable(one.claimed) for one in spoiled if one.is_unreadable], now)


def _spoiled(one: Spoiled, now: datetime) -> Move:
    """Words that cannot be made never will be; a record that cannot be unsealed may be, with the right key."""
    claimed = one.claimed
    return Move(
        id=claimed.id,
        state=State.PLANNED if one.is_unreadable else State.INVALID,
        reason=Reason.NONE if one.is_unreadable else Reason.TEMPLATE_ERROR,
        due_at=now + RECHECK if one.is_unreadable else claimed.due_at,
        channel=claimed.channel,
        turned=claimed.turned,
    )


def _unreadable(claimed: Claimed) -> records.NewTask:
    """Without the patient: a list of tasks must not stumble over the same record."""
    key = f"broken_record:{claimed.patient_id}"
    return records.NewTask(key=key, kind="broken_record", detail=f"record {claimed.patient_id} cannot be unsealed")


_OUTCOMES = {
    State.ACCEPTED: "accepted",
    State.PLANNED: "not_taken",
    State.FAILED: "failed",
    State.INVALID: "invalid",
    State.UNKNOWN: "unknown",
}


def _write_down(app: App, carrier: Carrier, sent: Sent, now: datetime, longest: float | None = None) -> None:
    """Record the answers that are there, after waiting `longest` seconds (None: for ever) for one at least."""
    answers = carrier.collect(longest)
    sent.enrolments |= {one.ready.claimed.enrolment_id for one, _ in answers}
    settled = record(app, answers, now)
    sent.counts.update(_OUTCOMES[one.state] for one in settled)
