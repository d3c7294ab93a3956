"""Months in minutes: the invented patients are shared out between two processes, and their reports put together."""

from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

from drip.app import read_clinic
from drip.simulation.report import Asked, Report, together
from drip.simulation.share import START, run_share

ENOUGH_FOR_TWO = 500
"""Patients. Fewer are done before a second process has started."""


def run_simulation(
    home: Path, *, patients: int, days: int, seed: int, at_day: Callable[[int], None] | None = None
) -> Report:
    """Invented patients of the clinic at `home`, through the real planner, gate and store. Nobody is reached.

    Whatever providers are configured: messages go to one that only remembers.
    """
    asked = Asked(patients=patients, days=days, seed=seed, start=START, zone=read_clinic(home).zone)
    mine, others = _shares(patients)
    if not others:
        return run_share(home, asked, mine, at_day)
    # Not forked: a child would take over open databases.
    with ProcessPoolExecutor(max_workers=1, mp_context=get_context("spawn")) as processes:
        theirs = processes.submit(run_share, home, asked, others)
        return together([run_share(home, asked, mine, at_day), theirs.result()])


def _shares(patients: int) -> tuple[range, range]:
    """By number, and whatever the machine: the same seed then gives the same report everywhere."""
    middle = (patients + 1) // 2 if patients >= ENOUGH_FOR_TWO else patients
    return range(middle), range(middle, patients)
