"""Acuity Scheduling: calls us to say which appointment changed, and is then asked how it stands.

https://developers.acuityscheduling.com/docs/webhooks
"""

import hashlib
import hmac
import re
from base64 import b64encode
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from urllib.parse import parse_qsl

from drip.bookings.acuity_api import Account, Api
from drip.bookings.acuity_appointment import Teller, kind_of
from drip.bookings.csv_file import Mapped
from drip.bookings.generic import MOST_BYTES, MOST_EVENTS
from drip.bookings.in_its_time import as_history
from drip.bookings.json_file import documents
from drip.bookings.parsed import Outcome, Parsed, Raw, Rejected
from drip.bookings.record import words_of
from drip.bookings.signature import as_bytes, keys_in
from drip.bookings.source import Call, Connection, Heard, Wanted
from drip.core.clinic import Clinic
from drip.core.model import EventKind

HEADER = "x-acuity-signature"
LARGEST_CALL = 16 * 1024
"""Bytes: a call names an appointment and says no more."""

ACTIONS = frozenset({"scheduled", "rescheduled", "canceled", "changed"})
"""With or without `appointment.` before them. Others, such as orders, do not concern us."""

_ID = re.compile(r"[0-9]{1,20}")
_MOST_FIELDS = 100
_AT_ONCE = timedelta(seconds=1)
_LINES = (".jsonl", ".ndjson")

_NO_FORM = "is not a form that names an appointment."
_GONE = "names an appointment that Acuity does not have, or does not show us. Look whether messages must be stopped."
_NO_APPOINTMENT = "is not one of Acuity's appointments: it has no `id`, or no `dateCreated` that can be read."


def connect(connection: Connection) -> "Acuity | None":
    """The clinic's Acuity; None without its variables. ValueError names the one that is missing or wrong."""
    user_id, keys = connection.said("ACUITY_USER_ID").strip(), keys_in(connection.said("ACUITY_API_KEY"))
    if not (user_id or keys):
        return None
    account = Account(user_id=user_id, keys=keys, base=connection.said("ACUITY_API_BASE").strip())
    return Acuity(connection.clinic, account, deadline=connection.deadline)


class Acuity:
    """One connected account."""

    name = "acuity"
    largest_call = LARGEST_CALL
    tells_attendance = False
    """It says who did not come, and never who did."""

    def __init__(self, clinic: Clinic, account: Account, *, deadline: float = 30.0) -> None:
        self._keys = account.keys
        self._api = Api(account, deadline=deadline)
        self._teller = Teller.of(clinic, self.name)

    def hear(self, call: Call, now: datetime) -> Heard | None:
        """Which appointment is to be asked for; None when the call is not signed with one of the keys.

        A call says neither when it was made nor which one it is. So it can be repeated by whoever has seen it, which
        only has us ask again; and each second's calls about an appointment are one, asked for once.
        """
        if not _is_signed(call, self._keys):
            return None
        try:
            fields = parse_qsl(call.body.decode(errors="replace"), keep_blank_values=True, max_num_fields=_MOST_FIELDS)
        except ValueError:
            return Heard(outcomes=[Rejected(0, "", _NO_FORM)])
        form = dict(fields)
        action, ref = form.get("action", "").removeprefix("appointment."), form.get("id", "")
        if action not in ACTIONS:
            return Heard()
        if not _ID.fullmatch(ref):
            return Heard(outcomes=[Rejected(0, "id", _NO_FORM)])
        at = now.replace(microsecond=0)
        return Heard(wanted=[Wanted(key=f"{ref}:{at.isoformat()}", kind=action, ref=ref, happened_at=at)])

    def fetch(self, wanted: Wanted, now: datetime) -> Sequence[Outcome]:
        """The appointment as it stands, told at the time of the call. Raises SourceAway.

        It is always asked for after the call, so what the latest call comes to is how things are, in whatever order
        calls come in and answers are had.
        """
        if not _ID.fullmatch(wanted.ref):
            return []
        record = self._api.appointment(wanted.ref, now)
        if record is None:
            return [Rejected(0, "id", _GONE)]
        return self._teller.tell(record, wanted.happened_at or now, Raw(0, record, text=words_of(record)))

    def close(self) -> None:
        """Let go of connections. Safe to repeat."""
        self._api.close()


def _is_signed(call: Call, keys: Sequence[str]) -> bool:
    told = call.headers.get(HEADER, "").strip().encode(errors="replace")
    right = [b64encode(hmac.new(as_bytes(key), call.body, hashlib.sha256).digest()) for key in keys]
    return any([hmac.compare_digest(told, mine) for mine in right])


def read_file(
    data: bytes, clinic: Clinic, source: str, *, filename: str = "", mapping: Mapped | None = None
) -> list[Outcome]:
    """Appointments as the API answers them: one, a list, or one a line. Never raises for what `data` holds."""
    if len(data) > MOST_BYTES:
        return [Rejected(0, "", f"The file is larger than {MOST_BYTES // 1024 // 1024} MiB; send it in parts.")]
    teller = Teller.of(clinic, source)
    outcomes: list[Outcome] = []
    text = data.decode("utf-8-sig", "surrogateescape")
    for raw in documents(text, are_lines=filename.lower().endswith(_LINES)):
        if raw.index >= MOST_EVENTS:
            outcomes.append(Rejected(raw.index, "", f"There are more than {MOST_EVENTS}; send them in parts."))
            break
        outcomes += [raw] if isinstance(raw, Rejected) else _filed(teller, raw)
    return outcomes


def _filed(teller: Teller, raw: Raw) -> list[Outcome]:
    """An appointment in a file, as of when it was booked: what was heard since knows better.

    When it was cancelled, or nobody came, a file does not say: such news is too old to start anything.
    """
    record = raw.told if isinstance(raw.told, Mapping) else {}
    at = teller.made_at(record)
    if at is None or not record.get("id"):
        return [Rejected(raw.index, "", _NO_APPOINTMENT)]
    if kind_of(record) is EventKind.BOOKED:
        return teller.tell(record, at, raw)
    told = teller.tell(record, at + _AT_ONCE, raw)
    return [as_history(one) if isinstance(one, Parsed) else one for one in told]
