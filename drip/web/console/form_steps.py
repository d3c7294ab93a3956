"""Steps of a draft: one more, the same again, another order, one less."""

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from drip.content.amend import copy, drop, insert, move
from drip.content.starter_words import starter_words
from drip.content.step_form import steps_of
from drip.content.template_use import template_path
from drip.content.text_values import read_id
from drip.content.written import CannotAmend
from drip.core.draft import SEQUENCE, Draft
from drip.core.model import Channel
from drip.core.role import Permission
from drip.flows.draft import folder_of
from drip.web.console import form
from drip.web.console.door import Door
from drip.web.console.drafting import Files, Overtaken, around, keep, live_steps, opened, tree_of
from drip.web.console.sequence import MISSING
from drip.web.console.visit import Answer, Page, Visit

Deed: TypeAlias = Callable[[Visit, Draft, int], Files]

STEPS = ("steps",)


class NotLikeThat(Exception):
    """Says what to type instead."""


def add_to(door: Door) -> None:
    """These pages."""
    door.deed("/console/drafts/{id}/steps", Permission.WRITE, _do)
    door.page("/console/drafts/{id}/form/{name}/remove", Permission.WRITE, _sure)


def _do(visit: Visit) -> Answer:
    draft = opened(visit)
    deed = _DEEDS.get(visit.form.get("do", ""))
    position = position_of(draft, visit.form.get("step", "")) if draft else None
    if draft is None or deed is None or position is None:
        return MISSING
    try:
        outcome = keep(visit, draft, deed(visit, draft, position))
    except (CannotAmend, NotLikeThat) as refusal:
        return form.shown(visit, draft, wrong=str(refusal), typed=visit.form)
    if isinstance(outcome, Overtaken):
        return form.shown(visit, outcome.draft, overtaken=outcome.by, typed=visit.form)
    return form.shown(visit, outcome.draft, changes=outcome.changes)


def _sure(visit: Visit) -> Page:
    """Before a step goes: what that means."""
    draft = opened(visit)
    if draft is None or position_of(draft, visit.path["name"]) is None:
        return MISSING
    is_live = visit.path["name"] in live_steps(visit, draft)
    values = {**around(draft, "form"), "step": visit.path["name"], "is_live": is_live}
    return Page(name="form_remove", values=values)


def position_of(draft: Draft, name: str) -> int | None:
    """Where the step of that name is in the list. To add a step, none need be named: it goes last."""
    steps = list(steps_of(tree_of(draft)))
    return next((position for position, step in steps if step["id"] == name), None)


def names(draft: Draft) -> frozenset[str]:
    """What the steps are called."""
    return frozenset(step["id"] for _, step in steps_of(tree_of(draft)))


def _with(draft: Draft, text: str) -> Files:
    return {**draft.files, SEQUENCE: text}


def _moved(by: int) -> Deed:
    def deed(_: Visit, draft: Draft, position: int) -> Files:
        last = max(n for n, _ in steps_of(tree_of(draft)))
        return _with(draft, move(draft.files[SEQUENCE], STEPS, position, min(max(position + by, 0), last)))

    return deed


def _removed(_: Visit, draft: Draft, position: int) -> Files:
    if len(names(draft)) == 1:
        raise NotLikeThat("A sequence needs at least one step: change this one, or add another first.")
    return _with(draft, drop(draft.files[SEQUENCE], (*STEPS, position)))


def _new_name(visit: Visit, draft: Draft) -> str:
    try:
        name = read_id(visit.form.get("new", ""))
    except ValueError as problem:
        raise NotLikeThat(f"The new step needs a name: {problem}.") from None
    if name in names(draft) or name in live_steps(visit, draft):
        raise NotLikeThat(f"There is, or was, a step called {name}. A name is used once and never again.")
    return name


def _copied(visit: Visit, draft: Draft, position: int) -> Files:
    return _with(draft, copy(draft.files[SEQUENCE], STEPS, position, "id", _new_name(visit, draft)))


def _added(visit: Visit, draft: Draft, position: int) -> Files:
    """A step a day after the anchor, with words to begin with; the checker says what of them is to be written."""
    name = _new_name(visit, draft)
    channel = Channel.EMAIL if visit.form.get("by") == Channel.EMAIL else Channel.SMS
    item: Mapping[str, Any] = {"id": name, "after": "1d", "at": "10:00", channel.value: name}
    place = position + (visit.form.get("where") != "before")
    files = _with(draft, insert(draft.files[SEQUENCE], STEPS, place, item))
    path = template_path(draft.sequence, name, channel, None)
    return {**files, path: draft.files.get(path) or _first_words(visit, draft, channel)}


def _first_words(visit: Visit, draft: Draft, channel: Channel) -> str:
    purpose, own = str((tree_of(draft) or {}).get("purpose", "")), draft.files
    return starter_words(channel, purpose, own, folder_of(visit.app, draft).sources)


_DEEDS: Mapping[str, Deed] = {
    "up": _moved(-1),
    "down": _moved(1),
    "remove": _removed,
    "copy": _copied,
    "add": _added,
}
