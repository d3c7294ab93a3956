"""The clinic that comes with drip after ten days of its sample bookings, for pictures: everybody in it is invented."""

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from drip.bookings.generic import read_events
from drip.bookings.parsed import Parsed
from drip.cli.shipped import samples, shipped
from drip.content.folder import read_folder
from drip.core.draft import SEQUENCE, Draft
from drip.core.handover import Accepted, Fault, Outcome, Refused
from drip.core.letter import Letter
from drip.core.role import Person, Role
from drip.flows import staff
from drip.flows.draft import Handing, begin, save, submit
from drip.flows.publish import InFlight, Publication, publish
from drip.flows.rehearse import rehearse
from drip.flows.staff import NewAccount
from drip.store import patients, versions
from tests.databases import sqlite_url
from tests.world import World, a_world, at

START, NOW = at("2026-06-01 07:00"), at("2026-06-18 11:05")
CHANGED = "eswt-aftercare"
PEOPLE = (
    ("Grace", "Okafor"), ("Tomasz", "Nowak"), ("Bronwen", "Pritchard"), ("Samuel", "Adeyemi"), ("Priya", "Raman"),
    ("Owen", "Hughes"), ("Maria", "Silva"), ("Jack", "Turner"), ("Aisha", "Khan"), ("Peter", "Walsh"),
    ("Helen", "Morris"), ("David", "Chen"), ("Ruth", "Cohen"), ("Liam", "Byrne"), ("Sofia", "Rossi"),
)  # fmt: skip
"""Names of those who come besides, until they are as many as a clinic has."""


def a_real_clinic() -> World:
    """Its sequences live, its patients on their way, something for staff to see to, a draft that waits for approval."""
    world = a_world(sqlite_url(), clinic=shipped("clinic.yaml").read_text())
    world.sink.name, world.sink.answer = "folder", _answer
    folder = read_folder(shipped("sequences").parent)
    how = Publication(by="Emma Lloyd", approved_by="Dr Ana Sousa", in_flight=InFlight.PIN)
    publish(world.app, folder, folder.sequences, how, START)
    told = (samples().read_bytes(), json.dumps(list(_more())).encode())
    events = [one for body in told for one in read_events(body, world.app.clinic, "demo") if isinstance(one, Parsed)]
    rehearse(world.app, events, start=START, end=NOW)
    world.reply("My calf is hot and swollen since last night", "2026-06-18 10:40", address="+447700900201")
    world.reply("Could I swap Friday for Monday?", "2026-06-18 09:20", address="+447700900202")
    world.tick("2026-06-18 11:00")
    return world


def _answer(letter: Letter) -> Outcome:
    """One address in many is out of date."""
    return Refused(Fault.ADDRESS) if "walsh" in letter.to else Accepted(f"ref-{letter.attempt_id}")


def _more() -> Iterator[dict[str, Any]]:
    """Three of them each day: a visit is booked, and most come to it; every other one is treated."""
    for number in range(40):
        first, last = PEOPLE[number % len(PEOPLE)][0], PEOPLE[(number * 7 + number // 15) % len(PEOPLE)][1]
        on = START + timedelta(days=number // 3, hours=2 + number % 3)
        patient = {
            "ref": f"p-{3000 + number}", "first_name": first, "last_name": last, "conditions": ["achilles"],
            "email": f"{first}.{last}@example.org".lower(), "phone": f"+447700900{300 + number}",
            "date_of_birth": f"{1958 + number}-03-{number % 27 + 1:02}",
        }  # fmt: skip
        yield _event("appointment.booked", number, on, patient, appointment=_visit(number, on + timedelta(days=9)))
        starts = on + timedelta(days=9)
        if number % 9 and starts < NOW:
            yield _event("appointment.attended", number, starts, patient, appointment=_visit(number, starts))
        treated = {"ref": f"t-{number}", "code": "eswt", "performed_at": (on + timedelta(hours=3)).isoformat()}
        if number % 2:
            yield _event("treatment.performed", number, on + timedelta(hours=3), patient, treatment=treated)


def _visit(number: int, starts: datetime) -> dict[str, Any]:
    return {"ref": f"b-{number}", "type": "initial", "starts_at": starts.isoformat()}


def _event(kind: str, number: int, on: datetime, patient: dict[str, Any], **told: Any) -> dict[str, Any]:
    event = {"event_id": f"{kind}-{number}", "kind": kind, "occurred_at": on.isoformat(), "patient": patient}
    return event | {"site": ("bedford", "london", "manchester")[number % 3]} | told


def change_it(world: World) -> tuple[Draft, Person]:
    """Emma Lloyd has changed when one message goes, and its words."""
    emma = staff.add(world.app, NewAccount(name="emma", full_name="Emma Lloyd", role=Role.AUTHOR), NOW).person
    draft = begin(world.app, CHANGED, emma, NOW - timedelta(hours=1))
    files = dict(draft.files)
    for path, was, now in (
        (SEQUENCE, "after: 14d", "after: 11d"),
        (SEQUENCE, "2026-06-29T09:30", "2026-06-26T09:30"),
        (f"{CHANGED}/what-to-expect.sms.txt", "change may take weeks", "a change can take weeks"),
    ):
        assert was in files[path], path
        files[path] = files[path].replace(was, now)
    kept = save(world.app, draft.id, files, draft.edit, emma, NOW - timedelta(minutes=40))
    assert isinstance(kept, Draft)
    return kept, emma


def hand_in(world: World, draft: Draft, emma: Person) -> None:
    """With a word to whoever approves it."""
    with world.store.read() as tx:
        live = versions.live(tx)[CHANGED]
    note = "Many ask about it before two weeks are over: this comes in time."
    handed = submit(world.app, draft.id, Handing(saw=draft.edit, note=note, over=live), emma, NOW)
    assert isinstance(handed, Draft), handed


def who(world: World, ref: str) -> str:
    """The id of the patient whom the booking system calls this."""
    with world.store.read() as tx:
        (row,) = patients.find(tx, ref)
    return row.id
