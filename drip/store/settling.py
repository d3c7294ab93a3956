"""What became of hand-overs: answers, doubts, and the evidence or the person that settles them."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from typing import Any

from sqlalchemy import Row, Select, func, select, update

from drip.core.handover import Evidence
from drip.core.lifecycle import State, may_move
from drip.core.model import Channel
from drip.core.reason import Reason
from drip.store import bulk, records
from drip.store.conditions import NO_LEASE, TOLD_TO_WAIT, in_state, meant_for
from drip.store.database import Tx
from drip.store.schema import attempts, messages
from drip.store.site_limits import at_sites


@dataclass(frozen=True, slots=True, kw_only=True)
class Settlement:
    """What came of one attempt, and where it leaves the message."""

    attempt_id: str
    message_id: str
    outcome: str
    detail: str
    provider_ref: str | None
    state: State
    reason: Reason
    due_at: datetime
    attempts: int
    channel: Channel
    turned: bool
    counted_on: date | None
    accepted_at: datetime | None


def settle(
    tx: Tx, settlements: Sequence[Settlement], was: Sequence[State] = (State.IN_FLIGHT,)
) -> Sequence[Settlement]:
    """Write what came of the attempts; only its last attempt settles a message. Answers those that settled none.

    A message that a receipt has moved on already keeps what the receipt said. That a provider took one is evidence
    whenever it comes, also when a sweeper had given the attempt up by then, or a person was asked to decide.
    An answer is kept with its attempt in any case; what evidence or a person says, only where it settles something.
    """
    if State.IN_FLIGHT in was:
        _write_results(tx, settlements)
        return _settle_messages(tx, settlements, was)
    _lock_attempts(tx, settlements)
    left = _settle_messages(tx, settlements, was)
    unsettled = {one.attempt_id for one in left}
    _write_results(tx, [one for one in settlements if one.attempt_id not in unsettled])
    return left


def _lock_attempts(tx: Tx, settlements: Sequence[Settlement]) -> None:
    """Attempts before messages, as whoever hears receipts does: else two would cross."""
    query = select(attempts.c.id).where(bulk.among(tx, attempts.c.id, (one.attempt_id for one in settlements)))
    if tx.is_postgres and settlements:
        tx.connection.execute(query.order_by(attempts.c.id).with_for_update())


def _write_results(tx: Tx, settlements: Sequence[Settlement]) -> None:
    for has_ref in (True, False):
        # A receipt may have told the reference before: an answer that has none takes nothing away.
        results = [_result(what) for what in settlements if bool(what.provider_ref) is has_ref]
        bulk.update_rows(tx, attempts, results, match={"id": "id"})


def _settle_messages(tx: Tx, settlements: Sequence[Settlement], was: Sequence[State]) -> Sequence[Settlement]:
    """Answers those that settled none."""
    left = _settle(tx, settlements, was)
    late = [one for one in left if one.state is State.ACCEPTED]
    unsettled = {one.attempt_id for one in _settle(tx, late, _GIVEN_UP)}
    settled = {one.attempt_id: one for one in late if one.attempt_id not in unsettled}
    for one in settled.values():  # seldom any: nobody needs to find out any more whether they went
        records.finish_tasks(tx, [f"held:{one.message_id}"], one.accepted_at or one.due_at)
    return [one for one in left if one.attempt_id not in settled]


def _result(one: Settlement) -> dict[str, Any]:
    result: dict[str, Any] = {"id": one.attempt_id, "outcome": one.outcome, "detail": one.detail}
    return result | ({"provider_ref": one.provider_ref} if one.provider_ref else {})


_GIVEN_UP = (State.UNKNOWN, State.PLANNED, State.CLAIMED, State.HELD)


def _settle(tx: Tx, settlements: Sequence[Settlement], was: Sequence[State]) -> Sequence[Settlement]:
    """Answers those that no message in these states was waiting for."""
    for state in was:
        rows = [_settled_row(one, state) for one in settlements if may_move(state, one.state)]
        match = {"id": "id", "state": "was", "attempt_id": "attempt_id"}
        # One that a receipt has turned to its other channel is not this attempt's any more.
        match |= {"channel": "channel"} if was is _GIVEN_UP else {}
        settled = bulk.update_rows(tx, messages, rows, match=match)
        settlements = [one for one in settlements if one.message_id not in settled]
    return settlements


def _settled_row(one: Settlement, was: State) -> dict[str, Any]:
    return {
        "id": one.message_id,
        "was": was.value,
        "attempt_id": one.attempt_id,
        "state": one.state.value,
        "reason": one.reason.value,
        "due_at": one.due_at,
        "attempts": one.attempts,
        "channel": one.channel.value,
        "turned": one.turned,
        "counted_on": one.counted_on.isoformat() if one.counted_on else None,
        "provider_ref": one.provider_ref,
        "accepted_at": one.accepted_at,
    } | NO_LEASE


def wake(tx: Tx, reason: Reason, sequence: str | None) -> int:
    """Messages that wait for this reason ask again at their own time: the reason is gone."""
    statement = update(messages).where(in_state(State.PLANNED), TOLD_TO_WAIT, messages.c.reason == reason.value)
    if sequence:
        statement = statement.where(messages.c.sequence == sequence)
    return tx.connection.execute(statement.values(due_at=meant_for(), reason="")).rowcount


def wake_interlocked(tx: Tx, patient_ids: Iterable[str]) -> None:
    """What held these patients' exercises back may have ended: they ask again at their own time."""
    waits = (in_state(State.PLANNED), messages.c.reason == Reason.INTERLOCK.value)
    statement = update(messages).where(bulk.among(tx, messages.c.patient_id, patient_ids), *waits)
    tx.connection.execute(statement.values(due_at=meant_for(), reason=""))


@dataclass(frozen=True, slots=True, kw_only=True)
class Doubt:
    """The last attempt of a message that nobody can tell the fate of."""

    attempt_id: str
    message_id: str
    provider: str
    channel: Channel
    turned: bool
    number: int
    asked: int
    started_at: datetime
    due_at: datetime
    counted_on: date | None
    patient_id: str
    version: str
    step: str
    state: State
    asked_at: datetime | None
    rounds: int
    """How many earlier attempts left no trace."""
    repeats: int
    """How often it was sent again without any evidence, because it was critical."""


SAID_TO_HAVE_GONE = "staff_went"
"""What came of an attempt that a person decided about: its receipt is not waited for."""

SENT_AGAIN = "sent_again"
"""What came of an attempt whose message was critical and could not be found out about."""


def doubts(
    tx: Tx,
    limit: int,
    state: State = State.UNKNOWN,
    *,
    providers: Collection[str] | None = None,
    since: datetime | None = None,
    sites: Collection[str] = (),
) -> list[Doubt]:
    """Messages that nobody can tell the fate of (unknown, or held), those asked about longest ago first.

    Where given: only of these providers, only those that were tried since then, and only of patients of these sites.
    """
    if providers is not None and not providers:
        return []
    query = _doubts_in(state, limit)
    query = query.where(attempts.c.provider.in_(sorted(providers))) if providers is not None else query
    query = query.where(attempts.c.started_at >= since) if since is not None else query
    query = query.where(at_sites(messages.c.patient_id, sites)) if sites else query
    return [_doubt(row) for row in tx.connection.execute(query)]


@cache
def _doubts_in(state: State, limit: int) -> Select[Any]:
    """Asked at every tick, and seldom answered: written once."""
    query = _doubts().where(in_state(state), attempts.c.id == messages.c.attempt_id)
    return query.order_by(func.coalesce(attempts.c.asked_at, attempts.c.started_at)).limit(limit)


def held(tx: Tx, message_id: str, sites: Collection[str] = ()) -> Doubt | None:
    """This message, if it still waits for a decision, and is of a patient of one of these sites if any is named."""
    query = _doubts().where(messages.c.id == message_id, in_state(State.HELD), attempts.c.id == messages.c.attempt_id)
    query = query.where(at_sites(messages.c.patient_id, sites)) if sites else query
    row = tx.connection.execute(query).first()
    return _doubt(row) if row else None


def of_attempts(tx: Tx, attempt_ids: Sequence[str]) -> list[Doubt]:
    """Those of these attempts that are still their message's last, whatever has become of it since."""
    query = _doubts().where(bulk.among(tx, attempts.c.id, attempt_ids), attempts.c.id == messages.c.attempt_id)
    return [_doubt(row) for row in tx.connection.execute(query)]


@cache
def _doubts() -> Select[Any]:
    of_attempt = [attempts.c[name] for name in ("message_id", "provider", "number", "asked", "asked_at", "started_at")]
    of_message = [
        messages.c[name]
        for name in ("channel", "turned", "due_at", "counted_on", "patient_id", "version", "step", "state")
    ]
    return select(
        attempts.c.id.label("attempt_id"),
        *of_attempt,
        *of_message,
        _earlier(Evidence.DID_NOT_GO.value).label("rounds"),
        _earlier(SENT_AGAIN).label("repeats"),
    ).join(messages, messages.c.id == attempts.c.message_id)


def _doubt(row: Row[Any]) -> Doubt:
    words = {"channel": Channel(row.channel), "state": State(row.state), "counted_on": _day(row.counted_on)}
    return Doubt(**{**row._mapping, **words})


def _earlier(outcome: str) -> Any:
    """How many attempts of the same message ended like this."""
    earlier = attempts.alias()
    return (
        select(func.count())
        .where(earlier.c.message_id == attempts.c.message_id, earlier.c.outcome == outcome)
        .scalar_subquery()
    )


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


def note_asked(tx: Tx, asked: Sequence[str], now: datetime, *, saw_nothing: bool) -> None:
    """Evidence was looked for. Only what a provider answered counts as having seen no trace."""
    statement = update(attempts).where(bulk.among(tx, attempts.c.id, asked))
    tx.connection.execute(statement.values(asked=attempts.c.asked + int(saw_nothing), asked_at=now))
