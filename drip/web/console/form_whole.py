"""What a draft says of the whole sequence, as a form: its title, who joins, what it counts from, what ends it."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from drip.content.field_findings import about
from drip.content.sequence_file import load_sequence
from drip.content.sequence_form import ANY, LISTS, OWN, SITES_HOURS, TEXTS, whole_fields, with_whole
from drip.content.step_form import Fields
from drip.content.written import CannotAmend
from drip.core.draft import SEQUENCE, Draft
from drip.core.gate import LOADING_INTERLOCKS
from drip.core.model import Kind, Purpose
from drip.core.role import Permission
from drip.core.sequence import Again
from drip.core.spoken import ANCHORS, EVENTS
from drip.flows.draft import path_of
from drip.web.console import form
from drip.web.console.door import Door
from drip.web.console.drafting import Overtaken, around, keep, opened, tree_of
from drip.web.console.sequence import MISSING
from drip.web.console.visit import Page, Visit

BLOCKS: Final = ("enrol", "ends", "review", "window")

TICKED: Final[Mapping[str, Mapping[str, str]]] = {
    "on": {kind.value: words for kind, words in EVENTS.items()},
    "ends_on": {kind.value: words for kind, words in EVENTS.items()},
    "pause_when": {one: one.replace("_", " ") for one in sorted(LOADING_INTERLOCKS)},
}
"""Fields of which some are chosen, each with a box of its own."""

CHOICES: Final[Mapping[str, object]] = {
    "ticked": TICKED,
    "anchors": {one.value: words for one, words in ANCHORS.items()},
    "purposes": {one.value: one.value for one in Purpose},
    "kinds": {one.value: one.value for one in Kind},
    "agains": {
        Again.PER_ORIGIN.value: "Once for each visit, treatment or programme",
        Again.ONE_AT_A_TIME.value: "Yes, but only one at a time",
        Again.NEVER.value: "Never",
        Again.AFTER.value: "Once so long has passed since they joined",
    },
    "hours": {SITES_HOURS: "In the site's hours", ANY: "At any hour", OWN: "Only on these days, between these times"},
}


def add_to(door: Door) -> None:
    """These pages."""
    door.page("/console/drafts/{id}/whole", Permission.WRITE, _whole)
    door.deed("/console/drafts/{id}/whole", Permission.WRITE, _save)


def _whole(visit: Visit) -> Page:
    draft = opened(visit)
    return _shown(draft, {}) if draft else MISSING


def _save(visit: Visit) -> Page:
    draft = opened(visit)
    tree = tree_of(draft) if draft else None
    if draft is None or tree is None:
        return MISSING
    typed = _typed(visit.form, whole_fields(tree))
    try:
        text = with_whole(draft.files[SEQUENCE], typed)
    except CannotAmend as refusal:
        return _shown(draft, typed, errors={"": [str(refusal)]}, status=422)
    errors = _errors(draft, text)
    if errors:
        return _shown(draft, typed, errors=errors, status=422)
    outcome = keep(visit, draft, {**draft.files, SEQUENCE: text})
    if isinstance(outcome, Overtaken):
        return _shown(outcome.draft, typed, overtaken=outcome.by, status=409)
    return form.shown(visit, outcome.draft, changes=outcome.changes)


def _typed(told: Fields, known: Fields) -> Fields:
    """The fields, with ticked boxes as lines: those that were ticked before in their old order."""
    ticked = {name: _lines(told, name, known.get(name, "").splitlines()) for name in TICKED if f"{name}.shown" in told}
    return {**{name: value for name, value in told.items() if name in known}, **ticked}


def _lines(told: Fields, name: str, before: Sequence[str]) -> str:
    chosen = [one for one in TICKED[name] if f"{name}.{one}" in told]
    kept = [one for one in before if one in chosen or one not in TICKED[name]]
    return "\n".join([*kept, *(one for one in chosen if one not in kept)])


def _errors(draft: Draft, text: str) -> Mapping[str, Sequence[str]]:
    """What would be wrong, by field; what is wrong with a step is no matter here."""
    _, found = load_sequence(path_of(draft), text.encode())
    findings = [one for one in found if one.level == "error"]
    top = {key: said for key, said in about(findings, text, ()).items() if key not in ("steps", "tests")}
    told = {_field((key,)): said for key, said in top.items() if key not in BLOCKS}
    for block in BLOCKS:
        inside = about(findings, text, (block,)) if block in top else {}
        told |= {_field((block, key)): said for key, said in inside.items()}
    missed = [said for key, said in top.items() if key in BLOCKS and not about(findings, text, (key,))]
    return {**told, **({"": _flat(missed)} if missed else {})}


def _flat(lists: Iterable[Sequence[str]]) -> Sequence[str]:
    return [one for some in lists for one in some]


def _field(loc: tuple[str, ...]) -> str:
    """The field in which what is written at `loc` is shown."""
    if loc[0] == "window":
        return loc[-1] if loc[-1] in ("days", "from", "to") else "hours"
    places = {tuple(place): name for name, place in (*TEXTS.items(), *LISTS.items())}
    return places.get(loc, "again" if loc == ("enrol", "again") else "")


def _shown(
    draft: Draft,
    typed: Fields,
    errors: Mapping[str, Sequence[str]] | None = None,
    overtaken: str = "",
    status: int = 200,
) -> Page:
    tree = tree_of(draft)
    if tree is None:
        return Page(name="form_unreadable", values=around(draft, "form"), status=409)
    known = whole_fields(tree)
    fields = {**known, **typed}
    differs = {name: known[name] for name in known if overtaken and fields[name] != known[name]}
    chosen = {name: fields.get(name, "").splitlines() for name in TICKED}
    values = {**around(draft, "form"), "fields": fields, "differs": differs, "chosen": chosen, "tree": tree, **CHOICES}
    return Page(name="form_whole", values={**values, "errors": errors or {}, "overtaken": overtaken}, status=status)
