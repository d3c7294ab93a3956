"""What somebody proves who they are with: a password, and a code from an app on their phone."""

import secrets
from datetime import UTC, datetime

import pyotp
from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError

HALF_MINUTE = 30
"""Seconds that a code counts for (RFC 6238)."""

DRIFT = 1
"""How many half-minutes a phone's clock may be off, either way."""

_HASHER = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
"""Argon2id with 19 MiB, 2 rounds, 1 lane: what OWASP's Password Storage Cheat Sheet asks for at least."""

_NOBODY = _HASHER.hash(secrets.token_urlsafe())


def hashed(password: str) -> str:
    """As it is stored: some 20 ms of work, for us once and for a thief each time."""
    return _HASHER.hash(password)


def is_right(stored: str | None, password: str) -> bool:
    """Whether it is the password. Takes as long for somebody who has no account, so that nobody learns who has one."""
    try:
        return _HASHER.verify(stored or _NOBODY, password) and stored is not None
    except (Argon2Error, InvalidHashError):
        return False


def is_outdated(stored: str) -> bool:
    """Whether it was hashed with less work than today's."""
    return _HASHER.check_needs_rehash(stored)


def new_secret() -> str:
    """For an authenticator app, in the letters that can be typed into it."""
    return pyotp.random_base32()


def address(secret: str, name: str, clinic: str) -> str:
    """What the app reads from a picture."""
    return pyotp.TOTP(secret).provisioning_uri(name=name, issuer_name=f"drip {clinic}")


def code(secret: str, now: datetime) -> str:
    """What an authenticator app that knows this secret shows now."""
    return pyotp.TOTP(secret).at(now)


def half_minute_of(secret: str, told: str, now: datetime, used: int) -> int | None:
    """The half-minute that a code is of, if it is right and of a later one than `used`; None otherwise."""
    typed = "".join(told.split())
    current = int(now.timestamp()) // HALF_MINUTE
    for one in range(current - DRIFT, current + DRIFT + 1):
        made = code(secret, datetime.fromtimestamp(one * HALF_MINUTE, UTC))
        if one > used and secrets.compare_digest(made.encode(), typed.encode()):
            return one
    return None
