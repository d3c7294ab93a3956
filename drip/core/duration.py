"""Lengths of time as clinicians write them: `10m`, `3h`, `2d`, `6w`, `1d12h`."""

import re
from dataclasses import dataclass
from datetime import timedelta

_PARTS = re.compile(r"(?:(\d{1,4})w)?(?:(\d{1,5})d)?(?:(\d{1,5})h)?(?:(\d{1,6})m)?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Duration:
    """Calendar days keep the wall clock; `elapsed` is stopwatch time. Calendar days apply first."""

    days: int = 0
    elapsed: timedelta = timedelta()

    @property
    def is_whole_days(self) -> bool:
        """No hours or minutes, so a clock time may replace the anchor's own."""
        return not self.elapsed

    def __str__(self) -> str:
        minutes = int(self.elapsed.total_seconds()) // 60
        parts = [(self.days // 7, "w"), (self.days % 7, "d"), (minutes // 60, "h"), (minutes % 60, "m")]
        return "".join(f"{number}{unit}" for number, unit in parts if number) or "0m"


def parse_duration(text: str) -> Duration:
    """The duration that `text` says, largest unit first. ValueError says how to write it."""
    match = _PARTS.fullmatch(text)
    if not text or match is None:
        raise ValueError(f"{text!r} is not a length of time: write 10m, 3h, 2d, 6w or a sum such as 1d12h")
    weeks, days, hours, minutes = (int(part or 0) for part in match.groups())
    return Duration(days=weeks * 7 + days, elapsed=timedelta(hours=hours, minutes=minutes))
