"""Facts about a patient that hold some messages back: an operation, a rupture, a recent steroid injection."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from drip.core.model import Value
from drip.core.patient import Patient, time_in

CONDITIONS = frozenset({"surgery", "rupture", "steroid_injection", "fracture"})
"""As they stand among a patient's conditions: they hold for as long as the booking system says so."""

SURGERY, STEROID = "surgery", "steroid_injection"

STEROIDS = frozenset({"steroid_injection", "corticosteroid_injection"})
OPERATIONS = frozenset({"surgery", "gastroc_recession"})
"""Our codes of treatments, and types of visits, that are an operation."""

CLEARED = "physio_started"
"""What the booking system tells of a patient, with its date, once the exercises after an operation may begin."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Interlocks:
    """What the clinic has set of them."""

    after_steroid: timedelta = timedelta(days=14)
    """A tendon near a steroid injection tears more easily; loading waits this long."""
    operations: frozenset[str] = OPERATIONS

    def is_operation(self, word: Value) -> bool:
        """Whether a treatment's code, or the type of a visit, means an operation."""
        return isinstance(word, str) and word.replace("-", "_") in self.operations


ORDINARY = Interlocks()


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """One reason to hold loading exercises back, and for how long."""

    name: str
    since: datetime | None = None
    until: datetime | None = None
    """None until a person clears it."""

    def is_on(self, now: datetime) -> bool:
        """Whether it holds anything back at this moment."""
        return (self.since is None or self.since <= now) and (self.until is None or now < self.until)


def interlocks(patient: Patient, rules: Interlocks, now: datetime) -> frozenset[str]:
    """What holds this patient's messages back at `now`."""
    return frozenset(hold.name for hold in holds(patient, rules) if hold.is_on(now))


def next_end(patient: Patient, rules: Interlocks, now: datetime) -> datetime | None:
    """When the first of what holds messages back now ends by itself; None where only news ends it."""
    return min((hold.until for hold in holds(patient, rules) if hold.until and hold.is_on(now)), default=None)


def holds(patient: Patient, rules: Interlocks) -> Iterator[Hold]:
    """Every reason there is, was or will be to hold loading exercises back."""
    told = patient.facts.get("conditions")
    known = {one for one in told if isinstance(one, str)} if isinstance(told, list | tuple) else set()
    yield from (Hold(name=name) for name in sorted(CONDITIONS & known))
    performed = [(code, at) for code in patient.treatments if (at := time_in(patient.treatments, code))]
    for code, at in performed:
        if code.replace("-", "_") in STEROIDS:
            yield Hold(name=STEROID, since=at, until=at + rules.after_steroid)
    booked = [datetime.fromisoformat(told) for told in patient.operations]
    for at in sorted({*booked, *(at for code, at in performed if rules.is_operation(code))}):
        yield _operation(at, _day(patient.facts.get(CLEARED)))


def _operation(at: datetime, cleared: date | None) -> Hold:
    """From the morning of its day, since nobody loads a tendon hours before it, until a later day that clears it.

    A clearance is dated, so that the one after an earlier operation never counts for this one.
    """
    until = datetime.combine(cleared, time(), at.tzinfo) if cleared and cleared > at.date() else None
    return Hold(name=SURGERY, since=datetime.combine(at.date(), time(), at.tzinfo), until=until)


def _day(told: Value) -> date | None:
    try:
        return date.fromisoformat(told[:10]) if isinstance(told, str) else None
    except ValueError:
        return None  # a word is no day: nothing is cleared by it
