"""The bare address of a clinic's web: whose it is, and where to go instead. It knows nothing of anybody."""

from functools import cache
from pathlib import Path

from fastapi import APIRouter
from starlette.responses import PlainTextResponse, Response

from drip.app import App
from drip.core.model import Channel
from drip.web.patient_page import shown

ICON = Path(__file__).parent / "console" / "static" / "icon.svg"

ROBOTS = "User-agent: *\nDisallow: /\n"
"""No page here is for search engines, patients' least of all."""


def front_routes(app: App) -> APIRouter:
    """`GET /`, and what browsers and search engines ask for by themselves."""
    routes = APIRouter()

    @routes.head("/", include_in_schema=False)
    @routes.get("/", summary="Whose this is, for whoever comes without a link")
    def front() -> Response:
        return shown(app.clinic, "front", Channel.EMAIL)

    @routes.get("/robots.txt", include_in_schema=False)
    def robots() -> Response:
        return PlainTextResponse(ROBOTS)

    @routes.get("/favicon.ico", include_in_schema=False)
    def icon() -> Response:
        return Response(_icon(), media_type="image/svg+xml")

    return routes


@cache
def _icon() -> bytes:
    return ICON.read_bytes()
