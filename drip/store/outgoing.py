"""Due messages on their way out: claimed, looked at once more, handed over, settled; many rows at every step."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import CompoundSelect, Row, func, literal, select, union_all, update

from drip.core.lifecycle import COUNTED, State, checked
from drip.core.model import Channel, Purpose
from drip.core.reason import Reason
from drip.store import bulk
from drip.store.conditions import NO_LEASE, in_state
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
    attempt_id: str | None
    """Its last attempt, if there was one."""


_COLUMNS = [messages.c[name] for name in Claimed.__slots__]


def earliest(tx: Tx) -> dict[tuple[Channel, Purpose], datetime]:
    """When the next message of each channel and purpose wants to go; nothing where none is planned."""
    purposes = {purpose.rank: purpose for purpose in Purpose}
    rows = tx.connection.execute(_probes())
    return {(Channel(row.channel), purposes[row.priority]): row.due_at for row in rows if row.due_at}


@cache
def _probes() -> CompoundSelect[Any]:
    """One look into the index of what is due for each lane. Always the same statement, and asked for most often."""
    probes = [
        select(
            literal(channel.value).label("channel"),
            literal(purpose.rank).label("priority"),
            func.min(messages.c.due_at).label("due_at"),
        ).where(in_state(State.PLANNED), messages.c.channel == channel.value, messages.c.priority == purpose.rank)
        for channel in Channel
        for purpose in Purpose
    ]
    return union_all(*probes)


def next_due(tx: Tx) -> datetime | None:
    """When the next message wants to go; None when nothing is planned."""
    return min(earliest(tx).values(), default=None)


def due(tx: Tx, now: datetime) -> dict[tuple[Channel, Purpose], datetime]:
    """Of which channels and purposes something wants to go by now, and since when."""
    return {lane: due_at for lane, due_at in earliest(tx).items() if due_at <= now}


def claim(
    tx: Tx,
    lease: Lease,
    now: datetime,
    limit: int,
    rooms: Mapping[Channel, int] | None = None,
    waiting: Mapping[tuple[Channel, Purpose], datetime] | None = None,
) -> list[Claimed]:
    """Take what is due so that nobody else can: the most important purpose first, then what has been due longest.

    `rooms`: at most so many of each channel. Channels share the limit evenly while both have messages that are due.
    `waiting`: what `due` has just answered, where it was asked.
    """
    left = dict.fromkeys(Channel, limit) if rooms is None else dict(rooms)
    taken: list[Claimed] = []
    waiting = due(tx, now) if waiting is None else waiting
    for purpose in Purpose:
        # The one with less room goes first, then the one that has waited longer.
        of_purpose = {channel: since for (channel, of), since in waiting.items() if of is purpose}
        channels = sorted(of_purpose, key=lambda one: (left.get(one, 0), of_purpose[one]))
        for number, channel in enumerate(channels):
            share = -(-(limit - len(taken)) // (len(channels) - number))
            most = min(share, left.get(channel, 0))
            claimed = _claim(tx, lease, channel, purpose, now, most) if most > 0 else []
            left[channel] = left.get(channel, 0) - len(claimed)
            taken += claimed
    return taken


def _claim(tx: Tx, lease: Lease, channel: Channel, purpose: Purpose, now: datetime, limit: int) -> list[Claimed]:
    # One lane at a time: the partial index (channel, priority, due_at) then yields the rows without looking at others.
    due = select(messages.c.id).where(
        in_state(State.PLANNED),
        messages.c.channel == channel.value,
        messages.c.priority == purpose.rank,
        messages.c.due_at <= now,
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
    return [claimed_of(row) for row in tx.connection.execute(statement)]


def claimed_of(row: Row[Any]) -> Claimed:
    """A row that was taken, by the columns of `Claimed`."""
    fields = dict(zip(Claimed.__slots__, row, strict=True))
    return Claimed(**fields | {"channel": Channel(row.channel), "purpose": Purpose(row.purpose)})


def still_ours(tx: Tx, token: str, ids: Iterable[str]) -> set[str]:
    """Which messages of this lease nobody has taken away, moved or ended in the meantime."""
    query = select(messages.c.id).where(
        bulk.among(tx, messages.c.id, ids), messages.c.lease_token == token, messages.c.state == State.CLAIMED.value
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


def recent(tx: Tx, contact_ids: Iterable[str], since: datetime) -> Counter[str]:
    """How often each of these addresses was written to since then, by anyone's messages. What was not taken is not."""
    query = select(attempts.c.contact_id, func.count()).where(
        bulk.among(tx, attempts.c.contact_id, contact_ids),
        attempts.c.started_at > since,
        func.coalesce(attempts.c.outcome, "") != "not_taken",
    )
    rows = tx.connection.execute(query.group_by(attempts.c.contact_id))
    return Counter({row[0]: row[1] for row in rows})


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
    parts: int
    """Of a text; 0 of an email."""
    counted_on: date | None
    data_key: DataKey = field(repr=False)
    words: bytes = field(repr=False)


def start_attempts(tx: Tx, token: str, new: Sequence[NewAttempt], lease: Lease, now: datetime) -> set[str]:
    """The point of no return: once this is committed, each attempt that is answered may have gone.

    A message that a late receipt has moved on in the meantime is left out.
    """
    until = tx.database_time() + lease.length
    rows = [_in_flight(attempt, token, until) for attempt in new]
    match = {"id": "id", "lease_token": "token", "state": "was"}
    started = bulk.update_rows(tx, messages, rows, match=match, returning="attempt_id")
    names = ("id", "message_id", "number", "provider", "contact_id", "version", "body_hash", "parts")
    begun = [attempt for attempt in new if attempt.id in started]
    rows = [
        {name: getattr(attempt, name) for name in names} | {"channel": attempt.channel.value, "started_at": now}
        for attempt in begun
    ]
    bulk.insert_rows(tx, attempts, rows)
    sealed = [
        {
            "attempt_id": attempt.id,
            "patient_id": attempt.patient_id,
            "words": attempt.data_key.seal("bodies.words", attempt.id, attempt.words),
        }
        for attempt in begun
    ]
    bulk.insert_rows(tx, bodies, sealed)
    return started


def _in_flight(attempt: NewAttempt, token: str, until: datetime) -> dict[str, Any]:
    return {
        "id": attempt.message_id,
        "token": token,
        "was": State.CLAIMED.value,
        "state": State.IN_FLIGHT.value,
        "reason": "",
        "attempt_id": attempt.id,
        "attempts": attempt.number,
        "counted_on": attempt.counted_on.isoformat() if attempt.counted_on else None,
        "lease_until": until,
        "provider": attempt.provider,
    }


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
        {"id": move.id, "token": token, "state": checked(State.CLAIMED, move.state).value, "reason": move.reason.value}
        | {"due_at": move.due_at, "channel": move.channel.value, "turned": move.turned}
        | NO_LEASE
        | {"was": State.CLAIMED.value}
        for move in moves
    ]
    bulk.update_rows(tx, messages, rows, match={"id": "id", "lease_token": "token", "state": "was"})


def words_of(tx: Tx, keys: Mapping[str, DataKey]) -> dict[str, Any]:
    """The words of these attempts (id -> their patient's key) as they were sent, and where to."""
    if not keys:
        return {}
    rows = tx.connection.execute(select(bodies).where(bulk.among(tx, bodies.c.attempt_id, keys)))
    return {
        row.attempt_id: from_bytes(keys[row.attempt_id].unseal("bodies.words", row.attempt_id, row.words))
        for row in rows
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class LastAttempt:
    """The attempt whose words are those of a message."""

    id: str
    channel: Channel
    accepted_at: datetime | None


def last_attempt(tx: Tx, patient_id: str, message_id: str) -> LastAttempt | None:
    """Of this patient's message; None where there is no such message, or it was never tried."""
    columns = (messages.c.attempt_id, messages.c.channel, messages.c.accepted_at)
    query = select(*columns).where(messages.c.id == message_id, messages.c.patient_id == patient_id)
    row = tx.connection.execute(query).first()
    if row is None or row.attempt_id is None:
        return None
    return LastAttempt(id=row.attempt_id, channel=Channel(row.channel), accepted_at=row.accepted_at)


def as_stored(words: dict[str, str | None]) -> bytes:
    """Words as `start_attempts` takes them."""
    return to_bytes(words)
