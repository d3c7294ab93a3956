"""Twilio's Messages, as its published API description and its page on test credentials have them."""

import re
import secrets
from dataclasses import dataclass, field
from math import ceil
from urllib.parse import parse_qsl, urlsplit

from drip import clock
from drip.sandbox.account import Account
from drip.sandbox.faults import Fault, fault_for
from drip.sandbox.ledger import Entry, Ledger, TurnedAway
from drip.sandbox.rules import Refusal, as_json, basic_credentials, dress
from drip.sandbox.script import Behaviour
from drip.sandbox.twilio_shape import create_answer, error
from drip.sandbox.wire import Answer, Request

PARAMETERS = frozenset(
    """To From MessagingServiceSid Body MediaUrl ContentSid ContentVariables StatusCallback ApplicationSid MaxPrice
    ProvideFeedback Attempt ValidityPeriod ForceDelivery ContentRetention AddressRetention SmartEncoded PersistentAction
    TrafficType ShortenUrls ScheduleType SendAt SendAsMms RiskCheck FallbackFrom MessageIntent""".split()  # noqa: SIM905 - as the published list has it
)
MOST_LETTERS = 1600
MAGIC_TO = {
    "+15005550001": 21211,
    "+15005550002": 21612,
    "+15005550003": 21408,
    "+15005550004": 21610,
    "+15005550009": 21614,
}
MAGIC_FROM = {"+15005550001": 21212, "+15005550007": 21606, "+15005550008": 21611}

NOT_DELIVERED = re.compile(r"\+44770090030([1-9])")
"""Reserved for drama: +447700900303 ends undelivered with 30003, and so on up to 9; 1 was never sent."""

_NUMBER = re.compile(r"\+[1-9]\d{6,14}")
_SENDER = re.compile(r"\+[1-9]\d{6,14}|\d{3,8}|(?=.*[A-Za-z])[A-Za-z0-9 +\-_&]{1,11}")
_SERVICE = re.compile(r"MG[0-9a-zA-Z]{1,32}")


class _Bad(Exception):
    def __init__(self, code: int, status: int = 400) -> None:
        super().__init__(code)
        self.code, self.status = code, status


@dataclass(slots=True, kw_only=True)
class Twilio:
    """Takes texts."""

    account: Account
    ledger: Ledger
    stopped: set[tuple[str, str]] = field(default_factory=set, repr=False)
    """Who texted STOP to which of our numbers."""

    def send(self, request: Request, sid: str, how: Behaviour, fault: Fault) -> tuple[Answer, list[Entry]]:
        """Create a message, or meet the fault instead. With it, what was accepted."""
        self.ledger.remember(request)
        given = dict(parse_qsl(request.body.decode(errors="replace"), keep_blank_values=True))
        to, attempt = given.get("To", "")[:100], _attempt_of(given)
        try:
            if who := self.turned_off(request, sid):
                raise _Bad(20003, who)
            self._check(given, how)
        except _Bad as bad:
            return self._refused(Refusal(answer=error(bad.code, bad.status), why=str(bad.code), to=to, attempt=attempt))
        fault = fault_for(to) or fault
        entry = self._entry(given, sid, fault, attempt)
        if not fault.taken:
            refusal = Refusal(answer=Answer(), why=fault.name, to=to, attempt=attempt)
            self._refused(refusal)
            return self._dressed(fault, entry, how), []
        kept = self.ledger.accept([entry])
        return self._dressed(fault, kept[0], how), kept

    def turned_off(self, request: Request, sid: str) -> int | None:
        """The status for someone without the right credentials; None for someone with them."""
        given = basic_credentials(request.headers.get("authorization", ""))
        if given is None:
            return 401
        if not self.account.checks_credentials:
            return None
        right = given == (self.account.account_sid, self.account.auth_token) and sid == self.account.account_sid
        return None if right else 401

    def _check(self, given: dict[str, str], how: Behaviour) -> None:
        if given.keys() - PARAMETERS:
            raise _Bad(20001)
        self._check_to(given.get("To", ""))
        self._check_sender(given)
        _check_words(given)
        callback = given.get("StatusCallback")
        if callback and not _can_be_called(callback):
            raise _Bad(21609)
        if not _is_between(given.get("ValidityPeriod", "36000"), 1, 36000):
            raise _Bad(20001)
        stopped = (given["To"], given.get("From") or given["MessagingServiceSid"]) in self.stopped
        if stopped and how.stop_words:
            raise _Bad(21610)

    def _check_to(self, to: str) -> None:
        if not to:
            raise _Bad(21604)
        if to in MAGIC_TO:
            raise _Bad(MAGIC_TO[to])
        if not _NUMBER.fullmatch(to):
            raise _Bad(21211)

    def _check_sender(self, given: dict[str, str]) -> None:
        sender, service = given.get("From", ""), given.get("MessagingServiceSid", "")
        if not sender and not service:
            raise _Bad(21603)
        if sender in MAGIC_FROM:
            raise _Bad(MAGIC_FROM[sender])
        if sender and not _SENDER.fullmatch(sender):
            raise _Bad(21212)
        if service and not _SERVICE.fullmatch(service):
            raise _Bad(21701)

    def _entry(self, given: dict[str, str], sid: str, fault: Fault, attempt: str | None) -> Entry:
        found = NOT_DELIVERED.fullmatch(given["To"])
        return Entry(
            provider="twilio",
            ref=f"SM{secrets.token_hex(16)}",
            to=given["To"],
            sender=given.get("From") or given["MessagingServiceSid"],
            text=given.get("Body", ""),
            attempt=attempt,
            at=clock.now(),
            fault=fault.name,
            ends="delivered" if not found else "failed" if found[1] == "1" else "undelivered",
            code=30000 + int(found[1]) if found else None,
            account=sid,
            callback_url=given.get("StatusCallback", ""),
        )

    def _dressed(self, fault: Fault, entry: Entry, how: Behaviour) -> Answer:
        no_id = as_json(201, {"status": "queued", "sid": None})
        return dress(fault, create_answer(entry), no_id, lambda met: _problem(met, how), how)

    def _refused(self, refusal: Refusal) -> tuple[Answer, list[Entry]]:
        self.ledger.turn_away(
            TurnedAway(provider="twilio", to=refusal.to, attempt=refusal.attempt, at=clock.now(), why=refusal.why)
        )
        return refusal.answer, []


def _problem(fault: Fault, how: Behaviour) -> Answer:
    status = fault.status or 500
    waits = (("Retry-After", str(ceil(how.retry_after))),) if fault.tells_when else ()
    return error(fault.code, status, *waits)


def _check_words(given: dict[str, str]) -> None:
    if not (given.get("Body") or given.get("MediaUrl") or given.get("ContentSid")):
        raise _Bad(21602)
    if len(given.get("Body", "")) > MOST_LETTERS:
        raise _Bad(21617)


def _can_be_called(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and "_" not in str(parts.hostname)
    except ValueError:
        return False


def _is_between(written: str, low: int, high: int) -> bool:
    return written.isascii() and written.isdigit() and len(written) < 9 and low <= int(written) <= high


def _attempt_of(given: dict[str, str]) -> str | None:
    """The last part of the callback's path."""
    try:
        return urlsplit(given.get("StatusCallback", "")).path.rstrip("/").rpartition("/")[2][:200] or None
    except ValueError:
        return None
