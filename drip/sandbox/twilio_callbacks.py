"""Twilio's callbacks: what became of a text, and what a patient texted."""

import asyncio
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from random import Random
from urllib.parse import urldefrag, urlencode

from twilio.request_validator import HMAC_SHA256, RequestValidator

from drip import clock
from drip.sandbox.account import SENDER, Account
from drip.sandbox.callbacks import Call, Postman
from drip.sandbox.ledger import Entry, Replied
from drip.sandbox.receipts import as_told
from drip.sandbox.script import Receipts

STOP_WORDS = frozenset(("STOP", "STOPALL", "UNSUBSCRIBE", "END", "QUIT", "CANCEL", "REVOKE", "OPTOUT"))
START_WORDS = frozenset(("START", "YES", "UNSTOP"))
NOT_A_TOKEN = "not-the-token"  # noqa: S105 - what forgers sign with
_NO_CONNECTION = ("NewConnectionError", "ConnectTimeoutError", "MaxRetryError")


@dataclass(frozen=True, slots=True, kw_only=True)
class TwilioCallbacks:
    """Tells of texts, signed as Twilio signs."""

    account: Account
    postman: Postman
    stopped: set[tuple[str, str]] = field(repr=False)

    def tell_of(self, entry: Entry, how: Receipts, dice: Random) -> None:
        """Start telling what becomes of a text, where somebody asked to be told."""
        if not entry.callback_url or how.send != "on":
            return
        words = ("failed",) if entry.ends == "failed" else ("sent", entry.ends)
        told = as_told(words, how, dice)

        async def tell() -> None:
            await asyncio.sleep(how.late)
            for word, has_twin in told:
                await asyncio.sleep(how.gap)
                if has_twin:
                    opposite = "undelivered" if word in ("sent", "delivered") else "delivered"
                    await self._post(self._receipt(entry, opposite, how, forged=True))
                await self._post(self._receipt(entry, word, how))

        self.postman.start(tell)

    def reply(self, given: Mapping[str, str], how: Receipts) -> str:
        """A patient texts. The message's sid, or nothing when nobody listens."""
        sid = f"SM{secrets.token_hex(16)}"
        to, account = given.get("to", SENDER), given.get("account", self.account.account_sid)
        params = {
            "MessageSid": sid, "SmsSid": sid, "SmsMessageSid": sid, "AccountSid": account,
            "From": given["from"], "To": SENDER if to.startswith("MG") else to, "Body": given["text"],
            "NumMedia": "0", "NumSegments": "1", "SmsStatus": "received", "ApiVersion": "2010-04-01",
            "FromCountry": "GB", "ToCountry": "GB", "FromCity": "", "FromState": "", "FromZip": "",
        }  # fmt: skip
        if to.startswith("MG"):
            params["MessagingServiceSid"] = to
        if given.get("OptOutType"):
            params["OptOutType"] = given["OptOutType"]
        self._note_stop(given["from"], to, given["text"])
        if not self.account.inbound_url:
            return ""
        call = self._signed(self.account.inbound_url, params, how)
        self.postman.start(lambda: self._carry(call, given["from"], given["text"]))
        return sid

    async def _carry(self, call: Call, sender: str, text: str) -> None:
        answer = await self._post(call)
        self.postman.ledger.hear(Replied(sender=sender, text=text, at=clock.now(), answer=answer))

    def _note_stop(self, patient: str, ours: str, text: str) -> None:
        """Twilio goes by the whole message, and closes the number whatever our side thinks."""
        word = text.strip().upper()
        if word in STOP_WORDS:
            self.stopped.add((patient, ours))
        elif word in START_WORDS:
            self.stopped.discard((patient, ours))

    async def _post(self, call: Call) -> str:
        """Twilio tries once more where it could not connect."""
        answer = await self.postman.post(call)
        return await self.postman.post(call) if answer in _NO_CONNECTION else answer

    def _receipt(self, entry: Entry, word: str, how: Receipts, *, forged: bool = False) -> Call:
        by_service = entry.sender.startswith("MG")
        params = {
            "MessageSid": entry.ref, "SmsSid": entry.ref, "MessageStatus": word, "SmsStatus": word,
            "To": entry.to, "From": SENDER if by_service else entry.sender, "AccountSid": entry.account,
            "ApiVersion": "2010-04-01",
        }  # fmt: skip
        if by_service:
            params["MessagingServiceSid"] = entry.sender
        if word in ("undelivered", "failed"):
            params["ErrorCode"] = str(entry.code or 30008)
        if word == "delivered":
            params["RawDlrDoneDate"] = f"{clock.now():%y%m%d%H%M}"
        return self._signed(entry.callback_url, params, how, tells=((entry.number, word),), forged=forged)

    def _signed(
        self, url: str, params: dict[str, str], how: Receipts, *, tells: tuple[tuple[int, str], ...] = (),
        forged: bool = False,
    ) -> Call:  # fmt: skip
        called = urldefrag(url).url  # a fragment tunes retries and is neither signed nor sent
        headers = {"Content-Type": "application/x-www-form-urlencoded; charset=UTF-8", "User-Agent": "TwilioProxy/1.1"}
        if how.signing == "shared_key":
            name, _, secret = self.account.shared_key.partition(":")
            headers["X-Twilio-Webhooks-Signature-Settings"] = f"key={name},algorithm={HMAC_SHA256}"
            algorithm = HMAC_SHA256
        else:
            secret, algorithm = self.account.auth_token, None
        signer = RequestValidator(NOT_A_TOKEN if forged else secret)
        headers["X-Twilio-Signature"] = str(signer.compute_signature(called, params, algorithm))
        headers["I-Twilio-Idempotency-Token"] = secrets.token_hex(16)
        return Call(url=called, headers=headers, body=urlencode(params).encode(), tells=tells, forged=forged)
