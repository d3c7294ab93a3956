"""What patients heard: how many messages each, how close to the caps, and how much went when."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from drip.simulation.volume import Volume
from drip.store.statistics import Went

LATE = timedelta(hours=1)
"""A message that went so long after its planned time was held back: by a cap, an interlock, a closed day."""


@dataclass(slots=True, kw_only=True)
class PerPatient:
    """How much patients heard."""

    messages: Counter[int] = field(default_factory=Counter)
    """How many patients got how many messages."""
    most_in_a_day: Counter[str] = field(default_factory=Counter)
    most_in_a_week: Counter[str] = field(default_factory=Counter)
    """By channel; what caps do not count is left out."""
    most_in_a_day_with_exempt: int = 0
    at_the_cap: Counter[str] = field(default_factory=Counter)
    """How many patients had as many messages as a cap allows, at least once; by channel and length."""

    def note_most(self, channel: str, in_day: int, in_week: int) -> None:
        """Somebody had so many of one channel in a day and in seven days."""
        self.most_in_a_day[channel] = max(self.most_in_a_day[channel], in_day)
        self.most_in_a_week[channel] = max(self.most_in_a_week[channel], in_week)

    def add(self, other: "PerPatient") -> None:
        """What other patients heard."""
        self.messages += other.messages
        self.at_the_cap += other.at_the_cap
        self.most_in_a_day |= other.most_in_a_day
        self.most_in_a_week |= other.most_in_a_week
        self.most_in_a_day_with_exempt = max(self.most_in_a_day_with_exempt, other.most_in_a_day_with_exempt)


@dataclass(slots=True, kw_only=True)
class Tally:
    """Everything that is counted of what went."""

    volume: Volume
    per_patient: PerPatient = field(default_factory=PerPatient)
    late: int = 0
    """How many went well after their planned time."""
    longest_wait: timedelta = timedelta()

    def count(self, rows: Iterable[Went]) -> None:
        """One patient's messages that went."""
        mine = list(rows)
        for row in mine:
            # The worker of a rehearsal looks every half hour; a real one wakes in the minute in which it is due.
            wanted = min(row.due_at, row.accepted_at or row.due_at)
            self.volume.add(wanted, row.purpose, row.channel)
            self._note_wait(row.planned_for, wanted)
        self.per_patient.messages[len(mine)] += 1

    def _note_wait(self, planned_for: datetime, wanted: datetime) -> None:
        if wanted - planned_for >= LATE:
            self.late += 1
            self.longest_wait = max(self.longest_wait, wanted - planned_for)

    def add(self, other: "Tally") -> None:
        """What other patients heard."""
        self.volume.minutes.update(other.volume.minutes)
        self.per_patient.add(other.per_patient)
        self.late += other.late
        self.longest_wait = max(self.longest_wait, other.longest_wait)
