"""What a deed is about, read once its patient is locked: nobody plans, stops or sends for them meanwhile."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from drip.app import App, Published
from drip.core.by_staff import UNDO_WITHIN, Bounds
from drip.core.clinic import hours_for
from drip.core.sequence import Step
from drip.core.window import ANY
from drip.flows.enrol import replan
from drip.flows.resolve import Resolved
from drip.store import audit, by_staff, enrolments, patients
from drip.store.audit import Deed
from drip.store.by_staff import MessageRow
from drip.store.database import Tx
from drip.store.enrolments import EnrolmentRow
from drip.store.patients import PatientRow
from drip.store.vault import CannotUnseal


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """A deed that was written down."""

    number: int
    """Its line in the audit: by this it is undone."""
    until: datetime
    """Until when it can be."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """One message, with all that decides what may be done with it."""

    message: MessageRow
    person: PatientRow
    enrolment: EnrolmentRow
    published: Published
    step: Step = field(repr=False)
    bounds: Bounds = field(repr=False)


class CannotPlan(Exception):
    """A record that could not be planned: whatever was to be done for this patient is not."""


def look(app: App, tx: Tx, message_id: str, *, lock: bool = False) -> Scene | None:
    """A message and what is around it, as it is now. None where there is no such message, or its step is gone."""
    return look_at_all(app, tx, [message_id], lock=lock).get(message_id)


def look_at_all(app: App, tx: Tx, message_ids: Iterable[str], *, lock: bool = False) -> dict[str, Scene]:
    """As `look`, for many with one look. CannotUnseal where any of them has a record that cannot be unsealed."""
    rows = by_staff.some(tx, message_ids, lock=lock).values()
    if not rows:
        return {}
    people = patients.load(tx, {row.patient_id for row in rows})
    keys = {person.id: person.data_key for person in people.values()}
    enrolled = enrolments.load(tx, {row.enrolment_id for row in rows}, keys)
    versions = app.versions.get(tx, {row.version for row in rows})
    scenes = {
        row.id: _scene(app, row, people[row.patient_id], enrolled[row.enrolment_id], versions[row.version])
        for row in rows
    }
    return {message_id: scene for message_id, scene in scenes.items() if scene}


def _scene(
    app: App, message: MessageRow, person: PatientRow, enrolment: EnrolmentRow, published: Published
) -> Scene | None:
    step = published.sequence.step(message.step)
    if step is None:
        return None
    hours = hours_for(published.sequence, app.clinic.site(enrolment.site), person.patient.zone)
    bounds = Bounds(
        step=step,
        hours=replace(hours, window=ANY) if step.answers_at_once else hours,
        anchor=enrolment.anchor_at,
        expires_at=message.expires_at,
    )
    return Scene(message=message, person=person, enrolment=enrolment, published=published, step=step, bounds=bounds)


def look_locked(app: App, tx: Tx, message_id: str) -> Scene | None:
    """As `look`, with the patient locked: what is read stays so until the deed is done."""
    return look_at_all_locked(app, tx, [message_id]).get(message_id)


def look_at_all_locked(app: App, tx: Tx, message_ids: Iterable[str]) -> dict[str, Scene]:
    """As `look_at_all`, with the patients locked, in the order in which everyone locks them."""
    rows = by_staff.some(tx, message_ids)
    patients.lock(tx, {row.patient_id for row in rows.values()})
    return look_at_all(app, tx, rows, lock=True)


def write_down(tx: Tx, deed: Deed, now: datetime) -> Done:
    """The deed's line in the audit, in its own transaction."""
    (done,) = write_all_down(tx, [deed], now)
    return done


def write_all_down(tx: Tx, deeds: Sequence[Deed], now: datetime) -> list[Done]:
    """A line for each of these deeds, by which it is undone alone."""
    return [Done(number=line.number, until=now + UNDO_WITHIN) for line in audit.write_all(tx, deeds, now)]


def plan_again(app: App, tx: Tx, patient_id: str, now: datetime) -> None:
    """The plan by all that is known now. CannotPlan where that cannot be said; nothing is kept then."""
    plan_noting(app, tx, patient_id, now, None)


def plan_noting(app: App, tx: Tx, patient_id: str, now: datetime, note: Callable[[Resolved], None] | None) -> None:
    """As `plan_again`; `note` is shown what was decided."""
    try:
        failed = replan(app, tx, [patient_id], now, note=note).failed
    except CannotUnseal:
        failed = 1
    if failed:
        raise CannotPlan(patient_id)
