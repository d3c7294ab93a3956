"""The heartbeat: APScheduler ticks call the flows; nothing else lives here."""

import logging
import signal
import threading
import time
from datetime import datetime, timedelta
from types import FrameType

from apscheduler.schedulers.background import BackgroundScheduler

from drip.app import App
from drip.bookings.source import Source
from drip.clock import now, running
from drip.flows import poll
from drip.flows.road import next_wake
from drip.flows.tally import EVERY, PART, tally
from drip.flows.tick import LONGEST, tick
from drip.store import fetches, records
from drip.store.inboxes import is_anything_waiting

TICK_SECONDS = 20
"""The longest the worker sleeps; it wakes earlier for the next due message."""

EAR_SECONDS = 0.2
"""How long the main thread sleeps at once."""

GLANCE_SECONDS = 1
"""How often the inboxes are glanced at between ticks: three looks at indexes that are nearly empty."""

log = logging.getLogger("drip.worker")


def run(app: App, stop: threading.Event) -> None:
    """Tick until told to stop; then finish what is in hand and go. A second signal ends at once."""
    scheduler = BackgroundScheduler(timezone="UTC", job_defaults={"coalesce": True, "misfire_grace_time": None})
    heart = _Heart(app, stop, scheduler)
    scheduler.add_job(heart.beat, "interval", id="tick", seconds=TICK_SECONDS, next_run_time=now())
    scheduler.add_job(heart.glance, "interval", id="glance", seconds=GLANCE_SECONDS)
    for source in app.sources.values():
        # Each in a thread of its own: one that is slow or away holds up neither another nor what is due.
        often = poll.EVERY.total_seconds()
        job = poll.heart_of(source.name)
        scheduler.add_job(heart.read, "interval", [source], id=job, seconds=often, next_run_time=now())
    often = EVERY.total_seconds()
    scheduler.add_job(heart.tally, "interval", id=PART, seconds=often, next_run_time=now())
    scheduler.start()
    log.info("worker started")
    wait_for(stop)
    log.info("worker stopping: finishing what is in hand")
    scheduler.shutdown(wait=True)


def wait_for(stop: threading.Event, longest: float | None = None) -> bool:
    """Wait until told to stop, at most `longest` seconds. Answers whether it was told.

    Signals are heard by the main thread only when it runs: asleep on the event itself it may never hear one that the
    system gave to another thread.
    """
    until = None if longest is None else running() + longest
    while not stop.is_set() and (until is None or running() < until):
        time.sleep(EAR_SECONDS)
    return stop.is_set()


class _Heart:
    """One tick at a time, as soon as there is something to do."""

    def __init__(self, app: App, stop: threading.Event, scheduler: BackgroundScheduler) -> None:
        self._app, self._stop, self._scheduler = app, stop, scheduler
        self._may_hurry = False
        """Not while a tick is under way, nor after one that failed: the next one comes in its own time."""

    def beat(self) -> None:
        """A tick, and when the next one is due."""
        began, self._may_hurry = running(), False

        def enough() -> bool:
            """Told to stop, or `now` has become old: a window may have closed since."""
            return self._stop.is_set() or running() - began > LONGEST

        try:
            tick(self._app, now(), enough=enough)
            with self._app.store.write() as tx:
                records.beat(tx, ["worker"], now(), detail=self._app.worker)
                due = next_wake(self._app, tx, now())
        except Exception as problem:
            # The next beat tries again. By its kind only: an exception's words may be a patient's.
            log.error("a tick failed: %s", type(problem).__name__)
            return
        if due and due < now() + timedelta(seconds=TICK_SECONDS):
            self._tick_at(max(due, now()))
        self._may_hurry = True

    def glance(self) -> None:
        """A patient's STOP or chest pain does not wait for the next tick; nor does anything else that came in."""
        if not self._may_hurry:
            return
        try:
            with self._app.store.read() as tx:
                is_waiting = is_anything_waiting(tx)
                named = fetches.due_now(tx, now()) if self._app.sources else ()
        except Exception:
            return  # the next tick will say what is wrong with the database
        for source in self._app.sources.keys() & named:
            self._run_at(poll.heart_of(source), now())
        if is_waiting:
            self._tick_at(now())

    def read(self, source: Source) -> None:
        """A turn with one booking system. What it told is applied by the next tick, which the next glance brings on."""
        try:
            poll.poll(self._app, source, now(), self._stop.is_set)
        except Exception as problem:
            log.error("%s could not be read: %s", source.name, type(problem).__name__)

    def tally(self) -> None:
        """What reports read, counted anew. Nothing that is sent waits for it."""
        try:
            tally(self._app, now())
        except Exception as problem:
            log.error("reports could not be counted: %s", type(problem).__name__)

    def _tick_at(self, at: datetime) -> None:
        self._run_at("tick", at)

    def _run_at(self, job: str, at: datetime) -> None:
        if not self._stop.is_set():
            self._scheduler.modify_job(job, next_run_time=at)


def stop_on_signals(stop: threading.Event) -> None:
    """SIGTERM and Ctrl-C stop gracefully; the second one does what it always does."""

    def ask(number: int, _: FrameType | None) -> None:
        signal.signal(number, signal.SIG_DFL)
        stop.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, ask)
