"""Review dates -> notices to staff in good time, and tasks once one has passed and words are held back or stand in."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime

from drip.app import App, Published
from drip.core.model import Purpose
from drip.core.review import Notice, Stage, review_day, stage_of
from drip.store import enrolments, records, versions
from drip.store.database import Tx

HEART = "reviews"
"""Where the notices of the day are kept: who is in which version is counted once a day, not at every tick."""

HELD_BACK, FELL_BACK = "review_due", "safety_fell_back"
"""Tasks: to review words that wait; to review safety words that go all the same, as they were last approved."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lapsed:
    """A version that a message was to go by, and could not, or only in its last approved words."""

    version: Published
    is_safety: bool

    @property
    def kind(self) -> str:
        """The task's."""
        return FELL_BACK if self.is_safety else HELD_BACK

    @property
    def detail(self) -> str:
        """What is wrong with it. Nothing about a patient."""
        sequence, review = self.version.sequence.id, self.version.sequence.review
        why = f"review was due on {review.review_due}" if review.review_due else "nobody has approved it"
        why = why if self.version.is_approved else "nobody has approved it"
        goes = ": its last approved words go" if self.is_safety else ""
        return f"{sequence}, version {self.version.id[:8]}: {why}{goes}"


def ask_for_review(tx: Tx, lapsed: Iterable[Lapsed], now: datetime) -> None:
    """Staff are asked, once a day at the most, and not again while they have not done it."""
    by_key = {f"{one.kind}:{one.version.id}": one for one in lapsed}
    if not by_key:
        return
    waiting = {key.rpartition(":")[0] for key in records.open_keys(tx, (HELD_BACK, FELL_BACK))}
    tasks = [
        records.NewTask(key=f"{key}:{now:%Y-%m-%d}", kind=one.kind, detail=one.detail)
        for key, one in by_key.items()
        if key not in waiting
    ]
    records.raise_tasks(tx, tasks, now)


def done_with(tx: Tx, version_ids: Iterable[str], now: datetime) -> None:
    """Nothing goes by these versions any more: nobody need review them."""
    gone = set(version_ids)
    keys = records.open_keys(tx, (HELD_BACK, FELL_BACK))
    records.finish_tasks(tx, (key for key in keys if key.split(":")[1] in gone), now)


def look_at_reviews(app: App, now: datetime) -> bool:
    """Once a day, which reviews are near or past. Answers whether it looked. Safe to repeat."""
    today = review_day(now, app.clinic.zone)
    with app.store.read() as tx:
        _, told = records.last_beat(tx, HEART)
    if told and json.loads(told)["day"] == today.isoformat():
        return False
    app.store.attempt(lambda tx: note_reviews(app, tx, now))
    return True


def note_reviews(app: App, tx: Tx, now: datetime) -> None:
    """Keep the notices of the day, for whoever tells staff."""
    today = review_day(now, app.clinic.zone)
    found = [asdict(one) | {"due": one.due.isoformat()} for one in notices(app, tx, today)]
    records.beat(tx, [HEART], now, detail=json.dumps({"day": today.isoformat(), "notices": found}))


def noted(tx: Tx) -> Sequence[Notice]:
    """The notices of the day, as they were kept."""
    _, told = records.last_beat(tx, HEART)
    kept = json.loads(told)["notices"] if told else []
    return [Notice(**one | {"due": date.fromisoformat(one["due"]), "stage": Stage(one["stage"])}) for one in kept]


def notices(app: App, tx: Tx, today: date) -> list[Notice]:
    """Every version that is live, or that somebody is still in, whose review is near or past; the nearest first."""
    live = set(versions.live(tx).values())
    used = live | set(enrolments.count_by_version(tx))
    numbers = versions.numbers(tx, used)
    found = [
        _notice(one, numbers[version], stage, is_live=version in live)
        for version, one in app.versions.get(tx, used).items()
        if (stage := stage_of(one.sequence.review.review_due, today))
    ]
    return sorted(found, key=lambda one: (one.due, one.sequence, one.number))


def _notice(one: Published, number: int, stage: Stage, *, is_live: bool) -> Notice:
    due = one.sequence.review.review_due
    assert due is not None  # noqa: S101 - else it has no stage
    return Notice(
        sequence=one.sequence.id,
        number=number,
        due=due,
        stage=stage,
        is_live=is_live,
        is_safety=one.sequence.purpose is Purpose.SAFETY,
    )
