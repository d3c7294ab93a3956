"""All routes on one list."""

from collections.abc import Callable
from datetime import datetime

from fastapi import FastAPI

from drip import __version__, clock
from drip.app import App
from drip.web.callbacks import callback_routes
from drip.web.headers import Guard
from drip.web.health import health_routes
from drip.web.stop_page import stop_routes


def make_app(app: App, *, now: Callable[[], datetime] = clock.now) -> FastAPI:
    """The web of a clinic."""
    # No redirects: they would be built from the Host header, and turn a POST into a GET.
    web = FastAPI(title="drip", version=__version__, docs_url=None, redoc_url=None, redirect_slashes=False)
    for routes in (health_routes(app, now), callback_routes(app, now), stop_routes(app, now)):
        web.include_router(routes)
    web.add_middleware(Guard)
    return web
