"""What a simulation came to, as one JSON document; `tables` and `page` show it to people."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from drip.clock import running
from drip.core.lifecycle import WENT, State
from drip.core.reason import Reason
from drip.simulation.promises import Promises, shown
from drip.simulation.tally import Tally
from drip.store.statistics import EnrolmentCount, MessageCount


@dataclass(slots=True)
class Took:
    """How long each part took, in seconds of real time."""

    seconds: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def measured(self, part: str) -> Iterator[None]:
        """Add what happens inside to a part."""
        began = running()
        yield
        self.seconds[part] = self.seconds.get(part, 0.0) + running() - began

    def add(self, other: "Took") -> None:
        """What another process took, beside this one."""
        for part, seconds in other.seconds.items():
            self.seconds[part] = self.seconds.get(part, 0.0) + seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What was to be simulated."""

    patients: int
    days: int
    seed: int
    start: datetime
    zone: ZoneInfo
    """The clinic's, for days and minutes."""


@dataclass(slots=True)
class Heard:
    """What came in."""

    accepted: int = 0
    duplicates: int = 0
    rejected: int = 0
    replies: Counter[str] = field(default_factory=Counter)
    ticks: int = 0

    def add(self, other: "Heard") -> None:
        """What came in about other patients."""
        self.accepted += other.accepted
        self.duplicates += other.duplicates
        self.rejected += other.rejected
        self.replies.update(other.replies)
        self.ticks += other.ticks


@dataclass(slots=True, kw_only=True)
class Counted:
    """What the database says."""

    events: Counter[str]
    enrolments: list[EnrolmentCount]
    messages: list[MessageCount]
    tasks: Counter[str]

    def add(self, other: "Counted") -> None:
        """What another database says of other patients."""
        self.events.update(other.events)
        self.enrolments += other.enrolments
        self.messages += other.messages
        self.tasks.update(other.tasks)


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """Everything that is worth knowing of a simulation. The same seed gives the same report, but for the time taken."""

    asked: Asked
    heard: Heard
    counted: Counted
    tally: Tally
    parts: Counter[int]
    """How many texts took how many parts."""
    promises: Promises
    took: Took

    @property
    def kept(self) -> bool:
        """Whether every promise was kept."""
        return self.promises.are_kept

    @property
    def sms_parts(self) -> int:
        """What all texts together are paid by."""
        return sum(parts * texts for parts, texts in self.parts.items())

    @property
    def accounted(self) -> tuple[int, int, int]:
        """Went, ended with a reason, still ahead: every row is in one of them, or a promise is broken."""
        by_state = totals(self.counted.messages, "state")
        went = sum(by_state[state.value,] for state in WENT)
        ahead = by_state[State.PLANNED.value,]
        return went, sum(by_state.values()) - went - ahead, ahead

    def as_json(self, sms_price: float | None = None) -> dict[str, Any]:
        """One document. Times are the clinic's; promises that were broken come with ids to look at."""
        cost = {} if sms_price is None else {"cost": round(self.sms_parts * sms_price, 2)}
        return {
            "patients": self.asked.patients,
            "days": self.asked.days,
            "seed": self.asked.seed,
            "start": self.asked.start,
            "ticks": self.heard.ticks,
            "events": self._events(),
            "replies": dict(sorted(self.heard.replies.items())),
            "tasks": dict(sorted(self.counted.tasks.items())),
            "enrolments": _nested(self.counted.enrolments, "sequence", "state", "reason"),
            "messages": self._messages(),
            "per_day": {day.isoformat(): of.total() for day, of in self.tally.volume.by_day().items() if of},
            "busiest": self.busiest(),
            "per_patient": self.per_patient(),
            "caps": self._caps(),
            "sms_parts": {"total": self.sms_parts, **cost,
                          "texts_by_parts": {str(parts): self.parts[parts] for parts in sorted(self.parts)}},
            "promises": [
                {"promise": promise, "kept": kept, "broken": times, "examples": examples}
                for promise, kept, times, examples in shown(self.promises)
            ],
            "seconds": {part: round(seconds, 2) for part, seconds in self.took.seconds.items()},
        }  # fmt: skip

    def _events(self) -> dict[str, Any]:
        told = {"accepted": self.heard.accepted, "duplicates": self.heard.duplicates, "rejected": self.heard.rejected}
        return {**told, "kept_by_kind": dict(sorted(self.counted.events.items()))}

    def _messages(self) -> dict[str, Any]:
        went, ended, ahead = self.accounted
        return {
            "planned": went + ended + ahead,
            "went": went,
            "ended_with_a_reason": ended,
            "still_ahead": ahead,
            "by_state_and_reason": _nested(self.counted.messages, "state", "reason"),
            "by_purpose_channel_and_state": _nested(self.counted.messages, "purpose", "channel", "state"),
            "by_sequence_and_state": _nested(self.counted.messages, "sequence", "state"),
        }

    def busiest(self) -> dict[str, Any]:
        """The day and the minute on which most wanted to go."""
        day, on_day = self.tally.volume.busiest_day()
        minute, in_minute = self.tally.volume.busiest_minute()
        return {
            "day": {"at": day.isoformat() if day else "", "messages": on_day},
            "minute": {"at": f"{minute:%Y-%m-%d %H:%M}" if minute else "", "messages": in_minute},
        }

    def per_patient(self) -> dict[str, Any]:
        """How much patients heard."""
        told = self.tally.per_patient
        return {
            "average": round(self.tally.volume.total / self.asked.patients, 2),
            "most": max((number for number, people in told.messages.items() if people), default=0),
            "none": told.messages[0],
            "most_in_a_day": dict(sorted(told.most_in_a_day.items())),
            "most_in_seven_days": dict(sorted(told.most_in_a_week.items())),
            "most_in_a_day_with_safety": told.most_in_a_day_with_exempt,
        }

    def _caps(self) -> dict[str, Any]:
        given_up = totals(self.counted.messages, "reason")[Reason.CAPPED.value,]
        return {
            "patients_at_the_cap": dict(sorted(self.tally.per_patient.at_the_cap.items())),
            "went_later_than_planned": self.tally.late,
            "longest_wait_hours": round(self.tally.longest_wait.total_seconds() / 3600, 1),
            "found_no_room": given_up,
        }


def together(reports: Sequence[Report]) -> Report:
    """The report of patients who were shared out between several processes."""
    first, *others = reports
    for other in others:
        first.heard.add(other.heard)
        first.counted.add(other.counted)
        first.tally.add(other.tally)
        first.parts.update(other.parts)
        first.promises.add(other.promises)
        first.took.add(other.took)
    return first


def totals(counts: Iterable[Any], *names: str) -> Counter[tuple[str, ...]]:
    """How many of each combination of these."""
    found: Counter[tuple[str, ...]] = Counter()
    for count in counts:
        found[tuple(getattr(count, name) for name in names)] += count.number
    return found


def _nested(counts: Iterable[Any], *names: str) -> dict[str, Any]:
    """Objects within objects, the last of which hold numbers."""
    nested: dict[str, Any] = {}
    for key, number in sorted(totals(counts, *names).items()):
        inner = nested
        for name in key[:-1]:
            inner = inner.setdefault(name, {})
        inner[key[-1]] = number
    return nested
