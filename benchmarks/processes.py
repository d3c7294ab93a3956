"""Our own programs, each as a process of its own on this machine."""

import base64
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from time import perf_counter, sleep

from benchmarks.clinic import Database
from tests.world import KEY

ROOT = Path(__file__).parent.parent


def settings(database: Database, home: Path, **more: str) -> dict[str, str]:
    """What our programs are started with, in a folder of their own; nothing that they hand over leaves the house."""
    key = f"{KEY[0]}:{base64.urlsafe_b64encode(KEY[1]).decode()}"
    url = database.postgres.url if database.postgres else ""
    return {
        **os.environ,  # noqa: TID251 - what a process is started with
        "PYTHONPATH": str(ROOT),
        "DRIP_HOME": str(home),
        "DRIP_DATABASE_URL": url,
        "DRIP_ENCRYPTION_KEYS": key,
        "DRIP_EMAIL_PROVIDER": "noop",
        "DRIP_SMS_PROVIDER": "noop",
        **more,
    }


@contextmanager
def running(home: Path, told: Mapping[str, str], *words: str) -> Iterator[Path]:
    """One of our programs, while this lasts. What it says is in the file."""
    command, log = [sys.executable, "-m", "drip", *words], home / f"{words[0]}.log"
    with log.open("w") as said:
        process = subprocess.Popen(command, cwd=home, env=dict(told), stderr=said)  # noqa: S603 - our own program
        try:
            yield log
        finally:
            process.terminate()
            process.wait(60)


@contextmanager
def listening(home: Path, told: Mapping[str, str]) -> Iterator[int]:
    """`drip serve`, while this lasts: the port it has."""
    with running(home, told, "serve", "--port", "0") as log:
        until(lambda: re.search(r"port (\d+)", log.read_text()), 60, log)
        yield int(re.findall(r"port (\d+)", log.read_text())[0])


def until(is_so: Callable[[], object], longest: float, log: Path) -> None:
    """Wait until it is so; RuntimeError with the end of the log when it takes longer."""
    deadline = perf_counter() + longest
    while not is_so():
        if perf_counter() > deadline:
            raise RuntimeError(f"{log.stem} did not start:\n{log.read_text()[-1000:]}")
        sleep(0.2)
