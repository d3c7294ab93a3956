"""FHIR R4: a server that calls us (resources, messages, notifications), and that is asked what is new.

https://hl7.org/fhir/R4/http.html, search.html, subscription.html; https://hl7.org/fhir/uv/subscriptions-backport/STU1.1/
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from drip.bookings.fhir_asking import Asking
from drip.bookings.fhir_call import SEARCH, Listener, is_believed
from drip.bookings.fhir_resources import load_library
from drip.bookings.fhir_search import OVERLAP
from drip.bookings.fhir_server import FhirServer
from drip.bookings.generic import EventReader
from drip.bookings.parsed import Outcome
from drip.bookings.source import Call, Connection, Heard, Page, Wanted

NAME = "fhir"


def connect(connection: Connection) -> "FhirSource | FhirCalls | None":
    """The server that the settings name; None when they name neither its address nor a token to be called with."""
    base, token = connection.said("FHIR_BASE_URL").strip(), connection.said("FHIR_TOKEN").strip()
    called_with = connection.said("FHIR_WEBHOOK_TOKEN").strip()
    if token and not base:
        raise ValueError("FHIR_BASE_URL is missing: FHIR_TOKEN alone connects nothing")
    if base and not token:
        raise ValueError("FHIR_TOKEN is missing: without it the server at FHIR_BASE_URL cannot be asked")
    reader = EventReader.of(connection.clinic, NAME)
    if base:
        return FhirSource(reader, FhirServer(base, token, deadline=connection.deadline), called_with)
    return FhirCalls(reader, called_with) if called_with else None


class FhirCalls:
    """A server that calls us and is not asked."""

    name = NAME
    tells_attendance = True
    largest_call = 1024 * 1024

    def __init__(self, reader: EventReader, called_with: str, *, base: str = "") -> None:
        """`base` is the address at which what is only named can be asked for; empty when it cannot be."""
        load_library()
        self._called_with = called_with
        self._listener = Listener(reader=reader, base=base)

    def close(self) -> None:
        """There is nothing to let go of."""

    def hear(self, call: Call, now: datetime) -> Heard | None:
        """What the call says; None when it does not carry FHIR_WEBHOOK_TOKEN, or there is none."""
        if not self._called_with or not is_believed(call, self._called_with):
            return None
        return self._listener.hear(call.body, now)


class FhirSource:
    """A server that is asked, and heard if there is a token for it to call us with."""

    name = NAME
    tells_attendance = True
    largest_call = FhirCalls.largest_call

    def __init__(self, reader: EventReader, server: FhirServer, called_with: str) -> None:
        """Without what it calls with nothing is heard."""
        self._reader = reader
        self._server = server
        self._calls = FhirCalls(reader, called_with, base=server.base)

    def close(self) -> None:
        """Let go of connections. Safe to repeat."""
        self._server.close()

    def hear(self, call: Call, now: datetime) -> Heard | None:
        """What the call says; None when it does not carry FHIR_WEBHOOK_TOKEN, or there is none."""
        return self._calls.hear(call, now)

    def poll(self, cursors: Mapping[str, str], now: datetime) -> Iterator[Page]:
        """What is new, page by page. Raises SourceAway."""
        return self._asking(now).new(cursors)

    def check(self) -> None:
        """Ask how many appointments there are: raises SourceAway or SourceRefuses, else the token works."""
        self._server.count("Appointment")

    def fetch(self, wanted: Wanted, now: datetime) -> Sequence[Outcome]:
        """The resource that was named, with its patient; or all that changed lately. Raises SourceAway."""
        if wanted.kind == SEARCH:
            return self._asking(now).lately((wanted.happened_at or now) - OVERLAP)
        return self._asking(now).named(wanted)

    def _asking(self, now: datetime) -> Asking:
        return Asking(server=self._server, reader=self._reader, now=now)
