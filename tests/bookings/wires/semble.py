"""Semble: a diary on a test server, and a call about each change to it."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from drip.bookings.parsed import Outcome
from drip.bookings.semble import connect
from drip.bookings.source import Connection
from drip.core.clinic import BookingSystem, Clinic
from tests.bookings.semble_server import SECRET, TOKEN, SembleServer, a_booking, a_call, signed
from tests.bookings.wires import Happening, What, Wire

LASTS = timedelta(minutes=45)
PLACES = {"bedford": ("LOC1", "Harbour Bedford"), "london": ("LOC2", "Harbour London")}
_EVENTS = {
    What.BOOKED: "booking.created",
    What.CANCELLED: "booking.deleted",
    What.ATTENDED: "booking.patientJourney.completed",
    What.NO_SHOW: "booking.patientJourney.noShow",
}


class SembleWire:
    """Each call is heard when the change happens, and asked about at once."""

    name = "semble"
    says = frozenset(What)
    gives_new_id_on_move = False

    def __init__(self, clinic: Clinic) -> None:
        self._server = SembleServer()
        sites = {name: site for site, (_, name) in PLACES.items()}
        known = replace(clinic, bookings={"semble": BookingSystem(sites=sites)})
        told = {"SEMBLE_TOKEN": TOKEN, "SEMBLE_WEBHOOK_SECRET": SECRET, "SEMBLE_API_BASE": self._server.base}
        source = connect(Connection(clinic=known, told=told))
        assert source is not None
        self._source = source

    def say(self, told: Sequence[Happening], now: datetime) -> list[Outcome]:
        return [outcome for one in told for outcome in self._happens(one)]

    def close(self) -> None:
        self._source.close()
        self._server.close()

    def _happens(self, one: Happening) -> list[Outcome]:
        place, name = PLACES[one.site]
        at = one.at.strftime("%Y-%m-%dT%H:%M:%S.000Z")
        self._server.put(
            a_booking(
                id=one.visit,
                deleted=one.what is What.CANCELLED,
                start=one.starts_at.strftime("%Y-%m-%dT%H:%M:%S.000Z"),
                end=(one.starts_at + LASTS).strftime("%Y-%m-%dT%H:%M:%S.000Z"),
                updatedAt=at,
                patientId=one.patient,
                bookingJourney__departed=at if one.what is What.ATTENDED else None,
                bookingJourney__dna=at if one.what is What.NO_SHOW else None,
                appointment__title=one.type,
                location={"id": place, "name": name},
                patient__id=one.patient,
                patient__firstName=one.first_name,
                patient__lastName=one.last_name,
                patient__email=one.email,
                patient__phones=[{"phoneType": "Mobile", "phoneNumber": one.phone}] if one.phone else [],
            )
        )
        ids = {"bookingId": one.visit, "patientId": one.patient}
        key = f"{one.visit}-{one.what}-{int(one.at.timestamp())}"
        call = a_call(_EVENTS.get(one.what, "booking.updated"), key, identifiers=ids)
        heard = self._source.hear(signed(call, one.at), one.at)
        assert heard is not None
        return [outcome for wanted in heard.wanted for outcome in self._source.fetch(wanted, one.at)]


def wire(clinic: Clinic) -> Wire:
    """Semble, connected to this clinic."""
    return SembleWire(clinic)
