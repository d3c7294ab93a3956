"""A visit in Cliniko's diary, one patient's own or a place in a group, as drip's events."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from typing import Protocol

from drip.bookings.cliniko_patient import Told, facts_of
from drip.bookings.cliniko_record import Record, changed_at, id_at, id_of, instant, text
from drip.core.clinic import Clinic
from drip.core.model import EventKind

TYPES, BUSINESSES, PRACTITIONERS = "appointment_types", "businesses", "practitioners"
PATIENTS, GROUPS = "patients", "group_appointments"
"""What records link to, as Cliniko's addresses call it."""


class Known(Protocol):
    """What the links of records lead to."""

    def find(self, what: str, ref: str) -> Record | None:
        """The record of that id; None where it is not to be had."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """One patient's visit, as it stands."""

    ref: str
    """Ids of places in a group are told apart from those of other visits."""
    patient: str
    record: Record = field(repr=False)
    """Where the times, the type, the place and the practitioner stand."""
    changed_at: datetime | None
    gone_at: datetime | None
    """Cancelled, archived or deleted: to patients it is all the same."""
    has_come: bool | None
    """None: nobody has said."""

    @property
    def kinds(self) -> tuple[EventKind, ...]:
        """What this state means. Whoever came was booked: the visit may be met here for the first time."""
        if self.gone_at:
            return (EventKind.CANCELLED,)
        if self.has_come is None:
            return (EventKind.BOOKED,)
        return EventKind.BOOKED, EventKind.ATTENDED if self.has_come else EventKind.NO_SHOW

    @property
    def over_at(self) -> datetime | None:
        """When it ends."""
        return instant(self.record, "ends_at") or instant(self.record, "starts_at")


def own_visit(record: Record) -> Visit:
    """An individual appointment."""
    came, stayed_away = record.get("patient_arrived") is True, record.get("did_not_arrive") is True
    return Visit(
        ref=id_of(record),
        patient=id_at(record, "patient"),
        record=record,
        changed_at=changed_at(record),
        gone_at=_gone_at(record),
        has_come=came if came is not stayed_away else None,
    )


def place_in_group(attendee: Record, group: Record) -> Visit:
    """An attendee of a group appointment. It changes when either does."""
    arrived = attendee.get("arrived")
    times = [at for at in (changed_at(attendee), changed_at(group)) if at]
    return Visit(
        ref=f"attendee-{id_of(attendee)}",
        patient=id_at(attendee, "patient"),
        record=group,
        changed_at=max(times, default=None),
        gone_at=_gone_at(attendee) or _gone_at(group),
        has_come=arrived if isinstance(arrived, bool) else None,
    )


def _gone_at(record: Record) -> datetime | None:
    return instant(record, "deleted_at") or instant(record, "archived_at") or instant(record, "cancelled_at")


def events_of(source: str, visit: Visit, known: Known, clinic: Clinic) -> Iterator[Told]:
    """The events that a visit's state comes to. The same state comes to the same ids."""
    at = visit.gone_at or visit.changed_at
    patient = known.find(PATIENTS, visit.patient) if visit.patient else None
    site = _site(source, visit, known, clinic)
    for kind in visit.kinds:
        told = {
            "event_id": f"{source}:{visit.ref}:{_state(visit)}:{kind}",
            "kind": kind.value,
            "occurred_at": at.isoformat() if at else None,
            "patient": facts_of(visit.patient, patient, at),
            "appointment": _facts(visit, known, clinic),
        }
        yield {**told, "site": site} if site else told


def _state(visit: Visit) -> str:
    """Cliniko's times are whole seconds: two states of one second must not be taken for the same."""
    places = [id_at(visit.record, name) for name in ("appointment_type", "business", "practitioner")]
    times = [text(visit.record, name) for name in ("starts_at", "ends_at")]
    told = "|".join([visit.patient, *times, *places])
    return f"{visit.changed_at and visit.changed_at.isoformat()}:{sha256(told.encode()).hexdigest()[:12]}"


def _facts(visit: Visit, known: Known, clinic: Clinic) -> Told:
    """An end that cannot be right is left out, so that it does not keep the visit out."""
    starts_at, ends_at = instant(visit.record, "starts_at"), instant(visit.record, "ends_at")
    told = {
        "ref": visit.ref,
        "type": _type(visit, known, clinic),
        "starts_at": starts_at.isoformat() if starts_at else None,
        "ends_at": ends_at.isoformat() if starts_at and ends_at and ends_at >= starts_at else None,
        "practitioner": _practitioner(visit, known),
    }
    return {name: value for name, value in told.items() if value}


def _type(visit: Visit, known: Known, clinic: Clinic) -> str:
    """The id where clinic.yaml names it, else the name that the clinic gave it in Cliniko."""
    ref = id_at(visit.record, "appointment_type")
    if not ref or ref in clinic.appointment_types:
        return ref
    return text(known.find(TYPES, ref) or {}, "name")


def _practitioner(visit: Visit, known: Known) -> str:
    """A name: patients may be shown it."""
    ref = id_at(visit.record, "practitioner")
    record = (known.find(PRACTITIONERS, ref) if ref else None) or {}
    return text(record, "label") or " ".join(filter(None, (text(record, "first_name"), text(record, "last_name"))))


def _site(source: str, visit: Visit, known: Known, clinic: Clinic) -> str:
    """Ours, by the business's id or name; empty when clinic.yaml does not say."""
    ref, names = id_at(visit.record, "business"), clinic.booking_system(source).sites
    if not ref or not names:
        return ""
    record = {} if ref in names else known.find(BUSINESSES, ref) or {}
    site = _either_case(names, [ref, text(record, "business_name"), text(record, "display_name")])
    return site if any(site == one.id for one in clinic.sites) else ""


def _either_case(names: Mapping[str, str], theirs: list[str]) -> str:
    folded = {name.casefold(): ours for name, ours in names.items()}
    return next((ours for one in theirs if one and (ours := names.get(one) or folded.get(one.casefold()))), "")
