"""One sequence: what it says and when, who writes at it, and the switch that stops it alone."""

from collections.abc import Sequence
from dataclasses import dataclass

from drip.core import typed
from drip.core.condition_text import as_written
from drip.core.model import Channel, Send
from drip.core.role import Permission
from drip.core.sequence import Sequence as Written
from drip.core.sequence import Step
from drip.core.spoken import ANCHORS, when_it_goes
from drip.core.timing import in_words
from drip.core.whom import whom
from drip.flows.draft import NoDraft, begin
from drip.flows.switches import LONGEST_REASON, pause
from drip.flows.titles import titles
from drip.store import accounts, drafts, statistics, versions
from drip.web.console.door import Door
from drip.web.console.visit import Answer, Onward, Page, Visit

MISSING = Page(name="missing", status=404)


def add_to(door: Door) -> None:
    """These pages."""
    door.page("/console/sequences/{id}", Permission.SEE, _sequence)
    door.deed("/console/sequences/{id}/draft", Permission.WRITE, _begin)
    door.deed("/console/sequences/{id}/pause", Permission.RUN, _pause)


@dataclass(frozen=True, slots=True, kw_only=True)
class StepWords:
    """A step in words."""

    id: str
    when: str
    how: str
    only_if: str = ""


def in_order(sequence: Written) -> Sequence[StepWords]:
    """Its steps, as they stand in the file."""
    return [
        StepWords(
            id=step.id,
            when=when(sequence, step),
            how=_how(step),
            only_if=as_written(step.when) if step.when else "",
        )
        for step in sequence.steps
    ]


def when(sequence: Written, step: Step) -> str:
    """`7 days before the appointment, at 10:00`; what is said to an answer counts from that."""
    if step.follows:
        return f"{in_words(step)}, to an answer to {step.follows.step}"
    return when_it_goes(step, sequence.anchor)


def counted_from(sequence: Written) -> str:
    """`The appointment`: what its times count from."""
    words = ANCHORS[sequence.anchor]
    return words[0].upper() + words[1:]


CHANNELS = {Channel.EMAIL: "email", Channel.SMS: "text"}


def _how(step: Step) -> str:
    names = [CHANNELS[channel] for channel in step.channels]
    return (" and " if step.send is Send.BOTH else ", else ").join(names).capitalize()


def _sequence(visit: Visit) -> Page:
    name = visit.path["id"]
    with visit.app.store.read() as tx:
        live = versions.live(tx).get(name)
        draft = drafts.unfinished_of(tx, name)
        if live is None and draft is None:
            return MISSING
        row = versions.load(tx, [live])[0] if live else None
        written = visit.app.versions.get(tx, [live])[live].sequence if live else None
        named = titles(visit.app, tx)
        names = accounts.names(tx)
        patients = statistics.count_active(tx, visit.person.sites, name).get(name, 0)
    values = {
        "id": name,
        "title": written.title if written else name,
        "anchor": ANCHORS[written.anchor] if written else "",
        "sequence": written,
        "whom": whom(written, named) if written else "",
        "row": row,
        "steps": in_order(written) if written else (),
        "draft": draft,
        "draft_by": names.get(draft.changed_by, "") if draft else "",
        "patients": patients,
        "zone": visit.app.clinic.zone,
    }
    return Page(name="sequence", values=values)


def _begin(visit: Visit) -> Answer:
    try:
        draft = begin(visit.app, visit.path["id"], visit.person, visit.now)
    except NoDraft:
        return MISSING
    return Onward(to=f"/console/drafts/{draft.id}")


def _pause(visit: Visit) -> Answer:
    name, why = visit.path["id"], typed.line(visit.form.get("why", ""), LONGEST_REASON)
    with visit.app.store.read() as tx:
        if name not in versions.live(tx):
            return MISSING
    if not why:
        return Onward(to=_address(name), said="Nothing was paused: say why, so that your colleagues know.")
    told = f"{why} ({visit.person.full_name})"
    pause(visit.app, f"sequence:{name}", told, visit.now, who=visit.person.id)
    return Onward(to=_address(name), said="This sequence is paused. Nothing of it goes until somebody resumes it.")


def _address(name: str) -> str:
    return f"/console/sequences/{name}"
