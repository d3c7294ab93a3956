"""Drafts of sequences: what somebody is writing, before it is a version."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, insert, select, update

from drip.core.draft import Approval, Draft, Stage
from drip.store.database import REFUSED, Tx
from drip.store.staff_schema import drafts

UNFINISHED = tuple(one.value for one in Stage if one.is_unfinished)


class AlreadyBegun(Exception):
    """Somebody is writing a draft of this sequence already."""


def begin(tx: Tx, draft: Draft) -> None:
    """Keep a new draft. AlreadyBegun where the sequence has an unfinished one."""
    try:
        with tx.connection.begin_nested():
            tx.connection.execute(insert(drafts).values(id=draft.id, sequence=draft.sequence, **_columns(draft)))
    except REFUSED:
        raise AlreadyBegun(draft.sequence) from None


def save(tx: Tx, draft: Draft, *, saw: int) -> bool:
    """Keep what a draft has become. False where somebody else has changed it since `saw`: nothing is written then."""
    seen = update(drafts).where(drafts.c.id == draft.id, drafts.c.edit == saw, drafts.c.state.in_(UNFINISHED))
    return tx.connection.execute(seen.values(**_columns(draft))).rowcount == 1


def became(tx: Tx, draft_id: str, version: str) -> None:
    """Which version a published draft has become."""
    tx.connection.execute(update(drafts).where(drafts.c.id == draft_id).values(version=version))


def behind(tx: Tx, version_ids: Iterable[str]) -> dict[str, str | None]:
    """Of these versions, those that were a draft: each with the version that the draft took the place of."""
    query = select(drafts.c.version, drafts.c.based_on).where(drafts.c.version.in_(sorted(version_ids)))
    return {row.version: row.based_on for row in tx.connection.execute(query)}


def load(tx: Tx, draft_id: str) -> Draft | None:
    """One draft, whole."""
    row = tx.connection.execute(select(drafts).where(drafts.c.id == draft_id)).one_or_none()
    return _draft(row) if row else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Submitted:
    """A draft that waits for approval, without its words."""

    id: str
    sequence: str
    by: str
    """An account."""
    at: datetime
    authors: tuple[str, ...]


def submitted(tx: Tx) -> list[Submitted]:
    """What waits for approval, longest first."""
    columns = (drafts.c.id, drafts.c.sequence, drafts.c.submitted_by, drafts.c.submitted_at, drafts.c.authors)
    query = select(*columns).where(drafts.c.state == Stage.SUBMITTED.value).order_by(drafts.c.submitted_at)
    return [
        Submitted(
            id=row.id,
            sequence=row.sequence,
            by=row.submitted_by,
            at=row.submitted_at,
            authors=tuple(json.loads(row.authors)),
        )
        for row in tx.connection.execute(query)
    ]


def unfinished(tx: Tx) -> list[Draft]:
    """Every draft that something is still to be done with, by sequence."""
    query = select(drafts).where(drafts.c.state.in_(UNFINISHED)).order_by(drafts.c.sequence)
    return [_draft(row) for row in tx.connection.execute(query)]


def unfinished_of(tx: Tx, sequence: str) -> Draft | None:
    """The draft of a sequence that something is still to be done with."""
    query = select(drafts).where(drafts.c.sequence == sequence, drafts.c.state.in_(UNFINISHED))
    row = tx.connection.execute(query).one_or_none()
    return _draft(row) if row else None


def _columns(draft: Draft) -> dict[str, Any]:
    return {
        "based_on": draft.based_on,
        "files": json.dumps(dict(draft.files), ensure_ascii=False),
        "edit": draft.edit,
        "authors": json.dumps(draft.authors),
        "state": draft.stage.value,
        "note": draft.note,
        "choice": json.dumps(dict(draft.choice), ensure_ascii=False),
        "changed_at": draft.changed_at,
        "changed_by": draft.changed_by,
        "submitted_at": draft.submitted_at,
        "submitted_by": draft.submitted_by,
        "approved_at": draft.approval.at if draft.approval else None,
        "approved_by": draft.approval.by if draft.approval else None,
        "approved_files": draft.approval.files if draft.approval else None,
        "version": draft.version,
    }


def _draft(row: Row[Any]) -> Draft:
    approval = Approval(by=row.approved_by, at=row.approved_at, files=row.approved_files) if row.approved_by else None
    return Draft(
        id=row.id,
        sequence=row.sequence,
        based_on=row.based_on,
        files=json.loads(row.files),
        edit=row.edit,
        authors=tuple(json.loads(row.authors)),
        stage=Stage(row.state),
        note=row.note,
        choice=json.loads(row.choice),
        changed_at=row.changed_at,
        changed_by=row.changed_by,
        submitted_at=row.submitted_at,
        submitted_by=row.submitted_by,
        approval=approval,
        version=row.version,
    )
