"""How often a password may be wrong, and how long somebody stays signed in."""

from datetime import datetime, timedelta

FREE_TRIES = 5
"""Wrong ones before an account is closed for a while."""

CLOSED_FOR = timedelta(minutes=1)
"""After the first wrong one too many; twice as long after each further one."""

CLOSED_AT_MOST = timedelta(hours=1)
"""Nobody can keep a colleague out for a day by typing nonsense."""

IDLE = timedelta(minutes=15)
"""45 CFR 164.312(a)(2)(iii) asks for an automatic logoff; a quarter of an hour is usual in clinics."""

LONGEST = timedelta(hours=12)
"""A long shift."""


def closed_until(failures: int, now: datetime) -> datetime | None:
    """Until when no password is looked at after so many wrong ones; None while there are few."""
    over = failures - FREE_TRIES
    return now + min(CLOSED_FOR * 2 ** min(over, 10), CLOSED_AT_MOST) if over >= 0 else None


def is_over(created_at: datetime, seen_at: datetime, now: datetime) -> bool:
    """Whether a session may not be used any more."""
    return now - seen_at >= IDLE or now - created_at >= LONGEST
