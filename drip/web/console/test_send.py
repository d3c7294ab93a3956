"""A message to oneself, before a patient gets it: of what is live or of a draft, with invented or real data."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from drip.app import BrokenVersion, compile_version
from drip.content.render import TemplateError
from drip.content.samples import NAMES
from drip.core.model import Channel
from drip.core.role import Permission
from drip.core.sequence import Sequence as Written
from drip.core.spoken import readable
from drip.flows.to_staff import Handed
from drip.flows.trial import Trial, send_trial
from drip.store import drafts, own_addresses, patients
from drip.store.database import Tx
from drip.web.console.door import Door
from drip.web.console.patients import may_see
from drip.web.console.visit import Answer, Onward, Page, Visit

PAGE = "/console/test-send"
WAYS = {Channel.EMAIL: "email", Channel.SMS: "text"}


def add_to(door: Door) -> None:
    """These pages."""
    door.page(PAGE, Permission.WRITE, _form)
    door.deed(PAGE, Permission.WRITE, _send)


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """One message that can be tried."""

    value: str
    """As the form sends it: sequence, draft or nothing, step, channel."""
    words: str


def _form(visit: Visit, wrong: str = "", typed: Mapping[str, str] | None = None) -> Page:
    with visit.app.store.read() as tx:
        own = own_addresses.of_account(tx, visit.person.id)
        groups = _live(visit, tx) | _drafts(tx)
    asked = typed if typed is not None else visit.query
    values = {
        "groups": groups,
        "own": [WAYS[channel] for channel in own],
        "samples": [f"{name} ({' '.join(filter(None, told))})" for name, told in NAMES.items()],
        "wrong": wrong,
        "what": asked.get("what", "")[:400],
        "sample": asked.get("sample", "0"),
        "ref": (typed or {}).get("ref", "")[:200],
    }
    return Page(name="test_send", values=values, status=422 if wrong else 200)


def _live(visit: Visit, tx: Tx) -> dict[str, Sequence[Choice]]:
    live = visit.app.versions.live(tx)
    return {one.sequence.title: _choices(one.sequence, "") for _, one in sorted(live.items())}


def _drafts(tx: Tx) -> dict[str, Sequence[Choice]]:
    """Those that can be read: one with mistakes has no words to try yet."""
    found = {}
    for draft in drafts.unfinished(tx):
        try:
            sequence = compile_version(draft.id, draft.sequence, draft.files).sequence
        except (BrokenVersion, TemplateError, KeyError):
            continue
        found[f"Draft: {sequence.title}"] = _choices(sequence, draft.id)
    return found


def _choices(sequence: Written, draft: str) -> Sequence[Choice]:
    return [
        Choice(
            value=f"{sequence.id}:{draft}:{step.id}:{channel.value}", words=f"{readable(step.id)}, by {WAYS[channel]}"
        )
        for step in sequence.steps
        for channel in step.channels
    ]


def _send(visit: Visit) -> Answer:
    told, ref = visit.form.get("what", "").split(":"), visit.form.get("ref", "").strip()[:200]
    if len(told) != 4 or told[3] not in list(Channel):
        return _form(visit, "Choose which message you want to try.", visit.form)
    patient = _patient(visit, ref) if ref else ""
    if patient is None:
        return _form(visit, "No patient of your sites has this reference.", visit.form)
    sample = visit.form.get("sample", "0")
    trial = Trial(
        sequence=told[0],
        draft=told[1],
        step=told[2],
        channel=Channel(told[3]),
        sample=int(sample) if sample.isdecimal() and len(sample) < 4 else 0,
        patient=patient,
    )
    outcome = send_trial(visit.app, visit.person, trial, visit.now)
    if isinstance(outcome, Handed):
        return Onward(to=PAGE, said=f"{outcome.provider} took it. It is marked [Test] and goes to you alone.")
    return _form(visit, f"Nothing was sent: {outcome.why}.", visit.form)


def _patient(visit: Visit, ref: str) -> str | None:
    with visit.app.store.read() as tx:
        found = patients.find(tx, ref)
        seen = may_see(visit, tx, [one.id for one in found])
    return next((one.id for one in found if one.id in seen), None)
