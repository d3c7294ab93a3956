"""Sending goes on after a pause: how much waits, how old it is, and what becomes of what is late."""

from drip.core.role import Permission
from drip.flows.switches import Late, Resumed, ages, resume
from drip.store import versions
from drip.web.console.door import Door
from drip.web.console.visit import Answer, Onward, Page, Visit

ALL, ONE = "/console/resume", "/console/sequences/{id}/resume"


def add_to(door: Door) -> None:
    """These pages."""
    for path in (ALL, ONE):
        door.page(path, Permission.RUN, _show)
        door.deed(path, Permission.RUN, _resume)


def _show(visit: Visit) -> Answer:
    if not _is_paused(visit):
        return _not_paused(visit)
    values = {
        "waiting": ages(visit.app, _scope(visit), visit.now),
        "id": visit.path.get("id", ""),
        "back": _back(visit),
    }
    return Page(name="resume", values=values)


def _resume(visit: Visit) -> Answer:
    late = Late.SEND if visit.form.get("late") == Late.SEND.value else Late.SKIP
    done = resume(visit.app, _scope(visit), visit.now, who=visit.person.id, late_ones=late)
    return Onward(to=_back(visit), said=_in_words(done)) if done else _not_paused(visit)


def _scope(visit: Visit) -> str:
    return f"sequence:{visit.path['id']}" if "id" in visit.path else versions.EVERYTHING


def _is_paused(visit: Visit) -> bool:
    with visit.app.store.read() as tx:
        return _scope(visit) in versions.paused(tx)


def _not_paused(visit: Visit) -> Answer:
    """Somebody was quicker; or there is no such sequence."""
    if "id" in visit.path:
        return Page(name="missing", status=404)
    return Onward(to=_back(visit), said="Sending is not paused.")


def _back(visit: Visit) -> str:
    return f"/console/sequences/{visit.path['id']}" if "id" in visit.path else "/console"


def _in_words(done: Resumed) -> str:
    waits = "1 message waits" if done.woken == 1 else f"{done.woken} messages wait"
    left = f" {done.skipped} that had become late {'was' if done.skipped == 1 else 'were'} left out, and say so."
    return f"Sending goes on: {waits} to go.{left if done.skipped else ''}"
