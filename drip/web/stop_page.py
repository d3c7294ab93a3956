"""The page behind the link in every message: choose, stop, undo, report a mistake. Looking at it changes nothing.

Mail programs and scanners follow links before people do, so that only a POST acts; the one that a mail program's own
"unsubscribe" button makes (RFC 8058) acts at once.
"""

import logging
from collections.abc import Callable
from datetime import datetime
from typing import TypeVar

from fastapi import APIRouter
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from drip.app import App
from drip.core.model import Channel
from drip.core.reason import Reason
from drip.flows.choose import Offer, TooOften, choose, offer
from drip.flows.complain import complain, may_complain
from drip.flows.stop import stop, undo, why_stopped
from drip.store.links import Link, read_token
from drip.web.limits import read_body
from drip.web.patient_form import LARGEST, NOTHING, Asked, Wish, read_asked
from drip.web.patient_page import shown

NOBODY = Link(patient_id="0" * 32, contact_id="0" * 40, channel=Channel.EMAIL)
"""Looked up for a link that cannot be read, so that it takes as long as another."""

Shown = TypeVar("Shown")

log = logging.getLogger("drip.web")


def stop_routes(app: App, now: Callable[[], datetime]) -> APIRouter:
    """`/p/{token}`. Answers 200 to any token, and with the same page to all that are not ours."""
    routes = APIRouter()

    # With `path`, a slash in a broken token is like any other wrong letter.
    @routes.head("/p/{token:path}", include_in_schema=False)
    @routes.get("/p/{token:path}", summary="A patient's page: what is sent, and how to choose or stop")
    def look(token: str) -> Response:
        return _turn(app, token, NOTHING, now())

    @routes.post("/p/{token:path}", summary="Choose; stop, also with one click from a mail program; or take it back")
    async def act(request: Request, token: str) -> Response:
        asked = await read_asked(request, await read_body(request, LARGEST))
        return await run_in_threadpool(_turn, app, token, asked, now())

    return routes


def _turn(app: App, token: str, asked: Asked, now: datetime) -> Response:
    """Do what is wished, and show how things are then."""
    link = read_token(app.store.vault, token)
    try:
        if link is None:
            why_stopped(app, NOBODY)
            offer(app, NOBODY)
            may_complain(app, NOBODY)
            return shown(app.clinic, "unreadable", Channel.EMAIL)
        return _shown(app, link, asked, _done(app, link, asked, now))
    except Exception as problem:
        log.error("a patient's page could not do its work: %s", type(problem).__name__)
        page = shown(app.clinic, "away", link.channel if link else Channel.EMAIL)
        page.status_code = 503
        page.headers["retry-after"] = "60"
        return page


def _done(app: App, link: Link, asked: Asked, now: datetime) -> str:
    """Do what is wished. Answers what of it is said on the page."""
    match asked.wish:
        case Wish.STOP:
            stop(app, link, now)
        case Wish.UNDO:
            undo(app, link, now)
        case Wish.CHOOSE:
            return _chosen(app, link, asked, now)
        case Wish.COMPLAIN:
            return f"complaint-{complain(app, link, asked.one('words'), now).value}"
    return ""


def _chosen(app: App, link: Link, asked: Asked, now: datetime) -> str:
    try:
        return "saved" if choose(app, link, asked.choice, now) else "not-yours"
    except TooOften:
        return "too-often"


def _shown(app: App, link: Link, asked: Asked, said: str) -> Response:
    """How things are now. What somebody wrote and we could not take stands where they wrote it."""
    why, offered = why_stopped(app, link), _offer(app, link)
    name = "open" if why is None else "stopped" if why is Reason.SUPPRESSED_BY_PATIENT else "closed"
    is_lost = said in ("complaint-too-long", "complaint-too-many")
    values: dict[str, object] = {"said": said, "offer": offered, "wrote": asked.one("words") if is_lost else ""}
    values |= {"may_complain": _may_complain(app, link)}
    return shown(app.clinic, name, link.channel, values, offered.language if offered else None)


def _offer(app: App, link: Link) -> Offer | None:
    """Stopping must be shown to have worked, whatever is wrong with the rest of a record."""
    return _if_readable(lambda: offer(app, link))


def _may_complain(app: App, link: Link) -> bool:
    return _if_readable(lambda: may_complain(app, link)) or False


def _if_readable(look: Callable[[], Shown]) -> Shown | None:
    try:
        return look()
    except Exception as problem:
        log.error("a patient's record could not be read for their page: %s", type(problem).__name__)
        return None
