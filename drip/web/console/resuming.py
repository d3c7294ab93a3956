"""Sending goes on after a pause: how much waits, how old it is, and what becomes of what is late."""

from drip.core.role import Permission
from drip.flows.switches import Late, Resumed, ages, resume
from drip.store import versions
from drip.web.console.door import Door
from drip.web.console.visit import Answer, Onward, Page, Visit

PAGE = "/console/resume"


def add_to(door: Door) -> None:
    """These pages."""
    door.page(PAGE, Permission.RUN, _show)
    door.deed(PAGE, Permission.RUN, _resume)


def _show(visit: Visit) -> Answer:
    with visit.app.store.read() as tx:
        is_paused = versions.EVERYTHING in versions.paused(tx)
    if not is_paused:
        return Onward(to="/console", said="Sending is not paused.")
    return Page(name="resume", values={"waiting": ages(visit.app, versions.EVERYTHING, visit.now)})


def _resume(visit: Visit) -> Answer:
    late = Late.SEND if visit.form.get("late") == Late.SEND.value else Late.SKIP
    done = resume(visit.app, versions.EVERYTHING, visit.now, who=visit.person.id, late_ones=late)
    return Onward(to="/console", said=_in_words(done) if done else "Sending was not paused.")


def _in_words(done: Resumed) -> str:
    waits = "1 message waits" if done.woken == 1 else f"{done.woken} messages wait"
    left = f" {done.skipped} that had become late {'was' if done.skipped == 1 else 'were'} left out, and say so."
    return f"Sending goes on: {waits} to go.{left if done.skipped else ''}"
