"""Semble on this machine: bookings by GraphQL, and calls signed as it signs."""

import hashlib
import hmac
import json
from datetime import datetime
from typing import Any

from drip.bookings.source import Call
from tests.providers.loopback import Asked, Loopback, Misdeed, http

TOKEN, SECRET = "semble-test-token", "semble-test-webhook-secret"
BOOKING, PATIENT = "64b0c0ffee00000000000001", "64b0c0ffee0000000000aaaa"


def a_booking(**unusual: Any) -> dict[str, Any]:
    """An ordinary booking of Amina's, as Semble answers it; `patient__email=...` changes a value, `...` removes it."""
    told: dict[str, Any] = {
        "id": BOOKING,
        "deleted": False,
        "cancellationReason": None,
        "doctorName": "Robin Reid",
        "start": "2026-06-20T09:00:00.000Z",
        "end": "2026-06-20T09:45:00.000Z",
        "patientId": PATIENT,
        "createdAt": "2026-06-01T08:00:00.000Z",
        "updatedAt": "2026-06-01T08:00:00.000Z",
        "bookingJourney": {"arrived": None, "consultation": None, "departed": None, "dna": None},
        "appointment": {"id": "64b0c0ffee0000000000dddd", "title": "Initial assessment"},
        "location": {"id": "64b0c0ffee0000000000eeee", "name": "Bedford"},
        "patient": {
            "id": PATIENT,
            "firstName": "Amina",
            "lastName": "Shah",
            "email": "amina@example.org",
            "dob": "1979-03-02T00:00:00.000Z",
            "phones": [
                {"phoneType": "Home", "phoneNumber": "01632 960123"},
                {"phoneType": "Mobile", "phoneNumber": "07700 900123"},
            ],
            "communicationPreferences": {"receiveEmail": True, "receiveSMS": True, "promotionalMarketing": False},
        },
    }
    for path, value in unusual.items():
        *above, name = path.split("__")
        place = told
        for part in above:
            place = place.setdefault(part, {})
        if value is ...:
            place.pop(name, None)
        else:
            place[name] = value
    return told


class SembleServer:
    """Answers what a test puts in `bookings`, to whoever has the token."""

    def __init__(self) -> None:
        self.bookings: dict[str, dict[str, Any]] = {}
        self.instead: bytes | Misdeed | None = None
        """What it answers, whatever it is asked."""
        self._server = Loopback(self._answer)
        self.base = f"{self._server.url}/graphql"

    @property
    def asked(self) -> list[Asked]:
        return self._server.asked

    def close(self) -> None:
        self._server.close()

    def put(self, booking: dict[str, Any]) -> None:
        self.bookings[booking["id"]] = booking

    def _answer(self, asked: Asked) -> bytes | Misdeed:
        if self.instead is not None:
            return self.instead
        if asked.headers.get("x-token") != TOKEN:
            return http(401, an_error("Missing token.", "UNAUTHENTICATED"))
        question = json.loads(asked.body)
        if (asked.method, asked.target) != ("POST", "/graphql") or "booking(id: $id)" not in question["query"]:
            return http(400, an_error("Cannot query that", "GRAPHQL_VALIDATION_FAILED"))
        return http(200, an_answer(self.bookings.get(question["variables"]["id"])), content_type="application/json")


def an_answer(booking: object, **more: object) -> str:
    """The whole answer to a question about one booking."""
    return json.dumps({"data": {"booking": booking}, **more})


def an_error(message: str, code: str | None = None, **more: object) -> str:
    """An answer that says what is wrong, as GraphQL does: with HTTP 200, mostly."""
    error = {"message": message, **({"extensions": {"code": code}} if code else {})}
    return json.dumps({"errors": [error], **more})


def a_call(name: str = "booking.created", key: str = "64b0c0ffee0000000000ffff", **unusual: Any) -> dict[str, Any]:
    """What a call says."""
    identifiers = {"bookingId": BOOKING, "patientId": PATIENT, "doctorId": "64b0c0ffee0000000000bbbb"}
    told = {"subscriptionId": "64b0c0ffee0000000000cccc", "eventId": key, "eventType": name, "identifiers": identifiers}
    return {**told, **unusual}


def signed(told: object, at: datetime, secret: str = SECRET) -> Call:
    """The call as it arrives, signed at that instant."""
    body = told if isinstance(told, bytes) else json.dumps(told).encode()
    t = int(at.timestamp())
    digest = hmac.new(secret.encode(), f"{t}.".encode() + body, hashlib.sha256).hexdigest()
    return Call(headers={"x-webhook-signature": f"t={t},v1={digest}", "x-webhook-timestamp": str(t)}, body=body)
