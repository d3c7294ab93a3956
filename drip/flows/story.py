"""A patient's whole story, in sentences: what we were told, what they were enrolled in, every message and why."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from zoneinfo import ZoneInfo

from drip.app import App, Published
from drip.core.asked import asked
from drip.core.choice import in_words
from drip.core.clinic import Clinic
from drip.core.event import Event, replay
from drip.core.interlock import STEROID, SURGERY, holds
from drip.core.lifecycle import State
from drip.core.model import Channel, EventKind, Kind
from drip.core.patient import Patient, time_in
from drip.core.reason import Reason
from drip.core.spoken import message_name
from drip.flows.resolve import event_of
from drip.flows.titles import Titles
from drip.store import addresses, enrolments, events, records, task_list, task_notes, views
from drip.store import versions as stored_versions
from drip.store.database import Tx
from drip.store.enrolments import EnrolmentRow
from drip.store.patients import PatientRow
from drip.store.records import TaskRow
from drip.store.task_list import DoneTask
from drip.store.task_notes import Note
from drip.store.views import MessageView


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """Something that happened, is happening or will."""

    at: datetime
    kind: str
    """event, enrolment, message or task."""
    sentence: str = field(repr=False)
    message: MessageView | None = None
    """The message that it speaks of."""
    notes: tuple[str, ...] = field(default=(), repr=False)
    """What the clinic's people wrote down about it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """Everything there is to say about one patient, oldest first."""

    patient: str = field(repr=False)
    zone: ZoneInfo
    lines: tuple[Line, ...]
    messages: tuple[MessageView, ...]
    enrolled: tuple[EnrolmentRow, ...]
    titles: Mapping[str, str]
    """Of each version: what its sequence is called."""


def tell(app: App, tx: Tx, patient: PatientRow) -> Story:
    """The story of one patient."""
    # Gather
    keys = {patient.id: patient.data_key}
    told = events.histories(tx, keys)[patient.id]
    enrolled = enrolments.of_patients(tx, keys)[patient.id]
    messages = views.list_messages(tx, patient_ids=[patient.id])
    versions = app.versions.get(tx, {row.version for row in enrolled})
    numbers = stored_versions.numbers(tx, versions)
    done = task_list.done_by_people(tx, patient.id)
    # Decide
    zone = app.clinic.site(enrolled[0].site if enrolled else None).zone
    closed = addresses.closed(tx, patient.contacts)
    titles = {version: one.sequence.title for version, one in versions.items()}
    by_sequence = Titles({row.sequence: titles[row.version] for row in enrolled})
    history = [one.event for one in replay(map(event_of, told), app.clinic.treatment_types)]
    lines = [
        *_events(history, app.clinic, zone),
        *_enrolments(enrolled, titles, (numbers, zone)),
        *_messages(messages, by_sequence, {channel: reason for channel, reason, _ in closed}),
        *_tasks(records.open_tasks(tx, patient.id)),
        *_done(done, task_notes.of_tasks(tx, [one.task for one in done], keys)),
        *_held(patient.patient, app.clinic, versions),
        *_closed(closed),
    ]
    return Story(
        patient=patient.ref,
        zone=zone,
        lines=tuple(sorted(lines, key=lambda line: (line.at, _ORDER[line.kind]))),
        messages=tuple(messages),
        enrolled=tuple(enrolled),
        titles=titles,
    )


_ORDER = {"event": 0, "enrolment": 1, "task": 2, "message": 3}

_TOLD = {
    EventKind.BOOKED: "the appointment was booked{visit}",
    EventKind.RESCHEDULED: "the appointment was moved{visit}",
    EventKind.CANCELLED: "the appointment was cancelled",
    EventKind.ATTENDED: "the patient came to the appointment",
    EventKind.NO_SHOW: "the patient did not come to the appointment",
    EventKind.TREATMENT_PERFORMED: "a treatment was given ({treatment})",
    EventKind.PROGRAMME_STARTED: "a programme was started ({programme})",
    EventKind.PROGRAMME_ENDED: "a programme was ended ({programme})",
    EventKind.PATIENT_UPDATED: "the patient's details changed",
    EventKind.DISCHARGED: "the patient was discharged",
    EventKind.DECEASED: "the patient has died",
    EventKind.MERGED: "the record was merged into another one",
    EventKind.ERASED: "the record was erased",
    EventKind.ENROLMENT_ENDED: "a sequence came to its end",
    EventKind.REPLY_STOP: "the patient asked us to stop",
    EventKind.REPLY_START: "the patient wants to hear from us again",
    EventKind.REPLY_HELP: "the patient asked for help",
    EventKind.REPLY_RED_FLAG: "a reply holds words that must not wait",
    EventKind.REPLY_ANSWER: "the patient answered “{question}” with {value}",
    EventKind.REPLY_CHOICE: "the patient chose on their own page ({choice})",
    EventKind.STAFF_ALERT: "the clinic's staff had to be told something",
    EventKind.STAFF_ENDED: "a sequence is to end for this patient",
    EventKind.STAFF_RESUMED: "a sequence is to go on for this patient",
}


def _events(history: Sequence[Event], clinic: Clinic, zone: ZoneInfo) -> Iterator[Line]:
    for event in history:
        starts = time_in(event.appointment, "starts_at")
        site = clinic.site(event.site)
        visit = f" for {when(starts, site.zone)} at {site.name}" if starts else ""
        if event.withdrawn:
            continue  # it never happened, and nobody told us that it did
        told = _TOLD.get(event.kind, event.kind.value).format(
            visit=visit,
            treatment=event.treatment.get("code"),
            programme=event.programme.get("code"),
            question=event.reply.get("question"),
            value=event.reply.get("value"),
            choice=in_words(event.choice),
        )
        yield Line(at=event.occurred_at, kind="event", sentence=f"{_who_said(event)} that {told}.")


def _who_said(event: Event) -> str:
    if event.staff:
        return "A member of staff wrote down"
    return "The type of the visit says" if event.is_derived else "We were told"


def _enrolments(
    rows: Sequence[EnrolmentRow], titles: Mapping[str, str], told: tuple[Mapping[str, int], ZoneInfo]
) -> Iterator[Line]:
    numbers, zone = told
    for row in rows:
        title = titles[row.version]
        counting = f", counting from {when(row.anchor_at, zone)}" if row.anchor_at else ""
        sentence = f"Enrolled in “{title}” (version {numbers[row.version]}){counting}."
        yield Line(at=row.enrolled_at, kind="enrolment", sentence=sentence)
        if row.state == enrolments.ENDED and row.ended_at:
            why = f"“{title}” ended: {row.reason.sentence}."
            yield Line(at=max(row.ended_at, row.enrolled_at), kind="enrolment", sentence=why)
        elif row.ended_at:
            done = f"“{title}” came to its end: nothing is left to send."
            yield Line(at=row.ended_at, kind="enrolment", sentence=done)


_DONE = {
    "planned": "{what} is planned",
    "claimed": "{what} is being prepared",
    "in_flight": "{what} is on its way to the provider",
    "unknown": "{what} may or may not have gone; we are finding out",
    "held": "{what} waits for a person",
    "accepted": "{what} was handed to {provider}",
    "sent": "{what} was sent",
    "delivered": "{what} was delivered",
    "undelivered": "{what} was not delivered",
    "failed": "{what} could not be sent",
    "cancelled": "{what} was cancelled",
    "superseded": "{what} was replaced",
    "suppressed": "{what} was held back",
    "skipped": "{what} was skipped",
    "expired": "{what} expired",
    "invalid": "{what} could not be worded",
}


def _messages(
    messages: Sequence[MessageView], titles: Mapping[str, str], closed: Mapping[Channel, Reason]
) -> Iterator[Line]:
    for one in messages:
        told = _DONE[one.state].format(what=f"The {named(one)} of “{titles[one.sequence]}”", provider=one.provider)
        why = Reason(one.reason).sentence
        says = f"{told}{': ' + why if why else ''}."
        if one.state == State.PLANNED and Channel(one.channel) in closed:
            says += f" As things stand nothing goes there: {closed[Channel(one.channel)].sentence}."
        yield Line(at=one.accepted_at or one.due_at, kind="message", sentence=says, message=one)


def named(one: MessageView) -> str:
    """What a message is called: `text “Red flags day 3”, no. 2,`."""
    name = message_name(Channel(one.channel), one.step, one.occurrence)
    return f"{name}," if one.occurrence > 1 else name


_HELD = {SURGERY: "an operation", STEROID: "a steroid injection"}


def _held(patient: Patient, clinic: Clinic, versions: Mapping[str, Published]) -> Iterator[Line]:
    """From when until when a fact with a date holds loading exercises back, where the patient is told of any."""
    loading = any(one.sequence.kind is Kind.LOADING for one in versions.values())
    for hold in holds(patient, clinic.interlocks) if loading else ():
        if hold.since:
            says = f"From here on loading exercises are held back: {_HELD[hold.name]}."
            yield Line(at=hold.since, kind="event", sentence=says)
        if hold.until:
            says = f"From here on {_HELD[hold.name]} no longer holds loading exercises back."
            yield Line(at=hold.until, kind="event", sentence=says)


def _closed(closed: Sequence[tuple[Channel, Reason, datetime]]) -> Iterator[Line]:
    """Addresses that nothing is sent to any more, whatever is still planned."""
    for channel, reason, at in closed:
        what = "texts" if channel is Channel.SMS else "emails"
        yield Line(at=at, kind="task", sentence=f"No more {what} go to this patient: {reason.sentence}.")


def _tasks(tasks: Sequence[TaskRow]) -> Iterator[Line]:
    for task in tasks:
        yield Line(at=task.raised_at, kind="task", sentence=asked(task.kind).story)


def _done(tasks: Sequence[DoneTask], notes: Mapping[str, Sequence[Note]]) -> Iterator[Line]:
    """What a person did for this patient beside the messages, and what was written down about it."""
    for task in tasks:
        if says := asked(task.task.kind).done:
            written = tuple(note.words for note in notes.get(task.task.id, ()))
            yield Line(at=task.done_at, kind="task", sentence=f"{says} ({task.done_by}).", notes=written)


def when(at: datetime, zone: ZoneInfo) -> str:
    """`Thu 11 Jun 2026 10:00`, on the zone's clock."""
    local = at.astimezone(zone)
    return f"{local:%a} {local.day} {local:%b %Y %H:%M}"
