"""What staff tell about patients by hand -> the event inbox, for the right record, once, and in the audit trail."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import reduce
from typing import Any

from drip.app import App
from drip.bookings.parsed import Parsed
from drip.clock import order
from drip.core.model import Facts, merged
from drip.core.patient import Standing, time_in
from drip.core.same_visit import number_for
from drip.flows.resolve import event_of
from drip.flows.take_in import TakenIn
from drip.store import audit, enrolments, events, names, patients, references
from drip.store.audit import Deed
from drip.store.database import Tx
from drip.store.events import StoredEvent
from drip.store.patients import PatientRow
from drip.store.vault import DataKey


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One event by hand, and whose it is."""

    parsed: Parsed
    patient_id: str | None = None
    """The record that it is about; none where there is to be a new one."""


@dataclass(frozen=True, slots=True)
class Misplaced:
    """Why an event by hand belongs to no record. Says nothing about anybody."""

    field: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _ByNow:
    """A record that may be meant."""

    row: PatientRow
    sites: frozenset[str] = frozenset()
    """Where it is enrolled at the next tick."""


TAKEN = "This number is on another record. Is it right? Find the patient by name, and enrol them from their own page."
TWICE = "Another row has this number for somebody of another name or date of birth."
OVER = "This record is closed: the patient has died, or it was merged or erased. Nobody is enrolled in it."
ELSEWHERE = "You may enrol patients at your own sites only."


def place(tx: Tx, parsed: Sequence[Parsed], sites: Collection[str]) -> list[Entry | Misplaced]:
    """For each event the record that its number is on already, a new one, or why neither.

    Two patients must never become one: the name and date of birth have to agree. `sites`: only records of these may be
    added to; none named is all.
    """
    known = references.known_as(tx, {one.patient_ref for one in parsed})
    ids = {patient_id for found in known.values() for patient_id, _ in found}
    rows = _by_now(tx, patients.readable(tx, ids).values())
    theirs = enrolments.at_sites(tx, ids, sites) | _told_at(rows.values(), sites) if sites else ids
    new: dict[str, Facts] = {}
    placed: list[Entry | Misplaced] = []
    for one in parsed:
        of = [patient_id for patient_id, _ in known[one.patient_ref]]
        may_be = [rows[patient_id].row for patient_id in of if patient_id in rows and patient_id in theirs]
        if not of and not are_one(one.event.patient, new.setdefault(one.patient_ref, one.event.patient)):
            placed.append(Misplaced("ref", TWICE))
        else:
            placed.append(_place(one, may_be, sites, is_new=not of))
    return placed


def _by_now(tx: Tx, rows: Collection[PatientRow]) -> dict[str, _ByNow]:
    """With what waits in the inbox of those of whom nothing was applied yet: they were enrolled just now."""
    waiting = events.histories(tx, {row.id: row.data_key for row in rows if not row.patient.facts})
    found = {}
    for row in rows:
        told = [one.body for one in waiting.get(row.id, ())]
        patient = [one["patient"] for one in told if isinstance(one.get("patient"), Mapping)]
        facts: Facts = reduce(merged, patient, row.patient.facts)  # type: ignore[arg-type]
        sites = frozenset(str(one["site"]) for one in told if one.get("site"))
        found[row.id] = _ByNow(row=replace(row, patient=replace(row.patient, facts=facts)), sites=sites)
    return found


def _told_at(rows: Iterable[_ByNow], sites: Collection[str]) -> frozenset[str]:
    return frozenset(one.row.id for one in rows if one.sites.intersection(sites))


def _place(parsed: Parsed, rows: Sequence[PatientRow], sites: Collection[str], *, is_new: bool) -> Entry | Misplaced:
    same = [row for row in rows if are_one(parsed.event.patient, row.patient.facts)]
    if same:
        return place_with(parsed, same[0], sites)
    if not is_new:
        return Misplaced("ref", TAKEN)
    return Entry(parsed=parsed) if _is_theirs(parsed, sites) else Misplaced("site", ELSEWHERE)


def place_with(parsed: Parsed, row: PatientRow, sites: Collection[str]) -> Entry | Misplaced:
    """An event about somebody who was chosen, and whom this person sees."""
    if row.patient.standing is not Standing.CURRENT:
        return Misplaced("ref", OVER)
    return Entry(parsed=parsed, patient_id=row.id) if _is_theirs(parsed, sites) else Misplaced("site", ELSEWHERE)


def _is_theirs(parsed: Parsed, sites: Collection[str]) -> bool:
    return not sites or parsed.event.site in sites


def are_one(told: Facts, known: Facts) -> bool:
    """Whether name and birth agree, as far as both are known."""
    born = [one for one in (told.get("date_of_birth"), known.get("date_of_birth")) if one]
    each = [(_words(told, name), _words(known, name)) for name in ("first_name", "last_name")]
    return len(set(map(str, born))) < 2 and all(here & there for here, there in each)


def _words(facts: Facts, name: str) -> set[str]:
    told = facts.get(name)
    return set(names.words_in(told)) if isinstance(told, str) else set()


class TakenMeanwhile(Exception):
    """Somebody else has just given the number to another patient. Nothing was stored."""


def take_in_by_hand(app: App, entries: Sequence[Entry], now: datetime, *, who: str) -> TakenIn:
    """Store what was told for the next tick. Safe to repeat: told twice, it happened once. `who`: an account.

    TakenMeanwhile where a new patient's number has become another one's since it was placed.
    """
    return app.store.attempt(lambda tx: _take_in(tx, entries, now, who))


def _take_in(tx: Tx, entries: Sequence[Entry], now: datetime, who: str) -> TakenIn:
    put = put_by_hand(tx, entries, now)
    _are_still_one(tx, {whose: one.parsed for one, (whose, _) in zip(entries, put, strict=True) if not one.patient_id})
    new = sorted({patient_id for patient_id, is_new in put if is_new})
    if new:
        about = f"patient:{new[0]}" if len(new) == 1 else ""
        kinds = sorted({one.parsed.event.kind.value for one in entries})
        told = {"kinds": kinds, "patients": new}
        audit.write(tx, Deed(who=who, deed="enrolled_by_hand", about=about, detail=told), now)
    accepted = sum(is_new for _, is_new in put)
    return TakenIn(accepted=accepted, duplicates=len(put) - accepted)


def _are_still_one(tx: Tx, new: Mapping[str, Parsed]) -> None:
    """Whether all that is told by now of each of these records is about the person of this event."""
    keys = {row.id: row.data_key for row in patients.load(tx, new).values()}
    for patient_id, history in events.histories(tx, keys).items():
        told = [one.body.get("patient") for one in history if one.body.get("patient")]
        facts = [one for one in told if isinstance(one, Mapping) and {"first_name", "last_name"} <= one.keys()]
        if not all(are_one(new[patient_id].event.patient, one) for one in facts):
            raise TakenMeanwhile


def put_by_hand(tx: Tx, entries: Sequence[Entry], now: datetime) -> list[tuple[str, bool]]:
    """Store events; answers of each whose it is, and whether it was new."""
    known = {one.patient_id for one in entries if one.patient_id}
    patients.lock(tx, known)
    rows = patients.load(tx, known)
    unknown = {(one.parsed.source, one.parsed.patient_ref) for one in entries if not one.patient_id}
    made = patients.ensure(tx, unknown, now)
    told = events.histories(tx, {row.id: row.data_key for row in rows.values()})
    first, new, whose = order(), [], []
    for number, one in enumerate(entries):
        row = rows[one.patient_id] if one.patient_id else None
        patient_id, key = (row.id, row.data_key) if row else made[one.parsed.source, one.parsed.patient_ref]
        whose.append(patient_id)
        body = _of_the_same_visit(_only_news(one.parsed.body, row), told[row.id]) if row else one.parsed.body
        new.append(_event(one.parsed, body, patient_id, key, first + number))
    return list(zip(whose, events.add_each(tx, new, now), strict=True))


def _event(parsed: Parsed, body: Facts, patient_id: str, key: DataKey, received: int) -> events.NewEvent:
    return events.NewEvent(
        source=parsed.source,
        event_id=parsed.event.key,
        patient_id=patient_id,
        data_key=key,
        received=received,
        kind=parsed.event.kind.value,
        occurred_at=parsed.event.occurred_at,
        body=body,
        raw=parsed.raw,
    )


def _of_the_same_visit(body: Facts, told: Sequence[StoredEvent]) -> Facts:
    """Under the number that is known already for a visit at this very time."""
    visit = body.get("appointment")
    at = time_in(visit, "starts_at") if isinstance(visit, Mapping) else None
    if at is None or not isinstance(visit, Mapping):
        return body
    return {**body, "appointment": {**visit, "ref": number_for(str(visit["ref"]), at, map(event_of, told))}}


def _only_news(body: Facts, row: PatientRow) -> Facts:
    """Without what is known already: said again, it would outlive what the booking system says of it later.

    Who somebody is stays the booking system's to say.
    """
    known: dict[str, tuple[Facts, frozenset[str]]] = {
        "patient": (row.patient.facts, frozenset({"first_name", "last_name", "date_of_birth"})),
        "contact": (row.patient.carer, frozenset()),
    }
    told: dict[str, Any] = dict(body)
    for name, (facts, theirs) in known.items():
        if isinstance(said := told.get(name), Mapping):
            told[name] = {
                key: value
                for key, value in said.items()
                if key == "ref" or (facts.get(key) != value and not (key in theirs and facts.get(key)))
            }
    return told
