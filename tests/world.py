"""A small clinic in memory: its sequences, its patients' events, a provider that remembers. Tests state the unusual."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import count
from pathlib import Path
from typing import Any

from drip.app import App, Limits
from drip.bookings.generic import read_events
from drip.bookings.parsed import Parsed
from drip.clock import now as real_now
from drip.content.clinic_file import load_clinic
from drip.content.folder import Folder, LoadedFile
from drip.content.sequence_file import load_sequence
from drip.core.ability import Ability
from drip.core.clinic import Clinic
from drip.core.evidence import Lost, Trace
from drip.core.handover import Accepted, Evidence, Outcome
from drip.core.letter import Letter
from drip.core.lifecycle import State
from drip.core.model import Channel
from drip.core.news import Callback, News, Receipt, Reply
from drip.flows.publish import Publication, Result, publish
from drip.flows.receive import take_news
from drip.flows.take_in import TakenIn, take_in
from drip.flows.tick import Counts, tick
from drip.store import addresses, blind, views
from drip.store.database import Store, open_store
from drip.store.views import MessageView

KEY = ("test", bytes(range(32)))

CLINIC = """
clinic: {name: Harbour Clinic, phone: "+441234380345", email: care@example.org, website: https://example.org,
         timezone: Europe/London, country: GB, subdivision: ENG}
senders: {email: {name: Harbour Clinic, address: care@example.org}, sms: {from: Harbour}}
sites:
  - {id: quay, name: Quay Street, address: [1 Quay Street], phone: "+441234380345"}
"""

ADVICE = """
sequence: advice
title: After your first visit
purpose: care
kind: education
enrol: {on: appointment.attended}
anchor: appointment
steps:
  - {id: hello, after: 3h, email: hello}
  - {id: nudge, after: 1d, at: "10:00", sms: nudge}
  - {id: later, after: 7d, at: "09:30", email: later}
review: {author: A. Writer, approved_by: B. Reader, review_due: 2037-01-01}
"""

REMINDERS = """
sequence: reminders
title: Before your visit
purpose: service
kind: service
enrol: {on: [appointment.booked, appointment.rescheduled]}
anchor: appointment
ends: {on: [appointment.attended]}
steps:
  - {id: prepare, before: 3d, at: "10:00", email: prepare}
  - {id: tomorrow, before: 1d, at: "09:00", sms: tomorrow}
review: {author: A. Writer, approved_by: B. Reader, review_due: 2037-01-01}
"""

LAYOUT = (Path(__file__).parent.parent / "templates" / "layouts" / "email.mjml").read_text()


def at(text: str) -> datetime:
    """`2026-06-11 10:00` on London's summer clock, unless an offset is given."""
    told = datetime.fromisoformat(text)
    return (told if told.tzinfo else told.replace(tzinfo=UTC) - timedelta(hours=1)).astimezone(UTC)


def templates_for(*sequences: str) -> dict[str, str]:
    """Simple words for every template that these sequences name."""
    sources = {"layouts/email.mjml": LAYOUT}
    for text in sequences:
        sequence, findings = load_sequence("test.yaml", text.encode())
        assert sequence, findings
        for step in sequence.steps:
            if step.email:
                source = f"---\nsubject: About {step.id}\npreheader: A note\n---\nHello {{{{ patient.first_name }}}}.\n"
                sources[f"{sequence.id}/{step.email}.email.md"] = source
            if step.sms:
                words = "{{ patient.first_name }}, Harbour Clinic here: " + step.id
                sources[f"{sequence.id}/{step.sms}.sms.txt"] = words
    return sources


@dataclass
class Sink:
    """A provider that remembers what it was handed, and answers as it is told to."""

    answer: Callable[[Letter], Outcome] | None = None
    name: str = "sink"
    channels: frozenset[Channel] = frozenset(Channel)
    reaches_people: bool = False
    is_remote: bool = False
    gives_receipts: bool = False
    letters: list[Letter] = field(default_factory=list)
    evidence: Evidence = Evidence.CANNOT_TELL

    def hand_over(self, letter: Letter) -> Outcome:
        """Remember, then answer."""
        self.letters.append(letter)
        return self.answer(letter) if self.answer else Accepted(f"ref-{letter.attempt_id}")

    @property
    def ability(self) -> Ability:
        """It keeps a list where the test says what is on it."""
        return Ability(
            reaches_people=self.reaches_people,
            is_remote=self.is_remote,
            gives_receipts=self.gives_receipts,
            keeps_a_list=self.evidence is not Evidence.CANNOT_TELL,
        )

    def find(self, lost: Lost) -> Sequence[Trace] | None:
        """Whatever the test says."""
        went = self.evidence is Evidence.WENT
        return [Trace(ref=f"ref-{lost.attempt_id}", attempt_id=lost.attempt_id)] if went else []

    def hear(self, callback: Callback) -> News | None:
        """It never calls back."""
        return None

    def close(self) -> None:
        """Nothing to let go of."""


@dataclass
class World:
    """One clinic with a database, ready to be told things."""

    app: App
    sink: Sink
    sources: dict[str, str]
    _numbers: Iterator[int] = field(default_factory=lambda: count(1))

    @property
    def store(self) -> Store:
        """The database."""
        return self.app.store

    def publish(self, *texts: str, now: str = "2026-06-01 08:00", **how: Any) -> list[Result]:
        """Make these sequences live."""
        files = []
        for text in texts:
            sequence, findings = load_sequence("test.yaml", text.encode())
            assert sequence, findings
            files.append(LoadedFile(path=f"sequences/{sequence.id}.yaml", text=text, sequence=sequence))
        self.sources |= {path: text for path, text in templates_for(*texts).items() if path not in self.sources}
        folder = Folder(home=Path("."), clinic=self.app.clinic, sequences=(), sources=self.sources, findings=())
        return publish(self.app, folder, files, Publication(by="A", approved_by="B", **how), at(now))

    def apart(self, store: Store) -> "World":
        """The same clinic on another store, such as one that takes everything back."""
        app = replace(self.app, store=store, versions=self.app.versions.apart())
        return replace(self, app=app, sources=dict(self.sources))

    def tell(self, *events: Mapping[str, Any], now: str | None = None) -> TakenIn:
        """The booking system tells us something; it is only stored."""
        parsed = self.read(*events)
        return take_in(self.app, parsed, at(now) if now else parsed[-1].event.occurred_at)

    def read(self, *events: Mapping[str, Any]) -> list[Parsed]:
        """These events, as the booking system's words are read."""
        parsed = []
        for outcome in read_events(json.dumps(list(events)).encode(), self.app.clinic, "generic"):
            assert isinstance(outcome, Parsed), outcome
            parsed.append(outcome)
        return parsed

    def reply(
        self, text: str, now: str, *, address: str = "+447700900123", key: str | None = None, **unusual: Any
    ) -> bool:
        """Somebody writes back from an address. Answers whether that closed or opened it."""
        channel = Channel.EMAIL if "@" in address else Channel.SMS
        was = self.is_closed(address)
        told = Reply(
            provider="sink",
            key=key or f"reply-{next(self._numbers)}",
            channel=channel,
            address=address,
            text=text,
            **unusual,
        )
        take_news(self.app, News(replies=(told,)), at(now))
        return self.is_closed(address) is not was

    def receipt(
        self, says: State | None, now: str, *, attempt_id: str | None, key: str | None = None, **unusual: Any
    ) -> None:
        """The provider says what became of an attempt."""
        named = key or f"receipt-{next(self._numbers)}"
        told = Receipt(provider="sink", key=named, says=says, attempt_id=attempt_id, **unusual)
        take_news(self.app, News(receipts=(told,)), at(now))

    def is_closed(self, address: str) -> bool:
        """Whether an address is closed to us."""
        channel = Channel.EMAIL if "@" in address else Channel.SMS
        with self.store.read() as tx:
            contact = blind.blind_address(tx.vault, channel, address)
            return bool(addresses.closed(tx, {channel: contact}))

    def tick(self, now: str) -> Counts:
        """One beat of the worker at a time on London's clock."""
        return tick(self.app, at(now))

    def messages(self, **which: Any) -> list[MessageView]:
        """All messages, by due time."""
        with self.store.read() as tx:
            return views.list_messages(tx, **which)

    def states(self) -> dict[str, str]:
        """Step (and channel where a step has two) -> state and reason of its newest row."""
        return {one.step: f"{one.state} {one.reason}".strip() for one in self.messages()}

    def heard(self) -> list[tuple[str, str]]:
        """(address, first words) of everything handed over, in order."""
        return [(letter.to, letter.words.subject or letter.words.text) for letter in self.sink.letters]


@cache
def a_clinic(text: str = CLINIC) -> Clinic:
    """The clinic that a clinic.yaml describes."""
    clinic, findings = load_clinic("clinic.yaml", text.encode())
    assert clinic, findings
    return clinic


def a_world(url: str, *, clinic: str = CLINIC, sink: Sink | None = None, **app: Any) -> World:
    """A clinic with an empty database at this address."""
    used = sink or Sink()
    built = App(
        store=open_store(url, [KEY], real_now),
        clinic=a_clinic(clinic),
        providers={channel: (used,) for channel in Channel},
        limits=Limits(),
    )
    return World(app=replace(built, **app), sink=used, sources={})


def an_event(kind: str, occurred_at: str, **told: Any) -> dict[str, Any]:
    """An ordinary event about Amina's appointment a-1; whatever is given replaces its part, or is merged into it."""
    event: dict[str, Any] = {
        "event_id": f"{kind}@{occurred_at}",
        "kind": kind,
        "occurred_at": at(occurred_at).isoformat(),
        "site": "quay",
        "patient": {
            "ref": "p-1", "first_name": "Amina", "last_name": "Shah", "email": "amina@example.org",
            "phone": "+447700900123", "date_of_birth": "1979-03-02",
        },
    }  # fmt: skip
    if kind.startswith("appointment."):
        event["appointment"] = {"ref": "a-1", "type": "initial"}
    for name, value in told.items():
        both = isinstance(value, dict) and isinstance(event.get(name), dict)
        event[name] = {**event[name], **value} if both else value
    return event


def a_booking(
    starts_at: str, *, told_at: str = "2026-06-01 09:00", kind: str = "booked", **told: Any
) -> dict[str, Any]:
    """Amina's appointment a-1 is booked (or moved) for a time on London's clock."""
    appointment = {"starts_at": at(starts_at).isoformat(), **told.pop("appointment", {})}
    return an_event(f"appointment.{kind}", told_at, appointment=appointment, **told)


def a_visit(starts_at: str, **told: Any) -> dict[str, Any]:
    """Amina came to an appointment at that time; we hear of it half an hour later."""
    start = at(starts_at)
    appointment = {"starts_at": start.isoformat(), **told.pop("appointment", {})}
    told_at = (start + timedelta(minutes=30)).isoformat()
    return an_event("appointment.attended", told.pop("told_at", told_at), appointment=appointment, **told)
