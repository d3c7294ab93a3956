"""A patient of Cliniko's as drip's facts about one, and what a change to the record means."""

from collections.abc import Iterator
from datetime import date, datetime
from typing import Any

from drip.bookings.cliniko_record import Record, changed_at, id_at, id_of, instant, records_in, text
from drip.bookings.schema import FIRST_YEAR
from drip.core.model import EventKind
from drip.core.patient import zone_named

Told = dict[str, Any]
"""An event, or a part of one, as every booking system could have sent it: read and checked afterwards."""

_MARKETING = {"email": "accepted_email_marketing", "sms": "accepted_sms_marketing"}
"""Cliniko asks about marketing alone. Nothing is concluded from it about care."""


def facts_of(ref: str, record: Record | None, at: datetime | None) -> Told:
    """What is known of a patient; the reference alone where the record is not to be had.

    A value that is empty in the record is told as null: it is no longer so. A value that the record leaves out, or that
    makes no sense, is not told.
    """
    if not record:
        return {"ref": ref}
    facts: Told = {"ref": ref}
    first = text(record, "preferred_first_name") or text(record, "first_name")
    if first or "first_name" in record:
        facts["first_name"] = first or None
    for name in ("last_name", "email"):
        if name in record:
            facts[name] = text(record, name) or None
    if "patient_phone_numbers" in record:
        facts["phone"] = _phone(record) or None
    return {**facts, **_born(record, at), **_zone(record), **_consent(record)}


def _phone(record: Record) -> str:
    """A mobile number before any other that can ring."""
    numbers = [(text(one, "phone_type").casefold(), text(one, "number")) for one in _numbers(record)]
    usable = [(kind, number) for kind, number in numbers if number and kind != "fax"]
    return next((number for kind, number in usable if kind == "mobile"), usable[0][1] if usable else "")


def _numbers(record: Record) -> list[Record]:
    return records_in(record, "patient_phone_numbers")


def _born(record: Record, at: datetime | None) -> Told:
    """A day that cannot be right is left out, so that it does not keep a booking out."""
    if "date_of_birth" not in record:
        return {}
    told = text(record, "date_of_birth")
    if not told:
        return {"date_of_birth": None}
    try:
        born = date.fromisoformat(told)
    except ValueError:
        return {}
    fits = born.year >= FIRST_YEAR and (at is None or born < at.date())
    return {"date_of_birth": born.isoformat()} if fits else {}


def _zone(record: Record) -> Told:
    """Cliniko passes on IANA names; those of other lists, such as `London`, are left out."""
    if "time_zone" not in record:
        return {}
    told = text(record, "time_zone")
    if not told:
        return {"timezone": None}
    return {"timezone": told} if zone_named(told) else {}


def _consent(record: Record) -> Told:
    said = {channel: record[name] for channel, name in _MARKETING.items() if name in record}
    marketing = {channel: answer if isinstance(answer, bool) else None for channel, answer in said.items()}
    return {"consent": {"marketing": marketing}} if marketing else {}


def changes_of(source: str, record: Record) -> Iterator[Told]:
    """The event that a patient's record comes to.

    Deleting a patient removes the record and all its visits for good, and cannot be taken back: it is erased. An
    archived patient is one that the clinic no longer sees, and who can be made active again: discharged.
    """
    ref = id_of(record)
    deleted, archived = instant(record, "deleted_at"), instant(record, "archived_at")
    merged = instant(record, "merged_at") or archived or changed_at(record)
    if deleted:
        yield _event(source, EventKind.ERASED, deleted, {"ref": ref})
    elif merged_into(record):
        yield _event(source, EventKind.MERGED, merged, {"ref": ref})
    elif archived:
        yield _event(source, EventKind.DISCHARGED, archived, facts_of(ref, record, archived))
    else:
        at = changed_at(record)
        yield _event(source, EventKind.PATIENT_UPDATED, at, facts_of(ref, record, at))


def _event(source: str, kind: EventKind, at: datetime | None, patient: Told) -> Told:
    when = at.isoformat() if at else None
    return {
        "event_id": f"{source}:patient:{patient['ref']}:{when}:{kind}",
        "kind": kind.value,
        "occurred_at": when,
        "patient": patient,
    }


def merged_into(record: Record) -> str:
    """The id of the patient whose record goes on; empty when it was not merged."""
    return id_at(record, "merged_with_patient")
