"""An event of a patient's history that a member of staff told us: it is replayed like any other."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from drip.clock import order
from drip.core.model import EventKind
from drip.flows.own_event import own_event
from drip.store import events
from drip.store.database import Tx
from drip.store.ids import new_id
from drip.store.patients import PatientRow


def add_event(
    tx: Tx, person: PatientRow, kind: EventKind, occurred_at: datetime, told: Mapping[str, Any], now: datetime
) -> None:
    """Stored for the next plan. `told` names the account under `staff`, and nothing of the patient's own facts."""
    whose, key = (person.id, person.data_key), f"{kind.value}:{new_id()}"
    events.add(tx, [own_event(whose, kind, occurred_at, told, key=key, received=order())], now)
