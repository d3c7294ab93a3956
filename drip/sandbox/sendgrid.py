"""SendGrid's mail/send, as its published API description has it."""

import json
import re
import secrets
from dataclasses import dataclass
from math import ceil
from typing import Any

from drip import clock
from drip.sandbox.account import Account
from drip.sandbox.faults import Fault, fault_for
from drip.sandbox.ledger import Entry, Ledger, TurnedAway
from drip.sandbox.rules import as_json, dress
from drip.sandbox.script import Behaviour
from drip.sandbox.sendgrid_check import HELP, KNOWN, Wrong, first_wrong
from drip.sandbox.wire import Answer, Request

MAGIC = re.compile(r"(bounce|blocked|dropped|spam|unsubscribe|deferred)(\+[^@]*)?@", re.IGNORECASE)
"""Local parts that say what becomes of a mail."""

_BY_STATUS = {
    400: "Bad Request",
    401: "The provided authorization grant is invalid, expired, or revoked",
    403: "access forbidden",
    413: "Payload Too Large",
    429: "too many requests",
    500: "internal server error",
    503: "service unavailable",
}


def error(status: int, said: str = "", where: str | None = None, *headers: tuple[str, str]) -> Answer:
    """A refusal, in SendGrid's shape."""
    help_page = HELP if where else None
    text = said or _BY_STATUS.get(status, "the sandbox was told to answer so")
    return as_json(status, {"errors": [{"message": text, "field": where, "help": help_page}]}, *headers)


@dataclass(slots=True, kw_only=True)
class SendGrid:
    """Takes emails."""

    account: Account
    ledger: Ledger

    def send(self, request: Request, how: Behaviour, fault: Fault) -> tuple[Answer, list[Entry]]:
        """Take a mail, or meet the fault instead. With it, what was accepted."""
        self.ledger.remember(request)
        if not self._is_let_in(request.headers.get("authorization", "")):
            return self._refused(error(401), None, "401"), []
        if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
            return self._refused(error(415, "Content-Type should be application/json."), None, "415"), []
        try:
            mail = json.loads(request.body)
        except ValueError:
            return self._refused(error(400), None, "400 not JSON"), []
        if wrong := first_wrong(mail):
            return self._refused(error(400, wrong[1], wrong[0]), mail, _summed_up(wrong)), []
        if _only_tries(mail):
            return Answer(status=200), []
        return self._take(mail, how, fault)

    def _take(self, mail: dict[str, Any], how: Behaviour, fault: Fault) -> tuple[Answer, list[Entry]]:
        fault = fault_for(mail["personalizations"][0]["to"][0]["email"]) or fault
        ref = secrets.token_urlsafe(16)
        kept: list[Entry] = []
        if fault.taken:
            kept = self.ledger.accept(_entries(mail, ref, fault))
        else:
            self._refused(Answer(), mail, fault.name)
        good = Answer(status=202, headers=(("X-Message-Id", ref),))
        return dress(fault, good, Answer(status=202), lambda met: _problem(met, how), how), kept

    def _is_let_in(self, header: str) -> bool:
        kind, _, key = header.partition(" ")
        if kind.lower() != "bearer" or not key.strip():
            return False
        return not self.account.checks_credentials or key.strip() == self.account.api_key

    def _refused(self, answer: Answer, mail: Any, why: str) -> Answer:
        to, attempt = _who(mail)
        self.ledger.turn_away(TurnedAway(provider="sendgrid", to=to, attempt=attempt, at=clock.now(), why=why))
        return answer


def _problem(fault: Fault, how: Behaviour) -> Answer:
    waits: tuple[tuple[str, str], ...] = ()
    if fault.tells_when:
        resets_at = ceil(clock.now().timestamp() + how.retry_after)
        waits = (
            ("Retry-After", str(ceil(how.retry_after))), ("X-RateLimit-Limit", "600"), ("X-RateLimit-Remaining", "0"),
            ("X-RateLimit-Reset", str(resets_at)),
        )  # fmt: skip
    return error(fault.status or 500, "", None, *waits)


def _entries(mail: dict[str, Any], ref: str, fault: Fault) -> list[Entry]:
    """One for each recipient."""
    return [
        _entry(mail, one, person["email"], ref, fault)
        for one in mail["personalizations"]
        for kind in ("to", "cc", "bcc")
        for person in one.get(kind, ())
    ]


def _entry(mail: dict[str, Any], one: dict[str, Any], to: str, ref: str, fault: Fault) -> Entry:
    arguments = {**mail.get("custom_args", {}), **one.get("custom_args", {})}
    headers = {**mail.get("headers", {}), **one.get("headers", {})}
    message_id = next((value for name, value in headers.items() if name.lower() == "message-id"), "")
    found = MAGIC.match(to)
    return Entry(
        provider="sendgrid",
        ref=ref,
        to=to,
        sender=mail["from"]["email"],
        text=_text(mail),
        subject=one.get("subject", mail.get("subject")),
        attempt=arguments.get("drip_attempt"),
        message=arguments.get("drip_message") or message_id.strip("<> ").partition("@")[0] or None,
        at=clock.now(),
        fault=fault.name,
        ends=found[1].lower() if found else "delivered",
        extra={
            "custom_args": arguments,
            "category": mail.get("categories") or None,
            "reply_to": mail.get("reply_to", mail["from"])["email"],
            "message_id": message_id,
        },
    )


def _summed_up(wrong: Wrong) -> str:
    """For counting: without what a stranger may have written."""
    part = wrong[0].partition(".")[0]
    return f"400 {part if part in KNOWN else 'something unknown'}"


def _text(mail: dict[str, Any]) -> str:
    parts = {part["type"].partition(";")[0]: part["value"] for part in mail.get("content", ())}
    return str(parts.get("text/plain") or next(iter(parts.values()), ""))


def _only_tries(mail: dict[str, Any]) -> bool:
    """SendGrid's own sandbox mode: checked, and nothing sent."""
    settings = mail.get("mail_settings")
    mode = settings.get("sandbox_mode") if isinstance(settings, dict) else None
    return isinstance(mode, dict) and mode.get("enable") is True


def _who(mail: Any) -> tuple[str, str | None]:
    """As far as it can be read from a mail that may be anything."""
    try:
        one = mail["personalizations"][0]
        to, attempt = one["to"][0]["email"], one.get("custom_args", {}).get("drip_attempt")
    except (AttributeError, IndexError, KeyError, TypeError):
        return "", None
    return to[:320] if isinstance(to, str) else "", attempt[:200] if isinstance(attempt, str) else None
