"""A system that writes drip's own booking events, and signs what it posts."""

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from drip.bookings.generic_webhook import connect
from drip.bookings.parsed import Outcome
from drip.bookings.source import Call, Connection, Hears
from drip.core.clinic import Clinic
from drip.core.model import EventKind
from tests.bookings.trouble import Made, Trouble, call_in, called, clock_in
from tests.bookings.wires import Happening, What
from tests.signing import signed

KEY = "a-secret-of-the-clinic"
LONGEST = timedelta(minutes=5)
KINDS = {
    What.BOOKED: EventKind.BOOKED,
    What.MOVED: EventKind.RESCHEDULED,
    What.CANCELLED: EventKind.CANCELLED,
    What.BOOKED_AGAIN: EventKind.BOOKED,
    What.ATTENDED: EventKind.ATTENDED,
    What.NO_SHOW: EventKind.NO_SHOW,
}


class GenericWire:
    """Posts one event a call."""

    name = "generic"
    says = frozenset(What)
    gives_new_id_on_move = False
    suffers = frozenset(Trouble) - {Trouble.BUSY, Trouble.LOOPS}
    """Nobody asks it anything."""

    def __init__(self, source: Hears) -> None:
        self._source = source

    def say(self, told: Sequence[Happening], now: datetime) -> list[Outcome]:
        """Each in a call of its own, in this order."""
        outcomes: list[Outcome] = []
        for one in told:
            made = called(self._source, _call(one, now, KEY), now)
            assert isinstance(made, list)
            outcomes += made
        return outcomes

    def say_in(self, trouble: Trouble, one: Happening, now: datetime) -> Made:
        said = replace(one, starts_at=clock_in(trouble, one.starts_at))
        return called(self._source, call_in(trouble, lambda at, key: _call(said, at, key), KEY, now, LONGEST), now)

    def close(self) -> None:
        """Nothing to end."""


def _call(one: Happening, at: datetime, key: str) -> Call:
    body = json.dumps(_event(one)).encode()
    return Call(headers={"drip-signature": signed(body, key, at)}, body=body)


def _event(one: Happening) -> dict[str, object]:
    patient = {"ref": one.patient, "first_name": one.first_name, "last_name": one.last_name}
    return {
        "event_id": f"{one.visit}-{one.what}-{one.at.isoformat()}",
        "kind": KINDS[one.what].value,
        "occurred_at": one.at.isoformat(),
        "site": one.site,
        "patient": {**patient, "phone": one.phone, "email": one.email},
        "appointment": {
            "ref": one.visit,
            "type": one.type,
            "starts_at": one.starts_at.isoformat(),
            "ends_at": (one.starts_at + timedelta(minutes=45)).isoformat(),
        },
    }


def wire(clinic: Clinic) -> GenericWire:
    """Connected to this clinic."""
    source = connect(Connection(clinic=clinic, told={"DRIP_BOOKING_WEBHOOK_SECRETS": KEY}))
    assert source is not None
    return GenericWire(source)
