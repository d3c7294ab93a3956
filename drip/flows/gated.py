"""What came of the last look: what is to be handed over now, what becomes of the rest, and what staff must hear."""

from dataclasses import dataclass, field

from drip.core.letter import Letter
from drip.core.lifecycle import State
from drip.core.reason import Reason
from drip.flows.prepare import Ready
from drip.flows.road import Road
from drip.store import records
from drip.store.outgoing import Move, NewAttempt


@dataclass(frozen=True, slots=True, kw_only=True)
class Passed:
    """A message that is to be handed over now."""

    ready: Ready
    attempt: NewAttempt
    letter: Letter
    road: Road
    alarm: Reason = Reason.NONE
    """It goes, but staff must hear of this."""


@dataclass(slots=True, kw_only=True)
class Gated:
    """What the gate decided for a batch."""

    passed: list[Passed] = field(default_factory=list)
    moves: list[Move] = field(default_factory=list)
    tasks: list[records.NewTask] = field(default_factory=list)

    def add(self, other: "Gated") -> None:
        """What was decided for one more patient."""
        self.passed += other.passed
        self.moves += other.moves
        self.tasks += other.tasks

    @property
    def strayed(self) -> list[str]:
        """Messages that no longer stand where the plan would put them: their patients must be planned anew."""
        return [move.id for move in self.moves if move.state is State.SUPERSEDED]
