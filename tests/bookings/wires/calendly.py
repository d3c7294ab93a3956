"""Calendly: calls us about each booking, and gives a moved one a new address."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from drip.bookings.calendly import connect
from drip.bookings.parsed import Outcome
from drip.bookings.source import Connection, Heard
from drip.core.clinic import BookingSystem, Clinic
from tests.bookings.calendly_calls import KEY, a_call, address, an_invitee, signed
from tests.bookings.wires import Happening, What, Wire

LASTS = timedelta(minutes=45)
PLACES = {"bedford": "1 Quay Street, Bedford", "london": "2 Dock Road, London"}
_EVENTS = {What.CANCELLED: "invitee.canceled", What.NO_SHOW: "invitee_no_show.created"}


@dataclass(frozen=True)
class _Invitee:
    ref: str
    old: str | None
    booked_at: datetime


class CalendlyWire:
    """Remembers which invitee each visit is by now; the same happening is always the same call."""

    name = "calendly"
    says = frozenset({What.BOOKED, What.MOVED, What.CANCELLED, What.NO_SHOW})
    gives_new_id_on_move = True

    def __init__(self, clinic: Clinic) -> None:
        sites = {place: site for site, place in PLACES.items()}
        known = replace(clinic, bookings={"calendly": BookingSystem(sites=sites)})
        source = connect(Connection(clinic=known, told={"CALENDLY_SIGNING_KEY": KEY}))
        assert source is not None
        self._source = source
        self._said: dict[Happening, _Invitee] = {}
        self._now: dict[str, _Invitee] = {}

    def say(self, told: Sequence[Happening], now: datetime) -> list[Outcome]:
        """Each as it happens; of a move first that the old one is off."""
        outcomes: list[Outcome] = []
        for one in told:
            outcomes += self._happens(one)
        return outcomes

    def close(self) -> None:
        self._source.close()

    def _happens(self, one: Happening) -> list[Outcome]:
        before = self._now.get(one.visit)
        invitee = self._said.setdefault(one, self._next(one, before))
        self._now[one.visit] = invitee
        outcomes: list[Outcome] = []
        if invitee.old is not None and one.what is What.MOVED:
            old = replace(invitee, ref=invitee.old, old=None, booked_at=one.at - timedelta(days=1))
            outcomes += self._call(one, old, "invitee.canceled", rescheduled=True, new_invitee=address(invitee.ref))
        return outcomes + self._call(one, invitee, _EVENTS.get(one.what, "invitee.created"))

    def _next(self, one: Happening, before: _Invitee | None) -> _Invitee:
        if before is not None and one.what not in (What.BOOKED, What.MOVED):
            return before
        number = 0 if before is None or one.what is What.BOOKED else int(before.ref[-1]) + 1
        old = before.ref if before and one.what is What.MOVED else None
        return _Invitee(f"EVT{one.visit}{number}/INV{one.visit}{number}", old, one.at)

    def _call(self, one: Happening, invitee: _Invitee, event: str, **unusual: Any) -> list[Outcome]:
        at = one.at.isoformat()
        told = an_invitee(
            invitee.ref,
            created_at=invitee.booked_at.isoformat(),
            old_invitee=address(invitee.old) if invitee.old else None,
            first_name=one.first_name,
            last_name=one.last_name,
            name=f"{one.first_name} {one.last_name}",
            email=one.email or "",
            text_reminder_number=one.phone,
            scheduled_event__name=one.type,
            scheduled_event__start_time=one.starts_at.isoformat(),
            scheduled_event__end_time=(one.starts_at + LASTS).isoformat(),
            scheduled_event__location={"type": "physical", "location": PLACES[one.site]},
            cancellation={"canceler_type": "invitee", "created_at": at} if event == "invitee.canceled" else None,
            no_show={"uri": "https://api.calendly.com/invitee_no_shows/NS1", "created_at": at}
            if event == "invitee_no_show.created"
            else None,
            **unusual,
        )
        heard = self._source.hear(signed(a_call(event, at, payload=told), one.at), one.at)
        assert isinstance(heard, Heard)
        return list(heard.outcomes)


def wire(clinic: Clinic) -> Wire:
    """Calendly, connected to this clinic."""
    return CalendlyWire(clinic)
