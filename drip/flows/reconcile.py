"""Unknown -> evidence -> accepted, planned again, or held for a person. Never resolved by hope."""

from dataclasses import dataclass
from datetime import datetime

from drip.app import App
from drip.core.handover import Evidence
from drip.core.lifecycle import State
from drip.core.reason import Reason
from drip.providers.provider import Provider
from drip.store import settling
from drip.store.settling import Doubt, Settlement

AT_ONCE = 100
MOST_ROUNDS = 3
"""After so many hand-overs that left no trace, a person decides."""

ASK_TWICE = 2
"""No trace of an attempt counts as 'it did not go' only when seen twice, the second time well after the first."""


@dataclass(slots=True)
class Reconciled:
    """What evidence said."""

    went: int = 0
    did_not_go: int = 0
    held: int = 0


def reconcile(app: App, now: datetime) -> Reconciled:
    """Ask each provider about attempts whose answer never came, once they have had time to settle."""
    with app.store.read() as tx:
        doubts = [doubt for doubt in settling.doubts(tx, AT_ONCE) if _may_ask(app, doubt, now)]
    result, settlements, asked = Reconciled(), [], []
    for doubt in doubts:
        evidence, ref = _ask(app, doubt)
        if evidence is Evidence.DID_NOT_GO and doubt.asked + 1 < ASK_TWICE:
            asked.append(doubt.attempt_id)
            continue
        if evidence is Evidence.DID_NOT_GO and doubt.rounds + 1 >= MOST_ROUNDS:
            evidence = Evidence.CANNOT_TELL
        settlements.append(_settlement(doubt, evidence, ref, now))
        name = {Evidence.WENT: "went", Evidence.DID_NOT_GO: "did_not_go"}.get(evidence, "held")
        setattr(result, name, getattr(result, name) + 1)
    if settlements or asked:
        with app.store.write() as tx:
            settling.note_asked(tx, asked, now)
            settling.settle(tx, settlements, was=(State.UNKNOWN,))
    return result


def _may_ask(app: App, doubt: Doubt, now: datetime) -> bool:
    """After the settling time; the second question only after twice that."""
    return now - doubt.started_at >= app.limits.settle * (doubt.asked + 1)


def _ask(app: App, doubt: Doubt) -> tuple[Evidence, str | None]:
    provider = _provider(app, doubt)
    return provider.find(doubt.attempt_id) if provider else (Evidence.CANNOT_TELL, None)


def _provider(app: App, doubt: Doubt) -> Provider | None:
    """The provider that was called, if it is still configured."""
    return next((one for one in app.providers[doubt.channel] if one.name == doubt.provider), None)


def _settlement(doubt: Doubt, evidence: Evidence, ref: str | None, now: datetime) -> Settlement:
    state, reason = {
        Evidence.WENT: (State.ACCEPTED, Reason.NONE),
        Evidence.DID_NOT_GO: (State.PLANNED, Reason.NONE),
        Evidence.CANNOT_TELL: (State.HELD, Reason.UNRESOLVED),
    }[evidence]
    return Settlement(
        attempt_id=doubt.attempt_id,
        message_id=doubt.message_id,
        outcome=evidence.value,
        detail="",
        provider_ref=ref,
        state=state,
        reason=reason,
        due_at=now if state is State.PLANNED else doubt.due_at,
        attempts=doubt.number,
        channel=doubt.channel,
        turned=doubt.turned,
        counted_on=None if state is State.PLANNED else doubt.counted_on,
        accepted_at=now if state is State.ACCEPTED else None,
    )
