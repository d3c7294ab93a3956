"""HL7 messages about visits (SIU) and patients (ADT) -> drip's own booking event."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any
from zoneinfo import ZoneInfo

from drip.bookings.hl7_message import Message, Part
from drip.bookings.hl7_patient import contact_of, id_of, patient_of
from drip.bookings.hl7_time import length_of, time_of
from drip.bookings.parsed import Rejected
from drip.core.clinic import Clinic
from drip.core.model import EventKind

FIELDS = {
    "event_id": "MSH-10",
    "occurred_at": "MSH-7",
    "patient.ref": "PID-3",
    "patient.date_of_birth": "PID-7",
    "patient.first_name": "PID-5",
    "patient.last_name": "PID-5",
    "appointment.ref": "SCH-2",
    "appointment.starts_at": "TQ1-7 or AIS-4",
    "appointment.ends_at": "TQ1-8 or AIS-7",
}
"""Where in the message each path of an event comes from."""

_VISITS = {
    "S12": EventKind.BOOKED,
    "S13": EventKind.RESCHEDULED,
    "S14": EventKind.BOOKED,
    "S15": EventKind.CANCELLED,
    "S16": EventKind.CANCELLED,
    "S17": EventKind.CANCELLED,
    "S26": EventKind.NO_SHOW,
}
"""By the trigger in MSH-9. S14 says that something about a visit changed: it is booked, as it now stands."""

_STATUSES = {
    "CANCELLED": EventKind.CANCELLED,
    "CANCELED": EventKind.CANCELLED,
    "DC": EventKind.CANCELLED,
    "DELETED": EventKind.CANCELLED,
    "NOSHOW": EventKind.NO_SHOW,
    "STARTED": EventKind.ATTENDED,
    "COMPLETE": EventKind.ATTENDED,
}
"""Table 0278, in SCH-25: where it says more than the trigger does."""

_NOT_YET = frozenset({"PENDING", "WAITLIST", "BLOCKED"})
"""Nobody comes at that time, or not yet."""

_UPDATES = frozenset({"A08", "A28", "A31", "A40"})
_MERGE = "A40"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """How one clinic's messages are read."""

    clinic: Clinic
    source: str
    authority: str = ""
    """Whose patient numbers to go by; the first one where it is empty."""

    @property
    def zone(self) -> ZoneInfo:
        """The clock of times without an offset, where no site is named."""
        return self.clinic.site(None).zone


def events_of(message: Message, raw: bytes, rules: Rules) -> Iterator[dict[str, Any] | Rejected]:
    """What a message comes to: nothing, when it is about something else; its own event; and a death with it."""
    family, trigger = message.text("MSH", 9, 1), message.text("MSH", 9, 2)
    is_about_patient = family == "ADT" and trigger in _UPDATES
    kind = (
        _kind_of_visit(message, trigger) if family == "SIU" else EventKind.PATIENT_UPDATED if is_about_patient else None
    )
    if kind is None:
        return
    site = _site(message, rules)
    zone = rules.clinic.site(site).zone if site else rules.zone
    at = time_of(message.text("MSH", 7), zone)
    if at is None:
        yield Rejected(0, FIELDS["occurred_at"], "must be a time, to the minute at least, such as 20260601100000+0100.")
        return
    event_id = f"{message.text('MSH', 10)[:100]}:{sha256(raw).hexdigest()[:16]}"
    patient = patient_of(message, rules.authority)
    told: dict[str, Any] = {"event_id": event_id, "occurred_at": at.isoformat(), "patient": patient}
    told |= {name: value for name, value in (("site", site), ("contact", contact_of(message))) if value}
    yield {**told, "kind": kind.value} | ({} if is_about_patient else {"appointment": _visit(message, zone, rules)})
    if _has_died(message):
        yield {**told, "event_id": f"{event_id}:deceased", "kind": EventKind.DECEASED.value}
    if trigger == _MERGE:
        merged = id_of(message.first("MRG"), 1, rules.authority)
        yield {**told, "event_id": f"{event_id}:merged", "kind": EventKind.MERGED.value, "patient": {"ref": merged}}


def _kind_of_visit(message: Message, trigger: str) -> EventKind | None:
    kind, status = _VISITS.get(trigger), message.text("SCH", 25).upper().replace(" ", "").replace("-", "")
    if kind not in (EventKind.BOOKED, EventKind.RESCHEDULED):
        return kind
    return None if status in _NOT_YET else _STATUSES.get(status, kind)


def _has_died(message: Message) -> bool:
    """PID-30 says so; or PID-29 says when, and PID-30 does not deny it."""
    said = message.text("PID", 30).upper()
    return said == "Y" or (said != "N" and message.text("PID", 29)[:4].isdecimal())


def _visit(message: Message, zone: ZoneInfo, rules: Rules) -> dict[str, Any]:
    number, occurrence = message.text("SCH", 2) or message.text("SCH", 1), message.text("SCH", 3)
    visit: dict[str, Any] = {"ref": f"{number}/{occurrence}" if number and occurrence else number}
    if name := _type(message, rules):
        visit["type"] = name
    if who := _practitioner(message):
        visit["practitioner"] = who
    starts_at, ends_at = _times(message, zone)
    if starts_at:
        visit["starts_at"] = starts_at.isoformat()
    if starts_at and ends_at and ends_at > starts_at:
        visit["ends_at"] = ends_at.isoformat()
    return visit


def _present(message: Message, name: str) -> list[Part]:
    """The segments of that name that the message does not take away (their second field says D)."""
    return [segment for segment in message.all(name) if segment.text(2).upper() != "D"]


def _type(message: Message, rules: Rules) -> str:
    """The first code or name that clinic.yaml knows; else the first name, else the first code."""
    schedule, services = message.first("SCH"), _present(message, "AIS")
    coded = [(segment, 3) for segment in services] + ([(schedule, 8), (schedule, 7)] if schedule else [])
    codes = [segment.text(number, 1) for segment, number in coded]
    names = [segment.text(number, 2) for segment, number in coded]
    either = [one for pair in zip(codes, names, strict=True) for one in pair if one]
    types = rules.clinic.appointment_types
    known = {one.casefold() for one in (*types, *types.values())}
    preferred = [name or code for code, name in zip(codes, names, strict=True) if name or code]
    return next((one for one in either if one.casefold() in known), preferred[0] if preferred else "")


def _practitioner(message: Message) -> str:
    """The number of the first person; many older systems write people among the general resources."""
    people = [segment.text(3, 1) or segment.text(3, 2) for segment in _present(message, "AIP")]
    return next(filter(None, [*people, *(segment.text(3, 1) for segment in _present(message, "AIG"))]), "")


_RESOURCES = (("AIS", 4, 7), ("AIP", 6, 9), ("AIL", 6, 9), ("AIG", 8, 11))
"""Where each kind of resource says when it begins and how long it is needed; the unit stands behind that."""


def _times(message: Message, zone: ZoneInfo) -> tuple[datetime | None, datetime | None]:
    """When the visit is, by the place that says it most plainly; when it ends, if that is said anywhere."""
    length = length_of(message.text("SCH", 9), message.text("SCH", 10))
    for starts_at, ends_at in _told_times(message, zone):
        if starts_at:
            return starts_at, ends_at or (starts_at + length if length else None)
    return None, None


def _told_times(message: Message, zone: ZoneInfo) -> Iterator[tuple[datetime | None, datetime | None]]:
    yield time_of(message.text("TQ1", 7), zone), time_of(message.text("TQ1", 8), zone)
    for name, begins, lasts in _RESOURCES:
        for segment in _present(message, name):
            starts_at = time_of(segment.text(begins), zone)
            length = length_of(segment.text(lasts), segment.text(lasts + 1))
            yield starts_at, starts_at + length if starts_at and length else None
    yield time_of(message.text("SCH", 11, 4), zone), time_of(message.text("SCH", 11, 5), zone)


def _site(message: Message, rules: Rules) -> str | None:
    """Ours, by any name that the message gives to the place: its parts in AIL-3, its group, PV1-3, or MSH-4."""
    sites = {theirs.casefold(): ours for theirs, ours in rules.clinic.booking_system(rules.source).sites.items()}
    if not sites:
        return None
    named: list[str] = []
    for segment in _present(message, "AIL"):
        named += [*(segment.text(3, part) for part in (4, 1, 2, 9)), segment.text(5, 1), segment.text(5, 2)]
    named += [message.text("PV1", 3, part) for part in (4, 1)]
    named.append(message.text("MSH", 4))
    return next((sites[one.casefold()] for one in named if one.casefold() in sites), None)
