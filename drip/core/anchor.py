"""What an enrolment's offsets count from, as its history tells it."""

from collections.abc import Callable, Mapping
from datetime import date, datetime

from drip.core.course import Course
from drip.core.event import Event, Moment
from drip.core.model import AnchorKind, EventKind, Facts
from drip.core.patient import time_in
from drip.core.programme import begins_anew


def anchor_of(course: Course, moments: tuple[Moment, ...], enrolled_at: datetime) -> datetime | date | None:
    """What a course's offsets count from, as known now; a date when no time was told, None when it is not known."""
    return _ANCHORS[course.sequence.anchor](course, moments, enrolled_at)


def _from_enrolment(_: Course, __: tuple[Moment, ...], enrolled_at: datetime) -> datetime:
    return enrolled_at


def _from_booking(course: Course, moments: tuple[Moment, ...], _: datetime) -> datetime:
    booked = time_in(appointment_facts(course, moments), "booked_at")
    return booked or course.started.event.occurred_at


def _from_visit(course: Course, moments: tuple[Moment, ...], _: datetime) -> datetime | None:
    return time_in(appointment_facts(course, moments), "starts_at")


def _from_visit_end(course: Course, moments: tuple[Moment, ...], _: datetime) -> datetime | None:
    return time_in(appointment_facts(course, moments), "ends_at")


def _from_treatment(course: Course, moments: tuple[Moment, ...], _: datetime) -> datetime | None:
    return time_in(_latest(course, moments, EventKind.TREATMENT_PERFORMED).treatment, "performed_at")


def _from_programme(course: Course, moments: tuple[Moment, ...], _: datetime) -> datetime | date | None:
    starts = _latest(course, moments, EventKind.PROGRAMME_STARTED).programme.get("starts_on")
    if not isinstance(starts, str):
        return None
    return datetime.fromisoformat(starts) if "T" in starts else date.fromisoformat(starts)


def _latest(course: Course, moments: tuple[Moment, ...], kind: EventKind) -> Event:
    """The newest word on what started the course: a corrected time moves what counts from it."""
    code = course.started.event.treatment.get("code")
    told = (one.event for one in reversed(moments) if one.event.kind is kind and not one.event.withdrawn)
    same = (one for one in told if not one.origins.isdisjoint(course.about) and one.treatment.get("code") == code)
    # A programme that begins anew once this one was over says nothing of this one.
    return next((one for one in same if not begins_anew(one, course)), course.started.event)


_ANCHORS: Mapping[AnchorKind, Callable[[Course, tuple[Moment, ...], datetime], datetime | date | None]] = {
    AnchorKind.ENROLLED: _from_enrolment,
    AnchorKind.BOOKED: _from_booking,
    AnchorKind.APPOINTMENT: _from_visit,
    AnchorKind.APPOINTMENT_END: _from_visit_end,
    AnchorKind.TREATMENT: _from_treatment,
    AnchorKind.PROGRAMME: _from_programme,
}


def appointment_facts(course: Course, moments: tuple[Moment, ...]) -> Facts:
    """What is known now of the appointment that a course belongs to."""
    return moments[-1].appointments.get(course.started.event.appointment_ref or "", {})
