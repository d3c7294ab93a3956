"""The date that an enrolment's messages count from: a visit, a treatment, the start of a programme."""

from dataclasses import dataclass
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from drip.app import App
from drip.core.clinic import hours_for
from drip.core.model import AnchorKind
from drip.core.patient import time_in
from drip.core.sequence import Sequence
from drip.flows.deeds.end import Whose
from drip.store import enrolments
from drip.store.database import Tx
from drip.store.enrolments import EnrolmentRow

VISITS = (AnchorKind.APPOINTMENT, AnchorKind.APPOINTMENT_END)

MOVABLE = (*VISITS, AnchorKind.TREATMENT, AnchorKind.PROGRAMME)


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """The date that an enrolment counts from, and how staff may change it."""

    enrolment: EnrolmentRow
    sequence: Sequence
    kind: AnchorKind
    at: datetime
    zone: ZoneInfo
    is_day: bool
    """A day without a time of day."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What somebody wants it to be."""

    day: date
    clock: time | None
    """None where only the day counts."""


def counted_from(app: App, tx: Tx, whose: Whose, now: datetime) -> Counted | None:
    """None where nobody but the booking system can change it: it is over, or no date of a kind that staff know."""
    row = whose.enrolment
    sequence = app.versions.get(tx, {row.version})[row.version].sequence
    if row.state != enrolments.ACTIVE or row.anchor_at is None or sequence.anchor not in MOVABLE:
        return None
    if not row.objects.get(_OBJECT[sequence.anchor]):
        return None
    if sequence.anchor in VISITS and _visit_at(row) <= now:
        return None  # it has been
    told = row.objects.get("programme", {}).get("starts_on")
    return Counted(
        enrolment=row,
        sequence=sequence,
        kind=sequence.anchor,
        at=_visit_at(row) if sequence.anchor in VISITS else row.anchor_at,
        zone=hours_for(sequence, app.clinic.site(row.site), whose.person.patient.zone).zone,
        is_day=sequence.anchor is AnchorKind.PROGRAMME and isinstance(told, str) and "T" not in told,
    )


_OBJECT = {
    AnchorKind.APPOINTMENT: "appointment",
    AnchorKind.APPOINTMENT_END: "appointment",
    AnchorKind.TREATMENT: "treatment",
    AnchorKind.PROGRAMME: "programme",
}


def _visit_at(row: EnrolmentRow) -> datetime:
    return time_in(row.objects.get("appointment", {}), "starts_at") or row.anchor_at or row.started_at
