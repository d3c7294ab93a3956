"""What SendGrid's answer to a hand-over comes to. https://www.twilio.com/docs/sendgrid/api-reference/mail-send/errors"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from drip.core.handover import Accepted, Fault, NotTaken, Outcome, Refused, Unknown
from drip.core.reason import Reason

FAULTS: Mapping[int, Fault] = {
    401: Fault.ACCOUNT,
    403: Fault.ACCOUNT,
    404: Fault.ACCOUNT,
    405: Fault.ACCOUNT,
    413: Fault.CONTENT,  # said by a machine in front of theirs, in a page
}
"""What a 4xx is about by itself. Others say so: 400 in the fields that it names, the rest are about the words."""

_TO = re.compile(r"personalizations(\.\d{1,4})?\.to(\.|$)")
_FROM = re.compile(r"from(\.|$)")
_FIELDS = frozenset(
    {"personalizations", "to", "cc", "bcc", "from", "reply_to", "email", "name", "subject", "content", "type", "value"}
    | {"headers", "custom_args", "tracking_settings", "mail_settings"}
)
"""The words that a field's name is made of, so that no other word of theirs is ever repeated."""

CREDITS_WAIT = timedelta(hours=1)
LONGEST_PAUSE = timedelta(days=1)
_NO_CREDITS = "maximum credits exceeded"
_REFERENCE = re.compile(r"[!-~]{1,200}")


def outcome_of(status: int, headers: Mapping[str, str], body: bytes, now: datetime) -> Outcome:
    """What an answer comes to. A 5xx may have gone out, and a 200 is sandbox mode, in which nothing does."""
    if status == 202:
        ref = headers.get("x-message-id", "").strip()
        return Accepted(ref) if _REFERENCE.fullmatch(ref) else Unknown("http 202 without a reference")
    if status == 429:
        return NotTaken(Reason.RATE_LIMITED, retry_after=_wait(headers, now), detail="http 429")
    if status == 408 or not 400 <= status < 500:
        return Unknown(f"http {status}")
    errors = list(_errors(body))
    if status == 401 and any(_NO_CREDITS in message.lower() for _, message in errors):
        return NotTaken(Reason.RATE_LIMITED, retry_after=CREDITS_WAIT, detail=f"http 401 {_NO_CREDITS}")
    fields = list(dict.fromkeys(name for name, _ in errors if name))
    fault = FAULTS.get(status) or (_fault(fields) if errors else _NOT_THEIRS)
    return Refused(fault, " ".join([f"http {status}", *filter(_is_known, fields)])[:200])


_NOT_THEIRS = Fault.ACCOUNT
"""A refusal in other words than SendGrid's is somebody's in between, and all mails would meet it: none is given up."""


def _errors(body: bytes) -> Iterator[tuple[str, str]]:
    """Field and message of each error, of up to ten; none where the answer is not SendGrid's own."""
    try:
        told = json.loads(body)
        listed = told.get("errors") if isinstance(told, dict) else None
    except (ValueError, RecursionError):
        return
    for one in listed[:10] if isinstance(listed, list) else []:
        if isinstance(one, dict):
            name, message = one.get("field"), one.get("message")
            field = re.sub(r"\[(\d+)\]", r".\1", name) if isinstance(name, str) else ""
            yield field, message if isinstance(message, str) else ""


def _fault(fields: Sequence[str]) -> Fault:
    """Ours before the patient's: with a sender that is refused, nothing else was looked at in earnest."""
    if any(_FROM.match(name) for name in fields):
        return Fault.ACCOUNT
    return Fault.ADDRESS if any(_TO.match(name) for name in fields) else Fault.CONTENT


def _is_known(name: str) -> bool:
    return all(part in _FIELDS or re.fullmatch(r"\d{1,4}", part) for part in name.split("."))


def _wait(headers: Mapping[str, str], now: datetime) -> timedelta | None:
    """As long as they ask, by the clock of the server that wrote it; None where that makes no sense."""
    now = _date(headers.get("date", "")) or now
    again, after = headers.get("x-ratelimit-reset", "").strip(), headers.get("retry-after", "").strip()
    told: datetime | None = None
    if _is_number(again):
        told = datetime.fromtimestamp(int(again), UTC)
    elif _is_number(after):
        told = now + timedelta(seconds=int(after))
    else:
        told = _date(after)
    return told - now if told and timedelta() < told - now <= LONGEST_PAUSE else None


def _is_number(told: str) -> bool:
    return told.isascii() and told.isdecimal() and len(told) <= 10


def _date(told: str) -> datetime | None:
    try:
        at = parsedate_to_datetime(told)
    except (ValueError, TypeError):
        return None
    return at if at.tzinfo else at.replace(tzinfo=UTC)
