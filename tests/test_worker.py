"""The worker beats until it is told to stop, wakes for the next due message, and leaves in good order."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from drip import worker
from drip.bookings.source import Page, Wanted
from drip.cli.running import refuse_second_host
from drip.cli.show import Complaint
from drip.clock import now
from drip.flows.poll import note_wanted
from drip.store import records
from tests.flows.test_poll import Told
from tests.world import World, an_event

ROOT = Path(__file__).parent.parent
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(ROOT)}  # noqa: TID251 - what a process is started with

SOON = """
sequence: soon
title: At once
purpose: safety
kind: safety
enrol: {on: appointment.attended}
anchor: enrolled
window: any
steps:
  - {id: hello, after: 0m, email: hello}
review: {author: A. Writer, approved_by: B. Reader, review_due: 2037-01-01}
"""


def test_what_comes_in_between_two_ticks_is_taken_up_within_seconds(clinic: World) -> None:
    clinic.publish(SOON)
    stop = threading.Event()
    thread = threading.Thread(target=worker.run, args=(clinic.app, stop))
    thread.start()
    _wait(lambda: "worker" in _beats(clinic))
    moment = datetime.now(UTC) - timedelta(minutes=1)  # noqa: TID251 - the worker runs on the real clock
    clinic.tell(an_event("appointment.attended", moment.isoformat()))
    _wait(lambda: bool(clinic.sink.letters))
    stop.set()
    thread.join(10)
    assert len(clinic.sink.letters) == 1


def test_reports_are_counted_while_the_worker_runs(clinic: World) -> None:
    stop = threading.Event()
    thread = threading.Thread(target=worker.run, args=(clinic.app, stop))
    thread.start()
    _wait(lambda: "tally" in _beats(clinic))
    stop.set()
    thread.join(10)


def test_a_booking_system_that_hangs_holds_up_neither_another_nor_what_is_due(clinic: World) -> None:
    clinic.publish(SOON)
    moment = datetime.now(UTC) - timedelta(minutes=1)  # noqa: TID251 - the worker runs on the real clock
    let_go, stop = threading.Event(), threading.Event()
    hangs = Told(name="hangs", pages=[Page(outcomes=[])], before_page=lambda: _hang(let_go))
    event = an_event("appointment.attended", moment.isoformat())
    well = Told(name="well", pages=[Page(outcomes=list(clinic.read(event)))])
    clinic.app = replace(clinic.app, sources={"hangs": hangs, "well": well})
    thread = threading.Thread(target=worker.run, args=(clinic.app, stop))
    thread.start()
    _wait(lambda: bool(clinic.sink.letters))
    note_wanted(clinic.app, "well", [Wanted(key="k", kind="visit", ref="v1")], now())
    well.answers = {"v1": []}
    _wait(lambda: well.asked_for == ["v1"])
    beats = _beats(clinic)
    let_go.set()
    stop.set()
    thread.join(10)
    assert "booking:well" in beats
    assert "booking:hangs" not in beats


def _hang(until: threading.Event) -> None:
    assert until.wait(30)


def _beats(clinic: World) -> dict[str, datetime]:
    with clinic.store.read() as tx:
        return records.beats(tx)


def _wait(done: Callable[[], bool], seconds: float = worker.TICK_SECONDS / 2) -> None:
    deadline = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < deadline, f"not within {seconds} seconds"
        time.sleep(0.05)


def test_the_worker_hands_over_what_is_due_within_a_second_and_stops_when_asked(
    clinic: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    clinic.publish(SOON)
    stop = threading.Event()
    thread = threading.Thread(target=worker.run, args=(clinic.app, stop))
    moment = datetime.now(UTC) - timedelta(minutes=1)  # noqa: TID251 - the worker runs on the real clock
    clinic.tell(an_event("appointment.attended", moment.isoformat()))
    thread.start()
    deadline = time.monotonic() + 10
    while not clinic.sink.letters and time.monotonic() < deadline:
        time.sleep(0.05)
    stop.set()
    thread.join(10)
    assert not thread.is_alive()
    assert len(clinic.sink.letters) == 1
    with clinic.store.read() as tx:
        assert set(records.beats(tx)) >= {"tick", "worker"}


def test_a_second_machine_on_one_sqlite_file_is_refused(clinic: World) -> None:
    with clinic.store.write() as tx:
        records.beat(tx, ["worker"], now(), detail="other-host:12")
        is_postgres = tx.is_postgres
    if is_postgres:
        refuse_second_host(clinic.app, "this-host")
        return
    with pytest.raises(Complaint, match="need PostgreSQL"):
        refuse_second_host(clinic.app, "this-host")
    refuse_second_host(clinic.app, "other-host")


def test_a_machine_that_stopped_long_ago_holds_nobody_up(clinic: World) -> None:
    with clinic.store.write() as tx:
        records.beat(tx, ["worker"], now() - timedelta(minutes=3), detail="other-host:12")
    refuse_second_host(clinic.app, "this-host")


def test_a_worker_that_is_asked_to_stop_finishes_and_ends_well(tmp_path: Path) -> None:
    home = tmp_path / "clinic"
    drip = [sys.executable, "-m", "drip"]
    subprocess.run([*drip, "init", str(home)], check=True, capture_output=True, env=ENVIRONMENT)
    subprocess.run([*drip, "migrate"], cwd=home, check=True, capture_output=True, env=ENVIRONMENT)
    command = [sys.executable, str(ROOT / "worker.py")]
    started = subprocess.Popen(command, cwd=home, stderr=subprocess.PIPE, text=True, env=ENVIRONMENT)
    assert started.stderr is not None
    for line in started.stderr:
        if "worker started" in line:
            break
    time.sleep(0.5)
    started.send_signal(signal.SIGTERM)
    rest = started.stderr.read()
    assert started.wait(20) == 0
    assert "stopping" in rest
    started.stderr.close()
