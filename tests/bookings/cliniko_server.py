"""A server on this machine that answers as Cliniko does, from a small practice of its own, and can be made to fail."""

import json
import re
from base64 import b64decode
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from drip.bookings.cliniko import Cliniko
from drip.bookings.cliniko_api import Account
from drip.bookings.parsed import Outcome, Parsed, Rejected
from drip.bookings.source import Page, SourceAway
from drip.core.clinic import Clinic
from tests.providers.loopback import Asked as Question
from tests.providers.loopback import Loopback, Misdeed, http

Record = dict[str, Any]
Fault = bytes | Misdeed
Changed = Callable[[Record], Record]

KEY = "TmV2ZXItYS1yZWFsLWtleQ-uk1"
CONTACT = "it@example.org"

LISTS = {
    "patients": "patients",
    "individual_appointments": "individual_appointments",
    "group_appointments": "group_appointments",
    "attendees": "attendees",
    "appointment_types": "appointment_types",
    "businesses": "businesses",
    "practitioners": "practitioners",
}
COMMON = {"id", "created_at", "updated_at"}
SEARCHABLE = {
    "patients": COMMON | {"email", "first_name", "last_name"},
    "patients/deleted": {"id", "deleted_at"},
    "individual_appointments": COMMON | {"starts_at", "ends_at", "cancelled_at", "archived_at", "patient_id"},
    "group_appointments": COMMON | {"starts_at", "ends_at", "archived_at"},
    "attendees": COMMON | {"booking_id", "patient_id"},
}
"""As documented, and as `GET /patients/deleted?q[]=updated_at:>...` is answered: 400."""

_FILTER = re.compile(r"(\w+):(>=|<=|>|<|=)(.*)")
_STATES = ("cancelled", "deleted", "archived")


class ClinikoServer:
    """One practice. What is in `tables` is what the next question is answered from."""

    def __init__(self) -> None:
        self.tables: dict[str, dict[str, Record]] = {name: {} for name in LISTS}
        self.faults: dict[str, list[Fault]] = {}
        """By the path below `/v1/`: what is answered next instead, once each."""
        self.changes: dict[str, Changed] = {}
        """By path: what an answer is turned into before it is sent."""
        self.searchable = {**SEARCHABLE}
        self.loopback = Loopback(self._answer)
        self.base = f"{self.loopback.url}/v1"

    def close(self) -> None:
        self.loopback.close()

    @property
    def questions(self) -> list[str]:
        """Below `/v1/`, decoded, in the order asked."""
        told = [urlsplit(asked.target) for asked in self.loopback.asked]
        return [
            "?".join(filter(None, (one.path[4:], "&".join("=".join(q) for q in parse_qsl(one.query))))) for one in told
        ]

    def asked_of(self, path: str) -> list[str]:
        return [one for one in self.questions if one.split("?")[0] == path]

    @staticmethod
    def answered(told: object, status: int = 200, **headers: str) -> bytes:
        """For `faults`."""
        return http(status, json.dumps(told), **headers)

    def link(self, path: str) -> Record:
        return {"links": {"self": f"{self.base}/{path}"}}

    # What happens at the practice.

    def type(self, ref: str, name: str) -> Record:
        record = {"id": ref, "name": name, "duration_in_minutes": 45, **self.link(f"appointment_types/{ref}")}
        return self._put("appointment_types", record)

    def business(self, ref: str, name: str, **more: object) -> Record:
        record = {"id": ref, "business_name": name, "display_name": None, **self.link(f"businesses/{ref}"), **more}
        return self._put("businesses", record)

    def practitioner(self, ref: str, label: str) -> Record:
        return self._put("practitioners", {"id": ref, "label": label, "designation": "Physiotherapist"})

    def patient(self, ref: str = "7001", updated_at: str = "2026-03-01T09:00:00Z", **unusual: object) -> Record:
        record = {
            "id": ref,
            "created_at": "2026-01-05T10:00:00Z",
            "updated_at": updated_at,
            "first_name": "Amina",
            "preferred_first_name": None,
            "last_name": "Shah",
            "email": "amina@example.org",
            "patient_phone_numbers": [{"phone_type": "Mobile", "number": "07700 900123"}],
            "date_of_birth": "1979-03-02",
            "time_zone": "Europe/London",
            "reminder_type": "SMS & Email",
            "accepted_email_marketing": None,
            "accepted_sms_marketing": None,
            "accepted_privacy_policy": True,
            "archived_at": "",
            "deleted_at": "",
            "notes": "",
            **self.link(f"patients/{ref}"),
            **unusual,
        }
        return self._put("patients", record)

    def visit(self, ref: str = "5001", updated_at: str = "2026-03-02T08:15:00Z", **unusual: object) -> Record:
        """`patient`, `business`, `type` and `practitioner` are ids."""
        record = {
            "id": ref,
            "created_at": "2026-03-02T08:15:00Z",
            "updated_at": updated_at,
            "did_not_arrive": False,
            "patient_arrived": False,
            "patient_name": "Amina Shah",
            "notes": None,
            "archived_at": None,
            "cancelled_at": None,
            "deleted_at": None,
            "starts_at": "2026-03-12T10:00:00Z",
            "ends_at": "2026-03-12T10:45:00Z",
            "repeat_rule": {},
            **self.link(f"bookings/{ref}"),
            **self._pointing(patient="7001", type="301", business="101", practitioner="201"),
            **self._pointing(**{name: unusual.pop(name) for name in _POINTERS if name in unusual}),
            **unusual,
        }
        return self._put("individual_appointments", record)

    def group(self, ref: str = "6001", updated_at: str = "2026-03-02T08:15:00Z", **unusual: object) -> Record:
        record = {
            "id": ref,
            "created_at": "2026-03-02T08:15:00Z",
            "updated_at": updated_at,
            "max_attendees": 8,
            "patient_ids": [],
            "deleted_at": None,
            "archived_at": None,
            "starts_at": "2026-03-12T18:00:00Z",
            "ends_at": "2026-03-12T19:00:00Z",
            **self.link(f"group_appointments/{ref}"),
            **self._pointing(type="302", business="101", practitioner="201"),
            **unusual,
        }
        return self._put("group_appointments", record)

    def attendee(self, ref: str = "8001", updated_at: str = "2026-03-02T08:15:00Z", **unusual: object) -> Record:
        """`patient` and `booking` are ids."""
        record = {
            "id": ref,
            "created_at": "2026-03-02T08:15:00Z",
            "updated_at": updated_at,
            "arrived": None,
            "cancelled_at": None,
            "deleted_at": None,
            **self.link(f"attendees/{ref}"),
            **self._pointing(patient="7001", booking="6001"),
            **self._pointing(**{name: unusual.pop(name) for name in _POINTERS if name in unusual}),
            **unusual,
        }
        return self._put("attendees", record)

    def _pointing(self, **ids: object) -> Record:
        """An empty id points to nothing."""
        return {
            _POINTERS[name][0]: self.link(f"{_POINTERS[name][1]}/{ref}") if ref else None for name, ref in ids.items()
        }

    def _put(self, table: str, record: Record) -> Record:
        self.tables[table][str(record["id"])] = record
        return record

    # How it answers.

    def _answer(self, asked: Question) -> bytes | Misdeed:
        address = urlsplit(asked.target)
        path, query = address.path.removeprefix("/v1/"), parse_qsl(address.query)
        if self.faults.get(path):
            return self.faults[path].pop(0)
        if not _knows(asked.headers.get("authorization", "")):
            return http(401, '{"message": "Unauthorized"}')
        if asked.headers.get("user-agent") != f"drip ({CONTACT})":
            return http(403, '{"message": "Who are you?"}')
        table, _, rest = path.partition("/")
        if not address.path.startswith("/v1/") or table not in self.tables:
            return http(404, '{"message": "Not found"}')
        told = self._list(path, query) if rest in ("", *_STATES) else self.tables[table].get(rest)
        if told is None:
            return http(404, '{"message": "Not found"}')
        if isinstance(told, bytes):
            return told
        return http(200, json.dumps(self.changes.get(path, dict)(told)))

    def _list(self, path: str, query: list[tuple[str, str]]) -> Record | bytes:
        table, _, state = path.partition("/")
        rows = [_shown(row, state) for row in self.tables[table].values() if _is(row, table, state)]
        allowed = self.searchable.get(path, self.searchable.get(table, COMMON))
        one = dict(query)
        for _, told in (pair for pair in query if pair[0] in ("q[]", "q")):
            name, operator, value = _FILTER.fullmatch(told).groups()  # type: ignore[union-attr]
            if name not in allowed:
                return http(400, '{"message": "This column is not searchable."}')
            rows = [row for row in rows if _holds(_value(row, name), operator, value)]
        by = one.get("sort", "created_at")
        if "sort" in one and by not in allowed:
            return http(400, '{"message": "This column is not sortable."}')
        rows.sort(key=lambda row: _value(row, by) or "", reverse=one.get("order") == "desc")
        page, size = int(one.get("page", "1")), min(int(one.get("per_page", "50")), 100)
        links = {"self": f"{self.base}/{path}?{urlencode(query)}"}
        if page * size < len(rows):
            rest = [pair for pair in query if pair[0] != "page"]
            links["next"] = f"{self.base}/{path}?{urlencode([*rest, ('page', page + 1)])}"
        return {table: rows[(page - 1) * size : page * size], "total_entries": len(rows), "links": links}


_POINTERS = {
    "patient": ("patient", "patients"),
    "type": ("appointment_type", "appointment_types"),
    "business": ("business", "businesses"),
    "practitioner": ("practitioner", "practitioners"),
    "booking": ("booking", "bookings"),
}


def _knows(header: str) -> bool:
    return header.startswith("Basic ") and b64decode(header[6:]).decode() == f"{KEY}:"


def _is(row: Record, table: str, state: str) -> bool:
    """Deleted before archived before cancelled: a record stands in one list. Archived visits are gone like deleted."""
    is_archived = bool(row.get("archived_at"))
    if row.get("deleted_at") or (is_archived and table != "patients"):
        return state == "deleted"
    if is_archived:
        return state == "archived"
    return state == ("cancelled" if row.get("cancelled_at") else "")


def _shown(row: Record, state: str) -> Record:
    if state == "deleted" and "last_name" in row:
        return {"deleted_at": row["deleted_at"], "links": row["links"]}
    return row


def _value(row: Record, name: str) -> str:
    if name.endswith("_id"):
        return str(row[name.removesuffix("_id")]["links"]["self"]).rsplit("/", 1)[1]
    if name == "id" and "id" not in row:
        return str(row["links"]["self"]).rsplit("/", 1)[1]
    return str(row.get(name) or "")


def _holds(value: str, operator: str, wanted: str) -> bool:
    match operator:
        case ">":
            return value > wanted
        case ">=":
            return value >= wanted
        case "<":
            return value < wanted
        case "<=":
            return value <= wanted
        case _:
            return value in wanted.split(",")


@contextmanager
def a_practice() -> Iterator[ClinikoServer]:
    """With two businesses, two types of appointment, one physiotherapist and nobody booked."""
    server = ClinikoServer()
    try:
        server.business("101", "Harbour Physio Leith")
        server.business("102", "Harbour Physio Boston", display_name="Boston")
        server.type("301", "New Patient")
        server.type("302", "Pilates class")
        server.practitioner("201", "Isla Munro")
        yield server
    finally:
        server.close()


NOW = datetime(2026, 3, 4, 9, 0, tzinfo=UTC)
"""When things are asked, if a test does not say otherwise."""


@contextmanager
def connected(server: ClinikoServer, clinic: Clinic, *, deadline: float = 5.0, key: str = KEY) -> Iterator[Cliniko]:
    """The clinic's Cliniko, talking to this server."""
    source = Cliniko(clinic, Account(key=key, contact=CONTACT, base=server.base), deadline=deadline)
    try:
        yield source
    finally:
        source.close()


class Asked:
    """What one turn of asking came to."""

    def __init__(self, pages: Iterable[Page], cursors: Mapping[str, str]) -> None:
        self.cursors = dict(cursors)
        self.outcomes: list[Outcome] = []
        self.trouble: SourceAway | None = None
        self.through: datetime | None = None
        try:
            for page in pages:
                self.outcomes += page.outcomes
                self.cursors |= page.cursors
                self.through = page.through or self.through
        except SourceAway as trouble:
            self.trouble = trouble

    @property
    def events(self) -> list[Parsed]:
        return [one for one in self.outcomes if isinstance(one, Parsed)]

    @property
    def rejected(self) -> list[Rejected]:
        return [one for one in self.outcomes if isinstance(one, Rejected)]

    def of(self, *kinds: str) -> list[Parsed]:
        return [one for one in self.events if one.event.kind in kinds]

    def told(self) -> list[tuple[str, str]]:
        """Each different event as its kind and whom or what it is about."""
        events = {one.event.key: one for one in self.events}
        return [(one.event.kind.value, one.event.appointment_ref or one.patient_ref) for one in events.values()]


def ask(source: Cliniko, cursors: Mapping[str, str] | None = None, now: datetime = NOW) -> Asked:
    """One turn, whether it ends well or not."""
    return Asked(source.poll(cursors or {}, now), cursors or {})
