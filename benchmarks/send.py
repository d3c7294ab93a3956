"""Due texts -> a provider that takes everything, in one process: claim, prepare, gate, hand over, record."""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from datetime import datetime
from time import perf_counter
from typing import Any

from sqlalchemy import event

from benchmarks.clinic import DUE, HEARD, ONE_TEXT, POSTGRES, SQLITE, Database, a_clinic, expect, read, visits
from benchmarks.measure import Laps, Line
from drip.app import App, Limits
from drip.flows import carry, send
from drip.flows.enrol import apply_news
from drip.flows.send import send_batch
from drip.flows.take_in import take_in
from drip.store import outgoing
from tests.world import World, at

GOALS = {SQLITE: 4_000, POSTGRES: 5_000}

PHASES: dict[str, tuple[Any, str]] = {
    "claim": (outgoing, "claim"),
    "prepare": (send, "prepare"),
    "gate": (send, "pass_gate"),
    "hand over": (carry.Carrier, "carry"),
    "record": (send, "record"),
}


def run(databases: list[Database], *, quick: bool) -> Iterator[Line]:
    """Everything that is due, batch after batch; then how many statements a batch takes."""
    patients = 1_000 if quick else 20_000
    for database in databases:
        with a_clinic(database, ONE_TEXT) as world:
            _all_due(world, patients)
            yield from _send(world, database, patients)


def _all_due(world: World, patients: int) -> None:
    take_in(world.app, read(world.app, visits(0, patients)), at(HEARD))
    apply_news(world.app, at(HEARD))


def _send(world: World, database: Database, patients: int) -> Iterator[Line]:
    now, few, batch = at(DUE), 50, world.app.limits.batch
    statements = _statements(world.app, few, now)
    expect(_statements(world.app, 2 * few, now), statements)  # however large the batch
    laps, phases, batches = Laps(), Counter[str](), (patients - 3 * few) // batch
    with _phases_timed(phases):
        for _ in range(batches):
            with laps.lap():
                sent = send_batch(world.app, now)
            expect(sent.counts["accepted"] if sent else 0, batch)
    yield laps.line("texts sent", database.name, batch, "messages/s", GOALS[database.name])
    yield Line(what="  statements", database=database.name, measured=statements, unit="a batch")
    for phase in PHASES:
        note = f"{phases[phase] / sum(laps.walls):.0%} of a batch"
        cost = phases[phase] / batches * 1000
        yield Line(what=f"  {phase}", database=database.name, measured=cost, unit=f"ms, batch of {batch}", note=note)


@contextmanager
def _phases_timed(spent: Counter[str]) -> Iterator[None]:
    with ExitStack() as stack:
        for phase, (module, name) in PHASES.items():
            original = getattr(module, name)
            setattr(module, name, _timed(original, phase, spent))
            stack.callback(setattr, module, name, original)
        yield


def _timed(call: Callable[..., Any], phase: str, spent: Counter[str]) -> Callable[..., Any]:
    def timed(*args: Any, **named: Any) -> Any:
        start = perf_counter()
        try:
            return call(*args, **named)
        finally:
            spent[phase] += perf_counter() - start  # type: ignore[assignment]

    return timed


def _statements(app: App, size: int, now: datetime) -> int:
    """How many statements a batch of that size takes."""
    seen = 0

    def count(*_: Any) -> None:
        nonlocal seen
        seen += 1

    event.listen(app.store.engine, "before_cursor_execute", count)
    try:
        send_batch(replace(app, limits=Limits(batch=size)), now)
    finally:
        event.remove(app.store.engine, "before_cursor_execute", count)
    return seen
