"""Signatures of calls, in the form that several booking systems share: `t=<unix>,v1=<hex HMAC-SHA256 of "t.body">`."""

import hashlib
import hmac
import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

LONGEST = 2_000
"""Characters of a header. A system that changes its key signs with both, which is two of 64."""

_TIME = re.compile(r"[0-9]{1,11}")
_DIGEST = re.compile(r"[0-9a-fA-F]{64}")


def is_signed(header: str, body: bytes, keys: Sequence[str], now: datetime, tolerance: timedelta) -> bool:
    """Whether one of the keys made one of the signatures, over these very bytes, and at about this time.

    Several keys, while one is changed for another; several signatures for the same reason. Never raises for what the
    header holds.
    """
    found = _read(header)
    if found is None:
        return False
    time, told = found
    if abs(now.timestamp() - int(time)) > tolerance.total_seconds():
        return False
    signed = time.encode() + b"." + body
    right = [hmac.new(as_bytes(key), signed, hashlib.sha256).hexdigest() for key in keys if key]
    return any([hmac.compare_digest(one, mine) for one in told for mine in right])


def signed_at(header: str) -> datetime | None:
    """When the caller says that it signed; true once `is_signed`."""
    found = _read(header)
    return datetime.fromtimestamp(int(found[0]), UTC) if found else None


def as_bytes(key: str) -> bytes:
    """A key as it was set, also where that was not UTF-8."""
    return key.encode("utf-8", "surrogateescape")


def keys_in(written: str) -> tuple[str, ...]:
    """The keys of a setting: a comma list, the current one first."""
    return tuple(key for one in written.split(",") if (key := one.strip()))


def _read(header: str) -> tuple[str, list[str]] | None:
    """The time, as it was written, and the signatures. Of two times nobody can say which one is signed."""
    if len(header) > LONGEST:
        return None
    parts = [part.strip().partition("=") for part in header.split(",")]
    times = [value for name, _, value in parts if name == "t"]
    told = [value.lower() for name, _, value in parts if name == "v1" and _DIGEST.fullmatch(value)]
    return (times[0], told) if len(times) == 1 and _TIME.fullmatch(times[0]) else None
