"""People in a sequence -> on its new version, with what that does to each of their messages."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from drip.app import App, Published
from drip.content.rewording import words_behind
from drip.core.comparison import is_same_for_patients
from drip.core.effect import Effect, Fate, effects
from drip.core.model import Channel
from drip.core.plan import Changes, Planned
from drip.flows.enrol import News, foresee, replan
from drip.flows.resolve import Repin, Resolved
from drip.store import enrolments
from drip.store.bulk import chunks
from drip.store.database import Tx
from drip.store.enrolments import EnrolmentRow, Pinned

AT_ONCE = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class Affected:
    """One patient who follows, by the booking system's reference: what becomes of each message that has not gone."""

    patient: str = field(repr=False)
    effects: tuple[Effect, ...]


@dataclass(slots=True, kw_only=True)
class Followed:
    """What following came to."""

    changes: News
    people: Sequence[Affected]


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """Which enrolments take a version that is live from now on."""

    to: Published
    versions: Mapping[str, Published]
    """Those that people were in before."""
    moving: Sequence[Pinned]
    sends_late: bool = False
    """What is late by the new times goes at the next opening, instead of not at all."""

    @property
    def of_patients(self) -> Mapping[str, Mapping[str, str]]:
        """The version for each enrolment that moves, by patient, in the order in which everyone locks patients."""
        found: dict[str, dict[str, str]] = {}
        for one in sorted(self.moving, key=lambda one: one.patient_id):
            found.setdefault(one.patient_id, {})[one.id] = self.to.id
        return found

    def chunks(self) -> Iterator[tuple[Sequence[str], Repin]]:
        """Some patients at a time, each with what their enrolments take."""
        moving = self.of_patients
        for some in chunks(list(moving), AT_ONCE):
            versions = {enrolment: version for patient in some for enrolment, version in moving[patient].items()}
            yield some, Repin(versions=versions, sends_late=self.sends_late)


def is_renewal(was: Published, now: Published) -> bool:
    """Whether nothing differs that a patient would notice. It follows by itself: the same words were approved again."""
    is_as_sound = now.is_approved or not was.is_approved
    is_same = is_same_for_patients(was.sequence, now.sequence) and was.templates.sources == now.templates.sources
    return is_as_sound and is_same


def follow(app: App, tx: Tx, move: Move, now: datetime) -> Followed:
    """Unsent messages of these enrolments take the new version's words and times; finished ones stay finished."""
    changes, ledger = News(), _Ledger(move=move, now=now)
    for some, repin in move.chunks():
        changes += replan(app, tx, some, now, repin, ledger.note)
    return Followed(changes=changes, people=sorted(ledger.people, key=lambda one: one.patient))


def would_follow(app: App, tx: Tx, move: Move, now: datetime) -> Sequence[Affected]:
    """What `follow` would do to whose messages, were the version live. Nothing is locked, nothing written."""
    ledger = _Ledger(move=move, now=now)
    for some, repin in move.chunks():
        for resolved in foresee(app, tx, some, now, repin, move.to):
            ledger.note(resolved)
    return sorted(ledger.people, key=lambda one: one.patient)


def tally(people: Iterable[Affected]) -> Mapping[str, Counter[Fate]]:
    """How many messages of each step have each fate."""
    counts: dict[str, Counter[Fate]] = {}
    for one in people:
        for effect in one.effects:
            counts.setdefault(effect.step, Counter())[effect.fate] += 1
    return counts


@dataclass(slots=True, kw_only=True)
class _Ledger:
    """Keeps what was decided for each patient. The planner decided it; nothing is worked out a second time."""

    move: Move
    now: datetime
    people: list[Affected] = field(default_factory=list)
    _moving: frozenset[str] = field(init=False)
    _others: dict[tuple[str, str], frozenset[Channel]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Looked up for every enrolment of every patient."""
        self._moving = frozenset(one.id for one in self.move.moving)

    def note(self, resolved: Resolved) -> None:
        """One patient's messages, before and after."""
        found = tuple(effect for row in self._moved(resolved) for effect in self._effects(row, resolved))
        if found:
            self.people.append(Affected(patient=resolved.known.row.ref, effects=found))

    def _moved(self, resolved: Resolved) -> Iterator[EnrolmentRow]:
        """Enrolments that went to the new version, and that nothing else ended at the same time."""
        still = {row.id for row in resolved.changed if row.state == enrolments.ACTIVE}
        return (row for row in resolved.known.enrolments if row.id in self._moving and row.id in still)

    def _effects(self, row: EnrolmentRow, resolved: Resolved) -> tuple[Effect, ...]:
        plan = next((one.changes for one in resolved.plans if one.enrolment_id == row.id), Changes())
        found = effects(resolved.known.plans.get(row.id, ()), plan, self._is_reworded, self.now)
        position = self.move.to.sequence.position
        return tuple(sorted(found, key=lambda one: (position(one.step), one.step, one.occurrence)))

    def _is_reworded(self, row: Planned, channel: Channel) -> bool:
        key = row.version, row.step
        if key not in self._others:
            self._others[key] = _reworded(self.move.versions.get(row.version), self.move.to, row.step)
        return channel in self._others[key]


def _reworded(was: Published | None, now: Published, step_id: str) -> frozenset[Channel]:
    """The channels on which a step's words differ. Of a version that nobody is pinned to any more: all."""
    step, old = now.sequence.step(step_id), was.sequence.step(step_id) if was else None
    if step is None or was is None or old is None:
        return frozenset(Channel)
    before, after = words_behind(was.sequence, was.templates, old), words_behind(now.sequence, now.templates, step)
    return frozenset(channel for channel in after if before.get(channel) != after[channel])
