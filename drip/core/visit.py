"""A visit as the history tells it: how it stands, and what about it changed."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from drip.core.model import EventKind, Facts, Value, merged
from drip.core.patient import time_in

if TYPE_CHECKING:
    from drip.core.event import Event

BOOKED, CANCELLED, ATTENDED, NO_SHOW = "booked", "cancelled", "attended", "no_show"

_STATUS = {
    EventKind.BOOKED: BOOKED,
    EventKind.RESCHEDULED: BOOKED,
    EventKind.CANCELLED: CANCELLED,
    EventKind.ATTENDED: ATTENDED,
    EventKind.NO_SHOW: NO_SHOW,
}

_TOLD: Mapping[str, str] = {"starts_at": "time", "site": "site", "practitioner": "practitioner"}
"""What a patient is told of a visit, and what a change to it is called."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What a patient must hear of a visit that moved."""

    previous: Facts = field(repr=False)
    """What they knew: `starts_at`, `site` and `practitioner`, as far as they were told."""
    changed: tuple[str, ...]
    """`time`, `site`, `practitioner`; empty when it is back where the patient knows it."""


def appointment_after(known: Facts, event: "Event") -> Facts:
    """What is known of an appointment once an event about it has happened."""
    told: dict[str, Value] = dict(event.appointment)
    if event.kind in _STATUS:
        told["status"] = _status_after(known, event)
    if event.kind is EventKind.BOOKED:
        told.setdefault("booked_at", known.get("booked_at") or event.occurred_at.isoformat())
    if event.site:
        told["site"] = event.site
    return merged(known, told)


def _status_after(known: Facts, event: "Event") -> str:
    """Systems tell a visit again as booked when anything about it was edited: that does not undo who came to it."""
    status, was = _STATUS[event.kind], known.get("status")
    is_over = was in (ATTENDED, NO_SHOW) and status == BOOKED
    return str(was) if is_over and "time" not in differences(known, event.appointment) else status


def is_a_move(known: Facts, after: Facts, kind: EventKind) -> bool:
    """Many systems only say that a booking changed: of one that stands, another time, place or person is a move."""
    return kind is EventKind.BOOKED and known.get("status") == BOOKED and bool(differences(known, after))


def differences(before: Facts, after: Facts) -> tuple[str, ...]:
    """What about a visit is not as it was. What was never told has not changed."""
    return tuple(word for name, word in _TOLD.items() if _differs(name, before, after))


def _differs(name: str, before: Facts, after: Facts) -> bool:
    was, now = (_told(name, facts) for facts in (before, after))
    return was is not None and now is not None and was != now


def _told(name: str, facts: Facts) -> datetime | str | None:
    if name == "starts_at":
        return time_in(facts, name)  # one instant may be written on two clocks
    told = facts.get(name)
    return told if isinstance(told, str) and told else None


def as_told(appointment: Facts) -> Facts:
    """What a patient is told of a visit."""
    return {name: told for name in _TOLD if (told := appointment.get(name))}
