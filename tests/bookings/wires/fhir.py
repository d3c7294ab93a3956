"""FHIR R4: resources on a server that is searched after each change to them."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from drip.bookings.fhir import FhirSource, connect
from drip.bookings.parsed import Outcome
from drip.bookings.source import Connection
from drip.core.clinic import BookingSystem, Clinic
from tests.bookings.fhir_server import TOKEN, FhirServer, fhir, outcome, stamp
from tests.bookings.fhir_told import CALLED_WITH, a_bundle, a_call
from tests.bookings.trouble import A_MINUTE, OF_CALLS, Made, Trouble, call_in, called, clock_in, polled
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
    suffers = frozenset(Trouble) - {Trouble.ALTERED, Trouble.STALE}
    """What it calls with is a token: over no words, and of no time."""

    def __init__(self, server: FhirServer, source: FhirSource) -> None:
        self._server = server
        self._source = source

    def say(self, told: Sequence[Happening], now: datetime) -> list[Outcome]:
        """The server says a thing a minute after it happened, when it is asked next."""
        self._server.resources.clear()
        cursors = _day_before(told[0])
        outcomes: list[Outcome] = []
        for one in told:
            self._happens(one)
            for page in self._source.poll(cursors, min(one.at + timedelta(minutes=1), now)):
                outcomes += page.outcomes
                cursors |= page.cursors
        return outcomes

    def say_in(self, trouble: Trouble, one: Happening, now: datetime) -> Made:
        """Trouble with a call is had by calling, all other trouble by being asked."""
        said = replace(one, starts_at=clock_in(trouble, one.starts_at))
        if trouble in OF_CALLS:
            whole = a_bundle(patient(said), appointment(said))
            return called(self._source, call_in(trouble, lambda _, key: a_call(whole, key), CALLED_WITH, now), now)
        self._happens(said)
        if trouble is Trouble.BUSY:
            self._server.faults = [fhir(429, outcome("throttled"), retry_after=f"{A_MINUTE.seconds}")]
        if trouble is Trouble.LOOPS:
            self._goes_round(said)
        return polled(self._source, _day_before(one), now, self._server.asked)

    def close(self) -> None:
        self._source.close()
        self._server.close()

    def _happens(self, one: Happening) -> None:
        self._server.put(patient(one), one.at)
        self._server.put(appointment(one), one.at)

    def _goes_round(self, one: Happening) -> None:
        """The second page of three leads to itself."""
        for minutes in (1, 2):
            self._happens(replace(one, visit=f"{one.visit}-{minutes}", at=one.at + timedelta(minutes=minutes)))
        self._server.most, self._server.bend = 1, lambda link: link.replace("_offset=2", "_offset=1")


def wire(clinic: Clinic) -> FhirWire:
    """A server, and the source that asks it."""
    server = FhirServer()
    sites = {place: site for site, place in PLACES.items()}
    source = connect(
        Connection(
            clinic=replace(clinic, bookings={"fhir": BookingSystem(sites=sites)}),
            told={"FHIR_BASE_URL": server.base, "FHIR_TOKEN": TOKEN, "FHIR_WEBHOOK_TOKEN": CALLED_WITH},
        )
    )
    assert isinstance(source, FhirSource)
    return FhirWire(server, source)


def _day_before(one: Happening) -> dict[str, str]:
    return {kind: stamp(one.at - timedelta(days=1)) for kind in ("Patient", "Appointment", "Encounter")}


def _written(at: datetime) -> str:
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


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
        "start": _written(one.starts_at),
        "end": _written(one.starts_at + LASTS),
        "participant": [{"actor": {"reference": who}, "status": "accepted"} for who in people],
    }
