"""A draft as a form: what the sequence is, and its steps in order, each with when it goes."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial

from drip.content.examples import Situation, timeline
from drip.content.field_findings import within
from drip.content.finding import Finding, Level
from drip.content.sequence_form import beyond_whole
from drip.content.step_form import beyond_form, steps_of
from drip.content.step_tree import all_steps
from drip.content.strict_yaml import Loc
from drip.core.clinic import hours_for
from drip.core.condition_words import in_plain_words
from drip.core.draft import SEQUENCE, Draft
from drip.core.model import AnchorKind, Channel, Send
from drip.core.role import Permission
from drip.core.sequence import Sequence as Written
from drip.core.sequence import Step
from drip.core.spoken import ANCHORS, any_of, what_it_asks, when_it_goes
from drip.core.walltime import instant, wall_clock
from drip.flows.draft import path_of
from drip.web.console.door import Door
from drip.web.console.drafting import Tree, around, findings_of, live_steps, opened, sequence_of, tree_of
from drip.web.console.sequence import MISSING
from drip.web.console.visit import Page, Visit
from drip.web.console.when import full

AHEAD = timedelta(days=28)
"""How far ahead the visit of the example lies: steps before it have time to go."""


def add_to(door: Door) -> None:
    """These pages."""
    door.page("/console/drafts/{id}/form", Permission.WRITE, _form)


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What the checker says, and whether it must be put right."""

    level: Level
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StepLine:
    """One step, as the list shows it."""

    id: str
    when: str
    """In words; empty while the file cannot be read."""
    goes_at: datetime | None
    """In the example."""
    by: str
    condition: str
    asks: str
    """What it asks, in words; empty where it asks nothing."""
    is_live: bool
    said: Sequence[Said]
    beyond: Sequence[str]
    """Keys that the form has no field for."""

    @property
    def errors(self) -> int:
        """How much of what is said must be put right."""
        return sum(one.level == "error" for one in self.said)


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """When each step would go for somebody."""

    anchor: str
    at: datetime
    goes_at: Mapping[str, datetime] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outline:
    """All that is known of a draft's steps."""

    steps: Sequence[StepLine]
    example: Example | None
    rest: Sequence[Said]
    """What the checker says that is about no step."""


def _form(visit: Visit) -> Page:
    draft = opened(visit)
    return shown(visit, draft) if draft else MISSING


def shown(visit: Visit, draft: Draft, **more: object) -> Page:
    """The form's first page, of a draft as it is now."""
    tree, sequence, outline = tree_of(draft), sequence_of(draft), outline_of(visit, draft)
    values = {**around(draft, "form"), "tree": tree, "sequence": sequence, "outline": outline}
    values |= {"full": clock_of(visit), "joins": _joins(sequence), "ends": _ends(sequence), "typed": {}}
    return Page(name="form", values={**values, "beyond": beyond_whole(tree) if tree else (), **more})


def clock_of(visit: Visit) -> Callable[[datetime], str]:
    """How a time reads on the clinic's clock: `Tuesday 3 February at 10:00`."""
    return partial(full, now=visit.now, zone=visit.app.clinic.zone)


def outline_of(visit: Visit, draft: Draft) -> Outline:
    """Its steps in order, each with when it goes and what is wrong with it."""
    sequence, findings = sequence_of(draft), findings_of(visit, draft)
    example = _example(visit, sequence) if sequence else None
    steps = list(steps_of(tree_of(draft)))
    about_steps = {step["id"]: within_steps(findings, draft, ("steps", position)) for position, step in steps}
    told = {one for found in about_steps.values() for one in found}
    live = live_steps(visit, draft)
    lines = [_line(step, about_steps[step["id"]], (sequence, example), live) for _, step in steps]
    rest = [_said(one, is_placed=True) for one in findings if one not in told]
    return Outline(steps=lines, example=example, rest=rest)


def _line(
    step: Tree, findings: Sequence[Finding], known: tuple[Written | None, Example | None], live: frozenset[str]
) -> StepLine:
    sequence, example = known
    read = sequence.step(step["id"]) if sequence else None
    return StepLine(
        id=step["id"],
        when=when_it_goes(read, sequence.anchor) if sequence and read else "",
        goes_at=example.goes_at.get(step["id"]) if example else None,
        by=_by(step),
        condition=in_plain_words(read.when) if read and read.when else "",
        asks=_asks(step, read),
        is_live=step["id"] in live,
        said=list(dict.fromkeys(_said(one) for one in findings)),
        beyond=beyond_form(step),
    )


def _asks(step: Tree, read: Step | None) -> str:
    if read and read.ask:
        return what_it_asks(read.ask)
    return "something that cannot be read yet" if "ask" in step else ""


def _by(step: Mapping[str, object]) -> str:
    named = [name for channel, name in _ROADS.items() if step.get(channel)]
    if len(named) > 1:
        return _ONE_OF_TWO.get(str(step.get("send")), "email and text")
    return "".join(named) or "nothing yet"


_ROADS = {Channel.EMAIL: "email", Channel.SMS: "text"}
_ONE_OF_TWO = {Send.EMAIL_THEN_SMS.value: "email, else text", Send.SMS_THEN_EMAIL.value: "text, else email"}


def within_steps(findings: Sequence[Finding], draft: Draft, loc: Loc) -> Sequence[Finding]:
    """What the checker says of a step, or of a part of one: where it is written, and of all words that it names."""
    own = [one for one in findings if one.path == path_of(draft)]
    trees = [one.tree for one in all_steps(tree_of(draft)) if one.loc[: len(loc)] == loc]
    starts = tuple(f"templates/{draft.sequence}/{tree[one]}." for tree in trees for one in Channel if tree.get(one))
    words = [one for one in findings if starts and one.path.startswith(starts)]
    return [*within(own, draft.files[SEQUENCE], loc), *words]


def said_within(visit: Visit, draft: Draft, loc: Loc) -> Sequence[Said]:
    """The same, as a page says it."""
    return list(dict.fromkeys(_said(one) for one in within_steps(findings_of(visit, draft), draft, loc)))


def _said(finding: Finding, *, is_placed: bool = False) -> Said:
    """With its file and line, but for what stands in the fields of its own step."""
    is_placed = is_placed or finding.path.startswith("templates/")
    place = f"{finding.path.rpartition('/')[2]}, line {finding.line}: " if is_placed else ""
    return Said(level=finding.level, words=f"{place}{finding.message}")


def _joins(sequence: Written | None) -> str:
    if sequence is None:
        return ""
    condition = f", if {in_plain_words(sequence.enrol.when)}" if sequence.enrol.when else ""
    return f"A patient joins when {any_of(sequence.enrol.on)}{condition}."


def _ends(sequence: Written | None) -> str:
    if sequence is None:
        return ""
    told = [any_of(sequence.ends.on)] if sequence.ends.on else []
    others = ", ".join(sorted(sequence.ends.when_enrolled_in))
    told += [f"the patient joins one of these: {others}"] if others else []
    return f"Early, when {', or when '.join(told)}." if told else "Only with its last step."


def _example(visit: Visit, sequence: Written) -> Example:
    """Somebody whose visit is four weeks ahead, at ten; or who joins today, where it counts from that."""
    clinic = visit.app.clinic
    hours = hours_for(sequence, clinic.site(None), None)
    day = wall_clock(visit.now, hours.zone).replace(hour=10, minute=0, second=0, microsecond=0)
    is_now = sequence.anchor in (AnchorKind.ENROLLED, AnchorKind.BOOKED)
    anchor = visit.now if is_now else instant(day + AHEAD, hours.zone)
    goes_at: dict[str, datetime] = {}
    for message in timeline(sequence, Situation(anchor=anchor, hours=hours, now=visit.now)):
        goes_at.setdefault(message.step, message.due_at)
    return Example(anchor=ANCHORS[sequence.anchor], at=anchor, goes_at=goes_at)
