"""Times as people read them: on the clinic's clock, and from now."""

from datetime import datetime
from zoneinfo import ZoneInfo

from drip.core.walltime import local_date
from drip.web.console.pages import moment


def ahead_of(at: datetime, now: datetime, zone: ZoneInfo) -> str:
    """`Tuesday 3 February, 10:00, in 7 days`."""
    return f"{moment(at, zone)}, {_from_now(at, now, zone)}"


def _from_now(at: datetime, now: datetime, zone: ZoneInfo) -> str:
    days = (local_date(at, zone) - local_date(now, zone)).days
    if days == 0:
        return "due now" if at <= now else "today"
    if days < 0:
        return f"{-days} {'day' if days == -1 else 'days'} ago"
    return "tomorrow" if days == 1 else f"in {days} days"
