"""What Twilio tells us: how a message fared, and what a patient wrote.

https://www.twilio.com/docs/messaging/guides/track-outbound-message-status and
https://www.twilio.com/docs/usage/webhooks/webhooks-security
"""

import hmac
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import parse_qs, urlsplit

from twilio.request_validator import HMAC_SHA1, HMAC_SHA256, RequestValidator, add_port, remove_port

from drip.core.lifecycle import State
from drip.core.model import Channel
from drip.core.news import Callback, News, Receipt, Reply
from drip.providers.mail import is_opaque
from drip.providers.twilio_codes import Meaning, is_code, meaning_of

SAYS: Mapping[str, State] = {
    "accepted": State.ACCEPTED,
    "scheduled": State.ACCEPTED,
    "queued": State.ACCEPTED,
    "sending": State.ACCEPTED,
    "sent": State.SENT,
    "delivered": State.DELIVERED,
    "read": State.DELIVERED,
    "undelivered": State.UNDELIVERED,
    "failed": State.UNDELIVERED,
    "canceled": State.UNDELIVERED,
}
"""Twilio's words for a message's status. `partially_delivered` is left out: it is neither."""

_PROVIDER = "twilio"
_MESSAGE_SID = re.compile(r"(SM|MM)[0-9a-fA-F]{32}")
_NUMBER = re.compile(r"\+[1-9][0-9]{6,14}")

MOST_BYTES = 100_000
"""Of a callback: an inbound text of 1,600 characters with ten pictures takes a tenth of it."""
MOST_FIELDS = 200


@dataclass(frozen=True, slots=True)
class Secret:
    """What callbacks are signed with: the account's token, or a key of its own, which signs with a better hash."""

    key: str = field(repr=False)
    is_shared_key: bool = False


def hear(callback: Callback, account_sid: str, secrets: Sequence[Secret]) -> News | None:
    """A status at `status/<attempt id>` or `status`, or what a patient wrote at `inbound`. None: not from Twilio."""
    try:
        form = _read_form(callback.body)
        if not _is_signed(callback, form, secrets) or form.one("AccountSid") != account_sid:
            return None
        if callback.what == "inbound":
            return _replied(form)
        what, _, attempt_id = callback.what.partition("/")
        if what != "status" or not (is_opaque(attempt_id) or callback.what == "status"):
            return None
        return _status(form, attempt_id or None)
    except Exception:  # what strangers send: whatever it is that they found, it is not Twilio's
        return None


def _is_signed(callback: Callback, form: "_Form", secrets: Sequence[Secret]) -> bool:
    theirs = callback.headers.get("x-twilio-signature", "").encode()
    address = urlsplit(callback.url)
    ours = [
        RequestValidator(secret.key).compute_signature(url, form, HMAC_SHA256 if secret.is_shared_key else HMAC_SHA1)
        for secret in secrets
        for url in (remove_port(address), add_port(address))  # Twilio does either
    ]
    return any([hmac.compare_digest(theirs, signature.encode()) for signature in ours])


class _Form(dict[str, list[str]]):
    """A form as it was posted, every field of it: the signature covers also those that we do not know."""

    def getlist(self, name: str) -> list[str]:
        return self[name]

    def one(self, *names: str) -> str:
        """The value of the first of these fields that is there; empty where it has two that differ."""
        values = set(next((self[name] for name in names if name in self), []))
        return values.pop() if len(values) == 1 else ""


def _read_form(body: bytes) -> _Form:
    if len(body) > MOST_BYTES:
        raise ValueError("too long")
    return _Form(parse_qs(body.decode(), keep_blank_values=True, errors="strict", max_num_fields=MOST_FIELDS))


def _status(form: _Form, attempt_id: str | None) -> News | None:
    sid, word = form.one("MessageSid", "SmsSid"), form.one("MessageStatus", "SmsStatus").lower()
    if not _MESSAGE_SID.fullmatch(sid):
        return None
    says = SAYS.get(word)
    if says is None:
        return News()
    code = form.one("ErrorCode")
    code = code if is_code(code) else ""
    meaning = (meaning_of(code) if says is State.UNDELIVERED else None) or Meaning()
    receipt = Receipt(
        provider=_PROVIDER,
        key=f"{sid}:{word}:{code}",
        says=says,
        attempt_id=attempt_id,
        provider_ref=sid,
        fault=meaning.fault,
        code=code,
        closes=meaning.closes,
    )
    return News(receipts=(receipt,))


def _replied(form: _Form) -> News | None:
    sid, number = form.one("MessageSid", "SmsSid"), form.one("From")
    if not _MESSAGE_SID.fullmatch(sid):
        return None
    reply = Reply(
        provider=_PROVIDER,
        key=sid,
        channel=Channel.SMS,
        address=number,
        text=form.one("Body").replace("\0", "\ufffd"),  # no database of ours can keep a NUL
        was_answered=form.one("OptOutType") != "",
    )
    # An empty answer: what there is to say goes out by the same gate as everything else.
    is_a_person = _NUMBER.fullmatch(number) is not None
    return News(replies=(reply,) if is_a_person else (), answer="<Response/>", answer_type="text/xml")
