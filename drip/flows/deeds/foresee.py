"""What the gate would say of one message if it were due now: asked for real, in a transaction that is rolled back."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from drip.app import App
from drip.core.lifecycle import State
from drip.core.model import Channel
from drip.core.reason import Reason
from drip.flows.gate import pass_gate
from drip.flows.prepare import prepare
from drip.store import by_staff, patients
from drip.store.database import Tx
from drip.store.ids import new_id
from drip.store.outgoing import Claimed, Lease

_FOR = timedelta(minutes=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Foreseen:
    """What would become of it."""

    goes_at: datetime | None
    """None where it would not go at all."""
    channel: Channel
    reason: Reason = Reason.NONE
    """What holds it back until then, or for good."""


def foresee(app: App, message_id: str, now: datetime) -> Foreseen | None:
    """As things stand; None where the message is not planned. Nothing is kept of having asked."""
    lease = Lease(owner="foreseen", token=new_id(), length=_FOR)
    with app.store.rehearse() as store:
        rehearsed = replace(app, store=store)
        with store.write() as tx:
            claimed = _claim(tx, lease, message_id)
        if claimed is None:
            return None
        ready, spoiled = prepare(rehearsed, [claimed], now)
        if spoiled:
            return Foreseen(goes_at=None, channel=claimed.channel, reason=Reason.TEMPLATE_ERROR)
        gated = pass_gate(rehearsed, lease, ready, now)
    if gated.passed:
        return Foreseen(goes_at=now, channel=claimed.channel)
    move = gated.moves[0]
    goes_at = move.due_at if move.state is State.PLANNED else None
    return Foreseen(goes_at=goes_at, channel=move.channel, reason=move.reason)


def _claim(tx: Tx, lease: Lease, message_id: str) -> Claimed | None:
    """The patient first, as whoever does something with their messages: looking must not cross with that."""
    message = by_staff.message(tx, message_id)
    if message is None:
        return None
    patients.lock(tx, [message.patient_id])
    return by_staff.claim(tx, lease, message_id)
