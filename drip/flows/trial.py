"""A test of a message: a step's words with an invented or a real patient's data, to the address of whoever asked.

It goes by the provider that messages go by. No plan knows of it, no patient is counted for it, and its links lead
nowhere, so that nobody stops a patient's messages by trying them.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from drip.app import App, BrokenVersion, Published, compile_version
from drip.content.context import Values, values_for
from drip.content.render import RenderError, TemplateError
from drip.content.samples import sample_values
from drip.content.sms import measure
from drip.core.condition import Objects
from drip.core.letter import Words
from drip.core.model import Channel
from drip.core.role import Person
from drip.flows.draft import all_files, folder_in
from drip.flows.to_staff import Handed, NotHanded, hand_over
from drip.store import audit, drafts, enrolments, own_addresses, patients, versions
from drip.store.audit import Deed
from drip.store.database import Tx
from drip.store.links import make_token, make_view_token

MARK = "[Test] "
MOST = 30
"""Tests in an hour, by one person."""

_NOBODY, _NOWHERE = "0" * 32, "0" * 40


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """What is tried, and with whose data."""

    sequence: str
    """Of which the live version is tried; where `draft` names one, that."""
    draft: str = ""
    step: str
    channel: Channel
    sample: int = 0
    """Which of the invented patients, where no real one is named."""
    patient: str = ""
    """A real patient's id."""


def send_trial(app: App, person: Person, trial: Trial, now: datetime) -> Handed | NotHanded:
    """Send it, and write down that it was asked for."""
    # Gather
    with app.store.read() as tx:
        own = own_addresses.of_account(tx, person.id).get(trial.channel)
        version = _version(app, tx, trial)
        values = _values(app, tx, person, trial, now)
    if own is None:
        return NotHanded("you have no address of your own for it yet")
    if isinstance(version, NotHanded):
        return version
    if isinstance(values, NotHanded):
        return values
    # Decide
    words = _words(version, trial, values)
    if isinstance(words, NotHanded):
        return words
    # Apply
    if not app.store.attempt(lambda tx: _noted(tx, person, trial, now)):
        return NotHanded(f"{MOST} tests within an hour are enough: wait a little")
    return hand_over(app, trial.channel, own, words, now)


def _version(app: App, tx: Tx, trial: Trial) -> Published | NotHanded:
    if not trial.draft:
        live = versions.live(tx).get(trial.sequence)
        return app.versions.get(tx, [live])[live] if live else NotHanded("this sequence is not live")
    draft = drafts.load(tx, trial.draft)
    if draft is None:
        return NotHanded("there is no such draft any more")
    try:
        return compile_version(draft.id, draft.sequence, all_files(folder_in(app, tx, draft), draft))
    except (BrokenVersion, TemplateError, KeyError):
        return NotHanded("this draft has mistakes: mend them first")


def _values(app: App, tx: Tx, person: Person, trial: Trial, now: datetime) -> Values | NotHanded:
    if trial.patient:
        values = _real(app, tx, person, trial, now)
    else:
        samples = sample_values(app.clinic, app.clinic.sites[0])
        values = dict(samples[min(trial.sample, len(samples) - 1)][1])
    if isinstance(values, NotHanded) or not app.public_url:
        return values
    stop = f"{app.public_url}/p/{make_token(tx.vault, _NOBODY, _NOWHERE, trial.channel)}"
    view = f"{app.public_url}/m/{make_view_token(tx.vault, _NOBODY, _NOBODY)}"
    return {**values, "links": {"stop": stop, "preferences": stop, "view": view}}


def _real(app: App, tx: Tx, person: Person, trial: Trial, now: datetime) -> Values | NotHanded:
    """A patient who is or was in the sequence, at a site that this person sees."""
    row = patients.readable(tx, [trial.patient]).get(trial.patient)
    enrolled = enrolments.of_patients(tx, {row.id: row.data_key})[row.id] if row else []
    seen = [one for one in enrolled if person.sees(one.site)]
    own = [one for one in seen if one.sequence == trial.sequence]
    if row is None or not seen:
        return NotHanded("there is no such patient, or they are of a site that you do not see")
    if not own:
        return NotHanded("this patient is not in the sequence: choose somebody who is, or somebody invented")
    site = app.clinic.site(own[-1].site)
    on = (own[-1].anchor_at or own[-1].enrolled_at).astimezone(site.zone).date()
    told: Objects = {"patient": {**row.patient.facts, "age": row.patient.age_on(on)}, "replies": row.patient.replies}
    return values_for(app.clinic, site, row.patient, {**own[-1].objects, **told}, on=now)


def _words(version: Published, trial: Trial, values: Values) -> Words | NotHanded:
    step = version.sequence.step(trial.step)
    name = step.template(trial.channel) if step else None
    path = version.templates.find(version.sequence.id, name or "", trial.channel, _language(values))
    if not name or path is None:
        return NotHanded("this step has no words for that channel")
    try:
        return marked(version.templates.render(path, values))
    except (RenderError, TemplateError):
        return NotHanded("the words could not be made for this patient")


def _language(values: Values) -> str | None:
    patient = values.get("patient", {})
    told = patient.get("language") if isinstance(patient, Mapping) else None
    return str(told) if told else None


def marked(words: Words) -> Words:
    """The same, so that nobody takes it for a message to a patient."""
    if words.subject is not None:
        return replace(words, subject=MARK + words.subject)
    return replace(words, text=MARK + words.text, parts=measure(MARK + words.text).parts)


def _noted(tx: Tx, person: Person, trial: Trial, now: datetime) -> bool:
    about = f"account:{person.id}"
    audit.lock(tx)  # else many at once would all be counted before any is written down
    if audit.count_since(tx, about, "test_asked", now - timedelta(hours=1)) >= MOST:
        return False
    told = {"sequence": trial.sequence, "step": trial.step, "channel": trial.channel.value}
    told |= {"draft": trial.draft} if trial.draft else {}
    audit.write(tx, Deed(who=person.id, deed="test_asked", about=about, detail=told), now)
    if trial.patient:  # their data left the console: it stands in their own trail as well
        audit.write(tx, Deed(who=person.id, deed="used_in_test", about=f"patient:{trial.patient}", detail=told), now)
    return True
