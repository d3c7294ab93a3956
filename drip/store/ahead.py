"""What is planned, in the order in which it goes: a page at a time, each found by where the last one ended."""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import case, func, or_, select

from drip.core.lifecycle import State
from drip.core.model import Channel, Purpose
from drip.core.reason import Reason
from drip.store import bulk
from drip.store.conditions import BY_TIME, in_state
from drip.store.database import Tx
from drip.store.schema import contacts, enrolments, messages, patients


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which planned messages are looked for. What is not said does not matter."""

    until: datetime
    since: datetime | None = None
    sequence: str = ""
    step: str = ""
    channel: Channel | None = None
    purpose: Purpose | None = None
    site: str = ""
    sites: Collection[str] = ()
    """The only ones whose messages may be seen; none named is all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ahead:
    """One planned message."""

    id: str
    patient_id: str
    sequence: str
    version: str
    step: str
    occurrence: int
    channel: Channel
    purpose: Purpose
    due_at: datetime
    reason: Reason
    """What has held it back so far."""
    site: str | None
    closed: Reason
    """Why it will not go, where its address is closed to us."""
    place: tuple[datetime, str] = field(repr=False)
    """Where the next page goes on after this one."""


_ADDRESS = case((messages.c.channel == Channel.EMAIL.value, patients.c.email_contact), else_=patients.c.phone_contact)

_JOINED = (
    messages.join(enrolments, enrolments.c.id == messages.c.enrolment_id)
    .join(patients, patients.c.id == messages.c.patient_id)
    .outerjoin(contacts, contacts.c.id == _ADDRESS)
)


def page(tx: Tx, wanted: Wanted, after: tuple[datetime, str] | None, limit: int) -> list[Ahead]:
    """The next of these messages, soonest first."""
    names = ("id", "patient_id", "sequence", "version", "step", "occurrence", "channel", "purpose", "due_at", "reason")
    columns = [messages.c[name] for name in names]
    query = select(*columns, enrolments.c.site, contacts.c.closed).select_from(_JOINED).where(*_which(tx, wanted))
    if after is not None:
        at, last = after
        query = query.where(messages.c.due_at >= at, or_(messages.c.due_at > at, messages.c.id > last))
    query = query.order_by(messages.c.due_at, messages.c.id).limit(limit)
    return [_ahead(row) for row in tx.connection.execute(query)]


def _ahead(row: Any) -> Ahead:
    words = {"channel": Channel(row.channel), "purpose": Purpose(row.purpose), "reason": Reason(row.reason)}
    told = {**row._mapping, **words, "closed": Reason(row.closed or "")}
    return Ahead(**told, place=(row.due_at, row.id))


def count(tx: Tx, wanted: Wanted, most: int) -> int:
    """How many of these will go, as far as that is known now; `most` where they are so many, or more."""
    some = select(messages.c.id).select_from(_JOINED).where(*_which(tx, wanted), contacts.c.closed.is_(None))
    return tx.connection.execute(select(func.count()).select_from(some.limit(most).subquery())).scalar_one()


def _which(tx: Tx, wanted: Wanted) -> list[Any]:
    which: list[Any] = [in_state(State.PLANNED), BY_TIME, messages.c.due_at < wanted.until]
    told = {"sequence": wanted.sequence, "step": wanted.step, "channel": wanted.channel, "purpose": wanted.purpose}
    which += [messages.c[name] == str(value) for name, value in told.items() if value]
    which += [messages.c.due_at >= wanted.since] if wanted.since else []
    which += [enrolments.c.site == wanted.site] if wanted.site else []
    return [*which, bulk.among(tx, enrolments.c.site, wanted.sites)] if wanted.sites else which
