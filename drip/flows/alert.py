"""What waits for a person, or stands still -> the clinic's own people, outside the console. Never who it is about."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from drip.app import App
from drip.clock import order
from drip.content.staff_words import alert_file, alert_folder
from drip.core.alerts import ALERT
from drip.core.model import EventKind, Facts
from drip.flows.own_event import own_event
from drip.flows.publish import Publication, publish, version_files, version_id
from drip.flows.trouble import Trouble, troubles
from drip.store import events, patients, records
from drip.store.database import Tx
from drip.store.vault import DataKey

DIGEST_AT_MOST = timedelta(hours=1)
"""How often a digest goes while there is more to say each time."""

DIGEST_AGAIN = timedelta(hours=24)
"""How often it goes while nothing changes."""


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
    found = troubles(app, tx, now)
    digest_at, told = records.last_beat(tx, "digest")
    known = frozenset(json.loads(told)) if told else frozenset()
    return News(
        red_flags=records.unalerted(tx, records.RED_FLAG),
        troubles=found,
        digest_at=digest_at,
        known=known,
        is_digest_due=_is_digest_due(found, known, digest_at, now),
    )


def _is_digest_due(found: Sequence[Trouble], known: frozenset[str], digest_at: datetime | None, now: datetime) -> bool:
    """When there is something new to say, and not more often than is bearable; now and then while nothing changes."""
    worth = [one for one in found if one.is_worth_a_digest]
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
