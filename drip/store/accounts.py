"""Accounts of the clinic's people, and who of them is signed in."""

import hashlib
import json
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import LABEL_STYLE_TABLENAME_PLUS_COL, Row, delete, insert, select, update

from drip.core.role import Person, Role
from drip.store.database import REFUSED, Tx
from drip.store.ids import new_id
from drip.store.staff_schema import accounts, sessions

SECRET = "accounts.secret"  # noqa: S105 - the place that it is sealed for


class NameTaken(Exception):
    """Somebody signs in with that name already."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """Somebody who may sign in, and what is known of how."""

    person: Person
    password: str = field(repr=False)
    """Its Argon2id hash."""
    is_given: bool = False
    """Somebody else chose the password: the first thing to do is to change it."""
    secret: str | None = field(default=None, repr=False)
    """What their authenticator app knows; None until they have one."""
    last_code: int = 0
    """The half-minute of the last code that was used, counted from 1970."""
    failures: int = 0
    """Wrong passwords and codes since the last right ones."""
    closed_until: datetime | None = None
    created_at: datetime
    disabled_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """Somebody who may sign in, or once could, with nothing that would open anything: one secret that cannot be
    unsealed hides nobody from a list."""

    person: Person
    has_app: bool
    """Their authenticator app is set up."""
    disabled_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """Somebody signed in on one browser."""

    id: str = field(repr=False)
    person: Person
    is_given: bool
    has_secret: bool
    form_key: str = field(repr=False)
    created_at: datetime
    seen_at: datetime


def add(tx: Tx, person: Person, password: str, now: datetime, *, is_given: bool) -> None:
    """A new account. NameTaken if the name is somebody's."""
    row = _columns(person) | {"id": person.id, "password": password, "is_given": is_given, "created_at": now}
    try:
        with tx.connection.begin_nested():
            tx.connection.execute(insert(accounts).values(**row))
    except REFUSED:
        raise NameTaken(person.name) from None


def change(tx: Tx, person: Person) -> None:
    """Their names, role and sites, as they are now."""
    tx.connection.execute(update(accounts).where(accounts.c.id == person.id).values(**_columns(person)))


def _columns(person: Person) -> dict[str, Any]:
    told = {"name": person.name, "full_name": person.full_name, "role": person.role.value}
    return told | {"sites": json.dumps(sorted(person.sites))}


def named(tx: Tx, name: str, *, lock: bool = False) -> Account | None:
    """Who signs in with this name, disabled or not. `lock`: nobody else tries a password for it meanwhile."""
    query = select(accounts).where(accounts.c.name == name.strip().casefold())
    row = tx.connection.execute(query.with_for_update() if lock else query).one_or_none()
    return _account(tx, row) if row else None


def everybody(tx: Tx) -> Sequence[Listed]:
    """All accounts, by name."""
    return [_listed(row) for row in tx.connection.execute(select(*_LISTED).order_by(accounts.c.name))]


def listed(tx: Tx, name: str) -> Listed | None:
    """Whoever signs in with this name, disabled or not; nobody else changes the account meanwhile."""
    query = select(*_LISTED).where(accounts.c.name == name.strip().casefold()).with_for_update()
    row = tx.connection.execute(query).one_or_none()
    return _listed(row) if row else None


def names(tx: Tx) -> dict[str, str]:
    """Everybody's full name, by account; whoever can no longer sign in as well."""
    return {row.id: row.full_name for row in tx.connection.execute(select(accounts.c.id, accounts.c.full_name))}


def set_password(tx: Tx, account_id: str, password: str, *, is_given: bool) -> None:
    """A new hash; everything that was held against the old password is forgotten."""
    told = {"password": password, "is_given": is_given, "failures": 0, "closed_until": None}
    tx.connection.execute(update(accounts).where(accounts.c.id == account_id).values(**told))


def set_secret(tx: Tx, account_id: str, secret: str | None) -> None:
    """What the authenticator app knows; None takes it away, for somebody who lost theirs."""
    sealed = tx.vault.seal(SECRET, account_id, secret.encode()) if secret else None
    tx.connection.execute(update(accounts).where(accounts.c.id == account_id).values(secret=sealed, last_code=0))


def note_code(tx: Tx, account_id: str, half_minute: int) -> None:
    """A code was right and is used up."""
    tx.connection.execute(update(accounts).where(accounts.c.id == account_id).values(last_code=half_minute))


def note_tries(tx: Tx, account_id: str, failures: int, closed_until: datetime | None) -> None:
    """How often it went wrong since it last went well, and until when nothing is tried any more."""
    told = {"failures": failures, "closed_until": closed_until}
    tx.connection.execute(update(accounts).where(accounts.c.id == account_id).values(**told))


def set_disabled(tx: Tx, account_id: str, at: datetime | None) -> None:
    """Nobody signs in with it from now on, and nobody is; None opens it again."""
    tx.connection.execute(update(accounts).where(accounts.c.id == account_id).values(disabled_at=at))
    if at is not None:
        end_all(tx, account_id)


def begin(tx: Tx, account_id: str, now: datetime) -> str:
    """Somebody signed in. Answers what their browser keeps: 256 random bits, of which only a hash is stored."""
    token = secrets.token_urlsafe(32)
    row = {"id": _digest(token), "account_id": account_id, "form_key": new_id(), "created_at": now, "seen_at": now}
    tx.connection.execute(insert(sessions).values(**row))
    return token


def session(tx: Tx, token: str) -> Session | None:
    """Who keeps this token; None if nobody does, or they may not sign in any more."""
    query = select(sessions, accounts).join(accounts, accounts.c.id == sessions.c.account_id)
    query = query.where(sessions.c.id == _digest(token), accounts.c.disabled_at.is_(None))
    row = tx.connection.execute(query.set_label_style(LABEL_STYLE_TABLENAME_PLUS_COL)).mappings().one_or_none()
    return _session(dict(row)) if row else None


def seen(tx: Tx, session_id: str, now: datetime) -> None:
    """They did something just now."""
    tx.connection.execute(update(sessions).where(sessions.c.id == session_id).values(seen_at=now))


def end(tx: Tx, session_id: str) -> None:
    """Signed out."""
    tx.connection.execute(delete(sessions).where(sessions.c.id == session_id))


def end_all(tx: Tx, account_id: str, but: str = "") -> None:
    """Signed out everywhere, except in one session."""
    tx.connection.execute(delete(sessions).where(sessions.c.account_id == account_id, sessions.c.id != but))


def end_older(tx: Tx, created_before: datetime, seen_before: datetime) -> int:
    """Forget sessions that nobody may use any more. Answers how many."""
    is_old = (sessions.c.created_at < created_before) | (sessions.c.seen_at < seen_before)
    return tx.connection.execute(delete(sessions).where(is_old)).rowcount


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def _account(tx: Tx, row: Row[Any]) -> Account:
    secret = tx.vault.unseal(SECRET, row.id, row.secret).decode() if row.secret else None
    return Account(
        person=_person(dict(row._mapping)),
        password=row.password,
        is_given=row.is_given,
        secret=secret,
        last_code=row.last_code,
        failures=row.failures,
        closed_until=row.closed_until,
        created_at=row.created_at,
        disabled_at=row.disabled_at,
    )


_LISTED = (
    *(accounts.c[name] for name in ("id", "name", "full_name", "role", "sites", "disabled_at")),
    accounts.c.secret.is_not(None).label("has_app"),
)


def _listed(row: Row[Any]) -> Listed:
    return Listed(person=_person(dict(row._mapping)), has_app=row.has_app, disabled_at=row.disabled_at)


def _person(row: Mapping[str, Any], prefix: str = "") -> Person:
    sites = frozenset(json.loads(row[f"{prefix}sites"]))
    told = {name: row[f"{prefix}{name}"] for name in ("id", "name", "full_name")}
    return Person(**told, role=Role(row[f"{prefix}role"]), sites=sites)


def _session(row: Mapping[str, Any]) -> Session:
    return Session(
        id=row["sessions_id"],
        person=_person(row, "accounts_"),
        is_given=row["accounts_is_given"],
        has_secret=row["accounts_secret"] is not None,
        form_key=row["sessions_form_key"],
        created_at=row["sessions_created_at"],
        seen_at=row["sessions_seen_at"],
    )
