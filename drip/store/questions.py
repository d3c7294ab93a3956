"""What patients were asked: messages that went, and which replies answered them."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeAlias

from sqlalchemy import Row, func, select

from drip.core.lifecycle import State
from drip.store import bulk
from drip.store.database import Tx
from drip.store.inbox_schema import replies
from drip.store.schema import attempts, messages

Asking: TypeAlias = tuple[str, str, int, int]
"""Enrolment, step, occurrence and revision: the same for a text and an email that ask the same thing together."""

ANSWER = "answer"
"""The word of a reply that answered a question; its `answers` is then the message that asked."""

_REACHED = (State.ACCEPTED, State.SENT, State.DELIVERED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Went:
    """A message that reached a patient, as far as we know."""

    message_id: str
    patient_id: str
    contact_id: str
    version: str
    step: str
    asking: Asking
    at: datetime
    """When it was handed over."""


def went_to(tx: Tx, contact_ids: Iterable[str], since: datetime) -> list[Went]:
    """What was handed over to these addresses (by blind id) since then, and went."""
    query = _went().where(bulk.among(tx, attempts.c.contact_id, contact_ids), attempts.c.started_at >= since)
    return [_read(row) for row in tx.connection.execute(query)]


def went(tx: Tx, message_ids: Iterable[str]) -> list[Went]:
    """Those of these messages that went."""
    query = _went().where(bulk.among(tx, messages.c.id, message_ids))
    return [_read(row) for row in tx.connection.execute(query)]


_PLACE = (messages.c.enrolment_id, messages.c.step, messages.c.occurrence, messages.c.revision)


def _went() -> Any:
    query = select(
        messages.c.id, messages.c.patient_id, messages.c.version, *_PLACE, attempts.c.contact_id, attempts.c.started_at
    )
    # By the attempt's message first: that way round each is found by its id.
    query = query.join(attempts, (attempts.c.message_id == messages.c.id) & (attempts.c.id == messages.c.attempt_id))
    return query.where(messages.c.state.in_([state.value for state in _REACHED]))


def _read(row: Row[Any]) -> Went:
    return Went(
        message_id=row.id,
        patient_id=row.patient_id,
        contact_id=row.contact_id,
        version=row.version,
        step=row.step,
        asking=(row.enrolment_id, row.step, row.occurrence, row.revision),
        at=row.started_at,
    )


def answered(tx: Tx, patient_ids: Iterable[str]) -> dict[Asking, set[str]]:
    """What these patients have answered, and by which replies."""
    query = select(replies.c.id.label("reply_id"), *_PLACE).join(messages, messages.c.id == replies.c.answers)
    query = query.where(replies.c.word == ANSWER, bulk.among(tx, replies.c.patient_id, patient_ids))
    found: dict[Asking, set[str]] = defaultdict(set)
    for row in tx.connection.execute(query):
        found[row.enrolment_id, row.step, row.occurrence, row.revision].add(row.reply_id)
    return found


def unanswered(tx: Tx, enrolment_ids: Iterable[str]) -> dict[tuple[str, str], list[datetime]]:
    """When each step of these enrolments was asked since its patient last wrote anything, by enrolment and step.

    Who wrote words that are no answer was not silent. What went by text and by email was asked once.
    """
    ids = set(enrolment_ids)
    if not ids:
        return {}
    asked = [_read(row) for row in tx.connection.execute(_went().where(bulk.among(tx, messages.c.enrolment_id, ids)))]
    wrote = _last_wrote(tx, {one.patient_id for one in asked})
    times: dict[Asking, datetime] = {}
    for one in sorted(asked, key=lambda one: one.at):
        if one.patient_id not in wrote or wrote[one.patient_id] < one.at:
            times.setdefault(one.asking, one.at)
    found: dict[tuple[str, str], list[datetime]] = defaultdict(list)
    for (enrolment_id, step, _, _), at in times.items():
        found[enrolment_id, step].append(at)
    return found


def _last_wrote(tx: Tx, patient_ids: Iterable[str]) -> dict[str, datetime]:
    query = select(replies.c.patient_id, func.max(replies.c.received_at)).group_by(replies.c.patient_id)
    query = query.where(bulk.among(tx, replies.c.patient_id, patient_ids))
    return {row[0]: row[1] for row in tx.connection.execute(query)}


def note_answers(tx: Tx, messages_by_reply: Mapping[str, str]) -> None:
    """These replies answered what these messages asked: nothing else answers it again."""
    rows = [{"id": reply, "word": ANSWER, "answers": message} for reply, message in messages_by_reply.items()]
    bulk.update_rows(tx, replies, rows, match={"id": "id"})
