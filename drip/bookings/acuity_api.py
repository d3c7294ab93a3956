"""Acuity's API over HTTP: one appointment by its number. https://developers.acuityscheduling.com/reference"""

import json
from base64 import b64encode
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from drip.bookings.api_base import checked
from drip.bookings.record import Record, text
from drip.bookings.source import SourceAway, SourceRefuses
from drip.transport import Answer, NoAnswer, NotSent, Transport

LONGEST_WAIT = timedelta(hours=1)
"""However long Acuity asks us to wait."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """Whose Acuity. ValueError, naming the variable, if that cannot work."""

    user_id: str
    keys: tuple[str, ...] = field(repr=False)
    """API keys, the current one first: the others are only still believed in signatures."""
    base: str

    def __post_init__(self) -> None:
        if not self.user_id:
            raise ValueError("ACUITY_USER_ID: is needed beside ACUITY_API_KEY; Acuity shows both in one place")
        if not self.keys:
            raise ValueError("ACUITY_API_KEY: is needed beside ACUITY_USER_ID; Acuity shows both in one place")
        if not (self.user_id.isascii() and self.user_id.isdecimal()):
            raise ValueError("ACUITY_USER_ID: should be a number")
        object.__setattr__(self, "base", checked("ACUITY_API_BASE", self.base, "https://acuityscheduling.com/api/v1"))


class Api:
    """Asks once, and never anybody but Acuity. Safe to call from many threads."""

    def __init__(self, account: Account, *, deadline: float) -> None:
        self._base = account.base
        login = b64encode(f"{account.user_id}:{account.keys[0]}".encode("utf-8", "surrogateescape")).decode()
        self._headers = {"Accept": "application/json", "Authorization": f"Basic {login}", "User-Agent": "drip"}
        self._transport = Transport(deadline=deadline, connections=2)

    def appointment(self, ref: str, now: datetime) -> Record | None:
        """The appointment as it is now; None when there is none of this number. Raises SourceAway or SourceRefuses."""
        try:
            answer = self._transport.request("GET", f"{self._base}/appointments/{ref}", headers=self._headers)
        except (NotSent, NoAnswer) as trouble:
            kind = trouble.kind
        else:
            return None if _is_gone(answer, now) else _record(answer, ref)
        raise SourceAway(kind)

    def close(self) -> None:
        """Close all connections. Safe to repeat."""
        self._transport.close()


def _record(answer: Answer, ref: str) -> Record:
    """An answer that is about something else came from somebody in between."""
    try:
        told = json.loads(answer.body)
    except (ValueError, RecursionError):
        told = None
    if not isinstance(told, dict) or text(told, "id") != ref:
        raise SourceAway("unreadable")
    return told


def _is_gone(answer: Answer, now: datetime) -> bool:
    """Whether there is no such appointment, or none for us. Raises SourceAway or SourceRefuses where nobody can say."""
    kind = f"http_{answer.status}"
    match answer.status:
        case 200:
            return False
        case 404 | 410 | 400 | 422:
            return True
        case 401 | 403:
            raise SourceRefuses(kind)
        case 429:
            raise SourceAway("rate_limited", _asked_to_wait(answer, now))
        case _:
            raise SourceAway(kind)


def _asked_to_wait(answer: Answer, now: datetime) -> datetime | None:
    told = answer.headers.get("retry-after", "").strip()
    return now + min(timedelta(seconds=int(told[:9])), LONGEST_WAIT) if told.isascii() and told.isdecimal() else None
