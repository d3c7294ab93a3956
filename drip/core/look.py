"""What conditions see of an event: as it was known at its time, and as what came in since has made it known."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from drip.core.condition import Objects
from drip.core.course import objects_at
from drip.core.event import Moment
from drip.core.view import View, views_of
from drip.core.visit import Change

Look: TypeAlias = tuple[View, Objects]
"""A view of an event, and what a condition then sees."""


@dataclass(slots=True)
class Looks:
    """The same for every sequence that listens to an event, and put together once for all of them."""

    _kept: dict[int, tuple[Moment, Sequence[Look]]] = field(default_factory=dict)

    def at(self, moment: Moment, moments: Sequence[Moment], change: Change | None) -> Sequence[Look]:
        """The event among all of the patient's; where it tells of a move, with what has changed."""
        if change is not None:
            return _look(moment, moments, change)
        if id(moment) not in self._kept:
            # The moment is kept, so that no other takes its place in memory.
            self._kept[id(moment)] = moment, _look(moment, moments, None)
        return self._kept[id(moment)][1]


def _look(moment: Moment, moments: Sequence[Moment], change: Change | None) -> Sequence[Look]:
    return [(view, objects_at(view.as_known, change=change)) for view in views_of(moment, moments)]
