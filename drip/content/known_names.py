"""Every name that words and conditions may use, and in which sequences some of them are known at all."""

from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from typing import Final

from drip.content.finding import Level
from drip.content.samples import ATTRIBUTES
from drip.core.model import EventKind

NAMES: Final[Mapping[str, tuple[str, ...]]] = {
    "patient": ("first_name", "last_name", "full_name", "age", "language", *ATTRIBUTES),
    "appointment": ("type", "starts_at", "ends_at", "practitioner", "changed"),
    "previous": ("starts_at", "site", "practitioner"),
    "treatment": ("code", "performed_at", *ATTRIBUTES),
    "programme": ("code", "starts_on", *ATTRIBUTES),
    "site": ("name", "address", "phone", "opening"),
    "clinic": (
        *("name", "phone", "email", "website"),
        *("emergency_number", "emergency_department", "urgent_line", "urgent_website", "relay_prefix"),
    ),
    "links": ("preferences", "stop", "view"),
    "replies": (),
    "reply": ("channel", "word", "question", "value"),
    "alert": ("kind", "count", "summary"),
}
"""What a template may name."""

OPEN: Final = frozenset({"patient", "treatment", "programme"})
"""Objects to which a booking system may add attributes that words may name."""

ONLY_OF: Final[Mapping[str, str]] = {"reply": "reply.", "alert": "staff.", "previous": "appointment.rescheduled"}
"""Objects that only exist where a sequence enrols on events whose kind begins so."""

_OF_EVENTS: Final[Mapping[str, tuple[str, ...]]] = {
    "patient": ("ref", "email", "phone", "date_of_birth", "timezone", "conditions", "consent"),
    "appointment": ("ref", "status", "booked_at", "site", *ATTRIBUTES),
    "enrolment": ("sequence", "kind", "purpose"),
    "site": ("id",),
}

FACTS: Final[Mapping[str, tuple[str, ...]]] = {
    name: (*NAMES.get(name, ()), *_OF_EVENTS.get(name, ())) for name in (*NAMES, "enrolment") if name != "site"
} | {"site": ("id", "name")}
"""What a condition may look at. Of `site` less than words may say: a condition knows which it is, not its address."""

MAY_HAVE_MORE: Final = OPEN | {"appointment", "replies"}
"""Objects of an event that carry attributes of the booking system's own."""

MEANT: Final[Mapping[str, str]] = {"name": "first_name", "forename": "first_name", "surname": "last_name"}
"""What people write for a name of ours that has hardly a letter in common with it."""

_CLOSE: Final = 0.8
_AS_GOOD_AS_CERTAIN: Final = 0.9


def misspelt(name: str, known: Iterable[str]) -> str:
    """The known name that this one is close to; empty where it is one of its own."""
    return next(iter(get_close_matches(name, list(known), 1, _CLOSE)), "")


def level_of(name: str, meant: str) -> Level:
    """A slip of a letter is an error; what a booking system may call so itself is a warning."""
    same_letters = sorted(name) == sorted(meant)
    return "error" if same_letters or get_close_matches(name, [meant], 1, _AS_GOOD_AS_CERTAIN) else "warning"


def is_known_when(owner: str, kinds: Iterable[EventKind]) -> bool:
    """Whether this object exists in a sequence that these events start."""
    begins = ONLY_OF.get(owner)
    return begins is None or any(kind.value.startswith(begins) for kind in kinds)


def only_on(owner: str) -> str:
    """The events that bring this object, as one names them."""
    begins = ONLY_OF[owner]
    return f"{begins}..." if begins.endswith(".") else begins
