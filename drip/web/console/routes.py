"""All of the console's pages, on one list."""

from collections.abc import Callable
from datetime import datetime

from fastapi import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from drip.app import App
from drip.core.role import Permission
from drip.web.console import (
    audit,
    calendar,
    draft_page,
    draft_preview,
    enrol,
    enrol_file,
    failed,
    form,
    form_answers,
    form_ask,
    form_said,
    form_step,
    form_steps,
    form_whole,
    held,
    leaving_out,
    letters,
    me,
    message,
    new_sequence,
    not_sent,
    outgoing,
    pages,
    patient,
    patient_deeds,
    patients,
    paused,
    people,
    redating,
    replies,
    reports,
    resuming,
    review,
    sequence,
    sequences,
    settings,
    signing_in,
    task_forms,
    tasks,
    test_send,
    today,
    versions,
    words,
)
from drip.web.console.door import Door
from drip.web.console.visit import Page

# fmt: off
PARTS = (
    signing_in, me, people, audit, settings,
    today, resuming, outgoing, leaving_out, not_sent, reports,
    tasks, task_forms, replies, failed, held, letters,
    patients, paused, enrol, enrol_file, patient, patient_deeds, message, words, redating,
    sequences, new_sequence, sequence, calendar, versions,
    draft_page, draft_preview, form, form_step, form_steps, form_ask, form_answers, form_said, form_whole,
    review, test_send,
)
# fmt: on
"""In the order in which addresses are looked at: one that is written out stands before one with a gap."""


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
    door.page("/console/{rest:path}", Permission.SEE, lambda _: Page(name="unknown", status=404))
    return door
