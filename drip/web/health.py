"""Whether it runs, and whether it works: numbers only, for load balancers and monitoring."""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta

from fastapi import APIRouter
from starlette.responses import JSONResponse, PlainTextResponse, Response

from drip.app import App
from drip.store import records, views

STALE = timedelta(seconds=60)
"""A worker that has not finished a tick for so long is not well."""

log = logging.getLogger("drip.web")


def health_routes(app: App, now: Callable[[], datetime]) -> APIRouter:
    """`GET /healthz` and `GET /readyz`."""
    routes = APIRouter()

    @routes.head("/healthz", include_in_schema=False)
    @routes.get("/healthz", summary="This process answers")
    async def is_alive() -> Response:
        return PlainTextResponse("ok\n")

    @routes.head("/readyz", include_in_schema=False)
    @routes.get("/readyz", summary="The database answers and the worker ticks")
    def is_ready() -> Response:
        return _readiness(app, now())

    return routes


def _readiness(app: App, now: datetime) -> Response:
    try:
        with app.store.read() as tx:
            beat = records.beats(tx).get("tick")
            oldest = views.oldest_due(tx, now)
    except Exception as problem:
        log.warning("not ready: the database does not answer (%s)", type(problem).__name__)
        return JSONResponse({"ready": False, "database": False}, 503)
    ready = beat is not None and now - beat < STALE
    told = {"ready": ready, "database": True, "tick_seconds_ago": _seconds(beat, now)}
    return JSONResponse(told | {"oldest_due_seconds": _seconds(oldest, now)}, 200 if ready else 503)


def _seconds(since: datetime | None, now: datetime) -> int | None:
    return None if since is None else max(0, int((now - since).total_seconds()))
