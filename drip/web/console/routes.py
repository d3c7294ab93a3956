"""All of the console's pages, on one list."""

from collections.abc import Callable
from datetime import datetime

from fastapi import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from drip.app import App
from drip.web.console import (
    me,
    outgoing,
    pages,
    patients,
    people,
    reports,
    resuming,
    sequences,
    settings,
    signing_in,
    tasks,
    test_send,
    today,
)
from drip.web.console.door import Door

PARTS = (
    signing_in,
    me,
    today,
    resuming,
    tasks,
    patients,
    sequences,
    test_send,
    outgoing,
    reports,
    people,
    settings,
)


def console(app: App, now: Callable[[], datetime]) -> Door:
    """The door to all of them."""
    door = Door(app, now)

    async def static(request: Request) -> Response:
        found = pages.static(request.path_params["digest"], request.path_params["name"])
        if found is None:
            raise HTTPException(404, "there is no such file")
        return found

    door.open("GET", "/console/static/{digest}/{name}", static)
    for part in PARTS:
        part.add_to(door)
    return door
