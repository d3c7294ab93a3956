"""What waits for a person, or stands still -> the clinic's own people, outside the console. Never who it is about."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from drip.app import App
from drip.clock import order
from drip.content.staff_words import ALERT, alert_file, alert_folder
from drip.core.model import EventKind, Facts
from drip.core.review import Stage
from drip.flows.own_event import own_event
from drip.flows.publish import Publication, publish, version_files, version_id
from drip.flows.reviews import FELL_BACK, noted
from drip.flows.unreached import STAFF_NOT_REACHED
from drip.store import events, lanes, patients, records, sources, versions, views
from drip.store.database import Tx
from drip.store.vault import DataKey

DIGEST_AT_MOST = timedelta(hours=1)
"""How often a digest goes while there is more to say each time."""

DIGEST_AGAIN = timedelta(hours=24)
"""How often it goes while nothing changes."""

OPEN_TOO_LONG = timedelta(hours=1)
"""A red flag was told of at once. While it is still open after so long, each digest tells of it again."""

AWAY = timedelta(minutes=15)
"""A booking system that has not answered for so long is told of."""

STILL = timedelta(minutes=5)
"""A part of the worker that has not finished for so long stands still."""

WATCHED = ("receive", "enrol", "sweep", "reconcile", "send", "tick", "mailbox")

_TASKS = {
    "address_refused": "addresses that the provider refused",
    "answer": "answers that the clinic wants a person to see",
    "attendance_unknown": "visits of which nobody said whether the patient came",
    "booking_rejected": "bookings that could not be taken in",
    "broken_record": "records that could not be read",
    "contact_problem": "addresses or numbers that could not be read",
    "content_refused": "messages whose words were refused",
    "not_delivered": "messages that were not delivered",
    "programme_replaced": "loading programmes that another one ended, where a side was not recorded",
    "reply": "replies from patients",
    "review_due": "words that are past their review date",
    "runaway": "addresses that were written to too often",
    "same_person": "people who are in two booking systems",
    "safety_not_reached": "safety messages that reached nobody",
    FELL_BACK: "safety content whose last approved words go out until it is reviewed",
    STAFF_NOT_REACHED: "colleagues whom alerts do not reach",
    "shared_stop": "addresses that several patients share, where somebody said stop",
    "sent_again": "critical messages that were sent a second time without evidence",
    "ring": "messages to say by telephone, since no channel reaches their patient",
    "under_age": "children without a parent or carer who can be written to",
    "unknown_subtype": "patients whose tendon subtype nobody has recorded",
    "write": "letters to print, since no channel reaches their patient",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """One thing that somebody should look at: its kind, for comparing, and a few words. Nothing about a patient."""

    kind: str
    says: str
    is_worth_a_digest: bool = True
    """Else it is only told where there is one anyway."""
    is_told_again: bool = True
    """Else one digest tells of it, and no other goes for its sake alone."""


def watch(app: App, now: datetime) -> int:
    """Tell the clinic's people of red flags at once, of everything else in a digest. Answers how many alerts.

    They go through the same plan, gate and providers as everything else. Safe to repeat, and to race.
    """
    if not (app.clinic.alert_emails or app.clinic.alert_numbers):
        return 0
    with app.store.read() as tx:
        if not _look(app, tx, now).is_anything:
            return 0
    _make_live(app, now)
    return app.store.attempt(lambda tx: _tell_staff(app, tx, now))


@dataclass(frozen=True, slots=True, kw_only=True)
class News:
    """What the clinic's people have not been told yet."""

    red_flags: Sequence[str]
    troubles: Sequence[Trouble]
    digest_at: datetime | None
    """When they last had a digest."""
    known: frozenset[str]
    """The kinds of trouble that it told of, and that there have been ever since."""
    is_digest_due: bool

    @property
    def kinds(self) -> frozenset[str]:
        """Every kind of trouble there is that is worth a digest."""
        return frozenset(one.kind for one in self.troubles if one.is_worth_a_digest)

    @property
    def is_anything(self) -> bool:
        """Whether there is something to say, or to forget."""
        return bool(self.red_flags or self.is_digest_due or self.known - self.kinds)


def _look(app: App, tx: Tx, now: datetime) -> News:
    troubles = _troubles(app, tx, now)
    digest_at, told = records.last_beat(tx, "digest")
    known = frozenset(json.loads(told)) if told else frozenset()
    return News(
        red_flags=records.unalerted(tx, records.RED_FLAG),
        troubles=troubles,
        digest_at=digest_at,
        known=known,
        is_digest_due=_is_digest_due(troubles, known, digest_at, now),
    )


def _is_digest_due(
    troubles: Sequence[Trouble], known: frozenset[str], digest_at: datetime | None, now: datetime
) -> bool:
    """When there is something new to say, and not more often than is bearable; now and then while nothing changes."""
    worth = [one for one in troubles if one.is_worth_a_digest]
    is_new = any(one.kind not in known for one in worth)
    if digest_at is None or not (is_new or any(one.is_told_again for one in worth)):
        return is_new
    return now - digest_at >= (DIGEST_AT_MOST if is_new else DIGEST_AGAIN)


def _tell_staff(app: App, tx: Tx, now: datetime) -> int:
    # Gather
    staff = _staff(app, tx, now)
    news = _look(app, tx, now)
    # Apply
    if news.red_flags:
        records.mark_alerted(tx, news.red_flags, now)
        flag: Facts = {"kind": records.RED_FLAG, "count": len(news.red_flags)}
        _tell(tx, staff, f"red_flag:{min(news.red_flags)}", flag, now)
    if news.is_digest_due:
        _remember(tx, news.kinds, now)
        # A list, since each of its items may be as long as a value in a template may be at all.
        summary = [one.says for one in news.troubles]
        digest: Facts = {"kind": "digest", "count": len(news.troubles), "summary": summary}
        _tell(tx, staff, f"digest:{now.isoformat()}", digest, now)
    elif news.digest_at and news.known - news.kinds:
        # What is over and comes again is news again.
        _remember(tx, news.known & news.kinds, news.digest_at)
    return bool(news.red_flags) + news.is_digest_due


def _remember(tx: Tx, kinds: frozenset[str], at: datetime) -> None:
    records.beat(tx, ["digest"], at, detail=json.dumps(sorted(kinds)))


def _troubles(app: App, tx: Tx, now: datetime) -> list[Trouble]:
    """What waits for a person, and what stands still."""
    troubles = _red_flags(tx, now)
    troubles += [
        Trouble(kind=f"paused:{scope}", says=f"{_scope(scope)} is paused{_why(scope, why)}")
        for scope, why in sorted(versions.paused(tx).items())
    ]
    troubles += [
        Trouble(kind=f"closed:{lane.provider}", says=f"{lane.provider} is not called ({lane.why.sentence})")
        for lane in lanes.look(tx)
        if lane.is_broken
    ]
    held = views.count_held(tx)
    if held:
        troubles.append(Trouble(kind="held", says=f"messages that are held for a decision: {held}"))
    troubles += [
        Trouble(kind=f"still:{part}", says=f"the worker's part “{part}” has not finished since {at:%H:%M} UTC")
        for part, at in still_parts(watched_beats(app, tx))
    ]
    troubles += [
        Trouble(kind=f"tasks:{kind}", says=f"{_TASKS[kind]}: {number}")
        for kind, number in sorted(records.count_open(tx).items())
        if kind in _TASKS
    ]
    troubles += [Trouble(kind=one.key, says=one.sentence, is_told_again=one.stage is Stage.PAST) for one in noted(tx)]
    return troubles + [
        Trouble(kind=f"source:{one.name}", says=f"{one.name} has not answered since {one.away_since:%H:%M} UTC")
        for _, one in sorted(sources.look(tx).items())
        if one.away_since and one.name in app.sources and now - one.away_since > AWAY
    ]


def _red_flags(tx: Tx, now: datetime) -> list[Trouble]:
    """How many are open, and since when."""
    number, since = records.oldest_open(tx, records.RED_FLAG)
    if since is None:
        return []
    told = f"red flags that nobody has dealt with yet: {number}, the first since {since:%d %b %H:%M} UTC"
    return [Trouble(kind=records.RED_FLAG, says=told, is_worth_a_digest=now - since >= OPEN_TOO_LONG)]


def watched_beats(app: App, tx: Tx) -> dict[str, datetime]:
    """When each part that this clinic's worker has last finished. A mailbox may have been looked through once only."""
    beats = records.beats(tx)
    return {part: beats[part] for part in WATCHED if part in beats and (part != "mailbox" or app.mailbox is not None)}


def still_parts(beats: Mapping[str, datetime]) -> list[tuple[str, datetime]]:
    """Parts of the worker that have not finished for long while others have, and since when."""
    latest = max(beats.values(), default=None)
    return [(part, at) for part, at in sorted(beats.items()) if latest is not None and latest - at > STILL]


def _scope(scope: str) -> str:
    return scope.removeprefix(versions.PROVIDER).removeprefix("sequence:")


def _why(scope: str, why: str) -> str:
    """What a program gave as its reason. What a person did may be about a patient, and stays in `drip doctor`."""
    return f" ({why})" if why and scope.startswith(versions.PROVIDER) else ""


def _make_live(app: App, now: datetime) -> None:
    """The words of alerts come with drip, and are published like any others."""
    file, folder = alert_file(), alert_folder(app.clinic)
    with app.store.read() as tx:
        live = app.versions.live(tx).get(ALERT)
    if live is None or live.id != version_id(version_files(folder, file)):
        publish(app, folder, [file], Publication(by="drip", approved_by="drip maintainers"), now)


@dataclass(frozen=True, slots=True, kw_only=True)
class Colleague:
    """One of the clinic's people, at one address: a row like a patient's."""

    id: str
    data_key: DataKey = field(repr=False)
    contact: Facts = field(repr=False)


def _staff(app: App, tx: Tx, now: datetime) -> list[Colleague]:
    """Everybody who is to be told. Locked: of two workers that have something to say, one says it."""
    people: dict[str, Facts] = {address: {"email": address} for address in app.clinic.alert_emails}
    people |= {number: {"phone": number} for number in app.clinic.alert_numbers}
    ids = patients.ensure(tx, {(patients.STAFF, address) for address in people}, now)
    patients.lock(tx, (patient_id for patient_id, _ in ids.values()))
    return [
        Colleague(id=ids[patients.STAFF, address][0], data_key=ids[patients.STAFF, address][1], contact=contact)
        for address, contact in sorted(people.items())
    ]


def _tell(tx: Tx, staff: Sequence[Colleague], key: str, alert: Facts, now: datetime) -> None:
    """An event in the history of each of the clinic's people."""
    first, kind = order(), EventKind.STAFF_ALERT
    new = [
        own_event(
            (one.id, one.data_key),
            kind,
            now,
            {"patient": one.contact, "alert": alert},
            key=f"{key}:{one.id}",
            received=first + number,
        )
        for number, one in enumerate(staff)
    ]
    events.add(tx, new, now)
