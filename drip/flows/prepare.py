"""Claimed messages -> words: everything that the gate and the call will need, read and rendered in bulk."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from drip.app import App, Published
from drip.content.context import values_for
from drip.content.render import RenderError, TemplateError
from drip.core.clinic import Site, hours_for
from drip.core.condition import Objects
from drip.core.gate import Candidate
from drip.core.letter import Words
from drip.core.model import Channel
from drip.core.patient import time_in
from drip.core.reason import Reason
from drip.core.schedule import placements
from drip.core.sequence import Step
from drip.core.walltime import local_date
from drip.core.window import ANY, Hours
from drip.flows.fallback import Editions, editions
from drip.store import blind, enrolments, patients
from drip.store.database import Tx
from drip.store.enrolments import EnrolmentRow
from drip.store.links import make_token, make_view_token
from drip.store.outgoing import Claimed
from drip.store.patients import PatientRow
from drip.store.vault import CannotUnseal

HELD_BACK = frozenset({Reason.INTERLOCK, Reason.PAUSED, Reason.AWAITING_APPROVAL, Reason.REVIEW_DUE})
"""What held a message back when it was last looked at will most likely do so again. It asks every hour: of all messages
that are claimed, most are those that an interlock holds."""

UNWORDED = Words(text="")


@dataclass(frozen=True, slots=True, kw_only=True)
class Ready:
    """A claimed message with its patient, its enrolment and its words."""

    claimed: Claimed
    person: PatientRow
    enrolment: EnrolmentRow
    published: Published
    words_from: Published
    """Whose words these are: of safety, perhaps the last approved ones."""
    step: Step
    site: Site
    hours: Hours
    objects: Objects = field(repr=False)
    words: Words = field(repr=False)
    """UNWORDED where it was held back before: words are made once it may go."""
    addresses: Mapping[Channel, str] = field(repr=False)
    """Where this patient is reached today, on each channel that they can be reached on."""
    contacts: Mapping[Channel, str] = field(default_factory=dict)
    """The blind id of each of these addresses."""
    stop_url: str | None = field(default=None, repr=False)
    """Where mail programs stop it with one click, if we have a public address."""

    def candidate(self, *, is_paused: bool, is_approved: bool, unanswered: Sequence[datetime] = ()) -> Candidate:
        """What the gate is asked about."""
        return Candidate(
            id=self.claimed.id,
            sequence=self.published.sequence,
            step=self.step,
            channel=self.claimed.channel,
            purpose=self.claimed.purpose,
            planned_for=self.claimed.planned_for,
            expires_at=self.claimed.expires_at,
            hours=self.hours,
            caps=self.site.caps,
            objects=self.objects,
            visit_at=self._visit_at(),
            ended=self.enrolment.reason or None,
            is_current=self._is_current(),
            is_paused=is_paused,
            is_approved=is_approved,
            fell_back=self.words_from.id != self.published.id,
            unanswered=tuple(local_date(at, self.hours.zone) for at in unanswered),
            turned=self.claimed.turned,
        )

    def _visit_at(self) -> datetime | None:
        """The visit it speaks of; of a visit that moved, the time at which the patient would still come, if sooner."""
        told = [time_in(self.enrolment.objects.get(name, {}), "starts_at") for name in ("appointment", "previous")]
        ahead = [at for at in told if at and at > self.claimed.planned_for]
        return min(ahead, default=told[0])

    def _is_current(self) -> bool:
        """Whether the plan would still put it here. The planner sees to that, except while a message is in flight."""
        claimed, anchor = self.claimed, self.enrolment.anchor_at
        if self.step.before and claimed.revision != self.enrolment.revision:
            return False
        if claimed.attempt_id is None or anchor is None or self.step.follows:
            return True
        places = placements(self.step, anchor, self.hours)
        return any(one.occurrence == claimed.occurrence and one.planned_for == claimed.planned_for for one in places)


@dataclass(frozen=True, slots=True)
class Spoiled:
    """A message whose words could not be made, and why, without a word about the patient."""

    claimed: Claimed
    why: str
    is_unreadable: bool = False
    """What is kept of the patient cannot be unsealed: nothing is wrong with the message itself."""


def prepare(app: App, claimed: Sequence[Claimed], now: datetime) -> tuple[list[Ready], list[Spoiled]]:
    """Words for each message. A template that fails for one patient spoils that message only."""
    ready: list[Ready] = []
    spoiled: list[Spoiled] = []
    with app.store.read() as tx:
        people, rows = _read(tx, claimed)
        versions = editions(app, tx, claimed, now)
    for one in claimed:
        if one.patient_id not in people or one.enrolment_id not in rows:
            spoiled.append(Spoiled(one, "the record cannot be unsealed", is_unreadable=True))
            continue
        person, row = people[one.patient_id], rows[one.enrolment_id]
        try:
            ready.append(_prepare(app, one, person, row, versions[one.id], now))
        except (RenderError, TemplateError) as problem:
            spoiled.append(Spoiled(one, str(problem)))
        except Exception as problem:  # one patient's facts must not hold up the batch
            spoiled.append(Spoiled(one, type(problem).__name__))
    return ready, spoiled


def _read(tx: Tx, claimed: Sequence[Claimed]) -> tuple[dict[str, PatientRow], dict[str, EnrolmentRow]]:
    """Everyone's records at once; one by one, without those that cannot be unsealed, where there is one."""
    try:
        people = patients.load(tx, (one.patient_id for one in claimed))
        keys = {patient_id: row.data_key for patient_id, row in people.items()}
        return people, enrolments.load(tx, (one.enrolment_id for one in claimed), keys)
    except CannotUnseal:
        if len(claimed) == 1:
            return {}, {}
    alone = [_read(tx, [one]) for one in claimed]
    everyone = {patient_id: person for people, _ in alone for patient_id, person in people.items()}
    return everyone, {enrolment_id: row for _, rows in alone for enrolment_id, row in rows.items()}


def _prepare(app: App, one: Claimed, person: PatientRow, row: EnrolmentRow, versions: Editions, now: datetime) -> Ready:
    """RenderError when the words cannot be made for this patient."""
    published, site = versions.own, app.clinic.site(row.site)
    hours = hours_for(published.sequence, site, person.patient.zone)
    today = local_date(now, hours.zone)
    words_from = versions.for_words_of(one, today, is_live=app.live)
    step, path = published.sequence.step(one.step), _template(words_from, one, person.patient.language)
    if step is None or path is None:
        raise RenderError("this version has no words for the step")
    objects = _objects(person, row, site)
    addresses = person.patient.addresses(today)
    contacts = {channel: blind.blind_address(app.store.vault, channel, to) for channel, to in addresses.items()}
    ready = Ready(
        claimed=one,
        person=person,
        enrolment=row,
        published=published,
        words_from=words_from,
        step=step,
        site=site,
        hours=replace(hours, window=ANY) if step.answers_at_once else hours,
        objects=objects,
        words=UNWORDED,
        addresses=addresses,
        contacts=contacts,
    )
    return ready if one.reason in HELD_BACK else _worded(app, ready, path, now)


def _worded(app: App, ready: Ready, path: str, now: datetime) -> Ready:
    """With its words, and where it can be stopped. RenderError when they cannot be made for this patient."""
    person, claimed = ready.person.patient, ready.claimed
    stop_url = _stop_url(app, claimed, ready.contacts)
    values = values_for(app.clinic, ready.site, person, ready.objects, on=now)
    if stop_url:
        values["links"] = {"stop": stop_url, "preferences": stop_url, "view": _view_url(app, claimed)}
    words = ready.words_from.templates.render(path, values)
    return replace(ready, words=replace(words, html=None) if person.wants_plain_emails else words, stop_url=stop_url)


def _template(version: Published, one: Claimed, language: str | None) -> str | None:
    step = version.sequence.step(one.step)
    name = step.template(one.channel) if step else None
    return version.templates.find(one.sequence, name or "", one.channel, language)


def _stop_url(app: App, one: Claimed, contacts: Mapping[Channel, str]) -> str | None:
    """The patient's own page for this address. Without a public address of ours, words say to call or write."""
    contact = contacts.get(one.channel)
    if not app.public_url or contact is None:
        return None
    return f"{app.public_url}/p/{make_token(app.store.vault, one.patient_id, contact, one.channel)}"


def _view_url(app: App, one: Claimed) -> str:
    """Where the patient reads this message in a browser."""
    return f"{app.public_url}/m/{make_view_token(app.store.vault, one.patient_id, one.id)}"


def _objects(person: PatientRow, row: EnrolmentRow, site: Site) -> Objects:
    """What conditions look at, with the facts of this moment; the age is at the anchor."""
    on = (row.anchor_at or row.enrolled_at).astimezone(site.zone).date()
    patient = {**person.patient.facts, "age": person.patient.age_on(on)}
    told = {"patient": patient, "replies": person.patient.replies, "site": {"id": site.id, "name": site.name}}
    return {**row.objects, **told}
