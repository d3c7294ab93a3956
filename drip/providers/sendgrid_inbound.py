"""A mail that SendGrid's Inbound Parse passes on, whole or taken apart.

https://www.twilio.com/docs/sendgrid/for-developers/parsing-email/setting-up-the-inbound-parse-webhook
"""

import json
import re
from base64 import encodebytes
from contextlib import suppress
from typing import TYPE_CHECKING

from python_multipart import MultipartParser
from python_multipart.exceptions import FormParserError
from python_multipart.multipart import parse_options_header

from drip.core.news import News
from drip.providers.inbound_mail import MOST_BYTES, read_inbound

if TYPE_CHECKING:
    from python_multipart.multipart import MultipartCallbacks

_WANTED = frozenset({"email", "headers", "from", "subject", "text", "html", "charsets"})
_MOST_WORDS, _MOST_HEADERS = 500_000, 100_000
_HEADER_NAME = re.compile(rb"[!-9;-~]{1,100}")
_CHARSET = re.compile(r"[A-Za-z0-9_-]{1,40}")
_REPORT = re.compile(rb"content-type:\s*multipart/report\b", re.IGNORECASE)


def read_parsed(content_type: str, body: bytes, *, provider: str) -> News:
    """What the mail tells us; nothing where the post cannot be read."""
    form = _Form()
    with suppress(FormParserError):  # what came before the mistake still counts
        _, options = parse_options_header(content_type)
        MultipartParser(options.get(b"boundary", b""), form.callbacks()).write(body)
    mail = form.field("email") or _put_together(form)
    # Anybody can write a mail that looks like a bounce; SendGrid tells of the real ones by its events.
    return News(replies=read_inbound(mail, provider=provider).replies if mail else ())


class _Form:
    """The fields that we want, each up to a size; attachments are passed over and never kept."""

    def __init__(self) -> None:
        self._fields: dict[str, bytearray] = {}
        self._name, self._value = bytearray(), bytearray()
        self._into: bytearray | None = None

    def field(self, name: str) -> bytes:
        return bytes(self._fields.get(name, b""))

    def callbacks(self) -> "MultipartCallbacks":
        return {
            "on_part_begin": self._begin_part,
            "on_header_field": lambda data, start, end: self._name.extend(data[start:end]),
            "on_header_value": lambda data, start, end: self._value.extend(data[start:end]),
            "on_header_end": self._end_header,
            "on_part_data": self._take,
        }

    def _begin_part(self) -> None:
        self._into = None

    def _end_header(self) -> None:
        if self._name.lower() == b"content-disposition":
            _, options = parse_options_header(bytes(self._value))
            name = options.get(b"name", b"").decode("latin-1")
            if name in _WANTED and name not in self._fields:
                self._into = self._fields.setdefault(name, bytearray())
        self._name.clear()
        self._value.clear()

    def _take(self, data: bytes, start: int, end: int) -> None:
        if self._into is not None:
            self._into += data[start : min(end, start + MOST_BYTES - len(self._into))]


def _put_together(form: _Form) -> bytes:
    """The mail again, as far as it can be had from its parts; empty for a bounce, whose parts are not among them."""
    headers = form.field("headers")[:_MOST_HEADERS]
    if _REPORT.search(headers):
        return b""
    kept = _headers(headers)
    for name in ("from", "subject"):
        if not any(line.lower().startswith(f"{name}:".encode()) for line in kept) and form.field(name):
            kept.append(f"{name}: ".encode() + b" ".join(form.field(name)[:_MOST_HEADERS].split()))
    if not kept:
        return b""
    kind = "text" if form.field("text").strip() or not form.field("html") else "html"
    kept += [
        b"MIME-Version: 1.0",
        f"Content-Type: text/{'plain' if kind == 'text' else kind}; charset={_charset(form, kind)}".encode(),
        b"Content-Transfer-Encoding: base64",  # in some alphabets a line end is half of another letter
    ]
    return b"\n".join([*kept, b"", encodebytes(form.field(kind)[:_MOST_WORDS])])


def _headers(told: bytes) -> list[bytes]:
    """The mail's own headers, but those that say how its parts were put together."""
    kept: list[bytes] = []
    is_kept = False
    for line in told.replace(b"\r\n", b"\n").replace(b"\r", b"\n").split(b"\n"):
        if not line.startswith((b" ", b"\t")):
            name, colon, _ = line.partition(b":")
            lower = name.lower()
            is_shape = lower.startswith(b"content-") or lower == b"mime-version"
            is_kept = bool(colon and _HEADER_NAME.fullmatch(name)) and not is_shape
        if is_kept and line.strip():
            kept.append(line)
    return kept


def _charset(form: _Form, kind: str) -> str:
    with suppress(ValueError, RecursionError):
        told = json.loads(form.field("charsets"))
        charset = told.get(kind) if isinstance(told, dict) else None
        if isinstance(charset, str) and _CHARSET.fullmatch(charset):
            return charset
    return "utf-8"
