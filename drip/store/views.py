"""What people ask: which messages there are, in which state, and why."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import func, select

from drip.core.lifecycle import State
from drip.store import bulk
from drip.store import patients as people
from drip.store.conditions import in_state
from drip.store.database import Tx
from drip.store.schema import messages


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageView:
    """One message, as staff see it."""

    id: str
    patient: str = field(repr=False)
    """The booking system's own reference."""
    patient_id: str
    enrolment: str
    sequence: str
    version: str
    step: str
    position: int
    occurrence: int
    channel: str
    purpose: str
    planned_for: datetime
    due_at: datetime
    expires_at: datetime
    state: str
    reason: str
    attempts: int
    provider: str | None
    provider_ref: str | None
    accepted_at: datetime | None


_SAME = (
    "id", "patient_id", "sequence", "version", "step", "position", "occurrence", "channel", "purpose", "planned_for",
    "due_at", "expires_at", "state", "reason", "attempts", "provider", "provider_ref", "accepted_at",
)  # fmt: skip


def list_messages(
    tx: Tx,
    *,
    patient_ids: Sequence[str] | None = None,
    state: str | None = None,
    until: datetime | None = None,
    ids: Iterable[str] | None = None,
) -> list[MessageView]:
    """Messages by due time; ties by purpose, sequence and step."""
    columns = [messages.c[name] for name in _SAME]
    order = (messages.c.due_at, messages.c.priority, messages.c.sequence, messages.c.position)
    query = select(messages.c.enrolment_id, *columns)
    query = query.order_by(*order, messages.c.occurrence, messages.c.channel, messages.c.enrolment_id)
    if patient_ids is not None:
        query = query.where(messages.c.patient_id.in_(list(patient_ids)))
    if ids is not None:
        query = query.where(bulk.among(tx, messages.c.id, ids))
    if state:
        query = query.where(messages.c.state == state)
    if until:
        query = query.where(messages.c.due_at < until)
    rows = tx.connection.execute(query).all()
    refs = people.refs(tx, {row.patient_id for row in rows})
    return [_view(row, refs[row.patient_id]) for row in rows]


def _view(row: Any, ref: str) -> MessageView:
    return MessageView(patient=ref, enrolment=row.enrolment_id, **{name: getattr(row, name) for name in _SAME})


def went_since(tx: Tx, since: datetime) -> list[str]:
    """The messages that a provider took since then."""
    query = select(messages.c.id).where(messages.c.accepted_at.is_not(None), messages.c.accepted_at >= since)
    return list(tx.connection.execute(query).scalars())


def count_by_state(tx: Tx) -> dict[str, int]:
    """How many messages are in each state."""
    rows = tx.connection.execute(select(messages.c.state, func.count()).group_by(messages.c.state))
    return {row[0]: row[1] for row in rows}


def count_held(tx: Tx) -> int:
    """How many messages wait for a person's decision."""
    return tx.connection.execute(select(func.count()).where(in_state(State.HELD))).scalar_one()


def oldest_due(tx: Tx, now: datetime) -> datetime | None:
    """Since when the longest-waiting due message has been due."""
    query = select(func.min(messages.c.due_at)).where(messages.c.state == "planned", messages.c.due_at <= now)
    return tx.connection.execute(query).scalar()
