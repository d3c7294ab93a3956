"""The planner by itself, without any database: what a message costs to place, and to find in its place."""

from collections.abc import Iterator

from benchmarks.clinic import HEARD, TODAY, TWELVE, Database
from benchmarks.measure import MICROSECONDS, Laps, Line
from benchmarks.plan import MESSAGES, ROUNDS
from drip.content.sequence_file import load_sequence
from drip.core.clinic import hours_for
from drip.core.plan import Basis, Planned, Wanted, changes
from drip.store.ids import new_id
from tests.world import a_clinic, at

GOAL = 30


def run(_: list[Database], *, quick: bool) -> Iterator[Line]:
    """A new enrolment of twelve messages; then one whose rows are all there already."""
    each = 100 if quick else 2_000
    basis = _basis()
    stored = tuple(_stored(wanted) for wanted in changes(basis, (), at(HEARD)).new)
    for what, rows in (("planner: a new enrolment", ()), ("planner: nothing to change", stored)):
        laps = Laps()
        for _round in range(ROUNDS):
            with laps.lap():
                for _one in range(each):
                    changes(basis, rows, at(HEARD))
        cost = MICROSECONDS / laps.rate(each * MESSAGES)
        yield Line(what=what, database="-", measured=cost, unit="us/message", goal=GOAL, less_is_better=True)


def _basis() -> Basis:
    sequence, findings = load_sequence("twelve.yaml", TWELVE.encode())
    if sequence is None:
        raise ValueError(findings)
    hours = hours_for(sequence, a_clinic().sites[0], None)
    return Basis(sequence=sequence, version="1", anchor=at(f"{TODAY} 09:30"), hours=hours)


def _stored(wanted: Wanted) -> Planned:
    return Planned(
        id=new_id(),
        step=wanted.step,
        occurrence=wanted.occurrence,
        slot=wanted.slot,
        channel=wanted.channel,
        revision=wanted.revision,
        version="1",
        state=wanted.state,
        reason=wanted.reason,
        planned_for=wanted.planned_for,
        expires_at=wanted.expires_at,
    )
