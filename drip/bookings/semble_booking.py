"""One of Semble's bookings, as it stands, as drip's own event."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from drip.bookings.generic import EventReader
from drip.bookings.in_its_time import in_its_time
from drip.bookings.our_names import site_of, type_of
from drip.bookings.parsed import Outcome, Raw
from drip.bookings.record import Record, instant, iso, records_in, said, text, within
from drip.bookings.schema import FIRST_YEAR
from drip.core.clinic import Clinic
from drip.core.model import EventKind
from drip.core.walltime import instant as instant_of

SEEN, NOT_SEEN = ("consultation", "departed"), ("dna",)
"""Of a booking's journey. Who has arrived at the desk has not been seen yet."""

_SAID_SEEN, _SAID_NOT_SEEN = ("inconsultation", "completed"), ("noshow",)
"""The same, as the name of a call says it."""

_CHANNELS = {"email": "receiveEmail", "sms": "receiveSMS"}
_PURPOSES = ("service", "care", "feedback")
"""What somebody does not want who does not want to be written to by that channel. Safety goes by either."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Teller:
    """Tells what bookings mean to one clinic."""

    clinic: Clinic
    source: str
    reader: EventReader
    is_local: bool
    """Semble writes what the practice's clocks show, and calls it UTC."""

    @classmethod
    def of(cls, clinic: Clinic, source: str, *, is_local: bool) -> "Teller":
        """For one source's bookings."""
        return cls(clinic=clinic, source=source, reader=EventReader.of(clinic, source), is_local=is_local)

    def tell(self, record: Record, at: datetime, key: str, raw: Raw, call: str = "") -> list[Outcome]:
        """What a booking comes to that was found in this state, told of at that time by this call.

        Nothing when it has no patient: the diary also holds what is nobody's.
        """
        patient = _patient(record, at)
        if not patient.get("ref"):
            return []
        site, kind = self._site(record), kind_of(record, call)
        told = {
            "event_id": f"{self.source}:{text(record, 'id')}:{key}:{kind}",
            "kind": kind.value,
            "occurred_at": iso(at),
            "site": site,
            "patient": patient,
            "appointment": self._appointment(record, self.clinic.site(site or None).zone),
        }
        return [in_its_time(one) for one in self.reader.read(Raw(raw.index, said(told), text=raw.text))]

    def gone(self, booking: str, patient: str, at: datetime, key: str) -> list[Outcome]:
        """What is left to say of a booking that was deleted and cannot be asked for."""
        told = {
            "event_id": f"{self.source}:{booking}:{key}:{EventKind.CANCELLED}",
            "kind": EventKind.CANCELLED.value,
            "occurred_at": iso(at),
            "patient": {"ref": patient},
            "appointment": {"ref": booking},
        }
        return self.reader.read(Raw(0, told))

    def changed_at(self, record: Record) -> datetime | None:
        """When it last changed, for what it says itself: steps of the journey are changes too."""
        journey = within(record, "bookingJourney")
        zone = self.clinic.site(
            site_of(self.clinic, self.source, _names(within(record, "location"), "name")) or None
        ).zone
        steps = [self._time(journey, name, zone) for name in (*SEEN, *NOT_SEEN)]
        times = [at for at in (instant(record, "updatedAt"), instant(record, "createdAt"), *steps) if at]
        return max(times, default=None)

    def _site(self, record: Record) -> str:
        return site_of(self.clinic, self.source, _names(within(record, "location"), "name"))

    def _appointment(self, record: Record, zone: ZoneInfo) -> dict[str, Any]:
        starts_at, ends_at = self._time(record, "start", zone), self._time(record, "end", zone)
        told = {
            "ref": text(record, "id"),
            "type": type_of(self.clinic, _names(within(record, "appointment"), "title")),
            "starts_at": iso(starts_at),
            "ends_at": iso(ends_at) if starts_at and ends_at and ends_at >= starts_at else None,
            "practitioner": text(record, "doctorName"),
        }
        return said(told)

    def _time(self, record: Record, name: str, zone: ZoneInfo) -> datetime | None:
        """A time in the diary. One with another offset than UTC can only mean what it says."""
        at = instant(record, name)
        if at is None or not self.is_local or datetime.fromisoformat(text(record, name)).utcoffset():
            return at
        return instant_of(at.replace(tzinfo=None), zone)


def kind_of(record: Record, call: str = "") -> EventKind:
    """What has become of a booking. Where its journey says nothing, the call may."""
    if record.get("deleted") is True or text(record, "cancellationReason"):
        return EventKind.CANCELLED
    journey = within(record, "bookingJourney")
    seen, not_seen = (any(text(journey, name) for name in names) for names in (SEEN, NOT_SEEN))
    if not (seen or not_seen):
        seen, not_seen = call in _SAID_SEEN, call in _SAID_NOT_SEEN
    if seen is not_seen:
        return EventKind.BOOKED  # nobody has said, or both at once
    return EventKind.ATTENDED if seen else EventKind.NO_SHOW


def _names(record: Record, name: str) -> list[str]:
    return [text(record, "id"), text(record, name)]


def _patient(record: Record, at: datetime) -> dict[str, Any]:
    """A value that is empty in the record is told as null: it is no longer so. One that is left out is not told."""
    patient = within(record, "patient")
    facts: dict[str, Any] = {"ref": text(record, "patientId") or text(patient, "id")}
    for name, theirs in (("first_name", "firstName"), ("last_name", "lastName"), ("email", "email")):
        if theirs in patient:
            facts[name] = text(patient, theirs) or None
    if "phones" in patient:
        facts["phone"] = _phone(records_in(patient, "phones")) or None
    return facts | _born(patient, at) | _consent(within(patient, "communicationPreferences"))


def _phone(phones: list[Record]) -> str:
    """A mobile number before any other that can ring."""
    numbers = [(text(one, "phoneType").casefold(), text(one, "phoneNumber")) for one in phones]
    usable = [(kind, number) for kind, number in numbers if number and kind != "fax"]
    return next((number for kind, number in usable if kind == "mobile"), usable[0][1] if usable else "")


def _born(patient: Record, at: datetime) -> dict[str, Any]:
    """Semble tells a day as its midnight. One that cannot be right is left out, so that it keeps no booking out."""
    if "dob" not in patient:
        return {}
    told = text(patient, "dob")
    if not told:
        return {"date_of_birth": None}
    try:
        born = date.fromisoformat(told[:10])
    except ValueError:
        return {}
    fits = born.year >= FIRST_YEAR and born < (at - timedelta(days=1)).date()
    return {"date_of_birth": born.isoformat()} if fits else {}


def _consent(told: Record) -> dict[str, Any]:
    """Who does not want a channel is not written to by it. That somebody does says nothing, and takes back a no."""
    consent: dict[str, dict[str, bool | None]] = {}
    for channel, name in _CHANNELS.items():
        wants = told.get(name)
        if isinstance(wants, bool):
            for purpose in _PURPOSES:
                consent.setdefault(purpose, {})[channel] = None if wants else False
    if isinstance(marketing := told.get("promotionalMarketing"), bool):
        refused = {channel for channel, name in _CHANNELS.items() if told.get(name) is False}
        consent["marketing"] = {channel: marketing and channel not in refused for channel in _CHANNELS}
    return {"consent": consent} if consent else {}
