"""Messages that never arrived, and that nobody has dealt with yet."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, FromClause, Row, Select, and_, exists, func, or_, select, update

from drip.core.lifecycle import State
from drip.core.model import Channel, Purpose
from drip.core.reason import Reason
from drip.store import bulk
from drip.store.conditions import NO_LEASE, in_state
from drip.store.database import Tx
from drip.store.outgoing import Claimed
from drip.store.patients import STAFF
from drip.store.schema import messages, patients, tasks
from drip.store.site_limits import at_sites

_STATES = (State.FAILED, State.UNDELIVERED, State.INVALID, State.SUPPRESSED)

_ENDED = [one.value for one in (State.SKIPPED, State.CANCELLED, State.SUPERSEDED, State.EXPIRED, *_STATES)]
"""Nothing will come of these any more."""

WISHES = frozenset({Reason.SUPPRESSED_BY_PATIENT, Reason.COMPLAINED})
"""The patient's own word: that nothing came is what they asked for, unless it was about their safety."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stranded:
    """One message that did not arrive, and where it stands."""

    id: str
    enrolment_id: str
    patient_id: str
    sequence: str
    version: str
    step: str
    occurrence: int
    channel: Channel
    turned: bool
    purpose: Purpose
    planned_for: datetime
    expires_at: datetime
    state: State
    reason: Reason
    attempt_id: str | None


_COLUMNS = [messages.c[name] for name in Stranded.__slots__]


def waiting(tx: Tx, since: datetime, sites: Collection[str] = (), *, limit: int, skip: int = 0) -> list[Stranded]:
    """Those planned since then, newest first, without those whose step another channel or a later try delivered."""
    query = _waiting(select(*_COLUMNS), since, sites).order_by(messages.c.planned_for.desc(), messages.c.id)
    return [_read(row) for row in tx.connection.execute(query.limit(limit).offset(skip))]


def among_waiting(since: datetime, sites: Collection[str] = ()) -> Select[Any]:
    """Their ids, for counting."""
    return _waiting(select(messages.c.id), since, sites)


def _waiting(query: Select[Any], since: datetime, sites: Collection[str]) -> Select[Any]:
    other = messages.alias()
    solved = exists().where(
        other.c.enrolment_id == messages.c.enrolment_id,
        other.c.step == messages.c.step,
        other.c.occurrence == messages.c.occurrence,
        other.c.revision >= messages.c.revision,  # that the old date was told says nothing of the new one
        other.c.id != messages.c.id,
        other.c.state.in_([State.ACCEPTED.value, State.SENT.value, State.DELIVERED.value]),
    )
    safety = messages.c.purpose == Purpose.SAFETY.value
    wished = messages.c.reason.in_([one.value for one in WISHES])
    colleague = exists().where(patients.c.id == messages.c.patient_id, patients.c.source == STAFF)
    advert = messages.c.purpose == Purpose.MARKETING.value
    told = and_(in_state(*_STATES), messages.c.dealt_at.is_(None), messages.c.planned_for >= since)
    query = query.where(told, ~solved, ~colleague, or_(safety, ~wished & ~advert))
    return query.where(at_sites(messages.c.patient_id, sites)) if sites else query


def find_waiting(tx: Tx, message_id: str, since: datetime, sites: Collection[str] = ()) -> Stranded | None:
    """One message, if it is among those that wait."""
    query = _waiting(select(*_COLUMNS), since, sites).where(messages.c.id == message_id)
    row = tx.connection.execute(query).one_or_none()
    return _read(row) if row else None


def find(tx: Tx, message_id: str) -> Stranded | None:
    """One message, whatever has become of it."""
    row = tx.connection.execute(select(*_COLUMNS).where(messages.c.id == message_id)).one_or_none()
    return _read(row) if row else None


def as_claimed(tx: Tx, message_id: str, channel: Channel, sites: Collection[str] = ()) -> Claimed | None:
    """A message as its words are made from, in those of this channel; None where it is of no patient of these sites."""
    columns = [messages.c[name] for name in Claimed.__slots__]
    query = select(*columns).where(messages.c.id == message_id)
    query = query.where(at_sites(messages.c.patient_id, sites)) if sites else query
    row = tx.connection.execute(query).one_or_none()
    return Claimed(**{**row._mapping, "channel": channel, "purpose": Purpose(row.purpose)}) if row else None


def _read(row: Row[Any]) -> Stranded:
    words = {"channel": Channel(row.channel), "purpose": Purpose(row.purpose)}
    return Stranded(**{**row._mapping, **words, "state": State(row.state), "reason": Reason(row.reason)})


def deal(tx: Tx, message_ids: Iterable[str], now: datetime) -> int:
    """Somebody has dealt with these not arriving. Answers how many there were."""
    statement = update(messages).where(
        bulk.among(tx, messages.c.id, message_ids), in_state(*_STATES), messages.c.dealt_at.is_(None)
    )
    return tx.connection.execute(statement.values(dealt_at=now)).rowcount


def undo(tx: Tx, message_ids: Iterable[str]) -> None:
    """Nobody has dealt with these after all."""
    statement = update(messages).where(bulk.among(tx, messages.c.id, message_ids), messages.c.dealt_at.is_not(None))
    tx.connection.execute(statement.values(dealt_at=None))


def send_again(tx: Tx, one: Stranded, channel: Channel, now: datetime) -> bool:
    """A person chose that it goes again, on this channel. False where it no longer stands as it was seen."""
    seen = (messages.c.id == one.id, messages.c.state == one.state.value)
    same = messages.c.attempt_id == one.attempt_id if one.attempt_id else messages.c.attempt_id.is_(None)
    row = {"state": State.PLANNED.value, "reason": Reason.RESENT_BY_STAFF.value, "due_at": now, "chosen_for": now}
    row |= {"channel": channel.value, "turned": one.turned or channel is not one.channel, "counted_on": None}
    statement = update(messages).where(*seen, same).values(**row, **NO_LEASE)
    return tx.connection.execute(statement).rowcount == 1


def gone_after_all(tx: Tx, kind: str) -> list[str]:
    """The keys of open tasks of a kind, each about a message that was lost, whose message has gone since."""
    message = func.substr(tasks.c.key, len(f"{kind}:") + 1)
    query = select(tasks.c.key).join(messages, messages.c.id == message)
    query = query.where(tasks.c.kind == kind, tasks.c.done_at.is_(None))
    return list(tx.connection.execute(query.where(in_state(State.ACCEPTED, State.SENT, State.DELIVERED))).scalars())


def of_step(tx: Tx, message_id: str) -> list[str]:
    """The ids of the messages that say the same: this one and, of a step that goes by both channels, the other."""
    other = messages.alias()
    query = select(other.c.id).join(messages, _is_of_same_step(other)).where(messages.c.id == message_id)
    return list(tx.connection.execute(query.order_by(other.c.id)).scalars())


def _is_of_same_step(other: FromClause) -> ColumnElement[bool]:
    names = ("enrolment_id", "step", "occurrence", "revision")
    return and_(*(other.c[name] == messages.c[name] for name in names))


def carried_by_none(tx: Tx, message_ids: Collection[str]) -> dict[str, str]:
    """Those of these whose step nothing else carries or may still carry -> the first id of their step's messages.

    A step that goes by both channels has two messages: where neither can go they share that id.
    """
    other = messages.alias()
    same = _is_of_same_step(other)
    alive = exists().where(same, other.c.id != messages.c.id, other.c.state.not_in(_ENDED))
    first = select(func.min(other.c.id)).where(same).scalar_subquery()
    query = select(messages.c.id, first).where(bulk.among(tx, messages.c.id, message_ids), ~alive)
    return {row[0]: row[1] for row in tx.connection.execute(query)} if message_ids else {}
