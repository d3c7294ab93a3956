"""Semble's API over HTTP: one booking by its number. https://docs.semble.io/docs/API/objects/booking/"""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from drip.bookings.api_base import checked
from drip.bookings.record import Record, records_in, text, within
from drip.bookings.source import SourceAway, SourceRefuses
from drip.transport import Answer, NoAnswer, NotSent, Transport

A_MINUTE = timedelta(minutes=1)
"""Semble counts 240 questions a minute, and does not say when the minute is over."""

QUERY = """\
query Booking($id: ID!) {
  booking(id: $id) {
    id deleted cancellationReason doctorName start end patientId createdAt updatedAt
    bookingJourney { arrived consultation departed dna }
    appointment { id title }
    location { id name }
    patient {
      id firstName lastName email dob
      phones { phoneType phoneNumber }
      communicationPreferences { receiveEmail receiveSMS promotionalMarketing }
    }
  }
}
"""

_TOO_OFTEN = re.compile(r"too (?:often|many|frequent)|rate.?limit|throttl", re.IGNORECASE)
_NOT_THERE = re.compile(r"not.?found|does.?n.t exist|no such", re.IGNORECASE)
_REFUSED = frozenset({"UNAUTHENTICATED", "FORBIDDEN"})
_MISUNDERSTOOD = frozenset({"GRAPHQL_VALIDATION_FAILED", "GRAPHQL_PARSE_FAILED"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """Whose Semble. ValueError, naming the variable, if that cannot work."""

    token: str = field(repr=False)
    secrets: tuple[str, ...] = field(repr=False)
    """What calls are signed with; while it is changed, also the one before."""
    base: str

    def __post_init__(self) -> None:
        if not self.token:
            raise ValueError("SEMBLE_TOKEN: is needed beside SEMBLE_WEBHOOK_SECRET, to ask for what calls only name")
        if not self.secrets:
            raise ValueError("SEMBLE_WEBHOOK_SECRET: is needed beside SEMBLE_TOKEN; createWebhook answers it")
        if not (self.token.isascii() and self.token.isprintable() and " " not in self.token):
            raise ValueError("SEMBLE_TOKEN: copy the whole token from Semble, and nothing else")
        object.__setattr__(self, "base", checked("SEMBLE_API_BASE", self.base, "https://open.semble.io/graphql"))


class NotAnswered(Exception):
    """Semble could not answer about this one booking. `args` hold no words of its answer."""


class Api:
    """Asks once, and never anybody but Semble. Safe to call from many threads."""

    def __init__(self, account: Account, *, deadline: float) -> None:
        self._base = account.base
        self._headers = {
            "Accept": "application/json",
            "Content-Type": "application/json",
            "User-Agent": "drip",
            "x-token": account.token,
        }
        self._transport = Transport(deadline=deadline, connections=2)

    def booking(self, ref: str, now: datetime) -> Record | None:
        """The booking as it is now; None when there is none of this number.

        Raises SourceAway or SourceRefuses; NotAnswered where only this booking is at fault.
        """
        body = json.dumps({"query": QUERY, "variables": {"id": ref}}).encode()
        try:
            answer = self._transport.request("POST", self._base, headers=self._headers, body=body)
        except (NotSent, NoAnswer) as trouble:
            kind = trouble.kind
        else:
            return _booking(_object(answer, now), ref, now)
        raise SourceAway(kind)

    def close(self) -> None:
        """Close all connections. Safe to repeat."""
        self._transport.close()


def _object(answer: Answer, now: datetime) -> Record:
    """GraphQL says what is wrong in the answer, mostly with 200, of the question itself with 400."""
    match answer.status:
        case 200 | 400:
            pass
        case 401 | 403:
            raise SourceRefuses(f"http_{answer.status}")
        case 429:
            raise SourceAway("rate_limited", now + A_MINUTE)
        case _:
            raise SourceAway(f"http_{answer.status}")
    try:
        told = json.loads(answer.body)
    except (ValueError, RecursionError):
        told = None
    if not isinstance(told, dict) or not (isinstance(told.get("data"), dict) or told.get("errors")):
        raise SourceAway("unreadable")
    return told


def _booking(told: Record, ref: str, now: datetime) -> Record | None:
    found = within(told, "data", "booking")
    if found and text(found, "id") != ref:
        raise SourceAway("unreadable")  # an answer about something else came from somebody in between
    if told.get("errors"):
        _look_at(records_in(told, "errors"), bool(found), now)
    return found or None


def _look_at(errors: Sequence[Record], is_answered: bool, now: datetime) -> None:
    """Nothing, where the booking came all the same, or is not there. Else raises, by who is at fault."""
    codes = {text(within(error, "extensions"), "code").upper() for error in errors}
    words = " ".join([*codes, *(text(error, "message") for error in errors)])
    if _TOO_OFTEN.search(words):
        raise SourceAway("rate_limited", now + A_MINUTE)
    if codes & _REFUSED:
        raise SourceRefuses("refused")
    if codes & _MISUNDERSTOOD:
        raise SourceAway("misunderstood")
    if not is_answered and not _NOT_THERE.search(words):
        raise NotAnswered
