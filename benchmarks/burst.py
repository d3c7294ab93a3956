"""50,000 signed bookings posted at once to a real `drip serve`, while a real `drip worker` has messages to send.

`python -m benchmarks.burst [--events N] [--each N]`; `python -m benchmarks burst` does it with one event a call, and
with lists of a hundred. On PostgreSQL, every part in a process of its own on this machine: the poster, the web, the
worker and the database share its cores.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from time import perf_counter, sleep
from typing import Any

from sqlalchemy import text

from benchmarks.clinic import POSTGRES, TWELVE, Database, a_clinic, expect, read, visits
from benchmarks.measure import Line, row
from benchmarks.processes import ROOT, listening, running, settings, until
from drip.clock import now as real_now
from drip.flows.enrol import apply_news
from drip.flows.take_in import take_in
from tests.databases import find_postgres
from tests.world import CLINIC, World

EVENTS, QUICK = 50_000, 1_000
LISTED = 100
CONNECTIONS = 100
EACH_SECOND = 20
"""Texts that become due, from before the burst until after it."""

STORED_WITHIN, ENROLLED_WITHIN, RATE, SLOWEST = 60, 180, 1_000, 200
"""Goals: seconds, seconds, events a second, and milliseconds at the 99th percentile."""

PATIENCE = 900
SECRET = "a-secret-for-the-benchmark"  # noqa: S105 - of a database that is dropped

AT_ALL_HOURS = CLINIC.replace("senders:", "window: any\nsenders:")

DUE_SOON = """
sequence: soon
title: A text while bookings come in
purpose: service
kind: service
enrol: {on: appointment.attended}
anchor: appointment
steps:
  - {id: text, after: 3h, sms: text}
review: {author: A. Writer, approved_by: B. Reader, review_due: 2037-01-01}
"""

BOOKED = TWELVE.replace("[appointment.attended, appointment.booked]", "appointment.booked")


def run(databases: list[Database], *, quick: bool) -> Iterator[Line]:
    """The burst on PostgreSQL."""
    for database in databases:
        if database.name == POSTGRES:
            for each in (1, LISTED):
                yield from burst(database, QUICK if quick else EVENTS, each)


def burst(database: Database, events: int, each: int) -> Iterator[Line]:
    """Post, watch until all are enrolled, say how it went."""
    with a_clinic(database, BOOKED, DUE_SOON, clinic=AT_ALL_HOURS) as world, ExitStack() as stack:
        lasting = 60 + events // 200
        make_due(world, EACH_SECOND * lasting)
        home = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        (home / "clinic.yaml").write_text(AT_ALL_HOURS)
        told = settings(database, home, DRIP_BOOKING_WEBHOOK_SECRETS=SECRET)
        port = stack.enter_context(listening(home, told))
        log = stack.enter_context(running(home, told, "worker"))
        until(lambda: _is_ready(world), 60, log)
        watch = Watch(world)
        posting = stack.enter_context(_posting(port, events, each))
        while posting.poll() is None or watch.enrolled < events:
            watch.look()
            if watch.seconds > PATIENCE:
                raise RuntimeError(f"{watch.enrolled} of {events} enrolled after {PATIENCE} s")
            sleep(1)
        watch.look()
        posted = json.loads(posting.stdout.read()) if posting.stdout else {}
    expect(watch.stored, events)
    yield from _lines(events, each, posted, watch)


def _lines(events: int, each: int, posted: Mapping[str, Any], watch: "Watch") -> Iterator[Line]:
    def line(what: str, measured: float, unit: str, goal: float | None = None, **more: Any) -> Line:
        return Line(what=what, database=POSTGRES, measured=measured, unit=unit, goal=goal, **more)

    answers = ", ".join(f"{count} x {status}" for status, count in posted["answers"].items())
    note = f"{CONNECTIONS} connections; {answers}; load {os.getloadavg()[0]:.1f}"
    how = "one a call" if each == 1 else f"{each} a call"
    yield line(f"bookings posted, {how}", events / posted["seconds"], "events/s", RATE, note=note)
    share = EVENTS / events
    for what, seconds, goal in (
        ("stored", posted["seconds"], STORED_WITHIN),
        ("enrolled", watch.done, ENROLLED_WITHIN),
    ):
        of = "" if events == EVENTS else f"{events:,} events"
        yield line(f"  all {what} within", seconds, "s", goal / share, less_is_better=True, note=of)
    yield line("  an answer, p50", posted["p50"] * 1000, "ms")
    yield line("  an answer, p99", posted["p99"] * 1000, "ms", SLOWEST, less_is_better=True)
    yield line("texts sent meanwhile", watch.sent, "texts", note=f"of {watch.due} that were due")
    yield line("  furthest behind", watch.furthest_behind, "s")


@dataclass(slots=True)
class Watch:
    """What the database says, second by second."""

    world: World
    began: float = field(default_factory=perf_counter)
    started_at: datetime = field(default_factory=real_now)
    stored: int = 0
    enrolled: int = 0
    done: float = 0
    sent: int = 0
    due: int = 0
    furthest_behind: float = 0

    @property
    def seconds(self) -> float:
        """Since it began."""
        return perf_counter() - self.began

    def look(self) -> None:
        """Count."""
        before = self.enrolled
        self.stored = self._count("events WHERE source = 'generic' AND kind = 'appointment.booked'")
        self.enrolled = self._count("enrolments WHERE sequence = 'twelve'")
        if self.enrolled != before:
            self.done = self.seconds
        is_due = "messages WHERE sequence = 'soon' AND planned_for BETWEEN :start AND :now"
        self.due = self._count(is_due)
        self.sent = self._count(f"{is_due} AND state = 'accepted'")
        self.furthest_behind = max(self.furthest_behind, (self.due - self.sent) / EACH_SECOND)

    def _count(self, what: str) -> int:
        with self.world.store.read() as tx:
            query = text(f"SELECT count(*) FROM {what}")  # noqa: S608 - made of constants
            times = {"start": self.started_at, "now": real_now()} if ":start" in what else {}
            return int(tx.connection.execute(query, times).scalar_one())


def make_due(world: World, number: int) -> None:
    """Patients whose one text becomes due a little later each, from now on."""
    now = real_now()
    told = json.loads(visits(10_000_000, number))
    for n, event in enumerate(told):
        start = (now - timedelta(hours=3) + timedelta(seconds=n / EACH_SECOND)).isoformat()
        event["occurred_at"] = event["appointment"]["starts_at"] = start
    take_in(world.app, read(world.app, json.dumps(told).encode()), now)
    apply_news(world.app, now)


@contextmanager
def _posting(port: int, events: int, each: int) -> Iterator["subprocess.Popen[str]"]:
    words = [sys.executable, "-m", "benchmarks.poster", *map(str, (port, events, each, CONNECTIONS)), SECRET]
    with subprocess.Popen(words, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603 - our own program
        try:
            yield process
        finally:
            process.kill()


def _is_ready(world: World) -> bool:
    """The worker has ticked."""
    with world.store.read() as tx:
        return bool(tx.connection.execute(text("SELECT count(*) FROM heartbeats WHERE name = 'worker'")).scalar())


def main() -> None:
    """As a program."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.burst", description=__doc__)
    parser.add_argument("--events", type=int, default=EVENTS)
    parser.add_argument("--each", type=int, default=1, help="events in one call")
    asked = parser.parse_args()
    postgres = find_postgres()
    if postgres is None:
        sys.exit("No PostgreSQL was found.")
    try:
        for line in burst(Database(POSTGRES, postgres), asked.events, asked.each):
            sys.stdout.write(row(line))
    finally:
        postgres.drop()


if __name__ == "__main__":
    main()
