"""Accounts of the clinic's people: made, changed, closed, each with a line in the audit trail."""

import secrets
from collections.abc import Collection
from dataclasses import dataclass, field, replace
from datetime import datetime

from drip.app import App
from drip.core import typed
from drip.core.role import Person, Role
from drip.store import accounts, audit, passwords
from drip.store.accounts import Listed
from drip.store.audit import COMMAND, Deed
from drip.store.ids import new_id

GIVEN = 12
"""Bytes of a password that we make: 16 letters to type once."""


class NotKnown(Exception):
    """There is no account of that name, or no site."""


class LastAdmin(Exception):
    """Nobody would be left to look after accounts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """An account and the password to hand over: nobody can read it again."""

    person: Person
    password: str = field(repr=False)


LONGEST_NAME = 120
"""Characters."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewAccount:
    """What is known of somebody who is to sign in."""

    name: str
    full_name: str
    role: Role
    sites: Collection[str] = ()


def add(app: App, new: NewAccount, now: datetime, by: str = COMMAND) -> Given:
    """An account with a password of our own making. NameTaken; NotKnown for a site that the clinic does not have."""
    person = Person(
        id=new_id(),
        name=new.name.strip().casefold(),
        full_name=typed.line(new.full_name, LONGEST_NAME) or new.name.strip(),
        role=new.role,
        sites=_sites(app, new.sites),
    )
    password = secrets.token_urlsafe(GIVEN)
    stored = passwords.hashed(password)
    with app.store.write() as tx:
        accounts.add(tx, person, stored, now, is_given=True)
        told = {"role": person.role.value, "sites": sorted(person.sites)}
        audit.write(tx, Deed(who=by, deed="account_added", about=f"account:{person.id}", detail=told), now)
    return Given(person=person, password=password)


def give_password(app: App, name: str, now: datetime, by: str = COMMAND) -> Given:
    """A new password for somebody who forgot theirs, or lost their phone: their app is set up anew as well."""
    password = secrets.token_urlsafe(GIVEN)
    stored = passwords.hashed(password)
    with app.store.write() as tx:
        account = _must_be(accounts.listed(tx, name), name)
        accounts.set_password(tx, account.person.id, stored, is_given=True)
        accounts.set_secret(tx, account.person.id, None)
        accounts.end_all(tx, account.person.id)
        audit.write(tx, Deed(who=by, deed="password_given", about=f"account:{account.person.id}"), now)
    return Given(person=account.person, password=password)


def set_role(app: App, name: str, role: Role, sites: Collection[str], now: datetime, by: str = COMMAND) -> Person:
    """What somebody may do from their next click on. LastAdmin if nobody could undo it."""
    named = _sites(app, sites)
    with app.store.write() as tx:
        account = _must_be(accounts.listed(tx, name), name)
        person = replace(account.person, role=role, sites=named)
        accounts.change(tx, person)
        _refuse_to_lock_out(accounts.everybody(tx))
        told = {"role": role.value, "sites": sorted(named)}
        audit.write(tx, Deed(who=by, deed="role_changed", about=f"account:{person.id}", detail=told), now)
    return person


def set_disabled(app: App, name: str, *, is_disabled: bool, now: datetime, by: str = COMMAND) -> Person:
    """Close an account and end its sessions, or open it again. LastAdmin if nobody could undo it."""
    with app.store.write() as tx:
        account = _must_be(accounts.listed(tx, name), name)
        accounts.set_disabled(tx, account.person.id, now if is_disabled else None)
        _refuse_to_lock_out(accounts.everybody(tx))
        deed = "account_disabled" if is_disabled else "account_enabled"
        audit.write(tx, Deed(who=by, deed=deed, about=f"account:{account.person.id}"), now)
    return account.person


def _must_be(account: Listed | None, name: str) -> Listed:
    if account is None:
        raise NotKnown(f"there is no account {name!r}; `drip user list` names all")
    return account


def _sites(app: App, named: Collection[str]) -> frozenset[str]:
    known = {site.id for site in app.clinic.sites}
    for one in named:
        if one not in known:
            raise NotKnown(f"there is no site {one!r} in clinic.yaml: write one of {', '.join(sorted(known))}")
    return frozenset(named)


def _refuse_to_lock_out(everybody: Collection[Listed]) -> None:
    if not any(one.person.role is Role.ADMIN and one.disabled_at is None for one in everybody):
        raise LastAdmin("this is the last admin who can sign in: make another one first")
