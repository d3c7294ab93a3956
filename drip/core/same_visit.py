"""Under which number a visit goes in that somebody types by hand: it may be one that the booking system has told of."""

from collections.abc import Iterable
from datetime import datetime
from itertools import count

from drip.core.chain import standing_after
from drip.core.event import Event


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
