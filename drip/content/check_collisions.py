"""Sequences that could meet in one patient where they must not, or where one of them then has to wait."""

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import date
from itertools import combinations
from typing import TypeAlias

from drip.content.check_reach import ANCHORS, is_small_enough, planned
from drip.content.finding import Finding
from drip.content.folder import Folder
from drip.content.shape import Mistake, finding_at
from drip.content.step_place import place_of
from drip.core.clinic import Clinic
from drip.core.contradiction import can_hold
from drip.core.model import Channel, Kind, Purpose
from drip.core.plan import Wanted
from drip.core.sequence import Sequence

Plans: TypeAlias = list[list[Wanted]]
"""What a sequence would send, for an anchor on each day of a week."""

Day: TypeAlias = tuple[date, Channel, Purpose]

LIMITED = frozenset({Purpose.CARE, Purpose.FEEDBACK, Purpose.MARKETING})


def collisions(folder: Folder, path: str | None = None) -> Iterator[Finding]:
    """Every two sequences that one patient could be in at once, where that does harm or makes one of them wait.

    `path`: only pairs with the sequence of this file.
    """
    files = [file for file in folder.sequences if file.sequence and file.sequence.enabled]
    plans: dict[str, Plans] = {}
    pairs = [pair for pair in combinations(files, 2) if path is None or path in (pair[0].path, pair[1].path)]
    for first, second in pairs:
        one, other = first.sequence, second.sequence
        if one and other and _could_meet(one, other):
            mistakes = [*_two_loadings(one, other)]
            if folder.clinic and _begin_together(one, other) and is_small_enough(one, other):
                for new in (each for each in (one, other) if each.id not in plans):
                    plans[new.id] = _plans(new, folder.clinic)
                mistakes += _same_day((one, other), (plans[one.id], plans[other.id]), folder.clinic)
            yield from (finding_at(second.path, second.root, mistake) for mistake in mistakes)


def _could_meet(one: Sequence, other: Sequence) -> bool:
    """One patient can be in both, and neither keeps the other out."""
    if one.id == other.id or _keeps_out(one, other) or _keeps_out(other, one):
        return False
    return can_hold(one.enrol.when, other.enrol.when)


def _begin_together(one: Sequence, other: Sequence) -> bool:
    """At one event, and counting from the same moment."""
    return bool(one.enrol.on & other.enrol.on) and one.anchor is other.anchor


def _keeps_out(one: Sequence, other: Sequence) -> bool:
    return other.id in one.enrol.not_while_in | one.ends.when_enrolled_in


def _two_loadings(one: Sequence, other: Sequence) -> Iterator[Mistake]:
    if one.kind is other.kind is Kind.LOADING:
        message = (
            f"a patient could be in `{one.id}` as well, with two loading plans for one leg: "
            "tell their conditions apart, or name it in `not_while_in`"
        )
        yield Mistake(loc=("enrol",), key=True, rule="loading-collision", message=message, level="warning")


def _plans(sequence: Sequence, clinic: Clinic) -> Plans:
    """What always goes and is limited: without the steps that have a condition, or may take another channel."""
    certain = {step.id for step in sequence.steps if step.when is None and not step.may_turn}
    return [
        [one for one in planned(sequence, clinic.sites[0], anchor) if one.step in certain and one.purpose in LIMITED]
        for anchor in ANCHORS
    ]


def _same_day(sequences: tuple[Sequence, Sequence], plans: tuple[Plans, Plans], clinic: Clinic) -> Iterator[Mistake]:
    """The first step of the second that always comes on a day which the first has already filled."""
    one, other = sequences
    taken = [Counter(map(_day_of, plan)) for plan in plans[0]]
    for step in other.steps:
        for channel in step.slots:
            room = clinic.sites[0].caps.per_day(channel)
            days = (_days_of(plan, step.id, channel) for plan in plans[1])
            if room and all(_is_full(ours, theirs, room) for ours, theirs in zip(days, taken, strict=True)):
                many = f"{room} may go in a day" if room > 1 else "only one may go in a day"
                what = "an email" if channel is Channel.EMAIL else "a text"
                message = f"always on the same day as {what} of `{one.id}`, and {many}: move one of them"
                yield Mistake(loc=place_of(other, step), rule="same-day", message=message, level="warning")
                return


def _day_of(message: Wanted) -> Day:
    """What a limit counts: of one purpose, one channel, and one UTC day, which is near enough for a warning."""
    return message.due_at.date(), message.channel, message.purpose


def _days_of(plan: list[Wanted], step: str, channel: Channel) -> list[Day]:
    return [_day_of(message) for message in plan if (message.step, message.channel) == (step, channel)]


def _is_full(days: list[Day], filled: Mapping[Day, int], room: int) -> bool:
    return any(filled[day] >= room for day in days)
