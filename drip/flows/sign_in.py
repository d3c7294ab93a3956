"""Name, password and code -> a session; or not, without saying which of them was wrong."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TypeAlias

from drip.app import App
from drip.core.signing_in import IDLE, LONGEST, closed_until, is_over
from drip.store import accounts, audit, passwords
from drip.store.accounts import Account, Session
from drip.store.audit import Deed
from drip.store.database import Tx

NOTE_AFTER = timedelta(minutes=1)
"""How much may have passed before it is written down that somebody is still there."""


class Refusal(StrEnum):
    """Why somebody is not signed in."""

    WRONG = "wrong"
    """There is no such account, or the password or the code is not right. Which of these is nobody's business."""
    CLOSED = "closed"
    """Too many wrong ones: not even the right one is looked at for a while."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedIn:
    """What the browser keeps from now on."""

    token: str = field(repr=False)


Outcome: TypeAlias = SignedIn | Refusal


def sign_in(app: App, name: str, password: str, code: str, now: datetime) -> Outcome:
    """Try it. Every try is written into the audit trail; so many wrong ones close the account for a while."""
    # The slow part first, with no transaction open.
    with app.store.read() as tx:
        known = accounts.named(tx, name)
    is_right = passwords.is_right(known.password if known else None, password)
    renewed = passwords.hashed(password) if known and is_right and passwords.is_outdated(known.password) else None
    with app.store.write() as tx:
        account = accounts.named(tx, name, lock=True)
        if account is None or account.disabled_at:
            audit.write(tx, Deed(who="", deed="sign_in_refused"), now)
            return Refusal.WRONG
        if account.closed_until and now < account.closed_until:
            return Refusal.CLOSED
        if not is_right or account.password != (known and known.password) or not _is_code_right(tx, account, code, now):
            return _failed(tx, account, now)
        if renewed:
            accounts.set_password(tx, account.person.id, renewed, is_given=account.is_given)
        return _begun(tx, account, now)


def _is_code_right(tx: Tx, account: Account, code: str, now: datetime) -> bool:
    """No code counts twice. Who has no app yet needs none; their first page makes them set one up."""
    if account.secret is None:
        return True
    half_minute = passwords.half_minute_of(account.secret, code, now, account.last_code)
    if half_minute is None:
        return False
    accounts.note_code(tx, account.person.id, half_minute)
    return True


def _failed(tx: Tx, account: Account, now: datetime) -> Refusal:
    failures = account.failures + 1
    until = closed_until(failures, now)
    accounts.note_tries(tx, account.person.id, failures, until)
    told = {"failures": failures, "is_closed": until is not None}
    audit.write(tx, Deed(who=account.person.id, deed="sign_in_refused", detail=told), now)
    return Refusal.CLOSED if until else Refusal.WRONG


def _begun(tx: Tx, account: Account, now: datetime) -> SignedIn:
    accounts.note_tries(tx, account.person.id, 0, None)
    accounts.end_older(tx, now - LONGEST, now - IDLE)
    audit.write(tx, Deed(who=account.person.id, deed="signed_in"), now)
    return SignedIn(token=accounts.begin(tx, account.person.id, now))


def who_is(app: App, token: str, now: datetime) -> Session | None:
    """Who keeps this token, if their session still counts; being asked is being there."""
    with app.store.read() as tx:
        found = accounts.session(tx, token)
    if found is None or is_over(found.created_at, found.seen_at, now):
        return None
    if now - found.seen_at >= NOTE_AFTER:
        with app.store.write() as tx:
            accounts.seen(tx, found.id, now)
    return found


def ended(app: App, token: str, form_key: str | None) -> Session | None:
    """Whose session it was that is over, if a page of that session asks. It lets nobody in."""
    with app.store.read() as tx:
        found = accounts.session(tx, token)
    return found if found and found.form_key == form_key else None


def sign_out(app: App, session: Session, now: datetime) -> None:
    """The token is worth nothing any more."""
    with app.store.write() as tx:
        accounts.end(tx, session.id)
        audit.write(tx, Deed(who=session.person.id, deed="signed_out"), now)


def choose_password(app: App, session: Session, old: str, new: str, now: datetime) -> bool:
    """Change one's own password; False if the old one is not right. Every other session of theirs ends.

    Who guesses at an unlocked desk is counted as at the door; once that closes the account, the session ends too.
    """
    with app.store.read() as tx:
        known = accounts.named(tx, session.person.name)
    is_right = passwords.is_right(known.password if known else None, old)
    made = passwords.hashed(new) if is_right else ""
    with app.store.write() as tx:
        account = accounts.named(tx, session.person.name, lock=True)
        if account is None or (account.closed_until and now < account.closed_until):
            return False
        if not is_right or account.password != (known and known.password):
            if _failed(tx, account, now) is Refusal.CLOSED:
                accounts.end_all(tx, account.person.id)
            return False
        accounts.set_password(tx, session.person.id, made, is_given=False)
        accounts.end_all(tx, session.person.id, but=session.id)
        audit.write(tx, Deed(who=session.person.id, deed="password_changed"), now)
    return True


def set_up_app(app: App, session: Session, secret: str, code: str, now: datetime) -> bool:
    """From now on a code is asked for; False if the one given does not fit what the app was told."""
    half_minute = passwords.half_minute_of(secret, code, now, 0)
    if half_minute is None:
        return False
    with app.store.write() as tx:
        accounts.set_secret(tx, session.person.id, secret)
        accounts.note_code(tx, session.person.id, half_minute)
        audit.write(tx, Deed(who=session.person.id, deed="authenticator_set_up"), now)
    return True
