"""A visit that somebody types by hand may be one that the booking system has told of: then it is that one."""

from collections.abc import Iterable
from datetime import datetime

from drip.core.event import Event
from drip.core.model import EventKind
from drip.core.patient import time_in


def visit_at(history: Iterable[Event], at: datetime) -> str | None:
    """The number of the visit that is at this very time, by the latest word on each; None where none is."""
    starts: dict[str, datetime] = {}
    for event in sorted(history, key=lambda one: (one.occurred_at, one.received)):
        ref, told = event.appointment_ref, time_in(event.appointment, "starts_at")
        if ref and event.kind is EventKind.CANCELLED:
            starts.pop(ref, None)
        elif ref and told:
            starts[ref] = told
    return next((ref for ref, start in starts.items() if start == at), None)
