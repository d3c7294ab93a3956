"""How far each booking system has been read, and whether it answers."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, literal, or_, select, update

from drip.store import bulk
from drip.store.database import Tx
from drip.store.inbox_schema import sources
from drip.store.types import UtcTime


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How things are with one booking system."""

    name: str
    through: datetime | None
    """All that changed up to here has been heard."""
    away_since: datetime | None
    why: str
    ask_at: datetime | None
    """Not before: it asked us to wait, or did not answer."""


def begin(tx: Tx, name: str, lease: timedelta, now: datetime) -> Mapping[str, str] | None:
    """Become the one worker that reads this system now. Answers its cursors; None when it is not our turn."""
    bulk.insert_rows(tx, sources, [{"name": name}], ignore_known=True)
    is_ours = update(sources).where(
        sources.c.name == name,
        or_(sources.c.lease_until.is_(None), sources.c.lease_until < tx.real_now()),
        or_(sources.c.ask_at.is_(None), sources.c.ask_at <= now),
    )
    if not tx.connection.execute(is_ours.values(lease_until=tx.lease_end(lease))).rowcount:
        return None
    told = tx.connection.execute(select(sources.c.cursors).where(sources.c.name == name)).scalar_one()
    cursors: dict[str, str] = json.loads(told)
    return cursors


def keep(tx: Tx, name: str, cursors: Mapping[str, str], through: datetime | None, lease: timedelta) -> None:
    """These cursors, all of them, are where reading goes on. In the transaction that stores what they have passed."""
    values = {"cursors": json.dumps(dict(cursors), sort_keys=True), "lease_until": tx.lease_end(lease)}
    if through is not None:
        values["through"] = through
    tx.connection.execute(update(sources).where(sources.c.name == name).values(**values))


def finish(tx: Tx, name: str) -> None:
    """It answered, and all was read: the next worker may."""
    values = {"lease_until": None, "ask_at": None, "away_since": None, "why": ""}
    tx.connection.execute(update(sources).where(sources.c.name == name).values(**values))


def away(tx: Tx, name: str, why: str, ask_at: datetime, now: datetime) -> None:
    """It does not answer; `why` is one word without an address. Nobody asks it before `ask_at`."""
    since = func.coalesce(sources.c.away_since, literal(now, UtcTime()))
    values = {"lease_until": None, "ask_at": ask_at, "away_since": since, "why": why[:60]}
    tx.connection.execute(update(sources).where(sources.c.name == name).values(**values))


def look(tx: Tx) -> dict[str, Standing]:
    """How things are with each system that was ever read, by name."""
    columns = [sources.c[name] for name in Standing.__slots__]
    return {row.name: Standing(**row._mapping) for row in tx.connection.execute(select(*columns))}
