"""A visit that a booking system gives a new number each time it is moved: which numbers are the same visit."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from drip.core.model import EventKind

if TYPE_CHECKING:
    from drip.core.event import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class Chains:
    """What links between numbers come to."""

    first: Mapping[str, str] = field(default_factory=dict, repr=False)
    """The number of each visit that was moved -> the number it had at first."""
    replaced: frozenset[str] = field(default=frozenset(), repr=False)
    """Numbers that another one has taken the place of: what ended under them went on under the other."""

    def name_of(self, ref: str) -> str:
        """The one number of the visit."""
        return self.first.get(ref, ref)


def chains_of(replaces: Mapping[str, str]) -> Chains:
    """From new number -> the one it replaces. Links that lead in a circle mean nothing: each visit there is its own."""
    first: dict[str, str] = {}
    in_a_circle: set[str] = set()
    for ref in replaces:
        path: dict[str, None] = {}
        while ref in replaces and ref not in first and ref not in path:
            path[ref] = None
            ref = replaces[ref]
        if ref in path:
            steps = list(path)
            circle = steps[steps.index(ref) :]
            in_a_circle.update(circle)
            first.update((one, one) for one in circle)
        first.update((one, first.get(ref, ref)) for one in path if one not in first)
    return Chains(
        first={ref: name for ref, name in first.items() if ref != name},
        replaced=frozenset(old for new, old in replaces.items() if new not in in_a_circle),
    )


def moved_visits(events: "Iterable[Event]") -> Chains:
    """Which numbers are the same visit. Where two events differ on what a number replaces, the later one holds."""
    links: dict[str, str] = {}
    moves = (event for event in events if event.appointment.get("replaces"))
    for event in sorted(moves, key=lambda event: (event.occurred_at, event.received)):
        new, old = event.appointment_ref, event.appointment["replaces"]
        if new and isinstance(old, str):
            links[new] = old
    return chains_of(links)


def each_visit_as_one(events: "Iterable[Event]") -> "list[Event]":
    """The events, each about its visit's one number. That a number ended which was replaced is left out."""
    told = list(events)
    chains = moved_visits(told)
    if not chains.replaced:
        return told
    return [
        replace(event, appointment={**event.appointment, "ref": chains.name_of(event.appointment_ref)})
        if event.appointment_ref
        else event
        for event in told
        if event.kind is not EventKind.CANCELLED or event.appointment_ref not in chains.replaced
    ]
