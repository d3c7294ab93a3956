"""What holds back, as things stand, the messages that are planned for a patient: a pause, a safety rule."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from drip.app import App
from drip.core.gate import heeds
from drip.core.interlock import interlocks
from drip.core.model import Purpose
from drip.store import patient_pauses, records, versions
from drip.store.database import Tx
from drip.store.patients import PatientRow
from drip.store.views import MessageView

EVERYTHING = "all sending is paused"
SEQUENCE = "its sequence is paused"
PATIENT = "messages to this patient are paused"
RED_FLAG = "a red flag is open, and nobody has written down yet what was done"
RULE = "a safety rule holds this kind of message back"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Standing:
    """How it stands with a patient at this moment."""

    paused: frozenset[str]
    pause: patient_pauses.PatientPause | None
    has_red_flag: bool


def held_back(app: App, tx: Tx, patient: PatientRow, planned: Sequence[MessageView], now: datetime) -> dict[str, str]:
    """Why, by message, it would not go at its time unless something changes. The gate has the last say."""
    published = app.versions.get(tx, {one.version for one in planned})
    standing = _Standing(
        paused=frozenset(versions.paused(tx)),
        pause=patient_pauses.of(tx, [patient.id], now).get(patient.id),
        has_red_flag=bool(records.with_open(tx, records.RED_FLAG, [patient.id])),
    )
    found = {}
    for one in planned:
        heeded = heeds(published[one.version].sequence, Purpose(one.purpose))
        at = interlocks(patient.patient, app.clinic.interlocks, max(now, one.due_at))
        found[one.id] = _paused(standing, one) or _held(standing, heeded, at)
    return {message: why for message, why in found.items() if why}


def _paused(standing: _Standing, one: MessageView) -> str:
    if versions.EVERYTHING in standing.paused:
        return EVERYTHING
    if f"sequence:{one.sequence}" in standing.paused:
        return SEQUENCE
    return PATIENT if standing.pause and standing.pause.holds(one.due_at) else ""


def _held(standing: _Standing, heeded: frozenset[str], interlocked: frozenset[str]) -> str:
    if standing.has_red_flag and records.RED_FLAG in heeded:
        return RED_FLAG
    return RULE if heeded & interlocked else ""
