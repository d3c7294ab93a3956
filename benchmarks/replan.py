"""Visits that move by a week -> every message row of theirs moves."""

from collections.abc import Iterator

from benchmarks.clinic import HEARD, TWELVE, Database, a_clinic, bookings, expect, read
from benchmarks.measure import Laps, Line
from benchmarks.plan import GOAL, MESSAGES, ROUNDS
from drip.flows.enrol import apply_news
from drip.flows.take_in import take_in
from tests.world import World, at

BOOKED_FOR, MOVED_TO = "2026-06-16", "2026-06-23"


def run(databases: list[Database], *, quick: bool) -> Iterator[Line]:
    """10,000 visits in five rounds."""
    each = 100 if quick else 2_000
    for database in databases:
        moving = Laps()
        with a_clinic(database, TWELVE) as world:
            for number in range(ROUNDS):
                _hear(world, bookings(number * each, each, BOOKED_FOR, "booked"))
                apply_news(world.app, at(HEARD))
                _hear(world, bookings(number * each, each, MOVED_TO, "rescheduled"))
                with moving.lap():
                    news = apply_news(world.app, at(HEARD))
                expect(news.events, each)
            first = min(one.planned_for for one in world.messages())
            expect(first >= at(f"{MOVED_TO} 00:00"), True)
        yield moving.line("message rows moved", database.name, each * MESSAGES, "rows/s", GOAL)


def _hear(world: World, told: bytes) -> None:
    take_in(world.app, read(world.app, told), at(HEARD))
