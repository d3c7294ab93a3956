"""Acuity: a diary on a test server, and a call about each change to it."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from drip.bookings.acuity import connect
from drip.bookings.parsed import Outcome
from drip.bookings.source import Connection
from drip.core.clinic import BookingSystem, Clinic
from tests.bookings.acuity_server import KEY, USER, AcuityServer, a_call, an_appointment, signed
from tests.bookings.wires import Happening, What, Wire

CALENDARS = {"bedford": (501, "Bedford"), "london": (502, "London")}
_ACTIONS = {What.BOOKED: "scheduled", What.MOVED: "rescheduled", What.CANCELLED: "canceled"}


class AcuityWire:
    """Each call is heard when the change happens, and asked about at once."""

    name = "acuity"
    says = frozenset(What) - {What.ATTENDED}
    gives_new_id_on_move = False

    def __init__(self, clinic: Clinic) -> None:
        self._server = AcuityServer()
        sites = {name: site for site, (_, name) in CALENDARS.items()}
        known = replace(clinic, bookings={"acuity": BookingSystem(sites=sites)})
        told = {"ACUITY_USER_ID": USER, "ACUITY_API_KEY": KEY, "ACUITY_API_BASE": self._server.base}
        source = connect(Connection(clinic=known, told=told))
        assert source is not None
        self._source = source

    def say(self, told: Sequence[Happening], now: datetime) -> list[Outcome]:
        return [outcome for one in told for outcome in self._happens(one)]

    def close(self) -> None:
        self._source.close()
        self._server.close()

    def _happens(self, one: Happening) -> list[Outcome]:
        number, name = CALENDARS[one.site]
        ref = 80000 + int(one.visit.removeprefix("v"))
        self._server.put(
            an_appointment(
                ref,
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
        heard = self._source.hear(signed(a_call(_ACTIONS.get(one.what, "changed"), ref)), one.at)
        assert heard is not None
        return [outcome for wanted in heard.wanted for outcome in self._source.fetch(wanted, one.at)]


def wire(clinic: Clinic) -> Wire:
    """Acuity, connected to this clinic."""
    return AcuityWire(clinic)
