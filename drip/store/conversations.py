"""What patients wrote and what was sent to them, for reading: newest first, a page at a time."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeAlias

from sqlalchemy import ColumnElement, Select, and_, func, or_, select

from drip.core.asked import RED_FLAG
from drip.core.model import Channel
from drip.core.replies import Word
from drip.store import bulk
from drip.store.database import Tx
from drip.store.inbox_schema import replies
from drip.store.replies import APPLIED, PLACE
from drip.store.schema import attempts, messages, tasks
from drip.store.site_limits import at_sites
from drip.store.vault import DataKey

KINDS = (RED_FLAG, "answer", "reply", "shared_stop")
"""The tasks that a reply may become."""


Place: TypeAlias = tuple[datetime, str]
"""Where something stands in a conversation: when, and its id, for what was said in one moment."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplyRow:
    """A reply as stored; its words stay sealed until they are asked for."""

    id: str
    channel: Channel
    contact_id: str
    word: Word
    patient_id: str | None
    """Who wrote, where that is known."""
    received_at: datetime
    answers: str | None
    """The step of the message that it answers, where that is known."""
    sealed: bytes = field(repr=False)

    @property
    def place(self) -> Place:
        """Where it stands among the others."""
        return self.received_at, self.id


_REPLY = (
    replies.c.id,
    replies.c.channel,
    replies.c.contact_id,
    replies.c.word,
    replies.c.patient_id,
    replies.c.received_at,
    messages.c.step.label("answers"),
    replies.c.words.label("sealed"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Whose:
    """Some people's replies."""

    sites: frozenset[str] = frozenset()
    patient_id: str = ""
    strangers: bool = False
    """Only of people whom nobody knows at the address they wrote from."""


def _newest(query: Select[Any], columns: tuple[ColumnElement[Any], ColumnElement[Any]], before: Place | None) -> Any:
    at, name = columns
    if before:
        query = query.where(or_(at < before[0], and_(at == before[0], name < before[1])))
    return query.order_by(at.desc(), name.desc())


def page(tx: Tx, whose: Whose, *, limit: int, before: Place | None = None) -> list[ReplyRow]:
    """Replies, newest first; only those from before a place if one is given."""
    return _read(tx, _newest(_of(whose), (replies.c.received_at, replies.c.id), before).limit(limit))


def waiting(tx: Tx, whose: Whose, *, limit: int) -> list[ReplyRow]:
    """Those that somebody must still read or answer, whichever is the newest first."""
    query = select(tasks.c.key).where(tasks.c.kind.in_(KINDS), tasks.c.done_at.is_(None))
    if whose.sites:
        query = query.where(at_sites(tasks.c.patient_id, whose.sites))
    query = query.order_by(tasks.c.raised_at.desc()).limit(limit)
    ids = {key.split(":")[1] for key in tx.connection.execute(query).scalars()}
    rows = _of(whose).where(bulk.among(tx, replies.c.id, ids)).order_by(replies.c.received_at.desc())
    return _read(tx, rows) if ids else []


def _of(whose: Whose) -> Select[Any]:
    query = select(*_REPLY).outerjoin(messages, messages.c.id == replies.c.answers)
    if whose.patient_id:
        return query.where(replies.c.patient_id == whose.patient_id)
    # What nobody has looked at yet is nobody's: whose it is turns out within a minute.
    stranger = replies.c.patient_id.is_(None) & (replies.c.state == APPLIED)
    query = query.where(stranger if whose.strangers else replies.c.patient_id.is_not(None))
    return query.where(at_sites(replies.c.patient_id, whose.sites)) if whose.sites else query


def _read(tx: Tx, query: Select[Any]) -> list[ReplyRow]:
    return [
        ReplyRow(**{**row._mapping, "channel": Channel(row.channel), "word": Word(row.word)})
        for row in tx.connection.execute(query)
    ]


def words_of(tx: Tx, row: ReplyRow, keys: Mapping[str, DataKey]) -> str | None:
    """What they wrote; None where the patient's record cannot be unsealed."""
    key = keys.get(row.patient_id) if row.patient_id else tx.vault
    return key.unseal(PLACE, row.id, row.sealed).decode() if key else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Became:
    """A task that a reply has become."""

    kind: str
    done_at: datetime | None
    done_by: str


def became(tx: Tx, rows: Sequence[ReplyRow]) -> dict[str, list[Became]]:
    """The tasks that these replies have become, by reply."""
    keys = {key: row.id for row in rows for key in _keys(row)}
    query = select(tasks.c.key, tasks.c.kind, tasks.c.done_at, tasks.c.done_by)
    found: dict[str, list[Became]] = defaultdict(list)
    for row in tx.connection.execute(query.where(bulk.among(tx, tasks.c.key, keys))) if keys else ():
        found[keys[row.key]].append(Became(kind=row.kind, done_at=row.done_at, done_by=row.done_by))
    return found


def _keys(row: ReplyRow) -> Collection[str]:
    ends = ("", ":answer", f":{row.patient_id}")
    return [f"{kind}:{row.id}{end}" for kind in KINDS for end in ends]


@dataclass(frozen=True, slots=True, kw_only=True)
class SentRow:
    """A message that went, or may have gone."""

    attempt_id: str
    channel: Channel
    step: str
    sequence: str
    state: str
    at: datetime


def sent(tx: Tx, patient_id: str, *, limit: int, before: Place | None = None) -> list[SentRow]:
    """What was handed over for a patient, newest first, without what the provider refused or did not take."""
    outcome = func.coalesce(attempts.c.outcome, "")
    query = (
        select(
            attempts.c.id.label("attempt_id"),
            attempts.c.channel,
            messages.c.step,
            messages.c.sequence,
            messages.c.state,
            attempts.c.started_at.label("at"),
        )
        .join(messages, messages.c.id == attempts.c.message_id)
        .where(messages.c.patient_id == patient_id, outcome != "not_taken", outcome.not_like("refused%"))
    )
    query = _newest(query, (attempts.c.started_at, attempts.c.id), before).limit(limit)
    return [SentRow(**{**row._mapping, "channel": Channel(row.channel)}) for row in tx.connection.execute(query)]
