"""Semble: a diary on a test server, and a call about each change to it."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from drip.bookings.parsed import Outcome
from drip.bookings.semble import Semble, connect
from drip.bookings.source import Connection
from drip.core.clinic import BookingSystem, Clinic
from tests.bookings.semble_server import SECRET, TOKEN, SembleServer, a_booking, a_call, signed
from tests.bookings.trouble import HERE, Made, Trouble, call_in, called, clock_in
from tests.bookings.wires import Happening, What, Wire
from tests.providers.loopback import http

LASTS = timedelta(minutes=45)
LONGEST = timedelta(minutes=5)
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
    suffers = frozenset(Trouble) - {Trouble.LOOPS}

    def __init__(self, clinic: Clinic) -> None:
        self._server = SembleServer()
        sites = {name: site for site, (_, name) in PLACES.items()}
        known = replace(clinic, bookings={"semble": BookingSystem(sites=sites)})
        self._source = self._connected(known)
        self._on_its_own_clock = self._connected(known, SEMBLE_TIMES="local")

    def say(self, told: Sequence[Happening], now: datetime) -> list[Outcome]:
        outcomes: list[Outcome] = []
        for one in told:
            self._happens(one)
            made = called(self._source, signed(_words(one), one.at), one.at)
            assert isinstance(made, list)
            outcomes += made
        return outcomes

    def say_in(self, trouble: Trouble, one: Happening, now: datetime) -> Made:
        """A Semble that tells times by another clock calls the clinic's own clock UTC; a busy one never says how long.

        The clinic has found out the first, and has said so in its settings.
        """
        self._happens(replace(one, starts_at=_clock_in(trouble, one.starts_at)))
        if trouble is Trouble.BUSY:
            self._server.instead = http(429)
        call = call_in(trouble, lambda at, key: signed(_words(one), at, key), SECRET, now, LONGEST)
        return called(self._on_its_own_clock if trouble is Trouble.WRONG_ZONE else self._source, call, now)

    def close(self) -> None:
        self._source.close()
        self._on_its_own_clock.close()
        self._server.close()

    def _connected(self, clinic: Clinic, **more: str) -> Semble:
        told = {"SEMBLE_TOKEN": TOKEN, "SEMBLE_WEBHOOK_SECRET": SECRET, "SEMBLE_API_BASE": self._server.base}
        source = connect(Connection(clinic=clinic, told=told | more))
        assert source is not None
        return source

    def _happens(self, one: Happening) -> None:
        place, name = PLACES[one.site]
        at = _written(one.at)
        self._server.put(
            a_booking(
                id=one.visit,
                deleted=one.what is What.CANCELLED,
                start=_written(one.starts_at),
                end=_written(one.starts_at + LASTS),
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


def _words(one: Happening) -> dict[str, object]:
    ids = {"bookingId": one.visit, "patientId": one.patient}
    key = f"{one.visit}-{one.what}-{int(one.at.timestamp())}"
    return a_call(_EVENTS.get(one.what, "booking.updated"), key, identifiers=ids)


def _written(at: datetime) -> str:
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _clock_in(trouble: Trouble, at: datetime) -> datetime:
    return at.astimezone(HERE).replace(tzinfo=UTC) if trouble is Trouble.WRONG_ZONE else clock_in(trouble, at)


def wire(clinic: Clinic) -> Wire:
    """Semble, connected to this clinic."""
    return SembleWire(clinic)
