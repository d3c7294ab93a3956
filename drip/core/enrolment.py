"""Who is enrolled in what, and what ends it: a patient's history decided anew, compared with what we have.

The history is walked in true order. An enrolment that exists is taken up again at the event that started it, under
the version it is pinned to; an event that has not been applied yet may start a new one. So the same events end in
the same enrolments in whatever order they arrive, and deciding twice changes nothing.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from enum import StrEnum

from drip.core.condition import Objects, as_objects, holds
from drip.core.duration import Duration
from drip.core.event import Event, Moment
from drip.core.model import AnchorKind, EventKind, Facts, Kind
from drip.core.patient import Standing, time_in
from drip.core.reason import Reason
from drip.core.sequence import Again, Sequence

CODED_LATE = timedelta(days=14)
"""Diagnoses are often coded after the visit: for this long a later `patient.updated` can still start a sequence."""

CHAIN_LIMIT = 5
"""How many enrolments may start one another from a single event."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Enrolled:
    """An enrolment as it is stored."""

    id: str
    sequence: Sequence
    version: str
    origin: str
    event_key: str
    started_at: datetime
    """When the event that started it occurred."""
    enrolled_at: datetime
    """When we enrolled."""
    finished_at: datetime | None = None
    ended: Reason | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Live:
    """A sequence's published version."""

    sequence: Sequence
    version: str


@dataclass(slots=True, kw_only=True)
class Course:
    """One enrolment while its history is walked: what it will have come to at the end."""

    sequence: Sequence
    version: str
    origin: str
    started: Moment
    existing: Enrolled | None = None
    ended: Reason | None = None
    ended_at: datetime | None = None

    @property
    def key(self) -> tuple[str, str]:
        """One enrolment per patient, sequence and origin."""
        return self.sequence.id, self.origin

    def is_active_at(self, at: datetime) -> bool:
        """Started, and neither ended nor finished by then."""
        finished = self.existing.finished_at if self.existing else None
        has_started = self.started.event.occurred_at <= at
        return has_started and self.ended is None and (finished is None or finished > at)

    @property
    def can_be_revived(self) -> bool:
        """Only its appointment's cancellation ended it: a later booking undoes that."""
        return self.ended is Reason.APPOINTMENT_CANCELLED


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
    walk = _Walk(moments=moments, existing=tuple(existing), live=tuple(live))
    for moment in moments:
        walk.visit(moment)
    return Decision(courses=tuple(walk.courses.values()), tasks=tuple(walk.tasks.values()))


@dataclass(slots=True, kw_only=True)
class _Walk:
    moments: tuple[Moment, ...]
    existing: tuple[Enrolled, ...]
    live: tuple[Live, ...]
    courses: dict[tuple[str, str], Course] = field(default_factory=dict)
    tasks: dict[str, Task] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Enrolments whose first event is not in the history (enrolled by hand, say) are there from the start."""
        known = {moment.event.key for moment in self.moments}
        for row in self.existing:
            if row.event_key not in known and self.moments and not row.event_key.startswith("enrolment-"):
                started = Moment(
                    event=Event(key=row.event_key, kind=EventKind.PATIENT_UPDATED, occurred_at=row.started_at),
                    patient=self.moments[0].patient,
                    appointments={},
                )
                self._take_up(row, started)

    def visit(self, moment: Moment, depth: int = 0) -> None:
        """Ends first, so that what a moment starts is not ended by it; then revivals, then starts."""
        for course in tuple(self.courses.values()):
            reason = _ended_by(course, moment)
            if reason and course.is_active_at(max(moment.event.occurred_at, course.started.event.occurred_at)):
                self._end(course, reason, moment, depth)
            elif reason and course.can_be_revived and not moment.event.kind.is_about_an_appointment:
                course.ended = reason  # for good: no later booking brings it back
        for course in self.courses.values():
            if _is_revived_by(course, moment):
                course.ended = course.ended_at = None
        for course in tuple(self._starts(moment)):
            # One that a twin's start has just ended says nothing more.
            if depth < CHAIN_LIMIT and course.ended is None:
                self.visit(_own(EventKind.ENROLMENT_STARTED, course, moment), depth + 1)

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


_FINAL = {
    Standing.DECEASED: Reason.DECEASED,
    Standing.MERGED: Reason.MERGED_PATIENT,
    Standing.ERASED: Reason.ERASED,
}

_COUNTS_FROM_A_VISIT = frozenset({AnchorKind.APPOINTMENT, AnchorKind.APPOINTMENT_END, AnchorKind.BOOKED})

_WHY_ENDED = {EventKind.CANCELLED: Reason.APPOINTMENT_CANCELLED, EventKind.NO_SHOW: Reason.NO_SHOW}


def _ended_by(course: Course, moment: Moment) -> Reason | None:
    event, sequence = moment.event, course.sequence
    if moment.patient.standing is not Standing.CURRENT:
        return _FINAL[moment.patient.standing]
    if event.occurred_at < course.started.event.occurred_at:
        return None
    if event.kind.is_about_an_appointment and event.origin != course.origin:
        return None
    if event.kind is EventKind.CANCELLED and _counts_from_its_visit(course):
        return Reason.APPOINTMENT_CANCELLED
    if event.kind is EventKind.ENROLMENT_STARTED and event.enrolment.get("sequence") in sequence.ends.when_enrolled_in:
        return Reason.ENDED
    if (
        event.kind in sequence.ends.on
        and not _is_about_itself(course, event)
        and _is_about_its_programme(course, event)
    ):
        return _WHY_ENDED.get(event.kind, Reason.ENDED)
    return None


def _counts_from_its_visit(course: Course) -> bool:
    """What a cancellation started is not ended by hearing of that cancellation again."""
    return course.sequence.anchor in _COUNTS_FROM_A_VISIT and course.started.event.kind is not EventKind.CANCELLED


def _is_about_itself(course: Course, event: Event) -> bool:
    return event.kind.is_our_own and event.enrolment.get("sequence") == course.sequence.id


def _is_about_its_programme(course: Course, event: Event) -> bool:
    """The end of one programme does not end what belongs to another."""
    if event.kind is not EventKind.PROGRAMME_ENDED or not course.origin.startswith("programme:"):
        return True
    return event.origin == course.origin


def _is_revived_by(course: Course, moment: Moment) -> bool:
    """A booking later than its cancellation brings back what the cancellation ended."""
    return (
        course.can_be_revived
        and moment.event.kind in (EventKind.BOOKED, EventKind.RESCHEDULED)
        and moment.event.origin == course.origin
    )


def _own(kind: EventKind, course: Course, moment: Moment) -> Moment:
    """What we tell ourselves when an enrolment starts or ends: it happens within the moment that caused it."""
    existing = course.existing
    is_news = existing is None or (kind is EventKind.ENROLMENT_ENDED and existing.ended is None)
    event = replace(
        moment.event,
        fresh=moment.event.fresh or is_news,
        key=f"{kind.value.replace('.', '-')}:{course.sequence.id}:{moment.event.key}",
        kind=kind,
        enrolment=enrolment_facts(course.sequence),
    )
    return replace(moment, event=event)


def enrolment_facts(sequence: Sequence) -> Facts:
    """What conditions may ask about an enrolment."""
    return {"sequence": sequence.id, "kind": sequence.kind.value, "purpose": sequence.purpose.value}


def objects_at(moment: Moment, enrolment: Facts | None = None) -> Objects:
    """What a condition may look at, as known at a moment. The age is at the visit, else at the event."""
    event = moment.event
    appointment = moment.appointment
    at = time_in(appointment, "starts_at") or event.occurred_at
    age = moment.patient.age_on(at.date())
    return as_objects(
        patient={**moment.patient.facts, "age": age},
        appointment=appointment,
        treatment=event.treatment,
        programme=event.programme,
        enrolment=enrolment or event.enrolment,
        site={"id": moment.site},
    )


def anchor_of(course: Course, moments: tuple[Moment, ...], enrolled_at: datetime) -> datetime | date | None:
    """What a course's offsets count from, as known now; a date when no time was told, None when it is not known."""
    return _ANCHORS[course.sequence.anchor](course, moments, enrolled_at)


def _from_enrolment(_: Course, __: tuple[Moment, ...], enrolled_at: datetime) -> datetime:
    return enrolled_at


def _from_booking(course: Course, moments: tuple[Moment, ...], _: datetime) -> datetime:
    booked = time_in(appointment_facts(course, moments), "booked_at")
    return booked or course.started.event.occurred_at


def _from_visit(course: Course, moments: tuple[Moment, ...], _: datetime) -> datetime | None:
    return time_in(appointment_facts(course, moments), "starts_at")


def _from_visit_end(course: Course, moments: tuple[Moment, ...], _: datetime) -> datetime | None:
    return time_in(appointment_facts(course, moments), "ends_at")


def _from_treatment(course: Course, _: tuple[Moment, ...], __: datetime) -> datetime | None:
    return time_in(course.started.event.treatment, "performed_at")


def _from_programme(course: Course, _: tuple[Moment, ...], __: datetime) -> datetime | date | None:
    starts = course.started.event.programme.get("starts_on")
    if not isinstance(starts, str):
        return None
    return datetime.fromisoformat(starts) if "T" in starts else date.fromisoformat(starts)


_ANCHORS: Mapping[AnchorKind, Callable[[Course, tuple[Moment, ...], datetime], datetime | date | None]] = {
    AnchorKind.ENROLLED: _from_enrolment,
    AnchorKind.BOOKED: _from_booking,
    AnchorKind.APPOINTMENT: _from_visit,
    AnchorKind.APPOINTMENT_END: _from_visit_end,
    AnchorKind.TREATMENT: _from_treatment,
    AnchorKind.PROGRAMME: _from_programme,
}


def appointment_facts(course: Course, moments: tuple[Moment, ...]) -> Facts:
    """What is known now of the appointment that a course belongs to."""
    return moments[-1].appointments.get(course.started.event.appointment_ref or "", {})
