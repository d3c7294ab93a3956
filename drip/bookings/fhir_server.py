"""A FHIR server, asked over HTTP: one address, one token, and nothing that leads elsewhere."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import SplitResult, urljoin, urlsplit

from drip.bookings.api_base import checked
from drip.bookings.fhir_json import value_of
from drip.bookings.source import SourceAway, SourceRefuses
from drip.transport import Answer, NoAnswer, NotSent, Transport

LARGEST_ANSWER = 16 * 1024 * 1024
LONGEST_PAUSE = timedelta(days=1)
_TOO_LARGE = "AnswerTooLarge"
_ID = re.compile(r"[A-Za-z0-9.-]{1,64}")


@dataclass(frozen=True, slots=True)
class NotThere:
    """The server answered, and not with what was asked for: it is gone, was never there, or is not for us to read."""

    status: int

    @property
    def is_gone(self) -> bool:
        """There is no such record, or no longer."""
        return self.status in (404, 410)

    @property
    def trouble(self) -> SourceAway:
        """What it is to raise, where there is no going on without it."""
        kind = "unreadable" if self.status == 200 else f"http-{self.status}"
        return SourceRefuses(kind) if self.status == 403 else SourceAway(kind)


class FhirServer:
    """Safe to close twice. Raises SourceAway or SourceRefuses; neither ever holds an address."""

    def __init__(self, base: str, token: str, *, deadline: float) -> None:
        """ValueError, in one line that names the variable, when it cannot be asked."""
        self.base = checked("FHIR_BASE_URL", base, "https://fhir.example.org/r4")
        self._place = urlsplit(self.base)
        if not (token.isascii() and token.isprintable() and " " not in token):
            raise ValueError("FHIR_TOKEN has a character that no token has: copy it again")
        self._headers = {
            "Authorization": f"Bearer {token}",
            "Accept": "application/fhir+json",
            "Prefer": "handling=lenient",
            "User-Agent": "drip",
        }
        self._transport = Transport(deadline=deadline, connections=4, most=LARGEST_ANSWER)

    def close(self) -> None:
        """Let go of connections."""
        self._transport.close()

    def read(self, kind: str, ref: str, now: datetime) -> Mapping[str, Any] | NotThere:
        """One resource, by its id."""
        if not _ID.fullmatch(ref) or not ref.strip("."):
            return NotThere(404)
        return self.get(f"{self.base}/{kind}/{ref}", now)

    def get(self, url: str, now: datetime | None) -> Mapping[str, Any] | NotThere:
        """What stands at an address of this server. Without `now` it is not said until when to leave it alone."""
        try:
            answer = self._transport.request("GET", url, headers=self._headers)
        except (NotSent, NoAnswer) as trouble:
            if trouble.kind == _TOO_LARGE:
                return NotThere(413)
            raise SourceAway(trouble.kind) from None
        return _resource(answer, now)

    def count(self, kind: str) -> None:
        """Ask only how many there are: raises unless the server answers and accepts the token."""
        told = self.get(f"{self.base}/{kind}?_summary=count", None)
        if isinstance(told, NotThere):
            raise told.trouble

    def followed(self, link: str) -> str | None:
        """The whole address of a link that the server gave; None when it leads to another server."""
        try:
            url = urljoin(f"{self.base}/", link)
            place = urlsplit(url)
            is_ours = _host(place) == _host(self._place) and place.username is None
        except ValueError:
            return None
        path = place.path.rstrip("/")
        is_below = path == self._place.path or path.startswith(f"{self._place.path}/")
        return url if is_ours and is_below and ".." not in path else None


def _resource(answer: Answer, now: datetime | None) -> Mapping[str, Any] | NotThere:
    status = answer.status
    if status == 401:
        raise SourceRefuses("http-401")
    if status in (408, 425, 429) or status >= 500:
        raise SourceAway(f"http-{status}", _until(answer.headers, now))
    if 400 <= status < 500:
        return NotThere(status)
    if status != 200:
        raise SourceAway(f"http-{status}")
    told = value_of(answer.body)
    return told if isinstance(told, dict) and "resourceType" in told else NotThere(status)


def _until(headers: Mapping[str, str], now: datetime | None) -> datetime | None:
    """Retry-After: seconds, or a date, which is measured by the clock of the server that wrote it."""
    told = headers.get("retry-after", "").strip()
    if now is None:
        return None
    if told.isascii() and told.isdecimal():
        return now + min(timedelta(seconds=int(told[:9])), LONGEST_PAUSE)
    try:
        wait = parsedate_to_datetime(told) - parsedate_to_datetime(headers.get("date", ""))
    except (ValueError, TypeError):
        return None
    return now + min(max(wait, timedelta()), LONGEST_PAUSE)


def _host(place: SplitResult) -> tuple[str, str | None, int | None]:
    return place.scheme, place.hostname, place.port or {"https": 443, "http": 80}.get(place.scheme)
