"""People in a sequence -> on its new version, with what that does to each of their messages."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from drip.app import App, Published
from drip.content.rewording import words_behind
from drip.core.comparison import is_same_for_patients
from drip.core.effect import Effect, effects
from drip.core.model import Channel
from drip.core.plan import Changes, Planned
from drip.flows.enrol import News, replan
from drip.flows.resolve import Resolved
from drip.store import enrolments
from drip.store.bulk import chunks
from drip.store.database import Tx

AT_ONCE = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class Affected:
    """One patient who follows, by the booking system's reference: what becomes of each message that has not gone."""

    patient: str = field(repr=False)
    effects: tuple[Effect, ...]


@dataclass(slots=True, kw_only=True)
class Followed:
    """What following came to."""

    changes: News = field(default_factory=News)
    people: list[Affected] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """Who takes which version: whoever was chosen, and everybody for whom it changes nothing but who answers for it."""

    sequence: str
    to: Published
    versions: Mapping[str, Published]
    """Those that people are in now."""
    everybody: frozenset[str]
    """The patients who are in the sequence now."""
    chosen: frozenset[str]
    unknowing: frozenset[str]
    """Not chosen, but nothing changes for them: they take it too."""
    renewed: frozenset[str]
    """Versions that say the same at the same time: only their review, their title or their tests differ."""

    def takes(self, row: enrolments.EnrolmentRow) -> bool:
        """Whether this enrolment goes to the new version."""
        if row.sequence != self.sequence or row.state != enrolments.ACTIVE or row.version == self.to.id:
            return False
        return row.patient_id in self.chosen or row.version in self.renewed


def is_renewal(was: Published, now: Published) -> bool:
    """Whether nothing differs that a patient would notice. It follows by itself: the same words were approved again."""
    return is_same_for_patients(was.sequence, now.sequence) and was.templates.sources == now.templates.sources


def follow(app: App, tx: Tx, move: Move, now: datetime) -> Followed:
    """Unsent messages of these people take the new version's words and times; finished ones stay finished."""
    followed, ledger = Followed(), _Ledger(move=move, now=now)
    for chunk in chunks(sorted(move.chosen | move.unknowing), AT_ONCE):
        keys = enrolments.data_key_rows(tx, chunk)
        rows = [row for of_one in enrolments.of_patients(tx, keys).values() for row in of_one]
        repin = {row.id: move.to.id for row in rows if move.takes(row)}
        if repin:
            followed.changes += replan(app, tx, chunk, now, repin, ledger.note)
    followed.people = sorted(ledger.people, key=lambda one: one.patient)
    return followed


@dataclass(slots=True, kw_only=True)
class _Ledger:
    """Keeps what was decided for each patient. The planner decided it; nothing is worked out a second time."""

    move: Move
    now: datetime
    people: list[Affected] = field(default_factory=list)
    _others: dict[tuple[str, str], frozenset[Channel]] = field(default_factory=dict)

    def note(self, resolved: Resolved) -> None:
        """One patient's messages, before and after."""
        found = tuple(effect for row in self._moved(resolved) for effect in self._effects(row, resolved))
        if found:
            self.people.append(Affected(patient=resolved.known.row.ref, effects=found))

    def _moved(self, resolved: Resolved) -> Iterator[enrolments.EnrolmentRow]:
        """Enrolments that went to the new version, and that nothing else ended at the same time."""
        still = {row.id for row in resolved.changed if row.state == enrolments.ACTIVE}
        return (row for row in resolved.known.enrolments if self.move.takes(row) and row.id in still)

    def _effects(self, row: enrolments.EnrolmentRow, resolved: Resolved) -> tuple[Effect, ...]:
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
