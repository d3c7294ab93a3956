"""What waits for a person, or stands still, each in a few words: what digests tell of."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeAlias

from drip.app import App
from drip.core.asked import PAUSE_WITHOUT_END
from drip.core.review import Stage
from drip.flows.reviews import FELL_BACK, noted
from drip.flows.unreached import STAFF_NOT_REACHED
from drip.store import lanes, records, sources, versions, views
from drip.store.database import Tx

OPEN_TOO_LONG = timedelta(hours=1)
"""A red flag was told of at once. While it is still open after so long, each digest tells of it again."""

AWAY = timedelta(minutes=15)
"""A booking system that has not answered for so long is told of."""

STILL = timedelta(minutes=5)
"""A part of the worker that has not finished for so long stands still."""

WATCHED = ("receive", "enrol", "sweep", "reconcile", "send", "tick", "mailbox")

TASKS = {
    "address_refused": "addresses that the provider refused",
    "answer": "answers that the clinic wants a person to see",
    "attendance_unknown": "visits of which nobody said whether the patient came",
    "booking_rejected": "bookings that could not be taken in",
    "broken_record": "records that could not be read",
    "contact_problem": "addresses or numbers that could not be read",
    "content_refused": "messages whose words were refused",
    "not_delivered": "messages that were not delivered",
    PAUSE_WITHOUT_END: "patients whose messages have been paused for long, without an end",
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
    "ring": "messages to say by telephone, since they go neither by email nor by text",
    "under_age": "children without a parent or carer who can be written to",
    "unknown_subtype": "patients whose tendon subtype nobody has recorded",
    "write": "letters to print, since their words go neither by email nor by text",
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


def troubles(app: App, tx: Tx, now: datetime) -> list[Trouble]:
    """All that there is, in the order in which it is told."""
    return [trouble for look in _LOOKS for trouble in look(app, tx, now)]


def _red_flags(app: App, tx: Tx, now: datetime) -> Iterator[Trouble]:
    """How many are open, and since when."""
    number, since = records.oldest_open(tx, records.RED_FLAG)
    if since is not None:
        told = f"red flags that nobody has dealt with yet: {number}, the first since {since:%d %b %H:%M} UTC"
        yield Trouble(kind=records.RED_FLAG, says=told, is_worth_a_digest=now - since >= OPEN_TOO_LONG)


def _paused(app: App, tx: Tx, now: datetime) -> Iterator[Trouble]:
    for scope, why in sorted(versions.paused(tx).items()):
        yield Trouble(kind=f"paused:{scope}", says=f"{_scope(scope)} is paused{_why(scope, why)}")


def _scope(scope: str) -> str:
    return scope.removeprefix(versions.PROVIDER).removeprefix("sequence:")


def _why(scope: str, why: str) -> str:
    """What a program gave as its reason. What a person did may be about a patient, and stays in `drip doctor`."""
    return f" ({why})" if why and scope.startswith(versions.PROVIDER) else ""


def _not_called(app: App, tx: Tx, now: datetime) -> Iterator[Trouble]:
    for lane in lanes.look(tx):
        if lane.is_broken:
            says = f"{lane.provider} is not called ({lane.why.sentence})"
            yield Trouble(kind=f"closed:{lane.provider}", says=says)


def _held(app: App, tx: Tx, now: datetime) -> Iterator[Trouble]:
    held = views.count_held(tx)
    if held:
        yield Trouble(kind="held", says=f"messages that are held for a decision: {held}")


def _still(app: App, tx: Tx, now: datetime) -> Iterator[Trouble]:
    for part, at in still_parts(watched_beats(app, tx)):
        says = f"the worker's part “{part}” has not finished since {at:%H:%M} UTC"
        yield Trouble(kind=f"still:{part}", says=says)


def _tasks(app: App, tx: Tx, now: datetime) -> Iterator[Trouble]:
    for kind, number in sorted(records.count_open(tx).items()):
        if kind in TASKS:
            yield Trouble(kind=f"tasks:{kind}", says=f"{TASKS[kind]}: {number}")


def _reviews(app: App, tx: Tx, now: datetime) -> Iterator[Trouble]:
    for one in noted(tx):
        yield Trouble(kind=one.key, says=one.sentence, is_told_again=one.stage is Stage.PAST)


def _away(app: App, tx: Tx, now: datetime) -> Iterator[Trouble]:
    """Booking systems that do not answer."""
    for _, one in sorted(sources.look(tx).items()):
        if one.away_since and one.name in app.sources and now - one.away_since > AWAY:
            says = f"{one.name} has not answered since {one.away_since:%H:%M} UTC"
            yield Trouble(kind=f"source:{one.name}", says=says)


Look: TypeAlias = Callable[[App, Tx, datetime], Iterator[Trouble]]

_LOOKS: Sequence[Look] = (_red_flags, _paused, _not_called, _held, _still, _tasks, _reviews, _away)


def watched_beats(app: App, tx: Tx) -> dict[str, datetime]:
    """When each part that this clinic's worker has last finished. A mailbox may have been looked through once only."""
    beats = records.beats(tx)
    return {part: beats[part] for part in WATCHED if part in beats and (part != "mailbox" or app.mailbox is not None)}


def still_parts(beats: Mapping[str, datetime]) -> list[tuple[str, datetime]]:
    """Parts of the worker that have not finished for long while others have, and since when."""
    latest = max(beats.values(), default=None)
    return [(part, at) for part, at in sorted(beats.items()) if latest is not None and latest - at > STILL]
