"""One beat of the worker: everything that is due at an instant, in the order that keeps promises, until nothing is."""

import logging
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from drip.app import App
from drip.clock import running
from drip.flows.alert import watch
from drip.flows.carry import Carrier
from drip.flows.collect import collect_replies
from drip.flows.enrol import apply_news, apply_some
from drip.flows.follow_sites import follow_sites
from drip.flows.journal import take_up_journals
from drip.flows.long_pauses import look_at_pauses
from drip.flows.name_index import index_names
from drip.flows.news_spool import take_up_news
from drip.flows.receive import apply_receipts
from drip.flows.reconcile import Reconciled, reconcile
from drip.flows.reply import apply_replies
from drip.flows.reviews import look_at_reviews
from drip.flows.send import Sent, calling, never, send_due, wait_for_all
from drip.flows.spool import take_up
from drip.flows.sweep import ends_are_heard, finish, forget_words, look_back, sweep
from drip.store import records

log = logging.getLogger("drip.tick")

LONGEST = 15.0
"""Seconds after which a tick on the real clock ends, and another begins."""

EVERY_HOUR = timedelta(hours=1)

EVERY_SIX_HOURS = timedelta(hours=6)
"""Looking through all enrolments costs more the more there are, and finds little."""


@dataclass(slots=True)
class Counts:
    """What one tick did; every key is always there."""

    events: int = 0
    enrolled: int = 0
    planned: int = 0
    claimed: int = 0
    accepted: int = 0
    not_taken: int = 0
    deferred: int = 0
    skipped: int = 0
    suppressed: int = 0
    expired: int = 0
    cancelled: int = 0
    invalid: int = 0
    failed: int = 0
    unknown: int = 0
    held: int = 0
    receipts: int = 0
    replies: int = 0

    def __iadd__(self, other: "Counts") -> "Counts":
        for name in self.__slots__:
            setattr(self, name, getattr(self, name) + getattr(other, name))
        return self

    def add_sent(self, sent: Mapping[str, int]) -> None:
        """Count what became of a batch."""
        for name, number in sent.items():
            setattr(self, name, getattr(self, name) + number)


def tick(
    app: App, now: datetime, progress: Callable[[Counts], None] | None = None, enough: Callable[[], bool] = never
) -> Counts:
    """Receipts and replies, event inbox, reconcile and sweepers, then send; again until nothing is due.

    What comes back and what is news is heard before anything goes out, so that a stop or a cancellation wins. Once
    `enough` says so nothing more is claimed; what is under way is finished.
    """
    counts, done = Counts(), set[str]()
    try:
        with calling(app, now) as carrier:  # what is slow to answer does not keep the next round waiting
            while True:
                is_more = _hear(app, now, counts, done, is_hurried=enough is not never)
                put_right = _put_right(app, now, counts, done)
                sent = _send(app, carrier, now, counts, enough, progress)
                # What came to its end is worth another round only where something begins or ends with it.
                finished = finish(app, sent.enrolments, now) and ends_are_heard(app)
                done.add("send")
                if enough() or not (is_more or put_right or finished or sent.is_unfinished):
                    break
            finish(app, _wait(app, carrier, now, counts), now)
        _look_through_all(app, now)
        _aside("names", lambda: index_names(app, now))
        done.add("tick")
    finally:
        # A part that fails shows by its heart standing still while the others beat, and staff are told of that.
        with app.store.write() as tx:
            records.beat(tx, done, now)
        _aside("alert", lambda: watch(app, now))
    return counts


def tick_until_done(
    app: App, clock: Callable[[], datetime], progress: Callable[[Counts], None] | None = None
) -> Counts:
    """Ticks until nothing is due, each with the time as it is by then: a window may close while much is sent."""
    total = Counts()
    while True:
        began, so_far = running(), replace(total)

        def enough(began: float = began) -> bool:
            return running() - began > LONGEST

        def show(counts: Counts, so_far: Counts = so_far) -> None:
            if progress:
                shown = replace(so_far)
                shown += counts
                progress(shown)

        total += tick(app, clock(), show, enough)
        if not enough():
            return total


def _aside(part: str, do: Callable[[], object]) -> bool:
    """A part without which messages may go all the same. Answers whether it came to its end."""
    try:
        do()
    except Exception as problem:
        log.error("%s failed: %s", part, type(problem).__name__)
        return False
    return True


def _hear(app: App, now: datetime, counts: Counts, done: set[str], *, is_hurried: bool) -> bool:
    """What providers, patients and booking systems have said since. Without having heard it nothing is sent.

    On the real clock bookings are applied a part at a time, so that fifty thousand of them do not keep back what is due
    to others; whoever has news that waits gets nothing meanwhile. Answers whether there may be more.
    """
    _aside("spool", lambda: take_up(app))
    _aside("journal", lambda: take_up_journals(app, now))
    take_up_news(app, now)
    _aside("mailbox", lambda: done.update(["mailbox"] if collect_replies(app, now) else []))
    counts.receipts += apply_receipts(app, now)
    counts.replies += apply_replies(app, now)
    done.add("receive")
    _aside("alert", lambda: watch(app, now))
    news, is_more = apply_some(app, now) if is_hurried else (apply_news(app, now), False)
    counts.events += news.events
    counts.enrolled += news.enrolled
    counts.planned += news.planned
    counts.cancelled += news.cancelled
    done.add("enrol")
    return is_more


def _put_right(app: App, now: datetime, counts: Counts, done: set[str]) -> bool:
    """Whether anything was put right that may be worth another round."""
    follow_sites(app, now)
    swept = sweep(app, now)
    done.add("sweep")
    evidence = Reconciled()
    if _aside("reconcile", lambda: evidence.add(reconcile(app, now))):
        done.add("reconcile")
    counts.accepted += evidence.went
    counts.held += evidence.held
    counts.unknown += swept.doubted
    counts.expired += swept.expired
    return bool(evidence.went or evidence.did_not_go or swept.freed or swept.doubted or swept.understood)


def _send(
    app: App,
    carrier: Carrier,
    now: datetime,
    counts: Counts,
    enough: Callable[[], bool],
    progress: Callable[[Counts], None] | None,
) -> Sent:
    before = replace(counts)

    def show(so_far: Mapping[str, int]) -> None:
        if progress:
            shown = replace(before)
            shown.add_sent(so_far)
            progress(shown)

    sent = send_due(app, now, enough, show, carrier)
    counts.add_sent(sent.counts)
    return sent


def _wait(app: App, carrier: Carrier, now: datetime, counts: Counts) -> Collection[str]:
    """For what is still under way. Answers whose messages that was about."""
    sent = wait_for_all(app, carrier, now)
    counts.add_sent(sent.counts)
    return sent.enrolments


def _look_through_all(app: App, now: datetime) -> None:
    """What is seldom of use: some enrolments end without a message of theirs being touched."""
    with app.store.read() as tx:
        last, done = records.beats(tx), set[str]()
    if _is_time(last.get("look_back"), EVERY_HOUR, now):
        look_back(app, now)
        forget_words(app, now)
        _aside("reviews", lambda: look_at_reviews(app, now))
        _aside("pauses", lambda: look_at_pauses(app, now))
        done.add("look_back")
    if _is_time(last.get("finish"), EVERY_SIX_HOURS, now):
        finish(app, None, now)
        done.add("finish")
    if done:
        with app.store.write() as tx:
            records.beat(tx, done, now)


def _is_time(last: datetime | None, every: timedelta, now: datetime) -> bool:
    return last is None or now - last >= every
