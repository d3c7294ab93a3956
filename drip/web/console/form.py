"""A draft as a form: what the sequence is, and its steps in order, each with when it goes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from drip.content.examples import Situation, timeline
from drip.content.field_findings import about
from drip.content.finding import Finding
from drip.content.sequence_form import beyond_whole
from drip.content.step_form import beyond_form, steps_of
from drip.core.clinic import hours_for
from drip.core.condition_words import in_plain_words
from drip.core.draft import SEQUENCE, Draft
from drip.core.model import AnchorKind, Channel, Send
from drip.core.role import Permission
from drip.core.sequence import Sequence as Written
from drip.core.spoken import ANCHORS, any_of, when_it_goes
from drip.core.walltime import instant, wall_clock
from drip.flows.draft import check, folder_of, path_of
from drip.web.console.door import Door
from drip.web.console.drafting import Tree, around, live_steps, opened, tree_of
from drip.web.console.visit import Page, Visit

NOBODY = Page(name="nobody", status=404)

AHEAD = timedelta(days=28)
"""How far ahead the visit of the example lies: steps before it have time to go."""


def add_to(door: Door) -> None:
    """These pages."""
    door.page("/console/drafts/{id}/form", Permission.WRITE, _form)


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
    is_live: bool
    problems: Sequence[str]
    beyond: Sequence[str]
    """Keys that the form has no field for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """When each step would go for somebody."""

    anchor: str
    at: datetime
    goes_at: Mapping[str, datetime] = field(default_factory=dict)


def _form(visit: Visit) -> Page:
    draft = opened(visit)
    return shown(visit, draft) if draft else NOBODY


def shown(visit: Visit, draft: Draft, **more: object) -> Page:
    """The form's first page, of a draft as it is now."""
    tree, sequence = tree_of(draft), folder_of(visit.app, draft).sequences[-1].sequence
    values = {**around(draft, "form"), "steps": (), "readable": tree is not None, "sequence": sequence}
    values |= {"zone": visit.app.clinic.zone, "joins": _joins(sequence), "ends": _ends(sequence), "beyond": ()}
    findings = check(visit.app, draft, visit.now)
    if tree is None:
        return Page(name="form", values={**values, "findings": findings, **more})
    example = _example(visit, sequence) if sequence else None
    values |= {"steps": _lines(visit, draft, tree, findings, (sequence, example)), "example": example, "tree": tree}
    values |= {"findings": _of_the_whole(findings, draft, tree), "beyond": beyond_whole(tree)}
    return Page(name="form", values={**values, **more})


def _lines(
    visit: Visit,
    draft: Draft,
    tree: Tree,
    findings: Sequence[Finding],
    known: tuple[Written | None, Example | None],
) -> Sequence[StepLine]:
    sequence, example = known
    live, told = live_steps(visit, draft), []
    for position, step in steps_of(tree):
        read = sequence.step(step["id"]) if sequence else None
        line = StepLine(
            id=step["id"],
            when=when_it_goes(read, sequence.anchor) if sequence and read else "",
            goes_at=example.goes_at.get(step["id"]) if example else None,
            by=_by(step),
            condition=in_plain_words(read.when) if read and read.when else "",
            is_live=step["id"] in live,
            problems=of_step(findings, draft, position, step),
            beyond=beyond_form(step),
        )
        told.append(line)
    return told


def _by(step: Mapping[str, object]) -> str:
    named = [name for channel, name in _ROADS.items() if step.get(channel)]
    if len(named) > 1:
        return _ONE_OF_TWO.get(str(step.get("send")), "email and text")
    return "".join(named) or "nothing yet"


_ROADS = {Channel.EMAIL: "email", Channel.SMS: "text"}
_ONE_OF_TWO = {Send.EMAIL_THEN_SMS.value: "email, else text", Send.SMS_THEN_EMAIL.value: "text, else email"}


def of_step(findings: Sequence[Finding], draft: Draft, position: int, step: Mapping[str, object]) -> Sequence[str]:
    """What the checker says of one step: where it is written, and of its words."""
    text = draft.files[SEQUENCE]
    own = about([one for one in findings if one.path == path_of(draft)], text, ("steps", position))
    starts = tuple(f"templates/{draft.sequence}/{step[one]}." for one in Channel if step.get(one))
    words = [_of_words(one) for one in findings if starts and one.path.startswith(starts)]
    return [*(message for messages in own.values() for message in messages), *words]


def _of_words(finding: Finding) -> str:
    return f"{finding.path.rpartition('/')[2]}, line {finding.line}: {finding.message}"


def _of_the_whole(findings: Sequence[Finding], draft: Draft, tree: Tree) -> Sequence[str]:
    """What the checker says that is shown at no step."""
    shown = {line for position, step in steps_of(tree) for line in of_step(findings, draft, position, step)}
    return [one.message for one in findings if one.message not in shown and _of_words(one) not in shown]


def _joins(sequence: Written | None) -> str:
    if sequence is None:
        return ""
    condition = f", if {in_plain_words(sequence.enrol.when)}" if sequence.enrol.when else ""
    return f"Whoever it is about when {any_of(sequence.enrol.on)}{condition}."


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
