"""One step of a draft as a form: when it goes, to whom, and its words."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from drip.content.field_findings import about
from drip.content.finding import has_errors
from drip.content.sequence_file import load_sequence
from drip.content.step_form import PLAIN, UNITS, Fields, beyond_form, field_of, step_fields, with_step, with_words
from drip.content.written import CannotAmend
from drip.core.draft import SEQUENCE, Draft
from drip.core.model import Purpose, Send
from drip.core.role import Permission
from drip.core.timing import DAYS
from drip.core.window import WEEKDAYS
from drip.flows.draft import path_of
from drip.web.console.door import Door
from drip.web.console.drafting import Files, Overtaken, Saved, around, keep, live_steps, opened, tree_of
from drip.web.console.form import clock_of, outline_of
from drip.web.console.form_steps import position_of
from drip.web.console.form_words import channels_of, differing, names_typed, with_typed
from drip.web.console.sequence import MISSING
from drip.web.console.visit import Page, Visit

SHOWN = frozenset({*PLAIN, "number", "way", "unit", "email", "sms", ""})
"""Mistakes in these stand in the way of saving; those in other parts of a step are shown, and put right elsewhere."""


def add_to(door: Door) -> None:
    """These pages."""
    door.page("/console/drafts/{id}/form/{name}", Permission.WRITE, _step)
    door.deed("/console/drafts/{id}/form/{name}", Permission.WRITE, _save)


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What a page says besides what the draft has."""

    typed: Fields = field(default_factory=dict, repr=False)
    """What stands in the fields in place of what the draft has."""
    errors: Mapping[str, Sequence[str]] = field(default_factory=dict)
    overtaken: str = ""
    """Who changed the draft meanwhile."""
    saved: Saved | None = None
    asks_if_sure: bool = False
    status: int = 200


def _step(visit: Visit) -> Page:
    draft = opened(visit)
    return _shown(visit, draft, visit.path["name"], Told()) if draft else MISSING


def _save(visit: Visit) -> Page:
    draft = opened(visit)
    position = position_of(draft, visit.path["name"]) if draft else None
    if draft is None:
        return MISSING
    if position is None:
        return _lost(visit, draft)
    step = _tree(draft, position)
    told = _refused(visit, draft, step)
    if told is not None:
        return _shown(visit, draft, step["id"], told)
    try:
        files = _amended(draft, position, step, visit.form)
    except CannotAmend as refusal:
        return _shown(visit, draft, step["id"], Told(typed=visit.form, errors={"": [str(refusal)]}, status=422))
    return _kept(visit, draft, position, files)


def _kept(visit: Visit, draft: Draft, position: int, files: Files) -> Page:
    name = visit.path["name"]
    errors = _errors(draft, position, files[SEQUENCE])
    if errors:
        return _shown(visit, draft, name, Told(typed=visit.form, errors=errors, status=422))
    outcome = keep(visit, draft, files)
    if isinstance(outcome, Overtaken):
        return _shown(visit, outcome.draft, name, Told(typed=visit.form, overtaken=outcome.by, status=409))
    return _shown(visit, outcome.draft, visit.form.get("id", name).strip() or name, Told(saved=outcome))


def _refused(visit: Visit, draft: Draft, step: Mapping[str, Any]) -> Told | None:
    """A live step under another name is a new step: whoever means it says so."""
    new = visit.form.get("id", step["id"]).strip()
    if new == step["id"] or "sure" in visit.form or step["id"] not in live_steps(visit, draft):
        return None
    says = f"{step['id']} is live. Called {new}, it is a new step: whoever has had it gets it again."
    return Told(typed=visit.form, errors={"id": [says]}, asks_if_sure=True, status=422)


def _amended(draft: Draft, position: int, step: Mapping[str, Any], form: Fields) -> Files:
    files = with_typed(draft, step, form)
    text = with_words(files[SEQUENCE], position, names_typed(step, form))
    return {**files, SEQUENCE: with_step(text, position, form)}


def _errors(draft: Draft, position: int, text: str) -> Mapping[str, Sequence[str]]:
    """What would be wrong with the fields of this step, by field. What was wrong before elsewhere is no matter here."""
    _, findings = load_sequence(path_of(draft), text.encode())
    if not has_errors(findings):
        return {}
    found = about([one for one in findings if one.level == "error"], text, ("steps", position))
    return {field_of(key): messages for key, messages in found.items() if field_of(key) in SHOWN}


def _tree(draft: Draft, position: int) -> Mapping[str, Any]:
    tree = tree_of(draft)
    found: Mapping[str, Any] = tree["steps"][position] if tree else {}
    return found


def _shown(visit: Visit, draft: Draft, name: str, told: Told) -> Page:
    position = position_of(draft, name)
    if position is None:
        return _lost(visit, draft) if visit.form else MISSING
    step = _tree(draft, position)
    known = step_fields(step)
    fields = {**known, **{key: value for key, value in told.typed.items() if key in known}}
    values = {**around(draft, "form"), "step": step, "fields": fields, "told": told, "typed": told.typed}
    channels = channels_of(draft, step)
    values |= {"channels": channels, "is_live": step["id"] in live_steps(visit, draft)}
    values |= {"beyond": beyond_form(step), "errors": told.errors}
    values["differs"] = {**_differs(known, told), **(differing(channels, told.typed) if told.overtaken else {})}
    outline = outline_of(visit, draft)
    values |= {"line": next(one for one in outline.steps if one.id == name), "outline": outline, **CHOICES}
    values["full"] = clock_of(visit)
    values |= {"changes": told.saved.changes if told.saved else (), "overtaken": told.overtaken}
    return Page(name="form_step", values=values, status=told.status)


def _differs(known: Fields, told: Told) -> Fields:
    """After somebody else's change: what the draft has where something else is typed."""
    return {key: known[key] for key in known if told.overtaken and told.typed.get(key, known[key]) != known[key]}


def _lost(visit: Visit, draft: Draft) -> Page:
    """The step is gone meanwhile: what was typed is shown, so that it can be put elsewhere."""
    typed = {key: value for key, value in visit.form.items() if key not in ("key", "saw") and value.strip()}
    return Page(name="form_lost", values={**around(draft, "form"), "typed": typed}, status=409)


CHOICES: Mapping[str, object] = {
    "units": UNITS,
    "weekdays": dict(zip(WEEKDAYS, DAYS, strict=True)),
    "purposes": {one.value: one.value for one in Purpose},
    "sends": {
        Send.BOTH.value: "both of them",
        Send.EMAIL_THEN_SMS.value: "the email; the text only if that cannot arrive",
        Send.SMS_THEN_EMAIL.value: "the text; the email only if that cannot arrive",
    },
}
