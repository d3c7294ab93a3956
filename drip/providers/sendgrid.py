"""SendGrid: emails out, events and replies in. https://www.twilio.com/docs/sendgrid/api-reference/mail-send/mail-send"""

import hmac
import ipaddress
import json
import re
from base64 import b64decode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from python_http_client.client import Client, Response  # type: ignore[import-untyped]
from sendgrid import SendGridAPIClient

from drip.core.ability import Ability
from drip.core.evidence import Lost, Trace
from drip.core.handover import Fault, NotTaken, Outcome, Refused, Unknown
from drip.core.letter import Letter
from drip.core.model import Channel
from drip.core.news import Callback, News
from drip.core.reason import Reason
from drip.providers.mail import refusal
from drip.providers.sendgrid_answers import outcome_of
from drip.providers.sendgrid_events import ATTEMPT, SigningKey, read_events
from drip.providers.sendgrid_inbound import read_parsed
from drip.transport import Answer, NoAnswer, NotSent, Transport

API = "https://api.sendgrid.com"
"""For accounts in the EU: https://api.eu.sendgrid.com."""

INBOUND_BYTES = 32_000_000
"""A reply may carry photos: SendGrid posts whole mails, and does not try again what we refuse as too large."""

TRACKING: Mapping[str, Mapping[str, bool]] = {
    "click_tracking": {"enable": False, "enable_text": False},
    "open_tracking": {"enable": False},
    "subscription_tracking": {"enable": False},
    "ganalytics": {"enable": False},
}
"""Said with each mail: what an account has switched on by itself would tell who reads about which illness, and when."""

_SENDER = re.compile(r"[!-?A-~]{1,64}@[A-Za-z0-9.-]{1,250}")
_LINK = re.compile(r"https://[!-;=?-~]{1,1900}")
_LANGUAGE = re.compile(r"[A-Za-z]{1,8}(-[A-Za-z0-9]{1,8}){0,4}")


@dataclass(frozen=True, slots=True, kw_only=True)
class SendGridAccount:
    """Whose account, and how its callbacks are told from a stranger's. ValueError if that cannot work."""

    api_key: str = field(repr=False)
    api_base: str = API
    webhook_public_key: str = ""
    """What events are signed with; empty: none are believed."""
    inbound_secret: str = field(default="", repr=False)
    """`user:password`, as written into the address that replies are posted to."""
    inbound_public_key: str = ""
    """What replies are signed with, where a security policy is attached to Inbound Parse. It is a key of its own."""

    def __post_init__(self) -> None:
        base = urlsplit(self.base)
        if not re.fullmatch(r"[!-~]+", self.api_key):
            raise ValueError("SENDGRID_API_KEY should be one word, as SendGrid shows it")
        if not base.hostname or base.scheme not in ("https", "http") or base.username or base.query or base.fragment:
            raise ValueError("SENDGRID_API_BASE should be an https address")
        if base.scheme == "http" and not self.is_local:
            raise ValueError("SENDGRID_API_BASE should begin with https://, or the key would travel in the open")
        user, _, password = self.inbound_secret.partition(":")
        if self.inbound_secret and not (user and password):
            raise ValueError("SENDGRID_INBOUND_SECRET should be written user:password")

    @property
    def base(self) -> str:
        """Where the API is, without a slash at the end."""
        return (self.api_base or API).rstrip("/")

    @property
    def is_local(self) -> bool:
        """Whether the API is on this machine: a rehearsal that reaches nobody."""
        host = urlsplit(self.base).hostname or ""
        try:
            return host == "localhost" or ipaddress.ip_address(host).is_loopback
        except ValueError:
            return False


class SendGridProvider:
    """One request, one mail, one person: patients never see each other, and an answer is about one message."""

    name = "sendgrid"
    channels = frozenset({Channel.EMAIL})

    def __init__(self, account: SendGridAccount, *, deadline: float = 30.0, connections: int = 32) -> None:
        self._events_key = _key(account.webhook_public_key, "SENDGRID_WEBHOOK_PUBLIC_KEY")
        self._inbound_key = _key(account.inbound_public_key, "SENDGRID_INBOUND_PUBLIC_KEY")
        self._inbound_secret = account.inbound_secret.encode()
        self._transport = Transport(deadline=deadline, connections=connections)
        self._send = _over(self._transport, account).mail.send
        self.ability = Ability(
            reaches_people=not account.is_local,
            is_remote=True,
            is_two_way=bool(account.inbound_secret or account.inbound_public_key),
            gives_receipts=bool(account.webhook_public_key),
            may_carry_health_data=False,
            largest_callback=INBOUND_BYTES,
        )

    def hand_over(self, letter: Letter) -> Outcome:
        """Ask SendGrid once to take an email."""
        mail = refusal(letter) or _mail(letter)
        if isinstance(mail, Refused):
            return mail
        try:
            response = self._send.post(mail)
            return outcome_of(response.status_code, response.headers, response.body, letter.handed_at)
        except NotSent as trouble:
            return NotTaken(Reason.PROVIDER_DOWN, detail=f"not sent: {trouble.kind}")
        except NoAnswer as trouble:
            return Unknown(f"no answer: {trouble.kind}")
        except Exception as trouble:  # a mistake of ours or of the SDK's, on one side of the call or the other
            return Unknown(f"unreadable: {type(trouble).__name__}")

    def find(self, lost: Lost) -> Sequence[Trace] | None:
        """It cannot be asked: its list costs extra, and shows a mail late. Events with our own id are the evidence."""
        return None

    def hear(self, callback: Callback) -> News | None:
        """What became of mails at `events`, what a patient wrote at `inbound`."""
        try:
            if callback.what == "events" and self._events_key and self._events_key.has_signed(callback):
                return read_events(callback.body, provider=self.name)
            if callback.what == "inbound" and self._is_inbound(callback):
                return read_parsed(callback.headers.get("content-type", ""), callback.body, provider=self.name)
        except Exception:  # what strangers send: whatever it is that they found, it is not SendGrid's
            return None
        return None

    def close(self) -> None:
        """Close all connections. Safe to repeat."""
        self._transport.close()

    def _is_inbound(self, callback: Callback) -> bool:
        """Whether it holds every proof that is set up, and one is."""
        proofs = []
        if self._inbound_secret:
            proofs.append(hmac.compare_digest(_credentials(callback), self._inbound_secret))
        if self._inbound_key:
            proofs.append(self._inbound_key.has_signed(callback))
        return bool(proofs) and all(proofs)


def _key(written: str, setting: str) -> SigningKey | None:
    return SigningKey(written, setting) if written else None


def _credentials(callback: Callback) -> bytes:
    scheme, _, told = callback.headers.get("authorization", "").partition(" ")
    try:
        return b64decode(told.strip(), validate=True) if scheme.lower() == "basic" else b""
    except ValueError:
        return b""


class _Pooled(Client):  # type: ignore[misc]
    """The SDK's client over the shared connections.

    By itself it would wait without end, shake hands for each mail, and follow a redirect with our key to any host.
    Nothing of one call stays here for the next.
    """

    def __init__(self, transport: Transport, **told: Any) -> None:
        super().__init__(**told)
        self._transport = transport

    def _build_client(self, name: str | None = None) -> "_Pooled":
        return _Pooled(
            self._transport,
            host=self.host,
            version=self._version,
            request_headers=self.request_headers,
            url_path=[*self._url_path, *([name] if name else [])],
        )

    def post(self, request_body: Mapping[str, Any]) -> Response:
        """As the SDK posts, but for the opener that it builds for each call and never uses: half of a call's time.

        Nor are the patient's words made ready for its log, as the SDK does whether it logs or not.
        """
        body = json.dumps(request_body).encode()
        answer = self._transport.request("POST", self._build_url(None), headers=self.request_headers, body=body)
        return Response(_Heard(answer))


class _Heard:
    """An answer, whatever its status, as the SDK reads one."""

    def __init__(self, answer: Answer) -> None:
        self._answer = answer

    def getcode(self) -> int:
        return self._answer.status

    def read(self) -> bytes:
        return self._answer.body

    def info(self) -> Mapping[str, str]:
        return self._answer.headers


def _over(transport: Transport, account: SendGridAccount) -> _Pooled:
    usual = SendGridAPIClient(account.api_key, host=account.base).client
    headers = {**usual.request_headers, "Content-Type": "application/json"}
    return _Pooled(transport, host=usual.host, request_headers=headers, version=3)


def _mail(letter: Letter) -> dict[str, Any] | Refused:
    """The letter as SendGrid takes one. Our id is all that it is told besides."""
    to, sender = _in_ascii(letter.to), _in_ascii(letter.sender)
    words = letter.words
    if letter.channel is not Channel.EMAIL or to is None:
        return Refused(Fault.ADDRESS, "not an address that email can reach")
    if sender is None or not _SENDER.fullmatch(sender):
        return Refused(Fault.ACCOUNT, "the sender is not an email address")
    if not words.subject or not words.text:
        return Refused(Fault.CONTENT, "an email needs a subject and words")
    content = [("text/plain", words.text)] + ([("text/html", words.html)] if words.html else [])
    return {
        "personalizations": [{"to": [{"email": to}], "custom_args": {ATTEMPT: letter.attempt_id}}],
        "from": {"email": sender} | ({"name": letter.sender_name} if letter.sender_name else {}),
        **({"reply_to": {"email": _in_ascii(letter.reply_to)}} if letter.reply_to else {}),
        "subject": words.subject,
        "content": [{"type": kind, "value": value} for kind, value in content],
        "headers": _headers(letter, sender.rpartition("@")[2]),
        "tracking_settings": TRACKING,
    }


def _headers(letter: Letter, domain: str) -> dict[str, str]:
    """What SendGrid does not set itself. A reply names the Message-ID, which names our message."""
    headers = {"Message-ID": f"<{letter.message_id}@{domain}>"}
    if _LANGUAGE.fullmatch(letter.language):
        headers["Content-Language"] = letter.language
    if letter.stop_url and _LINK.fullmatch(letter.stop_url):
        headers["List-Unsubscribe"] = f"<{letter.stop_url}>"
        headers["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    return headers


def _in_ascii(address: str) -> str | None:
    """The address with its domain in ASCII, None if it has no such form; what is before the @ is the receiver's."""
    user, _, domain = address.rpartition("@")
    try:
        return f"{user}@{domain if domain.isascii() else domain.encode('idna').decode('ascii')}"
    except UnicodeError:
        return None
