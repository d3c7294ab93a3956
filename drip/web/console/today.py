"""The first page: what goes today, what waits for a person, what is ahead, and the switch that stops everything."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from drip.core.asked import asked, urgency
from drip.core.role import Permission
from drip.flows.switches import pause
from drip.store import desk, paused, task_list, versions
from drip.store.database import Tx
from drip.store.task_list import Which
from drip.web.console.door import Door
from drip.web.console.health import health
from drip.web.console.review import waiting_for_approval
from drip.web.console.visit import Answer, Onward, Page, Visit

WEEKS = 4
STEPS = 4
"""How many shades the busiest day is away from a quiet one."""


def add_to(door: Door) -> None:
    """These pages."""
    door.page("/console", Permission.SEE, _today)
    door.deed("/console/pause", Permission.RUN, _pause)


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
        day = desk.count_day(tx, start, visit.now, end, visit.person.sites)
        waiting = task_list.count_by_kind(tx, Which(sites=visit.person.sites))
        ahead = _ahead(visit, tx, today)
        works = health(visit, tx)
        approvals = waiting_for_approval(visit, tx)
        on_hold = paused.count(tx, visit.now, visit.person.sites)
    values = {"day": day, "today": today, "waiting": _in_order(waiting), "weeks": ahead, "health": works}
    values |= {"approvals": approvals, "zone": zone, "most_waiting": desk.MOST_WAITING, "on_hold": on_hold}
    return Page(name="today", values=values)


def _bounds(visit: Visit, on: date) -> tuple[datetime, datetime]:
    """A day's first moment and the next day's, on the clinic's clock."""
    zone = visit.app.clinic.zone
    return datetime.combine(on, time(), zone), datetime.combine(on + timedelta(days=1), time(), zone)


def _ahead(visit: Visit, tx: Tx, today: date) -> Sequence[Sequence[Square]]:
    """Four weeks from this week's Monday on."""
    monday = today - timedelta(days=today.weekday())
    days = [monday + timedelta(days=n) for n in range(7 * WEEKS)]
    counted = desk.count_ahead(
        tx, {one.isoformat(): _bounds(visit, one) for one in days if one >= today}, visit.person.sites
    )
    most = max(counted.values(), default=0)
    squares = []
    for one in days:
        number = counted.get(one.isoformat(), 0)
        squares.append(Square(on=one, number=number, shade=-(-number * STEPS // most) if most else 0))
    return [squares[n : n + 7] for n in range(0, len(squares), 7)]


def _in_order(waiting: Mapping[str, int]) -> Sequence[tuple[str, str, int]]:
    """Each kind of task with its name, the most urgent first."""
    return [(kind, asked(kind).title, waiting[kind]) for kind in sorted(waiting, key=urgency)]


def _pause(visit: Visit) -> Answer:
    why = visit.form.get("why", "").strip()
    if not why:
        return Onward(to="/console", said="Nothing was paused: say why, so that your colleagues know.")
    told = f"{why[:200]} ({visit.person.full_name})"
    pause(visit.app, versions.EVERYTHING, told, visit.now, who=visit.person.id)
    return Onward(to="/console", said="All sending is paused. Nothing goes until somebody resumes it.")
