"""What a simulation came to, as tables for people and as one JSON document."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeAlias
from zoneinfo import ZoneInfo

from drip.clock import running
from drip.core.lifecycle import WENT, State
from drip.core.reason import Reason
from drip.simulation.promises import PerPatient, Promises, shown
from drip.store.statistics import EnrolmentCount, MessageCount

Rows: TypeAlias = list[list[str]]


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """What the database says."""

    events: Mapping[str, int]
    enrolments: Sequence[EnrolmentCount]
    messages: Sequence[MessageCount]
    tasks: Mapping[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """Everything that is worth knowing of a simulation. The same seed gives the same report, but for the time taken."""

    asked: Asked
    heard: Heard
    counted: Counted
    went_at: Sequence[datetime] = field(repr=False)
    parts: Mapping[int, int]
    """How many texts took how many parts."""
    per_patient: PerPatient
    promises: Promises
    took: Took

    @property
    def kept(self) -> bool:
        """Whether every promise was kept."""
        return self.promises.are_kept

    def as_json(self) -> dict[str, Any]:
        """One document. Times are the clinic's; promises that were broken come with ids to look at."""
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
            "per_day": self._per_day(),
            "busiest": self._busiest(),
            "per_patient": self._per_patient(),
            "sms_parts": {"total": sum(parts * texts for parts, texts in self.parts.items()),
                          "texts_by_parts": {str(parts): self.parts[parts] for parts in sorted(self.parts)}},
            "promises": [
                {"promise": promise, "kept": kept, "broken": times, "examples": examples}
                for promise, kept, times, examples in shown(self.promises)
            ],
            "seconds": {part: round(seconds, 2) for part, seconds in self.took.seconds.items()},
        }  # fmt: skip

    def tables(self) -> list[tuple[str, Rows]]:
        """Tables with a title; the first row of each is its header."""
        return [
            ("Promises", self._promise_rows()),
            ("Came in", self._heard_rows()),
            ("Enrolments", self._enrolment_rows()),
            ("Messages", self._message_rows()),
            ("By purpose and channel", self._purpose_rows()),
            ("How much, and when", self._volume_rows()),
            ("Time taken", self._time_rows()),
        ]

    # The parts of the document

    def _events(self) -> dict[str, Any]:
        told = {"accepted": self.heard.accepted, "duplicates": self.heard.duplicates, "rejected": self.heard.rejected}
        return {**told, "kept_by_kind": dict(self.counted.events)}

    def _messages(self) -> dict[str, Any]:
        went, ahead, ended = self._accounted()
        return {
            "planned": went + ahead + ended,
            "went": went,
            "ended_with_a_reason": ended,
            "still_ahead": ahead,
            "by_state_and_reason": _nested(self.counted.messages, "state", "reason"),
            "by_purpose_channel_and_state": _nested(self.counted.messages, "purpose", "channel", "state"),
            "by_sequence_and_state": _nested(self.counted.messages, "sequence", "state"),
        }

    def _accounted(self) -> tuple[int, int, int]:
        """Went, still ahead, ended: every row is in one of them, or a promise is broken."""
        by_state = _totals(self.counted.messages, "state")
        went = sum(by_state[state.value,] for state in WENT)
        ahead = by_state[State.PLANNED.value,]
        return went, ahead, sum(by_state.values()) - went - ahead

    def _per_day(self) -> dict[str, int]:
        days = Counter(at.astimezone(self.asked.zone).date().isoformat() for at in self.went_at)
        return dict(sorted(days.items()))

    def _busiest(self) -> dict[str, Any]:
        per_day = self._per_day()
        minutes = Counter(f"{at.astimezone(self.asked.zone):%Y-%m-%d %H:%M}" for at in self.went_at)
        told: dict[str, Any] = {}
        for name, counts in (("day", per_day), ("minute", minutes)):
            most = max(counts, key=lambda one: (counts[one], one), default="")
            told[name] = {"at": most, "messages": counts.get(most, 0)}
        return told

    def _per_patient(self) -> dict[str, Any]:
        told = self.per_patient
        return {
            "average": round(len(self.went_at) / self.asked.patients, 2),
            "most": max((number for number, people in told.messages.items() if people), default=0),
            "none": told.messages[0],
            "most_in_a_day": dict(sorted(told.most_in_a_day.items())),
            "most_in_seven_days": dict(sorted(told.most_in_a_week.items())),
            "most_in_a_day_with_safety": told.most_in_a_day_with_exempt,
        }

    # The tables

    def _promise_rows(self) -> Rows:
        rows = [["promise", "kept", "broken", "for example"]]
        for promise, kept, times, examples in shown(self.promises):
            rows.append([promise, "yes" if kept else "NO", str(times or ""), " ".join(examples)])
        return rows

    def _heard_rows(self) -> Rows:
        rows = [["what", "how many"], *([kind, f"{number:,}"] for kind, number in self.counted.events.items())]
        rows += [["told twice", f"{self.heard.duplicates:,}"], ["refused", f"{self.heard.rejected:,}"]]
        rows += [[f"reply: {word}", f"{number:,}"] for word, number in sorted(self.heard.replies.items())]
        return rows + [
            [f"task for staff: {kind}", f"{number:,}"] for kind, number in sorted(self.counted.tasks.items())
        ]

    def _enrolment_rows(self) -> Rows:
        totals = _totals(self.counted.enrolments, "sequence", "state", "reason")
        return [["sequence", "state", "because", "how many"], *_rows(totals)]

    def _message_rows(self) -> Rows:
        rows = [["state", "reason", "how many", ""]]
        for (state, reason), number in sorted(_totals(self.counted.messages, "state", "reason").items()):
            rows.append([state, reason, f"{number:,}", Reason(reason).sentence])
        went, ahead, ended = self._accounted()
        told = f"{went:,} went, {ended:,} ended with a reason, {ahead:,} still ahead"
        return [*rows, ["together", "", f"{went + ahead + ended:,}", told]]

    def _purpose_rows(self) -> Rows:
        totals = _totals(self.counted.messages, "purpose", "channel", "state")
        return [["purpose", "channel", "state", "how many"], *_rows(totals)]

    def _volume_rows(self) -> Rows:
        busiest, told = self._busiest(), self._per_patient()
        rows = [["what", "how many", ""]]
        for name, one in busiest.items():
            rows.append([f"busiest {name}", f"{one['messages']:,}", one["at"]])
        for name, number in told.items():
            shown_number = number if not isinstance(number, dict) else _listed(number)
            rows.append([f"per patient: {name.replace('_', ' ')}", str(shown_number), ""])
        parts = {f"of {parts}": texts for parts, texts in sorted(self.parts.items())}
        total = sum(parts * texts for parts, texts in self.parts.items())
        return [*rows, ["parts of text messages", f"{total:,}", _listed(parts)]]

    def _time_rows(self) -> Rows:
        seconds = self.took.seconds
        rows = [["part", "seconds"], *([part, f"{time:.1f}"] for part, time in seconds.items())]
        return [*rows, ["together", f"{sum(seconds.values()):.1f}"], ["ticks of the worker", f"{self.heard.ticks:,}"]]


def _totals(counts: Iterable[Any], *names: str) -> Counter[tuple[str, ...]]:
    totals: Counter[tuple[str, ...]] = Counter()
    for count in counts:
        totals[tuple(getattr(count, name) for name in names)] += count.number
    return totals


def _nested(counts: Iterable[Any], *names: str) -> dict[str, Any]:
    """Objects within objects, the last of which hold numbers."""
    nested: dict[str, Any] = {}
    for key, number in sorted(_totals(counts, *names).items()):
        inner = nested
        for name in key[:-1]:
            inner = inner.setdefault(name, {})
        inner[key[-1]] = number
    return nested


def _rows(totals: Mapping[tuple[str, ...], int]) -> Rows:
    return [[*key, f"{number:,}"] for key, number in sorted(totals.items())]


def _listed(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{number:,} {name}" for name, number in counts.items())
