"""A sequence that is new: with the least that is one, or as a copy of one that is live."""

from drip.core.role import Permission
from drip.core.typed import line
from drip.flows.draft import BadName, NameTaken, NewSequence, NoDraft, begin_new
from drip.store import versions
from drip.web.console.door import Door
from drip.web.console.visit import Answer, Onward, Page, Visit

LONGEST_TITLE = 200
"""Characters."""


def add_to(door: Door) -> None:
    """These pages."""
    door.page("/console/new-sequence", Permission.WRITE, _ask)
    door.deed("/console/new-sequence", Permission.WRITE, _begin)


def _ask(visit: Visit) -> Page:
    return _form(visit, {"copy_of": visit.query.get("copy_of", "")})


def _form(visit: Visit, typed: dict[str, str], problem: str = "") -> Page:
    with visit.app.store.read() as tx:
        live = sorted(versions.live(tx))
    values = {"live": live, "typed": typed, "problem": problem}
    return Page(name="new_sequence", values=values, status=422 if problem else 200)


def _begin(visit: Visit) -> Answer:
    typed = {name: visit.form.get(name, "").strip() for name in ("id", "title", "copy_of")}
    typed["title"] = line(typed["title"], LONGEST_TITLE)
    if not typed["title"]:
        return _form(visit, typed, "Give it a title: your colleagues find it by that.")
    new = NewSequence(id=typed["id"], title=typed["title"], copy_of=typed["copy_of"] or None)
    try:
        draft = begin_new(visit.app, new, visit.person, visit.now)
    except BadName:
        return _form(visit, typed, "The short name has small letters, digits and single hyphens only: knee-advice.")
    except NameTaken:
        return _form(visit, typed, "There is a sequence of that short name already: choose another.")
    except NoDraft:
        return _form(visit, typed, "The sequence to copy is not live any more.")
    said = "No patient gets it until it is approved and published. Every author can go on writing it meanwhile."
    return Onward(to=f"/console/drafts/{draft.id}", said=said)
