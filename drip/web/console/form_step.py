"""One step of a draft as a form: when it goes, to whom, and its words."""

from collections.abc import Mapping
from typing import Any

from drip.content.field_findings import about
from drip.content.finding import has_errors
from drip.content.sequence_file import load_sequence
from drip.content.step_form import PLAIN, UNITS, Fields, beyond_form, field_of, step_fields, with_step, with_words
from drip.content.step_tree import Placed
from drip.content.strict_yaml import Loc
from drip.core.draft import SEQUENCE, Draft
from drip.core.model import Purpose, Send
from drip.core.role import Permission
from drip.core.timing import DAYS
from drip.core.window import WEEKDAYS
from drip.flows.draft import path_of
from drip.flows.shared_words import shared_in
from drip.web.console.door import Door
from drip.web.console.drafting import Files, live_steps, opened
from drip.web.console.form import clock_of, outline_of
from drip.web.console.form_told import Errors, Told, lost, placed_of, sent
from drip.web.console.form_words import channels_of, differing, names_typed, with_typed
from drip.web.console.sequence import MISSING
from drip.web.console.visit import Page, Visit

SHOWN = frozenset({*PLAIN, "number", "way", "unit", "email", "sms", ""})
"""Mistakes in these stand in the way of saving; those in other parts of a step are shown, and put right elsewhere."""


def add_to(door: Door) -> None:
    """These pages."""
    door.page("/console/drafts/{id}/form/{name}", Permission.WRITE, _step)
    door.deed("/console/drafts/{id}/form/{name}", Permission.WRITE, _save)


def _step(visit: Visit) -> Page:
    draft = opened(visit)
    return _shown(visit, draft, visit.path["name"], Told()) if draft else MISSING


def _save(visit: Visit) -> Page:
    draft = opened(visit)
    if draft is None:
        return MISSING
    name = visit.path["name"]
    placed = _placed(draft, name)
    if placed is None:
        return lost(visit, draft)
    told = _refused(visit, draft, placed.tree)
    if told is None:
        draft, told = sent(
            visit, draft, lambda: _amended(draft, placed, visit.form), lambda text: _errors(draft, placed.loc, text)
        )
    return _shown(visit, draft, visit.form.get("id", name).strip() or name if told.saved else name, told)


def _placed(draft: Draft, name: str) -> Placed | None:
    """The step of that name. What is said to answers has pages of its own."""
    found = placed_of(draft, name)
    return found if found and found.is_step else None


def _refused(visit: Visit, draft: Draft, step: Mapping[str, Any]) -> Told | None:
    """A live step under another name is a new step: whoever means it says so."""
    new = visit.form.get("id", step["id"]).strip()
    if new == step["id"] or "sure" in visit.form or step["id"] not in live_steps(visit, draft):
        return None
    says = f"{step['id']} is live. Called {new}, it is a new step: whoever has had it gets it again."
    return Told(typed=visit.form, errors={"id": [says]}, asks_if_sure=True, status=422)


def _amended(draft: Draft, placed: Placed, form: Fields) -> Files:
    files = with_typed(draft, placed, form)
    text = with_words(files[SEQUENCE], placed.loc, names_typed(placed, form))
    return {**files, SEQUENCE: with_step(text, int(placed.loc[-1]), form)}


def _errors(draft: Draft, loc: Loc, text: str) -> Errors:
    """What would be wrong with the fields of this step, by field. What was wrong before elsewhere is no matter here."""
    _, findings = load_sequence(path_of(draft), text.encode())
    if not has_errors(findings):
        return {}
    found = about([one for one in findings if one.level == "error"], text, loc)
    return {field_of(key): messages for key, messages in found.items() if field_of(key) in SHOWN}


def _shown(visit: Visit, draft: Draft, name: str, told: Told) -> Page:
    placed = _placed(draft, name)
    if placed is None:
        return lost(visit, draft) if visit.form else MISSING
    step, known = placed.tree, step_fields(placed.tree)
    channels = channels_of(draft, placed)
    outline = outline_of(visit, draft)
    values = {**told.around(draft), "step": step, "placed": placed, "fields": told.over(known), "channels": channels}
    values |= {"is_live": step["id"] in live_steps(visit, draft), "beyond": beyond_form(step), **CHOICES}
    values["differs"] = {**told.differs(known), **(differing(channels, told.typed) if told.overtaken else {})}
    values |= {"line": next(one for one in outline.steps if one.id == name), "outline": outline}
    values |= {"full": clock_of(visit), "shared": shared_in(visit.app, draft)}
    return Page(name="form_step", values=values, status=told.status)


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
