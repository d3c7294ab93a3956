"""News of patients -> enrolments with twelve planned messages each: read, taken in, decided, stored."""

from collections.abc import Iterator

from benchmarks.clinic import HEARD, TWELVE, Database, a_clinic, expect, read, visits
from benchmarks.measure import Laps, Line
from drip.flows.enrol import apply_news
from drip.flows.take_in import take_in
from tests.world import at

ROUNDS = 5
MESSAGES = 12
GOAL = 20_000


def run(databases: list[Database], *, quick: bool) -> Iterator[Line]:
    """10,000 patients in five rounds."""
    each = 100 if quick else 2_000
    for database in databases:
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
                expect(news.planned, each * MESSAGES)
        yield reading.line("events read", database.name, each, "events/s")
        yield taking.line("events taken in", database.name, each, "events/s")
        yield planning.line("enrolments planned", database.name, each, "enrolments/s")
        yield planning.line("message rows planned", database.name, each * MESSAGES, "rows/s", GOAL)
