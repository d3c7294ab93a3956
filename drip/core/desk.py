"""How a clinic's desk works: how soon it sees to things, and what it does when no channel reaches a patient."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from drip.core.asked import BY_HAND, RED_FLAG, RING, WRITE


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """What clinic.yaml says under `desk`."""

    red_flags_within: timedelta = timedelta(hours=1)
    """How long a red flag, or safety words that reached nobody, may wait before it is overdue."""
    tasks_within: timedelta = timedelta(days=2)
    """How long anything else may."""
    unreached: str = WRITE
    """What is asked when no channel reaches a patient: to post a letter, or to ring."""

    def __post_init__(self) -> None:
        """Only these two ways are known."""
        if self.unreached not in (WRITE, RING):
            raise ValueError(f"{self.unreached!r} is neither {WRITE} nor {RING}")

    def overdue_at(self, kind: str, raised_at: datetime) -> datetime:
        """From when on a task has waited longer than it should."""
        is_urgent = kind == RED_FLAG or (kind in BY_HAND and kind not in (WRITE, RING))
        return raised_at + (self.red_flags_within if is_urgent else self.tasks_within)


USUAL = Desk()
"""As it is where clinic.yaml says nothing of it."""
