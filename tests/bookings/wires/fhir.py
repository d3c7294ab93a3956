"""FHIR R4: resources on a server that is searched after each change to them."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from drip.bookings.fhir import FhirSource, connect
from drip.bookings.parsed import Outcome
from drip.bookings.source import Connection
from drip.core.clinic import BookingSystem, Clinic
from tests.bookings.fhir_server import TOKEN, FhirServer, stamp
from tests.bookings.wires import Happening, What

LASTS = timedelta(minutes=45)
STATUS = {
    What.BOOKED: "booked",
    What.MOVED: "booked",
    What.BOOKED_AGAIN: "booked",
    What.CANCELLED: "cancelled",
    What.ATTENDED: "fulfilled",
    What.NO_SHOW: "noshow",
}
PLACES = {"bedford": "loc-1", "london": "loc-2"}


class FhirWire:
    """Each telling begins with a first look at an empty server."""

    name = "fhir"
    says = frozenset(What)
    gives_new_id_on_move = False

    def __init__(self, server: FhirServer, source: FhirSource) -> None:
        self._server = server
        self._source = source

    def say(self, told: Sequence[Happening], now: datetime) -> list[Outcome]:
        """The server says a thing a minute after it happened, when it is asked next."""
        self._server.resources.clear()
        cursors = {kind: stamp(told[0].at - timedelta(days=1)) for kind in ("Patient", "Appointment", "Encounter")}
        outcomes: list[Outcome] = []
        for one in told:
            self._server.put(patient(one), one.at)
            self._server.put(appointment(one), one.at)
            for page in self._source.poll(cursors, min(one.at + timedelta(minutes=1), now)):
                outcomes += page.outcomes
                cursors |= page.cursors
        return outcomes

    def close(self) -> None:
        self._source.close()
        self._server.close()


def wire(clinic: Clinic) -> FhirWire:
    """A server, and the source that asks it."""
    server = FhirServer()
    sites = {place: site for site, place in PLACES.items()}
    source = connect(
        Connection(
            clinic=replace(clinic, bookings={"fhir": BookingSystem(sites=sites)}),
            told={"FHIR_BASE_URL": server.base, "FHIR_TOKEN": TOKEN},
        )
    )
    assert isinstance(source, FhirSource)
    return FhirWire(server, source)


def patient(one: Happening) -> dict[str, object]:
    """As a Patient resource."""
    telecom = [{"system": "phone", "use": "mobile", "value": one.phone}] if one.phone else []
    telecom += [{"system": "email", "value": one.email}] if one.email else []
    return {
        "resourceType": "Patient",
        "id": one.patient,
        "name": [{"use": "official", "family": one.last_name, "given": [one.first_name]}],
        "telecom": telecom,
    }


def appointment(one: Happening) -> dict[str, object]:
    """As an Appointment resource."""
    people = [f"Patient/{one.patient}", f"Location/{PLACES[one.site]}"]
    return {
        "resourceType": "Appointment",
        "id": one.visit,
        "status": STATUS[one.what],
        "serviceType": [{"text": one.type}],
        "start": stamp(one.starts_at),
        "end": stamp(one.starts_at + LASTS),
        "participant": [{"actor": {"reference": who}, "status": "accepted"} for who in people],
    }
