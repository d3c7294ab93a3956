"""Cliniko's API over HTTP: one question, one answer, or why there is none. https://docs.api.cliniko.com"""

import ipaddress
import json
import re
from base64 import b64encode
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from urllib.parse import SplitResult, urlsplit

from drip.bookings.cliniko_record import Record
from drip.bookings.contact import email_of
from drip.bookings.source import SourceAway, SourceRefuses
from drip.transport import Answer, NoAnswer, NotSent, Transport

LONGEST_WAIT = timedelta(hours=1)
"""However far away the instant is that Cliniko names when we asked too often."""

LARGEST_ANSWER = 32 * 1024 * 1024
"""Bytes: a page of a hundred patients holds all their custom fields."""

DEFAULT_SHARD = "au1"
"""Keys from before there were shards have no suffix."""

_SHARD = re.compile(r".+-([A-Za-z]{2}[0-9]{1,2})")
_KEY = re.compile(r"[!-9;-~]{8,500}")
"""No colon: it ends the name of a user."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """Whose Cliniko. ValueError, naming the variable, if that cannot work."""

    key: str = field(repr=False)
    contact: str = field(repr=False)
    """Cliniko blocks programs that do not say whom to write to."""
    base: str = ""
    """Empty: where the key's suffix says. Another one on this machine is a rehearsal."""

    def __post_init__(self) -> None:
        if not _KEY.fullmatch(self.key):
            raise ValueError("CLINIKO_API_KEY: copy the whole key from Cliniko, such as MS0xLWl4...-uk1")
        if not email_of(self.contact):
            raise ValueError("CLINIKO_CONTACT: say an email address at which Cliniko can reach who runs this")
        if not self.base:
            return
        parts = _split(self.base)
        if parts is None or parts.scheme not in ("https", "http") or parts.query or parts.fragment or "@" in self.base:
            raise ValueError("CLINIKO_API_BASE: should be an address such as https://api.uk1.cliniko.com/v1")
        if parts.scheme == "http" and not _is_this_machine(parts.hostname or ""):
            raise ValueError("CLINIKO_API_BASE: without https the key would travel in the open")

    @property
    def address(self) -> str:
        """Where the API is, without a slash at the end."""
        if self.base:
            return self.base.rstrip("/")
        suffix = _SHARD.fullmatch(self.key)
        return f"https://api.{suffix.group(1).lower() if suffix else DEFAULT_SHARD}.cliniko.com/v1"


class NotThere(SourceAway):
    """There is no such record, or not for this key."""


class NotSearchable(SourceAway):
    """Cliniko does not filter or sort this list so."""


class NotAllowed(SourceRefuses):
    """The key's user may not see this."""


class Api:
    """Asks once, and never anybody but Cliniko. Safe to call from many threads."""

    def __init__(self, account: Account, *, deadline: float) -> None:
        self._account = account
        self._base = account.address
        self._transport = Transport(deadline=deadline, connections=2, most=LARGEST_ANSWER)

    def ask(self, address: str, now: datetime) -> Record:
        """The answer's object. `address` begins with `/`, or came from `own`. Raises SourceAway or SourceRefuses."""
        url = f"{self._base}{address}" if address.startswith("/") else address
        try:
            answer = self._transport.request("GET", url, headers=self._headers())
        except (NotSent, NoAnswer) as trouble:
            kind = trouble.kind
        else:
            return _object(answer) if answer.status == 200 else _refused(answer, now)
        raise SourceAway(kind)

    def look_up(self, address: str, now: datetime) -> Record | None:
        """As `ask`; None where there is no such thing, or this key may not see it."""
        try:
            return self.ask(address, now)
        except (NotThere, NotSearchable, NotAllowed):
            return None

    def own(self, link: str) -> str:
        """A link out of an answer, to be followed. SourceAway when it leads anywhere else: it would be sent our key."""
        base, there = urlsplit(self._base), _split(link)
        same = there is not None and (there.scheme, there.netloc.lower()) == (base.scheme, base.netloc.lower())
        if there is None or not same or not there.path.startswith(f"{base.path}/") or not _is_plain(link):
            raise SourceAway("link_elsewhere")
        return f"{base.scheme}://{base.netloc}{there.path}?{there.query}"

    def close(self) -> None:
        """Close all connections. Safe to repeat."""
        self._transport.close()

    def _headers(self) -> dict[str, str]:
        return {
            "Accept": "application/json",
            "Authorization": "Basic " + b64encode(f"{self._account.key}:".encode()).decode(),
            "User-Agent": f"drip ({self._account.contact})",
        }


def _object(answer: Answer) -> Record:
    try:
        told = json.loads(answer.body)
    except (ValueError, RecursionError):
        told = None
    if not isinstance(told, dict):
        raise SourceAway("unreadable")
    return told


def _refused(answer: Answer, now: datetime) -> Record:
    kind = f"http_{answer.status}"
    match answer.status:
        case 429:
            raise SourceAway("rate_limited", _reset(answer, now))
        case 401:
            raise SourceRefuses(kind)
        case 403:
            raise NotAllowed(kind)
        case 400 | 422:
            raise NotSearchable(kind)
        case 404 | 410:
            raise NotThere(kind)
        case _:
            raise SourceAway(kind)


def _reset(answer: Answer, now: datetime) -> datetime | None:
    """When we may ask again, by our clock: the wait is measured on the clock of the server that named the instant."""
    told = answer.headers.get("x-ratelimit-reset", "").strip()
    if not (told.isascii() and told.isdecimal() and len(told) <= 11):
        return None
    wait = timedelta(seconds=int(told)) - (_date(answer, now) - datetime(1970, 1, 1, tzinfo=UTC))
    return now + min(wait, LONGEST_WAIT) if wait > timedelta() else None


def _date(answer: Answer, now: datetime) -> datetime:
    try:
        told = parsedate_to_datetime(answer.headers.get("date", ""))
    except (ValueError, TypeError):
        return now
    return told if told.tzinfo else now


def _split(address: str) -> SplitResult | None:
    try:
        parts = urlsplit(address)
        return parts if parts.hostname and parts.port != 0 else None
    except ValueError:
        return None


def _is_plain(link: str) -> bool:
    return link.isascii() and link.isprintable() and not set(link) & set(" \\")


def _is_this_machine(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
