"""What is done about a task: taking it on, a note, done, and taking that back."""

from dataclasses import replace
from urllib.parse import parse_qsl, urlsplit

from drip.core.role import Permission
from drip.flows import came, see_to
from drip.flows.attendance import Came, Noted
from drip.flows.see_to import Outcome, Seen
from drip.web.console.door import Door
from drip.web.console.tasks import tasks_page
from drip.web.console.visit import Answer, Onward, Visit

TASKS = "/console/tasks"

_SAID = {
    Outcome.DONE: "Done. Not so? Take it back below, within 10 minutes.",
    Outcome.RELEASED: "Done. It no longer holds loading exercises back. Not so? Take it back below, within 10 minutes.",
    Outcome.DECIDE: "Decide about this message first, under Held.",
    Outcome.GONE: "This does not wait any more: somebody else has done it.",
}


def add_to(door: Door) -> None:
    """These forms."""
    door.deed("/console/tasks/{id}/done", Permission.ACT, _done)
    door.deed("/console/tasks/{id}/note", Permission.ACT, _note)
    door.deed("/console/tasks/{id}/assign", Permission.ACT, _assign)
    door.deed("/console/tasks/{id}/reopen", Permission.ACT, _reopen)
    door.deed("/console/tasks/{id}/attendance", Permission.ACT, _attendance)


def _seen(visit: Visit) -> Seen:
    return Seen(
        task_id=visit.path["id"],
        by=visit.person,
        note=visit.form.get("note", ""),
        is_needless=bool(visit.form.get("needless")),
    )


def _back(visit: Visit) -> str:
    """The list as it was, with its filters; never anywhere else."""
    query = urlsplit(visit.form.get("back", "")).query
    return f"{TASKS}?{query}" if query else TASKS


def _done(visit: Visit) -> Answer:
    outcome = see_to.finish(visit.app, _seen(visit), visit.now)
    if outcome is Outcome.NOT_YET:
        why = "why the patient does not need it" if visit.form.get("needless") else "what you did"
        as_it_was = replace(visit, query=dict(parse_qsl(urlsplit(visit.form.get("back", "")).query)))
        return tasks_page(as_it_was, wrong={visit.path["id"]: f"Write down {why} before this is done."})
    if outcome is Outcome.DECIDE:
        return Onward(to="/console/held", said=_SAID[outcome])
    return Onward(to=_back(visit), said=_SAID[outcome])


def _note(visit: Visit) -> Answer:
    is_written = see_to.write_note(visit.app, _seen(visit), visit.now)
    said = "Your note is kept with the task." if is_written else "Nothing was written down."
    return Onward(to=_back(visit), said=said)


def _assign(visit: Visit) -> Answer:
    to = visit.person.id if visit.form.get("mine") else visit.form.get("to", "")
    chosen = see_to.assign(visit.app, _seen(visit), to, visit.now)
    if chosen is None:
        return Onward(to=_back(visit), said="Nothing changed: it does not wait any more, or they could not see it.")
    said = "It is yours." if chosen.id == visit.person.id else f"It is {chosen.full_name}'s now."
    return Onward(to=_back(visit), said=said)


def _reopen(visit: Visit) -> Answer:
    is_open = see_to.reopen(visit.app, _seen(visit), visit.now)
    return Onward(to=_back(visit), said="It waits again." if is_open else "It was too late for that.")


_NOTED = {
    Noted.NOTED: "Written down. What follows from it is planned within minutes.",
    Noted.KNOWN: "That is known already.",
    Noted.NO_SUCH_VISIT: "Nothing was written down: this does not wait any more.",
}


def _attendance(visit: Visit) -> Answer:
    if visit.form.get("came") not in set(Came):
        return Onward(to=_back(visit), said="Nothing was written down: choose one of the three answers.")
    noted = came.tell(visit.app, _seen(visit), Came(visit.form["came"]), visit.now)
    return Onward(to=_back(visit), said=_NOTED[noted])
