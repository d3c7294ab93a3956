"""How much waits for a person, beside the name of every page: one quick statement, and never more than a hundred."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, func, select

from drip.core.asked import RED_FLAG
from drip.core.lifecycle import State
from drip.store import stranded
from drip.store.conditions import in_state
from drip.store.conversations import KINDS
from drip.store.database import Tx
from drip.store.schema import messages, tasks
from drip.store.site_limits import at_sites

MOST = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Waits:
    """How many of each wait; `MOST` is that many or more."""

    tasks: int
    red_flags: int
    replies: int
    failed: int
    held: int


def count(tx: Tx, sites: Collection[str], since: datetime) -> Waits:
    """For somebody who sees these sites (all, where none is named). `since`: no older message has failed."""
    is_open = select(tasks.c.id).where(tasks.c.done_at.is_(None))
    is_held = select(messages.c.id).where(in_state(State.HELD))
    if sites:
        is_open = is_open.where(at_sites(tasks.c.patient_id, sites))
        is_held = is_held.where(at_sites(messages.c.patient_id, sites))
    parts = {
        "tasks": is_open,
        "red_flags": is_open.where(tasks.c.kind == RED_FLAG),
        "replies": is_open.where(tasks.c.kind.in_(KINDS)),
        "failed": stranded.among_waiting(since, sites),
        "held": is_held,
    }
    row = tx.connection.execute(select(*(_number(query).label(name) for name, query in parts.items()))).one()
    return Waits(**row._mapping)


def _number(query: Select[Any]) -> Any:
    return select(func.count()).select_from(query.limit(MOST).subquery()).scalar_subquery()
