"""A booking event arrives -> the event inbox, under its unique key. Nothing is decided here."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from drip.app import App
from drip.bookings.parsed import Parsed
from drip.clock import order
from drip.store import events, patients
from drip.store.database import Tx


@dataclass(frozen=True, slots=True)
class TakenIn:
    """How many events were new, and how many we had already."""

    accepted: int
    duplicates: int


def take_in(app: App, parsed: Sequence[Parsed], now: datetime) -> TakenIn:
    """Store events for the next tick. Safe to repeat: an event that is there already changes nothing."""
    return app.store.attempt(lambda tx: put_in(tx, parsed, now))


def put_in(tx: Tx, parsed: Sequence[Parsed], now: datetime) -> TakenIn:
    """As `take_in`, within a transaction that writes more than the events."""
    accepted = sum(put_in_each(tx, parsed, now))
    return TakenIn(accepted=accepted, duplicates=len(parsed) - accepted)


def put_in_each(tx: Tx, parsed: Sequence[Parsed], now: datetime) -> list[bool]:
    """As `put_in`; answers of each event whether it was new."""
    first = order()
    people = patients.ensure(tx, {(one.source, one.patient_ref) for one in parsed}, now)
    new = []
    for number, one in enumerate(parsed):
        patient_id, data_key = people[one.source, one.patient_ref]
        new.append(
            events.NewEvent(
                source=one.source,
                event_id=one.event.key,
                patient_id=patient_id,
                data_key=data_key,
                received=first + number,
                kind=one.event.kind.value,
                occurred_at=one.event.occurred_at,
                body=one.body,
                raw=one.raw,
            )
        )
    return events.add_each(tx, new, now)
