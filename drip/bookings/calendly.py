"""Calendly: calls us when somebody books, moves, cancels or does not come. https://developer.calendly.com"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from drip.bookings.calendly_call import Caller
from drip.bookings.csv_file import Mapped
from drip.bookings.generic import MOST_BYTES, MOST_EVENTS
from drip.bookings.json_file import documents
from drip.bookings.parsed import Outcome, Rejected
from drip.bookings.signature import is_signed, keys_in
from drip.bookings.source import Call, Connection, Heard
from drip.core.clinic import Clinic

VARIABLE = "CALENDLY_SIGNING_KEY"
HEADER = "calendly-webhook-signature"
TOLERANCE = timedelta(seconds=180)
"""As Calendly advises: https://developer.calendly.com/api-docs/4c305798a61d3-webhook-signatures"""

LARGEST_CALL = 256 * 1024
"""Bytes: all answers to a booking page's questions are in it."""

_LINES = (".jsonl", ".ndjson")


@dataclass(frozen=True, slots=True, kw_only=True)
class Calendly:
    """One connected account."""

    keys: tuple[str, ...] = field(repr=False)
    """The signing key; for a while also the one before."""
    caller: Caller = field(repr=False)
    name: str = "calendly"
    largest_call: int = LARGEST_CALL
    tells_attendance: bool = False
    """It says who did not come, and never who did."""

    def hear(self, call: Call, now: datetime) -> Heard | None:
        """What happened to a booking; None when it is not signed with one of the keys, or not just now."""
        if not is_signed(call.headers.get(HEADER, ""), call.body, self.keys, now, TOLERANCE):
            return None
        return Heard(outcomes=_outcomes(call.body, self.caller))

    def close(self) -> None:
        """Nothing to let go of."""


def connect(connection: Connection) -> Calendly | None:
    """The clinic's Calendly; None without CALENDLY_SIGNING_KEY."""
    keys = keys_in(connection.said(VARIABLE))
    return Calendly(keys=keys, caller=Caller.of(connection.clinic, "calendly")) if keys else None


def read_file(
    data: bytes, clinic: Clinic, source: str, *, filename: str = "", mapping: Mapped | None = None
) -> list[Outcome]:
    """Calls as they came: one, a list of them, or one a line. Never raises for what `data` holds."""
    if len(data) > MOST_BYTES:
        return [Rejected(0, "", f"The file is larger than {MOST_BYTES // 1024 // 1024} MiB; send it in parts.")]
    return _outcomes(data, Caller.of(clinic, source), are_lines=filename.lower().endswith(_LINES))


def _outcomes(data: bytes, caller: Caller, *, are_lines: bool = False) -> list[Outcome]:
    outcomes: list[Outcome] = []
    for raw in documents(data.decode("utf-8-sig", "surrogateescape"), are_lines=are_lines):
        if raw.index >= MOST_EVENTS:
            outcomes.append(Rejected(raw.index, "", f"There are more than {MOST_EVENTS} calls; send them in parts."))
            break
        outcomes += [raw] if isinstance(raw, Rejected) else caller.read(raw)
    return outcomes
