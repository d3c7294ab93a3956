"""Messages that a member of staff left out, moved or brought back: each row only from the state it was seen in."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Update, select, update

from drip.core.lifecycle import UNSENT, State, checked
from drip.core.model import Channel
from drip.core.reason import Reason
from drip.store import addresses, bulk
from drip.store.conditions import NO_LEASE
from drip.store.database import Tx
from drip.store.outgoing import Claimed, Lease, claimed_of
from drip.store.schema import contacts, messages


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageRow:
    """One message, as it stands."""

    id: str
    patient_id: str
    enrolment_id: str
    version: str
    step: str
    occurrence: int
    channel: Channel
    state: State
    reason: Reason
    planned_for: datetime
    due_at: datetime
    expires_at: datetime
    chosen_for: datetime | None
    """When a person wanted it to go, whatever has held it back since."""


_COLUMNS = [messages.c[name] for name in MessageRow.__slots__]


def message(tx: Tx, message_id: str) -> MessageRow | None:
    """One message."""
    return some(tx, [message_id]).get(message_id)


def some(tx: Tx, message_ids: Iterable[str], *, lock: bool = False) -> dict[str, MessageRow]:
    """These messages, as far as they are there.

    `lock`, once their patients are locked: no claim comes between what is read here and what is written.
    """
    query = select(*_COLUMNS).where(bulk.among(tx, messages.c.id, message_ids)).order_by(messages.c.id)
    rows = tx.connection.execute(query.with_for_update() if lock and tx.is_postgres else query)
    return {row.id: _row(row) for row in rows}


def unsent(tx: Tx, enrolment_id: str) -> list[MessageRow]:
    """What has not gone of an enrolment."""
    query = select(*_COLUMNS).where(messages.c.enrolment_id == enrolment_id, messages.c.state.in_(sorted(UNSENT)))
    return [_row(row) for row in tx.connection.execute(query)]


def _row(row: Any) -> MessageRow:
    words = {"channel": Channel(row.channel), "state": State(row.state), "reason": Reason(row.reason)}
    return MessageRow(**{**row._mapping, **words})


def skip(tx: Tx, ones: Sequence[MessageRow]) -> None:
    """Leave these out. They were read with a lock."""
    skipped = {"reason": Reason.SKIPPED_BY_STAFF.value, **NO_LEASE}
    rows = [
        {"id": one.id, "was": one.state.value, "state": checked(one.state, State.SKIPPED).value, **skipped}
        for one in ones
    ]
    bulk.update_rows(tx, messages, rows, match={"id": "id", "state": "was"})


def put_at(tx: Tx, one: MessageRow, due_at: datetime) -> None:
    """Try it then. Where the rules place it stays the planner's. It was read with a lock."""
    checked(one.state, State.PLANNED)
    moved = {"state": State.PLANNED.value, "reason": Reason.MOVED_BY_STAFF.value, "due_at": due_at}
    tx.connection.execute(_seen(one).values(**moved, chosen_for=due_at, **NO_LEASE))


def want_now(tx: Tx, message_id: str, now: datetime) -> None:
    """A person decided that it goes again: by their word it is of now, however old its plan."""
    wanted = update(messages).where(messages.c.id == message_id, messages.c.state == State.PLANNED.value)
    tx.connection.execute(wanted.values(chosen_for=now))


def _seen(one: MessageRow) -> Update:
    return update(messages).where(messages.c.id == one.id, messages.c.state == one.state.value)


@dataclass(frozen=True, slots=True, kw_only=True)
class Was:
    """What a message was before somebody's deed."""

    id: str
    due_at: datetime
    reason: Reason
    chosen_for: datetime | None


def bring_back(tx: Tx, ones: Sequence[Was], state: State, reason: Reason, due_at: datetime | None = None) -> int:
    """Planned again as they were: those that still stand as the deed left them. Answers how many did."""
    checked(state, State.PLANNED)
    done = 0
    for one in ones:  # of one patient, within minutes of the deed
        left = update(messages).where(
            messages.c.id == one.id, messages.c.state == state.value, messages.c.reason == reason.value
        )
        left = left.where(messages.c.due_at == due_at) if due_at else left
        back = {"state": State.PLANNED.value, "reason": one.reason.value, "due_at": one.due_at}
        done += tx.connection.execute(left.values(**back, chosen_for=one.chosen_for, **NO_LEASE)).rowcount
    return done


def claim(tx: Tx, lease: Lease, message_id: str) -> Claimed | None:
    """Take this one message, whenever it is due. None where it is not planned."""
    planned = update(messages).where(messages.c.id == message_id, messages.c.state == State.PLANNED.value)
    taken = {"state": State.CLAIMED.value, "lease_owner": lease.owner, "lease_token": lease.token}
    statement = planned.values(**taken, lease_until=tx.lease_end(lease.length))
    row = tx.connection.execute(statement.returning(*(messages.c[name] for name in Claimed.__slots__))).one_or_none()
    return claimed_of(row) if row else None


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactWas:
    """An address before it was closed, and since when it is."""

    contact_id: str
    closed: Reason
    changed_at: datetime | None
    since: datetime


def stop(tx: Tx, contact_ids: Sequence[str], now: datetime) -> list[ContactWas]:
    """The patient's own stop, as staff heard it. Answers of each address that was open what it was."""
    before = _contacts(tx, contact_ids)
    addresses.close(tx, contact_ids, Reason.SUPPRESSED_BY_PATIENT, now)
    after = _contacts(tx, contact_ids)
    return [
        ContactWas(contact_id=one, closed=was, changed_at=changed_at, since=after[one][1] or now)
        for one, (was, changed_at) in sorted(before.items())
        if was is not after[one][0]
    ]


def unstop(tx: Tx, one: ContactWas) -> bool:
    """As it was before staff closed it. False where it was said to be closed since, as by the patient."""
    statement = update(contacts).where(
        contacts.c.id == one.contact_id,
        contacts.c.closed == Reason.SUPPRESSED_BY_PATIENT.value,
        contacts.c.changed_at == one.since,
    )
    back = statement.values(closed=one.closed.value or None, changed_at=one.changed_at)
    return tx.connection.execute(back).rowcount == 1


def _contacts(tx: Tx, contact_ids: Sequence[str]) -> dict[str, tuple[Reason, datetime | None]]:
    addresses.lock(tx, contact_ids)
    rows = tx.connection.execute(select(contacts).where(bulk.among(tx, contacts.c.id, contact_ids)))
    return {row.id: (Reason(row.closed or ""), row.changed_at) for row in rows}
