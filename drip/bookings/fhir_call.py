"""`POST /booking/fhir`: resources, Bundles and messages as they come, and notifications that name or say nothing."""

import hmac
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from drip.bookings.fhir_bundle import Address, Entry, Opened, Records, by_id, opened
from drip.bookings.fhir_events import tell
from drip.bookings.fhir_json import document, text_of
from drip.bookings.fhir_resources import READS, instant_of
from drip.bookings.generic import EventReader
from drip.bookings.parsed import Outcome, Rejected
from drip.bookings.source import Call, Heard, Wanted

MOST_NAMED = 200
"""A notification that names more is answered by a search."""

SEARCH = "search"
"""Of what is wanted: everything that changed lately."""

_CANNOT_ASK = Rejected(
    0, "", "only names what changed. Set FHIR_BASE_URL so that it can be asked for, or have whole resources sent."
)
_ELSEWHERE = Rejected(0, "entry", "names records of another server than the one at FHIR_BASE_URL.")


def is_believed(call: Call, token: str) -> bool:
    """Whether the call carries our bearer token."""
    scheme, _, told = call.headers.get("authorization", "").strip().partition(" ")
    return scheme.lower() == "bearer" and hmac.compare_digest(
        told.strip().encode(errors="surrogatepass"), token.encode()
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Listener:
    """Makes events of what a server that is believed says."""

    reader: EventReader
    base: str
    """Of the server that can be asked; empty when none can."""

    def hear(self, body: bytes, now: datetime) -> Heard:
        """Never raises for what it was sent."""
        if not body.strip():
            return self._search(now)
        told = document(text_of(body))
        if isinstance(told, Rejected):
            return Heard(outcomes=[told])
        whole = opened(told.told)
        if whole.names_nothing or len(whole.named) > MOST_NAMED:
            return self._search(now)
        return self._said(whole, body, now)

    def _search(self, now: datetime) -> Heard:
        """At most one search for the calls of a minute: the next turn reads what came after it."""
        if not self.base:
            return Heard(outcomes=[_CANNOT_ASK])
        return Heard(wanted=[Wanted(key=f"{SEARCH}:{now:%Y-%m-%dT%H:%M}", kind=SEARCH, ref="", happened_at=now)])

    def _said(self, whole: Opened, body: bytes, now: datetime) -> Heard:
        records = Records(map(by_id, whole.entries), self.base)
        named = [address for told in whole.named if (address := Address.of(told)) and address.kind in READS]
        if not self.base:
            unknown = [_CANNOT_ASK] if named else []
            return Heard(outcomes=[*whole.rejected, *unknown, *tell(records, self.reader, now)])
        ours = [address for address in named if records.is_local(address)]
        unknown = [_ELSEWHERE] if len(ours) < len(named) else []
        wanted = [*ours, *_missing(records)]
        later = {(address.kind, address.id) for address in wanted}
        known = Records([entry for entry in records.entries if (entry.kind, entry.id) not in later], self.base)
        outcomes: list[Outcome] = [*whole.rejected, *unknown, *tell(known, self.reader, now)]
        return Heard(outcomes=outcomes, wanted=_asked_for(wanted, instant_of(whole.timestamp), body, now))


def _asked_for(wanted: list[Address], made_at: datetime | None, body: bytes, now: datetime) -> list[Wanted]:
    """Each once. A notification that says when it was made is never the same twice; another one may be."""
    made = sha256(body).hexdigest()[:16] + ("" if made_at else f"@{now:%Y-%m-%dT%H:%M}")
    by_key = {f"{address.kind}/{address.id}:{made}": address for address in wanted}
    return [Wanted(key=key, kind=address.kind, ref=address.id, happened_at=made_at) for key, address in by_key.items()]


def _missing(records: Records) -> Iterator[Address]:
    """Patients; and a treatment itself, when only its encounter can say to which visit it belongs."""
    for entry in records.entries:
        if entry.kind in READS and not entry.is_background:
            for address in records.missing(entry):
                yield _itself(entry) if address.kind == "Encounter" and entry.id else address


def _itself(entry: Entry) -> Address:
    return Address("", entry.kind, entry.id)
