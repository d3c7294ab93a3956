"""What waits for a person, or stands still -> the clinic's own people, outside the console. Never who it is about."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from drip.app import App
from drip.clock import order
from drip.content.staff_words import ALERT, alert_file, alert_folder
from drip.core.model import EventKind, Facts
from drip.flows.publish import Publication, publish
from drip.flows.sweep import OURS
from drip.store import events, lanes, patients, records, versions, views
from drip.store.database import Tx

STAFF = "staff"
"""The source of people who are not patients: whoever `alerts` in clinic.yaml names."""

DIGEST_AT_MOST = timedelta(hours=1)
"""How often a digest goes while there is more to say each time."""

DIGEST_AGAIN = timedelta(hours=24)
"""How often it goes while nothing changes."""

STILL = timedelta(minutes=5)
"""A part of the worker that has not finished for so long stands still."""

WATCHED = ("receive", "enrol", "sweep", "reconcile", "send", "tick", "mailbox")

_TASKS = {
    "address_refused": "addresses that the provider refused",
    "broken_record": "records that could not be read",
    "content_refused": "messages whose words were refused",
    "not_delivered": "messages that were not delivered",
    "reply": "replies from patients",
    "runaway": "addresses that were written to too often",
    "safety_not_reached": "safety messages that reached nobody",
    "shared_stop": "addresses that several patients share, where somebody said stop",
    "sent_again": "critical messages that were sent a second time without evidence",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """One thing that somebody should look at: its kind, for comparing, and a few words. Nothing about a patient."""

    kind: str
    says: str


def watch(app: App, now: datetime) -> int:
    """Tell the clinic's people of red flags at once, of everything else in a digest. Answers how many alerts.

    They go through the same plan, gate and providers as everything else. Safe to repeat.
    """
    if not (app.clinic.alert_emails or app.clinic.alert_numbers):
        return 0
    with app.store.read() as tx:
        red_flags = records.unalerted(tx, records.RED_FLAG)
        troubles = _troubles(tx, now)
        digest_at, told = records.last_beat(tx, "digest")
    is_digest = _is_digest_due({one.kind for one in troubles}, digest_at, told, now)
    if not red_flags and not is_digest:
        return 0
    _make_live(app, now)

    def tell(tx: Tx) -> None:
        if red_flags:
            records.mark_alerted(tx, red_flags, now)
            _tell(app, tx, f"red_flag:{min(red_flags)}", {"kind": records.RED_FLAG, "count": len(red_flags)}, now)
        if is_digest:
            kinds = json.dumps(sorted(one.kind for one in troubles))
            records.beat(tx, ["digest"], now, detail=kinds)
            if troubles:
                summary = "; ".join(one.says for one in troubles) + "."
                _tell(app, tx, f"digest:{now.isoformat()}", _digest(troubles, summary), now)

    app.store.attempt(tell)
    return len(red_flags) + bool(is_digest and troubles)


def _digest(troubles: Sequence[Trouble], summary: str) -> Mapping[str, Any]:
    return {"kind": "digest", "count": len(troubles), "summary": summary}


def _is_digest_due(kinds: set[str], digest_at: datetime | None, told: str, now: datetime) -> bool:
    """When there is something new to say, and not more often than is bearable; and when all is well again."""
    known = set(json.loads(told)) if told else set()
    if digest_at is None:
        return bool(kinds)
    since = now - digest_at
    if kinds - known:
        return since >= DIGEST_AT_MOST
    return (bool(kinds) and since >= DIGEST_AGAIN) or (bool(known) and not kinds)


def _troubles(tx: Tx, now: datetime) -> list[Trouble]:
    """What waits for a person, and what stands still."""
    troubles = [
        Trouble(kind=f"paused:{scope}", says=f"{_scope(scope)} is paused{f' ({why})' if why else ''}")
        for scope, why in sorted(versions.paused(tx).items())
    ]
    troubles += [
        Trouble(kind=f"closed:{lane.provider}", says=f"{lane.provider} is not called ({lane.why.sentence})")
        for lane in lanes.look(tx)
        if lane.is_broken
    ]
    held = views.count_held(tx)
    if held:
        troubles.append(Trouble(kind="held", says=f"{held} messages are held for a decision"))
    troubles += [
        Trouble(kind=f"still:{part}", says=f"the worker's part “{part}” has not finished since {at:%H:%M} UTC")
        for part, at in still_parts(records.beats(tx))
    ]
    troubles += [
        Trouble(kind=f"tasks:{kind}", says=f"{_TASKS[kind]}: {number}")
        for kind, number in sorted(records.count_open(tx).items())
        if kind in _TASKS
    ]
    return troubles


def still_parts(beats: Mapping[str, datetime]) -> list[tuple[str, datetime]]:
    """Parts of the worker that have not finished for long while others have, and since when."""
    watched = {part: at for part, at in beats.items() if part in WATCHED}
    latest = max(watched.values(), default=None)
    return [(part, at) for part, at in sorted(watched.items()) if latest is not None and latest - at > STILL]


def _scope(scope: str) -> str:
    return scope.removeprefix(versions.PROVIDER).removeprefix("sequence:")


def _make_live(app: App, now: datetime) -> None:
    """The words of alerts come with drip, and are published like any others."""
    with app.store.read() as tx:
        live = app.versions.live(tx).get(ALERT)
    if live is None or live.sequence != alert_file().sequence:
        how = Publication(by="drip", approved_by="drip maintainers")
        publish(app, alert_folder(app.clinic), [alert_file()], how, now)


def _tell(app: App, tx: Tx, key: str, alert: Mapping[str, Any], now: datetime) -> None:
    """An event in the history of each of the clinic's people."""
    people = {address: {"email": address} for address in app.clinic.alert_emails}
    people |= {number: {"phone": number} for number in app.clinic.alert_numbers}
    ids = patients.ensure(tx, {(STAFF, address) for address in people}, now)
    first = order()
    new = []
    for number, (address, contact) in enumerate(sorted(people.items())):
        patient_id, data_key = ids[STAFF, address]
        kind = EventKind.STAFF_ALERT.value
        body: Facts = {"kind": kind, "occurred_at": now.isoformat(), "patient": contact, "alert": alert}
        new.append(
            events.NewEvent(
                source=OURS,
                event_id=f"{key}:{patient_id}",
                patient_id=patient_id,
                data_key=data_key,
                received=first + number,
                kind=kind,
                occurred_at=now,
                body=body,
            )
        )
    events.add(tx, new, now)
