"""What events by hand would come to, before anybody confirms them: the real flow, in a transaction that is undone."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from zoneinfo import ZoneInfo

from drip.app import App, Published
from drip.core.asked import asked
from drip.core.clinic import Clinic, hours_for
from drip.core.lifecycle import State
from drip.core.model import Channel, Purpose
from drip.core.patient import Patient
from drip.core.plan import Wanted
from drip.core.reason import Reason
from drip.core.task import Task
from drip.core.walltime import local_date
from drip.flows.by_hand import Entry, put_by_hand
from drip.flows.enrol import PATIENTS_AT_ONCE, replan
from drip.flows.resolve import Resolved
from drip.store import addresses, identities, patients
from drip.store.blind import blind_identity
from drip.store.bulk import chunks
from drip.store.database import Tx
from drip.store.enrolments import ACTIVE, ENDED, EnrolmentRow


@dataclass(frozen=True, slots=True, kw_only=True)
class Ahead:
    """One message as it would be planned."""

    at: datetime
    channel: Channel
    step: str
    goes: bool
    why: str
    """Why it would not go, as a sentence; empty where nothing stands against it now."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Joined:
    """A sequence that the patient would join."""

    enrolment: str
    """The same for each event of the patient's that leads to it."""
    patient: str
    sequence: str
    title: str
    zone: ZoneInfo
    messages: tuple[Ahead, ...]
    """In the order of their times."""
    is_approved: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlook:
    """What one event would come to."""

    is_known: bool
    """It was taken in before: nothing happens again."""
    joins: tuple[Joined, ...] = ()
    ends: tuple[str, ...] = ()
    """What it would end, and why: sentences."""
    stays: tuple[str, ...] = ()
    """Titles of what the patient is in already, and stays in."""
    asks: tuple[str, ...] = ()
    """What staff would be asked: sentences."""
    warnings: tuple[str, ...] = ()
    also: tuple[str, ...] = field(default=(), repr=False)
    """Other records (ids) of the same name and date of birth."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Seen:
    """What there is to know once all is planned."""

    clinic: Clinic
    versions: Mapping[str, Published]
    closed: Mapping[str, Mapping[Channel, Reason]]
    namesakes: Mapping[str, Sequence[str]]


def foresee(app: App, entries: Sequence[Entry], now: datetime) -> list[Outlook]:
    """For each event what it would come to now. Nothing of it remains.

    A few patients at a time: while they are planned nothing can go to them, and on SQLite nobody else can write.
    """
    of_patient: dict[str, list[int]] = {}
    for number, one in enumerate(entries):
        of_patient.setdefault(one.patient_id or one.parsed.patient_ref, []).append(number)
    found: dict[int, Outlook] = {}
    for some in chunks(list(of_patient.values()), PATIENTS_AT_ONCE):
        numbers = [number for of_one in some for number in of_one]
        outlooks = _foresee_some(app, [entries[number] for number in numbers], now)
        found |= dict(zip(numbers, outlooks, strict=True))
    return [found[number] for number in range(len(entries))]


def _foresee_some(app: App, entries: Sequence[Entry], now: datetime) -> list[Outlook]:
    resolved: dict[str, Resolved] = {}

    def note(one: Resolved) -> None:
        resolved[one.known.row.id] = one

    with app.store.rehearse() as store, store.write() as tx:
        put = put_by_hand(tx, entries, now)
        replan(app, tx, sorted({patient_id for patient_id, _ in put}), now, note=note)
        seen = _look(app, tx, resolved)
    return [_outlook(resolved.get(patient_id), seen, now, is_new=is_new) for patient_id, is_new in put]


def _look(app: App, tx: Tx, resolved: Mapping[str, Resolved]) -> _Seen:
    rows = [row for one in resolved.values() for row in (*one.known.enrolments, *one.new)]
    people = patients.load(tx, resolved)
    names = {one: blind_identity(tx.vault, row.patient.facts) for one, row in people.items()}
    same = identities.with_identity(tx, {name for name in names.values() if name})
    shut = addresses.closed_of(tx, {one: row.contacts for one, row in people.items()})
    return _Seen(
        clinic=app.clinic,
        versions=app.versions.get(tx, {row.version for row in rows}),
        closed=shut,
        namesakes={
            one: [other.id for other in same if other.identity == name and other.id != one]
            for one, name in names.items()
        },
    )


def _outlook(resolved: Resolved | None, seen: _Seen, now: datetime, *, is_new: bool) -> Outlook:
    if not is_new or resolved is None or not resolved.moments:
        return Outlook(is_known=not is_new)
    patient_id, patient = resolved.known.row.id, resolved.moments[-1].patient
    joins = tuple(_joined(row, resolved, patient, seen, now) for row in resolved.new)
    changed = {row.id: row for row in resolved.changed}
    now_as = [changed.get(row.id, row) for row in resolved.known.enrolments]
    was = {row.id: row.state for row in resolved.known.enrolments}
    titles = {row.id: seen.versions[row.version].sequence.title for row in now_as}
    zones = [_zone(row, patient, seen) for row in resolved.new]
    today = local_date(now, zones[0] if zones else seen.clinic.zone)
    ended = [row for row in now_as if row.state == ENDED and was[row.id] == ACTIVE]
    return Outlook(
        is_known=False,
        joins=joins,
        ends=tuple(f"“{titles[row.id]}” ends: {row.reason.sentence}." for row in ended),
        stays=tuple(dict.fromkeys(titles[row.id] for row in now_as if row.state == ACTIVE)),
        asks=tuple(dict.fromkeys(_asks(task) for task in resolved.tasks)),
        warnings=(
            *_twice(joins, {row.sequence for row in now_as if row.state == ACTIVE}),
            *_warnings(joins, patient, seen.closed[patient_id], today),
        ),
        also=tuple(seen.namesakes[patient_id]),
    )


def _asks(task: Task) -> str:
    return f"{asked(task.kind.value).story}{f' ({task.detail})' if task.detail else ''}"


def _joined(row: EnrolmentRow, resolved: Resolved, patient: Patient, seen: _Seen, now: datetime) -> Joined:
    version = seen.versions[row.version]
    new = [one for plan in resolved.plans if plan.enrolment_id == row.id for one in plan.changes.new]
    closed, today = seen.closed[row.patient_id], local_date(now, _zone(row, patient, seen))
    messages = [_ahead(one, _why_not(one, patient, closed, seen.clinic, today)) for one in new]
    return Joined(
        enrolment=row.id,
        patient=row.patient_id,
        sequence=row.sequence,
        title=version.sequence.title,
        zone=seen.clinic.site(row.site).zone,
        messages=tuple(sorted(messages, key=lambda one: one.at)),
        is_approved=version.is_approved,
    )


def _zone(row: EnrolmentRow, patient: Patient, seen: _Seen) -> ZoneInfo:
    """The clock that decides which day it is when its messages go."""
    return hours_for(seen.versions[row.version].sequence, seen.clinic.site(row.site), patient.zone).zone


def _ahead(wanted: Wanted, why: str) -> Ahead:
    goes = wanted.state is State.PLANNED and not why
    return Ahead(at=wanted.due_at, channel=wanted.channel, step=wanted.step, goes=goes, why=why)


def _why_not(wanted: Wanted, patient: Patient, closed: Mapping[Channel, Reason], clinic: Clinic, today: date) -> str:
    """What stands against a message by what is known now. The gate looks again when it goes."""
    if wanted.state is not State.PLANNED:
        return wanted.reason.sentence
    if wanted.channel in closed:
        return closed[wanted.channel].sentence
    if not patient.address(wanted.channel, today):
        return Reason.NO_ADDRESS.sentence
    agreed = patient.consents(Purpose(wanted.purpose), wanted.channel, clinic.consent_by_default)
    return "" if agreed else Reason.NO_CONSENT.sentence


def _twice(joins: Sequence[Joined], under_way: set[str]) -> Iterator[str]:
    """The booking system may have told of the same visit under a number of its own."""
    for one in joins:
        if one.sequence in under_way:
            yield f"They are in “{one.title}” already and would be in it twice. Is this the visit that it is about?"


def _warnings(
    joins: Sequence[Joined], patient: Patient, closed: Mapping[Channel, Reason], today: date
) -> Iterator[str]:
    told = {Channel.EMAIL: "email address", Channel.SMS: "phone number"}
    if patient.is_child_on(today) and not patient.has_carer():
        yield "The patient is under 16 and no parent or carer can be reached: nothing goes until one is known."
    elif not patient.addresses(today):
        yield "There is no email address and no phone number: nothing can reach this patient."
    for channel, reason in closed.items():
        yield f"Nothing goes to this {told[channel]}: {reason.sentence}."
    for one in joins:
        if not one.is_approved:
            yield f"“{one.title}” waits: {Reason.AWAITING_APPROVAL.sentence}."
