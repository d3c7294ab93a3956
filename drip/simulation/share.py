"""One process's share of the invented patients: arrivals, replies and ticks on a virtual clock, on its own database."""

from bisect import insort
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypeVar

from drip import clock
from drip.app import App, read_clinic
from drip.bookings.generic import read_events
from drip.bookings.parsed import Parsed
from drip.content.folder import read_folder
from drip.core.model import Channel
from drip.core.news import News
from drip.core.news import Reply as Told
from drip.core.replies import Word, read_reply
from drip.core.sequence import Sequence as Written
from drip.flows.publish import InFlight, Publication, publish
from drip.flows.receive import take_news
from drip.flows.take_in import take_in
from drip.flows.tick import Counts, tick
from drip.settings import make_key, read_key
from drip.simulation.answers import Respondents, questions_of
from drip.simulation.lives import Arrival, Life, Reply, invent_lives
from drip.simulation.outbox import Outbox
from drip.simulation.promises import check
from drip.simulation.report import Asked, Counted, Heard, Report, Took
from drip.store import migrate, outgoing, records, statistics
from drip.store.database import open_store

START = datetime(2026, 6, 1, tzinfo=UTC)
"""A Monday, as good as any: the same seed then meets the same bank holidays and clock changes."""

EVERY = timedelta(minutes=30)
"""How often the worker looks, as one that the system's own timer starts: larger batches, and fewer of them."""

SOURCE = "simulation"


def run_share(home: Path, asked: Asked, numbers: range, at_day: Callable[[int], None] | None = None) -> Report:
    """The patients with these numbers. The database is a file in a temporary folder, and both are gone afterwards."""
    outbox, took = Outbox(), Took()
    with TemporaryDirectory(prefix="drip-simulation-") as folder, _opened(home, Path(folder), outbox) as app:
        with took.measured("inventing"):
            sequences = _publish(app, home)
            lives = list(
                invent_lives(app.clinic, sequences, numbers=numbers, start=START, days=asked.days, seed=asked.seed)
            )
        respondents = Respondents(questions_of(sequences), asked.seed)
        simulation = _Simulation(app, outbox, lives, respondents, took)
        simulation.run(START + timedelta(days=asked.days), at_day)
        with took.measured("checking"):
            return _report(simulation, asked)


@contextmanager
def _opened(home: Path, folder: Path, outbox: Outbox) -> Iterator[App]:
    """Its own database and its own key, which is thrown away."""
    clinic = read_clinic(home).without_alerts()
    url = f"sqlite:///{folder / 'drip.db'}"
    migrate.migrate(url)
    app = App(
        store=open_store(url, [read_key(make_key())], clock.now, outlives_crashes=False),
        clinic=clinic,
        providers={channel: (outbox,) for channel in Channel},
        worker=SOURCE,
    )
    try:
        yield app
    finally:
        app.close()


def _publish(app: App, home: Path) -> list[Written]:
    folder = read_folder(home)
    publish(app, folder, folder.sequences, Publication(by=SOURCE, approved_by="", in_flight=InFlight.PIN), START)
    return [file.sequence for file in folder.sequences if file.sequence and file.sequence.enabled]


class _Simulation:
    """The virtual clock, and what has not happened yet."""

    def __init__(self, app: App, outbox: Outbox, lives: Sequence[Life], respondents: Respondents, took: Took) -> None:
        self.app, self.outbox, self.lives, self.respondents, self.took = app, outbox, lives, respondents, took
        self.heard, self.counts, self.now = Heard(), Counts(), START
        self._told = self._read = 0
        # The next to come stands last: taking it off a list's end costs nothing.
        self._arrivals = sorted((one for life in lives for one in life.arrivals), key=lambda one: one.at, reverse=True)
        self._replies = sorted((one for life in lives for one in life.replies), key=lambda one: one.at, reverse=True)

    def run(self, end: datetime, at_day: Callable[[int], None] | None) -> None:
        """Until nothing more happens before the end."""
        upcoming: datetime | None = START
        while upcoming is not None and upcoming <= end:
            self.now = upcoming
            self._take_in()
            self._answer()
            with self.took.measured("ticking"):
                self.counts += tick(self.app, self.now)
            self.heard.ticks += 1
            self._read_what_came()
            if at_day:
                at_day((self.now - START).days)
            upcoming = self._next()
        self.now = end

    def _take_in(self) -> None:
        lines = [one.line for one in _taken(self._arrivals, self.now)]
        if not lines:
            return
        with self.took.measured("reading events"):
            outcomes = read_events(b"\n".join(lines), self.app.clinic, SOURCE, filename="simulation.jsonl")
            parsed = [one for one in outcomes if isinstance(one, Parsed)]
        with self.took.measured("taking events in"):
            taken = take_in(self.app, parsed, self.now)
        self.heard.rejected += len(outcomes) - len(parsed)
        self.heard.duplicates += taken.duplicates
        self.heard.accepted += taken.accepted

    def _answer(self) -> None:
        replies = list(_taken(self._replies, self.now))
        told = [
            Told(
                provider=self.outbox.name,
                key=f"reply-{number}",
                channel=reply.channel,
                address=reply.address,
                text=reply.text,
            )
            for number, reply in enumerate(replies, start=self._told)
        ]
        self._told += len(told)
        take_news(self.app, News(replies=tuple(told)), self.now)
        for reply in replies:
            self._note(reply, read_reply(reply.text))

    def _note(self, reply: Reply, word: Word) -> None:
        """What was written, and which addresses must not be written to any more."""
        self.heard.replies[word.value] += 1
        address = reply.channel, reply.address.casefold()
        if word is Word.STOP:
            self.outbox.owed |= {address} - self.outbox.closed
            self.outbox.closed.add(address)
        elif word is Word.START:
            self.outbox.closed.discard(address)

    def _read_what_came(self) -> None:
        """Patients read what has just gone, and some of those who are asked something will answer."""
        new = self.outbox.handed_over[self._read :]
        self._read += len(new)
        if not new or not self.respondents.questions:
            return
        with self.app.store.read() as tx:
            steps = statistics.steps_of(tx, (one.message_id for one in new))
        for one in new:
            question = self.respondents.questions.get(steps[one.message_id])
            reply = question and self.respondents.reply(question, one.channel, one.address, self.now)
            if reply:
                insort(self._replies, reply, key=lambda one: -one.at.timestamp())

    def _next(self) -> datetime | None:
        """When the worker looks next: the first half hour by which something has happened."""
        with self.app.store.read() as tx:
            due = outgoing.next_due(tx)
        arriving = (waiting[-1].at for waiting in (self._arrivals, self._replies) if waiting)
        soonest = min((at for at in (due, *arriving) if at), default=None)
        return soonest and max(_at_or_after(soonest), self.now + EVERY)


def _at_or_after(at: datetime) -> datetime:
    """The first of the worker's looks that is not before then."""
    return START + -(-(at - START) // EVERY) * EVERY


Waiting = TypeVar("Waiting", Arrival, Reply)


def _taken(waiting: list[Waiting], now: datetime) -> Iterator[Waiting]:
    """What has happened by now, in order."""
    while waiting and waiting[-1].at <= now:
        yield waiting.pop()


def _report(simulation: _Simulation, asked: Asked) -> Report:
    app, outbox = simulation.app, simulation.outbox
    with app.store.read() as tx:
        counted = Counted(
            events=Counter(statistics.count_events(tx)),
            enrolments=statistics.count_enrolments(tx),
            messages=statistics.count_messages(tx),
            tasks=Counter(records.count_open(tx)),
        )
    by_ref = {life.person.ref: life for life in simulation.lives}
    promises, tally = check(app, outbox, by_ref, counted.messages, simulation.now)
    return Report(
        asked=asked,
        heard=simulation.heard,
        counted=counted,
        tally=tally,
        parts=outbox.parts,
        promises=promises,
        took=simulation.took,
    )
