"""What providers call: receipts and replies. Believed only by the provider's own check, stored before the answer."""

import logging
from collections.abc import Callable
from datetime import datetime

from fastapi import APIRouter, HTTPException
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from drip.app import App
from drip.core.news import Callback, News
from drip.flows import receive
from drip.flows.news_spool import CannotKeep, put_aside_news
from drip.providers.provider import Provider
from drip.web.limits import Seldom, read_body

AGAIN_AFTER = "60"
"""Seconds, for a provider that is asked to say it again."""

log = logging.getLogger("drip.web")


def callback_routes(app: App, now: Callable[[], datetime]) -> APIRouter:
    """`POST /webhooks/{provider}/{what}` for each provider that is in use."""
    routes = APIRouter()
    seldom = Seldom()
    providers = {provider.name: provider for provider in app.each_provider}

    @routes.post("/webhooks/{provider}/{what:path}", summary="A receipt or a reply, signed by the provider")
    async def take_callback(request: Request, provider: str, what: str) -> Response:
        known = providers.get(provider)
        if known is None:
            raise HTTPException(404, "no such provider here")
        callback = Callback(
            what=what,
            url=_called(request, app.public_url),
            headers=headers_of(request),
            body=await read_body(request, known.ability.largest_callback),
        )
        return await run_in_threadpool(_answer, app, known, callback, now(), seldom)

    return routes


def _called(request: Request, public_url: str) -> str:
    """The address that was signed: our public one, never what the caller's headers claim; the rest letter by letter."""
    path: str = request.scope["raw_path"].decode("latin-1")
    query: str = request.scope["query_string"].decode("latin-1")
    return public_url.rstrip("/") + path + (f"?{query}" if query else "")


def headers_of(request: Request) -> dict[str, str]:
    """A header that came twice is neither of the two: no signature of that kind is right."""
    headers: dict[str, str] = {}
    for name, value in request.headers.items():
        headers[name] = f"{headers[name]}, {value}" if name in headers else value
    return headers


def _answer(app: App, provider: Provider, callback: Callback, now: datetime, seldom: Seldom) -> Response:
    """Check, store, answer. Stored is in the database, or sealed on the disk until it is back."""
    news = _heard(provider, callback, seldom)
    if news is None:
        return Response("not from this provider\n", 403, media_type="text/plain")
    try:
        receive.take_news(app, news, now)
    except Exception as problem:  # whatever it is: the news is real, and may never be told again
        if not _is_put_aside(app, provider, news, now, type(problem).__name__):
            return Response("not now\n", 503, {"retry-after": AGAIN_AFTER}, media_type="text/plain")
    return Response(news.answer, 200, media_type=news.answer_type)


def _heard(provider: Provider, callback: Callback, seldom: Seldom) -> News | None:
    try:
        news = provider.hear(callback)
        why = "not signed by it" if news is None else ""
    except Exception as problem:  # it promised not to; a forger must not see the difference
        news, why = None, type(problem).__name__
    if news is None and (missed := seldom.may_log(provider.name)) is not None:
        log.warning("a callback for %s was refused (%s); %d more since the last line", provider.name, why, missed)
    return news


def _is_put_aside(app: App, provider: Provider, news: News, now: datetime, why: str) -> bool:
    try:
        put_aside_news(app, news, now)
    except CannotKeep:
        log.error("news from %s could neither be stored (%s) nor put aside", provider.name, why)
        return False
    log.warning("news from %s could not be stored (%s): put aside until the next tick", provider.name, why)
    return True
