"""A message as one patient would read it, real or invented, and when it would go: for whoever writes it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from drip.app import App
from drip.content.context import Values, values_for
from drip.content.examples import Situation, timeline
from drip.content.folder import Folder
from drip.content.marking import as_marked_html, pieces
from drip.content.render import RenderError, TemplateError, TemplateSet
from drip.content.samples import LONG_NAME, NAMES, sample_objects, sample_patient
from drip.content.sms import SmsSize, measure
from drip.content.sms_length import TooLong, too_long
from drip.core.clinic import Site, hours_for
from drip.core.condition import Objects
from drip.core.model import Channel
from drip.core.patient import Patient
from drip.core.plan import Wanted
from drip.core.sequence import Sequence as Written
from drip.core.sequence import Step
from drip.core.window import Hours
from drip.store import enrolments
from drip.store.database import Tx
from drip.store.enrolments import EnrolmentRow
from drip.store.links import make_token, make_view_token
from drip.store.patients import PatientRow

ORDINARY = "ordinary name"
INVENTED: Mapping[str, tuple[str, str]] = {ORDINARY: ("Amina", "Shah"), **NAMES}
"""Whom there is to try words on."""

_NOBODY = "0" * 32
_NOWHERE = "0" * 40


@dataclass(frozen=True, slots=True, kw_only=True)
class Times:
    """What a plan counts from, and when the patient joins. UTC."""

    anchor: datetime
    joined: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """Somebody who would read it."""

    patient: Patient = field(repr=False)
    site: Site
    objects: Objects = field(repr=False)
    times: Times
    is_real: bool = False
    """Then conditions are asked; of somebody invented each is taken to hold."""
    is_enrolled: bool = False
    """The visit is their own, and not an invented one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A message in words, with what was filled in marked."""

    path: str
    """Where its words are written."""
    text: Sequence[tuple[str, bool]] = field(repr=False)
    """In pieces, each with whether it was filled in; so is the subject."""
    subject: Sequence[tuple[str, bool]] = field(default=(), repr=False)
    html: str = field(default="", repr=False)
    size: SmsSize | None = None
    longest: SmsSize | None = None
    """With the longest name that it is tried on."""
    too_long: TooLong | None = None
    """What the checker would have taken out of it, as shown or with the longest name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Nothing:
    """There are no words to show, and why."""

    why: str


def invented(app: App, who: str, language: str, times: Times) -> Reader:
    """One of the invented patients; the ordinary one where nobody is called that."""
    patient, site = sample_patient(INVENTED.get(who, INVENTED[ORDINARY]), language), app.clinic.sites[0]
    return Reader(patient=patient, site=site, objects=sample_objects(app.clinic, _local(site, times), {}), times=times)


def somebody(app: App, tx: Tx, row: PatientRow, sequence: str, times: Times, sites: frozenset[str]) -> Reader:
    """A real patient, at their own visit if they are or were in the sequence; else at an invented one.

    `sites`: the only ones whose enrolments may be looked at; empty is all.
    """
    found = enrolments.of_patients(tx, {row.id: row.data_key})[row.id]
    seen = [one for one in found if not sites or one.site in sites]
    own = [one for one in seen if one.sequence == sequence]
    newest = (own or seen)[-1] if seen else None
    site = app.clinic.site(newest.site if newest else None)
    if own and own[-1].anchor_at:
        times = Times(anchor=own[-1].anchor_at, joined=own[-1].enrolled_at)
    return Reader(
        patient=row.patient,
        site=site,
        objects=_objects(app, row, own[-1] if own else None, site, times),
        times=times,
        is_real=True,
        is_enrolled=bool(own),
    )


def _objects(app: App, row: PatientRow, enrolment: EnrolmentRow | None, site: Site, times: Times) -> Objects:
    patient = {**row.patient.facts, "age": row.patient.age_on(_local(site, times).date())}
    told = {"patient": patient, "replies": row.patient.replies, "site": {"id": site.id, "name": site.name}}
    stand_in = {} if enrolment and enrolment.objects else sample_objects(app.clinic, _local(site, times), {})
    return {**stand_in, **(enrolment.objects if enrolment else {}), **told}


def _local(site: Site, times: Times) -> datetime:
    return times.anchor.astimezone(site.zone)


def planned(sequence: Written, reader: Reader) -> tuple[list[Wanted], Hours]:
    """Every message of the sequence for this reader, with its time or why it is skipped; and the clock that decides."""
    hours = hours_for(sequence, reader.site, reader.patient.zone)
    situation = Situation(
        anchor=reader.times.anchor,
        hours=hours,
        now=reader.times.joined,
        objects=reader.objects if reader.is_real else None,
        reminds_itself=reader.site.reminds_itself,
    )
    return timeline(sequence, situation), hours


def languages_of(folder: Folder, sequence: Written) -> list[str]:
    """Those that any of its words are written in."""
    own = {path: text for path, text in folder.sources.items() if path.startswith(f"{sequence.id}/")}
    return sorted(TemplateSet(own).languages)


def show(app: App, folder: Folder, step: Step, channel: Channel, reader: Reader) -> Shown | Nothing:
    """What a step says to this reader on a channel. `folder`: with the step's sequence as its last."""
    sequence = folder.sequences[-1].sequence
    name = step.template(channel)
    if sequence is None or name is None:
        return Nothing(why="this step does not go by that channel")
    templates = TemplateSet(folder.sources)
    path = templates.find(sequence.id, name, channel, reader.patient.language)
    if path is None:
        return Nothing(why=f"there are no words `{name}` for it yet")
    values = _values(app, channel, reader)
    try:
        words = templates.render(path, values)
        marked = TemplateSet(folder.sources, shows_gaps=True).render(path, values)
    except (RenderError, TemplateError) as problem:
        return Nothing(why=str(problem))
    if channel is Channel.SMS:
        written = [folder.sources.get(one, "") for one in templates.paths_used(path)]
        size, longest = measure(words.text), _longest(app, templates, path, reader)
        over = _over(app, size, longest, written)
        return Shown(path=path, text=pieces(marked.text), size=size, longest=longest, too_long=over)
    return Shown(
        path=path,
        text=pieces(marked.text),
        subject=pieces(marked.subject or ""),
        html=as_marked_html(marked.html or ""),
    )


def _over(app: App, size: SmsSize, longest: SmsSize | None, written: Sequence[str]) -> TooLong | None:
    """By the checker's own rule: what must be taken out for the reader, or for the longest name, if that is more."""
    allow = app.clinic.allow
    found = [too_long(size, written, allow, is_longest=False)]
    found += [too_long(longest, written, allow, is_longest=True)] if longest else []
    return max((one for one in found if one), key=lambda one: one.take_out, default=None)


def _values(app: App, channel: Channel, reader: Reader) -> Values:
    values = values_for(app.clinic, reader.site, reader.patient, reader.objects, on=reader.times.anchor)
    return values | links_nowhere(app, channel)


def links_nowhere(app: App, channel: Channel) -> Values:
    """Links as long as a patient's own, and leading nowhere; none where we have no public address."""
    if not app.public_url:
        return {}
    stop = f"{app.public_url}/p/{make_token(app.store.vault, _NOBODY, _NOWHERE, channel)}"
    view = f"{app.public_url}/m/{make_view_token(app.store.vault, _NOBODY, _NOBODY)}"
    return {"links": {"stop": stop, "preferences": stop, "view": view}}


def _longest(app: App, templates: TemplateSet, path: str, reader: Reader) -> SmsSize | None:
    """The size for the longest name at the site where it gets longest."""
    first, last = NAMES[LONG_NAME]
    named = replace(reader.patient, facts={**reader.patient.facts, "first_name": first, "last_name": last})
    sizes = []
    for site in app.clinic.sites:
        values = _values(app, Channel.SMS, replace(reader, patient=named, site=site))
        try:
            sizes.append(measure(templates.render(path, values).text))
        except RenderError:
            continue
    return max(sizes, key=lambda size: (size.parts, size.units), default=None)


def usual_times(sequence: Written | None, now: datetime) -> Times:
    """Times to begin with: a visit far enough ahead for everything before it, or one that is just over."""
    ahead = max((step.offset.days for step in sequence.steps if step.before), default=0) if sequence else 0
    anchor = (now + timedelta(days=ahead + 2)) if ahead else now
    return Times(anchor=anchor, joined=now)
