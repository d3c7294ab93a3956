"""Which numbers are the same visit: a booking system may give a new one to each move, and staff type it with none."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from drip.core.model import EventKind
from drip.core.typed_visit import Standing, is_by_hand

if TYPE_CHECKING:
    from datetime import datetime

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

    def told_as(self, name: str) -> str:
        """What people know a visit by: its booking system's number, where that has told of one typed by hand."""
        told = (ref for ref, first in self.first.items() if first == name and not is_by_hand(ref))
        return next(told, name) if is_by_hand(name) else name


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
    told = list(events)
    chains = _replaced(told)
    if not _are_typed(told):
        return chains
    joined = standing_after(told).joined
    return replace(chains, first={**{ref: joined.get(name, name) for ref, name in chains.first.items()}, **joined})


def standing_after(events: "Iterable[Event]") -> Standing:
    """Where a history, in whatever order, leaves each visit, and which of those typed by hand are another one."""
    told = sorted(events, key=_in_true_order)
    return Standing.after(_by_one_number(told, _replaced(told)))


def _replaced(events: "Iterable[Event]") -> Chains:
    """By what the booking system itself says."""
    links: dict[str, str] = {}
    moves = (event for event in events if event.appointment.get("replaces"))
    for event in sorted(moves, key=_in_true_order):
        new, old = event.appointment_ref, event.appointment["replaces"]
        if new and isinstance(old, str):
            links[new] = old
    return chains_of(links)


def _in_true_order(event: "Event") -> "tuple[datetime, int]":
    return event.occurred_at, event.received


def _are_typed(events: "Iterable[Event]") -> bool:
    return any(is_by_hand(event.appointment_ref) for event in events)


def each_visit_as_one(events: "Iterable[Event]") -> "list[Event]":
    """The events, each about its visit's one number. That a number ended which was replaced is left out."""
    told = list(events)
    chains = moved_visits(told)
    if not chains.first:
        return told
    before = moved_visits(event for event in told if not event.fresh) if _are_typed(told) else chains
    return _by_one_number(told, chains, before)


def _by_one_number(events: "Iterable[Event]", chains: Chains, before: Chains | None = None) -> "list[Event]":
    return [
        _named(event, event.appointment_ref, chains, before or chains) if event.appointment_ref else event
        for event in events
        if event.kind is not EventKind.CANCELLED or event.appointment_ref not in chains.replaced
    ]


def _named(event: "Event", ref: str, chains: Chains, before: Chains) -> "Event":
    name, was = chains.name_of(ref), before.name_of(ref)
    if name == ref:
        return event
    known_as = was if was != name and not event.fresh else None
    return replace(event, appointment={**event.appointment, "ref": name}, known_as=known_as)
