"""The only reader of the time."""

import time
from datetime import UTC, datetime
from functools import cache
from pathlib import Path


def now() -> datetime:
    """The present instant, UTC."""
    return datetime.now(UTC)


def running() -> float:
    """Seconds since the machine started, sleep included: for deadlines, which a changed clock must not stretch."""
    return time.clock_gettime(time.CLOCK_BOOTTIME) if hasattr(time, "CLOCK_BOOTTIME") else time.monotonic()


def order() -> int:
    """A number that grows from call to call, by the real clock: the order in which things came in."""
    return time.time_ns()


@cache
def boot() -> str:
    """Which start of this machine it runs from, as one word; empty where the system does not tell."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        return ""
