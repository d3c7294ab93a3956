"""What SendGrid says is wrong with a mail, as its published API description and its page of errors have it."""

import re
from collections.abc import Callable, Iterator
from typing import Any

HELP = "http://sendgrid.com/docs/API_Reference/Web_API_v3/Mail/errors.html"
MOST_RECIPIENTS = 1000
MOST_CUSTOM_ARGUMENTS = 10_000
KNOWN = frozenset(
    """personalizations from reply_to reply_to_list subject content attachments template_id headers categories
    custom_args send_at batch_id asm ip_pool_name mail_settings tracking_settings sections""".split()  # noqa: SIM905 - as the published list has it
)
RESERVED_HEADERS = frozenset(
    """x-sg-id x-sg-eid received dkim-signature content-type content-transfer-encoding to from subject reply-to cc
    bcc""".split()  # noqa: SIM905
)
_ADDRESS = re.compile(r"[^\s@<>(),;:\"\[\]\\]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9.-]{0,250}[A-Za-z0-9])?")

Wrong = tuple[str, str]
"""The field, and what is wrong with it."""


def first_wrong(mail: Any) -> Wrong | None:
    """The first thing that is wrong with a mail, if anything is."""
    if not isinstance(mail, dict):
        return "", "Bad Request"
    return next((wrong for look in _LOOKS for wrong in look(mail)), None)


def _unknown(mail: dict[str, Any]) -> Iterator[Wrong]:
    for name in mail.keys() - KNOWN:
        yield name[:40], "Additional property is not allowed"


def _personalizations(mail: dict[str, Any]) -> Iterator[Wrong]:
    several = mail.get("personalizations")
    if not isinstance(several, list) or not several:
        yield (
            "personalizations",
            "The personalizations field is required and must have at least one personalization.",
        )
        return
    count = 0
    for number, one in enumerate(several):
        where = f"personalizations.{number}"
        if not isinstance(one, dict):
            yield where, "Invalid type. Expected: object"
            return
        yield from _recipients(one, where)
        yield from _arguments(one.get("custom_args", {}), f"{where}.custom_args")
        yield from _headers(one.get("headers", {}), f"{where}.headers")
        count += sum(len(one.get(kind, ())) for kind in ("to", "cc", "bcc"))
    if count > MOST_RECIPIENTS:
        yield "personalizations", "The total number of recipients may not be more than 1000."


def _recipients(one: dict[str, Any], where: str) -> Iterator[Wrong]:
    if not isinstance(one.get("to"), list) or not one["to"]:
        yield (
            f"{where}.to",
            "The to array is required for all personalization objects, and must have at least one email object "
            "with a valid email address.",
        )
        return
    seen: set[str] = set()
    for kind in ("to", "cc", "bcc"):
        for number, person in enumerate(one.get(kind, ())):
            if not is_address(person):
                yield f"{where}.{kind}.{number}.email", "Does not contain a valid address."
                return
            if person["email"].lower() in seen:
                yield where, "Each email address in the personalization block should be unique between to, cc, and bcc."
            seen.add(person["email"].lower())


def _sender(mail: dict[str, Any]) -> Iterator[Wrong]:
    sender = mail.get("from")
    if not isinstance(sender, dict) or "email" not in sender:
        yield (
            "from.email",
            "The from object must be provided for every email send. It is an object that requires the email "
            "parameter, but may also contain a name parameter.",
        )
    elif not is_address(sender):
        yield "from.email", "The from email does not contain a valid address."
    if "reply_to" in mail and not is_address(mail["reply_to"]):
        yield "reply_to.email", "The reply_to email does not contain a valid address."


def _subject(mail: dict[str, Any]) -> Iterator[Wrong]:
    for one in mail["personalizations"]:
        subject = one.get("subject", mail.get("subject"))
        if not mail.get("template_id") and (not isinstance(subject, str) or not subject):
            yield (
                "subject",
                "The subject is required. You can get around this requirement if you use a template with a subject "
                "defined or if every personalization has a subject defined.",
            )
        elif isinstance(subject, str) and ("\n" in subject or "\r" in subject):
            yield "subject", "The subject may not contain line breaks."


def _content(mail: dict[str, Any]) -> Iterator[Wrong]:
    parts = mail.get("content")
    if mail.get("template_id"):
        return
    if not isinstance(parts, list) or not parts:
        yield (
            "content",
            "Unless a valid template_id is provided, the content parameter is required. There must be at least one "
            "defined content block.",
        )
        return
    for number, part in enumerate(parts):
        if not isinstance(part, dict) or not isinstance(part.get("type"), str) or "/" not in part["type"]:
            yield f"content.{number}.type", "The content type must be a string at least one character in length."
        elif not isinstance(part.get("value"), str) or not part["value"]:
            yield f"content.{number}.value", "The content value must be a string at least one character in length."
    kinds = [part.get("type") for part in parts if isinstance(part, dict)]
    if "text/plain" in kinds[1:] or ("text/html" in kinds[1:] and kinds[0] != "text/plain"):
        yield "content", "If present, text/plain must be first, followed by text/html, followed by any other content."


def _rest(mail: dict[str, Any]) -> Iterator[Wrong]:
    yield from _arguments(mail.get("custom_args", {}), "custom_args")
    yield from _headers(mail.get("headers", {}), "headers")
    categories = mail.get("categories", [])
    if not isinstance(categories, list) or len(categories) > 10 or any(not isinstance(c, str) for c in categories):
        yield "categories", "The categories param must be an array of at most 10 strings."


def _arguments(given: Any, where: str) -> Iterator[Wrong]:
    if not isinstance(given, dict) or not all(isinstance(value, str) for value in given.values()):
        yield where, "Invalid type. Expected: string"
    elif sum(len(name.encode()) + len(value.encode()) for name, value in given.items()) > MOST_CUSTOM_ARGUMENTS:
        yield where, "The custom_args may not be larger than 10000 bytes."


def _headers(given: Any, where: str) -> Iterator[Wrong]:
    if not isinstance(given, dict) or not all(isinstance(value, str) for value in given.values()):
        yield where, "Invalid type. Expected: string"
        return
    for name, value in given.items():
        if name.lower() in RESERVED_HEADERS:
            yield f"{where}.{name}"[:60], "The header is reserved and may not be set."
        elif not (name + value).isascii() or any(mark in name + value for mark in "\r\n\0"):
            yield f"{where}"[:60], "Headers may only contain ASCII characters without line breaks."


def is_address(person: Any) -> bool:
    """Whether this is an email object with an address."""
    email = person.get("email") if isinstance(person, dict) else None
    return isinstance(email, str) and bool(_ADDRESS.fullmatch(email)) and ".." not in email


_LOOKS: tuple[Callable[[dict[str, Any]], Iterator[Wrong]], ...] = (
    _unknown, _personalizations, _sender, _subject, _content, _rest,
)  # fmt: skip
