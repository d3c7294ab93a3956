"""Under which number a visit goes in that somebody types by hand: it may be one that the booking system has told of."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from itertools import count

from drip.core.chain import moved_visits, standing_after
from drip.core.event import Event
from drip.core.typed_visit import is_by_hand


def number_for(ref: str, at: datetime, history: Iterable[Event]) -> str:
    """The number for a visit at this time, typed by hand, that would be `ref` by itself.

    One that is known under `ref` stays that one, unless its booking system has since moved it to another day or
    cancelled it: what it says of its visit is not undone by somebody who tells of another one.
    """
    told = list(history)
    numbers = {event.appointment_ref for event in told}
    visits = standing_after(told)
    name = visits.name_of(ref)
    start = visits.starts.get(name)
    stays = start is not None and start.astimezone(at.tzinfo).date() == at.date()
    if ref in numbers and (stays or name not in visits.told):
        return ref
    known = next((one for one, start in visits.starts.items() if start == at), None)
    if known or ref not in numbers:
        return known or ref
    return next(other for n in count(2) if (other := f"{ref}-{n}") not in numbers)


def typed_elsewhere(theirs: Sequence[Event], typed: Sequence[Event]) -> Mapping[str, str]:
    """Which visits of a history are one that was typed by hand on another record of the same person.

    From each number that the visit has in `theirs` to the one number of both in the two histories together.
    """
    both = moved_visits([*theirs, *typed])
    by_hand = {both.name_of(ref) for event in typed if (ref := event.appointment_ref) and is_by_hand(ref)}
    names = {ref: both.name_of(ref) for event in theirs if (ref := event.appointment_ref)}
    told = by_hand & {name for ref, name in names.items() if not is_by_hand(ref)}
    return {ref: name for ref, name in names.items() if name in told}
