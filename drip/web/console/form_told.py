"""What comes of a form that was sent: it is saved, or it says why not, with all that was typed still there."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from drip.content.field_findings import about
from drip.content.finding import Finding
from drip.content.step_form import Fields
from drip.content.step_tree import Placed, placed_in
from drip.content.strict_yaml import Loc
from drip.content.written import CannotAmend
from drip.core.draft import SEQUENCE, Draft
from drip.flows.draft import path_of, read_sequence
from drip.web.console.drafting import Files, Overtaken, Saved, around, keep, tree_of
from drip.web.console.visit import Page, Visit

Errors: TypeAlias = Mapping[str, Sequence[str]]
"""What is wrong, by field; what belongs to no field is under an empty one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What a page says besides what the draft has."""

    typed: Fields = field(default_factory=dict, repr=False)
    """What stands in the fields in place of what the draft has."""
    errors: Errors = field(default_factory=dict)
    overtaken: str = ""
    """Who changed the draft meanwhile."""
    saved: Saved | None = None
    asks_if_sure: bool = False
    status: int = 200

    def differs(self, known: Fields) -> Fields:
        """After somebody else's change: what the draft has where something else is typed."""
        return {key: known[key] for key in known if self.overtaken and self.typed.get(key, known[key]) != known[key]}

    def around(self, draft: Draft) -> Mapping[str, object]:
        """What every page of the form shows, with what came of this."""
        told = {"told": self, "typed": self.typed, "errors": self.errors, "overtaken": self.overtaken}
        return {**around(draft, "form"), **told, "changes": self.saved.changes if self.saved else ()}

    def over(self, known: Fields) -> Fields:
        """What stands in the fields: what was typed, else what the draft has."""
        return {**known, **{key: value for key, value in self.typed.items() if key in known}}


def not_so(visit: Visit, **errors: str) -> Told:
    """Nothing is saved, and why not; the field `whole` is none."""
    said = {"" if name == "whole" else name: [message] for name, message in errors.items()}
    return Told(typed=visit.form, errors=said, status=422)


def sent(visit: Visit, draft: Draft, change: Callable[[], Files], wrong: Callable[[str], Errors]) -> tuple[Draft, Told]:
    """What becomes of a form, and the draft as it is then. `wrong`: what would be, in the file as it would be."""
    try:
        files = change()
    except CannotAmend as refusal:
        return draft, not_so(visit, whole=str(refusal))
    errors = wrong(files[SEQUENCE])
    if errors:
        return draft, Told(typed=visit.form, errors=errors, status=422)
    outcome = keep(visit, draft, files)
    if isinstance(outcome, Overtaken):
        return outcome.draft, Told(typed=visit.form, overtaken=outcome.by, status=409)
    return outcome.draft, Told(saved=outcome)


def wrong_in(draft: Draft, text: str, loc: Loc, field_of: Callable[[Loc], str | None]) -> Errors:
    """What would be wrong in the part at `loc`, by field, and anywhere else that was not wrong before.

    `field_of`: in which field a key of that part is shown; None where that is on another page.
    """
    was, found = _errors_in(draft, draft.files[SEQUENCE]), _errors_in(draft, text)
    told: dict[str, list[str]] = {}
    for key, said in about(found, text, loc).items():
        inner = about(found, text, (*loc, key)) if key else {}
        for each in inner if inner and "" not in inner else ("",):
            name = field_of(tuple(filter(None, (key, each))))
            if name is not None:
                told.setdefault(name, []).extend(inner[each] if each else said)
    heard = {one.message for one in was} | {message for said in told.values() for message in said}
    new = list(dict.fromkeys(one.message for one in found if one.message not in heard))
    return {**told, **({"": [*told.get("", ()), *new]} if new else {})}


def _errors_in(draft: Draft, text: str) -> Sequence[Finding]:
    _, _, found = read_sequence(path_of(draft), text)
    return [one for one in found if one.level == "error"]


def placed_of(draft: Draft, name: str) -> Placed | None:
    """What the draft has under that name: a step, or what is said to an answer."""
    return placed_in(tree_of(draft), name)


def lost(visit: Visit, draft: Draft) -> Page:
    """It is gone meanwhile: what was typed is shown, so that it can be put elsewhere."""
    typed = {key: value for key, value in visit.form.items() if key not in ("key", "saw", "do") and value.strip()}
    return Page(name="form_lost", values={**around(draft, "form"), "typed": typed}, status=409)
