"""What SendGrid says became of an email, and whether it was SendGrid that said so.

https://www.twilio.com/docs/sendgrid/for-developers/tracking-events/event
"""

import binascii
import json
import re
from base64 import b64decode
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_der_public_key

from drip.core.handover import Fault
from drip.core.lifecycle import State
from drip.core.news import Callback, News, Receipt
from drip.core.reason import Reason
from drip.providers.mail import is_one_line, is_opaque


@dataclass(frozen=True, slots=True)
class Meaning:
    """One of SendGrid's words in ours."""

    says: State | None = None
    fault: Fault | None = None
    closes: Reason | None = None


_LOST = State.UNDELIVERED

EVENTS: Mapping[str, Meaning] = {
    "processed": Meaning(State.ACCEPTED),
    "deferred": Meaning(State.ACCEPTED),  # they go on trying, for up to 72 hours
    "delivered": Meaning(State.DELIVERED),
    "spamreport": Meaning(closes=Reason.COMPLAINED),
    "unsubscribe": Meaning(closes=Reason.SUPPRESSED_BY_PATIENT),
    "group_unsubscribe": Meaning(closes=Reason.SUPPRESSED_BY_PATIENT),
}
"""`open` and `click` are left out because nobody looks, `group_resubscribe` because only a patient can say so to us."""

BOUNCES: Mapping[str, Meaning] = {
    "bounce": Meaning(_LOST, Fault.ADDRESS, Reason.BOUNCED),
    "blocked": Meaning(_LOST, Fault.ADDRESS),
    "expired": Meaning(_LOST, Fault.ADDRESS),
}
"""By the `type` of a `bounce`."""

_ANY_BOUNCE = Meaning(_LOST, Fault.ADDRESS)
"""Nothing is closed on a kind that we do not know: if it was for good, the next mail will be dropped for it."""

DROPS: Mapping[str, Meaning] = {
    "bounced address": Meaning(_LOST, Fault.ADDRESS, Reason.BOUNCED),
    "invalid": Meaning(_LOST, Fault.ADDRESS, Reason.BOUNCED),
    "unsubscribed address": Meaning(_LOST, Fault.OPTED_OUT, Reason.SUPPRESSED_BY_PATIENT),
    "spam reporting address": Meaning(_LOST, Fault.OPTED_OUT, Reason.COMPLAINED),
    "recipient list over package quota": Meaning(_LOST, Fault.ACCOUNT),
}
"""By the `reason` of a `dropped`, in lower case: SendGrid never tried."""

_ANY_DROP = Meaning(_LOST, Fault.CONTENT)

ATTEMPT = "drip_attempt"
"""The name under which our own id travels with a mail, and comes back with each event."""

MOST_EVENTS = 10_000
LONGEST_KEY = 100
_LONGEST_ATTEMPT_ID = 40
_LONGEST_ADDRESS = 320
_REFERENCE = re.compile(r"[A-Za-z0-9_=-]{1,100}")
_STATUS = re.compile(r"[245]\.\d{1,3}\.\d{1,3}")
_RESPONSE = re.compile(r"([245]\d\d)(?:[ -]([245]\.\d{1,3}\.\d{1,3}))?\b")
_FIRST_MILLISECONDS = 100_000_000_000
"""Some events give their time in milliseconds; as seconds, this would be the year 5138."""


class SigningKey:
    """The public half of a key that SendGrid signs callbacks with. ValueError, naming the setting, if it is none."""

    def __init__(self, written: str, setting: str) -> None:
        try:
            key = load_der_public_key(b64decode("".join(written.split()), validate=True))
        except (ValueError, UnsupportedAlgorithm, binascii.Error):
            key = None
        if not isinstance(key, ec.EllipticCurvePublicKey) or not isinstance(key.curve, ec.SECP256R1):
            raise ValueError(f"{setting} should be the verification key, in one line, as SendGrid shows it") from None
        self._key = key

    def has_signed(self, callback: Callback) -> bool:
        """Whether every byte of it comes from SendGrid.

        A captured callback can be sent again, and nobody has written down how long SendGrid itself goes on doing so:
        what it says has a key of its own, and the same twice changes nothing.
        """
        at = callback.headers.get("x-twilio-email-event-webhook-timestamp", "")
        signature = callback.headers.get("x-twilio-email-event-webhook-signature", "")
        if not (at.isascii() and at.isdecimal() and len(at) <= 20):
            return False
        try:
            signed = at.encode() + callback.body
            self._key.verify(b64decode(signature, validate=True), signed, ec.ECDSA(SHA256()))
        except (InvalidSignature, ValueError):  # ValueError: not base64, or not ASCII
            return False
        return True


def read_events(body: bytes, *, provider: str) -> News:
    """The receipts in a batch whose signature was checked. An event that cannot be read takes no other with it."""
    try:
        batch = json.loads(body.decode("utf-8-sig", "replace"), strict=False)  # servers are quoted in it, as they spoke
    except (ValueError, RecursionError):
        return News()
    events = batch if isinstance(batch, list) else [batch]
    return News(receipts=tuple(_receipts(events[:MOST_EVENTS], provider)))


def _receipts(events: list[Any], provider: str) -> Iterator[Receipt]:
    for event in events:
        receipt = None
        with suppress(Exception):  # whatever it is that cannot be read
            receipt = _receipt(event, provider) if isinstance(event, dict) else None
        if receipt is not None:
            yield receipt


def _receipt(event: dict[str, Any], provider: str) -> Receipt | None:
    known = _meaning(event)
    attempt_id, ref, address = _attempt_id(event), _reference(event), _address(event)
    if known is None or not (attempt_id or ref or address):
        return None
    meaning, word = known
    return Receipt(
        provider=provider,
        key=_key(event),
        says=meaning.says,
        attempt_id=attempt_id,
        provider_ref=ref,
        fault=meaning.fault,
        code=_code(event, word),
        closes=meaning.closes,
        address=address,
        at=_time(event),
    )


def _meaning(event: dict[str, Any]) -> tuple[Meaning, str] | None:
    """What an event means, and the word for it: always one of this file's own."""
    word = _text(event, "event").lower()
    if word == "bounce":
        kind = _text(event, "type").lower()
        return (BOUNCES[kind], f"bounce:{kind}") if kind in BOUNCES else (_ANY_BOUNCE, "bounce")
    if word == "dropped":
        reason = _text(event, "reason").strip().lower()
        return (DROPS[reason], f"dropped:{reason}"[:40]) if reason in DROPS else (_ANY_DROP, "dropped")
    return (EVENTS[word], word) if word in EVENTS else None


def _text(event: dict[str, Any], name: str) -> str:
    value = event.get(name)
    return value if isinstance(value, str) else ""


def _attempt_id(event: dict[str, Any]) -> str | None:
    told = _text(event, ATTEMPT)
    return told if is_opaque(told) and len(told) <= _LONGEST_ATTEMPT_ID else None


def _reference(event: dict[str, Any]) -> str | None:
    """The X-Message-Id of the hand-over; what follows it says which of SendGrid's machines did what."""
    told = _text(event, "sg_message_id").partition(".")[0]
    return told if _REFERENCE.fullmatch(told) else None


def _address(event: dict[str, Any]) -> str | None:
    told = _text(event, "email").strip()
    is_one = 3 <= len(told) <= _LONGEST_ADDRESS and "@" in told[1:-1] and is_one_line(told)
    return told if is_one else None


def _key(event: dict[str, Any]) -> str:
    """SendGrid's own name for the event, or one made from all of it: the same event twice has the same."""
    told = _text(event, "sg_event_id")
    if 0 < len(told) <= LONGEST_KEY and told.isascii() and told.isprintable():
        return told
    return sha256(json.dumps(event, sort_keys=True).encode()).hexdigest()


def _code(event: dict[str, Any], word: str) -> str:
    """The receiving server's number, where it says more than that it failed; else the word."""
    if word.startswith("bounce"):
        status = _STATUS.fullmatch(_text(event, "status"))
        return status[0] if status and not status[0].endswith(".0.0") else word
    if word == "deferred":
        response = _RESPONSE.match(_text(event, "response"))
        return (response[2] or response[1]) if response else word
    return word


def _time(event: dict[str, Any]) -> datetime | None:
    told = event.get("timestamp")
    if isinstance(told, str) and told.isascii() and told.isdecimal() and len(told) <= 20:
        told = int(told)
    if not isinstance(told, int) or isinstance(told, bool):
        return None
    try:
        return datetime.fromtimestamp(told / 1000 if told >= _FIRST_MILLISECONDS else told, UTC)
    except (ValueError, OverflowError, OSError):
        return None
