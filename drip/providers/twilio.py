"""Twilio: texts out, receipts and replies in. https://www.twilio.com/docs/messaging/api/message-resource"""

import ipaddress
import logging
import re
import threading
from base64 import b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlencode, urlsplit

from twilio.base.exceptions import TwilioException
from twilio.http import HttpClient
from twilio.http.response import Response
from twilio.rest import Client

from drip.core.ability import Ability
from drip.core.evidence import CLOCKS_DIFFER, Lost, Trace
from drip.core.handover import Accepted, Fault, NotTaken, Outcome, Refused, Unknown
from drip.core.letter import Letter
from drip.core.model import Channel
from drip.core.news import Callback, News
from drip.core.reason import Reason
from drip.providers.mail import refusal
from drip.providers.twilio_callbacks import Secret, hear
from drip.providers.twilio_codes import Meaning, is_code, meaning_of
from drip.transport import Answer, NoAnswer, NotSent, Transport

API_BASE = "https://api.twilio.com"

_ACCOUNT_SID = re.compile(r"AC[0-9a-fA-F]{32}")
_MESSAGE_SID = re.compile(r"(SM|MM)[0-9a-fA-F]{32}")
_NUMBER = re.compile(r"\+[1-9][0-9]{6,14}")
_OBFUSCATED = re.compile(r"\+[0-9]*[^0-9]")
"""`+447700XXXXXX`, with or without the name of a channel before it."""
_SHORT_CODE = re.compile(r"[0-9]{3,8}")

SHORTEST, LONGEST = 10, 36_000
"""Seconds that a message may be told to wait in Twilio's queue."""
RETRIES = "#rc=3&rp=all"
"""Asks Twilio to call back three times more, also when we answer with an error. It reads a fragment and never sends it:
https://www.twilio.com/docs/usage/webhooks/webhooks-connection-overrides"""

LONGEST_PAUSE = timedelta(days=1)
PAGE, MOST_PAGES = 200, 3
"""How much of the list of messages to one number is looked at."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TwilioAccount:
    """Whose account, from which sender, and where Twilio finds us. ValueError if that cannot work."""

    account_sid: str
    auth_token: str = field(repr=False)
    previous_token: str = field(default="", repr=False)
    """Still believed in callbacks while the token is being changed."""
    webhook_key: str = field(default="", repr=False)
    """`id:secret` of a shared key; with one, callbacks are signed by it and nothing else is believed."""
    sender: str = ""
    """A number, a short code or a name; empty: the sender that stands in the letter."""
    service_sid: str = ""
    api_base: str = ""
    """Empty: Twilio's own. Another on this machine is a rehearsal that reaches nobody."""

    def __post_init__(self) -> None:
        base = urlsplit(self.base)
        if not _ACCOUNT_SID.fullmatch(self.account_sid):
            raise ValueError("provider twilio: the account SID should be AC and 32 hexadecimal digits")
        if not self.auth_token:
            raise ValueError("provider twilio: the auth token is missing")
        if self.webhook_key and not self.webhook_key.partition(":")[2]:
            raise ValueError("provider twilio: the webhook key should be written id:secret")
        if not base.hostname or base.scheme not in ("https", "http"):
            raise ValueError("provider twilio: the API base should be an https address")
        if base.scheme == "http" and not self.is_local:
            raise ValueError("provider twilio: without https the auth token would travel in the open")

    @property
    def base(self) -> str:
        """Where the API is."""
        return (self.api_base or API_BASE).rstrip("/")

    @property
    def is_local(self) -> bool:
        """Whether the API is on this machine."""
        host = urlsplit(self.base).hostname or ""
        try:
            return host == "localhost" or ipaddress.ip_address(host).is_loopback
        except ValueError:
            return False

    @property
    def can_be_answered(self) -> bool:
        """A name as the sender is one way, and so is one that nobody told us of."""
        return bool(self.service_sid or _NUMBER.fullmatch(self.sender) or _SHORT_CODE.fullmatch(self.sender))

    @property
    def secrets(self) -> Sequence[Secret]:
        """What a callback may be signed with. Our settings choose, never the callback."""
        if self.webhook_key:
            return [Secret(self.webhook_key.partition(":")[2], is_shared_key=True)]
        return [Secret(token) for token in (self.auth_token, self.previous_token) if token]


class TwilioProvider:
    """Each thread has an SDK client of its own over the shared connections: no message meets another's answer."""

    name = "twilio"
    channels = frozenset({Channel.SMS})

    def __init__(
        self, account: TwilioAccount, *, public_url: str = "", deadline: float = 30.0, connections: int = 32
    ) -> None:
        """Without a public address Twilio cannot call us: neither receipts nor replies arrive."""
        self._account = account
        self._public_url = public_url.rstrip("/")
        self._transport = Transport(deadline=deadline, connections=connections)
        self._of_this_thread = threading.local()
        self.ability = Ability(
            reaches_people=not account.is_local,
            is_remote=True,
            is_two_way=bool(public_url) and account.can_be_answered,
            gives_receipts=bool(public_url),
            keeps_a_list=True,
        )

    def hand_over(self, letter: Letter) -> Outcome:
        """Ask Twilio once to take a text."""
        refused = refusal(letter)
        if refused is not None:
            return refused
        if letter.channel is not Channel.SMS:
            return Refused(Fault.CONTENT, "Twilio carries texts only")
        call = self._conversation()
        try:
            made = call.messages.create_with_http_info(to=letter.to, body=letter.words.text, **self._terms(letter))
            return _taken(made.data.sid, made.status_code)
        except NotSent as trouble:
            return NotTaken(Reason.PROVIDER_DOWN, detail=f"not sent: {trouble.kind}")
        except NoAnswer as trouble:
            return Unknown(f"no answer: {trouble.kind}")
        except TwilioException as trouble:
            return _outcome(call.answer, getattr(trouble, "code", None))
        except Exception as trouble:  # a 2xx that cannot be read raises whatever its contents make the SDK stumble on
            return Unknown(f"unreadable: {type(trouble).__name__}")

    def _conversation(self) -> "_Call":
        """This thread's, with nothing left of the last: the SDK takes as long to make one as to ask with it."""
        call: _Call | None = getattr(self._of_this_thread, "call", None)
        if call is None:
            call = self._of_this_thread.call = _Call(self._transport, self._account)
        call.answer = None
        return call

    def find(self, lost: Lost) -> Sequence[Trace] | None:
        """The messages to this number in Twilio's list, since a little before the attempt."""
        call = self._conversation()
        try:
            traces = _listed(call, lost.to, since=lost.started_at - CLOCKS_DIFFER)
            return None if not traces and _hides_numbers(call) else traces
        except Exception:  # it could not be asked, or its answer could not be read: either way it cannot tell
            return None

    def hear(self, callback: Callback) -> News | None:
        """A status at `status/<attempt id>` or `status`, or what a patient wrote at `inbound`."""
        return hear(callback, self._account.account_sid, self._account.secrets) if self._public_url else None

    def close(self) -> None:
        """Close all connections. Safe to repeat."""
        self._transport.close()

    def _terms(self, letter: Letter) -> dict[str, str | int]:
        account = self._account
        terms: dict[str, str | int] = {}
        if account.service_sid:
            terms["messaging_service_sid"] = account.service_sid
        if account.sender or not account.service_sid:
            terms["from_"] = account.sender or letter.sender
        if self._public_url:
            terms["status_callback"] = f"{self._public_url}/webhooks/twilio/status/{letter.attempt_id}{RETRIES}"
        if letter.valid_until is not None:
            useful = int((letter.valid_until - letter.handed_at).total_seconds())
            terms["validity_period"] = min(max(useful, SHORTEST), LONGEST)
        return terms


class _Call(HttpClient):  # type: ignore[misc]
    """One conversation of the SDK with Twilio, and the last answer in it: exceptions of the SDK leave out headers."""

    def __init__(self, transport: Transport, account: TwilioAccount) -> None:
        super().__init__(logging.getLogger("twilio"), is_async=False)
        self._transport = transport
        self._base = account.base
        # Not an empty environment, which the SDK would take for none and read the real one: its edge and region
        # would be written into our address.
        client = Client(
            account.account_sid, account.auth_token, account.account_sid, http_client=self, environment={"-": "-"}
        )
        client.api.base_url = self._base
        self.messages = client.api.account.messages
        self.answer: Answer | None = None

    def request(self, method: str, url: str, params: Any = None, data: Any = None, **more: Any) -> Response:
        if not url.startswith(f"{self._base}/"):
            raise ValueError("the next page is elsewhere")  # and would be sent our credentials
        headers = dict(more["headers"])
        headers["Authorization"] = "Basic " + b64encode(":".join(more["auth"]).encode()).decode()
        query = f"?{urlencode(params, doseq=True)}" if params else ""
        body = urlencode(data, doseq=True).encode() if data else None
        self.answer = self._transport.request(method, url + query, headers=headers, body=body)
        return Response(self.answer.status, self.answer.body.decode(errors="replace"), self.answer.headers)


def _taken(sid: object, status: int) -> Outcome:
    if isinstance(sid, str) and _MESSAGE_SID.fullmatch(sid):
        return Accepted(sid)
    return Unknown(f"no reference http {status}")


def _outcome(answer: Answer | None, code: object) -> Outcome:
    """What an answer other than 2xx comes to. A 5xx may have gone out: Twilio's POSTs are not idempotent."""
    status = answer.status if answer else 0
    known = is_code(str(code))
    detail = f"{code} http {status}" if known else f"http {status}"
    if answer is None or status == 408 or not 400 <= status < 500:
        return Unknown(detail)
    meaning = meaning_of(code) or (Meaning() if status == 429 else Meaning(_unknown_fault(status, known)))
    if status == 429 or meaning.fault is None:
        waits = [wait for wait in (_retry_after(answer.headers), meaning.wait) if wait is not None]
        return NotTaken(Reason.RATE_LIMITED, retry_after=max(waits, default=None), detail=detail)
    return Refused(meaning.fault, detail, closes=meaning.fault is Fault.ADDRESS and meaning.closes is not None)


def _unknown_fault(status: int, has_code: bool) -> Fault:
    """Of a refusal that the table does not know.

    With a code it is Twilio's word on this one message: that message stops and is shown, all others go on. Without one
    it is somebody in between, or our credentials, and every message would end so: the channel stops, and none is lost.
    """
    return Fault.CONTENT if has_code and status not in (401, 403, 404) else Fault.ACCOUNT


def _retry_after(headers: Mapping[str, str]) -> timedelta | None:
    """Seconds, or a date, which is measured by the clock of the server that wrote it."""
    told = headers.get("retry-after", "").strip()
    if told.isascii() and told.isdecimal():
        return min(timedelta(seconds=int(told[:9])), LONGEST_PAUSE)
    try:
        wait = parsedate_to_datetime(told) - parsedate_to_datetime(headers.get("date", ""))
    except (ValueError, TypeError):
        return None
    return min(max(wait, timedelta()), LONGEST_PAUSE)


def _listed(call: _Call, to: str, *, since: datetime) -> list[Trace]:
    """What went to a number. Twilio lists the newest first, but where those stand that it has not sent yet, it does not
    say: so nothing older is looked for only once a whole page is older.
    """
    traces: list[Trace] = []
    page = call.messages.page(to=to, page_size=PAGE)
    for _ in range(MOST_PAGES):
        found = list(page)
        if any(message.to != to for message in found):
            raise ValueError("numbers are obfuscated, or whoever answers does not know the question")
        traces += [_trace(message) for message in found if message.direction != "inbound"]
        is_older = all(message.date_created and message.date_created < since for message in found)
        page = None if is_older else page.next_page()
        if page is None:
            return [trace for trace in traces if trace.at is None or trace.at >= since]
    raise ValueError("too many to look at")


def _hides_numbers(call: _Call) -> bool:
    """Whether the account keeps numbers obfuscated: then to find nothing under a number proves nothing."""
    latest = call.messages.page(page_size=20)
    return any(_OBFUSCATED.search(str(message.to)) for message in latest if message.direction != "inbound")


def _trace(message: Any) -> Trace:
    if not _MESSAGE_SID.fullmatch(message.sid):
        raise ValueError("not a message")
    words = message.body if isinstance(message.body, str) else ""
    return Trace(ref=message.sid, at=message.date_created, text=words or None)  # redacted words are empty ones
