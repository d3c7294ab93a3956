"""Cliniko: records in a diary that is polled after each change to it."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from drip.bookings.cliniko import Cliniko
from drip.bookings.cliniko_api import Account
from drip.bookings.cliniko_record import stamp
from drip.bookings.parsed import Outcome, Parsed
from drip.core.clinic import BookingSystem, Clinic
from tests.bookings.cliniko_server import CONTACT, KEY, ClinikoServer
from tests.bookings.trouble import A_MINUTE, OF_CALLS, Made, Trouble, clock_in, polled
from tests.bookings.wires import Happening, What
from tests.providers.loopback import http

LASTS = timedelta(minutes=45)
VISITS = "individual_appointments"
SITES = {"Harbour Bedford": "bedford", "Harbour London": "london"}


class ClinikoWire:
    """The whole practice is read from its connection on after each change: Cliniko cannot tell anything else first."""

    name = "cliniko"
    says = frozenset(What)
    gives_new_id_on_move = False
    suffers = frozenset(Trouble) - OF_CALLS
    """It calls nobody."""

    def __init__(self, clinic: Clinic) -> None:
        self._server = ClinikoServer()
        for number, name in enumerate(SITES):
            self._server.business(f"{101 + number}", name)
        self._source = Cliniko(
            replace(clinic, bookings={"cliniko": BookingSystem(sites=SITES)}),
            Account(key=KEY, contact=CONTACT, base=self._server.base),
        )
        self._cursors: Mapping[str, str] = {}

    def say(self, told: Sequence[Happening], now: datetime) -> list[Outcome]:
        """Each event once: the lists are read again and again."""
        outcomes: dict[str, Outcome] = {}
        if not self._cursors:
            self._cursors = self._connected(min(one.at for one in told) - timedelta(days=1))
        for one in told:
            self._happens(one)
            for page in self._source.poll(self._cursors, now):
                outcomes |= {one.event.key if isinstance(one, Parsed) else repr(one): one for one in page.outcomes}
        return list(outcomes.values())

    def say_in(self, trouble: Trouble, one: Happening, now: datetime) -> Made:
        cursors = self._connected(one.at - timedelta(days=1))
        self._happens(replace(one, starts_at=clock_in(trouble, one.starts_at)))
        if trouble is Trouble.BUSY:
            reset = int((now + A_MINUTE).timestamp())
            self._server.faults[VISITS] = [http(429, "{}", x_ratelimit_reset=f"{reset}")]
        if trouble is Trouble.LOOPS:
            next_page = {"links": {"next": f"{self._server.base}/{VISITS}?page=2"}}
            self._server.changes[VISITS] = lambda answer: answer | next_page
        return polled(self._source, cursors, now, self._server.loopback.asked)

    def close(self) -> None:
        self._source.close()
        self._server.close()

    def _connected(self, at: datetime) -> dict[str, str]:
        cursors: dict[str, str] = {}
        for page in self._source.poll({}, at):
            cursors |= page.cursors
        return cursors

    def _happens(self, one: Happening) -> None:
        site = list(SITES.values()).index(one.site)
        self._server.type("301", one.type)
        self._server.patient(
            one.patient,
            stamp(one.at),
            first_name=one.first_name,
            last_name=one.last_name,
            email=one.email or "",
            patient_phone_numbers=[{"phone_type": "Mobile", "number": one.phone}] if one.phone else [],
        )
        self._server.visit(
            one.visit,
            stamp(one.at),
            starts_at=_written(one.starts_at),
            ends_at=_written(one.starts_at + LASTS),
            cancelled_at=stamp(one.at) if one.what is What.CANCELLED else None,
            patient_arrived=one.what is What.ATTENDED,
            did_not_arrive=one.what is What.NO_SHOW,
            patient=one.patient,
            business=f"{101 + site}",
        )


def _written(at: datetime) -> str:
    return at.isoformat().replace("+00:00", "Z")


def wire(clinic: Clinic) -> ClinikoWire:
    """A practice of its own, connected."""
    return ClinikoWire(clinic)
