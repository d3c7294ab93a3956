"""What ends an enrolment besides its own last step, and what brings it back."""

from datetime import datetime

from drip.core.course import Course
from drip.core.event import Event, Moment
from drip.core.model import AnchorKind, EventKind
from drip.core.patient import Standing, time_in
from drip.core.programme import is_loading, start_day
from drip.core.reason import Reason

_FINAL = {
    Standing.DECEASED: Reason.DECEASED,
    Standing.MERGED: Reason.MERGED_PATIENT,
    Standing.ERASED: Reason.ERASED,
}

_COUNTS_FROM_A_VISIT = frozenset({AnchorKind.APPOINTMENT, AnchorKind.APPOINTMENT_END, AnchorKind.BOOKED})

_WHY_ENDED = {EventKind.CANCELLED: Reason.APPOINTMENT_CANCELLED, EventKind.NO_SHOW: Reason.NO_SHOW}


def ended_by(course: Course, moment: Moment) -> Reason | None:
    """Why this moment ends the enrolment; None when it does not."""
    event, sequence = moment.event, course.sequence
    if moment.patient.standing is not Standing.CURRENT:
        return _FINAL[moment.patient.standing]
    if event.occurred_at < course.started.event.occurred_at:
        return None
    if is_loading(course) and _has_been_operated(course, moment):
        return Reason.SURGERY
    if event.kind.is_about_an_appointment and event.origins.isdisjoint(course.about):
        return None
    if event.kind is EventKind.CANCELLED and _counts_from_its_visit(course):
        return Reason.APPOINTMENT_CANCELLED
    if event.kind is EventKind.ENROLMENT_STARTED and event.enrolment.get("sequence") in sequence.ends.when_enrolled_in:
        return Reason.ENDED
    if (
        event.kind in sequence.ends.on
        and not _is_about_itself(course, event)
        and _is_about_its_programme(course, event)
        and _is_about_its_treatment(course, event)
    ):
        return _WHY_ENDED.get(event.kind, Reason.ENDED)
    return None


def _counts_from_its_visit(course: Course) -> bool:
    """What a cancellation started is not ended by hearing of that cancellation again."""
    return course.sequence.anchor in _COUNTS_FROM_A_VISIT and course.started.event.kind is not EventKind.CANCELLED


def _has_been_operated(course: Course, moment: Moment) -> bool:
    """Whether an operation was due by then: a programme from before it is no longer the right one, however it went.

    From the day itself until somebody tells us anything at all, interlocks hold it back.
    """
    began = start_day(course.started.event) or course.started.event.occurred_at.date()
    operations = map(datetime.fromisoformat, moment.patient.operations)
    return any(at.date() > began and at <= moment.event.occurred_at for at in operations)


def _is_about_itself(course: Course, event: Event) -> bool:
    return event.kind.is_our_own and event.enrolment.get("sequence") == course.sequence.id


def _is_about_its_programme(course: Course, event: Event) -> bool:
    """The end of one programme does not end what belongs to another."""
    if event.kind is not EventKind.PROGRAMME_ENDED or not course.origin.startswith("programme:"):
        return True
    return not event.origins.isdisjoint(course.about)


def _is_about_its_treatment(course: Course, event: Event) -> bool:
    """The next treatment of the same code ends what the last one started; the same one told again does not."""
    if event.kind is not EventKind.TREATMENT_PERFORMED or not course.started.event.treatment:
        return True
    own = course.started.event
    is_the_same = not event.names.isdisjoint(course.names) or not event.origins.isdisjoint(course.about)
    return event.treatment.get("code") == own.treatment.get("code") and not is_the_same and _is_later(event, own)


def _is_later(event: Event, own: Event) -> bool:
    """A correction of an earlier treatment comes after this one was told, and is no next one for that."""
    at, before = (time_in(one.treatment, "performed_at") or one.occurred_at for one in (event, own))
    return at > before


def hear_staff(course: Course, moment: Moment) -> None:
    """Staff end one enrolment, or take that back. Nothing follows from either: no other sequence waits for it."""
    event = moment.event
    if course.existing is None or event.staff.get("enrolment") != course.existing.id:
        return
    if event.kind is EventKind.STAFF_ENDED:
        course.stopped_at = event.occurred_at
    elif event.kind is EventKind.STAFF_RESUMED:
        course.stopped_at = None


def is_revived_by(course: Course, moment: Moment) -> bool:
    """A booking later than its cancellation brings back what the cancellation ended."""
    return (
        course.can_be_revived
        and moment.event.kind in (EventKind.BOOKED, EventKind.RESCHEDULED)
        and not moment.event.origins.isdisjoint(course.about)
    )
