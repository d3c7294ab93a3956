"""Who is enrolled in what, and what ends it: a patient's history decided anew, compared with what we have.

The history is walked in true order. An enrolment that exists is taken up again at the event that started it, under
the version it is pinned to; an event that has not been applied yet may start a new one. So the same events end in
the same enrolments in whatever order they arrive, and deciding twice changes nothing.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from drip.core.condition import holds
from drip.core.course import Course, Enrolled, Live
from drip.core.courses import Courses
from drip.core.ending import ended_by, hear_staff, is_revived_by
from drip.core.event import Event, Moment
from drip.core.look import Looks
from drip.core.model import EventKind, Kind
from drip.core.move import came_too_late, change_to_tell
from drip.core.own_event import UNTOLD, own_event
from drip.core.patient import Standing
from drip.core.programme import begins_anew, best_known_first, is_certain, is_loading, may_be_one
from drip.core.reason import Reason
from drip.core.sequence import Sequence
from drip.core.subtype import is_for_another_subtype, lacks_subtype
from drip.core.task import Ask, Task
from drip.core.view import View, has_late_news, has_news_near, is_first_met_now, views_of
from drip.core.visit import Change

CHAIN_LIMIT = 5
"""How many enrolments may start one another from a single event."""


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
    return Decision(courses=tuple(walk.courses), tasks=tuple(walk.tasks.values()))


def _walk(
    moments: tuple[Moment, ...],
    existing: tuple[Enrolled, ...],
    live: tuple[Live, ...],
    orphans: frozenset[str] = frozenset(),
) -> "_Walk":
    walk = _Walk(moments=moments, existing=existing, live=live, orphans=orphans)
    for moment in moments:
        walk.visit(moment)
    for moment in moments:
        walk.withdraw(moment)
    for course in walk.courses:
        course.close()
    return walk


@dataclass(slots=True, kw_only=True)
class _Walk:
    moments: tuple[Moment, ...]
    existing: tuple[Enrolled, ...]
    live: tuple[Live, ...]
    orphans: frozenset[str]
    courses: Courses = field(default_factory=Courses)
    tasks: dict[str, Task] = field(default_factory=dict)
    looks: Looks = field(default_factory=Looks)
    names: dict[str, frozenset[str]] = field(default_factory=dict)
    """Of each event, by its keys: what it is about."""
    withdrawn: set[str] = field(default_factory=set)
    """The keys of what never happened."""
    rows: dict[str, list[Enrolled]] = field(default_factory=dict)
    """What exists, by its sequence."""
    listening: dict[EventKind, tuple[Live, ...]] = field(default_factory=dict)
    """Which live sequences are begun by a kind of event: looked for once each."""

    def __post_init__(self) -> None:
        """Enrolments whose first event is not in the history (enrolled by hand, say) are there from the start."""
        # In an order that never depends on what is stored: sequences that give way to others come last.
        self.existing = tuple(sorted(self.existing, key=lambda row: _turn(row.sequence)))
        self.live = tuple(sorted(self.live, key=lambda live: _turn(live.sequence)))
        for event in (moment.event for moment in self.moments):
            self.names.update(dict.fromkeys(event.keys, event.names))
            self.withdrawn.update(event.keys if event.withdrawn else ())
        for row in self.existing:
            self.rows.setdefault(row.sequence.id, []).append(row)
            by_hand = row.event_key not in self.names and not row.event_key.startswith(UNTOLD)
            if self.moments and (by_hand or row.id in self.orphans):
                started = Moment(
                    event=Event(key=row.event_key, kind=EventKind.PATIENT_UPDATED, occurred_at=row.started_at),
                    patient=self.moments[0].patient,
                    appointments={},
                )
                self._take_up(row, started, is_adrift=True)

    def visit(self, moment: Moment, depth: int = 0) -> None:
        """Ends first, so that what a moment starts is not ended by it; then revivals, then starts."""
        if moment.event.withdrawn:
            return
        self._end_all(moment, depth)
        for course in self.courses:
            hear_staff(course, moment)
            if is_revived_by(course, moment):
                course.ended = course.ended_at = None
        for course in best_known_first(self._starts(moment), moment, self.moments):
            self._take_the_place_of_others(course, moment, depth)
            # One that a twin's start has just ended says nothing more.
            if depth < CHAIN_LIMIT and course.ended is None:
                self.visit(own_event(EventKind.ENROLMENT_STARTED, course, moment), depth + 1)

    def _take_the_place_of_others(self, course: Course, moment: Moment, depth: int) -> None:
        """Of two programmes that may load the same tendon, the one that was started last goes on alone."""
        if course.ended or not is_loading(course):
            return
        for other in self.courses:
            is_another = other is not course and is_loading(other) and may_be_one(course, other)
            if is_another and other.is_active_at(moment.event.occurred_at):
                self._end(other, Reason.PROGRAMME_REPLACED, moment, depth)
                if moment.event.fresh and not is_certain(course, other):
                    self._ask_which_side(course, other, moment.event)

    def _ask_which_side(self, course: Course, other: Course, event: Event) -> None:
        key = f"{Ask.PROGRAMME_REPLACED}:{event.key}"
        says = f"“{other.sequence.title}” ended when “{course.sequence.title}” was started"
        self.tasks[key] = Task(kind=Ask.PROGRAMME_REPLACED, key=key, detail=says)

    def withdraw(self, moment: Moment) -> None:
        """What never happened has started nothing: of what it did start, all that nothing else stands for is over."""
        for row in self.existing if moment.event.withdrawn else ():
            if row.event_key in moment.event.keys and (row.sequence.id, row.origin) not in self.courses:
                course = self._take_up(row, moment)
                course.ended, course.ended_at = moment.event.withdrawn, moment.event.occurred_at
                self.withdraw(own_event(EventKind.ENROLMENT_STARTED, course, moment))

    def _end_all(self, moment: Moment, depth: int) -> None:
        for course in self.courses:
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
            self.visit(own_event(EventKind.ENROLMENT_ENDED, course, moment), depth + 1)

    def _take_up(self, row: Enrolled, started: Moment, *, is_adrift: bool = False) -> Course:
        course = Course(
            sequence=row.sequence,
            version=row.version,
            origin=row.origin,
            started=started,
            existing=row,
            change=self._change(row.sequence, started),
            is_adrift=is_adrift,
        )
        self.courses.add(course)
        return course

    def _starts(self, moment: Moment) -> Iterator[Course]:
        for row in self.existing:
            if (row.sequence.id, row.origin) not in self.courses:
                yield from self._go_on(row, moment)
        for live in self._listening(moment.event.kind) if self._may_start_anything(moment) else ():
            if not self._is_in(live.sequence, moment) and self._may_start(live.sequence, moment):
                change = self._change(live.sequence, moment)
                course = Course(
                    sequence=live.sequence,
                    version=live.version,
                    origin=self._origin(live.sequence, moment.event, change),
                    started=moment,
                    change=change,
                )
                self.courses.add(course)
                yield course

    def _listening(self, kind: EventKind) -> tuple[Live, ...]:
        """What a kind of event may start."""
        if kind not in self.listening:
            self.listening[kind] = tuple(
                one for one in self.live if one.sequence.enabled and kind in one.sequence.enrol.on
            )
        return self.listening[kind]

    def _may_start_anything(self, moment: Moment) -> bool:
        """Most of a long history is settled: nobody need look at it again."""
        event = moment.event
        is_over = event.is_history or (event.kind.is_of_the_moment and not event.fresh)
        return not is_over and moment.patient.standing is Standing.CURRENT and has_news_near(event, self.moments)

    def _origin(self, sequence: Sequence, event: Event, change: Change | None) -> str:
        """What the enrolment belongs to; a programme that begins anew has its day as well."""
        if change:
            return f"change:{event.key}"
        is_anew = (sequence.id, event.origin) in self.courses
        return f"{event.origin}:{event.programme.get('starts_on')}" if is_anew else event.origin

    def _go_on(self, row: Enrolled, moment: Moment) -> Iterator[Course]:
        """What this event started goes on; so does what was started by something that it stands in for."""
        event = moment.event
        if row.event_key in event.keys:
            otherwise = self._why_otherwise(row, moment)
            course = self._take_up(row, moment)
            course.ended, course.ended_at = otherwise, event.occurred_at if otherwise else None
            yield course
        elif self._stands_in(row, moment) and not self._is_in(row.sequence, moment, besides=row):
            yield self._take_up(row, moment)

    def _stands_in(self, row: Enrolled, moment: Moment) -> bool:
        """Whether it tells of what was started by something that never happened as it was told then."""
        is_the_same = row.event_key in self.withdrawn and not moment.event.names.isdisjoint(self._names(row))
        return is_the_same and bool(self._suited(row.sequence, moment))

    def _why_otherwise(self, row: Enrolled, moment: Moment) -> Reason | None:
        """A move may by now be none that anybody must hear of, and a treatment may be one that was told in two ways."""
        if row.sequence.tells_of_moves:
            return None if self._suited(row.sequence, moment) else Reason.ENDED
        if moment.event.kind is not EventKind.TREATMENT_PERFORMED:
            return None
        others = self.courses.of(row.sequence.id)
        is_told_twice = any(not course.names.isdisjoint(self._names(row)) for course in others)
        return Reason.TREATMENT_CORRECTED if is_told_twice else None

    def _is_in(self, sequence: Sequence, moment: Moment, besides: Enrolled | None = None) -> bool:
        """Whether this event, or another about the same, has started the sequence before."""
        event = moment.event
        if event.kind not in sequence.enrol.on:
            return False
        mine, rows = self.courses.of(sequence.id), self.rows.get(sequence.id, ())
        if not mine and not rows:
            return False
        names = event.names if self._change(sequence, moment) is None else {f"change:{event.key}"}
        over = {course.origin for course in mine if begins_anew(event, course)}
        others = (row for row in rows if row is not besides and row.origin not in over)
        taken = any(not names.isdisjoint(self._names(row)) for row in others)
        return taken or any(not names.isdisjoint(one.names) for one in mine if one.origin not in over)

    def _names(self, row: Enrolled) -> frozenset[str]:
        """Every name of what an enrolment is about that may not have been come to yet."""
        return self.names.get(row.event_key, frozenset()) | {row.origin}

    def _change(self, sequence: Sequence, moment: Moment) -> Change | None:
        return change_to_tell(sequence, moment, self.courses.of(sequence.id))

    def _may_start(self, sequence: Sequence, moment: Moment) -> bool:
        event = moment.event
        if self.courses.keep_out(sequence, event.occurred_at):
            return False
        suited = self._suited(sequence, moment)
        if not suited:
            if event.fresh and self._is_for_no_plan(sequence, moment):
                self._ask_for_subtype(sequence, event)
            return False
        safe = [view for view in suited if not lacks_subtype(sequence, view.as_known)]
        if not (event.fresh or has_late_news(event, self.moments) or is_first_met_now(safe or suited)):
            return False
        if not safe:
            self._ask_for_subtype(sequence, event)
        return bool(safe)

    def _suited(self, sequence: Sequence, moment: Moment) -> list[View]:
        """As what the event is known, then or somewhat later, where the sequence is for it."""
        change = self._change(sequence, moment)
        if moment.event.kind not in sequence.enrol.on or (change and came_too_late(moment)):
            return []
        return [
            view for view, objects in self.looks.at(moment, self.moments, change) if holds(sequence.enrol.when, objects)
        ]

    def _is_for_no_plan(self, sequence: Sequence, moment: Moment) -> bool:
        """Whether a subtype was recorded that no loading plan is for: a slip of the pen is not a reason for silence."""
        if not is_for_another_subtype(sequence, (view.as_known for view in views_of(moment, self.moments))):
            return False
        return not any(self._suited(one.sequence, moment) for one in self.live if one.sequence.kind is Kind.LOADING)

    def _ask_for_subtype(self, sequence: Sequence, event: Event) -> None:
        key = f"{Ask.UNKNOWN_SUBTYPE}:{event.key}"
        self.tasks[key] = Task(kind=Ask.UNKNOWN_SUBTYPE, key=key, detail=sequence.id)


def _turn(sequence: Sequence) -> tuple[bool, str]:
    return bool(sequence.enrol.not_while_in), sequence.id
