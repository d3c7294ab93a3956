"""All routes on one list."""

from collections.abc import Callable
from datetime import datetime

from fastapi import FastAPI

from drip import __version__, clock
from drip.app import App
from drip.web.bookings import Calls, ShortCut, booking_routes
from drip.web.callbacks import callback_routes
from drip.web.console.routes import console
from drip.web.front_page import front_routes
from drip.web.headers import Guard
from drip.web.health import health_routes
from drip.web.stop_page import stop_routes
from drip.web.view_page import view_routes

DESCRIPTION = """
What a clinic's own systems, its booking system and its providers call, and the pages that patients reach by a link.

**Bookings** are told in drip's own words at `/booking/generic`, or by a booking system's own webhook. Every call is
signed; nothing in it is believed before that was checked. A call that is answered with 202 is stored, and will be
acted upon at the worker's next tick. A call that is answered with 503 was not stored, not even in part: say it again.
"""


def make_app(app: App, *, now: Callable[[], datetime] = clock.now) -> FastAPI:
    """The web of a clinic."""
    web = FastAPI(
        title="drip",
        version=__version__,
        description=DESCRIPTION.strip(),
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,  # they would be built from the Host header, and turn a POST into a GET
        telemetry={"tracing": False, "metrics": False, "logs": False},  # traces would hold patients' links
    )
    calls = Calls(app, now)
    parts = (health_routes(app, now), callback_routes(app, now), booking_routes(calls), stop_routes(app, now))
    for routes in (*parts, view_routes(app), front_routes(app), console(app, now).routes):
        web.include_router(routes)
    web.add_middleware(ShortCut, calls=calls)
    web.add_middleware(Guard)
    return web
