"""What time does to messages: leases that ran out, what waited too long to be useful, what was never confirmed."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from functools import cache

from sqlalchemy import Update, bindparam, case, exists, func, update

from drip.core.lifecycle import State
from drip.core.model import Channel, Purpose
from drip.core.reason import Reason
from drip.store.conditions import NO_LEASE, in_state
from drip.store.database import Tx
from drip.store.schema import attempts, messages
from drip.store.settling import SAID_TO_HAVE_GONE


def free_expired_claims(tx: Tx) -> int:
    """Claims whose worker is gone go back to the plan: nothing had left the house."""
    return _lease_ran_out(tx, State.CLAIMED, State.PLANNED, Reason.NONE)


def doubt_expired_flights(tx: Tx) -> int:
    """Hand-overs whose worker is gone are unknown: they may have gone."""
    return _lease_ran_out(tx, State.IN_FLIGHT, State.UNKNOWN, Reason.UNRESOLVED)


def _lease_ran_out(tx: Tx, was: State, becomes: State, reason: Reason) -> int:
    statement = _running_out(was, becomes, reason, is_postgres=tx.is_postgres)
    return tx.connection.execute(statement, {} if tx.is_postgres else {"at": tx.real_now()}).rowcount


@cache
def _running_out(was: State, becomes: State, reason: Reason, *, is_postgres: bool) -> Update:
    now = func.clock_timestamp() if is_postgres else bindparam("at", type_=messages.c.lease_until.type)
    statement = update(messages).where(
        messages.c.lease_until.is_not(None), messages.c.lease_until < now, messages.c.state == was.value
    )
    return statement.values(state=becomes.value, reason=reason.value, **NO_LEASE)


def expire_waiting(tx: Tx, now: datetime) -> int:
    """Planned messages that wait for later than they would still be useful."""
    return tx.connection.execute(_expiring(), {"at": now}).rowcount


@cache
def _expiring() -> Update:
    at = bindparam("at", type_=messages.c.due_at.type)
    statement = update(messages).where(
        in_state(State.PLANNED),
        messages.c.channel.in_([channel.value for channel in Channel]),  # so that the index of due rows serves
        messages.c.priority.in_([purpose.rank for purpose in Purpose]),
        messages.c.due_at <= at,
        messages.c.expires_at <= at,
    )
    # Staff see what held it back for so long, where something did.
    is_nothing = messages.c.reason.in_(("", Reason.MOVED_BY_STAFF.value, Reason.RESENT_BY_STAFF.value))
    why = case((is_nothing, Reason.EXPIRED.value), else_=messages.c.reason)
    return statement.values(state=State.EXPIRED.value, reason=why)


@dataclass(frozen=True, slots=True, kw_only=True)
class Unconfirmed:
    """A message that a provider took, and of which it never said what became of it."""

    message_id: str
    patient_id: str
    purpose: Purpose


def give_up_waiting(tx: Tx, providers: Collection[str], before: datetime) -> list[Unconfirmed]:
    """Messages that providers which confirm took before then, and never said to have arrived or not. Answers which."""
    if not providers:
        return []
    statement = update(messages).where(
        in_state(State.ACCEPTED, State.SENT),
        messages.c.provider.in_(sorted(providers)),
        messages.c.accepted_at < before,
    )
    by_hand = exists().where(attempts.c.id == messages.c.attempt_id, attempts.c.outcome == SAID_TO_HAVE_GONE)
    statement = statement.where(~by_hand)
    values = {"state": State.UNDELIVERED.value, "reason": Reason.NO_RECEIPT.value}
    changed = statement.values(values).returning(messages.c.id, messages.c.patient_id, messages.c.purpose)
    rows = tx.connection.execute(changed)
    return [Unconfirmed(message_id=row.id, patient_id=row.patient_id, purpose=Purpose(row.purpose)) for row in rows]
