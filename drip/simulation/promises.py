"""What drip promises, checked against what a simulation's provider saw and what its patients are known to be."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from itertools import groupby, islice
from zoneinfo import ZoneInfo

from drip.app import App, Published
from drip.core.caps import WEEK
from drip.core.clinic import Caps, hours_for
from drip.core.lifecycle import TERMINAL, WENT, State
from drip.core.model import Channel, EventKind, Purpose
from drip.core.patient import zone_named
from drip.core.walltime import local_date
from drip.core.window import ANY, Hours
from drip.simulation.lives import Life
from drip.simulation.outbox import Outbox
from drip.simulation.tally import PerPatient, Tally
from drip.simulation.volume import Volume
from drip.store import events, patients, statistics
from drip.store.database import Tx
from drip.store.statistics import MessageCount, Went

AT_ONCE = 500
EXAMPLES = 5
ENDED = {state.value for state in TERMINAL - WENT}

NO_DOUBLE = "no message went twice"
SAME_STORY = "the database and the provider tell the same"
IN_WINDOW = "nothing went outside the sending hours"
IN_TIME = "nothing went after it had expired"
CAPS = "caps kept"
STOP = "nothing went after a stop"
DEATH = "nothing went to a patient known to have died"
HEARD = "every event was applied"
DRAINED = "nothing that is due was left lying"
ACCOUNTED = "every planned message went, ended with a reason, or is still ahead"


@dataclass(slots=True)
class Promises:
    """How often each promise was broken, with a few ids to look at."""

    broken: Counter[str] = field(
        default_factory=lambda: Counter(
            dict.fromkeys((NO_DOUBLE, SAME_STORY, IN_WINDOW, IN_TIME, CAPS, STOP, DEATH, HEARD, DRAINED, ACCOUNTED), 0)
        )
    )
    examples: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))

    def note(self, promise: str, about: str, times: int = 1) -> None:
        """It was broken, for this message or patient (our ids)."""
        self.broken[promise] += times
        if len(self.examples[promise]) < EXAMPLES:
            self.examples[promise].append(about)

    def add(self, other: "Promises") -> None:
        """What became of them elsewhere."""
        self.broken.update(other.broken)
        for promise, about in other.examples.items():
            self.examples[promise] = [*self.examples[promise], *about][:EXAMPLES]

    @property
    def are_kept(self) -> bool:
        """Every one of them."""
        return not any(self.broken.values())


@dataclass(frozen=True, slots=True, kw_only=True)
class _Sent:
    """A message that went, on the clock and under the rules that decide about it."""

    row: Went
    hours: Hours
    caps: Caps
    at: datetime
    is_answer: bool
    """Somebody has just written to us, and waits for it: neither hours nor caps hold it back."""

    @property
    def day(self) -> date:
        return local_date(self.at, self.hours.zone)


def check(
    app: App, outbox: Outbox, lives: Mapping[str, Life], counts: Iterable[MessageCount], now: datetime
) -> tuple[Promises, Tally]:
    """Look through everything that happened. `lives` are by the booking system's reference."""
    promises, tally = Promises(), Tally(volume=Volume(zone=app.clinic.zone))
    _check_counts(promises, counts)
    with app.store.read() as tx:
        _check_stops(promises, app, tx, outbox)
        _check_queues(promises, tx, now)
        _check_sent(promises, tally, app, tx, outbox, lives)
    heard = tally.per_patient.messages
    heard[0] = len(lives) - heard.total()
    return promises, tally


def _check_counts(promises: Promises, counts: Iterable[MessageCount]) -> None:
    went = {state.value for state in WENT}
    for count in counts:
        is_ahead = count.state == State.PLANNED.value
        has_ended = count.state in ENDED and count.reason
        if not (count.state in went or is_ahead or has_ended):
            promises.note(ACCOUNTED, f"{count.sequence}: {count.state}", count.number)


def _check_stops(promises: Promises, app: App, tx: Tx, outbox: Outbox) -> None:
    """The word that it is done may go, once for each stop, and nothing else."""
    live = app.versions.live(tx)
    confirms = {name for name, one in live.items() if EventKind.REPLY_STOP in one.sequence.enrol.on}
    confirmations = {row.id for row in statistics.went(tx) if row.sequence in confirms} if outbox.after_stop else set()
    for message_id, was_owed in outbox.after_stop:
        if not was_owed or message_id not in confirmations:
            promises.note(STOP, message_id)


def _check_queues(promises: Promises, tx: Tx, now: datetime) -> None:
    waiting, _ = events.count_pending(tx)
    if waiting:
        promises.note(HEARD, "events", waiting)
    if overdue := statistics.count_overdue(tx, now):
        promises.note(DRAINED, "messages", overdue)


def _check_sent(promises: Promises, tally: Tally, app: App, tx: Tx, outbox: Outbox, lives: Mapping[str, Life]) -> None:
    handed_over = {one.message_id: one.at for one in outbox.handed_over}
    if len(handed_over) < len(outbox.handed_over):
        twice = Counter(one.message_id for one in outbox.handed_over)
        for message_id in (message_id for message_id, times in twice.items() if times > 1):
            promises.note(NO_DOUBLE, message_id)
    versions = app.versions.live(tx)
    for patient_id, ref, rows in _each_patient(tx):
        life = lives[ref]
        sent = [_sent(row, app, versions, zone_named(life.person.zone)) for row in rows]
        for one in sent:
            _check_one(promises, one, life, handed_over.pop(one.row.id, None))
        tally.count(rows)
        _check_caps(promises, tally.per_patient, patient_id, sent)
    for message_id in handed_over:
        promises.note(SAME_STORY, message_id)


def _each_patient(tx: Tx) -> Iterator[tuple[str, str, list[Went]]]:
    """Our id, the booking system's reference, and what went; looked up for many at once."""
    groups = ((mine, list(rows)) for mine, rows in groupby(statistics.went(tx), key=lambda row: row.patient_id))
    while some := list(islice(groups, AT_ONCE)):
        refs = patients.refs(tx, (mine for mine, _ in some))
        yield from ((mine, refs[mine], rows) for mine, rows in some)


def _sent(row: Went, app: App, versions: Mapping[str, Published], zone: ZoneInfo | None) -> _Sent:
    site = app.clinic.site(row.site)
    at = row.accepted_at or datetime.max.replace(tzinfo=row.expires_at.tzinfo)
    sequence = versions[row.sequence].sequence
    hours, step = hours_for(sequence, site, zone), sequence.step(row.step)
    is_answer = step is not None and step.answers_at_once
    hours = replace(hours, window=ANY) if is_answer else hours
    return _Sent(row=row, hours=hours, caps=site.caps, at=at, is_answer=is_answer)


def _check_one(promises: Promises, one: _Sent, life: Life, handed_at: datetime | None) -> None:
    row = one.row
    if row.accepted_attempts != 1:
        promises.note(NO_DOUBLE if row.accepted_attempts else SAME_STORY, row.id)
    if handed_at != row.accepted_at:
        promises.note(SAME_STORY, row.id)
    if not one.hours.is_open(one.at):
        promises.note(IN_WINDOW, row.id)
    if one.at >= row.expires_at:
        promises.note(IN_TIME, row.id)
    if life.died_at and one.at >= life.died_at:
        promises.note(DEATH, row.id)


def _check_caps(promises: Promises, per_patient: PerPatient, patient_id: str, sent: list[_Sent]) -> None:
    by_day = Counter(one.day for one in sent)
    per_patient.most_in_a_day_with_exempt = max(per_patient.most_in_a_day_with_exempt, *by_day.values())
    for channel in Channel:
        counted = [one for one in sent if one.row.channel is channel and _is_counted(one)]
        full = set()
        for one in counted:
            in_day, in_week = (sum(_within(other, one, length) for other in counted) for length in (_DAY, WEEK))
            per_patient.note_most(channel.value, in_day, in_week)
            allowed = one.caps.per_day(channel), one.caps.per_week(channel)
            full |= {
                name for name, number, most in zip(_LENGTHS, (in_day, in_week), allowed, strict=True) if number >= most
            }
            if in_day > allowed[0] or in_week > allowed[1]:
                promises.note(CAPS, patient_id)
        per_patient.at_the_cap.update(f"{channel.value} {name}" for name in full)


_LENGTHS = ("in a day", "in seven days")
_DAY = timedelta(days=1)


def _is_counted(one: _Sent) -> bool:
    """Safety is not limited; nor is service about a near visit, or an answer: these the gate left uncounted."""
    row, may_be_exempt = one.row, one.is_answer or one.row.purpose is Purpose.SERVICE
    return row.purpose is not Purpose.SAFETY and not (may_be_exempt and row.counted_on is None)


def _within(other: _Sent, one: _Sent, length: timedelta) -> bool:
    """Whether the other one lies in the days that end with this one's."""
    return one.day - length < other.day <= one.day


def shown(promises: Promises) -> Iterator[tuple[str, bool, int, list[str]]]:
    """Each promise: whether it was kept, how often not, and ids to look at."""
    for promise, times in promises.broken.items():
        yield promise, not times, times, promises.examples.get(promise, [])
