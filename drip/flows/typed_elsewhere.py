"""A visit that staff typed on a record of their own, and the same person's booking system: its word of it is passed on.

Two records stay two. The visit is planned for where it was typed. What the booking system says of it becomes part of
that history too, so that it moves and ends there, and what is under way there is not started for the other record.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from drip.bookings.by_hand import SOURCE
from drip.clock import order
from drip.core.chain import moved_visits
from drip.core.event import Event
from drip.core.patient import Standing
from drip.core.same_visit import typed_elsewhere
from drip.core.typed_visit import is_by_hand
from drip.flows.own_event import own_event
from drip.flows.resolve import Known, event_of
from drip.store import enrolments, events
from drip.store.database import Tx
from drip.store.enrolments import EnrolmentRow
from drip.store.events import APPLIED, NewEvent, StoredEvent
from drip.store.patients import PatientRow

KIND = "typed_visit"

_ORIGIN = "appointment:"


@dataclass(frozen=True, slots=True, kw_only=True)
class Shared:
    """A record of a booking system's with news, and one by hand of the same person, with a visit that both have."""

    theirs: Known
    typed: PatientRow
    names: Mapping[str, str]
    """From each number that the booking system has for it to the one number of both."""
    had: Sequence[EnrolmentRow]
    """What the record by hand is, or was, in."""

    def elsewhere(self) -> Mapping[tuple[str, str], str]:
        """Sequence and origin, of all that is begun for the visit where it was typed -> who told of it there."""
        alone = moved_visits(map(event_of, self.theirs.history))
        begun = [(row.sequence, row.origin.removeprefix(_ORIGIN)) for row in self.had if row.origin.startswith(_ORIGIN)]
        return {
            (sequence, f"{_ORIGIN}{alone.name_of(ref)}"): self.typed.source
            for ref, name in self.names.items()
            for sequence, about in begun
            if about in (ref, name)
        }


def find(
    tx: Tx, known: Sequence[Known], others: Mapping[str, Sequence[str]], rows: Mapping[str, PatientRow]
) -> list[Shared]:
    """Which of these have a visit that was typed on a record by hand. No statement where there is no such record."""
    pairs = [(one, rows[other]) for one in known if one.fresh for other in others.get(one.row.id, ())]
    pairs = [(one, typed) for one, typed in pairs if one.row.source != SOURCE and _is_by_hand(typed)]
    if not pairs:
        return []
    keys = {typed.id: typed.data_key for _, typed in pairs}
    histories, had = events.histories(tx, keys), enrolments.of_patients(tx, keys)
    return [
        Shared(theirs=one, typed=typed, names=names, had=had[typed.id])
        for one, typed in pairs
        if (names := typed_elsewhere([event_of(told) for told in one.history], _applied(histories[typed.id])))
    ]


def _is_by_hand(row: PatientRow) -> bool:
    return row.source == SOURCE and row.patient.standing is Standing.CURRENT


def _applied(history: Sequence[StoredEvent]) -> list[Event]:
    """What was typed and is planned for: what is not yet is decided when it is, beside what the other record has."""
    return [event_of(one) for one in history if one.state == APPLIED]


def tell(tx: Tx, shared: Sequence[Shared], now: datetime) -> int:
    """Pass on what the booking systems said of these visits. Answers how much of it was new. Safe to repeat."""
    return events.add(tx, [event for one in shared for event in _news(one)], now) if shared else 0


def _news(shared: Shared) -> Iterator[NewEvent]:
    """As history: it counts for all that is known, and starts nothing, for the booking system's record does that."""
    first, number = order(), next(ref for ref in shared.names if not is_by_hand(ref))
    whose = shared.typed.id, shared.typed.data_key
    for place, stored in enumerate(shared.theirs.history):
        event = event_of(stored)
        ref = event.appointment_ref or ""
        if ref in shared.names and event.kind.is_about_an_appointment:
            visit = {**event.appointment, "ref": number if is_by_hand(ref) else ref}
            told: dict[str, Any] = {"appointment": visit, "history": True}
            told |= {"site": event.site} if event.site else {}
            key = f"{KIND}:{shared.typed.id}:{stored.id}"
            yield own_event(whose, event.kind, event.occurred_at, told, key=key, received=first + place)
