"""Who an outbox's messages are for, and the calendar that each person's messages fall on."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta, tzinfo

from drip.providers.outbox_read import Sent

LEAST_WEEKS = 12


@dataclass(frozen=True, slots=True)
class Moment:
    """Something on a person's calendar that is not a message: a visit, an operation."""

    at: datetime
    words: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Whose address it is. Addresses with the same `ref` are one person's."""

    ref: str
    name: str = field(repr=False)
    note: str = field(default="", repr=False)
    """One line under the name."""
    moments: tuple[Moment, ...] = field(default=(), repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftOut:
    """A message that was planned and did not go."""

    name: str = field(repr=False)
    at: datetime
    step: str
    reason: str
    """A sentence, or the end of 'because ...'."""
    ref: str = ""
    """The person's; then it is also on their calendar."""


@dataclass(frozen=True, slots=True)
class Day:
    """One day of one person's calendar."""

    date: date
    moments: list[Moment] = field(default_factory=list)
    sent: list[Sent] = field(default_factory=list)
    left_out: list[tuple[int, LeftOut]] = field(default_factory=list)
    """With its number in the list of all of them."""

    @property
    def is_empty(self) -> bool:
        """Nothing happened."""
        return not (self.moments or self.sent or self.left_out)


@dataclass(frozen=True, slots=True)
class Week:
    """Monday to Sunday."""

    number: int
    days: tuple[Day, ...]

    @property
    def is_empty(self) -> bool:
        """Nothing happened all week."""
        return all(day.is_empty for day in self.days)


@dataclass(frozen=True, slots=True)
class Story:
    """Everything one person was sent."""

    person: Person
    addresses: tuple[str, ...]
    sent: tuple[Sent, ...]
    weeks: tuple[Week, ...]


def tell(
    sent: Iterable[Sent], people: Mapping[str, Person], left_out: Sequence[tuple[int, LeftOut]], zone: tzinfo
) -> list[Story]:
    """One story per person, in the order they were first written to. An address nobody claims is its own person."""
    mine: dict[Person, list[Sent]] = {}
    whose = {person.ref: person for person in people.values()}
    for message in sent:
        person = people.get(message.to)
        person = whose[person.ref] if person else Person(ref=f"address {message.to}", name=message.to)
        mine.setdefault(person, []).append(message)
    for _, left in left_out:
        if left.ref in whose:
            mine.setdefault(whose[left.ref], [])
    return [
        _story(person, messages, [pair for pair in left_out if pair[1].ref == person.ref], zone)
        for person, messages in mine.items()
    ]


def _story(person: Person, sent: list[Sent], left_out: list[tuple[int, LeftOut]], zone: tzinfo) -> Story:
    moments = [replace(moment, at=moment.at.astimezone(zone)) for moment in person.moments]
    known: dict[date, Day] = {}
    for at in (
        *(moment.at for moment in moments),
        *(message.at for message in sent),
        *(left.at for _, left in left_out),
    ):
        known[at.date()] = Day(at.date())
    for moment in moments:
        known[moment.at.date()].moments.append(moment)
    for message in sent:
        known[message.at.date()].sent.append(message)
    for number, left in left_out:
        known[left.at.date()].left_out.append((number, left))
    addresses = tuple(dict.fromkeys(message.to for message in sent))
    return Story(person, addresses, tuple(sent), _weeks(known))


def _weeks(known: Mapping[date, Day]) -> tuple[Week, ...]:
    monday = min(known) - timedelta(days=min(known).weekday())
    count = max(LEAST_WEEKS, (max(known) - monday).days // 7 + 1)
    return tuple(
        Week(number + 1, tuple(_day(monday + timedelta(weeks=number, days=day), known) for day in range(7)))
        for number in range(count)
    )


def _day(day: date, known: Mapping[date, Day]) -> Day:
    return known.get(day) or Day(day)
