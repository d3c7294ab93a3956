"""A worker that can be hurt: one process that has imported everything, and forks a worker for each order.

Orders and answers are lines of JSON on standard input and output. A fork takes 20 ms, a new interpreter a second.
"""

import json
import os
import signal
import sys
import threading
import traceback
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from drip.app import App, Limits, Versions
from drip.clock import now as real_now
from drip.core.model import Channel
from drip.flows.tick import tick
from drip.providers.registry import Wiring, build
from drip.store import database
from drip.store.database import open_store
from drip.worker import run, stop_on_signals
from tests.databases import compile_once, remember_for
from tests.faults.failpoints import hurt
from tests.world import KEY, Sink, a_clinic

VERSIONS = Versions()
"""Compiled once for all workers: versions never change, and every clinic here publishes the same."""


def an_app(order: dict[str, Any]) -> App:
    """A worker's app, as an order describes it: real adapters, short deadlines."""
    wiring = Wiring(
        deadline=order["deadline"],
        connections=order["concurrency"],
        public_url=order["public_url"],
        told=order["told"],
    )
    email, sms = build("sendgrid", wiring), build("twilio", wiring)
    limits = Limits(
        lease=timedelta(seconds=120),
        deadline=timedelta(seconds=order["deadline"]),
        settle=timedelta(minutes=10),
        concurrency=order["concurrency"],
    )
    return App(
        store=open_store(order["url"], [KEY], real_now),
        clinic=a_clinic(order["clinic"]),
        providers={Channel.EMAIL: (email,), Channel.SMS: (sms,)},
        versions=VERSIONS,
        limits=limits,
        public_url=order["public_url"],
        spool=Path(order["spool"]),
        worker=f"victim-{os.getpid()}",
    )


def work(order: dict[str, Any]) -> None:
    """One tick, hurt as ordered; or, where no time is given, tick after tick on the real clock until told to stop."""
    database.IDLE_SECONDS = order["idle"]
    app = an_app(order)
    if order["failpoint"]:
        hurt(app.store.engine, order["failpoint"], order["nth"], order["how"])
    if order["now"]:
        tick(app, datetime.fromisoformat(order["now"]))
    else:
        stop = threading.Event()
        stop_on_signals(stop)
        run(app, stop)
    app.close()


def start(order: dict[str, Any]) -> int:
    """A new worker, by its process id."""
    if not VERSIONS._kept:
        _warm_up(order)
    pid = os.fork()
    if pid:
        return pid
    signal.alarm(order["life"])
    try:
        work(order)
    except BaseException:
        traceback.print_exc()
        os._exit(1)
    os._exit(0)


def _warm_up(order: dict[str, Any]) -> None:
    """A day that nobody remembers and in which nothing is sent: what it compiles, every worker finds compiled."""
    remember_for(order["url"])
    app, sink = an_app(order), Sink()
    with app.store.read() as tx:
        app.versions.live(tx)
    begins = datetime.fromisoformat(order["now"]) if order["now"] else real_now()
    with app.store.rehearse() as store:
        rehearsed = replace(app, store=store, providers={channel: (sink,) for channel in Channel}, spool=None)
        for hours in (0, 1, 2):
            tick(rehearsed, begins + timedelta(hours=hours))
    app.close()


def ended(pid: int) -> dict[str, int]:
    """How a worker came to its end."""
    _, status = os.waitpid(pid, 0)
    return {"signal": os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0, "code": os.waitstatus_to_exitcode(status)}


def stopped(pid: int) -> dict[str, int]:
    """Wait until a worker stands still (or ended)."""
    _, status = os.waitpid(pid, os.WUNTRACED)
    return {"stopped": int(os.WIFSTOPPED(status))}


def main() -> None:
    """Take orders until there are no more."""
    compile_once()
    for line in sys.stdin:
        order = json.loads(line)
        answers = {"start": lambda o: {"pid": start(o)}, "end": lambda o: ended(o["pid"])}
        answers["stopped"] = lambda o: stopped(o["pid"])
        sys.stdout.write(json.dumps(answers[order.pop("do")](order)) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
