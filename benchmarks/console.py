"""Every page of the console, with 100,000 patients and 2,000,000 messages in PostgreSQL, while a worker sends.

`python -m benchmarks.console [--patients N] [--queries FILE]`. The web and the worker are processes of their own; all
share this machine. `--queries` writes down what each page asks the database, and how long that took.
"""

import argparse
import http.client
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from time import perf_counter

from sqlalchemy import text

from benchmarks import large_clinic
from benchmarks.burst import EACH_SECOND, make_due
from benchmarks.clinic import POSTGRES, Database
from benchmarks.console_queries import write_down
from benchmarks.large_clinic import Lived
from benchmarks.measure import Laps, Line, row
from benchmarks.processes import listening, running, settings, until
from drip.clock import now as real_now
from drip.flows.switches import pause
from drip.store.audit import COMMAND
from drip.store.versions import EVERYTHING
from drip.web.console.routes import console
from tests.databases import find_postgres
from tests.world import World

PATIENTS, QUICK = 100_000, 400
LOOKS, QUICK_LOOKS = 40, 5
SLOWEST = 300
"""Goal: milliseconds at the 95th percentile, for each page."""

NOT_ALONE = {
    "/console/preview/{id}",
    "/console/drafts/{id}/review/email",
    "/console/sequences/{id}/versions/email",
    "/console/resume",
    "/console/sequences/{id}/resume",
    "/console/{rest:path}",
}
"""Frames within another page, and pages that are there only while something is paused."""

AS_ONE_SITE = tuple(f"/console{page}" for page in ("", "/tasks", "/outgoing", "/replies", "/failed", "/paused"))
"""Looked at by somebody of one site as well: whose patients these are must be found out for each."""

WARM = 2
"""Looks that are not counted: the first page of a process reads its templates and its sequences."""


@dataclass(frozen=True, slots=True)
class Door:
    """Where the console is, as somebody who has signed in."""

    port: int
    token: str

    def look(self, path: str) -> float:
        """Seconds until the page is there, whole. RuntimeError if it is not a page."""
        began = perf_counter()
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            connection.request("GET", path, headers={"Cookie": f"drip={self.token}"})
            answer = connection.getresponse()
            answer.read()
        finally:
            connection.close()
        if answer.status != 200:
            raise RuntimeError(f"{path} answered {answer.status}")
        return perf_counter() - began


def run(databases: list[Database], *, quick: bool) -> Iterator[Line]:
    """All pages, on PostgreSQL."""
    for database in databases:
        if database.name == POSTGRES:
            yield from measured(database, QUICK if quick else PATIENTS, QUICK_LOOKS if quick else LOOKS)


def measured(database: Database, patients: int, looks: int, queries: Path | None = None) -> Iterator[Line]:
    """Fill a clinic, start its web and its worker, look at every page."""
    with large_clinic.lived_in(database, patients) as lived, ExitStack() as stack:
        pages = addresses(lived)
        if queries:
            write_down(queries, lived, pages)
        home = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        (home / "clinic.yaml").write_text(large_clinic.CLINIC)
        told = settings(database, home)
        make_due(lived.world, EACH_SECOND * (60 + len(pages) * looks // 8))
        door = Door(stack.enter_context(listening(home, told)), lived.token)
        log = stack.enter_context(running(home, told, "worker"))
        until(lambda: _sent(lived.world) > 0, 120, log)
        began, sent = perf_counter(), _sent(lived.world)
        for route, path in pages.items():
            yield _line(route, _laps(door, path, looks))
        limited = replace(door, token=lived.site_token)
        for path in AS_ONE_SITE:
            yield _line(f"{path} (one site)", _laps(limited, path, looks))
        sent, seconds = _sent(lived.world) - sent, perf_counter() - began
        pause(lived.world.app, EVERYTHING, "measured", real_now(), who=COMMAND)
        yield _line("/console/resume", _laps(door, "/console/resume", looks))
    note = f"{patients:,} patients, {lived.messages:,} messages"
    yield Line(what="texts sent meanwhile", database=POSTGRES, measured=sent / seconds, unit="texts/s", note=note)


def addresses(lived: Lived) -> Mapping[str, str]:
    """An address for every page that there is. RuntimeError names a page that nobody thought of."""
    door = console(lived.world.app, real_now)
    found: dict[str, str] = {}
    for (method, route), needs in sorted(door.permissions.items()):
        if method != "GET" or needs is None or route in NOT_ALONE:
            continue
        if "{" in route and route not in lived.examples:
            raise RuntimeError(f"{route} is not measured: give benchmarks/large_clinic.py an example of it")
        found[route] = lived.examples.get(route, route)
    return {**found, **lived.more}


def _laps(door: Door, path: str, looks: int) -> Laps:
    laps = Laps()
    for _ in range(WARM):
        door.look(path)
    for _ in range(looks):
        laps.walls.append(door.look(path))
    return laps


def _line(route: str, laps: Laps) -> Line:
    note = f"p50 {laps.milliseconds(50):.0f} ms"
    p95 = laps.milliseconds(95)
    return Line(
        what=route, database=POSTGRES, measured=p95, unit="ms p95", goal=SLOWEST, less_is_better=True, note=note
    )


def _sent(world: World) -> int:
    with world.store.read() as tx:
        query = text("SELECT count(*) FROM messages WHERE sequence = 'soon' AND accepted_at IS NOT NULL")
        return int(tx.connection.execute(query).scalar_one())


def main() -> None:
    """As a program."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.console", description=__doc__)
    parser.add_argument("--patients", type=int, default=PATIENTS)
    parser.add_argument("--looks", type=int, default=LOOKS, help="how often at each page")
    parser.add_argument("--queries", type=Path, help="where to write down what each page asks")
    asked = parser.parse_args()
    postgres = find_postgres()
    if postgres is None:
        sys.exit("No PostgreSQL was found.")
    try:
        for line in measured(Database(POSTGRES, postgres), asked.patients, asked.looks, asked.queries):
            sys.stdout.write(row(line))
            sys.stdout.flush()
    finally:
        postgres.drop()


if __name__ == "__main__":
    main()
