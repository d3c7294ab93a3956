"""drip's own booking webhook: any system, or a script beside one, posts booking events that it signs.

Several systems may post here, each with a secret of its own under a name of its own: their numbers for patients and
events are kept apart by it.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from drip.bookings.generic import EventReader
from drip.bookings.json_file import documents
from drip.bookings.parsed import Outcome, Raw, Rejected
from drip.bookings.signature import is_signed
from drip.bookings.source import Call, Connection, Heard

VARIABLE = "DRIP_BOOKING_WEBHOOK_SECRETS"
HEADER = "drip-signature"
TOLERANCE = timedelta(seconds=300)
"""How far the caller's clock may be from ours: a call cannot be repeated by a stranger for longer than that."""

MOST_BYTES = 1_000_000
MOST_EVENTS = 1_000
"""Of one call."""

_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")
_OURS = ("drip", "staff")


@dataclass(frozen=True, slots=True, kw_only=True)
class Sender:
    """One system that posts here."""

    secrets: tuple[str, ...] = field(repr=False)
    """Any of them will do, so that one can be changed for another while calls go on."""
    reader: EventReader = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class GenericWebhook:
    """Connected by its secrets."""

    senders: tuple[Sender, ...]
    name: str = "generic"
    largest_call: int = MOST_BYTES
    tells_attendance: bool = False
    """It can, but nobody knows whether whoever posts does."""

    def hear(self, call: Call, now: datetime) -> Heard | None:
        """One event or a list, in JSON; None when it is not signed with one of the secrets, or not just now."""
        header = call.headers.get(HEADER, "")
        for sender in self.senders:
            if is_signed(header, call.body, sender.secrets, now, TOLERANCE):
                return Heard(outcomes=_outcomes(call.body, sender.reader))
        return None

    def close(self) -> None:
        """Nothing to let go of."""


def _outcomes(body: bytes, reader: EventReader) -> list[Outcome]:
    outcomes: list[Outcome] = []
    for raw in _one_or_list(body.decode("utf-8-sig", "surrogateescape")):
        if raw.index >= MOST_EVENTS:
            outcomes.append(Rejected(raw.index, "", f"There are more than {MOST_EVENTS} events; send them in parts."))
            break
        outcomes += [raw] if isinstance(raw, Rejected) else reader.read(raw)
    return outcomes


def _one_or_list(text: str) -> Iterator[Raw | Rejected]:
    """Files may be written in other ways. Here one is enough."""
    if not text.strip():
        yield Rejected(0, "", "There is nothing in it; send one event, or a list of events.")
        return
    is_list = text.lstrip().startswith("[")
    for raw in documents(text):
        if raw.index and not is_list:
            yield Rejected(raw.index, "", "There is something after the event; send several as a list: [..., ...].")
            return
        yield raw


def connect(connection: Connection) -> GenericWebhook | None:
    """By its variable: secrets with commas, each alone or as `name:secret`. ValueError says what is wrong."""
    written = [one.strip() for one in connection.said(VARIABLE).split(",") if one.strip()]
    secrets: dict[str, list[str]] = {}
    for name, secret in map(_named, written):
        secrets.setdefault(name, []).append(secret)
    if not secrets:
        return None
    clinic = connection.clinic
    return GenericWebhook(
        senders=tuple(
            Sender(secrets=tuple(told), reader=EventReader.of(clinic, name)) for name, told in secrets.items()
        )
    )


def _named(written: str) -> tuple[str, str]:
    name, colon, secret = written.rpartition(":")
    if not colon:
        return "generic", written
    if not _NAME.fullmatch(name) or not secret or name in _OURS:
        raise ValueError(
            f"{VARIABLE}: write each one as secret or name:secret, the name in lower-case letters, digits, - and _, "
            "and neither drip nor staff"
        )
    return name, secret
