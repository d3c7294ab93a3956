"""What happens to invented patients: booked, moved, cancelled, missed, attended, treated, updated, stopped."""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from random import Random
from typing import Any

from drip.bookings.schema import OBJECTS
from drip.core.clinic import Clinic, Site
from drip.core.model import Channel, EventKind
from drip.core.sequence import Sequence as Written
from drip.simulation.people import Person, invent
from drip.simulation.words import Vocabulary, words_of

DAY = timedelta(days=1)
QUARTER = timedelta(minutes=15)
"""Bookings are heard of every quarter of an hour, as from a system that is asked."""

MOST_VISITS = 4


@dataclass(frozen=True, slots=True)
class Arrival:
    """An event, when it comes in."""

    at: datetime
    line: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Reply:
    """What a patient writes back, and when."""

    at: datetime
    channel: Channel
    address: str = field(repr=False)
    text: str = field(repr=False)


@dataclass(slots=True, kw_only=True)
class Life:
    """One patient's story."""

    person: Person
    arrivals: list[Arrival] = field(default_factory=list)
    replies: list[Reply] = field(default_factory=list)
    died_at: datetime | None = None
    """When we heard of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """Where and when the stories happen."""

    clinic: Clinic
    words: Vocabulary
    start: datetime
    days: int


def invent_lives(
    clinic: Clinic, sequences: Sequence[Written], *, numbers: Iterable[int], start: datetime, days: int, seed: int
) -> Iterator[Life]:
    """The lives with these numbers; the same seed invents the same ones, whichever others are asked for."""
    world = World(clinic=clinic, words=words_of(sequences, OBJECTS["patient"]), start=start, days=days)
    for number in numbers:
        # Each has their own chance: patient 7 is the same among ten as among ten thousand.
        chance = Random(f"{seed}:{number}")  # noqa: S311 - invents, guards nothing
        yield _Story(number, chance, world).tell()


class _Story:
    """One life while it is made up."""

    def __init__(self, number: int, chance: Random, world: World) -> None:
        self._number, self._chance, self._world = number, chance, world
        self._site: Site = chance.choice(world.clinic.sites)
        self._life = Life(
            person=invent(number, chance, world.words, self._site.zone, world.start.date()),
        )
        self._visits = 0

    def tell(self) -> Life:
        """From the first booking on."""
        first = self._world.start + self._chance.randrange(max(1, self._world.days * 4 // 5)) * DAY
        booked = self._later(first, 0, 0)
        self._visit(booked, self._word(self._world.words.visits, "other-visit", 0.8))
        self._write_back(booked)
        return self._life

    def _visit(self, booked: datetime, kind: str) -> None:
        self._visits += 1
        starts = self._later(booked, 2, 14)
        visit: dict[str, Any] = {"ref": f"a-{self._number}-{self._visits}", "type": kind}
        told = {name: self._chance.choice(known) for name, known in self._world.words.of_visits.items() if known}
        visit["attributes"] = {name: word for name, word in told.items() if self._happens(0.2)}
        self._say(EventKind.BOOKED, booked, appointment=self._timed(visit, starts))
        if self._happens(0.15):
            moved, starts = self._between(booked, starts), self._later(starts, 0, 7)
            self._say(EventKind.RESCHEDULED, moved, appointment=self._timed(visit, starts))
        fate = self._chance.choices((self._attend, self._cancel, self._miss), (80, 11, 9))[0]
        fate(visit, booked, starts)

    def _attend(self, visit: dict[str, Any], booked: datetime, starts: datetime) -> None:
        left = starts + 3 * QUARTER
        self._say(EventKind.ATTENDED, left, appointment=self._timed(visit, starts))
        if visit["type"] in self._world.words.treatments:
            self._treat(left, visit["type"])
        for happens, what in ((0.5, self._programme), (0.2, self._treat), (0.15, self._update), (0.5, self._return)):
            if self._happens(happens):
                what(left)
        if self._happens(0.1):
            self._say(EventKind.DISCHARGED, self._later(left, 1, 60))
        if self._happens(0.005):
            self._say(EventKind.MERGED, self._later(left, 1, 60))
        if self._happens(0.005):
            self._life.died_at = self._say(EventKind.DECEASED, self._later(left, 1, 60))

    def _cancel(self, visit: dict[str, Any], booked: datetime, starts: datetime) -> None:
        cancelled = self._between(booked, starts)
        self._say(EventKind.CANCELLED, cancelled, appointment=visit)
        if self._happens(0.3):  # a slip of the receptionist's: it stands after all
            self._say(EventKind.BOOKED, self._between(cancelled, starts), appointment=self._timed(visit, starts))
            self._attend(visit, booked, starts)
        elif self._happens(0.5):
            self._return(cancelled, visit["type"])

    def _miss(self, visit: dict[str, Any], booked: datetime, starts: datetime) -> None:
        self._say(EventKind.NO_SHOW, starts + 2 * QUARTER, appointment=visit)
        if self._happens(0.5):
            self._return(starts + DAY, visit["type"])

    def _return(self, at: datetime, kind: str = "") -> None:
        if self._visits < MOST_VISITS:
            kind = kind or self._word(self._world.words.visits, "review", 0.4)
            self._visit(self._later(at, 0, 3), kind)

    def _programme(self, at: datetime) -> None:
        said = self._later(at, 0, 5)
        starts_on = (said.astimezone(self._site.zone) + self._chance.randint(0, 3) * DAY).date().isoformat()
        code = self._word(self._world.words.programmes, "other-programme", 0.9)
        programme = {"code": code, "attributes": {"side": self._chance.choice(("left", "right"))}}
        self._say(EventKind.PROGRAMME_STARTED, said, programme={**programme, "starts_on": starts_on})
        if self._happens(0.1):
            self._say(EventKind.PROGRAMME_ENDED, self._later(said, 7, 60), programme=programme)

    def _treat(self, at: datetime, code: str = "") -> None:
        code = code or self._word(self._world.words.treatments, "other-treatment", 0.9)
        self._say(EventKind.TREATMENT_PERFORMED, at, treatment={"code": code, "performed_at": at.isoformat()})

    def _update(self, at: datetime) -> None:
        """News of the person: another address, something coded late, something that holds exercises back."""
        facts, words = self._life.person.facts, self._world.words
        told = self._later(at, 1, 10)
        match self._chance.randrange(4):
            case 0:
                facts["email"] = f"moved.{self._number}@example.org"
            case 1:
                facts["attributes"] = {name: self._chance.choice(known) for name, known in words.attributes.items()}
            case 2 if words.interlocks:
                before = facts["conditions"]
                facts["conditions"] = [*before, self._chance.choice(words.interlocks)]
                self._say(EventKind.PATIENT_UPDATED, told)
                facts["conditions"], told = before, self._later(told, 3, 30)
            case _:
                facts["consent"] = {"care": {"sms": self._happens(0.5)}}
        self._say(EventKind.PATIENT_UPDATED, told)

    def _write_back(self, booked: datetime) -> None:
        email, number = self._life.person.facts.get("email"), self._life.person.facts.get("phone", "")
        if number.startswith("+") and self._happens(0.05):
            stopped = self._later(booked, 3, 60)
            self._reply(stopped, Channel.SMS, number, self._chance.choice(("STOP", "Stop please", "cancel")))
            if self._happens(0.3):
                self._reply(self._later(stopped, 3, 20), Channel.SMS, number, "START")
        if email and self._happens(0.02):
            self._reply(self._later(booked, 3, 60), Channel.EMAIL, email, "unsubscribe")
        if number.startswith("+") and self._happens(0.05):
            self._reply(self._later(booked, 3, 60), Channel.SMS, number, "Thank you, is it meant to ache?")

    def _reply(self, at: datetime, channel: Channel, address: str, text: str) -> None:
        self._life.replies.append(Reply(at, channel, address, text))

    def _say(self, kind: EventKind, at: datetime, **objects: Any) -> datetime:
        """Tell it: at once, or as late as receptionists do; now and then twice. Answers when it comes in."""
        life = self._life
        event = {
            "event_id": f"{life.person.ref}-{len(life.arrivals)}",
            "kind": kind.value,
            "occurred_at": at.isoformat(),
            "site": self._site.id,
            "patient": life.person.facts,
            **({"contact": life.person.carer} if life.person.carer else {}),
            **objects,
        }
        line = json.dumps(event, ensure_ascii=False).encode()
        late = self._chance.choices((timedelta(), QUARTER, DAY, 8 * DAY), (80, 10, 8, 2))[0]
        life.arrivals.append(Arrival(at + late, line))
        if self._happens(0.02):
            life.arrivals.append(Arrival(at + late + QUARTER, line))
        return at + late

    def _timed(self, visit: dict[str, Any], starts: datetime) -> dict[str, Any]:
        return {**visit, "starts_at": starts.isoformat(), "ends_at": (starts + 3 * QUARTER).isoformat()}

    def _later(self, at: datetime, least: int, most: int) -> datetime:
        """A quarter of an hour in the working day, so many days later, and never before `at`."""
        zone = self._site.zone
        day = at.astimezone(zone).date() + self._chance.randint(least, most) * DAY
        day += max(0, 7 - day.weekday()) * DAY if day.weekday() >= 5 else timedelta()
        clock = time(self._chance.randrange(9, 17), self._chance.randrange(0, 60, 15))
        return max(datetime.combine(day, clock, zone).astimezone(UTC), at)

    def _between(self, after: datetime, before: datetime) -> datetime:
        return max(after, min(self._later(after, 0, 3), before - QUARTER))

    def _happens(self, how_often: float) -> bool:
        return self._chance.random() < how_often

    def _word(self, known: Sequence[str], other: str, how_often: float) -> str:
        if not known or not self._happens(how_often):
            return other
        return self._chance.choices(known, self._world.words.weights(known))[0]
