"""FHIR R4 resources as drip's events: which status is which event, and when it happened.

https://hl7.org/fhir/R4/valueset-appointmentstatus.html, valueset-encounter-status.html, valueset-event-status.html.
A word that is not in a table says nothing to drip.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

from drip.bookings.fhir_bundle import Entry, Records, name_of
from drip.bookings.fhir_names import practitioner_of, side_of, site_at, treatment_in, visit_type
from drip.bookings.fhir_patient import facts_of, kind_of
from drip.bookings.fhir_resources import READS, Element, instant_of, many, one, said
from drip.bookings.generic import EventReader
from drip.bookings.parsed import Outcome, Parsed, Raw, Rejected
from drip.bookings.schema import REF_LENGTH
from drip.core.model import EventKind

APPOINTMENT: Mapping[str, EventKind] = {
    "booked": EventKind.BOOKED,
    "arrived": EventKind.BOOKED,  # "waiting to be seen": who waits may still leave
    "checked-in": EventKind.BOOKED,  # "the encounter may begin"
    "fulfilled": EventKind.ATTENDED,
    "noshow": EventKind.NO_SHOW,
    "cancelled": EventKind.CANCELLED,
    "entered-in-error": EventKind.CANCELLED,
}
"""proposed, pending and waitlist are not bookings yet."""

ENCOUNTER: Mapping[str, EventKind] = {
    "finished": EventKind.ATTENDED,
    "cancelled": EventKind.CANCELLED,
    "entered-in-error": EventKind.CANCELLED,
}
"""planned, arrived, triaged, in-progress, onleave and unknown do not say how it ended."""

PROCEDURE: Mapping[str, EventKind] = {"completed": EventKind.TREATMENT_PERFORMED}
"""What was not done, stopped or entered in error was not performed."""

_PLACES: Mapping[str, Mapping[str, str]] = {
    "Appointment": {
        "appointment.starts_at": "start",
        "appointment.ends_at": "end",
        "appointment.ref": "id",
        "patient.ref": "participant",
    },
    "Encounter": {
        "appointment.starts_at": "period.start",
        "appointment.ends_at": "period.end",
        "appointment.ref": "id",
        "patient.ref": "subject",
    },
    "Procedure": {"treatment.code": "code", "treatment.performed_at": "performed", "patient.ref": "subject"},
    "Patient": {"patient.ref": "id", "patient.date_of_birth": "birthDate"},
}
"""Where a resource says what an event says elsewhere."""

Told = dict[str, Any]


def tell(
    records: Records, reader: EventReader, now: datetime, *, history_before: datetime | None = None
) -> list[Outcome]:
    """Every event that these resources come to, in their order; what cannot be read is rejected, each by itself.

    What was over before `history_before`, when the server was first read, is marked as history.
    """
    teller = _Teller(records=records, reader=reader, now=now, history_before=history_before)
    entries = [entry for entry in records.entries if entry.kind in READS and not entry.is_background]
    return [outcome for entry in entries for outcome in teller.tell(entry)]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Teller:
    """One document's worth of telling."""

    records: Records
    reader: EventReader
    now: datetime
    history_before: datetime | None

    def tell(self, entry: Entry) -> Iterator[Outcome]:
        facts = self.records.facts(entry)
        if isinstance(facts, list):
            yield from (Rejected(entry.index, _within(entry, flaw.path), flaw.message) for flaw in facts)
        elif not name_of(entry):
            yield Rejected(entry.index, _within(entry, "id"), "is missing; without it one record cannot be told apart.")
        else:
            for told in _TELLS[entry.kind](self, entry, facts):
                yield from self._read(entry, facts, told)

    def patient(self, entry: Entry, facts: Element) -> Iterator[Told]:
        """A Patient resource."""
        at = self._at(entry, facts)
        known = facts_of(facts, at, is_copy=entry.is_copy)
        yield {"kind": kind_of(facts), "occurred_at": at, "patient": {"ref": name_of(entry), **known}}

    def appointment(self, entry: Entry, facts: Element) -> Iterator[Told]:
        """An Appointment resource: one event for each patient who takes part."""
        kind = APPOINTMENT.get(said(facts, "status"))
        if kind is None:
            return
        start, end = said(facts, "start"), said(facts, "end")
        at = self._at(entry, facts, said(facts, "created"), start)
        visit = self._visit(entry, facts, name_of(entry), (start, end))
        for part in many(facts, "participant"):
            patient = self._patient(entry, one(part, "actor"), at)
            if patient:
                declined = said(part, "status") == "declined" and kind is EventKind.BOOKED
                told = EventKind.CANCELLED if declined else kind
                yield {"kind": told, "occurred_at": at, "patient": patient, **visit}

    def encounter(self, entry: Entry, facts: Element) -> Iterator[Told]:
        """An Encounter resource: how the appointments that it is of ended; without one it is a visit of its own."""
        kind = ENCOUNTER.get(said(facts, "status"))
        start, end = said(one(facts, "period"), "start"), said(one(facts, "period"), "end")
        at = self._at(entry, facts, end, start)
        patient = self._patient(entry, one(facts, "subject"), at)
        if kind is None or not patient:
            return
        told = {"kind": kind, "occurred_at": at, "patient": patient}
        refs = self._appointments(entry)
        for ref in refs:
            yield {**told, "appointment": {"ref": ref}}
        if not refs:
            yield {**told, **self._visit(entry, facts, _visit_of_its_own(entry), (start, end))}

    def procedure(self, entry: Entry, facts: Element) -> Iterator[Told]:
        """A Procedure resource."""
        kind = PROCEDURE.get(said(facts, "status"))
        site = site_at(self.reader, entry, self.records)
        zone = self.reader.clinic.site(site).zone
        period = one(facts, "performedPeriod")
        performed = said(facts, "performedDateTime") or said(period, "end") or said(period, "start")
        performed_at = instant_of(performed, zone)
        at = self._at(entry, facts, performed_at.isoformat() if performed_at else "")
        patient = self._patient(entry, one(facts, "subject"), at)
        if kind is None or not patient:
            return
        yield {
            "kind": kind,
            "occurred_at": at,
            "site": site,
            "patient": patient,
            "appointment": {"ref": self._visit_of(entry, one(facts, "encounter"))},
            "treatment": {
                "code": treatment_in(self.reader, facts),
                "performed_at": performed_at.isoformat() if performed_at else performed,
                "attributes": {"side": side_of(facts)},
            },
        }

    def _visit(self, entry: Entry, facts: Element, ref: str, times: tuple[str, str]) -> Told:
        """Where, when and what."""
        return {
            "site": site_at(self.reader, entry, self.records),
            "appointment": {
                "ref": ref,
                "type": visit_type(self.reader, facts),
                "starts_at": times[0],
                "ends_at": times[1],
                "practitioner": practitioner_of(entry, self.records),
            },
        }

    def _appointments(self, encounter: Entry) -> list[str]:
        """What drip calls the appointments that an Encounter is of."""
        meant = [self.records.meant(told, encounter) for told in many(encounter.told, "appointment")]
        return [one_meant.ref for one_meant in meant if one_meant and one_meant.kind == "Appointment"]

    def _visit_of(self, entry: Entry, encounter: Element) -> str:
        """The visit at which something was done; empty when the Encounter is not here to say so."""
        found = self.records.find(encounter, entry)
        if found is None or found.kind != "Encounter":
            return ""
        return next(iter(self._appointments(found)), _visit_of_its_own(found))

    def _patient(self, entry: Entry, reference: Element, at: datetime) -> Told | None:
        """Whom it is about, with what is known of them here; None when the reference means no patient."""
        meant, found = self.records.meant(reference, entry), self.records.find(reference, entry)
        if meant is None or meant.kind != "Patient":
            return None
        known = self.records.facts(found) if found else {}
        about = facts_of(known, at, is_copy=found.is_copy) if found and not isinstance(known, list) else {}
        return {"ref": meant.ref, **about}

    def _at(self, entry: Entry, facts: Element, *others: str) -> datetime:
        """When the server says it changed; else when its message was made; else by its own times, if they are past."""
        at = instant_of(said(one(facts, "meta"), "lastUpdated")) or instant_of(entry.timestamp)
        if at is not None:
            return at
        tried = (instant_of(other, self.reader.clinic.sites[0].zone) for other in others)
        return next((other for other in tried if other is not None and other <= self.now), self.now)

    def _read(self, entry: Entry, facts: Element, told: Told) -> Iterator[Outcome]:
        about = told["patient"]["ref"], told.get("appointment", {}).get("ref", "")
        event = {
            **_cleared(told),
            "event_id": _event_id(entry, facts, told["kind"], about),
            "kind": told["kind"].value,
            "occurred_at": told["occurred_at"].isoformat(),
        }
        places = {ours: _within(entry, theirs) for ours, theirs in _PLACES[entry.kind].items()}
        for outcome in self.reader.read(Raw(entry.index, event, places, text=json.dumps(facts))):
            yield _as_history(outcome, self.history_before) if isinstance(outcome, Parsed) else outcome


_TELLS: Mapping[str, Callable[[_Teller, Entry, Element], Iterator[Told]]] = {
    "Appointment": _Teller.appointment,
    "Encounter": _Teller.encounter,
    "Procedure": _Teller.procedure,
    "Patient": _Teller.patient,
}


def _within(entry: Entry, path: str) -> str:
    return f"{entry.path}.{path}".strip(".")


def _visit_of_its_own(encounter: Entry) -> str:
    """With its kind: an Appointment may have the same id."""
    return f"Encounter/{name_of(encounter)}"


def _cleared(told: Told) -> Told:
    """Without what was not said. What is null was: it is no longer so."""
    cleared = {}
    for name, value in told.items():
        value = _cleared(value) if isinstance(value, dict) else value
        if value not in ("", {}):
            cleared[name] = value
    return cleared


def _event_id(entry: Entry, facts: Element, kind: EventKind, about: tuple[str, str]) -> str:
    """The same for the same state of the same record, however often and by whichever way it is told.

    Not by the version alone: there are systems that never count it up.
    """
    meta = one(facts, "meta")
    changed_at = instant_of(said(meta, "lastUpdated")) or instant_of(entry.timestamp)
    mark = [said(meta, "versionId"), changed_at.astimezone(UTC).isoformat() if changed_at else ""]
    words = {name: value for name, value in facts.items() if name != "meta"}
    told = json.dumps([about, words], sort_keys=True).encode()
    parts = [f"{entry.kind}/{name_of(entry)}", *filter(None, mark), kind.value, sha256(told).hexdigest()[:16]]
    whole = ":".join(parts)
    return whole if len(whole) <= REF_LENGTH else f"{entry.kind}:{sha256(whole.encode()).hexdigest()}"


def _as_history(one: Parsed, before: datetime | None) -> Parsed:
    """Marked, if it is about something that was over before: nobody is enrolled for that."""
    visit, treatment = one.event.appointment, one.event.treatment
    if before is None or one.event.kind.value.startswith("patient."):
        return one
    ended = treatment.get("performed_at") or visit.get("ends_at") or visit.get("starts_at")
    over_at = datetime.fromisoformat(ended) if isinstance(ended, str) else one.event.occurred_at
    return replace(one, body={**one.body, "history": True}) if over_at < before else one
