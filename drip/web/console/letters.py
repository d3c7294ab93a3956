"""Words that no channel carries: a letter to print, a page to read from on the telephone."""

from drip.core.asked import RING, WRITE
from drip.core.role import Permission
from drip.flows.called import called, name_of
from drip.flows.pass_on import ByHand, handed_over, words_by_hand
from drip.web.console.door import Door
from drip.web.console.visit import Answer, Onward, Page, Visit


def add_to(door: Door) -> None:
    """These pages."""
    door.page("/console/letters/{id}", Permission.SEE, lambda visit: _words(visit, WRITE))
    door.page("/console/calls/{id}", Permission.SEE, lambda visit: _words(visit, RING))
    door.deed("/console/letters/{id}", Permission.ACT, lambda visit: _passed_on(visit, WRITE))
    door.deed("/console/calls/{id}", Permission.ACT, lambda visit: _passed_on(visit, RING))


def _words(visit: Visit, way: str) -> Page:
    told = words_by_hand(visit.app, visit.path["id"], way, visit.person, visit.now)
    if told is None:
        return Page(name="nobody", status=404)
    facts = told.patient.patient.carer if told.is_to_carer else told.patient.patient.facts
    local = visit.now.astimezone(told.site.zone)
    task = visit.query.get("task", "")
    values = {
        "told": told,
        "called": called(told.patient),
        "name": name_of(told.patient),
        "task": task if task.isascii() and task.isalnum() else "",
        "carer": str(facts.get("name") or "The") if told.is_to_carer else "",
        "phone": str(facts.get("phone") or ""),
        "paragraphs": _paragraphs(told),
        "day": f"{local.day} {local:%B %Y}",
    }
    return Page(name="letter" if way == WRITE else "call", values=values)


def _paragraphs(told: ByHand) -> list[str]:
    return [one.strip() for one in told.words.text.split("\n\n") if one.strip()] if told.words else []


def _passed_on(visit: Visit, way: str) -> Answer:
    if not handed_over(visit.app, visit.path["id"], way, visit.person, visit.now):
        return Onward(to="/console/tasks", said="Nothing changed: a colleague has done this already.")
    said = "the letter was handed over" if way == WRITE else "the words were said by telephone"
    return Onward(to="/console/tasks", said=f"Noted in the patient's story: {said}.")
