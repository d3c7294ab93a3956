"""Due messages on their way out: claimed, looked at once more, handed over, settled; many rows at every step."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Row, case, func, literal_column, select, update

from drip.core.handover import Evidence
from drip.core.lifecycle import COUNTED, State
from drip.core.model import Channel, Purpose
from drip.core.reason import Reason
from drip.store import bulk
from drip.store.database import Tx, from_bytes, to_bytes
from drip.store.schema import attempts, bodies, messages
from drip.store.vault import DataKey


@dataclass(frozen=True, slots=True, kw_only=True)
class Lease:
    """Who has a batch of messages, and for how long."""

    owner: str
    token: str
    length: timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Claimed:
    """A message that is ours for the length of a lease."""

    id: str
    enrolment_id: str
    patient_id: str
    sequence: str
    version: str
    step: str
    occurrence: int
    channel: Channel
    turned: bool
    revision: int
    purpose: Purpose
    planned_for: datetime
    due_at: datetime
    expires_at: datetime
    attempts: int


_COLUMNS = [messages.c[name] for name in Claimed.__slots__]


def _in_state(state: State) -> ColumnElement[bool]:
    """Written out, not bound: a partial index serves only a query that names its condition."""
    return messages.c.state == literal_column(f"'{state.value}'")


def claim(tx: Tx, lease: Lease, now: datetime, limit: int) -> list[Claimed]:
    """Take what is due so that nobody else can: the most important purpose first, then what has been due longest."""
    taken: list[Claimed] = []
    for purpose in Purpose:
        if len(taken) < limit:
            taken += _claim(tx, lease, purpose, now, limit - len(taken))
    return taken


def _claim(tx: Tx, lease: Lease, purpose: Purpose, now: datetime, limit: int) -> list[Claimed]:
    # One purpose at a time: the partial index (priority, due_at) then yields the rows without looking at any other.
    due = select(messages.c.id).where(
        _in_state(State.PLANNED), messages.c.priority == purpose.rank, messages.c.due_at <= now
    )
    due = due.order_by(messages.c.due_at).limit(limit)
    due = due.with_for_update(skip_locked=True) if tx.is_postgres else due
    statement = (
        update(messages)
        .where(messages.c.id.in_(due.scalar_subquery()))
        .values(
            state=State.CLAIMED.value,
            lease_owner=lease.owner,
            lease_token=lease.token,
            lease_until=tx.lease_end(lease.length),
        )
        .returning(*_COLUMNS)
    )
    return [_claimed(row) for row in tx.connection.execute(statement)]


def _claimed(row: Row[Any]) -> Claimed:
    fields = dict(row._mapping)
    return Claimed(**fields | {"channel": Channel(row.channel), "purpose": Purpose(row.purpose)})


def next_due(tx: Tx) -> datetime | None:
    """When the next message wants to go; None when nothing is planned."""
    query = select(func.min(messages.c.due_at)).where(_in_state(State.PLANNED))
    earliest = (tx.connection.execute(query.where(messages.c.priority == purpose.rank)).scalar() for purpose in Purpose)
    return min((at for at in earliest if at), default=None)


def still_ours(tx: Tx, token: str, ids: Iterable[str]) -> set[str]:
    """Which messages of this lease nobody has taken away, moved or ended in the meantime."""
    query = select(messages.c.id).where(
        messages.c.id.in_(sorted(ids)), messages.c.lease_token == token, messages.c.state == State.CLAIMED.value
    )
    return set(tx.connection.execute(query).scalars())


def counted(tx: Tx, patient_ids: Iterable[str], since: date) -> list[tuple[str, Channel, date]]:
    """(patient, channel, local day) of every message that used up one of the patient's caps."""
    query = select(messages.c.patient_id, messages.c.channel, messages.c.counted_on).where(
        bulk.among(tx, messages.c.patient_id, patient_ids),
        messages.c.counted_on >= since.isoformat(),
        messages.c.state.in_([state.value for state in COUNTED]),
    )
    rows = tx.connection.execute(query)
    return [(row.patient_id, Channel(row.channel), date.fromisoformat(row.counted_on)) for row in rows]


@dataclass(frozen=True, slots=True, kw_only=True)
class NewAttempt:
    """One message that is about to be handed over, with its words."""

    id: str
    message_id: str
    patient_id: str
    number: int
    channel: Channel
    provider: str
    contact_id: str
    version: str
    body_hash: str
    counted_on: date | None
    data_key: DataKey = field(repr=False)
    words: bytes = field(repr=False)


def start_attempts(tx: Tx, token: str, new: Sequence[NewAttempt], lease: Lease, now: datetime) -> None:
    """The point of no return: once this is committed, each of these may have gone."""
    names = ("id", "message_id", "number", "provider", "contact_id", "version", "body_hash")
    rows = [
        {name: getattr(attempt, name) for name in names} | {"channel": attempt.channel.value, "started_at": now}
        for attempt in new
    ]
    bulk.insert_rows(tx, attempts, rows)
    sealed = [
        {
            "attempt_id": attempt.id,
            "patient_id": attempt.patient_id,
            "words": attempt.data_key.seal("bodies.words", attempt.id, attempt.words),
        }
        for attempt in new
    ]
    bulk.insert_rows(tx, bodies, sealed)
    until = tx.database_time() + lease.length
    moved = [
        {"id": attempt.message_id, "token": token, "state": State.IN_FLIGHT.value, "reason": ""}
        | {"attempts": attempt.number, "counted_on": attempt.counted_on.isoformat() if attempt.counted_on else None}
        | {"lease_until": until, "provider": attempt.provider}
        for attempt in new
    ]
    changed = bulk.update_rows(tx, messages, moved, match={"id": "id", "lease_token": "token"})
    if len(changed) != len(new):
        raise RuntimeError("a message left its lease while its patient was locked")


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """A claimed message that does not go now."""

    id: str
    state: State
    reason: Reason
    due_at: datetime
    channel: Channel
    turned: bool


def put_back(tx: Tx, token: str, moves: Sequence[Move]) -> None:
    """Write what the gate decided for the messages that it did not let through."""
    rows = [
        {"id": move.id, "token": token, "state": move.state.value, "reason": move.reason.value}
        | {"due_at": move.due_at, "channel": move.channel.value, "turned": move.turned}
        | {"lease_owner": None, "lease_token": None, "lease_until": None}
        for move in moves
    ]
    bulk.update_rows(tx, messages, rows, match={"id": "id", "lease_token": "token"})


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


def settle(tx: Tx, settlements: Sequence[Settlement], was: Sequence[State] = (State.IN_FLIGHT,)) -> None:
    """Write what came of the attempts. A message that a receipt has moved on already keeps what the receipt said."""
    results = [
        {"id": one.attempt_id, "outcome": one.outcome, "detail": one.detail, "provider_ref": one.provider_ref}
        for one in settlements
    ]
    bulk.update_rows(tx, attempts, results, match={"id": "id"})
    for state in was:
        rows = [_settled_row(one, state) for one in settlements]
        bulk.update_rows(tx, messages, rows, match={"id": "id", "state": "was"})


def _settled_row(one: Settlement, was: State) -> dict[str, Any]:
    return {
        "id": one.message_id,
        "was": was.value,
        "state": one.state.value,
        "reason": one.reason.value,
        "due_at": one.due_at,
        "attempts": one.attempts,
        "channel": one.channel.value,
        "turned": one.turned,
        "counted_on": one.counted_on.isoformat() if one.counted_on else None,
        "provider_ref": one.provider_ref,
        "accepted_at": one.accepted_at,
        "lease_owner": None,
        "lease_token": None,
        "lease_until": None,
    }


def free_expired_claims(tx: Tx) -> int:
    """Claims whose worker is gone go back to the plan: nothing had left the house."""
    return _lease_ran_out(tx, State.CLAIMED, State.PLANNED, Reason.NONE)


def doubt_expired_flights(tx: Tx) -> int:
    """Hand-overs whose worker is gone are unknown: they may have gone."""
    return _lease_ran_out(tx, State.IN_FLIGHT, State.UNKNOWN, Reason.UNRESOLVED)


def _lease_ran_out(tx: Tx, was: State, becomes: State, reason: Reason) -> int:
    statement = update(messages).where(
        messages.c.lease_until.is_not(None), messages.c.lease_until < tx.real_now(), messages.c.state == was.value
    )
    no_lease = {"lease_owner": None, "lease_token": None, "lease_until": None}
    return tx.connection.execute(statement.values(state=becomes.value, reason=reason.value, **no_lease)).rowcount


def expire_waiting(tx: Tx, now: datetime) -> int:
    """Planned messages that wait for later than they would still be useful."""
    statement = update(messages).where(
        _in_state(State.PLANNED),
        messages.c.priority.in_([purpose.rank for purpose in Purpose]),  # so that the index of due rows serves
        messages.c.due_at <= now,
        messages.c.expires_at <= now,
    )
    # Staff see what held it back for so long, where something did.
    why = case((messages.c.reason == "", Reason.EXPIRED.value), else_=messages.c.reason)
    return tx.connection.execute(statement.values(state=State.EXPIRED.value, reason=why)).rowcount


def wake(tx: Tx, reason: Reason, sequence: str | None) -> int:
    """Messages that wait for this reason ask again at their planned time: the reason is gone."""
    statement = update(messages).where(_in_state(State.PLANNED), messages.c.reason == reason.value)
    if sequence:
        statement = statement.where(messages.c.sequence == sequence)
    return tx.connection.execute(statement.values(due_at=messages.c.planned_for, reason="")).rowcount


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
    rounds: int
    """How many earlier attempts left no trace."""


def doubts(tx: Tx, limit: int) -> list[Doubt]:
    """Unknown messages, those that have been so longest first."""
    of_attempt = [attempts.c[name] for name in ("message_id", "provider", "number", "asked", "started_at")]
    of_message = [messages.c[name] for name in ("channel", "turned", "due_at", "counted_on")]
    earlier = attempts.alias("earlier")
    rounds = (
        select(func.count())
        .where(earlier.c.message_id == attempts.c.message_id, earlier.c.outcome == Evidence.DID_NOT_GO.value)
        .scalar_subquery()
    )
    query = (
        select(attempts.c.id.label("attempt_id"), *of_attempt, *of_message, rounds.label("rounds"))
        .join(messages, messages.c.id == attempts.c.message_id)
        .where(_in_state(State.UNKNOWN), attempts.c.number == messages.c.attempts)
        .order_by(attempts.c.started_at)
        .limit(limit)
    )
    return [
        Doubt(**{**row._mapping, "channel": Channel(row.channel), "counted_on": _day(row.counted_on)})
        for row in tx.connection.execute(query)
    ]


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


def note_asked(tx: Tx, asked: Sequence[str], now: datetime) -> None:
    """Evidence was looked for and none was found."""
    statement = update(attempts).where(bulk.among(tx, attempts.c.id, asked))
    tx.connection.execute(statement.values(asked=attempts.c.asked + 1, asked_at=now))


def words_of(tx: Tx, attempt_id: str, key: DataKey) -> Any:
    """The words as they were sent."""
    sealed = tx.connection.execute(select(bodies.c.words).where(bodies.c.attempt_id == attempt_id)).scalar_one()
    return from_bytes(key.unseal("bodies.words", attempt_id, sealed))


def as_stored(words: dict[str, str | None]) -> bytes:
    """Words as `start_attempts` takes them."""
    return to_bytes(words)
