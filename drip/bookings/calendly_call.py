"""One call of Calendly's, about one invitee of one event, as drip's own event."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from drip.bookings.generic import EventReader
from drip.bookings.in_its_time import as_history, in_its_time
from drip.bookings.our_names import site_of, type_of
from drip.bookings.parsed import Outcome, Parsed, Raw, Rejected
from drip.bookings.person import names_of, ref_of
from drip.bookings.record import Record, instant, iso, records_in, said, text, within
from drip.core.clinic import Clinic
from drip.core.model import EventKind

CREATED, CANCELED = "invitee.created", "invitee.canceled"
NO_SHOW, NO_SHOW_UNDONE = "invitee_no_show.created", "invitee_no_show.deleted"

KINDS: Mapping[str, EventKind] = {
    CREATED: EventKind.BOOKED,
    CANCELED: EventKind.CANCELLED,
    NO_SHOW: EventKind.NO_SHOW,
    NO_SHOW_UNDONE: EventKind.BOOKED,  # whether they came is not known again
}
"""What is not here, such as routing forms, does not concern us."""

_INVITEE = re.compile(r".*/scheduled_events/([A-Za-z0-9_-]{1,64})/invitees/([A-Za-z0-9_-]{1,64})/?")
_LAST_PART = re.compile(r".*/([A-Za-z0-9_-]{1,64})/?")
_AT_ONCE = timedelta(microseconds=1)

_UNKNOWN = "is not a call of Calendly's: it says no `event`, or has no `payload`."
_OLD_SHAPE = "is Calendly's old kind of webhook. Make a subscription with its API of today, version 2."
_NO_INVITEE = "is not the address of an invitee."
_NOBODY = "is missing; without it nobody can say who it is."


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Reads calls for one clinic."""

    clinic: Clinic
    source: str
    reader: EventReader

    @classmethod
    def of(cls, clinic: Clinic, source: str) -> "Caller":
        """For one source's calls."""
        return cls(clinic=clinic, source=source, reader=EventReader.of(clinic, source))

    def read(self, raw: Raw) -> list[Outcome]:
        """What the call comes to: one event, none that concerns us, or why it cannot be taken in."""
        call = raw.told if isinstance(raw.told, Mapping) else {}
        name, invitee = text(call, "event"), within(call, "payload")
        if not name or not invitee:
            return [Rejected(raw.index, "", _UNKNOWN)]
        if name not in KINDS:
            return []
        if wrong := _wrong(raw.index, invitee):
            return [wrong]
        outcomes = self.reader.read(Raw(raw.index, self._told(name, call, invitee), text=raw.text))
        was_moved = name == CANCELED and invitee.get("rescheduled") is True
        return [_as_the_old_half_of_a_move(one) if was_moved else in_its_time(one) for one in outcomes]

    def _told(self, name: str, call: Record, invitee: Record) -> dict[str, Any]:
        event, ref, at = within(invitee, "scheduled_event"), visit_ref(text(invitee, "uri")), _at(name, call, invitee)
        location = within(event, "location")
        theirs = [_id(text(event, "event_type")), text(event, "name")]
        told = {
            "event_id": f"{self.source}:{ref}:{name}:{iso(at)}",
            "kind": KINDS[name].value,
            "occurred_at": iso(at),
            "site": site_of(self.clinic, self.source, [text(location, "location"), *reversed(theirs)]),
            "patient": _patient(invitee, location),
            "appointment": _appointment(invitee, event) | said({"type": type_of(self.clinic, theirs)}),
        }
        return said(told)


def visit_ref(address: str) -> str:
    """The reference of an invitee's visit, out of the invitee's address; empty when it is none.

    Where the address leads is not looked at: nothing is ever asked there.
    """
    found = _INVITEE.fullmatch(address)
    return f"{found.group(1)}/{found.group(2)}" if found else ""


def _wrong(index: int, invitee: Record) -> Rejected | None:
    if isinstance(invitee.get("event"), Mapping) or isinstance(invitee.get("invitee"), Mapping):
        return Rejected(index, "payload", _OLD_SHAPE)
    if not visit_ref(text(invitee, "uri")):
        return Rejected(index, "payload.uri", _NO_INVITEE)
    return None if text(invitee, "email") else Rejected(index, "payload.email", _NOBODY)


def _at(name: str, call: Record, invitee: Record) -> datetime | None:
    """When it happened. What becomes of a booking is later than the booking, whatever the clocks say."""
    called_at = instant(call, "created_at")
    booked_at = instant(invitee, "created_at") or called_at
    marked_at = instant(within(invitee, "no_show"), "created_at")
    match name:
        case "invitee.created":
            return booked_at
        case "invitee.canceled":
            at = instant(within(invitee, "cancellation"), "created_at") or instant(invitee, "updated_at") or called_at
            return _after(at, booked_at)
        case "invitee_no_show.created":
            return _after(marked_at or called_at, booked_at)
        case _:
            return _after(called_at, marked_at or booked_at)


def _after(at: datetime | None, earlier: datetime | None) -> datetime | None:
    return max(at, earlier + _AT_ONCE) if at and earlier else at


def _patient(invitee: Record, location: Record) -> dict[str, Any]:
    """An empty number is not told: that it was not asked for this time does not mean that there is none."""
    email = text(invitee, "email")
    called = text(location, "location") if text(location, "type") == "outbound_call" else ""
    names = names_of(text(invitee, "first_name"), text(invitee, "last_name"), text(invitee, "name"))
    told = {
        "ref": ref_of(email),
        "email": email,
        "phone": text(invitee, "text_reminder_number") or called,
        "timezone": text(invitee, "timezone"),
    }
    return said(told) | names


def _appointment(invitee: Record, event: Record) -> dict[str, Any]:
    """An end that cannot be right is left out, so that it does not keep the visit out."""
    starts_at, ends_at = instant(event, "start_time"), instant(event, "end_time")
    ref, old = visit_ref(text(invitee, "uri")), visit_ref(text(invitee, "old_invitee"))
    host = next(iter(records_in(event, "event_memberships")), {})
    told = {
        "ref": ref,
        "replaces": old if old != ref else None,
        "starts_at": iso(starts_at),
        "ends_at": iso(ends_at) if starts_at and ends_at and ends_at >= starts_at else None,
        "practitioner": text(host, "user_name"),
    }
    return said(told)


def _id(address: str) -> str:
    found = _LAST_PART.fullmatch(address)
    return found.group(1) if found else ""


def _as_the_old_half_of_a_move(outcome: Outcome) -> Outcome:
    """The new half is told by a call of its own. Until it comes nobody is reminded of the old time.

    It starts nothing: who moves a visit is not told that it was cancelled.
    """
    return as_history(outcome) if isinstance(outcome, Parsed) else outcome
