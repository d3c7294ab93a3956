"""All of the console's pages, on one list."""

from collections.abc import Callable
from datetime import datetime

from fastapi import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from drip.app import App
from drip.web.console import (
    calendar,
    draft_page,
    draft_preview,
    form,
    form_step,
    form_steps,
    form_whole,
    me,
    new_sequence,
    outgoing,
    pages,
    patients,
    people,
    reports,
    resuming,
    sequence,
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
    new_sequence,
    sequence,
    calendar,
    draft_page,
    draft_preview,
    form,
    form_step,
    form_steps,
    form_whole,
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
        named = request.path_params["digest"], request.path_params["name"]
        found = pages.static(*named, request.headers.get("accept-encoding", ""))
        if found is None:
            raise HTTPException(404, "there is no such file")
        return found

    door.open("GET", "/console/static/{digest}/{name}", static)
    for part in PARTS:
        part.add_to(door)
    return door
