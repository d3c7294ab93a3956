"""The heartbeat: APScheduler ticks call the flows; nothing else lives here."""

import logging
import signal
import threading
from datetime import timedelta
from types import FrameType

from apscheduler.schedulers.background import BackgroundScheduler

from drip.app import App
from drip.clock import now, running
from drip.flows.road import next_wake
from drip.flows.tick import tick
from drip.store import records

TICK_SECONDS = 20
"""The longest the worker sleeps; it wakes earlier for the next due message."""

LONGEST_TICK = 15.0
"""Seconds after which a tick ends and the next begins, with the time as it is by then."""

log = logging.getLogger("drip.worker")


def run(app: App, stop: threading.Event) -> None:
    """Tick until told to stop; then finish what is in hand and go. A second signal ends at once."""

    def beat() -> None:
        began = running()

        def enough() -> bool:
            """Told to stop, or `now` has become old: a window may have closed since."""
            return stop.is_set() or running() - began > LONGEST_TICK

        try:
            tick(app, now(), enough=enough)
        except Exception as problem:
            # The next beat tries again. By its kind only: an exception's words may be a patient's.
            log.error("a tick failed: %s", type(problem).__name__)
            return
        with app.store.write() as tx:
            records.beat(tx, ["worker"], now(), detail=app.worker)
            due = next_wake(app, tx, now())
        soon = now() + timedelta(seconds=TICK_SECONDS)
        if due and due < soon and not stop.is_set():
            scheduler.modify_job("tick", next_run_time=max(due, now()))

    scheduler = BackgroundScheduler(timezone="UTC")
    scheduler.add_job(
        beat, "interval", id="tick", seconds=TICK_SECONDS, next_run_time=now(),
        coalesce=True, max_instances=1, misfire_grace_time=None,
    )  # fmt: skip
    scheduler.start()
    log.info("worker started")
    stop.wait()
    log.info("worker stopping: finishing what is in hand")
    scheduler.shutdown(wait=True)


def stop_on_signals(stop: threading.Event) -> None:
    """SIGTERM and Ctrl-C stop gracefully; the second one does what it always does."""

    def ask(number: int, _: FrameType | None) -> None:
        signal.signal(number, signal.SIG_DFL)
        stop.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, ask)
