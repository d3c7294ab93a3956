"""Who is enrolled in what, and what ends it: a patient's history decided anew, compared with what we have.

The history is walked in true order. An enrolment that exists is taken up again at the event that started it, under
the version it is pinned to; an event that has not been applied yet may start a new one. So the same events end in
the same enrolments in whatever order they arrive, and deciding twice changes nothing.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from hashlib import sha256

from drip.core.condition import holds
from drip.core.course import Course, Enrolled, Live, enrolment_facts, objects_at
from drip.core.duration import Duration
from drip.core.ending import ended_by, is_revived_by
from drip.core.event import Event, Moment
from drip.core.model import EventKind, Kind
from drip.core.patient import Standing
from drip.core.reason import Reason
from drip.core.sequence import Again, Sequence

CODED_LATE = timedelta(days=14)
"""Diagnoses are often coded after the visit: for this long a later `patient.updated` can still start a sequence."""

OWN = "enrolment-"
"""How the keys of events begin that we tell ourselves."""

CHAIN_LIMIT = 5
"""How many enrolments may start one another from a single event."""


class Ask(StrEnum):
    """What a person at the clinic is asked to look at."""

    UNKNOWN_SUBTYPE = "unknown_subtype"
    UNDER_AGE = "under_age"
    CONTACT_PROBLEM = "contact_problem"


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """Something a person must do; its key makes asking twice harmless."""

    kind: Ask
    key: str
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What a patient's history comes to."""

    courses: tuple[Course, ...]
    tasks: tuple[Task, ...]


def decide(moments: tuple[Moment, ...], existing: Iterable[Enrolled], live: Iterable[Live]) -> Decision:
    """Every enrolment of one patient, started or taken up, with what ended it, and what staff are asked.

    Safe to repeat: with no fresh event the result is what is stored.
    """
    rows = tuple(existing)
    walk = _walk(moments, rows, tuple(live))
    orphans = frozenset(row.id for row in rows if (row.sequence.id, row.origin) not in walk.courses)
    if orphans and moments:
        # What started them is told otherwise by now: they are there all the same, from their own start on.
        walk = _walk(moments, rows, tuple(live), orphans)
    return Decision(courses=tuple(walk.courses.values()), tasks=tuple(walk.tasks.values()))


def _walk(
    moments: tuple[Moment, ...],
    existing: tuple[Enrolled, ...],
    live: tuple[Live, ...],
    orphans: frozenset[str] = frozenset(),
) -> "_Walk":
    walk = _Walk(moments=moments, existing=existing, live=live, orphans=orphans)
    for moment in moments:
        walk.visit(moment)
    return walk


@dataclass(slots=True, kw_only=True)
class _Walk:
    moments: tuple[Moment, ...]
    existing: tuple[Enrolled, ...]
    live: tuple[Live, ...]
    orphans: frozenset[str]
    courses: dict[tuple[str, str], Course] = field(default_factory=dict)
    tasks: dict[str, Task] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Enrolments whose first event is not in the history (enrolled by hand, say) are there from the start."""
        known = {moment.event.key for moment in self.moments}
        for row in self.existing:
            by_hand = row.event_key not in known and not row.event_key.startswith(OWN)
            if self.moments and (by_hand or row.id in self.orphans):
                started = Moment(
                    event=Event(key=row.event_key, kind=EventKind.PATIENT_UPDATED, occurred_at=row.started_at),
                    patient=self.moments[0].patient,
                    appointments={},
                )
                self._take_up(row, started)

    def visit(self, moment: Moment, depth: int = 0) -> None:
        """Ends first, so that what a moment starts is not ended by it; then revivals, then starts."""
        self._end_all(moment, depth)
        for course in self.courses.values():
            if is_revived_by(course, moment):
                course.ended = course.ended_at = None
        for course in tuple(self._starts(moment)):
            # One that a twin's start has just ended says nothing more.
            if depth < CHAIN_LIMIT and course.ended is None:
                self.visit(_own(EventKind.ENROLMENT_STARTED, course, moment), depth + 1)

    def _end_all(self, moment: Moment, depth: int) -> None:
        for course in tuple(self.courses.values()):
            reason = ended_by(course, moment)
            if reason and course.is_active_at(max(moment.event.occurred_at, course.started.event.occurred_at)):
                self._end(course, reason, moment, depth)
            elif reason and course.ended is None:
                # It had come to its own end. Should its visit move, nothing of it may start again.
                course.ended, course.ended_at = reason, moment.event.occurred_at
            elif reason and course.can_be_revived and not moment.event.kind.is_about_an_appointment:
                course.ended = reason  # for good: no later booking brings it back

    def _end(self, course: Course, reason: Reason, moment: Moment, depth: int) -> None:
        course.ended, course.ended_at = reason, moment.event.occurred_at
        if depth < CHAIN_LIMIT:
            self.visit(_own(EventKind.ENROLMENT_ENDED, course, moment), depth + 1)

    def _take_up(self, row: Enrolled, started: Moment) -> Course:
        course = Course(sequence=row.sequence, version=row.version, origin=row.origin, started=started, existing=row)
        self.courses[course.key] = course
        return course

    def _starts(self, moment: Moment) -> Iterator[Course]:
        """In an order that never depends on what is stored: sequences that give way to others come last."""
        for row in sorted(self.existing, key=lambda row: _turn(row.sequence)):
            if row.event_key == moment.event.key and (row.sequence.id, row.origin) not in self.courses:
                yield self._take_up(row, moment)
        stored = {(row.sequence.id, row.origin) for row in self.existing}
        origin = moment.event.origin
        for live in sorted(self.live, key=lambda live: _turn(live.sequence)):
            key = (live.sequence.id, origin)
            if key not in stored and key not in self.courses and self._may_start(live.sequence, moment):
                course = Course(sequence=live.sequence, version=live.version, origin=origin, started=moment)
                self.courses[course.key] = course
                yield course

    def _may_start(self, sequence: Sequence, moment: Moment) -> bool:
        event = moment.event
        if not sequence.enabled or event.kind not in sequence.enrol.on or not self._has_news_near(event):
            return False
        if event.kind.is_of_the_moment and not event.fresh:
            return False
        if moment.patient.standing is not Standing.CURRENT or self._is_kept_out(sequence, event.occurred_at):
            return False
        suited = [view for view in self._views(moment) if holds(sequence.enrol.when, objects_at(view.as_known))]
        safe = [view for view in suited if not _lacks_subtype(sequence, view.as_known)]
        if not (event.fresh or self._has_late_news(event) or _is_first_met_now(safe or suited)):
            return False
        if suited and not safe:
            self._ask_for_subtype(sequence, event)
        return bool(safe)

    def _views(self, moment: Moment) -> Iterator["_View"]:
        """An event as known at its time, then as known after each update that may have coded it late."""
        event = moment.event
        yield _View(as_known=moment, fresh=event.fresh)
        fresh = event.fresh
        for later in (later for later in self.moments if _is_soon_after(later.event, event)):
            fresh |= later.event.fresh
            if later.event.kind is EventKind.PATIENT_UPDATED:
                yield _View(as_known=replace(later, event=event), fresh=fresh)

    def _has_news_near(self, event: Event) -> bool:
        """Whether anything new can have changed what this event means; most of a long history is settled."""
        return event.fresh or any(
            other.event.fresh and abs(other.event.occurred_at - event.occurred_at) <= CODED_LATE
            for other in self.moments
        )

    def _has_late_news(self, event: Event) -> bool:
        """Whether something that happened shortly before this event only came in now."""
        return any(
            other.event.fresh and timedelta() < event.occurred_at - other.event.occurred_at <= CODED_LATE
            for other in self.moments
        )

    def _is_kept_out(self, sequence: Sequence, at: datetime) -> bool:
        """By an enrolment in a sequence that excludes this one, or by an earlier turn of its own."""
        active = {course.sequence.id for course in self.courses.values() if course.is_active_at(at)}
        if active & sequence.enrol.not_while_in:
            return True
        begun = [
            course.started.event.occurred_at for course in self.courses.values() if course.sequence.id == sequence.id
        ]
        match sequence.enrol.again:
            case Again.NEVER:
                return bool(begun)
            case Again.ONE_AT_A_TIME:
                return sequence.id in active
            case Again.AFTER:
                pause = sequence.enrol.again_after or Duration()
                return any(at < start + timedelta(days=pause.days) + pause.elapsed for start in begun)
            case _:
                return False

    def _ask_for_subtype(self, sequence: Sequence, event: Event) -> None:
        key = f"{Ask.UNKNOWN_SUBTYPE}:{event.key}"
        self.tasks[key] = Task(kind=Ask.UNKNOWN_SUBTYPE, key=key, detail=sequence.id)


@dataclass(frozen=True, slots=True, kw_only=True)
class _View:
    """An event, with what was known at its time or somewhat later; fresh when that has not been looked at yet."""

    as_known: Moment
    fresh: bool


def _turn(sequence: Sequence) -> tuple[bool, str]:
    return bool(sequence.enrol.not_while_in), sequence.id


def _lacks_subtype(sequence: Sequence, known: Moment) -> bool:
    """Never choose a loading plan for a tendon whose subtype nobody has recorded: ask staff."""
    return sequence.kind is Kind.LOADING and not known.patient.facts.get("subtype")


def _is_soon_after(later: Event, event: Event) -> bool:
    in_order = (event.occurred_at, event.received) < (later.occurred_at, later.received)
    return in_order and later.occurred_at - event.occurred_at <= CODED_LATE


def _is_first_met_now(views: list[_View]) -> bool:
    """An event is decided when it comes in, and once more when an update changes what was looked at."""
    return bool(views) and all(view.fresh for view in views)


def _own(kind: EventKind, course: Course, moment: Moment) -> Moment:
    """What we tell ourselves when an enrolment starts or ends: it happens within the moment that caused it."""
    existing = course.existing
    is_news = existing is None or (kind is EventKind.ENROLMENT_ENDED and existing.ended is None)
    event = replace(
        moment.event,
        fresh=moment.event.fresh or is_news,
        key=_own_key(kind, course, moment.event),
        kind=kind,
        enrolment=enrolment_facts(course.sequence),
        reply={},  # what an answer sets in motion is not itself the answer
        alert={},
    )
    return replace(moment, event=event)


def _own_key(kind: EventKind, course: Course, cause: Event) -> str:
    """The same for the same cause, and never longer, however many enrolments start one another."""
    told = f"{course.sequence.id}|{course.origin}|{cause.key}"
    return f"{kind.value.replace('.', '-')}:{sha256(told.encode()).hexdigest()[:32]}"
