"""A clinic in full: database, web, sandbox, and workers in processes of their own that can be hurt."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import update

from drip import clock
from drip.sandbox.account import Account
from drip.sandbox.running import Sandbox
from drip.store.database import IDLE_SECONDS
from drip.store.schema import messages
from drip.web.app import make_app
from drip.web.server import listen, served
from tests.faults.victim import an_app
from tests.world import CLINIC, Sink, World, a_visit, at

START, TOLD_AT, FIRST_DUE = "2026-06-11 10:00", "2026-06-11 10:31", "2026-06-11 11:00"
LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)
LONGEST_LIFE = 300
"""Seconds after which a worker is ended from outside, so that no test waits for ever."""
AUTH_TOKEN = "an-auth-token-for-tests"
TOLD = """
sequence: told
title: After your visit
purpose: safety
kind: safety
enrol: {on: appointment.attended}
anchor: appointment
window: any
steps:
  - {id: both, after: 1h, email: both, sms: both, expires: 30d}
review: {author: A. Writer, approved_by: B. Reader, review_due: 2037-01-01}
"""


class Victims:
    """The process that forks workers. One for a whole run."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.victim"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            cwd=Path(__file__).parents[2],
        )
        self._lock = threading.Lock()

    def ask(self, do: str, **order: Any) -> dict[str, int]:
        """One order, one answer."""
        with self._lock:
            assert self._process.stdin
            assert self._process.stdout
            self._process.stdin.write(json.dumps({"do": do, **order}) + "\n")
            self._process.stdin.flush()
            answer: dict[str, int] = json.loads(self._process.stdout.readline())
        return answer

    def close(self) -> None:
        """No more workers."""
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.close()
        self._process.wait(10)
        self._process.stdout.close()


@dataclass
class Deployment:
    """One clinic on an empty database."""

    url: str
    sandbox: Sandbox
    victims: Victims
    world: World
    order: dict[str, Any]
    now: datetime
    started: datetime = field(init=False)
    kills: int = 0
    at_work: set[int] = field(default_factory=set)

    @property
    def public_url(self) -> str:
        """Where the web answers."""
        return str(self.order["public_url"])

    def tick(self, failpoint: str = "", nth: int = 1, how: str = "kill") -> dict[str, int]:
        """One beat of a worker in a process of its own; hurt at the n-th time that a place is reached."""
        return self.end(self.begin(failpoint, nth, how))

    def begin(self, failpoint: str = "", nth: int = 1, how: str = "kill") -> int:
        """Start a worker, for one beat, and do not wait for it."""
        return self._start(now=self.now.isoformat(), failpoint=failpoint, nth=nth, how=how, life=LONGEST_LIFE)

    def stop_at(self, failpoint: str, nth: int = 1) -> int:
        """Start a worker and wait until it stands still at a place."""
        pid = self.begin(failpoint, nth, "stop")
        if not self.victims.ask("stopped", pid=pid)["stopped"]:
            self.at_work.discard(pid)
            raise AssertionError(f"no worker came to {failpoint}")
        return pid

    def run(self, failpoint: str = "", nth: int = 1, how: str = "kill", life: int = LONGEST_LIFE) -> int:
        """Start a worker that beats, on the real clock, until a signal tells it to stop."""
        return self._start(now="", failpoint=failpoint, nth=nth, how=how, life=life)

    def end(self, pid: int, number: int = 0) -> dict[str, int]:
        """How a worker came to its end, after this signal if there is one."""
        if number:
            os.kill(pid, number)
        end = self.victims.ask("end", pid=pid)
        self.at_work.discard(pid)
        self.kills += end["signal"] == signal.SIGKILL
        return end

    def end_all(self) -> None:
        """Nobody is left, however they stand."""
        for pid in tuple(self.at_work):
            self.end(pid, signal.SIGKILL)

    def _start(self, **how: Any) -> int:
        pid = self.victims.ask("start", **self.order, **how)["pid"]
        if pid:  # 0 is nobody
            self.at_work.add(pid)
        return pid

    def wait_until(self, is_so: Callable[[], bool], seconds: float = 20) -> None:
        """Wait for what a worker at work brings about."""
        give_up_at = clock.running() + seconds
        while not is_so():
            assert clock.running() < give_up_at, "it did not come about"
            time.sleep(0.01)

    def lose_its_disk(self) -> None:
        """What workers noted on their own machine is gone, as after a crash of it."""
        for noted in Path(self.order["spool"]).glob("calls-*"):
            noted.unlink()

    def later(self, minutes: float) -> None:
        """Time passes: leases run out in as much of it, and callbacks arrive."""
        self.sandbox.settle()
        self.now += timedelta(minutes=minutes)
        if minutes >= 2:
            with self.world.store.write() as tx:
                held = update(messages).where(messages.c.lease_until.is_not(None))
                tx.connection.execute(held.values(lease_until=LONG_AGO))

    def until(self, moment: str) -> None:
        """The clock is at this moment, from which recovery is counted."""
        self.now = self.started = at(moment)

    def recover(self, rounds: int = 12) -> float:
        """Let undisturbed workers run until nothing moves any more. Answers how many minutes that took."""
        # Mails that nobody confirms are given a day, and a tick finds out about so many at once.
        a_day_on = [25 * 60, *[11] * 40]
        for minutes in [*[11] * (rounds - 2), *a_day_on, *a_day_on]:
            self.later(minutes)
            self.tick()
            if self.is_quiet():
                break
        return (self.now - self.started).total_seconds() / 60

    def is_quiet(self) -> bool:
        """Whether nothing waits to be sent or found out about."""
        self.sandbox.settle()
        moving = {"planned", "claimed", "in_flight", "unknown"}
        states = [one.state for one in self.world.messages()]
        return bool(states) and moving.isdisjoint(states)


@contextmanager
def deployed(
    url: str,
    victims: Victims,
    spool: Path,
    *,
    clinic: str = CLINIC,
    visited_at: str = START,
    patients: int = 5,
    deadline: float = 2.0,
    concurrency: int = 8,
    idle: int = IDLE_SECONDS,
    **script: Any,
) -> Iterator[Deployment]:
    """A clinic whose patients are about to hear from it, twice each, an hour after their visit.

    `idle`: seconds for which a worker may stand still in a transaction on PostgreSQL.
    """
    now = at(visited_at)
    with ExitStack() as stack:
        listening = listen("127.0.0.1", 0)
        public_url = f"http://127.0.0.1:{listening.getsockname()[1]}"
        account = Account(auth_token=AUTH_TOKEN, events_url=f"{public_url}/webhooks/sendgrid/events")
        sandbox = stack.enter_context(Sandbox.running(account=account, script=script))
        lines = dict(line.split("=", 1) for line in account.env_lines(sandbox.url))
        order = {
            "url": url,
            "clinic": clinic,
            "told": lines,
            "public_url": public_url,
            "deadline": deadline,
            "concurrency": concurrency,
            "spool": str(spool),
            "idle": idle,
        }
        app = an_app(order)
        stack.callback(app.close)
        world = World(app=app, sink=Sink(), sources={})  # nothing goes by that sink
        deployment = Deployment(url=url, sandbox=sandbox, victims=victims, world=world, order=order, now=now)
        stack.callback(deployment.end_all)
        web = make_app(app, now=lambda: deployment.now)
        stack.enter_context(served(web, listening, threading.Event()))
        world.publish(TOLD)
        for number in range(patients):
            told = {"patient": _patient(number), "appointment": {"ref": f"a-{number}"}}
            world.tell(a_visit(visited_at, event_id=f"visit-{number}", **told))
        deployment.now = now + (at(TOLD_AT) - at(START))
        yield deployment


def _patient(number: int) -> dict[str, str]:
    line = number if number < 100 else number + 300  # in between are the numbers that mean something to the sandbox
    return {"ref": f"p-{number}", "email": f"p{number}@example.org", "phone": f"+447700900{line:03d}"}
