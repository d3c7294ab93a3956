"""The reply inbox: what patients wrote back, stored before anything is done about it, applied after."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Select, literal_column, select, update

from drip.core.model import Channel
from drip.core.patient import Standing
from drip.store import bulk
from drip.store.database import Tx
from drip.store.inbox_schema import replies
from drip.store.schema import attempts, messages, patients
from drip.store.vault import DataKey

PENDING, APPLIED = "pending", "applied"
PLACE = "replies.words"
"""What their words are sealed as."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewReply:
    """A reply as it came in, under the provider's own name for it."""

    id: str
    provider: str
    key: str
    channel: Channel
    contact_id: str
    """Who wrote, by blind id."""
    word: str
    text: str = field(repr=False)
    received_at: datetime
    answers: str | None = None
    """The message that it answers, where that can be seen."""


def add(tx: Tx, told: Sequence[NewReply]) -> list[NewReply]:
    """Store replies that were never heard before. Answers those, in their order. Safe to repeat, and to race."""
    by_key: dict[tuple[str, str], NewReply] = {}
    for one in told:
        by_key.setdefault((one.provider, one.key), one)
    rows = [_row(tx, one) for _, one in sorted(by_key.items(), key=lambda item: item[0])]
    bulk.insert_rows(tx, replies, rows, ignore_known=True)
    # Another request may have stored the same reply before: only what carries our id is new.
    query = select(replies.c.id).where(bulk.among(tx, replies.c.id, (one.id for one in by_key.values())))
    new = set(tx.connection.execute(query).scalars()) if rows else set()
    return [one for one in by_key.values() if one.id in new]


def _row(tx: Tx, one: NewReply) -> dict[str, object]:
    """Nobody has read yet whose words they are, so they are sealed under the master key."""
    return {
        "id": one.id,
        "provider": one.provider,
        "key": one.key,
        "channel": one.channel.value,
        "contact_id": one.contact_id,
        "word": one.word,
        "was_news": False,
        "answers": one.answers,
        "patient_id": None,
        "words": tx.vault.seal(PLACE, one.id, one.text.encode()),
        "received_at": one.received_at,
        "state": PENDING,
    }


def note_news(tx: Tx, ids: Iterable[str]) -> None:
    """These changed something or ask for something, and nobody has answered them yet."""
    tx.connection.execute(update(replies).where(bulk.among(tx, replies.c.id, ids)).values(was_news=True))


@dataclass(frozen=True, slots=True, kw_only=True)
class PendingReply:
    """A reply that waits to be applied."""

    id: str
    channel: Channel
    contact_id: str
    was_news: bool
    answers: str | None
    received_at: datetime
    text: str = field(repr=False)


def pending(tx: Tx, limit: int) -> list[PendingReply]:
    """The replies that have waited longest. On PostgreSQL no other worker takes the same ones."""
    rows = tx.connection.execute(_waiting(limit, is_postgres=tx.is_postgres))
    return [
        PendingReply(
            id=row.id,
            channel=Channel(row.channel),
            contact_id=row.contact_id,
            was_news=row.was_news,
            answers=row.answers,
            received_at=row.received_at,
            text=tx.vault.unseal(PLACE, row.id, row.words).decode(),
        )
        for row in rows
    ]


@cache
def _waiting(limit: int, *, is_postgres: bool) -> Select[Any]:
    query = select(replies).where(_is_pending()).order_by(replies.c.received_at, replies.c.id).limit(limit)
    return query.with_for_update(skip_locked=True) if is_postgres else query


def contacts_with_pending(tx: Tx, contact_ids: Iterable[str]) -> set[str]:
    """At which of these addresses (by blind id) somebody wrote something that was not applied yet."""
    query = _unread_at(is_postgres=tx.is_postgres)
    return set(tx.connection.execute(query, bulk.given(tx, contact_ids)).scalars())


@cache
def _unread_at(*, is_postgres: bool) -> Select[Any]:
    among = bulk.among_given(replies.c.contact_id, is_postgres=is_postgres)
    return select(replies.c.contact_id).distinct().where(_is_pending(), among)


def _is_pending() -> ColumnElement[bool]:
    """Written out, not bound: a partial index serves only a query that names its condition."""
    return replies.c.state == literal_column(f"'{PENDING}'")


def at_contacts(tx: Tx, contact_ids: Iterable[str]) -> dict[str, list[str]]:
    """Everyone reached at each of these addresses: who may still be written to comes first, then by id."""
    ids = sorted(set(contact_ids))
    found: dict[str, list[tuple[bool, str]]] = {contact: [] for contact in ids}
    for column in (patients.c.email_contact, patients.c.phone_contact):
        query = select(column, patients.c.id, patients.c.standing).where(bulk.among(tx, column, ids))
        for contact, patient_id, standing in tx.connection.execute(query):
            found[contact].append((standing != Standing.CURRENT.value, patient_id))
    return {contact: [patient_id for _, patient_id in sorted(people)] for contact, people in found.items()}


@dataclass(frozen=True, slots=True)
class Answered:
    """A message that somebody answered: whose it was, and at which address it reached them."""

    patient_id: str
    contact_id: str | None


def answered(tx: Tx, message_ids: Iterable[str]) -> dict[str, Answered]:
    """These messages, those of them that there are."""
    query = select(messages.c.id, messages.c.patient_id, attempts.c.contact_id)
    query = query.outerjoin(attempts, attempts.c.id == messages.c.attempt_id)
    rows = tx.connection.execute(query.where(bulk.among(tx, messages.c.id, message_ids)))
    return {row.id: Answered(row.patient_id, row.contact_id) for row in rows}


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """A reply that was applied, and whose words it turned out to hold."""

    reply: PendingReply
    patient_id: str | None = None
    data_key: DataKey | None = field(default=None, repr=False)


def mark_applied(tx: Tx, heard: Sequence[Heard]) -> None:
    """These were applied. Where we know who wrote, their own key seals the words from now on."""
    owned = [
        {
            "id": one.reply.id,
            "patient_id": one.patient_id,
            "words": one.data_key.seal(PLACE, one.reply.id, one.reply.text.encode()),
            "state": APPLIED,
        }
        for one in heard
        if one.data_key
    ]
    bulk.save_rows(tx, replies, owned)
    strangers = [one.reply.id for one in heard if not one.data_key]
    tx.connection.execute(update(replies).where(bulk.among(tx, replies.c.id, strangers)).values(state=APPLIED))
