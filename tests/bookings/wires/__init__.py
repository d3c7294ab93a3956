"""What happens in a clinic, said in each booking system's own way: the contract that every adapter keeps.

A `Wire` stands between: tests say what happened, in words that belong to no system, and the wire makes the system say
it, on its own test server or as its own webhook. `tests/bookings/test_contract.py` runs the same tests over all.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from drip.bookings.parsed import Outcome
from tests.bookings.trouble import Made, Trouble


class What(StrEnum):
    """What can happen to a visit."""

    BOOKED = "booked"
    MOVED = "moved"
    CANCELLED = "cancelled"
    BOOKED_AGAIN = "booked_again"
    """A cancellation is taken back."""
    ATTENDED = "attended"
    NO_SHOW = "no_show"


@dataclass(frozen=True, slots=True, kw_only=True)
class Happening:
    """One thing that happened, and everything that is so once it has."""

    what: What
    at: datetime
    """When it happened; UTC, whole seconds."""
    visit: str
    """`v1`, `v2`, ...: which visit; a wire makes its system's own id of it."""
    starts_at: datetime
    """As it is from now on; the visit lasts 45 minutes."""
    patient: str = "p1"
    first_name: str = "Amina"
    last_name: str = "Shah"
    phone: str | None = "+447700900123"
    email: str | None = "amina@example.org"
    type: str = "Initial assessment"
    site: str = "bedford"
    """One of ours; a wire says it as its system would, and its clinic maps it back."""

    def then(self, what: What, at: datetime, **changes: object) -> "Happening":
        """What happened next to the same visit."""
        return replace(self, what=what, at=at, **changes)  # type: ignore[arg-type]


class Wire(Protocol):
    """One booking system, made to say things."""

    name: str
    says: frozenset[What]
    """What this system can say at all."""
    gives_new_id_on_move: bool
    """A moved visit is a new one to this system (that names the old one)."""
    suffers: frozenset[Trouble]
    """What can be wrong with the way it says a thing: nobody signs a file, and only what is asked has pages."""

    def say(self, told: Sequence[Happening], now: datetime) -> list[Outcome]:
        """The system says these, in this order, all of them before `now`; what the adapter makes of it.

        Webhooks are called in this order, and what is thin is fetched; a polled system has its records brought to each
        state in turn and is polled after each. Saying the same twice is a system's right.
        """

    def say_in(self, trouble: Trouble, one: Happening, now: datetime) -> Made:
        """The system says this with that trouble, one of those it suffers; what the adapter makes of it at `now`."""

    def close(self) -> None:
        """End servers and connections."""
