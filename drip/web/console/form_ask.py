"""The question of a step, or of what is said to an answer, as a form: how it is answered, and what an answer does."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from drip.content.ask_form import SILENCE, ask_field_of, ask_fields, beyond_ask, with_ask, without_ask
from drip.content.choice_lines import from_lines
from drip.content.step_tree import Placed, led_to
from drip.content.written import CannotAmend
from drip.core.condition_words import in_plain_words
from drip.core.draft import SEQUENCE, Draft
from drip.core.question import AnswerKind
from drip.core.role import Permission
from drip.core.sequence import Step
from drip.core.timing import length
from drip.web.console.door import Door
from drip.web.console.drafting import Files, live_version, opened, sequence_of
from drip.web.console.form import said_within
from drip.web.console.form_told import Errors, Told, lost, not_so, placed_of, sent, wrong_in
from drip.web.console.sequence import MISSING
from drip.web.console.visit import Page, Visit

ANSWERS: Mapping[str, str] = {
    AnswerKind.NUMBER.value: "A number",
    AnswerKind.DAYS.value: "How many of the last seven days: 0 to 7",
    AnswerKind.CHOICE.value: "One of some words",
}

LABELS: Mapping[str, str] = {
    "a choice of what? Add `choices: [better, worse]`, or {1: better, 2: worse}": "write the words to choose from",
    "write a list of words, or what each number means: {1: better, 2: worse}": "write the words to choose from",
    "give it `every: 1w`, or remove `after_silence`": "let it repeat first, or leave both of these empty",
    "write more days than the step's own `every`, in whole days or weeks": "write more days than it repeats by, as 2w",
    "`min`": "the lowest number",
    "`max`": "the highest number",
    "`choices` goes with": "words to choose from go with",
    "`answer: number`": "“A number”",
    "`answer: choice`": "“One of some words”",
}
"""What this page calls the keys of the file, wherever the file's reader names them."""

ROADS: Mapping[tuple[bool, bool], str] = {
    (True, True): "by email and text",
    (True, False): "by email",
    (False, True): "by text",
    (False, False): "by nothing yet",
}


def add_to(door: Door) -> None:
    """These pages."""
    door.page("/console/drafts/{id}/form/{name}/ask", Permission.WRITE, _ask)
    door.deed("/console/drafts/{id}/form/{name}/ask", Permission.WRITE, _save)


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerLine:
    """One thing that an answer may lead to, as the list shows it."""

    name: str
    """As the whole sequence calls it."""
    words: str
    condition: str
    when: str
    by: str
    asks: bool


def _ask(visit: Visit) -> Page:
    draft = opened(visit)
    placed = placed_of(draft, visit.path["name"]) if draft else None
    return shown(visit, draft, Told()) if draft and placed else MISSING


def _save(visit: Visit) -> Page:
    draft = opened(visit)
    placed = placed_of(draft, visit.path["name"]) if draft else None
    if draft is None:
        return MISSING
    if placed is None:
        return lost(visit, draft)
    told = _refused(visit, draft, placed)
    if told is None:
        draft, told = sent(
            visit, draft, lambda: _amended(visit, draft, placed), lambda text: _wrong(draft, placed, text)
        )
    return shown(visit, draft, told)


def _amended(visit: Visit, draft: Draft, placed: Placed) -> Files:
    text = draft.files[SEQUENCE]
    is_gone = visit.form.get("do") == "remove"
    return {**draft.files, SEQUENCE: without_ask(text, placed) if is_gone else with_ask(text, placed, visit.form)}


def _wrong(draft: Draft, placed: Placed, text: str) -> Errors:
    found = wrong_in(draft, text, (*placed.loc, "ask"), ask_field_of)
    return {name: [_as_called_here(one) for one in said] for name, said in found.items()}


def _as_called_here(message: str) -> str:
    for key, label in LABELS.items():
        message = message.replace(key, label)
    return message


def _refused(visit: Visit, draft: Draft, placed: Placed) -> Told | None:
    """What the form itself can say better than the reader of the file."""
    if visit.form.get("do") == "remove":
        return None
    old, new = str((placed.asks or {}).get("id", "")), visit.form.get("id", "").strip()
    if not new:
        return not_so(visit, id="A question needs a name, such as pain.")
    silence = {name: visit.form.get(name, "").strip() for name in SILENCE}
    if any(silence.values()) and not all(silence.values()):
        empty = next(name for name, value in silence.items() if not value)
        return not_so(visit, **{empty: "Both are needed: after how many times, and how often from then on."})
    try:
        from_lines(visit.form.get("choices", ""))
    except CannotAmend as refusal:
        return not_so(visit, choices=str(refusal))
    if old in ("", new) or "sure" in visit.form or not _is_live(visit, draft, placed):
        return None
    says = f"{old} is live. Called {new}, it is another question: what patients have answered stays with {old}."
    return Told(typed=visit.form, errors={"id": [says]}, asks_if_sure=True, status=422)


def _is_live(visit: Visit, draft: Draft, placed: Placed) -> bool:
    live = live_version(visit, draft)
    step = live.step(placed.name) if live else None
    return bool(step and step.ask)


def shown(visit: Visit, draft: Draft, told: Told) -> Page:
    """The page of one question, or of a step that has none yet."""
    placed = placed_of(draft, visit.path["name"])
    if placed is None:
        return lost(visit, draft)
    asks = placed.asks or {}
    known = ask_fields(asks)
    values = {**told.around(draft), "placed": placed, "fields": told.over(known), "differs": told.differs(known)}
    values |= {"has_question": bool(asks), "beyond": beyond_ask(asks), "answers": ANSWERS}
    values |= {"is_live": _is_live(visit, draft, placed), "lines": _lines(draft, placed)}
    values |= {"repeats": "every" in placed.tree, "found": said_within(visit, draft, (*placed.loc, "ask"))}
    values |= {"back": address(draft, placed)}
    return Page(name="form_ask", values=values, status=told.status)


def address(draft: Draft, placed: Placed) -> str:
    """Where the page of a step is, or of what is said to an answer."""
    return f"/console/drafts/{draft.id}/form/{placed.name}{'' if placed.is_step else '/said'}"


def _lines(draft: Draft, placed: Placed) -> Sequence[AnswerLine]:
    sequence = sequence_of(draft)
    return [_line(one, sequence.step(one.name) if sequence else None) for one in led_to(placed)]


def _line(placed: Placed, read: Step | None) -> AnswerLine:
    tree = placed.tree
    condition = in_plain_words(read.follows.when) if read and read.follows and read.follows.when else ""
    return AnswerLine(
        name=placed.name,
        words=placed.words,
        condition=condition or str(tree.get("if", "")),
        when=_after(read) if read else "",
        by=ROADS[bool(tree.get("email")), bool(tree.get("sms"))],
        asks=placed.asks is not None,
    )


def _after(step: Step) -> str:
    """`at once`, `1 day after the answer, at 10:00`."""
    if not step.offset.days:
        return f"{length(step.offset.elapsed)} after the answer" if step.offset.elapsed else "at once"
    at = f", at {step.at:%H:%M}" if step.at else ""
    return f"{length(timedelta(days=step.offset.days) + step.offset.elapsed)} after the answer{at}"
