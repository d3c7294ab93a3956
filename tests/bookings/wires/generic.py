"""A system that writes drip's own booking events, and signs what it posts."""

import json
from collections.abc import Sequence
from datetime import datetime, timedelta

from drip.bookings.generic_webhook import connect
from drip.bookings.parsed import Outcome
from drip.bookings.source import Call, Connection, Hears
from drip.core.clinic import Clinic
from drip.core.model import EventKind
from tests.bookings.wires import Happening, What
from tests.signing import signed

KEY = "a-secret-of-the-clinic"
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

    def __init__(self, source: Hears) -> None:
        self._source = source

    def say(self, told: Sequence[Happening], now: datetime) -> list[Outcome]:
        """Each in a call of its own, in this order."""
        return [outcome for one in told for outcome in self._call(one, now)]

    def _call(self, one: Happening, now: datetime) -> Sequence[Outcome]:
        body = json.dumps(_event(one)).encode()
        heard = self._source.hear(Call(headers={"drip-signature": signed(body, KEY, now)}, body=body), now)
        assert heard is not None
        return heard.outcomes

    def close(self) -> None:
        """Nothing to end."""


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
