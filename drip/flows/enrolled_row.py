"""A course, as the history tells it -> the enrolment's row. No I/O."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import TypeAlias

from drip.core.anchor import anchor_of, appointment_facts
from drip.core.clinic import Clinic, Site, hours_for
from drip.core.course import Course, enrolment_facts, with_change
from drip.core.event import Moment
from drip.core.model import Facts
from drip.core.reason import Reason
from drip.core.schedule import moment
from drip.core.walltime import local_date
from drip.store.enrolments import ACTIVE, ENDED, EnrolmentRow
from drip.store.ids import new_id

Moments: TypeAlias = tuple[Moment, ...]
"""A patient's history, replayed."""


def row_of(
    course: Course, before: EnrolmentRow | None, patient_id: str, moments: Moments, clinic: Clinic, now: datetime
) -> EnrolmentRow:
    """The enrolment as it should be stored; `before` is how it is stored, if it is."""
    if before and course.is_adrift:
        return _adrift(course, before)
    event = course.started.event
    enrolled_at = before.enrolled_at if before else now
    site_id = _site_id(course, moments)
    anchor_at, anchor_on = _anchored(course, moments, enrolled_at, clinic.site(site_id))
    return EnrolmentRow(
        id=before.id if before else new_id(),
        patient_id=patient_id,
        sequence=course.sequence.id,
        version=course.version,
        origin=course.origin,
        event_key=before.event_key if before else event.key,
        state=ENDED if course.ended else ACTIVE,
        reason=course.ended or Reason.NONE,
        started_at=before.started_at if before else event.occurred_at,
        enrolled_at=enrolled_at,
        ended_at=course.ended_at,
        anchor_at=anchor_at,
        anchor_on=anchor_on,
        revision=_revision(before, anchor_on),
        site=site_id,
        objects=_objects(course, moments),
    )


def _anchored(
    course: Course, moments: Moments, enrolled_at: datetime, site: Site
) -> tuple[datetime | None, str | None]:
    """What its times count from, and on which day that is here; nothing while the booking system has not told when."""
    told = anchor_of(course, moments, enrolled_at)
    if not told:
        return None, None
    hours = hours_for(course.sequence, site, moments[-1].patient.zone)
    at = moment(told, hours)
    return at, local_date(at, hours.zone).isoformat()


def _adrift(course: Course, before: EnrolmentRow) -> EnrolmentRow:
    """What it is about is no longer told: it stays as it was, until something ends it."""
    state = ENDED if course.ended else ACTIVE
    return replace(
        before,
        version=course.version,
        state=state,
        reason=course.ended or Reason.NONE,
        ended_at=course.ended_at,
    )


def _site_id(course: Course, moments: Moments) -> str | None:
    of_visit = appointment_facts(course, moments).get("site")
    return of_visit if isinstance(of_visit, str) else course.started.site


def _revision(before: EnrolmentRow | None, anchor_on: str | None) -> int:
    """A visit that moved to another day is a new date to prepare for."""
    if before is None:
        return 0
    moved = before.anchor_on is not None and anchor_on is not None and before.anchor_on != anchor_on
    return before.revision + moved


def _objects(course: Course, moments: Moments) -> Mapping[str, Facts]:
    event = course.started.event
    objects = {
        "appointment": with_change(appointment_facts(course, moments), course.change),
        "treatment": event.treatment,
        "programme": event.programme,
        "enrolment": enrolment_facts(course.sequence),
    }
    previous = course.change.previous if course.change else {}
    some = (("reply", event.reply), ("alert", event.alert), ("previous", previous))
    return objects | {name: told for name, told in some if told}
