"""The books compared: what the provider really took against what the database says of it."""

from collections import Counter
from dataclasses import dataclass, field

from sqlalchemy import select

from drip.core.lifecycle import WENT, State
from drip.store.schema import attempts, messages
from tests.faults.deployment import Deployment

ENDED = {State.EXPIRED, State.CANCELLED, State.SUPERSEDED, State.SUPPRESSED, State.SKIPPED, State.FAILED, State.INVALID}


@dataclass(slots=True)
class Audit:
    """What does not agree; every list should be empty."""

    messages: int = 0
    went: int = 0
    held: int = 0
    ended: int = 0
    doubled: list[str] = field(default_factory=list)
    """Taken more than once by the provider."""
    lost: list[str] = field(default_factory=list)
    """Neither taken, nor held for a person, nor ended with a reason."""
    false: list[str] = field(default_factory=list)
    """The database says that it went, and it did not; or that it did not, and it did."""
    strange: list[str] = field(default_factory=list)
    """Taken by the provider under an attempt that we know nothing of, or with another patient's words or address."""

    @property
    def is_clean(self) -> bool:
        """Nothing doubled, nothing lost, nothing false."""
        return not (self.doubled or self.lost or self.false or self.strange)


def audit(deployment: Deployment) -> Audit:
    """Compare the sandbox's ledger with the database."""
    with deployment.world.store.read() as tx:
        of_attempt = {
            row.id: row.message_id for row in tx.connection.execute(select(attempts.c.id, attempts.c.message_id))
        }
        rows = tx.connection.execute(select(messages.c.id, messages.c.state, messages.c.reason)).all()
    result, taken = Audit(messages=len(rows)), Counter[str]()
    for entry in deployment.sandbox.ledger.entries():
        message = of_attempt.get(entry.attempt or "")
        if message is None:
            result.strange.append(entry.ref)
        else:
            taken[message] += 1
    for row in rows:
        _judge(result, row.id, State(row.state), row.reason, taken[row.id])
    return result


def _judge(result: Audit, message: str, state: State, reason: str, taken: int) -> None:
    result.went += bool(taken)
    result.held += state is State.HELD
    result.ended += state in ENDED
    told = f"{message} {state.value} {reason} taken {taken}"
    if taken > 1:
        result.doubled.append(told)
    if not taken and state in WENT:
        result.false.append(told)
    if taken and state not in WENT and state not in (State.HELD, State.UNKNOWN):
        result.false.append(told)
    is_accounted_for = state is State.HELD or (state in ENDED and bool(reason))
    if not taken and not is_accounted_for:
        result.lost.append(told)
