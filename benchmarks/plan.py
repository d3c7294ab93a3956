"""News of patients -> enrolments and twelve planned messages each: taken in, decided, stored; then moved by a week."""

from collections.abc import Iterator
from dataclasses import replace

from benchmarks.clinic import HEARD, TWELVE, Database, a_clinic, bookings, read, visits
from benchmarks.measure import MICROSECONDS, Laps, Line
from drip.core.clinic import hours_for
from drip.core.plan import Basis, Planned, changes
from drip.flows.enrol import apply_news
from drip.flows.take_in import take_in
from drip.store.ids import new_id
from tests.world import World, at

ROUNDS = 5
MESSAGES = 12


def run(databases: list[Database], *, quick: bool) -> Iterator[Line]:
    """Planning and replanning on each database, then the planner by itself."""
    each = 100 if quick else 2_000
    for database in databases:
        yield from _plan(database, each)
        yield from _replan(database, each)
    yield from _planner(each=100 if quick else 1_000)


def _plan(database: Database, each: int) -> Iterator[Line]:
    reading, taking, planning = Laps(), Laps(), Laps()
    with a_clinic(database, TWELVE) as world:
        for number in range(ROUNDS):
            told = visits(number * each, each)
            with reading.lap():
                parsed = read(world.app, told)
            with taking.lap():
                take_in(world.app, parsed, at(HEARD))
            with planning.lap():
                news = apply_news(world.app, at(HEARD))
            _expect(news.planned, each * MESSAGES)
    yield _line("events read", database, reading, each, "events/s")
    yield _line("events taken in", database, taking, each, "events/s")
    yield _line("enrolments planned", database, planning, each, "enrolments/s")
    yield _line("message rows planned", database, planning, each * MESSAGES, "rows/s", goal=20_000)


def _replan(database: Database, each: int) -> Iterator[Line]:
    """Visits that are booked, then moved by a week: every row of theirs moves."""
    moving = Laps()
    with a_clinic(database, TWELVE) as world:
        for number in range(ROUNDS):
            _hear(world, bookings(number * each, each, "2026-06-16 10:00", "booked"))
            apply_news(world.app, at(HEARD))
        for number in range(ROUNDS):
            _hear(world, bookings(number * each, each, "2026-06-23 10:00", "rescheduled"))
            with moving.lap():
                news = apply_news(world.app, at(HEARD))
            _expect(news.events, each)
    yield _line("message rows moved", database, moving, each * MESSAGES, "rows/s", goal=20_000)


def _hear(world: World, told: bytes) -> None:
    take_in(world.app, read(world.app, told), at(HEARD))


def _planner(each: int) -> Iterator[Line]:
    """core.plan alone: for a new enrolment, and for one whose rows are all there already."""
    basis, stored = _basis()
    for what, rows in (("planner: a new enrolment", ()), ("planner: nothing to change", stored)):
        laps = Laps()
        for _ in range(ROUNDS):
            with laps.lap():
                for _ in range(each):
                    changes(basis, rows, at(HEARD))
        cost = MICROSECONDS / laps.rate(each * MESSAGES)
        yield Line(what=what, database="-", measured=cost, unit="us/message", goal=30, less_is_better=True)


def _basis() -> tuple[Basis, tuple[Planned, ...]]:
    from drip.content.sequence_file import load_sequence
    from tests.world import a_clinic as the_clinic

    sequence, findings = load_sequence("twelve.yaml", TWELVE.encode())
    if sequence is None:
        raise ValueError(findings)
    hours = hours_for(sequence, the_clinic().sites[0], None)
    basis = Basis(sequence=sequence, version="1", anchor=at("2026-06-11 10:00"), hours=hours)
    new = changes(basis, (), at(HEARD)).new
    same = ("step", "occurrence", "slot", "channel", "revision", "state", "reason", "planned_for")
    rows = (Planned(id=new_id(), version="1", **{name: getattr(one, name) for name in same}) for one in new)
    return replace(basis), tuple(rows)


def _line(what: str, database: Database, laps: Laps, each: int, unit: str, goal: float | None = None) -> Line:
    return Line(
        what=what, database=database.name, measured=laps.rate(each), unit=unit, goal=goal, note=laps.cpu(each)
    )  # fmt: skip


def _expect(found: int, expected: int) -> None:
    if found != expected:
        raise RuntimeError(f"{found} instead of {expected}: this did not measure what it says")
