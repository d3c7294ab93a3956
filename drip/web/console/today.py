"""The first page: what goes today, what waits for a person, what is ahead, and the switch that stops everything."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from drip.core.asked import asked, urgency
from drip.core.role import Permission
from drip.flows.switches import pause, resume
from drip.store import desk, lanes, records, sources, task_list, versions
from drip.store.database import Tx
from drip.store.task_list import Which
from drip.web.console.door import Door
from drip.web.console.pages import moment_short
from drip.web.console.review import waiting_for_approval
from drip.web.console.visit import Answer, Onward, Page, Visit

WEEKS = 4
STEPS = 4
"""How many shades the busiest day is away from a quiet one."""

SLOW = timedelta(minutes=2)
"""A worker that was not heard of for so long does not run."""


def add_to(door: Door) -> None:
    """These pages."""
    door.page("/console", Permission.SEE, _today)
    door.deed("/console/pause", Permission.RUN, _pause)
    door.deed("/console/resume", Permission.RUN, _resume)


@dataclass(frozen=True, slots=True, kw_only=True)
class Square:
    """One day ahead."""

    on: date
    number: int
    shade: int
    """0 for nothing, up to `STEPS` for the busiest days."""


def _today(visit: Visit) -> Page:
    zone = visit.app.clinic.zone
    today = visit.now.astimezone(zone).date()
    with visit.app.store.read() as tx:
        start, end = _bounds(visit, today)
        day = desk.count_day(tx, start, visit.now, end)
        waiting = task_list.count_by_kind(tx, Which(sites=visit.person.sites))
        ahead = _ahead(visit, tx, today)
        health = _health(visit, tx)
        approvals = waiting_for_approval(visit, tx)
    values = {"day": day, "today": today, "waiting": _in_order(waiting), "weeks": ahead, "health": health}
    values |= {"approvals": approvals, "zone": zone}
    return Page(name="today", values=values)


def _bounds(visit: Visit, on: date) -> tuple[datetime, datetime]:
    """A day's first moment and the next day's, on the clinic's clock."""
    zone = visit.app.clinic.zone
    return datetime.combine(on, time(), zone), datetime.combine(on + timedelta(days=1), time(), zone)


def _ahead(visit: Visit, tx: Tx, today: date) -> Sequence[Sequence[Square]]:
    """Four weeks from this week's Monday on."""
    monday = today - timedelta(days=today.weekday())
    days = [monday + timedelta(days=n) for n in range(7 * WEEKS)]
    counted = desk.count_ahead(tx, {one.isoformat(): _bounds(visit, one) for one in days if one >= today})
    most = max(counted.values(), default=0)
    squares = []
    for one in days:
        number = counted.get(one.isoformat(), 0)
        squares.append(Square(on=one, number=number, shade=-(-number * STEPS // most) if most else 0))
    return [squares[n : n + 7] for n in range(0, len(squares), 7)]


def _in_order(waiting: Mapping[str, int]) -> Sequence[tuple[str, str, int]]:
    """Each kind of task with its name, the most urgent first."""
    return [(kind, asked(kind).title, waiting[kind]) for kind in sorted(waiting, key=urgency)]


def _health(visit: Visit, tx: Tx) -> Sequence[tuple[str, bool, str]]:
    """What has to work for messages to go: its name, whether it does, and a few words."""
    zone = visit.app.clinic.zone
    beat = records.beats(tx).get("tick")
    is_running = beat is not None and visit.now - beat < SLOW
    told = [("Worker", is_running, f"last heard of {moment_short(beat, zone)}" if beat else "has never run")]
    for lane in lanes.look(tx):
        is_open = lane.closed_until is None or lane.closed_until <= visit.now
        told.append((lane.provider.capitalize(), is_open, "works" if is_open else f"left alone: {lane.why}"))
    for name, standing in sorted(sources.look(tx).items()):
        is_heard = standing.away_since is None
        through = f"read through {moment_short(standing.through, zone)}" if standing.through else "not read yet"
        told.append((name.capitalize(), is_heard, through if is_heard else f"does not answer: {standing.why}"))
    return told


def _pause(visit: Visit) -> Answer:
    why = visit.form.get("why", "").strip()
    if not why:
        return Onward(to="/console", said="Nothing was paused: say why, so that your colleagues know.")
    told = f"{why[:200]} ({visit.person.full_name})"
    pause(visit.app, versions.EVERYTHING, told, visit.now, who=visit.person.id)
    return Onward(to="/console", said="All sending is paused. Nothing goes until somebody resumes it.")


def _resume(visit: Visit) -> Answer:
    woken = resume(visit.app, versions.EVERYTHING, visit.now, who=visit.person.id)
    waits = "1 message waits" if woken == 1 else f"{woken or 0} messages wait"
    return Onward(to="/console", said=f"Sending goes on: {waits} to go. What came too late expires, and says so.")
