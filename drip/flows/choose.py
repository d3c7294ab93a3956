"""A patient's own page: what they get now, and what they choose instead. Their word is an event in their history.

A link shows and changes a patient's choices only while its address is still theirs: whoever has that address by now
may stop what comes there, and nothing else.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from drip.app import App
from drip.clock import order
from drip.core.choice import CHOOSABLE, Choice, Consents, chosen_in
from drip.core.event import Event, replay
from drip.core.model import Channel, EventKind, merged
from drip.core.patient import Patient, Standing
from drip.flows.own_event import own_event
from drip.flows.resolve import event_of
from drip.store import addresses, events, patients
from drip.store.database import Tx
from drip.store.events import NewEvent
from drip.store.ids import new_id
from drip.store.links import Link
from drip.store.patients import STAFF, PatientRow

ENGLISH = "en"
"""The language of templates whose name does not say one."""

MOST_A_DAY = 30
"""Whoever changes their mind more often than this is a script."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """What a patient can choose, as it stands."""

    channels: tuple[Channel, ...]
    """Those that can be chosen: the link's first, then the other one if this patient has it and it is open."""
    consents: Consents = field(repr=False)
    languages: tuple[str, ...]
    """Those that live sequences have words in."""
    language: str
    has_email: bool
    wants_plain_emails: bool
    wants_large_print: bool


class TooOften(Exception):
    """So many choices within a day are nobody's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Known:
    """A patient whose address the link still is."""

    row: PatientRow
    history: Sequence[Event]
    patient: Patient = field(repr=False)
    closed: frozenset[Channel]


def offer(app: App, link: Link) -> Offer | None:
    """What this link's patient can choose; None where the address is not theirs any more."""
    with app.store.read() as tx:
        known = _known(app, tx, link)
        return _offer(app, tx, known, link) if known else None


def choose(app: App, link: Link, choice: Choice, now: datetime) -> bool:
    """Keep what was chosen, of what can be chosen. From this commit on the gate goes by it. Safe to repeat.

    Answers whether this link can choose at all. TooOften when it did so all day.
    """
    return app.store.attempt(lambda tx: _choose(app, tx, link, choice, now))


def _choose(app: App, tx: Tx, link: Link, choice: Choice, now: datetime) -> bool:
    # Gather
    patients.lock(tx, [link.patient_id])
    known = _known(app, tx, link)
    if known is None:
        return False
    # Decide
    allowed = _allowed(choice, _offer(app, tx, known, link))
    before = chosen_in(known.history)
    if merged(before, allowed.facts) == before:
        return True
    today = [one for one in known.history if one.choice and now - one.occurred_at < timedelta(days=1)]
    if len(today) >= MOST_A_DAY:
        raise TooOften
    # Apply
    events.add(tx, [_event(known.row, link, allowed, now)], now)
    return True


def _known(app: App, tx: Tx, link: Link) -> _Known | None:
    row = patients.load(tx, [link.patient_id]).get(link.patient_id)
    if row is None or row.source == STAFF or row.contacts.get(link.channel) != link.contact_id:
        return None
    told = [event_of(one) for one in events.histories(tx, {row.id: row.data_key})[row.id]]
    moments = replay(told, app.clinic.treatment_types)
    patient = moments[-1].patient if moments else row.patient
    if patient.standing is not Standing.CURRENT:
        return None
    closed = frozenset(channel for channel, _, _ in addresses.closed(tx, row.contacts))
    return _Known(row=row, history=told, patient=patient, closed=closed)


def _offer(app: App, tx: Tx, known: _Known, link: Link) -> Offer:
    both = (link.channel, link.channel.other)
    channels = tuple(one for one in both if one in known.row.contacts and one not in known.closed)
    by_default, languages = app.clinic.consent_by_default, _languages(app, tx)
    return Offer(
        channels=channels,
        consents={
            (purpose, channel): known.patient.consents(purpose, channel, by_default)
            for purpose in CHOOSABLE
            for channel in channels
        },
        languages=languages,
        language=_spoken(known.patient, languages),
        has_email=Channel.EMAIL in known.row.contacts,
        wants_plain_emails=known.patient.wants_plain_emails,
        wants_large_print=known.patient.wants_large_print,
    )


def _languages(app: App, tx: Tx) -> tuple[str, ...]:
    """The language that every template is written in comes first."""
    spoken = {language for one in app.versions.live(tx).values() for language in one.templates.languages}
    return (ENGLISH, *sorted(spoken - {ENGLISH}))


def _spoken(patient: Patient, languages: Sequence[str]) -> str:
    """Which of these a patient is written to in."""
    told = patient.language or ENGLISH
    return next((one for one in (told, told.partition("-")[0]) if one in languages), ENGLISH)


def _allowed(choice: Choice, offered: Offer) -> Choice:
    """Nothing that the page did not offer."""
    return replace(
        choice,
        consents={key: said for key, said in choice.consents.items() if key in offered.consents},
        language=choice.language if choice.language in offered.languages else None,
    )


def _event(row: PatientRow, link: Link, choice: Choice, now: datetime) -> NewEvent:
    kind = EventKind.REPLY_CHOICE
    told = {"reply": {"channel": link.channel.value, "word": "choice"}, "choice": choice.facts}
    return own_event((row.id, row.data_key), kind, now, told, key=f"{kind.value}:{new_id()}", received=order())
