"""The audit trail: who did what, when. Only ever added to; each line holds the hash of all before it.

There are ids in it and nothing personal, so that erasing a patient does not break it. A changed or missing line is
found by `verify`; lines cut off at the end are only found by comparing with a `Head` that was kept elsewhere.
"""

import hashlib
import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Row, func, insert, select

from drip.store import bulk
from drip.store.database import Tx
from drip.store.staff_schema import audit
from drip.store.types import as_text

COMMAND = "command"
"""Who it was when somebody typed a command on the machine itself."""

_LOCK = 0x64726970
"""PostgreSQL: one writer of the trail at a time, until it commits. The number only has to be our own."""

_FIRST = "0" * 64

_AT_ONCE = 1_000
"""Lines read at once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Deed:
    """One thing that somebody did."""

    who: str
    deed: str
    """A word of the house: `signed_in`, `message_skipped`, ..."""
    about: str = ""
    """`patient:<id>`, `message:<id>`, `sequence:<id>`, `account:<id>`; empty where it is about nothing of these."""
    detail: Mapping[str, Any] = field(default_factory=dict)
    """Anything else worth knowing, as JSON. Never a name, an address, or a patient's words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A deed as it was written down."""

    number: int
    at: datetime
    deed: Deed
    hash: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """The trail's last line: kept elsewhere, it shows later that nothing was cut off."""

    number: int
    hash: str


def write(tx: Tx, deed: Deed, now: datetime) -> Line:
    """Add a line, in the same transaction as the deed itself."""
    (line,) = write_all(tx, [deed], now)
    return line


def write_all(tx: Tx, deeds: Sequence[Deed], now: datetime) -> list[Line]:
    """Add a line for each, in this order."""
    if not deeds:
        return []
    lock(tx)
    last, at, written = head(tx), now.astimezone(), list[Line]()
    for number, deed in enumerate(deeds, start=last.number + 1):
        before = written[-1].hash if written else last.hash
        written.append(Line(number=number, at=at, deed=deed, hash=_hash(before, number, at, deed)))
    tx.connection.execute(insert(audit), [{"hash": line.hash, **_columns(line)} for line in written])
    return written


def lock(tx: Tx) -> None:
    """Nobody else adds a line until we commit: what is counted from here on stays so. Last of all locks."""
    if tx.is_postgres:
        tx.connection.execute(select(func.pg_advisory_xact_lock(_LOCK)))


def head(tx: Tx) -> Head:
    """The last line's number and hash; number 0 while there is none."""
    query = select(audit.c.number, audit.c.hash).order_by(audit.c.number.desc()).limit(1)
    row = tx.connection.execute(query).one_or_none()
    return Head(number=row.number, hash=row.hash) if row else Head(number=0, hash=_FIRST)


def verify(tx: Tx) -> int | None:
    """The number of the first line that is not as it was written, or is missing; None when all are whole."""
    before = Head(number=0, hash=_FIRST)
    for line in lines(tx):
        expected = _hash(before.hash, before.number + 1, line.at, line.deed)
        if line.number != before.number + 1 or line.hash != expected:
            return before.number + 1
        before = Head(number=line.number, hash=line.hash)
    return None


def lines(tx: Tx, about: str | None = None) -> Iterator[Line]:
    """Every line, from the first on; only those about one thing if it is named. However many, few are in memory."""
    query = select(audit).order_by(audit.c.number).limit(_AT_ONCE)
    if about is not None:
        query = query.where(audit.c.about == about)
    last = -1  # so that even a line which was given a number below the first is read
    while some := [_line(row) for row in tx.connection.execute(query.where(audit.c.number > last))]:
        yield from some
        last = some[-1].number


def count_since(tx: Tx, about: str, deed: str, since: datetime) -> int:
    """How often this was done about one thing since then."""
    query = select(func.count()).where(audit.c.about == about, audit.c.deed == deed, audit.c.at >= since)
    return tx.connection.execute(query).scalar_one()


def latest(tx: Tx, most: int, before: int | None = None, about: Collection[str] = ()) -> list[Line]:
    """The last lines, newest first; only those with a number below `before`, and about these things, where given."""
    query = select(audit).order_by(audit.c.number.desc()).limit(most)
    query = query.where(bulk.among(tx, audit.c.about, about)) if about else query
    if before is not None:
        query = query.where(audit.c.number < before)
    return [_line(row) for row in tx.connection.execute(query)]


def is_written(tx: Tx, deed: Deed, since: datetime) -> bool:
    """Whether the same person has done the same about the same since then, whatever the detail."""
    same = (audit.c.about == deed.about, audit.c.who == deed.who, audit.c.deed == deed.deed, audit.c.at >= since)
    return tx.connection.execute(select(audit.c.number).where(*same).limit(1)).first() is not None


def recent(tx: Tx, about: str, since: datetime, most: int = 50) -> list[Line]:
    """The last lines about one thing, newest first."""
    query = select(audit).where(audit.c.about == about, audit.c.at >= since)
    return [_line(row) for row in tx.connection.execute(query.order_by(audit.c.number.desc()).limit(most))]


def _hash(before: str, number: int, at: datetime, deed: Deed) -> str:
    told = [before, number, as_text(at), deed.who, deed.deed, deed.about, _written(deed.detail)]
    return hashlib.sha256(json.dumps(told, ensure_ascii=False, separators=(",", ":")).encode()).hexdigest()


def _written(detail: Mapping[str, Any]) -> str:
    return json.dumps(dict(detail), ensure_ascii=False, separators=(",", ":"), sort_keys=True)


def _columns(line: Line) -> Mapping[str, Any]:
    deed = line.deed
    told = {"who": deed.who, "deed": deed.deed, "about": deed.about, "detail": _written(deed.detail)}
    return {"number": line.number, "at": line.at, **told}


def _line(row: Row[Any]) -> Line:
    deed = Deed(who=row.who, deed=row.deed, about=row.about, detail=json.loads(row.detail))
    return Line(number=row.number, at=row.at, deed=deed, hash=row.hash)
