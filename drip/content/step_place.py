"""Where in its file a step is written: in the list of steps, or below the question whose answers it follows."""

from drip.content.strict_yaml import Loc
from drip.core.sequence import Sequence, Step


def place_of(sequence: Sequence, step: Step) -> Loc:
    """The place of a step's own keys."""
    if step.follows is None:
        return ("steps", sequence.position(step.id))
    parent = sequence.step(step.follows.step)
    if parent is None:  # pragma: no cover - whatever follows was read from below its parent
        return ("steps",)
    siblings = [one.id for one in sequence.steps if one.follows and one.follows.step == parent.id]
    return (*place_of(sequence, parent), "ask", "then", siblings.index(step.id))
