"""Acuity on this machine: appointments by their number, and calls signed as it signs."""

import base64
import hashlib
import hmac
import json
from typing import Any
from urllib.parse import urlencode

from drip.bookings.source import Call
from tests.providers.loopback import Asked, Loopback, Misdeed, http

USER, KEY = "4711", "acuity-test-api-key"


def an_appointment(ref: int = 80001, **unusual: Any) -> dict[str, Any]:
    """An ordinary appointment of Amina's, as Acuity answers it."""
    return {
        "id": ref,
        "firstName": "Amina",
        "lastName": "Shah",
        "phone": "07700 900123",
        "email": "amina@example.org",
        "date": "June 20, 2026",
        "time": "10:00am",
        "endTime": "10:45am",
        "dateCreated": "June 1, 2026",
        "datetime": "2026-06-20T10:00:00+0100",
        "price": "0.00",
        "paid": "no",
        "type": "Initial assessment",
        "appointmentTypeID": 31,
        "addonIDs": [],
        "classID": None,
        "duration": "45",
        "calendar": "Bedford",
        "calendarID": 501,
        "canClientCancel": True,
        "location": "",
        "confirmationPage": "https://acuity.example.com/confirm",
        "formsText": "",
        "notes": "",
        "timezone": "Europe/London",
        "forms": [{"id": 1, "name": "Intake", "values": [{"value": "heel", "name": "What hurts?", "fieldID": 1}]}],
        "labels": [],
        "canceled": False,
        "noShow": False,
        **unusual,
    }


class AcuityServer:
    """Answers what a test puts in `appointments`, to whoever has the key."""

    def __init__(self) -> None:
        self.appointments: dict[str, object] = {}
        self.instead: bytes | Misdeed | None = None
        """What it answers, whatever it is asked."""
        self._server = Loopback(self._answer)
        self.base = f"{self._server.url}/api/v1"

    @property
    def asked(self) -> list[Asked]:
        return self._server.asked

    def close(self) -> None:
        self._server.close()

    def put(self, appointment: dict[str, Any]) -> None:
        self.appointments[str(appointment["id"])] = appointment

    def _answer(self, asked: Asked) -> bytes | Misdeed:
        if self.instead is not None:
            return self.instead
        login = "Basic " + base64.b64encode(f"{USER}:{KEY}".encode()).decode()
        if asked.headers.get("authorization") != login:
            return http(401, '{"status_code":401,"message":"Unauthorized","error":"unauthorized"}')
        prefix, _, ref = asked.target.rpartition("/")
        if asked.method != "GET" or prefix != "/api/v1/appointments" or ref not in self.appointments:
            return http(404, '{"status_code":404,"message":"Not found","error":"not_found"}')
        return http(200, json.dumps(self.appointments[ref]), content_type="application/json")


def signed(told: bytes | dict[str, object], key: str = KEY) -> Call:
    """A call as it arrives."""
    body = told if isinstance(told, bytes) else urlencode(told).encode()
    digest = hmac.new(key.encode(), body, hashlib.sha256).digest()
    return Call(headers={"x-acuity-signature": base64.b64encode(digest).decode()}, body=body)


def a_call(action: str = "scheduled", ref: object = 80001, **unusual: object) -> dict[str, object]:
    """What a call says."""
    return {"action": action, "id": ref, "calendarID": 501, "appointmentTypeID": 31, **unusual}
