"""What a loading programme is for, and which other one it takes the place of: a tendon is loaded by one plan at a time.

Two programmes are about the same if they may be: what nobody has recorded counts as everything there is.
"""

from collections.abc import Iterable, Sequence
from datetime import date

from drip.core.condition import holds
from drip.core.course import Course, objects_at
from drip.core.event import Event, Moment
from drip.core.model import EventKind, Kind
from drip.core.view import views_of

_SIDES = {"left": "left", "l": "left", "right": "right", "r": "right"}
BOTH = frozenset({"left", "right"})


def is_loading(course: Course) -> bool:
    """Whether it tells a patient to load a tendon."""
    return course.sequence.kind is Kind.LOADING


def sides(course: Course) -> frozenset[str]:
    """The sides that a programme is for; both where it is not told, or told in words that are not known."""
    side = _SIDES.get(_told(course, "side"))
    return frozenset({side}) if side else BOTH


def may_be_one(course: Course, other: Course) -> bool:
    """Whether both load the same part of the body on the same side, as far as anybody can tell."""
    parts = {_told(course, "body_part"), _told(other, "body_part")} - {""}
    return len(parts) < 2 and not sides(course).isdisjoint(sides(other))


def is_certain(course: Course, other: Course) -> bool:
    """Whether it is known of both which side they are for."""
    return BOTH not in (sides(course), sides(other))


def best_known_first(started: Iterable[Course], moment: Moment, moments: Sequence[Moment]) -> list[Course]:
    """What one event starts; of programmes, first the one that suits what was known last: a subtype was corrected."""
    courses = list(started)
    if sum(map(is_loading, courses)) < 2:
        return courses
    views = [objects_at(view.as_known) for view in views_of(moment, moments)]
    suited = {
        course.key: max((n for n, known in enumerate(views) if holds(course.sequence.enrol.when, known)), default=-1)
        for course in courses
        if is_loading(course)
    }
    return sorted(courses, key=lambda course: -suited.get(course.key, -1))


def begins_anew(event: Event, course: Course) -> bool:
    """Whether a programme is to start once the one of the same name was over: after a relapse, or an operation.

    The same one told again, as booking systems do with every edit, has its old start.
    """
    if event.kind is not EventKind.PROGRAMME_STARTED or (over_at := course.over_at) is None:
        return False
    before, starts = start_day(course.started.event), start_day(event)
    if before is None or starts is None:
        return False
    return before < starts and over_at.date() <= starts


def start_day(event: Event) -> date | None:
    """The day on which a programme starts."""
    told = event.programme.get("starts_on")
    return date.fromisoformat(told[:10]) if isinstance(told, str) else None


def _told(course: Course, name: str) -> str:
    """What the programme says of itself, else what is known of its patient."""
    told = course.started.event.programme.get(name) or course.started.patient.facts.get(name)
    return told.strip().lower() if isinstance(told, str) else ""
