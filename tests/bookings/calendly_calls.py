"""What Calendly sends, signed as it signs: shapes of its documented examples, values of our own."""

import hashlib
import hmac
import json
from datetime import datetime
from typing import Any

from drip.bookings.source import Call

KEY = "calendly-test-signing-key"
API = "https://api.calendly.com"


def address(ref: str) -> str:
    """An invitee's address; `event/invitee`."""
    event, invitee = ref.split("/")
    return f"{API}/scheduled_events/{event}/invitees/{invitee}"


def an_invitee(ref: str = "EVTA1/INVA1", **unusual: Any) -> dict[str, Any]:
    """An ordinary booking of Amina's; `scheduled_event__name=...` changes one value, `...` takes the name away."""
    event = f"{API}/scheduled_events/{ref.split('/')[0]}"
    told: dict[str, Any] = {
        "cancel_url": "https://calendly.example.com/cancellations/INVA1",
        "created_at": "2026-06-01T08:00:00.123456Z",
        "email": "Amina@Example.org",
        "event": event,
        "first_name": "Amina",
        "last_name": "Shah",
        "name": "Amina Shah",
        "new_invitee": None,
        "old_invitee": None,
        "questions_and_answers": [{"answer": "My left heel", "position": 0, "question": "What hurts?"}],
        "reschedule_url": "https://calendly.example.com/reschedulings/INVA1",
        "rescheduled": False,
        "status": "active",
        "text_reminder_number": "+44 7700 900123",
        "timezone": "Europe/London",
        "tracking": {"utm_campaign": None},
        "updated_at": "2026-06-01T08:00:00.223456Z",
        "uri": address(ref),
        "scheduled_event": {
            "uri": event,
            "name": "Initial assessment",
            "status": "active",
            "start_time": "2026-06-20T09:00:00.000000Z",
            "end_time": "2026-06-20T09:45:00.000000Z",
            "event_type": f"{API}/event_types/TYPE1",
            "location": {"type": "physical", "location": "1 Quay Street, Bedford", "additional_info": ""},
            "invitees_counter": {"total": 1, "active": 1, "limit": 1},
            "created_at": "2026-06-01T08:00:00.000000Z",
            "updated_at": "2026-06-01T08:00:00.000000Z",
            "event_memberships": [
                {"user": f"{API}/users/USER1", "user_email": "robin@example.org", "user_name": "Robin Reid"}
            ],
            "event_guests": [],
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


def a_call(event: str = "invitee.created", at: str = "2026-06-01T08:00:01.000000Z", **unusual: Any) -> dict[str, Any]:
    """The call about an invitee."""
    payload = unusual.pop("payload", None) or an_invitee(**unusual)
    return {"created_at": at, "created_by": f"{API}/users/USER1", "event": event, "payload": payload}


def signed(told: object, at: datetime, key: str = KEY) -> Call:
    """The call as it arrives, signed at that instant."""
    body = told if isinstance(told, bytes) else json.dumps(told).encode()
    t = int(at.timestamp())
    digest = hmac.new(key.encode(), f"{t}.".encode() + body, hashlib.sha256).hexdigest()
    return Call(headers={"calendly-webhook-signature": f"t={t},v1={digest}"}, body=body)
