"""Acuity: a diary on a test server, and a call about each change to it."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from drip.bookings.acuity import connect
from drip.bookings.parsed import Outcome
from drip.bookings.source import Connection
from drip.core.clinic import BookingSystem, Clinic
from tests.bookings.acuity_server import KEY, USER, AcuityServer, a_call, an_appointment, signed
from tests.bookings.trouble import A_MINUTE, Made, Trouble, call_in, called, clock_in
from tests.bookings.wires import Happening, What, Wire
from tests.providers.loopback import http

CALENDARS = {"bedford": (501, "Bedford"), "london": (502, "London")}
_ACTIONS = {What.BOOKED: "scheduled", What.MOVED: "rescheduled", What.CANCELLED: "canceled"}


class AcuityWire:
    """Each call is heard when the change happens, and asked about at once."""

    name = "acuity"
    says = frozenset(What) - {What.ATTENDED}
    gives_new_id_on_move = False
    suffers = frozenset(Trouble) - {Trouble.STALE, Trouble.LOOPS}
    """Its calls do not say when they were made: none is ever too old."""

    def __init__(self, clinic: Clinic) -> None:
        self._server = AcuityServer()
        sites = {name: site for site, (_, name) in CALENDARS.items()}
        known = replace(clinic, bookings={"acuity": BookingSystem(sites=sites)})
        told = {"ACUITY_USER_ID": USER, "ACUITY_API_KEY": KEY, "ACUITY_API_BASE": self._server.base}
        source = connect(Connection(clinic=known, told=told))
        assert source is not None
        self._source = source

    def say(self, told: Sequence[Happening], now: datetime) -> list[Outcome]:
        outcomes: list[Outcome] = []
        for one in told:
            self._happens(one)
            made = called(self._source, signed(_words(one)), one.at)
            assert isinstance(made, list)
            outcomes += made
        return outcomes

    def say_in(self, trouble: Trouble, one: Happening, now: datetime) -> Made:
        self._happens(replace(one, starts_at=clock_in(trouble, one.starts_at)))
        if trouble is Trouble.BUSY:
            self._server.instead = http(429, retry_after=f"{A_MINUTE.seconds}")
        call = call_in(trouble, lambda _, key: signed(_words(one), key), KEY, now)
        return called(self._source, call, now)

    def close(self) -> None:
        self._source.close()
        self._server.close()

    def _happens(self, one: Happening) -> None:
        number, name = CALENDARS[one.site]
        self._server.put(
            an_appointment(
                _ref(one),
                firstName=one.first_name,
                lastName=one.last_name,
                phone=one.phone or "",
                email=one.email or "",
                datetime=one.starts_at.strftime("%Y-%m-%dT%H:%M:%S%z"),
                type=one.type,
                calendar=name,
                calendarID=number,
                canceled=one.what in (What.CANCELLED, What.NO_SHOW),
                noShow=one.what is What.NO_SHOW,
            )
        )


def _ref(one: Happening) -> int:
    return 80000 + int(one.visit.removeprefix("v"))


def _words(one: Happening) -> dict[str, object]:
    return a_call(_ACTIONS.get(one.what, "changed"), _ref(one))


def wire(clinic: Clinic) -> Wire:
    """Acuity, connected to this clinic."""
    return AcuityWire(clinic)
