"""Semble: calls us to say which booking changed, and is then asked how it stands.

https://docs.semble.io/docs/webhooks/guide/
"""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from hashlib import sha256

from drip.bookings.json_file import documents
from drip.bookings.parsed import Outcome, Raw, Rejected
from drip.bookings.record import Record, text, within, words_of
from drip.bookings.semble_api import Account, Api
from drip.bookings.semble_booking import Teller
from drip.bookings.semble_file import read_file
from drip.bookings.signature import is_signed, keys_in, signed_at
from drip.bookings.source import Call, Connection, Heard, Wanted
from drip.core.clinic import Clinic

__all__ = ["Semble", "connect", "read_file"]

HEADER = "x-webhook-signature"
"""The time is in it, and signed. `X-Webhook-Timestamp` says it once more, and is not."""

TOLERANCE = timedelta(seconds=300)
LARGEST_CALL = 16 * 1024
"""Bytes: a call names a booking and says no more."""

EVENTS: Mapping[str, str] = {
    "booking.created": "created",
    "booking.updated": "updated",
    "booking.deleted": "deleted",
    "booking.patientJourney.arrived": "arrived",
    "booking.patientJourney.inConsultation": "inconsultation",
    "booking.patientJourney.completed": "completed",
    "booking.patientJourney.noShow": "noshow",
}
"""What is not here does not concern us."""

_WORDS = re.compile(r"[^a-z]")
_BY_LETTERS = {_WORDS.sub("", name.casefold()): word for name, word in EVENTS.items()}
_BY_LETTERS |= {letters.removeprefix("booking"): word for letters, word in _BY_LETTERS.items() if "journey" in letters}

_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")

_NO_CALL = "is not a call of Semble's: it has no `eventType`."
_NO_BOOKING = "is not the number of a booking."
_GONE = "names a booking that Semble does not have, or does not show us. Look whether messages must be stopped."


def connect(connection: Connection) -> "Semble | None":
    """The clinic's Semble; None without its variables. ValueError names the one that is missing or wrong."""
    token, secrets = connection.said("SEMBLE_TOKEN").strip(), keys_in(connection.said("SEMBLE_WEBHOOK_SECRET"))
    if not (token or secrets):
        return None
    account = Account(token=token, secrets=secrets, base=connection.said("SEMBLE_API_BASE").strip())
    times = connection.said("SEMBLE_TIMES").strip().lower() or "utc"
    if times not in ("utc", "local"):
        raise ValueError("SEMBLE_TIMES: should be utc, or local where Semble writes the practice's own clock times")
    return Semble(connection.clinic, account, is_local=times == "local", deadline=connection.deadline)


class Semble:
    """One connected practice."""

    name = "semble"
    largest_call = LARGEST_CALL
    tells_attendance = True

    def __init__(self, clinic: Clinic, account: Account, *, is_local: bool = False, deadline: float = 30.0) -> None:
        self._secrets = account.secrets
        self._api = Api(account, deadline=deadline)
        self._teller = Teller.of(clinic, self.name, is_local=is_local)

    def hear(self, call: Call, now: datetime) -> Heard | None:
        """Which booking is to be asked for; None when the call is not signed with the secret, or not just now."""
        header = call.headers.get(HEADER, "")
        if not is_signed(header, call.body, self._secrets, now, TOLERANCE):
            return None
        (raw, *_) = [*documents(call.body.decode("utf-8-sig", "surrogateescape")), Rejected(0, "", _NO_CALL)]
        told: Record = raw.told if isinstance(raw, Raw) and isinstance(raw.told, Mapping) else {}
        if not text(told, "eventType"):
            return Heard(outcomes=[Rejected(0, "", _NO_CALL)])
        word = _BY_LETTERS.get(_WORDS.sub("", text(told, "eventType").casefold()))
        if word is None:
            return Heard()
        ref = _ref(within(told, "identifiers"))
        if not ref:
            return Heard(outcomes=[Rejected(0, "identifiers.bookingId", _NO_BOOKING)])
        key = text(told, "eventId")
        key = key if _ID.fullmatch(key) else sha256(header.encode(errors="replace") + call.body).hexdigest()[:32]
        return Heard(wanted=[Wanted(key=key, kind=word, ref=ref, happened_at=signed_at(header))])

    def fetch(self, wanted: Wanted, now: datetime) -> Sequence[Outcome]:
        """The booking as it stands, told at the time of the call. Raises SourceAway.

        It is always asked for after the call, so what the latest call comes to is how things are, in whatever order
        calls come in and answers are had. A booking that Semble cannot answer about raises NotAnswered.
        """
        booking, _, patient = wanted.ref.partition("/")
        at = wanted.happened_at or now
        record = self._api.booking(booking, now)
        if record is not None:
            return self._teller.tell(record, at, wanted.key, Raw(0, record, text=words_of(record)), wanted.kind)
        if wanted.kind == "deleted":
            return self._teller.gone(booking, patient, at, wanted.key) if patient else []
        return [Rejected(0, "id", _GONE)]

    def close(self) -> None:
        """Let go of connections. Safe to repeat."""
        self._api.close()


def _ref(identifiers: Record) -> str:
    """The booking's number, and its patient's where it has one: once deleted it may not be there to be asked for."""
    booking, patient = text(identifiers, "bookingId"), text(identifiers, "patientId")
    if not _ID.fullmatch(booking):
        return ""
    return f"{booking}/{patient}" if _ID.fullmatch(patient) else booking
