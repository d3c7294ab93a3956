"""What a new version does to the messages of somebody who is in the sequence: read off the planner's own changes."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from drip.core.lifecycle import UNSENT, State
from drip.core.model import Channel
from drip.core.plan import Change, Changes, Planned, Wanted
from drip.core.reason import Reason


class Fate(StrEnum):
    """What becomes of one message that has not gone yet."""

    UNCHANGED = "unchanged"
    REWORDED = "reworded"
    """At its time, but it reads otherwise."""
    EARLIER = "earlier"
    LATER = "later"
    NEW = "new"
    """It was not planned before."""
    REMOVED = "removed"
    MISSED = "missed"
    """Its new time, or the end of its use, has already passed: the patient will not get it."""
    LEFT_OUT = "left_out"
    """The plan leaves it out for another reason, such as that another occurrence falls on the same day."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """One message of one patient, before and after."""

    step: str
    occurrence: int
    channel: Channel
    fate: Fate
    was: datetime | None = None
    """When it was to go; None where it was not."""
    at: datetime | None = None
    """When it goes now; None where it does not."""
    reason: Reason = Reason.NONE


IsReworded = Callable[[Planned, Channel], bool]
"""Whether the words behind a row, on the channel that it goes by now, are others in the new version."""


def effects(rows: Iterable[Planned], changes: Changes, is_reworded: IsReworded, now: datetime) -> tuple[Effect, ...]:
    """What these changes do to every message that has not gone. Nothing is decided here: the planner has."""
    rows = tuple(rows)
    changed = {change.id: change for change in changes.changed}
    ended = {end.id: end.reason for end in changes.ended}
    found = [
        _of_row(row, changed.get(row.id), ended.get(row.id), is_reworded, now) for row in rows if row.state in UNSENT
    ]
    revived = (changed[row.id].to for row in rows if row.state not in UNSENT and row.id in changed)
    found += [_of_new(to) for to in revived if to.state is State.PLANNED]
    return (*found, *(_of_new(to) for to in changes.new))


def _of_row(
    row: Planned, change: Change | None, ended: Reason | None, is_reworded: IsReworded, now: datetime
) -> Effect:
    if ended is not None:
        return _effect(row, Fate.REMOVED, was=row.planned_for, reason=ended)
    if change is None:
        return _effect(row, Fate.UNCHANGED, was=row.planned_for, at=row.planned_for)
    to = change.to
    fate, reason = _lost(to, now)
    if fate is not None:
        return _effect(to, fate, was=row.planned_for, reason=reason)
    if not change.stays and to.due_at != row.planned_for:
        fate = Fate.EARLIER if to.due_at < row.planned_for else Fate.LATER
        return _effect(to, fate, was=row.planned_for, at=to.due_at)
    fate = Fate.REWORDED if is_reworded(row, to.channel) else Fate.UNCHANGED
    return _effect(to, fate, was=row.planned_for, at=row.planned_for)


def _of_new(to: Wanted) -> Effect:
    fate, reason = _lost(to, None)
    return _effect(to, fate or Fate.NEW, at=None if fate else to.due_at, reason=reason)


def _lost(to: Wanted, now: datetime | None) -> tuple[Fate | None, Reason]:
    """Why it does not go any more; None when it does."""
    if to.state is not State.PLANNED:
        return (Fate.MISSED if to.reason is Reason.LATE else Fate.LEFT_OUT), to.reason
    has_expired = now is not None and to.expires_at <= now
    return (Fate.MISSED, Reason.EXPIRED) if has_expired else (None, Reason.NONE)


def _effect(
    of: Planned | Wanted,
    fate: Fate,
    *,
    was: datetime | None = None,
    at: datetime | None = None,
    reason: Reason = Reason.NONE,
) -> Effect:
    return Effect(step=of.step, occurrence=of.occurrence, channel=of.channel, fate=fate, was=was, at=at, reason=reason)
