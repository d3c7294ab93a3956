"""When clinical words are to be reviewed again: said in good time, and what becomes of them once it is too late."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from drip.core.walltime import wall_clock

MONTH, WEEK = 30, 7
"""Days before a review is due at which staff are told of it."""

TOLD_FROM = time(9)
"""A review date is no reason to wake anybody: its day begins at this time on the clinic's clock."""


class Stage(StrEnum):
    """How near a review is. Each is told of once when it begins; what is past, day by day."""

    MONTH = "month"
    WEEK = "week"
    PAST = "past"


def stage_of(due: date | None, today: date) -> Stage | None:
    """How near a review is; None while there is plenty of time."""
    left = (due - today).days if due else MONTH + 1
    if left < 0:
        return Stage.PAST
    if left <= WEEK:
        return Stage.WEEK
    return Stage.MONTH if left <= MONTH else None


def review_day(now: datetime, zone: ZoneInfo) -> date:
    """The day whose notices are told of at this instant."""
    local = wall_clock(now, zone)
    return local.date() if local.time() >= TOLD_FROM else local.date() - timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """One version whose review is near or past."""

    sequence: str
    number: int
    due: date
    stage: Stage
    is_live: bool
    """Else only people who are in it already still get it."""
    is_safety: bool

    @property
    def key(self) -> str:
        """What makes it news."""
        return f"review:{self.sequence}:{self.number}:{self.stage.value}"

    @property
    def sentence(self) -> str:
        """What staff read."""
        whose = self.sequence if self.is_live else f"{self.sequence}, version {self.number}"
        on = f"{self.due.day} {self.due:%b %Y}"
        if self.stage is not Stage.PAST:
            return f"{whose}: review due on {on}"
        becomes = "last approved words go" if self.is_safety else "its messages wait"
        return f"{whose}: review was due on {on}; {becomes}"
