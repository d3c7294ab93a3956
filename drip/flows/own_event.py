"""An event that drip tells itself: part of a patient's history, and replayed like what booking systems tell."""

from datetime import datetime
from typing import TypeAlias

from drip.core.model import EventKind, Facts
from drip.store.events import NewEvent
from drip.store.vault import DataKey

OURS = "drip"
"""The source of events that we tell ourselves."""

Whose: TypeAlias = tuple[str, DataKey]
"""A patient, and what their data is sealed under."""


def own_event(whose: Whose, kind: EventKind, at: datetime, told: Facts, *, key: str, received: int) -> NewEvent:
    """To be stored for the next plan: once for each `key`. Of the patient's own facts it holds only what is `told`."""
    patient_id, data_key = whose
    return NewEvent(
        source=OURS,
        event_id=key,
        patient_id=patient_id,
        data_key=data_key,
        received=received,
        kind=kind.value,
        occurred_at=at,
        body={"kind": kind.value, "occurred_at": at.isoformat(), "patient": {}, **told},
    )
