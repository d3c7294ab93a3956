"""Calendly: calls us about each booking, and gives a moved one a new address."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from drip.bookings.calendly import connect
from drip.bookings.parsed import Outcome
from drip.bookings.source import Connection
from drip.core.clinic import BookingSystem, Clinic
from tests.bookings.calendly_calls import KEY, a_call, address, an_invitee, signed
from tests.bookings.trouble import Made, Trouble, call_in, called, clock_in
from tests.bookings.wires import Happening, What, Wire

LASTS = timedelta(minutes=45)
LONGEST = timedelta(minutes=3)
PLACES = {"bedford": "1 Quay Street, Bedford", "london": "2 Dock Road, London"}
_CREATED = "invitee.created"
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
    suffers = frozenset(Trouble) - {Trouble.BUSY, Trouble.LOOPS}
    """Nobody asks it anything."""

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

    def say_in(self, trouble: Trouble, one: Happening, now: datetime) -> Made:
        said = replace(one, starts_at=clock_in(trouble, one.starts_at))
        told = _told(said, self._next(one, None), _EVENTS.get(one.what, _CREATED))
        return called(self._source, call_in(trouble, lambda at, key: signed(told, at, key), KEY, now, LONGEST), now)

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
        return outcomes + self._call(one, invitee, _EVENTS.get(one.what, _CREATED))

    def _next(self, one: Happening, before: _Invitee | None) -> _Invitee:
        if before is not None and one.what not in (What.BOOKED, What.MOVED):
            return before
        number = 0 if before is None or one.what is What.BOOKED else int(before.ref[-1]) + 1
        old = before.ref if before and one.what is What.MOVED else None
        return _Invitee(f"EVT{one.visit}{number}/INV{one.visit}{number}", old, one.at)

    def _call(self, one: Happening, invitee: _Invitee, event: str, **unusual: Any) -> list[Outcome]:
        made = called(self._source, signed(_told(one, invitee, event, **unusual), one.at), one.at)
        assert isinstance(made, list)
        return made


def _told(one: Happening, invitee: _Invitee, event: str, **unusual: Any) -> dict[str, Any]:
    at = one.at.isoformat()
    payload = an_invitee(
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
    return a_call(event, at, payload=payload)


def wire(clinic: Clinic) -> Wire:
    """Calendly, connected to this clinic."""
    return CalendlyWire(clinic)
