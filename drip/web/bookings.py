"""What booking systems call: believed only by the source's own check, stored before the answer."""

import logging
import re
from collections.abc import Callable, Mapping
from datetime import datetime
from hashlib import sha256

from fastapi import APIRouter, HTTPException
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from drip.app import App
from drip.bookings.generic_webhook import GenericWebhook
from drip.bookings.parsed import Parsed, Rejected
from drip.bookings.source import Call, Heard, Hears, Source
from drip.flows.hear import Said, take_calls
from drip.flows.take_in import TakenIn
from drip.web.booking_api import ANY, GENERIC, Plain, Wrong, WrongEvent
from drip.web.callbacks import headers_of
from drip.web.intake import Intake
from drip.web.limits import Seldom, read_body

AGAIN_AFTER = "10"
"""Seconds, for a system that is asked to say it again."""

SMALL = 16 * 1024
"""Bytes: reading so little takes less than a thread costs, and others hardly wait."""

MOST_TOLD = 100
"""Faults in one answer: enough to mend a call, however many it has."""

_NAMED = re.compile(r"/booking/[^/]+")

log = logging.getLogger("drip.web")


def booking_routes(calls: "Calls") -> APIRouter:
    """`POST /booking/{source}` for each booking system that is connected and calls us."""
    routes = APIRouter(route_class=Plain)
    routes.post("/booking/generic", **GENERIC)(calls.take)
    routes.post("/booking/{source}", **ANY)(calls.take)
    return routes


class ShortCut:
    """Straight to those routes: calls come by the thousand, and looking for the way costs as much as reading them."""

    def __init__(self, app: ASGIApp, calls: "Calls") -> None:
        self._app, self._calls = app, calls

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Take one call, or pass a request of another kind on."""
        if scope["type"] != "http" or scope["method"] != "POST" or not _NAMED.fullmatch(scope["path"]):
            await self._app(scope, receive, send)
            return
        try:
            answer = await self._calls.take(Request(scope, receive, send))
        except HTTPException as refusal:
            answer = JSONResponse({"detail": refusal.detail}, refusal.status_code, refusal.headers)
        await answer(scope, receive, send)


class Calls:
    """Read, check, hand over to the inbox, answer."""

    def __init__(self, app: App, now: Callable[[], datetime]) -> None:
        self._now = now
        self._sources = _that_hear(app.sources)
        self._intake = Intake(lambda calls: take_calls(app, calls, now()))
        self._seldom = Seldom()

    async def take(self, request: Request) -> Response:
        """The answer to one call. HTTPException when it is none of ours, not signed, or cannot be stored now."""
        name = request.scope["path"].rpartition("/")[2]
        source = self._sources.get(name)
        if source is None:
            raise HTTPException(404, "no such booking system here")
        call = Call(headers=headers_of(request), body=await read_body(request, source.largest_call))
        if len(call.body) <= SMALL:
            heard = self._hear(source, name, call)
        else:
            heard = await run_in_threadpool(self._hear, source, name, call)
        if heard is None:
            raise HTTPException(401, "not signed as it should be")
        return await self._answer(source, _said(name, call, heard))

    def _hear(self, source: Hears, name: str, call: Call) -> Heard | None:
        try:
            heard = source.hear(call, self._now())
            why = "not signed as it should be" if heard is None else ""
        except Exception as problem:  # it promised not to; a forger must not see the difference
            heard, why = None, type(problem).__name__
        if heard is None and (missed := self._seldom.may_log(name)) is not None:
            log.warning("a call for %s was refused (%s); %d more since the last line", name, why, missed)
        return heard

    async def _answer(self, source: Hears, said: Said) -> Response:
        """A system of the clinic's own is told what to mend; to others a no would only mean to say the same again."""
        if said.rejected and isinstance(source, GenericWebhook):
            wrong = Wrong(errors=[_wrong(one) for one in said.rejected[:MOST_TOLD]])
            return Response(wrong.model_dump_json(), 422, media_type="application/json")
        taken = TakenIn(0, 0)
        if said.parsed or said.rejected or said.wanted:
            stored = await self._intake.take(said)
            if stored is None:
                raise HTTPException(503, "not now; say it again", {"retry-after": AGAIN_AFTER})
            taken = stored
        told = f'{{"accepted":{taken.accepted},"duplicates":{taken.duplicates}}}'
        return Response(told, 202, media_type="application/json")


def _that_hear(sources: Mapping[str, Source]) -> dict[str, Hears]:
    return {name: source for name, source in sources.items() if isinstance(source, Hears)}


def _said(name: str, call: Call, heard: Heard) -> Said:
    parsed = [one for one in heard.outcomes if isinstance(one, Parsed)]
    rejected = [one for one in heard.outcomes if isinstance(one, Rejected)]
    digest = sha256(call.body).hexdigest() if rejected else ""
    return Said(source=name, parsed=parsed, rejected=rejected, wanted=heard.wanted, digest=digest)


def _wrong(one: Rejected) -> WrongEvent:
    return WrongEvent(index=one.index, path=one.path, message=one.message)
