"""SendGrid's callbacks: signed batches of events, and what patients wrote back."""

import asyncio
import base64
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from random import Random
from typing import Any
from urllib.parse import unquote, urlsplit, urlunsplit

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from urllib3.filepost import encode_multipart_formdata

from drip import clock
from drip.sandbox.account import Account
from drip.sandbox.callbacks import Call, Postman, is_on_this_machine
from drip.sandbox.ledger import Entry, Replied
from drip.sandbox.receipts import as_told
from drip.sandbox.script import Receipts

MOST_IN_A_BATCH = 500
BATCH_SECONDS = 0.05
WAITS = (1, 2, 4, 8, 16, 32, 64)
"""Between tries, where an answer is not a 2xx. SendGrid goes on like this for a day."""

_SAID: dict[str, list[dict[str, str]]] = {
    "delivered": [{"event": "processed"}, {"event": "delivered", "response": "250 OK"}],
    "bounce": [
        {"event": "processed"},
        {"event": "bounce", "type": "bounce", "reason": "550 5.1.1 no such user", "status": "5.1.1",
         "bounce_classification": "Invalid Address"},
    ],
    "blocked": [
        {"event": "processed"},
        {"event": "bounce", "type": "blocked", "reason": "550 5.7.1 refused for now", "status": "5.7.1",
         "bounce_classification": "Reputation"},
    ],
    "dropped": [{"event": "dropped", "reason": "Bounced Address", "status": "5.0.0"}],
    "spam": [{"event": "processed"}, {"event": "delivered", "response": "250 OK"}, {"event": "spamreport"}],
    "unsubscribe": [{"event": "processed"}, {"event": "delivered", "response": "250 OK"}, {"event": "unsubscribe"}],
    "deferred": [
        {"event": "processed"},
        {"event": "deferred", "attempt": "1", "response": "451 4.3.0 try again later"},
        {"event": "delivered", "response": "250 OK"},
    ],
}  # fmt: skip
"""By how a mail ends, the events on the way."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Event:
    number: int
    says: str
    document: dict[str, Any]


class SendGridEvents:
    """Tells of mails, in batches, signed with one key."""

    def __init__(self, account: Account, postman: Postman) -> None:
        self._account, self._postman = account, postman
        self._key: ec.EllipticCurvePrivateKey = account.signing_key()
        self._stranger = ec.generate_private_key(ec.SECP256R1())
        self._waiting: list[_Event] = []
        self._is_due = False

    def tell_of(self, entry: Entry, how: Receipts, dice: Random) -> None:
        """Start telling what becomes of a mail, where somebody listens."""
        if not self._account.events_url or how.send != "on":
            return
        told = as_told([_event(entry, said) for said in _SAID[entry.ends]], how, dice)

        async def tell() -> None:
            await asyncio.sleep(how.late)
            for event, has_twin in told:
                await asyncio.sleep(how.gap)
                if has_twin:
                    await self._postman.post(self._batch([_opposite(event)], forged=True))
                self._put(event)

        self._postman.start(tell)

    def forget(self) -> None:
        """Events that wait are not told."""
        self._waiting.clear()

    def _put(self, event: _Event) -> None:
        self._waiting.append(event)
        if not self._is_due:
            self._is_due = self._postman.start(self._send_soon)

    async def _send_soon(self) -> None:
        try:
            await asyncio.sleep(BATCH_SECONDS)
        finally:
            self._is_due = False
        batch, self._waiting = self._waiting[:MOST_IN_A_BATCH], self._waiting[MOST_IN_A_BATCH:]
        if self._waiting:
            self._is_due = self._postman.start(self._send_soon)
        for wait in (*WAITS, None):
            answer = await self._postman.post(self._batch(batch)) if batch else "200"
            if wait is None or answer.startswith(("2", "not called")):
                return
            await asyncio.sleep(wait)

    def _batch(self, events: list[_Event], *, forged: bool = False) -> Call:
        # The line end after the array is part of what is signed.
        body = json.dumps([event.document for event in events], separators=(",", ":")).encode() + b"\r\n"
        at = str(int(clock.now().timestamp()))
        key = self._stranger if forged else self._key
        signature = key.sign(at.encode() + body, ec.ECDSA(SHA256()))
        headers = {
            "Content-Type": "application/json",
            "User-Agent": "SendGrid Event API",
            "X-Twilio-Email-Event-Webhook-Signature": base64.b64encode(signature).decode(),
            "X-Twilio-Email-Event-Webhook-Timestamp": at,
        }
        tells = [(event.number, event.says) for event in events]
        return Call(url=self._account.events_url, headers=headers, body=body, tells=tells, forged=forged)

    def reply(self, given: Mapping[str, str], answers: Entry | None) -> bool:
        """A patient writes back, to what they were sent last; False when nobody listens."""
        if not self._account.email_inbound_url:
            return False
        url, headers = _with_credentials(self._account.email_inbound_url)
        body, kind = encode_multipart_formdata(_parsed(given, answers))
        call = Call(url=url, headers={**headers, "Content-Type": kind, "User-Agent": "SendGrid Inbound"}, body=body)
        self._postman.start(lambda: self._carry(call, given["from"], given["text"]))
        return True

    async def _carry(self, call: Call, sender: str, text: str) -> None:
        answer = await self._postman.post(call)
        self._postman.ledger.hear(Replied(sender=sender, text=text, at=clock.now(), answer=answer))


def _event(entry: Entry, said: dict[str, str]) -> _Event:
    document: dict[str, Any] = {
        "email": entry.to,
        "timestamp": int(clock.now().timestamp()),
        "smtp-id": f"<{entry.ref}@geopod-ismtpd-sandbox>",
        **said,
        "sg_event_id": secrets.token_urlsafe(24),
        "sg_message_id": f"{entry.ref}.filterdrecv-sandbox-5f5fc76c-9.0",
        **entry.extra.get("custom_args", {}),
    }
    if entry.extra.get("category"):
        document["category"] = entry.extra["category"]
    return _Event(number=entry.number, says=said["event"], document=document)


def _opposite(event: _Event) -> _Event:
    """What a forger would say of the same mail."""
    lie = {**event.document, "event": "spamreport", "sg_event_id": secrets.token_urlsafe(24)}
    return _Event(number=event.number, says="spamreport", document=lie)


def _with_credentials(url: str) -> tuple[str, dict[str, str]]:
    """The address without the name and password in it, and the header that carries them."""
    parts = urlsplit(url)
    if not parts.username or not is_on_this_machine(url):
        return url, {}
    pair, _, host = parts.netloc.rpartition("@")
    header = f"Basic {base64.b64encode(unquote(pair).encode()).decode()}"
    return urlunsplit(parts._replace(netloc=host)), {"Authorization": header}


def _parsed(given: Mapping[str, str], answers: Entry | None) -> dict[str, str]:
    """A mail as Inbound Parse posts it."""
    to = given.get("to") or (str(answers.extra.get("reply_to", answers.sender)) if answers else "clinic@example.org")
    subject = given.get("subject") or f"Re: {answers.subject if answers else ''}".strip()
    lines = [f"From: {given['from']}", f"To: {to}", f"Subject: {subject}",
             f"Message-ID: <{secrets.token_hex(12)}@mail.example.org>"]  # fmt: skip
    if answers:
        original = str(answers.extra.get("message_id") or f"<{answers.ref}@geopod-ismtpd-sandbox>")
        lines += [f"In-Reply-To: {original}", f"References: {original}"]
    return {
        "headers": "\n".join(lines) + "\n", "from": given["from"], "to": to, "subject": subject, "text": given["text"],
        "dkim": "{@example.org : pass}", "SPF": "pass", "sender_ip": "127.0.0.1", "attachments": "0",
        "envelope": json.dumps({"to": [to], "from": given["from"]}),
        "charsets": json.dumps(dict.fromkeys(("to", "from", "subject", "text"), "UTF-8")),
    }  # fmt: skip
