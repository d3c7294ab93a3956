"""How Twilio writes messages, pages of them, and errors."""

from datetime import datetime, timedelta
from email.utils import format_datetime
from typing import Any
from urllib.parse import urlencode

from drip.sandbox.ledger import Entry
from drip.sandbox.rules import as_json
from drip.sandbox.script import Receipts
from drip.sandbox.wire import Answer

ROOT = "/2010-04-01/Accounts"

ERRORS = {
    20001: "Unknown parameters",
    20003: "Authenticate",
    20404: "The requested resource was not found",
    20429: "Too Many Requests",
    20500: "Internal Server Error",
    20503: "Service Unavailable",
    21211: "Invalid 'To' Phone Number",
    21212: "Invalid From Number (caller ID)",
    21408: "Permission to send an SMS has not been enabled for the region indicated by the 'To' number",
    21602: "Message body is required.",
    21603: "A 'From' phone number is required.",
    21604: "A 'To' phone number is required.",
    21606: "The From phone number is not a valid, SMS-capable inbound phone number or short code for your account.",
    21609: "The StatusCallback URL is not a valid URL.",
    21610: "Attempt to send to unsubscribed recipient",
    21611: "This From number has exceeded the maximum number of queued messages",
    21612: "The 'To' phone number is not currently reachable using the 'From' phone number via SMS.",
    21614: "'To' number is not a valid mobile number",
    21617: "The concatenated message body exceeds the 1600 character limit.",
    21701: "The Messaging Service does not exist",
}
_CODE_OF_STATUS = {401: 20003, 404: 20404, 429: 20429, 500: 20500, 503: 20503}

_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§"
    "¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_TWO_PLACES = frozenset("\f^{}\\[~]|€")


def error(code: int | None, status: int = 400, *headers: tuple[str, str]) -> Answer:
    """A refusal. Without a code of its own, a status has the one that goes with it, or none."""
    number = code or _CODE_OF_STATUS.get(status, status)
    more = f"https://www.twilio.com/docs/errors/{number}"
    said = ERRORS.get(number, "The sandbox was told to answer so")
    return as_json(status, {"code": number, "message": said, "more_info": more, "status": status}, *headers)


def parts(text: str) -> int:
    """How many segments a text takes: GSM 03.38 in 160 or 153 places each, else UCS-2 in 70 or 67."""
    if all(letter in _BASIC or letter in _TWO_PLACES for letter in text):
        length, one, many = sum(1 + (letter in _TWO_PLACES) for letter in text), 160, 153
    else:
        length, one, many = len(text.encode("utf-16-le", "surrogatepass")) // 2, 70, 67
    return 1 if length <= one else -(-length // many)


def sent_at(entry: Entry, how: Receipts) -> datetime:
    """When it is sent: as long after it was taken, as its end is after that."""
    return entry.at + timedelta(seconds=how.gap)


def status_of(entry: Entry, now: datetime, how: Receipts) -> str:
    """How far a message has come, which is never less than was told of it."""
    sent = sent_at(entry, how)
    if now < sent:
        return first_status(entry)
    if entry.ends == "failed":
        return "failed"
    is_under_way = how.send == "never" or now < sent + timedelta(seconds=how.gap)
    return "sent" if is_under_way else entry.ends


def first_status(entry: Entry) -> str:
    """What a message is when it was taken."""
    return "accepted" if entry.sender.startswith("MG") else "queued"


def message(entry: Entry, status: str, sent: datetime, *, blank: bool = False) -> dict[str, Any]:
    """One message, as Twilio shows it."""
    has_ended = status in ("failed", "undelivered")
    by_service = entry.sender.startswith("MG")
    waits = status in ("queued", "accepted")
    uri = f"{ROOT}/{entry.account}/Messages/{entry.ref}"
    created = format_datetime(entry.at)
    return {
        "account_sid": entry.account,
        "api_version": "2010-04-01",
        "body": "" if blank else entry.text,
        "date_created": created,
        "date_sent": None if waits else format_datetime(sent),
        "date_updated": created,
        "direction": "outbound-api",
        "error_code": entry.code if has_ended else None,
        "error_message": "Message was not delivered" if has_ended else None,
        "from": None if by_service else entry.sender,
        "messaging_service_sid": entry.sender if by_service else None,
        "num_media": "0",
        "num_segments": "0" if by_service and waits else str(parts(entry.text)),
        "price": None,
        "price_unit": "USD",
        "sid": entry.ref,
        "status": status,
        "subresource_uris": {"media": f"{uri}/Media.json"},
        "to": entry.to,
        "uri": f"{uri}.json",
    }


def create_answer(entry: Entry) -> Answer:
    """What a new message is answered with."""
    return as_json(201, message(entry, first_status(entry), entry.at))


def page(account: str, shown: list[dict[str, Any]], asked: dict[str, str], number: int, after: str | None) -> Answer:
    """One page of messages. `after`: the last one on it, if others follow."""
    base = f"{ROOT}/{account}/Messages.json"
    filters = {name: value for name, value in asked.items() if name not in ("Page", "PageToken")}
    size = int(filters.setdefault("PageSize", "50"))
    following = {**filters, "Page": str(number + 1), "PageToken": f"PA{after}"}
    this = {**filters, "Page": str(number), **({"PageToken": asked["PageToken"]} if "PageToken" in asked else {})}
    return as_json(200, {
        "end": max(number * size + len(shown) - 1, 0),
        "first_page_uri": f"{base}?{urlencode({**filters, 'Page': '0'})}",
        "messages": shown,
        "next_page_uri": f"{base}?{urlencode(following)}" if after else None,
        "page": number,
        "page_size": size,
        "previous_page_uri": None if not number else f"{base}?{urlencode({**filters, 'Page': str(number - 1)})}",
        "start": number * size,
        "uri": f"{base}?{urlencode(this)}",
    })  # fmt: skip
