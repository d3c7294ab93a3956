"""drip's own booking event, as JSON, JSON lines or CSV: what every system without an adapter can send."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, cast
from zoneinfo import ZoneInfo

from drip.bookings.contact import ContactProblem, with_addresses, with_preferences
from drip.bookings.csv_file import Columns, Mapped, columns_of, looks_like_a_table, rows
from drip.bookings.json_file import documents
from drip.bookings.parsed import MOST_RAW, Outcome, Parsed, Raw, Rejected
from drip.bookings.schema import Told
from drip.bookings.shape import shaped
from drip.core.clinic import Clinic
from drip.core.event import Event
from drip.core.model import EventKind, Facts, Value

MOST_BYTES = 64 * 1024 * 1024
"""Of one file."""

MOST_EVENTS = 500_000
"""Of one file."""

_TABLES = (".csv", ".tsv")
_LINES = (".jsonl", ".ndjson")
_FIRST = re.compile(r"[ \t\r\n]*+(?:[\[{]|\Z)")


def read_events(
    data: bytes, clinic: Clinic, source: str, *, filename: str = "", mapping: Mapped | None = None
) -> list[Outcome]:
    """Every event of a file or request, in order, parsed or rejected. Never raises for what `data` holds."""
    columns = columns_of(mapping)
    if len(data) > MOST_BYTES:
        return [Rejected(0, "", f"The file is larger than {MOST_BYTES // 1024 // 1024} MiB; send it in parts.")]
    reader = EventReader.of(clinic, source)
    outcomes: list[Outcome] = []
    for raw in _raw_events(data, filename.lower(), columns):
        if raw.index >= MOST_EVENTS:
            outcomes.append(Rejected(raw.index, "", f"There are more than {MOST_EVENTS} events; send them in parts."))
            break
        read = [raw] if isinstance(raw, Rejected) else reader.read(raw)
        outcomes += [replace(one, row=raw.row) if isinstance(one, Rejected) else one for one in read]
    return outcomes


def _raw_events(data: bytes, filename: str, columns: Columns) -> Iterator[Raw | Rejected]:
    """Bytes that are not UTF-8 become characters that no event may have, so that only their own event is lost."""
    text = data.decode("utf-8-sig", "surrogateescape")
    if filename.endswith(_TABLES):
        return rows(text, columns)
    if filename.endswith((".json", *_LINES)) or _FIRST.match(text):
        return documents(text, are_lines=filename.endswith(_LINES))
    if looks_like_a_table(text, columns):
        return rows(text, columns)
    if "\n{" in text:
        return documents(text, are_lines=True)
    return iter((Rejected(0, "", _UNREADABLE),))


_UNREADABLE = "This is neither JSON, JSON lines nor CSV with a header that drip knows, in UTF-8."


def event_from(body: Facts, key: str, received: int, fresh: bool) -> Event:
    """The event again, from what was stored of it. Quick: histories are rebuilt by the thousand."""
    told = cast(Mapping[str, Any], body)
    return Event(
        key=key,
        kind=_KINDS[told["kind"]],
        occurred_at=datetime.fromisoformat(told["occurred_at"]),
        received=received,
        fresh=fresh,
        is_history=told.get("history") is True,
        site=told.get("site"),
        patient=told["patient"],
        appointment=told.get("appointment") or {},
        treatment=told.get("treatment") or {},
        programme=told.get("programme") or {},
        contact=told.get("contact") or {},
    )


_KINDS = {kind.value: kind for kind in EventKind}


@dataclass(frozen=True, slots=True, kw_only=True)
class EventReader:
    """One clinic's way of reading: its sites, and its names for what a booking system calls otherwise.

    Every adapter turns what it hears into drip's own event and has it read here, so that no system's names, addresses
    and times come in unchecked.
    """

    clinic: Clinic
    source: str
    sites: frozenset[str]
    types: Mapping[str, str]
    treatments: Mapping[str, str]

    @classmethod
    def of(cls, clinic: Clinic, source: str) -> "EventReader":
        """For one source's events."""
        return cls(
            clinic=clinic,
            source=source,
            sites=frozenset(site.id for site in clinic.sites),
            types=_either_case(clinic.appointment_types),
            treatments=_either_case(clinic.treatments),
        )

    def read(self, raw: Raw) -> list[Outcome]:
        """Parsed, or everything that is wrong with it."""
        told = shaped(raw.index, raw.told)
        wrong = told if isinstance(told, list) else self._untrue(raw.index, told)
        if wrong or isinstance(told, list):
            return [replace(one, path=raw.columns.get(one.path, one.path)) for one in wrong]
        body, problems = self._body(told)
        return [
            Parsed(
                index=raw.index,
                event=event_from(body, told["event_id"], 0, True),
                patient_ref=told["patient"]["ref"],
                source=self.source,
                body=body,
                problems=problems,
                raw=_words(raw),
            )
        ]

    def _untrue(self, index: int, told: Told) -> list[Rejected]:
        """What has the right shape and still cannot be."""
        wrong = []
        site_id = told.get("site")
        if site_id is not None and site_id not in self.sites:
            known = ", ".join(sorted(self.sites))
            wrong.append(Rejected(index, "site", f"is not a site of this clinic. clinic.yaml has: {known}."))
        visit = told.get("appointment", {})
        starts_at, ends_at = visit.get("starts_at"), visit.get("ends_at")
        if starts_at and ends_at and ends_at < starts_at:
            wrong.append(Rejected(index, "appointment.ends_at", "is before appointment.starts_at."))
        born = told["patient"].get("date_of_birth")
        if born and born > told["occurred_at"].astimezone(self.clinic.site(site_id).zone).date():
            wrong.append(Rejected(index, "patient.date_of_birth", "is after the event itself."))
        return wrong

    def _body(self, told: Told) -> tuple[Facts, tuple[ContactProblem, ...]]:
        site = self.clinic.site(told.get("site"))
        body: dict[str, Any] = {
            name: _flat(value, site.zone) if isinstance(value, dict) else _settled(value, site.zone)
            for name, value in told.items()
        }
        patient, unknown = with_preferences(body["patient"], "patient")
        body["patient"], problems = with_addresses(patient, "patient", site.country)
        if "contact" in body:
            body["contact"], more = with_addresses(body["contact"], "contact", site.country)
            problems += more
        _rename(body.get("appointment"), "type", self.types)
        _rename(body.get("treatment"), "code", self.treatments)
        return body, (*problems, *unknown)


def _words(raw: Raw) -> bytes:
    """What the booking system said, byte by byte where that is known."""
    text = raw.text or json.dumps(raw.told, ensure_ascii=False, separators=(",", ":"))
    return text.encode("utf-8", "surrogateescape")[:MOST_RAW]


def _flat(told: Mapping[str, Any], zone: ZoneInfo) -> dict[str, Any]:
    """An object with its attributes among its own names; its own win."""
    own = {name: _settled(value, zone) for name, value in told.items() if name != "attributes" and value != ""}
    attributes = told.get("attributes")
    return {**attributes, **own} if attributes else own


def _settled(value: object, zone: ZoneInfo) -> Value:
    """Times on the site's clock, so that one instant is always written in one way."""
    if type(value) is str:
        return value
    if isinstance(value, datetime):
        return value.astimezone(zone).isoformat()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, EventKind):
        return value.value
    if isinstance(value, list):
        return [one for one in value if one != ""]
    return cast(Value, value)


def _rename(told: dict[str, Any] | None, name: str, names: Mapping[str, str]) -> None:
    theirs = told.get(name) if told else None
    if told and isinstance(theirs, str):
        told[name] = names.get(theirs) or names.get(theirs.casefold()) or theirs


def _either_case(names: Mapping[str, str]) -> Mapping[str, str]:
    """As written first; then in any case."""
    return {**{theirs.casefold(): ours for theirs, ours in names.items()}, **names}
