"""The first page: what goes today, what waits for a person, what is ahead, and the switch that stops everything."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from drip.core import typed
from drip.core.asked import asked, urgency
from drip.core.role import Permission
from drip.core.walltime import local_date, midnight
from drip.flows.days_ahead import WEEKS, DaysAhead, look_ahead
from drip.flows.switches import LONGEST_REASON, pause
from drip.flows.titles import titles
from drip.store import desk, paused, task_list, versions
from drip.store.task_list import Which
from drip.web.console.door import Door
from drip.web.console.health import health
from drip.web.console.review import waiting_for_approval
from drip.web.console.visit import Answer, Onward, Page, Visit

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
    zone, sites = visit.app.clinic.zone, visit.person.sites
    today = local_date(visit.now, zone)
    monday = today - timedelta(days=today.weekday())
    start, end = midnight(today, zone), midnight(today + timedelta(days=1), zone)
    with visit.app.store.read() as tx:
        day = desk.count_day(tx, start, visit.now, end, sites)
        waiting = task_list.count_by_kind(tx, Which(sites=sites))
        ahead = look_ahead(visit.app, tx, visit.now, monday + timedelta(days=7 * WEEKS - 1), sites)
        works = health(visit, tx)
        approvals = waiting_for_approval(visit, tx)
        on_hold = paused.count(tx, visit.now, sites)
        named = titles(visit.app, tx) if approvals else {}
    values = {"day": day, "today": today, "zone": zone, "waiting": _in_order(waiting), "health": works}
    values |= {
        "ahead": ahead,
        "weeks": _in_weeks(ahead, monday),
        "approvals": approvals,
        "on_hold": on_hold,
        "titles": named,
    }
    values["most_waiting"] = desk.MOST_WAITING
    return Page(name="today", values=values)


def _in_weeks(ahead: DaysAhead, monday: date) -> Sequence[Sequence[Square]]:
    """Four weeks from this Monday on."""
    most = max(ahead.numbers.values(), default=0)
    squares = []
    for one in (monday + timedelta(days=n) for n in range(7 * WEEKS)):
        number = ahead.numbers.get(one, 0)
        squares.append(Square(on=one, number=number, shade=-(-number * STEPS // most) if most else 0))
    return [squares[n : n + 7] for n in range(0, len(squares), 7)]


def _in_order(waiting: Mapping[str, int]) -> Sequence[tuple[str, str, int]]:
    """Each kind of task with its name, the most urgent first."""
    return [(kind, asked(kind).title, waiting[kind]) for kind in sorted(waiting, key=urgency)]


def _pause(visit: Visit) -> Answer:
    why = typed.line(visit.form.get("why", ""), LONGEST_REASON)
    if not why:
        return Onward(to="/console", said="Nothing was paused: say why, so that your colleagues know.")
    told = f"{why} ({visit.person.full_name})"
    pause(visit.app, versions.EVERYTHING, told, visit.now, who=visit.person.id)
    return Onward(to="/console", said="All sending is paused. Nothing goes until somebody resumes it.")
