"""Numbers over everything that is kept: how many, in which state, and what went when. No names, no addresses."""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select

from drip.core.lifecycle import WENT
from drip.core.model import Channel, Purpose
from drip.store import bulk
from drip.store.database import Tx
from drip.store.inbox_schema import events
from drip.store.schema import attempts, enrolments, messages

AT_ONCE = 5_000
"""Rows read before they are looked at: a national service has more of them than fit in memory."""


@dataclass(frozen=True, slots=True)
class MessageCount:
    """How many messages are alike."""

    sequence: str
    purpose: str
    channel: str
    state: str
    reason: str
    number: int


def count_messages(tx: Tx) -> list[MessageCount]:
    """Every message, counted by what it is and what became of it."""
    what = (messages.c.sequence, messages.c.purpose, messages.c.channel)
    columns = (*what, messages.c.state, messages.c.reason)
    query = select(*columns, func.count()).group_by(*columns).order_by(*columns)
    return [MessageCount(*row) for row in tx.connection.execute(query)]


def count_events(tx: Tx) -> dict[str, int]:
    """How many different events are kept, by kind; our own among them."""
    query = select(events.c.kind, func.count()).group_by(events.c.kind).order_by(events.c.kind)
    return {row[0]: row[1] for row in tx.connection.execute(query)}


@dataclass(frozen=True, slots=True)
class EnrolmentCount:
    """How many enrolments are alike."""

    sequence: str
    state: str
    reason: str
    number: int


def count_enrolments(tx: Tx) -> list[EnrolmentCount]:
    """Every enrolment, counted by sequence and what became of it."""
    columns = (enrolments.c.sequence, enrolments.c.state, enrolments.c.reason)
    query = select(*columns, func.count()).group_by(*columns).order_by(*columns)
    return [EnrolmentCount(*row) for row in tx.connection.execute(query)]


def count_active(tx: Tx, sites: Collection[str] = (), sequence: str | None = None) -> dict[str, int]:
    """How many enrolments are under way in each sequence, or in one; only those of these sites where any are named."""
    query = select(enrolments.c.sequence, func.count()).where(enrolments.c.state == "active")
    if sequence is not None:
        query = query.where(enrolments.c.sequence == sequence)
    if sites:
        query = query.where(enrolments.c.site.in_(sorted(sites)))
    return {row[0]: row[1] for row in tx.connection.execute(query.group_by(enrolments.c.sequence))}


def count_overdue(tx: Tx, now: datetime) -> int:
    """Planned messages whose time has come and that nobody has looked at."""
    query = select(func.count()).where(messages.c.state == "planned", messages.c.due_at <= now)
    return tx.connection.execute(query).scalar_one()


def steps_of(tx: Tx, message_ids: Iterable[str]) -> dict[str, tuple[str, str]]:
    """The sequence and the step of each of these messages."""
    query = select(messages.c.id, messages.c.sequence, messages.c.step)
    rows = tx.connection.execute(query.where(bulk.among(tx, messages.c.id, message_ids)))
    return {row.id: (row.sequence, row.step) for row in rows}


@dataclass(frozen=True, slots=True, kw_only=True)
class Went:
    """A message that a provider took."""

    id: str
    patient_id: str
    sequence: str
    version: str
    step: str
    site: str | None
    channel: Channel
    purpose: Purpose
    planned_for: datetime
    due_at: datetime
    """When it wanted to go, the last time."""
    expires_at: datetime
    counted_on: str | None
    """The local day on which it used up one of the patient's caps."""
    accepted_at: datetime | None
    accepted_attempts: int


def went(tx: Tx) -> Iterator[Went]:
    """Everything that went, patient by patient, each in the order in which it went. Reads on while it is read."""
    names = (
        "id", "patient_id", "sequence", "version", "step", "channel", "purpose", "planned_for", "due_at", "expires_at",
        "counted_on", "accepted_at",
    )  # fmt: skip
    accepted = select(func.count()).where(attempts.c.message_id == messages.c.id, attempts.c.outcome == "accepted")
    query = (
        select(*(messages.c[name] for name in names), enrolments.c.site, accepted.scalar_subquery().label("accepted"))
        .join(enrolments, enrolments.c.id == messages.c.enrolment_id)
        .where(messages.c.state.in_([state.value for state in WENT]))
        .order_by(messages.c.patient_id, messages.c.accepted_at)
        .execution_options(yield_per=AT_ONCE)
    )
    for row in tx.connection.execute(query):
        told = dict(row._mapping)
        number = told.pop("accepted")
        yield Went(
            **{**told, "channel": Channel(row.channel), "purpose": Purpose(row.purpose)}, accepted_attempts=number
        )
