"""A visit that moved: what a sequence has to tell of it."""

from collections.abc import Iterable

from drip.core.course import Course
from drip.core.event import Moment
from drip.core.model import EventKind
from drip.core.patient import time_in
from drip.core.sequence import Sequence
from drip.core.visit import Change, differences


def change_to_tell(sequence: Sequence, moment: Moment, courses: Iterable[Course]) -> Change | None:
    """What about its visit is not as the patient has heard of it last. None for everything but such a sequence's move.

    `courses`: what was started before. A move that nobody was told of before the next one came is as if it never was.
    """
    event = moment.event
    if event.kind is not EventKind.RESCHEDULED or not sequence.tells_of_moves:
        return None
    previous = moment.moved_from
    for course in courses:
        if course.change and course.sequence.id == sequence.id and not course.about.isdisjoint(event.origins):
            was_told = course.existing is not None and course.existing.was_told
            previous = moment.moved_from if was_told else course.change.previous
    return Change(previous=previous, changed=differences(previous, moment.appointment))


def came_too_late(moment: Moment) -> bool:
    """Whether the visit had begun when this happened."""
    starts_at = time_in(moment.appointment, "starts_at")
    return starts_at is not None and starts_at <= moment.event.occurred_at
