"""The receipt inbox: what providers said later, stored before anything is done about it, applied after."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Row, Select, exists, select, update

from drip.core.handover import Fault
from drip.core.lifecycle import State, is_old_news
from drip.core.model import Channel, Purpose
from drip.core.news import Receipt
from drip.core.reason import Reason
from drip.store import addresses, blind, bulk
from drip.store.conditions import NO_LEASE
from drip.store.database import Tx
from drip.store.ids import new_id
from drip.store.inbox_schema import receipts
from drip.store.schema import attempts, messages


def add(tx: Tx, told: Sequence[Receipt], now: datetime) -> int:
    """Store receipts that are not there yet, and close the addresses that they say are closed, at once.

    Answers how many were new. Safe to repeat: one that is known closes nothing, whatever happened since.
    """
    by_key = {(one.provider, one.key[:120]): one for one in told}
    known = _known(tx, by_key)
    new = {key: one for key, one in by_key.items() if key not in known}
    rows = [_row(tx, provider, key, one, now) for (provider, key), one in sorted(new.items())]
    bulk.insert_rows(tx, receipts, rows, ignore_known=True)
    _close(tx, rows, _addresses(tx, new.values()), now)
    return len(rows)


def _known(tx: Tx, keys: Iterable[tuple[str, str]]) -> set[tuple[str, str]]:
    query = select(receipts.c.provider, receipts.c.key).where(bulk.among(tx, receipts.c.key, (key for _, key in keys)))
    return {(row.provider, row.key) for row in tx.connection.execute(query)}


def _addresses(tx: Tx, told: Iterable[Receipt]) -> dict[str, Channel]:
    """The addresses (by blind id) that are said to be closed, whether we have written there yet or not."""
    closed = [one.address for one in told if one.closes and one.address]
    return {blind.blind_address(tx.vault, _channel(address), address): _channel(address) for address in closed}


def _channel(address: str) -> Channel:
    return Channel.EMAIL if "@" in address else Channel.SMS


def _row(tx: Tx, provider: str, key: str, one: Receipt, now: datetime) -> dict[str, Any]:
    return {
        "id": new_id(),
        "provider": provider,
        "key": key,
        "attempt_id": one.attempt_id,
        "provider_ref": one.provider_ref,
        "says": one.says.value if one.says else "",
        "fault": one.fault.value if one.fault else "",
        "code": one.code[:40],
        "closes": one.closes.value if one.closes else "",
        "contact_id": blind.blind_address(tx.vault, _channel(one.address), one.address) if one.address else None,
        "happened_at": one.at,
        "received_at": now,
        "state": "pending",
    }


def _close(tx: Tx, rows: Sequence[Mapping[str, Any]], told: Mapping[str, Channel], now: datetime) -> None:
    closing = [row for row in rows if row["closes"]]
    if not closing:
        return
    addresses.ensure(tx, told)
    found = _attempts(tx, closing)
    known = {one.id: one.contact_id for one in found}
    by_ref = {(one.provider, one.provider_ref): one.contact_id for one in found}
    contacts: dict[str, list[str]] = {}
    for row in closing:
        # Our own attempt knows where it went; what a provider calls the address may be spelt another way.
        contact = (
            known.get(row["attempt_id"]) or by_ref.get((row["provider"], row["provider_ref"])) or row["contact_id"]
        )
        if contact:
            contacts.setdefault(row["closes"], []).append(contact)
    for why, ids in sorted(contacts.items()):
        addresses.close(tx, ids, Reason(why), now)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pending:
    """A receipt that waits to be applied, with the attempt and the message it is about, if we know them."""

    id: str
    provider: str
    provider_ref: str | None
    says: State | None
    fault: Fault | None
    closes: Reason | None
    code: str
    at: datetime
    """When it happened, as far as anybody says; else when it came."""
    happened_at: datetime | None
    attempt_id: str | None
    message_id: str | None
    attempt_ref: str | None
    channel: Channel | None
    said: State | None
    """What receipts about the same attempt have said before."""
    said_at: datetime | None
    """When that happened, where the provider said so."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """A message that receipts are about."""

    id: str
    patient_id: str
    version: str
    step: str
    state: State
    channel: Channel
    turned: bool
    attempts: int
    attempt_id: str | None
    expires_at: datetime
    accepted_at: datetime | None
    provider_ref: str | None
    purpose: Purpose


def pending(tx: Tx, limit: int) -> list[Pending]:
    """The receipts that have waited longest. On PostgreSQL no other worker takes the same ones."""
    rows = tx.connection.execute(_waiting(limit, is_postgres=tx.is_postgres)).all()
    if not rows:
        return []
    told = [row._mapping for row in rows]
    known = _attempts(tx, told)
    by_id = {one.id: one for one in known}
    by_ref = {(one.provider, one.provider_ref): one for one in known if one.provider_ref}
    return [
        _pending(row, by_id.get(row["attempt_id"] or "") or by_ref.get((row["provider"], row["provider_ref"])))
        for row in told
    ]


@cache
def _waiting(limit: int, *, is_postgres: bool) -> Select[Any]:
    query = select(receipts).where(receipts.c.state == "pending").order_by(receipts.c.received_at).limit(limit)
    return query.with_for_update(skip_locked=True) if is_postgres else query


def _attempts(tx: Tx, rows: Sequence[Mapping[Any, Any]]) -> list[Any]:
    names = ("id", "provider", "provider_ref", "message_id", "contact_id", "channel", "receipt", "receipt_at")
    columns = [attempts.c[name] for name in names]
    ids = [row["attempt_id"] for row in rows if row["attempt_id"]]
    refs = [row["provider_ref"] for row in rows if row["provider_ref"] and not row["attempt_id"]]
    query = select(*columns).where(bulk.among(tx, attempts.c.id, ids))
    found = list(tx.connection.execute(query))
    if refs:
        by_ref = select(*columns).where(
            attempts.c.provider.in_({row["provider"] for row in rows}), bulk.among(tx, attempts.c.provider_ref, refs)
        )
        found += list(tx.connection.execute(by_ref))
    return found


def _pending(row: Mapping[Any, Any], attempt: Any) -> Pending:
    return Pending(
        id=row["id"],
        provider=row["provider"],
        provider_ref=row["provider_ref"],
        says=State(row["says"]) if row["says"] else None,
        fault=Fault(row["fault"]) if row["fault"] else None,
        closes=Reason(row["closes"]) if row["closes"] else None,
        code=row["code"],
        at=row["happened_at"] or row["received_at"],
        happened_at=row["happened_at"],
        attempt_id=attempt.id if attempt else None,
        message_id=attempt.message_id if attempt else None,
        attempt_ref=attempt.provider_ref if attempt else None,
        channel=Channel(attempt.channel) if attempt else None,
        said=State(attempt.receipt) if attempt and attempt.receipt else None,
        said_at=attempt.receipt_at if attempt else None,
    )


def subjects(tx: Tx, message_ids: Iterable[str]) -> dict[str, Subject]:
    """These messages, locked in the order of their ids until the transaction ends."""
    columns = [messages.c[name] for name in Subject.__slots__]
    query = select(*columns).where(bulk.among(tx, messages.c.id, message_ids)).order_by(messages.c.id)
    rows = tx.connection.execute(query.with_for_update() if tx.is_postgres else query)
    return {row.id: _subject(row) for row in rows}


def _subject(row: Row[Any]) -> Subject:
    words = {"state": State(row.state), "channel": Channel(row.channel), "purpose": Purpose(row.purpose)}
    return Subject(**{**row._mapping, **words})


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """Where receipts leave a message."""

    id: str
    was: State
    state: State
    reason: Reason
    channel: Channel
    turned: bool
    due_at: datetime | None
    """Only of one that is planned again."""
    attempts: int
    accepted_at: datetime | None
    provider_ref: str | None


def move(tx: Tx, moved: Sequence[Moved]) -> None:
    """Write where receipts leave these messages. They are locked, so what was seen still holds."""
    for is_planned in (False, True):
        rows = [_moved_row(one) for one in moved if (one.due_at is not None) is is_planned]
        bulk.update_rows(tx, messages, rows, match={"id": "id", "state": "was"})


def _moved_row(one: Moved) -> dict[str, Any]:
    row: dict[str, Any] = {"id": one.id, "was": one.was.value, "state": one.state.value, "reason": one.reason.value}
    row |= NO_LEASE
    row |= {"channel": one.channel.value, "turned": one.turned, "accepted_at": one.accepted_at}
    row |= {"attempts": one.attempts, "provider_ref": one.provider_ref}
    if one.due_at is not None:
        return row | {"due_at": one.due_at, "counted_on": None}
    return row


def note(tx: Tx, told: Sequence[Pending]) -> None:
    """Keep with each attempt the last word about it, and the provider's reference if its answer was lost."""
    last = _last_words(told)
    rows = [
        {"id": attempt_id, "receipt": says.value, "receipt_at": at} for attempt_id, (says, at) in sorted(last.items())
    ]
    bulk.update_rows(tx, attempts, rows, match={"id": "id"})
    refs = {
        one.attempt_id: (one.provider, one.provider_ref)
        for one in told
        if one.attempt_id and one.provider_ref and not one.attempt_ref
    }
    taken = taken_refs(tx, {provider for provider, _ in refs.values()}, [ref for _, ref in refs.values()])
    free = {attempt_id: ref for attempt_id, (provider, ref) in refs.items() if (provider, ref) not in taken}
    once = {ref: attempt_id for attempt_id, ref in free.items()}  # a reference belongs to one attempt
    bulk.update_rows(
        tx, attempts, [{"id": attempt, "provider_ref": ref} for ref, attempt in once.items()], match={"id": "id"}
    )


def _last_words(told: Iterable[Pending]) -> dict[str, tuple[State, datetime | None]]:
    """What was said last of each attempt, and when that happened."""
    last: dict[str, tuple[State, datetime | None]] = {}
    for one in sorted(told, key=lambda one: one.at):
        if one.attempt_id and one.says:
            said, said_at = last.get(one.attempt_id, (one.said, one.said_at))
            if not is_old_news(one.says, said, one.happened_at, said_at):
                # The same word again, without its time, takes no time away.
                last[one.attempt_id] = one.says, one.happened_at or (said_at if said is one.says else None)
    return last


def taken_refs(tx: Tx, providers: Collection[str], refs: Collection[str]) -> set[tuple[str, str]]:
    """Which of these providers' references belong to attempts of ours already, as (provider, reference)."""
    query = select(attempts.c.provider, attempts.c.provider_ref).where(
        attempts.c.provider.in_(sorted(providers)), bulk.among(tx, attempts.c.provider_ref, refs)
    )
    return {(row.provider, row.provider_ref) for row in tx.connection.execute(query)}


def mark(tx: Tx, told: Sequence[Pending]) -> None:
    """These were looked at; those about nothing of ours stay, for whoever wonders."""
    for state in ("applied", "unmatched"):
        ids = [one.id for one in told if (one.attempt_id is None) is (state == "unmatched")]
        if ids:
            tx.connection.execute(update(receipts).where(bulk.among(tx, receipts.c.id, ids)).values(state=state))


def unread(tx: Tx, attempt_ids: Iterable[str]) -> set[str]:
    """Which of these attempts something was said about that was not applied yet."""
    query = select(receipts.c.attempt_id).where(
        receipts.c.state == "pending", bulk.among(tx, receipts.c.attempt_id, attempt_ids)
    )
    return set(tx.connection.execute(query).scalars())


def later_ones_came(tx: Tx, provider: str, started_at: datetime) -> bool:
    """Whether the provider has spoken of attempts that were made after this moment."""
    later = select(receipts.c.id).join(attempts, attempts.c.id == receipts.c.attempt_id)
    later = later.where(
        receipts.c.provider == provider, receipts.c.received_at > started_at, attempts.c.started_at > started_at
    )
    return bool(tx.connection.execute(select(exists(later))).scalar())
