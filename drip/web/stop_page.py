"""The page behind the link in every message: stop, and take that back. Looking at it never changes anything.

Mail programs and scanners follow links before people do, so that only a POST acts; the one that a mail program's own
"unsubscribe" button makes (RFC 8058) acts at once.
"""

import base64
import hashlib
import logging
from collections.abc import Callable
from datetime import datetime
from enum import Enum
from functools import cache
from html import escape
from pathlib import Path
from string import Template

from fastapi import APIRouter
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.types import Message

from drip.app import App
from drip.content.context import national
from drip.core.clinic import Clinic
from drip.core.model import Channel
from drip.core.reason import Reason
from drip.flows.stop import stop, undo, why_stopped
from drip.store.links import Link, read_token
from drip.web.limits import FORM_BYTES, read_body

PAGES = Path(__file__).parent / "pages"

ONE_CLICK = b"List-Unsubscribe=One-Click"

NOBODY = Link(patient_id="0" * 32, contact_id="0" * 40, channel=Channel.EMAIL)
"""Looked up for a link that cannot be read, so that it takes as long as another."""

WORDS = {Channel.EMAIL: ("emails", "email address"), Channel.SMS: ("texts", "phone number")}

log = logging.getLogger("drip.web")


class Wish(Enum):
    """What a POST asks for."""

    STOP = "stop"
    UNDO = "undo"


def stop_routes(app: App, now: Callable[[], datetime]) -> APIRouter:
    """`/p/{token}`. Answers 200 to any token, and with the same page to all that are not ours."""
    routes = APIRouter()

    # With `path`, a slash in a broken token is like any other wrong letter.
    @routes.head("/p/{token:path}", include_in_schema=False)
    @routes.get("/p/{token:path}", summary="A patient's page: what stopping means")
    def look(token: str) -> Response:
        return _turn(app, token, None, now())

    @routes.post("/p/{token:path}", summary="Stop, also with one click from a mail program; or take it back")
    async def act(request: Request, token: str) -> Response:
        wish = await _wish(request, await read_body(request, FORM_BYTES))
        return await run_in_threadpool(_turn, app, token, wish, now())

    return routes


async def _wish(request: Request, body: bytes) -> Wish | None:
    """What the form says; None for anything that it does not say plainly."""
    if body.strip() == ONE_CLICK:  # some senders forget to say that it is a form
        return Wish.STOP

    async def again() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    try:
        async with Request(request.scope, again).form(max_files=0, max_fields=10, max_part_size=FORM_BYTES) as form:
            if form.get("List-Unsubscribe") == "One-Click":
                return Wish.STOP
            action = form.get("action")
            return next((wish for wish in Wish if wish.value == action), None)
    except Exception:  # the parsers have many ways to say that it is no form
        return None


def _turn(app: App, token: str, wish: Wish | None, now: datetime) -> Response:
    """Do what is wished, and show how things are then."""
    link = read_token(app.store.vault, token)
    try:
        if link is None:
            why_stopped(app, NOBODY)
            return _page(app.clinic, "unreadable", Channel.EMAIL)
        if wish is Wish.STOP:
            stop(app, link, now)
        elif wish is Wish.UNDO:
            undo(app, link, now)
        return _page(app.clinic, _shown(why_stopped(app, link)), link.channel)
    except Exception as problem:
        log.error("a patient's page could not do its work: %s", type(problem).__name__)
        page = _page(app.clinic, "away", link.channel if link else Channel.EMAIL)
        page.status_code = 503
        page.headers["retry-after"] = "60"
        return page


def _shown(why: Reason | None) -> str:
    if why is None:
        return "open"
    return "stopped" if why is Reason.SUPPRESSED_BY_PATIENT else "closed"


def _page(clinic: Clinic, name: str, channel: Channel) -> Response:
    messages, place = WORDS[channel]
    values = {"clinic": escape(clinic.name), "call": _call(clinic), "messages": messages, "place": place}
    main = _template(name).substitute(values)
    page = _template("page").substitute(values | {"style": _style(), "main": main})
    return HTMLResponse(page, headers={"content-security-policy": _policy()})


def _call(clinic: Clinic) -> str:
    """How to reach a person."""
    if clinic.phone:
        shown = escape(national(clinic.phone, clinic.country))
        return f'<a href="tel:{escape(clinic.phone)}">{shown}</a>'
    return f'<a href="mailto:{escape(clinic.email)}">{escape(clinic.email)}</a>'


@cache
def _template(name: str) -> Template:
    return Template((PAGES / f"{name}.html").read_text(encoding="utf-8"))


@cache
def _style() -> str:
    return (PAGES / "page.css").read_text(encoding="utf-8")


@cache
def _policy() -> str:
    """Nothing runs and nothing is fetched: only our own style, which is recognised by its hash."""
    told = base64.b64encode(hashlib.sha256(_style().encode()).digest()).decode()
    return f"default-src 'none'; style-src 'sha256-{told}'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
