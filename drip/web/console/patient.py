"""One patient: who they are, what became of every message, and what can be done about the next ones."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from drip.core.by_staff import UNDO_WITHIN
from drip.core.lifecycle import State
from drip.core.model import Channel
from drip.core.role import Permission
from drip.core.walltime import local_date
from drip.flows.called import name_of
from drip.flows.deeds.counted import Counted, counted_from
from drip.flows.deeds.end import Whose
from drip.flows.deeds.undo import undoable
from drip.flows.held_back import held_back
from drip.flows.story import Line, Story, named, tell
from drip.store import accounts, addresses, audit, enrolments, patient_pauses, records, replies
from drip.store.audit import Deed
from drip.store.database import Tx
from drip.store.enrolments import EnrolmentRow
from drip.store.patients import STAFF, PatientRow
from drip.web.console import when
from drip.web.console.door import Door
from drip.web.console.patient_facts import STANDINGS, consents, facts
from drip.web.console.theirs import NOBODY, theirs
from drip.web.console.visit import Page, Visit


def add_to(door: Door) -> None:
    """This page."""
    door.page("/console/patients/{id}", Permission.SEE, _patient)


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """One line of the story, and what can be done about it."""

    line: Line
    far: str
    can_change: bool
    """Its message has not gone."""
    has_words: bool
    """Its message was worded, and its words are kept."""
    held: str
    """What holds its message back as things stand; empty where nothing does."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """Some of the story."""

    id: str
    title: str
    lines: Sequence[Told]


@dataclass(frozen=True, slots=True, kw_only=True)
class Following:
    """A sequence that the patient is in."""

    id: str
    title: str
    since: str
    counts_from: str
    can_redate: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Undo:
    """Something that was done just now."""

    number: int
    sentence: str = field(repr=False)
    who: str
    until: datetime


def _patient(visit: Visit) -> Page:
    with visit.app.store.write() as tx:  # that somebody read it is written down
        row = theirs(visit, tx, visit.path["id"])
        if row is None:
            return NOBODY
        audit.write(tx, Deed(who=visit.person.id, deed="patient_read", about=f"patient:{row.id}"), visit.now)
    with visit.app.store.read() as tx:  # a story is long: nobody waits meanwhile to write
        story = tell(visit.app, tx, row)
        values = {**_who(visit, tx, row, story), **_what(visit, tx, row, story)}
    return Page(name="patient", values=values)


def _who(visit: Visit, tx: Tx, row: PatientRow, story: Story) -> Mapping[str, object]:
    closed = {channel: reason for channel, reason, _ in addresses.closed(tx, row.contacts)}
    clinic = visit.app.clinic
    return {
        "id": row.id,
        "ref": story.patient,
        "name": name_of(row) or story.patient,
        "facts": list(facts(row, _seen(visit, story), closed, (clinic, visit.now))),
        "shared": [(_ROADS[channel], number) for channel, number in _shared(tx, row)],
        "consents": consents(row.patient, clinic),
        "standing": STANDINGS.get(row.patient.standing, ""),
        "is_staff": row.source == STAFF,
        "tasks": len(records.open_tasks(tx, row.id)),
    }


def _seen(visit: Visit, story: Story) -> Sequence[EnrolmentRow]:
    """A site of theirs that this person does not see is not named."""
    return [one for one in story.enrolled if visit.person.sees(one.site)]


_ROADS = {Channel.EMAIL: "email address", Channel.SMS: "mobile number"}


def _shared(tx: Tx, row: PatientRow) -> Iterator[tuple[Channel, int]]:
    """With how many others each address is shared: what stops there stops for them as well."""
    people = replies.at_contacts(tx, set(row.contacts.values()))
    for channel, contact in row.contacts.items():
        others = set(people.get(contact, ())) - {row.id}
        if others:
            yield channel, len(others)


def _what(visit: Visit, tx: Tx, row: PatientRow, story: Story) -> Mapping[str, object]:
    names = accounts.names(tx)
    planned = [one for one in story.messages if one.state == State.PLANNED]
    held = held_back(visit.app, tx, row, planned, visit.now)
    ahead = [one.due_at for one in planned if one.id not in held]
    return {
        "zone": story.zone,
        "next": when.at_length(min(ahead), visit.now, story.zone) if ahead else "",
        "waits": sorted(set(held.values())),
        "has_red_flag": bool(records.with_open(tx, records.RED_FLAG, [row.id])),
        "parts": _parts(story, held, visit.now),
        "following": list(_following(visit, tx, row, story)),
        "pause": _pause(visit, tx, row, names),
        "undos": list(_undos(visit, tx, story, (row.id, names))),
    }


def _parts(story: Story, held: Mapping[str, str], now: datetime) -> Sequence[Part]:
    """What is today, what is still to come, and what was: the newest first, for that is mostly asked for."""
    today = local_date(now, story.zone)
    by_day = [(local_date(one.at, story.zone), _told(one, story, held, now)) for one in story.lines]
    return [
        Part(id="today", title="Today", lines=[told for day, told in by_day if day == today]),
        Part(id="planned", title="Planned", lines=[told for day, told in by_day if day > today]),
        Part(
            id="before",
            title="Until yesterday, newest first",
            lines=[told for day, told in reversed(by_day) if day < today],
        ),
    ]


def _told(line: Line, story: Story, held: Mapping[str, str], now: datetime) -> Told:
    message = line.message
    return Told(
        line=line,
        far=when.distance(line.at, now, story.zone),
        can_change=message is not None and message.state in (State.PLANNED, State.CLAIMED),
        has_words=message is not None and message.attempts > 0,
        held=held.get(message.id, "") if message else "",
    )


def _following(visit: Visit, tx: Tx, row: PatientRow, story: Story) -> Iterator[Following]:
    for one in story.enrolled:
        if one.state != enrolments.ACTIVE:
            continue
        counted = counted_from(visit.app, tx, Whose(person=row, enrolment=one), visit.now)
        yield Following(
            id=one.id,
            title=story.titles[one.version],
            since=when.full(one.enrolled_at, visit.now, story.zone),
            counts_from=_counts_from(counted, one.anchor_at, story, visit.now),
            can_redate=counted is not None,
        )


def _counts_from(counted: Counted | None, anchor_at: datetime | None, story: Story, now: datetime) -> str:
    at, zone = (counted.at, counted.zone) if counted else (anchor_at, story.zone)
    return when.at_length(at, now, zone) if at else "a date that nobody has told us yet"


def _pause(visit: Visit, tx: Tx, row: PatientRow, names: Mapping[str, str]) -> str:
    """By whom, since when and until when nothing goes; empty while it does."""
    pause = patient_pauses.of(tx, [row.id], visit.now).get(row.id)
    if pause is None:
        return ""
    zone = visit.app.clinic.zone
    until = f"until {when.full(pause.until, visit.now, zone)}" if pause.until else "until somebody resumes them"
    who = names.get(pause.who, "a colleague")
    return f"{who} paused them on {when.full(pause.paused_at, visit.now, zone)}, {until}."


_DID = {
    "message_skipped": "The {message} was left out",
    "message_moved": "The {message} was moved",
    "patient_stopped": "“Asked us to stop” was written down",
    "sequence_ended": "“{sequence}” was ended for this patient",
}


def _undos(visit: Visit, tx: Tx, story: Story, whose: tuple[str, Mapping[str, str]]) -> Iterator[Undo]:
    patient_id, names = whose
    messages = {one.id: named(one) for one in story.messages}
    titles = {one.sequence: story.titles[one.version] for one in story.enrolled}
    for line in undoable(tx, patient_id, visit.now):
        told = line.deed.detail
        about = {
            "message": messages.get(told.get("message", ""), "message"),
            "sequence": titles.get(told.get("sequence", ""), "A sequence"),
        }
        yield Undo(
            number=line.number,
            sentence=_DID[line.deed.deed].format(**about),
            who=names.get(line.deed.who, "a colleague"),
            until=line.at + UNDO_WITHIN,
        )
