"""All of the console's pages, on one list."""

from collections.abc import Callable
from datetime import datetime

from fastapi import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from drip.app import App
from drip.web.console import (
    by_hand,
    calendar,
    draft_page,
    draft_preview,
    failed,
    form,
    form_step,
    form_steps,
    form_whole,
    held,
    new_sequence,
    pages,
    patients,
    people,
    replies,
    sequence,
    sequences,
    signing_in,
    task_forms,
    tasks,
    today,
)
from drip.web.console.door import Door


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
    parts = (signing_in, today, tasks, patients, sequences, new_sequence, sequence, calendar, people)
    writing = (draft_page, draft_preview, form, form_step, form_steps, form_whole)
    at_the_desk = (task_forms, replies, failed, held, by_hand)
    for part in (*parts, *at_the_desk, *writing):
        part.add_to(door)
    return door
