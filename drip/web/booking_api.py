"""What `/booking/...` says of itself in `/openapi.json`: what it takes, and every answer."""

from collections.abc import Callable, Coroutine
from typing import Any

from fastapi.routing import APIRoute
from pydantic import BaseModel, Field
from starlette.requests import Request
from starlette.responses import Response

from drip.bookings.event_schema import event_schema
from drip.bookings.generic_webhook import MOST_BYTES, MOST_EVENTS


class Accepted(BaseModel):
    """Stored. Whoever it concerns is enrolled at the next tick, within seconds."""

    accepted: int = Field(description="Events that were new.")
    duplicates: int = Field(description="Events whose `event_id` was known already; they change nothing.")


class WrongEvent(BaseModel):
    """One thing that is wrong with one event. Never repeats what was sent about a person."""

    index: int = Field(description="Where the event stands in the list, from 0.")
    path: str = Field(description="`patient.ref`; empty when it is about the whole event or call.")
    message: str = Field(description="What to mend.")


class Wrong(BaseModel):
    """Something is wrong, and nothing of the call was stored: mend it and send the whole call again."""

    errors: list[WrongEvent] = Field(description="At most ten of an event and a hundred of a call.")


class Problem(BaseModel):
    """Why not."""

    detail: str


class Plain(APIRoute):
    """A route whose function takes the request as it is: what would be injected costs more than all the rest."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The function itself."""
        function: Callable[..., Coroutine[Any, Any, Response]] = self.endpoint

        async def call(request: Request) -> Response:
            return await function(request)

        return call


def _problem(description: str, **more: Any) -> dict[str, Any]:
    return {"model": Problem, "description": description, **more}


_AGAIN = {"retry-after": {"description": "Seconds.", "required": True, "schema": {"type": "string"}}}

_ANSWERS: dict[int | str, dict[str, Any]] = {
    202: {"model": Accepted, "description": "Stored."},
    401: _problem("Not signed as it should be, or too long ago. Nothing was read."),
    404: _problem("This booking system is not connected: its secret is not set."),
    408: _problem("The body did not arrive within 20 seconds."),
    413: _problem("Too large."),
    503: _problem("Cannot be stored now, and nothing of it was: say the same again later.", headers=_AGAIN),
}

_SIGNATURE = {
    "name": "Drip-Signature",
    "in": "header",
    "required": True,
    "schema": {"type": "string", "maxLength": 1000},
    "example": "t=1780304400,v1=5257a869e7ecebeda32affa62cdca3fa51cad7e77a0e56ff536d0ce8e108d8bd",
    "description": (
        "`t` is the time of the call in Unix seconds; `v1` is HMAC-SHA256, in hex, of `t`, a full stop and the body's "
        "bytes, under one of the secrets in `DRIP_BOOKING_WEBHOOK_SECRETS`. Five minutes of difference are allowed."
    ),
}

_EVENT = event_schema()
_ONE_OR_MORE = {"anyOf": [_EVENT, {"type": "array", "items": _EVENT, "maxItems": MOST_EVENTS}]}
_EXAMPLE = {
    "event_id": "diary-8812-1",
    "kind": "appointment.booked",
    "occurred_at": "2026-06-01T09:00:00Z",
    "patient": {"ref": "p-1001", "first_name": "Amina", "last_name": "Shah", "phone": "07700 900123"},
    "appointment": {"ref": "a-77", "type": "initial", "starts_at": "2026-06-11T10:00:00+01:00"},
}

GENERIC: dict[str, Any] = {
    "summary": "Booking events, in drip's own words",
    "description": (
        f"One event, or a list of at most {MOST_EVENTS:,}; at most {MOST_BYTES // 1000 // 1000} MB. "
        "All of them are stored, or none. Safe to repeat: an event whose `event_id` is known changes nothing. Any "
        "order of arrival ends in the same plan, by `occurred_at`. What each kind of event must say besides is in "
        "docs/events.md."
    ),
    "operation_id": "take_events",
    "tags": ["bookings"],
    "status_code": 202,
    "responses": {**_ANSWERS, 422: {"model": Wrong, "description": "Something is wrong with an event."}},
    "openapi_extra": {
        "parameters": [_SIGNATURE],
        "requestBody": {
            "required": True,
            "content": {"application/json": {"schema": _ONE_OR_MORE, "example": _EXAMPLE}},
        },
    },
}

_SOURCE = {"name": "source", "in": "path", "required": True, "schema": {"type": "string"}, "example": "calendly"}

ANY: dict[str, Any] = {
    "summary": "A booking system's own webhook",
    "description": (
        "As the system itself sends and signs it. A call that is believed is always taken; what cannot be read in it "
        "becomes a task for staff."
    ),
    "operation_id": "take_call",
    "tags": ["bookings"],
    "status_code": 202,
    "responses": _ANSWERS,
    "openapi_extra": {
        "parameters": [_SOURCE],
        "requestBody": {"required": True, "content": {"*/*": {"schema": {}}}},
    },
}
