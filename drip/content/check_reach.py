"""Steps that can never arrive: always too late, always ended first, or always over the limits."""

from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, timedelta

from drip.content.shape import Mistake
from drip.content.step_place import place_of
from drip.core.caps import Usage, is_exempt, next_room
from drip.core.clinic import Clinic, Site, hours_for
from drip.core.lifecycle import State
from drip.core.model import AnchorKind, EventKind
from drip.core.plan import Basis, Wanted, wanted
from drip.core.sequence import MAX_OCCURRENCES, Again, Sequence, Step
from drip.core.walltime import local_date
from drip.core.window import DAY, Hours

ANCHORS = tuple(datetime(2026, 6, 1, 9, tzinfo=UTC) + timedelta(days=n) for n in range(7))
"""Each day of an ordinary week: what happens for all of them happens always."""

MOST_MESSAGES = 1000

_VISITS = frozenset({AnchorKind.APPOINTMENT, AnchorKind.APPOINTMENT_END})

_AFTER_THE_ANCHOR = {
    AnchorKind.ENROLLED: frozenset(EventKind),
    AnchorKind.BOOKED: frozenset(EventKind),
    AnchorKind.APPOINTMENT: frozenset({EventKind.ATTENDED, EventKind.NO_SHOW}),
    AnchorKind.TREATMENT: frozenset({EventKind.TREATMENT_PERFORMED}),
}
"""Events that come when the anchor has already been."""


def never_sent(sequence: Sequence) -> Iterator[Mistake]:
    """Steps before a moment that has always passed when a patient is enrolled."""
    passed = sequence.enrol.on <= _AFTER_THE_ANCHOR.get(sequence.anchor, frozenset())
    for step in sequence.steps:
        if step.before and passed:
            events = " and ".join(sorted(sequence.enrol.on))
            message = (
                f"always too late: by {events} the {sequence.anchor.value} has been. "
                "Write `after`, or enrol earlier, such as on appointment.booked"
            )
            yield Mistake(loc=(*place_of(sequence, step), "before"), key=True, rule="never-sent", message=message)


def always_ended(sequence: Sequence, others: Iterable[Sequence]) -> Iterator[Mistake]:
    """A sequence that ends the moment another begins which always begins at the same event."""
    for n, name in enumerate(sorted(sequence.ends.when_enrolled_in)):
        other = next((one for one in others if one.id == name), None)
        if other and other.enabled and _always_begins_with(other, sequence):
            message = f"`{name}` begins whenever this does, and so always ends it: tell their conditions apart"
            yield Mistake(loc=("ends", "when_enrolled_in", n), rule="always-ended", message=message, level="warning")


def after_its_end(sequence: Sequence) -> Iterator[Mistake]:
    """Steps after a visit, in a sequence that ends with the visit whether the patient came or not."""
    if sequence.anchor not in _VISITS or not sequence.ends.on >= {EventKind.ATTENDED, EventKind.NO_SHOW}:
        return
    for step in sequence.steps:
        if not step.before and step.offset.days and step.follows is None:
            message = (
                "by then the visit was attended or missed, and both end this sequence: "
                "move the step to a sequence that one of them begins"
            )
            yield Mistake(
                loc=(*place_of(sequence, step), "after"),
                key=True,
                rule="always-ended",
                message=message,
                level="warning",
            )


def _always_begins_with(other: Sequence, sequence: Sequence) -> bool:
    same_people = other.enrol.when is None or other.enrol.when == sequence.enrol.when
    is_free = other.enrol.again is Again.PER_ORIGIN and not other.enrol.not_while_in
    return sequence.enrol.on <= other.enrol.on and same_people and is_free


def always_capped(sequence: Sequence, clinic: Clinic) -> Iterator[Mistake]:
    """Steps that a site's limits drop on whichever day of the week the sequence begins."""
    dropped: dict[tuple[str, str], str] = {}
    for site in clinic.sites if sequence.enabled and is_small_enough(sequence) else ():
        for key in set.intersection(*(_dropped(sequence, site, anchor) for anchor in ANCHORS)):
            dropped.setdefault(key, site.id)
    for (step, channel), name in sorted(dropped.items(), key=lambda one: sequence.position(one[0][0])):
        message = f"the limits of {name} always drop this: move it to a quieter day, or let it wait with `expires`"
        loc = ("steps", sequence.position(step), channel)
        yield Mistake(loc=loc, rule="always-capped", message=message, level="warning")


def _dropped(sequence: Sequence, site: Site, anchor: datetime) -> set[tuple[str, str]]:
    """Steps and channels of which not one message gets through. What has a condition takes no room: it may not go."""
    hours, usage = hours_for(sequence, site, None), Usage()
    lost: set[tuple[str, str]] = set()
    went: set[tuple[str, str]] = set()
    for message in planned(sequence, site, anchor):
        key = message.step, message.channel.value
        today = local_date(message.due_at, hours.zone)
        if is_exempt(message.purpose, local_date(anchor, hours.zone), today, hours.first_opening(today + DAY)):
            went.add(key)
            continue
        day = _day_with_room(message, usage, site, hours)
        (lost if day is None else went).add(key)
        if day is not None and not _is_conditional(sequence, message):
            usage.add(message.channel, day)
    return lost - went


def _day_with_room(message: Wanted, usage: Usage, site: Site, hours: Hours) -> date | None:
    today = local_date(message.due_at, hours.zone)

    def has_room(on: date) -> bool:
        return usage.has_room(message.channel, on, site.caps)

    if has_room(today):
        return today
    later = next_room(hours, message.due_at, message.expires_at, has_room)
    return local_date(later, hours.zone) if later else None


def _is_conditional(sequence: Sequence, message: Wanted) -> bool:
    step = sequence.step(message.step)
    return step is None or step.when is not None or step.may_turn


def is_small_enough(*sequences: Sequence) -> bool:
    """Whether a week of plans can be made while somebody waits: each message is placed for each day of it."""
    return all(sum(_occurrences(step) for step in one.steps) <= MOST_MESSAGES for one in sequences)


def _occurrences(step: Step) -> int:
    """How often a step comes, at the most."""
    if step.every is None:
        return 1
    return step.times or (step.until.days // step.every + 1 if step.until else MAX_OCCURRENCES)


def planned(sequence: Sequence, site: Site, anchor: datetime) -> list[Wanted]:
    """What a sequence would send for an anchor, in the order in which it goes."""
    basis = Basis(sequence=sequence, version="", anchor=anchor, hours=hours_for(sequence, site, None))
    messages = [message for message in wanted(basis) if message.state is State.PLANNED]
    return sorted(messages, key=lambda message: (message.due_at, message.purpose.rank, message.position))
