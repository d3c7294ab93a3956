"""The addresses that patients are reached at: which are closed to us, why, and who is reached there."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Select, case, literal, select, update

from drip.core.by_staff import UNDO_WITHIN
from drip.core.model import Channel
from drip.core.reason import Reason
from drip.store import bulk
from drip.store.blind import blind_address
from drip.store.database import Tx
from drip.store.schema import contacts, patients


def ensure(tx: Tx, told: Mapping[str, Channel]) -> None:
    """A row for each of these addresses (by blind id), so that there is something to lock. Safe to repeat."""
    rows = [{"id": contact, "channel": channel.value} for contact, channel in sorted(told.items())]
    bulk.insert_rows(tx, contacts, rows, ignore_known=True)


def lock(tx: Tx, contact_ids: Iterable[str]) -> dict[str, Reason]:
    """Nobody else closes or uses these addresses until we are done. Answers which are closed, and why."""
    rows = tx.connection.execute(_locking(is_postgres=tx.is_postgres), bulk.given(tx, contact_ids))
    return {row.id: Reason(row.closed) for row in rows if row.closed}


@cache
def _locking(*, is_postgres: bool) -> Select[Any]:
    query = select(contacts.c.id, contacts.c.closed).where(bulk.among_given(contacts.c.id, is_postgres=is_postgres))
    query = query.order_by(contacts.c.id)
    return query.with_for_update() if is_postgres else query


def close_one(tx: Tx, channel: Channel, address: str, reason: Reason, at: datetime) -> bool:
    """Never use this address again, for anyone. Answers whether that is news: what a patient says outlives a bounce."""
    contact = blind_address(tx.vault, channel, address)
    ensure(tx, {contact: channel})
    lock(tx, [contact])
    statement = update(contacts).where(contacts.c.id == contact, _may_close(reason))
    # Clocks differ by seconds: a stop that seems a little older than a start still counts, and lifts the mark.
    since = case((contacts.c.changed_at > at, contacts.c.changed_at), else_=literal(at, contacts.c.changed_at.type))
    changed = tx.connection.execute(statement.values(closed=reason.value, changed_at=since))
    if changed.rowcount == 0:
        _said_again(tx, [contact], reason, at)
    return changed.rowcount == 1


def close(tx: Tx, contact_ids: Iterable[str], reason: Reason, at: datetime) -> None:
    """Addresses, by their blind ids, that a provider tells us are closed. What a patient said outlives a bounce."""
    ids = sorted(set(contact_ids))
    lock(tx, ids)
    statement = update(contacts).where(bulk.among(tx, contacts.c.id, ids), _may_close(reason))
    tx.connection.execute(statement.values(closed=reason.value, changed_at=at))
    _said_again(tx, ids, reason, at)


def _said_again(tx: Tx, contact_ids: Iterable[str], reason: Reason, at: datetime) -> None:
    """A stop that is said again is the newer word: a START from in between that comes late no longer counts.

    What a provider tells of an address right after a stop is not written in its place. Yet staff who take back a stop
    that they misheard must not open the address then: to them it has changed since.
    """
    again = update(contacts).where(
        bulk.among(tx, contacts.c.id, contact_ids),
        contacts.c.closed == Reason.SUPPRESSED_BY_PATIENT.value,
        contacts.c.changed_at < at,
    )
    if reason is not Reason.SUPPRESSED_BY_PATIENT:
        again = again.where(contacts.c.changed_at > at - UNDO_WITHIN)
    tx.connection.execute(again.values(changed_at=at))


def _may_close(reason: Reason) -> ColumnElement[bool]:
    """What is closed stays as it is, but what a patient said outlives a bounce, which staff may lift.

    A complaint is never lifted; a stop only by the patient's own start. So neither takes the other's place.
    """
    if reason not in (Reason.SUPPRESSED_BY_PATIENT, Reason.COMPLAINED):
        return contacts.c.closed.is_(None)
    technical = [Reason.BOUNCED.value, Reason.ADDRESS_REFUSED.value]
    return contacts.c.closed.is_(None) | contacts.c.closed.in_(technical)


def reopen_one(tx: Tx, channel: Channel, address: str, at: datetime) -> bool:
    """The patient asked to hear from us again: lifts their own STOP, if this is the newer word, and nothing else."""
    contact = blind_address(tx.vault, channel, address)
    lock(tx, [contact])
    statement = update(contacts).where(
        contacts.c.id == contact,
        contacts.c.closed == Reason.SUPPRESSED_BY_PATIENT.value,
        contacts.c.changed_at < at,
    )
    return tx.connection.execute(statement.values(closed=None, changed_at=at)).rowcount == 1


def patients_at(tx: Tx, channel: Channel, address: str) -> list[str]:
    """The ids of everyone reached at an address."""
    column = patients.c.email_contact if channel is Channel.EMAIL else patients.c.phone_contact
    query = select(patients.c.id).where(column == blind_address(tx.vault, channel, address))
    return list(tx.connection.execute(query).scalars())


def closed(tx: Tx, ids: Mapping[Channel, str]) -> list[tuple[Channel, Reason, datetime]]:
    """Which of these addresses (blind ids by channel) are closed, why and since when."""
    query = select(contacts).where(contacts.c.id.in_(list(ids.values())), contacts.c.closed.is_not(None))
    rows = tx.connection.execute(query)
    return [(Channel(row.channel), Reason(row.closed), row.changed_at) for row in rows]


def closed_since(tx: Tx, contact_ids: Iterable[str]) -> dict[str, datetime]:
    """Since when these addresses (by blind id) are closed, those that are."""
    query = select(contacts.c.id, contacts.c.changed_at).where(
        bulk.among(tx, contacts.c.id, contact_ids), contacts.c.closed.is_not(None)
    )
    return {row.id: row.changed_at for row in tx.connection.execute(query)}


def shut(tx: Tx, contact_ids: Iterable[str]) -> dict[str, Reason]:
    """Which of these addresses (by blind id) are closed, and why; nobody is kept from changing that."""
    query = select(contacts.c.id, contacts.c.closed).where(bulk.among(tx, contacts.c.id, contact_ids))
    return {row.id: Reason(row.closed) for row in tx.connection.execute(query) if row.closed}


def closed_of(tx: Tx, ids: Mapping[str, Mapping[Channel, str]]) -> dict[str, dict[Channel, Reason]]:
    """For each patient, by the blind ids of their addresses, which are closed and why. One statement for all."""
    why = shut(tx, {contact for each in ids.values() for contact in each.values()})
    return {one: {channel: why[at] for channel, at in each.items() if at in why} for one, each in ids.items()}
