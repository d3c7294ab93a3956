"""A person decides what nobody could find out: a held message went, or is sent again; a task is done."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from drip.app import App
from drip.core.lifecycle import State
from drip.core.reason import Reason
from drip.store import audit, by_staff, patients, records, settling, tries
from drip.store.audit import Deed
from drip.store.database import Tx
from drip.store.settling import Doubt, Settlement
from drip.store.tries import Try


class Decision(StrEnum):
    """What a person says of a held message; kept with its attempt."""

    WENT = settling.SAID_TO_HAVE_GONE
    AGAIN = "staff_again"


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """A message that waits for a decision, with what is known of its last attempt."""

    message_id: str
    patient: str = field(repr=False)
    doubt: Doubt
    tries: Sequence[Try]
    """Every time it was handed over, oldest first."""


def held_messages(tx: Tx, limit: int = 500) -> list[Held]:
    """What waits for a decision, longest first."""
    return _told(tx, settling.doubts(tx, limit, State.HELD))


def held_at(tx: Tx, sites: Collection[str], limit: int) -> list[Held]:
    """As `held_messages`, only of patients of these sites if any is named."""
    return _told(tx, settling.doubts(tx, limit, State.HELD, sites=sites))


def _told(tx: Tx, doubts: Sequence[Doubt]) -> list[Held]:
    people = patients.readable(tx, {one.patient_id for one in doubts})
    of_message = tries.of_messages(tx, [one.message_id for one in doubts])
    return [
        Held(
            message_id=one.message_id,
            patient=people[one.patient_id].ref if one.patient_id in people else "",
            doubt=one,
            tries=of_message.get(one.message_id, ()),
        )
        for one in doubts
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class By:
    """Who decides: as it is kept with the attempt, and as it stands in the audit trail."""

    name: str
    who: str = audit.COMMAND
    sites: frozenset[str] = frozenset()
    """Only of patients of these sites; none named is all."""


def decide(app: App, message_id: str, decision: Decision, by: By, now: datetime) -> bool:
    """Write down what a person decided. False where the message no longer waits: evidence came first."""
    return app.store.attempt(lambda tx: _decide(tx, message_id, decision, by, now))


def _decide(tx: Tx, message_id: str, decision: Decision, by: By, now: datetime) -> bool:
    doubt = settling.held(tx, message_id, by.sites)
    if doubt is None:
        return False
    patients.lock(tx, [doubt.patient_id])
    doubt = settling.held(tx, message_id, by.sites)  # a colleague may have decided in the meantime
    if doubt is None or settling.settle(tx, [_settlement(doubt, decision, by, now)], was=(State.HELD,)):
        return False  # or evidence came
    if decision is Decision.AGAIN:
        by_staff.want_now(tx, message_id, now)
    records.finish_tasks(tx, [f"held:{message_id}"], now, by=by.name)
    deed = Deed(who=by.who, deed="message_decided", about=f"message:{message_id}", detail={"decision": decision.value})
    audit.write(tx, deed, now)
    return True


def _settlement(doubt: Doubt, decision: Decision, by: By, now: datetime) -> Settlement:
    """Its last attempt has its answer: the message is taken for handed over, or is due at once."""
    went = decision is Decision.WENT
    return Settlement(
        attempt_id=doubt.attempt_id,
        message_id=doubt.message_id,
        outcome=decision.value,
        detail=f"decided by {by.name}"[:200],
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
