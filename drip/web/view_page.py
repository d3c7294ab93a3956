"""One message in the browser, as it was sent: for whoever cannot read it well where it arrived. It changes nothing."""

import logging
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from fastapi import APIRouter
from starlette.responses import Response

from drip.app import App
from drip.content.template_dates import spoken_date
from drip.core.model import Channel
from drip.flows.read_again import Sent, read_again
from drip.store.links import ViewLink, read_view_token
from drip.web.patient_page import shown
from drip.web.patient_words import words_in

NOTHING = ViewLink(patient_id="0" * 32, message_id="0" * 32)
"""Looked up for a link that cannot be read, so that it takes as long as another."""

_ADDRESS: Final = re.compile(r"(https?://[^\s<>()\"']+[^\s<>()\"'.,;:!?])")

LONG: Final = 40

log = logging.getLogger("drip.web")


def view_routes(app: App) -> APIRouter:
    """`/m/{token}`. The same page for all tokens that are not ours, and for messages that are not kept any more."""
    routes = APIRouter()

    # With `path`, a slash in a broken token is like any other wrong letter.
    @routes.head("/m/{token:path}", include_in_schema=False)
    @routes.get("/m/{token:path}", summary="A patient's message, as it was sent")
    def look(token: str, size: str = "") -> Response:
        return _page(app, token, size)

    return routes


def _page(app: App, token: str, size: str) -> Response:
    link = read_view_token(app.store.vault, token)
    try:
        sent = read_again(app, link or NOTHING)
    except Exception as problem:
        log.error("a patient's message could not be shown: %s", type(problem).__name__)
        page = shown(app.clinic, "away", Channel.EMAIL)
        page.status_code = 503
        page.headers["retry-after"] = "60"
        return page
    if sent is None:
        return shown(app.clinic, "gone", Channel.EMAIL)
    is_large = size == "large" or (sent.wants_large_print and size != "usual")
    own = tuple(address.rstrip("/") for address in (app.public_url, app.clinic.website) if address)
    values = {"sent": sent, "is_large": is_large, "parts": _parts(sent, own), "day": _day(app, sent)}
    return shown(app.clinic, "message", sent.channel, values, sent.language)


def _day(app: App, sent: Sent) -> str:
    """`Thursday 11 June 2026`, at the clinic, in the page's language."""
    local = sent.accepted_at.astimezone(app.clinic.zone) if sent.accepted_at else None
    return spoken_date(local, words_in(sent.language).language)


@dataclass(frozen=True, slots=True)
class Piece:
    """Some of the words, and where they lead."""

    text: str = field(repr=False)
    address: str = field(default="", repr=False)


def _parts(sent: Sent, own: tuple[str, ...]) -> list[list[Piece]]:
    """Paragraphs. Only addresses of our own become links: a name can look like somebody else's."""
    return [list(_words(one, own)) for one in sent.text.split("\n\n") if one.strip()]


def _words(paragraph: str, own: tuple[str, ...]) -> Iterator[Piece]:
    for piece in _ADDRESS.split(paragraph):
        is_ours = _ADDRESS.fullmatch(piece) and any(piece == one or piece.startswith(one + "/") for one in own)
        if piece:
            yield Piece(_short(piece), piece) if is_ours else Piece(piece)


def _short(address: str) -> str:
    """A token is a line of letters that nobody reads."""
    return address if len(address) <= LONG else f"{address[:LONG]}…"
