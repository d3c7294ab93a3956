"""A visit that somebody typed by hand, and the booking system's own word of it: the two are one.

A visit by hand and one of the booking system are the same from the moment at which both start at one time, however
either is moved afterwards. A booking system's numbers are never joined to each other by it, nor two visits by hand.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from drip.core.model import EventKind
from drip.core.patient import time_in

if TYPE_CHECKING:
    from drip.core.event import Event

_BY_HAND = re.compile(r"hand-[0-9a-f]{24}(?:-[0-9]+)?")


def is_by_hand(ref: str | None) -> bool:
    """Whether a visit's number was made here, because whoever typed it had none."""
    return ref is not None and _BY_HAND.fullmatch(ref) is not None


@dataclass(slots=True)
class Standing:
    """Each visit's time by the latest word on it, while a history is read; a cancelled one has none."""

    names: dict[str, str] = field(default_factory=dict)
    """Each number -> another one that it goes by."""
    starts: dict[str, datetime] = field(default_factory=dict)
    told: set[str] = field(default_factory=set)
    """Visits that a booking system has told of."""

    @classmethod
    def after(cls, ordered: "Iterable[Event]") -> "Standing":
        """As a history leaves it that is in its true order."""
        visits = cls()
        for event in ordered:
            if event.appointment_ref:
                visits.hear(event, event.appointment_ref)
        return visits

    @property
    def joined(self) -> Mapping[str, str]:
        """From the number of each visit that turned out to be another one to that one's."""
        return {ref: name for ref in self.names if (name := self.name_of(ref)) != ref}

    def name_of(self, ref: str) -> str:
        """The one number of a visit."""
        while self.names.get(ref, ref) != ref:
            ref = self.names[ref]
        return ref

    def hear(self, event: "Event", ref: str) -> None:
        """What this says of a visit's time, and which other one it turns out to be."""
        visit, at = self.name_of(ref), time_in(event.appointment, "starts_at")
        self.names.setdefault(ref, visit)
        if not is_by_hand(ref):
            self.told.add(visit)
        if event.kind is EventKind.CANCELLED:
            self.starts.pop(visit, None)
        elif at:
            self.starts[visit] = at
            for other in [one for one, start in self.starts.items() if start == at and one != visit]:
                visit = self._join(visit, other)

    def _join(self, visit: str, other: str) -> str:
        """The number that a visit goes by once it has been met with another one at its time."""
        if (visit in self.told) is (other in self.told):
            return visit
        kept, gone = (other, visit) if is_by_hand(other) else (visit, other)
        self.names[gone] = kept
        self.told = (self.told - {gone}) | {kept}
        self.starts.pop(gone)
        return kept
