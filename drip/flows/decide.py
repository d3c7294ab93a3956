"""A person decides what nobody could find out: a held message went, or is sent again; a task is done."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from drip.app import App
from drip.core.lifecycle import State
from drip.core.reason import Reason
from drip.store import patients, records, settling
from drip.store.database import Tx
from drip.store.settling import Doubt, Settlement


class Decision(StrEnum):
    """What a person says of a held message; kept with its attempt."""

    WENT = settling.SAID_TO_HAVE_GONE
    AGAIN = "staff_again"


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """A message that waits for a decision, with what is known of its last attempt."""

    message_id: str
    patient: str
    doubt: Doubt


def held_messages(tx: Tx, limit: int = 500) -> list[Held]:
    """What waits for a decision, longest first."""
    doubts = settling.doubts(tx, limit, State.HELD)
    refs = patients.refs(tx, {one.patient_id for one in doubts})
    return [Held(message_id=one.message_id, patient=refs[one.patient_id], doubt=one) for one in doubts]


def decide(app: App, message_id: str, decision: Decision, by: str, now: datetime) -> bool:
    """Write down what a person decided. False where the message no longer waits: evidence came first."""
    return app.store.attempt(lambda tx: _decide(tx, message_id, decision, by, now))


def _decide(tx: Tx, message_id: str, decision: Decision, by: str, now: datetime) -> bool:
    doubt = settling.held(tx, message_id)
    if doubt is None:
        return False
    went = decision is Decision.WENT
    what = Settlement(
        attempt_id=doubt.attempt_id,
        message_id=message_id,
        outcome=decision.value,
        detail=f"decided by {by}"[:200],
        provider_ref=None,
        state=State.ACCEPTED if went else State.PLANNED,
        reason=Reason.NONE if went else Reason.RESENT_BY_STAFF,
        due_at=doubt.due_at if went else now,
        attempts=doubt.number,
        channel=doubt.channel,
        turned=doubt.turned,
        counted_on=doubt.counted_on if went else None,
        accepted_at=now if went else None,  # from which its receipt is waited for
    )
    if settling.settle(tx, [what], was=(State.HELD,)):
        return False  # evidence came in the meantime
    records.finish_tasks(tx, [f"held:{message_id}"], now, by=by)
    return True
