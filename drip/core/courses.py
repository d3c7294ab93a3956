"""What a walk through a history has come to so far, found by sequence: most questions are about one sequence alone."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from drip.core.course import Course
from drip.core.duration import Duration
from drip.core.sequence import Again, Sequence


@dataclass(slots=True)
class Courses:
    """One course for each sequence and origin, in the order in which they came about."""

    _all: dict[tuple[str, str], Course] = field(default_factory=dict)
    _of_sequence: dict[str, dict[str, Course]] = field(default_factory=dict)

    def add(self, course: Course) -> None:
        """It takes the place of another of the same sequence and origin."""
        self._all[course.key] = course
        self._of_sequence.setdefault(course.sequence.id, {})[course.origin] = course

    def of(self, sequence_id: str) -> Collection[Course]:
        """All of one sequence."""
        return self._of_sequence.get(sequence_id, {}).values()

    def __iter__(self) -> Iterator[Course]:
        """All of them, as they are now: what is added meanwhile is not met."""
        return iter(tuple(self._all.values()))

    def __contains__(self, key: tuple[str, str]) -> bool:
        return key in self._all

    def keep_out(self, sequence: Sequence, at: datetime) -> bool:
        """Whether an enrolment in a sequence that excludes this one does, or an earlier turn of its own."""
        others = sequence.enrol.not_while_in
        if others and any(one.sequence.id in others and one.is_active_at(at) for one in self):
            return True
        mine = self.of(sequence.id)
        match sequence.enrol.again:
            case Again.NEVER:
                return bool(mine)
            case Again.ONE_AT_A_TIME:
                return any(one.is_active_at(at) for one in mine)
            case Again.AFTER:
                pause = sequence.enrol.again_after or Duration()
                begun = (one.started.event.occurred_at for one in mine)
                return any(at < start + timedelta(days=pause.days) + pause.elapsed for start in begun)
            case _:
                return False
