"""What we tell ourselves when an enrolment starts or ends: it happens within the moment that caused it."""

from dataclasses import replace
from hashlib import sha256

from drip.core.course import Course, enrolment_facts
from drip.core.event import Event, Moment
from drip.core.model import EventKind
from drip.core.treatment import DERIVED

UNTOLD = ("enrolment-", DERIVED)
"""How the keys of events begin that nobody told us: what they started was not enrolled by hand."""


def own_event(kind: EventKind, course: Course, moment: Moment) -> Moment:
    """The moment at which a course starts or ends, seen as an event of its own."""
    existing = course.existing
    is_news = existing is None or (kind is EventKind.ENROLMENT_ENDED and existing.ended is None)
    event = replace(
        moment.event,
        fresh=moment.event.fresh or is_news,
        key=_key(kind, course, moment.event),
        also=frozenset(),
        kind=kind,
        enrolment=enrolment_facts(course.sequence),
        reply={},  # what an answer sets in motion is not itself the answer
        asked={},
        alert={},
        staff={},
    )
    return replace(moment, event=event)


def _key(kind: EventKind, course: Course, cause: Event) -> str:
    """The same for the same cause, and never longer, however many enrolments start one another."""
    began = course.existing.event_key if course.existing and kind is EventKind.ENROLMENT_STARTED else cause.key
    told = f"{course.sequence.id}|{course.origin}|{began}"
    return f"{kind.value.replace('.', '-')}:{sha256(told.encode()).hexdigest()[:32]}"
