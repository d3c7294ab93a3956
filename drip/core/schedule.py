"""When a step is due: anchors, offsets, clock times, weekdays, repeats, windows and expiry.

The order of the rules is fixed: offset, clock time, weekday, repeat, window, expiry. A step placed by
these rules is the same wherever and whenever it is computed, so that a plan can be compared with itself.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from drip.core.duration import Duration
from drip.core.model import AnchorKind, Channel
from drip.core.sequence import MAX_OCCURRENCES, Step
from drip.core.walltime import instant, local_date, wall_clock
from drip.core.window import DAY, Hours

DEFAULT_EXPIRY = {
    Channel.SMS: Duration(elapsed=timedelta(hours=24)),
    Channel.EMAIL: Duration(days=3),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Placement:
    """One occurrence of a step, in its window."""

    occurrence: int
    planned_for: datetime
    """UTC. For a time that no window ever takes, the time before any window was looked at."""
    fits: bool = True
    """False when no window opens for it."""
    merged: bool = False
    """An earlier occurrence already falls on this local day."""
    otherwise: datetime | None = None
    """UTC: where it goes if it comes into the plan too late for the open day that it was moved back to."""


def deciding_zone(anchor: AnchorKind, *, site: ZoneInfo, patient: ZoneInfo | None) -> ZoneInfo:
    """Visits go by the site's clock; everything else by the patient's where it is known."""
    return site if anchor.is_at_the_site or patient is None else patient


def moment(anchor: datetime | date, hours: Hours) -> datetime:
    """The instant (UTC) that an anchor means: a date without a time is the window's opening that day."""
    return anchor.astimezone(UTC) if isinstance(anchor, datetime) else hours.opens_on(anchor)


def placements(step: Step, anchor: datetime, hours: Hours) -> tuple[Placement, ...]:
    """Every occurrence of a step, in order, for an anchor (UTC)."""
    placed: list[Placement] = []
    days: set[date] = set()
    for occurrence, at in enumerate(_occurrences(step, anchor, hours.zone), start=1):
        place = _placed(step, occurrence, at, anchor, hours)
        if step.every is None:  # one occurrence has no other to be merged into
            return (place,)
        day = local_date(place.planned_for, hours.zone)
        placed.append(replace(place, merged=day in days))
        days.add(day)
    return tuple(placed)


def _placed(step: Step, occurrence: int, at: datetime, anchor: datetime, hours: Hours) -> Placement:
    """One occurrence in its window. What follows its anchor never goes before it, however closed the days are."""
    forward = None if step.before else hours.forward(at)
    back = hours.backward(at) if step.before or step.goes_early else None
    goes_back = step.before or (back is not None and anchor < back < at)
    opening = back if goes_back else forward
    return Placement(
        occurrence=occurrence,
        planned_for=opening or at,
        fits=opening is not None,
        otherwise=forward if goes_back else None,
    )


def expiry(step: Step, channel: Channel, planned_for: datetime, anchor: datetime, hours: Hours) -> datetime:
    """From when (UTC) a message is no use any more.

    A `before:` step is no use once its anchor has come. Any other keeps its `expires`, and never less than
    until the end of the next day its window opens, so that a Friday evening's outage loses nothing.
    """
    if step.before:
        return anchor
    at_least = hours.first_opening(hours.day_of(planned_for) + DAY)
    at_most = shifted(planned_for, step.expires or DEFAULT_EXPIRY[channel], hours.zone)
    return max(at_most, at_least.end) if at_least else at_most


def shifted(at: datetime, by: Duration, zone: ZoneInfo, *, back: bool = False) -> datetime:
    """`at` moved by calendar days on `zone`'s wall clock, then by elapsed time. UTC."""
    sign = -1 if back else 1
    if by.days:
        at = instant(wall_clock(at, zone) + sign * timedelta(days=by.days), zone)
    return at + sign * by.elapsed


def _occurrences(step: Step, anchor: datetime, zone: ZoneInfo) -> Iterator[datetime]:
    """The instants of a step before any window is looked at, in order."""
    first, wall = _first(step, anchor, zone)
    yield first
    every = step.every or 0
    for n in range(1, min(step.times or MAX_OCCURRENCES, MAX_OCCURRENCES) if every else 1):
        later = wall + timedelta(days=n * every)
        if not _is_wanted(step, later, anchor, zone):
            return
        yield instant(later, zone)


def _first(step: Step, anchor: datetime, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """The first occurrence: its instant, and the wall-clock time that repeats count from."""
    if step.at is None:
        at = shifted(anchor, step.offset, zone, back=step.before)
        # A time in a spring gap keeps its own clock time for the days on which that exists.
        wall = _asked_for(step, anchor, zone) if step.offset.is_whole_days else wall_clock(at, zone)
    else:
        day = local_date(anchor, zone) + (-1 if step.before else 1) * timedelta(days=step.offset.days)
        wall = datetime.combine(day, step.at)
        at = instant(wall, zone)
    if step.weekday is None or step.weekday == wall.weekday():
        return at, wall
    forward = (step.weekday - wall.weekday()) % 7
    wall += timedelta(days=forward - 7 if step.before else forward)
    return instant(wall, zone), wall


def _asked_for(step: Step, anchor: datetime, zone: ZoneInfo) -> datetime:
    days = timedelta(days=step.offset.days)
    return wall_clock(anchor, zone) + (-days if step.before else days)


def _is_wanted(step: Step, wall: datetime, anchor: datetime, zone: ZoneInfo) -> bool:
    """Whether a repeat still lies within `until` and, for a `before:` step, before its anchor."""
    if step.before and instant(wall, zone) > anchor:
        return False
    if step.until is None:
        return True
    last = shifted(anchor, step.until, zone, back=step.before)
    if step.until.is_whole_days:
        return wall.date() <= local_date(last, zone)
    return instant(wall, zone) <= last
