"""Due messages on their way out: claimed, looked at once more, handed over, settled; many rows at every step."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import CompoundSelect, Row, Select, bindparam, func, literal, select, union_all, update
from sqlalchemy.types import Integer, Interval

from drip.core.lifecycle import COUNTED, State, checked
from drip.core.model import Channel, Purpose
from drip.core.reason import Reason
from drip.store import bulk
from drip.store.conditions import NO_LEASE, in_state
from drip.store.database import Tx, to_bytes
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
    reason: Reason
    """What was decided when it was last looked at."""


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
    lane = {"of_channel": channel.value, "of_rank": purpose.rank, "by_now": now, "at_most": limit}
    until = {"for_length": lease.length} if tx.is_postgres else {"until": tx.lease_end(lease.length)}
    taker = {"taker": lease.owner, "token": lease.token, **until}
    rows = tx.connection.execute(_claiming(is_postgres=tx.is_postgres), lane | taker)
    return [claimed_of(row) for row in rows]


@cache
def _claiming(*, is_postgres: bool) -> Any:
    """One lane at a time: the partial index (channel, priority, due_at) then yields rows without looking at others."""
    due = select(messages.c.id).where(
        in_state(State.PLANNED),
        messages.c.channel == bindparam("of_channel"),
        messages.c.priority == bindparam("of_rank"),
        messages.c.due_at <= bindparam("by_now"),
    )
    due = due.order_by(messages.c.due_at).limit(bindparam("at_most", type_=Integer))
    due = due.with_for_update(skip_locked=True) if is_postgres else due
    until = func.clock_timestamp() + bindparam("for_length", type_=Interval) if is_postgres else bindparam("until")
    lease = {"lease_owner": bindparam("taker"), "lease_token": bindparam("token"), "lease_until": until}
    taking = update(messages).where(messages.c.id.in_(due.scalar_subquery()))
    return taking.values(state=State.CLAIMED.value, **lease).returning(*_COLUMNS)


def claimed_of(row: Row[Any]) -> Claimed:
    """A row that was taken, by the columns of `Claimed`."""
    fields = dict(zip(Claimed.__slots__, row, strict=True))
    words = {"channel": Channel(row.channel), "purpose": Purpose(row.purpose), "reason": Reason(row.reason)}
    return Claimed(**fields | words)


def still_ours(tx: Tx, token: str, ids: Iterable[str]) -> set[str]:
    """Which messages of this lease nobody has taken away, moved or ended in the meantime."""
    given = bulk.given(tx, ids) | {"token": token}
    return set(tx.connection.execute(_ours(is_postgres=tx.is_postgres), given).scalars())


@cache
def _ours(*, is_postgres: bool) -> Select[Any]:
    return select(messages.c.id).where(
        bulk.among_given(messages.c.id, is_postgres=is_postgres),
        messages.c.lease_token == bindparam("token"),
        messages.c.state == State.CLAIMED.value,
    )


def counted(tx: Tx, patient_ids: Iterable[str], since: date) -> list[tuple[str, Channel, date]]:
    """(patient, channel, local day) of every message that used up one of the patient's caps."""
    given = bulk.given(tx, patient_ids) | {"since": since.isoformat()}
    rows = tx.connection.execute(_counting(is_postgres=tx.is_postgres), given)
    return [(row.patient_id, Channel(row.channel), date.fromisoformat(row.counted_on)) for row in rows]


@cache
def _counting(*, is_postgres: bool) -> Select[Any]:
    return select(messages.c.patient_id, messages.c.channel, messages.c.counted_on).where(
        bulk.among_given(messages.c.patient_id, is_postgres=is_postgres),
        messages.c.counted_on >= bindparam("since"),
        messages.c.state.in_([state.value for state in COUNTED]),
    )


def recent(tx: Tx, contact_ids: Iterable[str], since: datetime) -> Counter[str]:
    """How often each of these addresses was written to since then, by anyone's messages. What was not taken is not."""
    rows = tx.connection.execute(_recent(is_postgres=tx.is_postgres), bulk.given(tx, contact_ids) | {"since": since})
    return Counter({row[0]: row[1] for row in rows})


@cache
def _recent(*, is_postgres: bool) -> Select[Any]:
    query = select(attempts.c.contact_id, func.count()).where(
        bulk.among_given(attempts.c.contact_id, is_postgres=is_postgres),
        attempts.c.started_at > bindparam("since"),
        func.coalesce(attempts.c.outcome, "") != "not_taken",
    )
    return query.group_by(attempts.c.contact_id)


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


def as_stored(words: dict[str, str | None]) -> bytes:
    """Words as they are sealed."""
    return to_bytes(words)


def with_address(stored: bytes, to: str) -> bytes:
    """Such words with where they go, as `start_attempts` takes them. Writing an email's page out twice is dear."""
    return stored[:-1] + b"," + to_bytes({"to": to})[1:]
