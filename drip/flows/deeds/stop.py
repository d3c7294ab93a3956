"""A patient told a member of staff that they want no more texts or emails: as good as their own STOP."""

from collections.abc import Collection
from datetime import datetime
from zoneinfo import ZoneInfo

from drip.app import App
from drip.core.by_staff import Obstacle, Refused
from drip.core.clinic import hours_for
from drip.core.model import Channel
from drip.core.reason import Reason
from drip.core.walltime import local_date
from drip.flows.deeds.memory import Partly, patient_of
from drip.flows.deeds.scene import CannotPlan, Done, plan_again, write_down
from drip.store import addresses, blind, by_staff, enrolments, patients
from drip.store.audit import Deed, Line
from drip.store.by_staff import ContactWas
from drip.store.database import REFUSED, Tx
from drip.store.patients import PatientRow
from drip.store.vault import CannotUnseal

DEED = "patient_stopped"


def stop(app: App, patient_id: str, channels: Collection[Channel], by: str, now: datetime) -> Done | Refused:
    """Nothing more goes to these addresses of theirs, for anyone who is reached there. No confirmation is sent.

    What the booking system has told us and nobody has read yet counts: perhaps they have another address by now. Where
    that cannot be read, those that are known are closed all the same.
    """

    def as_told_by_now(tx: Tx) -> Done | Refused:
        patients.lock(tx, [patient_id])
        plan_again(app, tx, patient_id, now)
        return _stop(app, tx, (patient_id, channels), by, now)

    try:
        return app.store.attempt(as_told_by_now)
    except (CannotPlan, *REFUSED):
        return app.store.attempt(lambda tx: _stop(app, tx, (patient_id, channels), by, now))


def _stop(app: App, tx: Tx, what: tuple[str, Collection[Channel]], by: str, now: datetime) -> Done | Refused:
    patient_id, channels = what
    patients.lock(tx, [patient_id])
    row = patients.load(tx, [patient_id]).get(patient_id)
    contacts = _contacts(app, tx, row, now) if row else {}
    wanted = {channel: contact for channel, contact in contacts.items() if channel in channels}
    if not wanted:
        return Refused(Obstacle.NO_ADDRESS)
    addresses.ensure(tx, {contact: channel for channel, contact in wanted.items()})
    closed = {one.contact_id: one for one in by_staff.stop(tx, list(wanted.values()), now)}
    if not closed:
        return Refused(Obstacle.STOPPED_ALREADY)
    told = {channel.value: _told(closed[contact]) for channel, contact in wanted.items() if contact in closed}
    deed = Deed(who=by, deed=DEED, about=f"patient:{patient_id}", detail={"closed": told})
    return write_down(tx, deed, now)


def _contacts(app: App, tx: Tx, row: PatientRow, at: datetime) -> dict[Channel, str]:
    """Where they are reached on the day that it is where they are treated: until they turn sixteen, at a carer's."""
    today = row.patient.addresses(local_date(at, _zone(app, tx, row)))
    return {channel: blind.blind_address(tx.vault, channel, address) for channel, address in today.items()}


def _zone(app: App, tx: Tx, row: PatientRow) -> ZoneInfo:
    """The clock that decides for what they were enrolled in last, as it does when a message goes; else the clinic's."""
    try:
        rows = enrolments.of_patients(tx, {row.id: row.data_key})[row.id]
    except CannotUnseal:  # nobody is kept from stopping by that
        return app.clinic.zone
    if not rows:
        return app.clinic.zone
    last = max(rows, key=lambda one: (one.state == enrolments.ACTIVE, one.enrolled_at))
    sequence = app.versions.get(tx, {last.version})[last.version].sequence
    return hours_for(sequence, app.clinic.site(last.site), row.patient.zone).zone


def _told(one: ContactWas) -> dict[str, str | None]:
    """Which address it was is not told: it is looked up again."""
    changed_at = one.changed_at.isoformat() if one.changed_at else None
    return {"was": one.closed.value, "changed_at": changed_at, "since": one.since.isoformat()}


def take_back(app: App, tx: Tx, line: Line, _: str, __: datetime) -> Refused | Partly | None:
    """Only what staff closed, and only while nobody has said stop since."""
    patient_id = patient_of(line)
    row = patients.load(tx, [patient_id])[patient_id]
    contacts = _contacts(app, tx, row, line.at)
    addresses.lock(tx, contacts.values())
    closed = []
    for name, told in line.deed.detail["closed"].items():
        contact = contacts.get(Channel(name))
        if contact is None or not by_staff.unstop(tx, _as_it_was(contact, told)):
            closed.append(Channel(name))
    if len(closed) == len(line.deed.detail["closed"]):
        return Refused(Obstacle.CHANGED_SINCE)
    return Partly(tuple(closed)) if closed else None


def _as_it_was(contact: str, told: dict[str, str | None]) -> ContactWas:
    changed_at, since = told["changed_at"], told["since"] or ""
    return ContactWas(
        contact_id=contact,
        closed=Reason(told["was"] or ""),
        changed_at=datetime.fromisoformat(changed_at) if changed_at else None,
        since=datetime.fromisoformat(since),
    )
