"""One of Acuity's appointments, as it stands, as drip's own event."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

from drip.bookings.generic import EventReader
from drip.bookings.in_its_time import in_its_time
from drip.bookings.our_names import site_of, type_of
from drip.bookings.parsed import Outcome, Raw, Rejected
from drip.bookings.person import names_of, ref_of
from drip.bookings.record import Record, instant, iso, said, text, words_of
from drip.core.clinic import Clinic
from drip.core.model import EventKind
from drip.core.walltime import midnight

LONGEST = 24 * 60
"""Minutes of an appointment; a longer one is a mistake."""

_NOBODY = "has neither an email address nor a telephone number; without one nobody can say who it is."


@dataclass(frozen=True, slots=True, kw_only=True)
class Teller:
    """Tells what appointments mean to one clinic."""

    clinic: Clinic
    source: str
    reader: EventReader

    @classmethod
    def of(cls, clinic: Clinic, source: str) -> "Teller":
        """For one source's appointments."""
        return cls(clinic=clinic, source=source, reader=EventReader.of(clinic, source))

    def tell(self, record: Record, at: datetime, raw: Raw) -> list[Outcome]:
        """What an appointment comes to that was found in this state, told of at that time."""
        patient = self._patient(record)
        if not patient.get("ref"):
            return [Rejected(raw.index, "email", _NOBODY)]
        site = site_of(self.clinic, self.source, [text(record, one) for one in ("calendarID", "calendar", "location")])
        told = said({"site": site, "patient": patient, "appointment": self._appointment(record)})
        kind = kind_of(record)
        told |= {
            "event_id": f"{self.source}:{text(record, 'id')}:{iso(at)}:{_digest(told)}:{kind}",
            "kind": kind.value,
            "occurred_at": iso(at),
        }
        return [in_its_time(one) for one in self.reader.read(Raw(raw.index, told, text=raw.text))]

    def made_at(self, record: Record) -> datetime | None:
        """When it was booked: to the second where Acuity says so, else the beginning of the day."""
        if at := instant(record, "datetimeCreated"):
            return at
        try:
            day = datetime.strptime(text(record, "dateCreated"), "%B %d, %Y")  # noqa: DTZ007 - a day, not a time
        except ValueError:
            return None
        return midnight(day.date(), self.clinic.zone)

    def _patient(self, record: Record) -> dict[str, Any]:
        """An empty number is not told: that it was not asked for this time does not mean that there is none."""
        email, phone = text(record, "email"), text(record, "phone")
        told = {
            "ref": ref_of(email, phone, self.clinic.country),
            "email": email,
            "phone": phone,
            "timezone": text(record, "timezone"),
        }
        return said(told) | names_of(text(record, "firstName"), text(record, "lastName"), "")

    def _appointment(self, record: Record) -> dict[str, Any]:
        starts_at, minutes = instant(record, "datetime"), text(record, "duration")
        lasts = int(minutes) if minutes.isascii() and minutes.isdecimal() and len(minutes) <= 4 else 0
        told = {
            "ref": text(record, "id"),
            "type": type_of(self.clinic, [text(record, "appointmentTypeID"), text(record, "type")]),
            "starts_at": iso(starts_at),
            "ends_at": iso(starts_at + timedelta(minutes=lasts)) if starts_at and 0 < lasts <= LONGEST else None,
        }
        return said(told)


def kind_of(record: Record) -> EventKind:
    """Acuity cancels what it marks as a no-show, so that comes first."""
    if record.get("noShow") is True:
        return EventKind.NO_SHOW
    return EventKind.CANCELLED if record.get("canceled") is True else EventKind.BOOKED


def _digest(told: dict[str, Any]) -> str:
    """Tells one state from another that was found at the same time."""
    return sha256(words_of(told).encode()).hexdigest()[:12]
