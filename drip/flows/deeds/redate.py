"""A member of staff changes the date that a patient's messages count from, having seen what that moves.

It is an event in the patient's history like the booking system's own, so a later word of that system overrides it.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, TypeAlias
from zoneinfo import ZoneInfo

from drip.app import App
from drip.core.by_staff import Obstacle, Refused
from drip.core.clinic import hours_for
from drip.core.effect import Effect, effects
from drip.core.model import AnchorKind, EventKind
from drip.core.patient import time_in
from drip.core.plan import Changes
from drip.core.schedule import moment
from drip.core.walltime import instant
from drip.flows.deeds.counted import VISITS, Counted, Wish, counted_from
from drip.flows.deeds.end import Whose, find
from drip.flows.deeds.event import add_event
from drip.flows.deeds.scene import CannotPlan, plan_noting
from drip.flows.resolve import Resolved
from drip.store import audit, patients
from drip.store.audit import Deed
from drip.store.database import Tx
from drip.store.enrolments import EnrolmentRow

FURTHEST = timedelta(days=2 * 366)
"""Dates further from today than this are slips of the pen."""

Told: TypeAlias = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Shift:
    """What becomes of one message."""

    title: str
    sequence: str
    effect: Effect


@dataclass(slots=True, kw_only=True)
class Redated:
    """What a change of date came to."""

    at: datetime
    zone: ZoneInfo
    shifts: list[Shift] = field(default_factory=list)


class _NotHere(Exception):
    """The enrolment does not count from what was told."""


def preview(app: App, patient_id: str, enrolment_id: str, wish: Wish, now: datetime) -> Redated | Refused:
    """What it would move: done for real, and rolled back."""
    with app.store.rehearse() as store:
        return redate(replace(app, store=store), (patient_id, enrolment_id), wish, "", now)


def redate(app: App, which: tuple[str, str], wish: Wish, by: str, now: datetime) -> Redated | Refused:
    """Tell it as an event, plan by it, and write down who did so. `which`: the patient, and their enrolment."""
    try:
        return app.store.attempt(lambda tx: _redate(app, tx, which, (wish, by), now))
    except _NotHere:
        return Refused(Obstacle.NOT_HERE)
    except CannotPlan:
        return Refused(Obstacle.UNREADABLE)


def _redate(app: App, tx: Tx, which: tuple[str, str], how: tuple[Wish, str], now: datetime) -> Redated | Refused:
    wish, by = how
    # Gather
    patients.lock(tx, [which[0]])
    whose = find(tx, *which)
    counted = counted_from(app, tx, whose, now) if whose else None
    if whose is None or counted is None:
        return Refused(Obstacle.NOT_HERE)
    # Decide
    at = _meant(app, counted, whose, wish)
    if refused := _why_not(counted, at, now):
        return refused
    # Apply
    kind, told = _told(counted, at, wish)
    add_event(tx, whose.person, kind, now, {**told, "staff": {"account": by}}, now)
    done = _planned(app, tx, counted, at, now)
    told = {"enrolment": which[1], "was": counted.at.isoformat(), "to": at.isoformat()}
    audit.write(tx, Deed(who=by, deed="date_changed", about=f"patient:{which[0]}", detail=told), now)
    return done


def _meant(app: App, counted: Counted, whose: Whose, wish: Wish) -> datetime:
    """The instant: a day alone means its window's opening, as everywhere."""
    if counted.is_day or wish.clock is None:
        site = app.clinic.site(counted.enrolment.site)
        return moment(wish.day, hours_for(counted.sequence, site, whose.person.patient.zone))
    return instant(datetime.combine(wish.day, wish.clock), counted.zone)


def _why_not(counted: Counted, at: datetime, now: datetime) -> Refused | None:
    if at == counted.at:
        return Refused(Obstacle.SAME)
    if abs(at - now) > FURTHEST:
        return Refused(Obstacle.TOO_FAR)
    if counted.kind in VISITS and at <= now:
        return Refused(Obstacle.PAST)
    return Refused(Obstacle.NOT_YET) if counted.kind is AnchorKind.TREATMENT and at > now else None


def _told(counted: Counted, at: datetime, wish: Wish) -> tuple[EventKind, Told]:
    """In the words of a booking system. What is not about the date is left as it was told."""
    objects = counted.enrolment.objects
    visit = objects.get("appointment", {})
    if counted.kind in VISITS:
        ends_at = time_in(visit, "ends_at")
        later = {"ends_at": (ends_at + (at - counted.at)).isoformat()} if ends_at else {}
        return EventKind.RESCHEDULED, {"appointment": {"ref": visit.get("ref"), "starts_at": at.isoformat(), **later}}
    about = {"appointment": {"ref": visit["ref"]}} if visit.get("ref") else {}
    if counted.kind is AnchorKind.TREATMENT:
        treatment = {**objects["treatment"], "performed_at": at.isoformat()}
        return EventKind.TREATMENT_PERFORMED, {**about, "treatment": treatment}
    starts_on = wish.day.isoformat() if counted.is_day else at.isoformat()
    return EventKind.PROGRAMME_STARTED, {**about, "programme": {**objects["programme"], "starts_on": starts_on}}


def _planned(app: App, tx: Tx, counted: Counted, at: datetime, now: datetime) -> Redated:
    """The plan by the new date, and how it differs. _NotHere where that is not what the enrolment counts from."""
    noted: list[Resolved] = []
    plan_noting(app, tx, counted.enrolment.patient_id, now, noted.append)
    for resolved in noted:
        row = next((one for one in resolved.changed if one.id == counted.enrolment.id), None)
        has_twin = any(one.sequence == counted.enrolment.sequence for one in resolved.new)
        if row is None or has_twin or not _has_shifted(row, counted, at):
            raise _NotHere
    done = Redated(at=at, zone=counted.zone)
    titles = {one.sequence.id: one.sequence.title for one in app.versions.live(tx).values()}
    titles[counted.sequence.id] = counted.sequence.title
    done.shifts += [shift for resolved in noted for shift in _shifts(resolved, titles, now)]
    return done


def _has_shifted(row: EnrolmentRow, counted: Counted, at: datetime) -> bool:
    """By exactly as much as was wanted: the end of a visit moves with its start."""
    was = counted.enrolment.anchor_at
    return row.anchor_at is not None and was is not None and row.anchor_at - was == at - counted.at


def _shifts(resolved: Resolved, titles: Mapping[str, str], now: datetime) -> Iterator[Shift]:
    changes = {plan.enrolment_id: plan.changes for plan in resolved.plans}
    for row in (*resolved.known.enrolments, *resolved.new):
        rows = resolved.known.plans.get(row.id, ())
        for effect in effects(rows, changes.get(row.id, Changes()), lambda _, __: False, now):
            yield Shift(title=titles.get(row.sequence, row.sequence), sequence=row.sequence, effect=effect)
