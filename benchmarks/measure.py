"""Laps on a stopwatch, and what they come to."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from statistics import median, quantiles
from time import perf_counter, process_time

MICROSECONDS = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line of the table: a rate or a time, beside its goal if there is one."""

    what: str
    database: str
    measured: float
    unit: str
    goal: float | None = None
    less_is_better: bool = False
    note: str = ""

    @property
    def share(self) -> float | None:
        """How much of the goal was reached; 1 or more is all of it."""
        if self.goal is None or not self.measured:
            return None
        return self.goal / self.measured if self.less_is_better else self.measured / self.goal


@dataclass(slots=True)
class Laps:
    """The same work several times over: wall time, and the time this process computed."""

    walls: list[float] = field(default_factory=list)
    cpus: list[float] = field(default_factory=list)

    @contextmanager
    def lap(self) -> Iterator[None]:
        """Time what happens inside."""
        wall, cpu = perf_counter(), process_time()
        yield
        self.walls.append(perf_counter() - wall)
        self.cpus.append(process_time() - cpu)

    def rate(self, each: float) -> float:
        """So many a second, when a lap does `each`; the median lap."""
        return each / median(self.walls)

    def cpu(self, each: float) -> str:
        """What one of them costs this process; it hardly depends on what else the machine does."""
        return f"{median(self.cpus) / each * MICROSECONDS:.0f} us of our CPU each"

    def line(self, what: str, database: str, each: int, unit: str, goal: float | None = None) -> Line:
        """The rate of the median lap as a line of the table."""
        rate, note = self.rate(each), self.cpu(each)
        return Line(what=what, database=database, measured=rate, unit=unit, goal=goal, note=note)

    def milliseconds(self, percent: int) -> float:
        """The lap below which this share of the laps lies."""
        return percentile(self.walls, percent) * 1000


def percentile(values: Sequence[float], percent: int) -> float:
    """The value below which so many of a hundred lie."""
    return quantiles(values, n=100, method="inclusive")[percent - 1]


def row(line: Line) -> str:
    """A line of the table, as it is printed."""
    measured = f"{line.measured:,.0f}" if line.measured >= 100 else f"{line.measured:.1f}"
    goal = "" if line.share is None else f"goal {line.goal:,.4g}: {line.share:.2f}"
    return f"{line.what:36} {line.database:11} {measured:>9} {line.unit:17} {goal:20} {line.note}".rstrip() + "\n"
