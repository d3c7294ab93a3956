"""The plan: every message an enrolment wants, compared with the rows there are, as the fewest changes.

`planned_for` is where the rules place a message; only this file writes it, and comparing it with the rules again is
how a move is noticed. `due_at` is the next try, which deferrals and retries may move.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache

from drip.core.follow_up import Answered
from drip.core.lifecycle import REVIVABLE, UNSENT, State
from drip.core.model import Channel
from drip.core.planned import Basis, Change, Changes, End, Key, Planned, Wanted
from drip.core.reason import Reason
from drip.core.schedule import Placement, expiry, placements
from drip.core.sequence import Step
from drip.core.walltime import local_date
from drip.core.window import ANY

NEVER = datetime.max.replace(tzinfo=UTC)

LATEST = timedelta(weeks=4)
"""What is worth having late is so for this long after its own time, or for as long as its own `expires` says."""

KEPT = 16_384
"""Plans of enrolments, some 2 kB each: those of the few thousand patients who are heard of most."""

__all__ = ["Basis", "Change", "Changes", "End", "Planned", "Wanted", "as_of", "changes", "ending", "to_enter", "wanted"]


def wanted(basis: Basis) -> tuple[Wanted, ...]:
    """Every message of a sequence for its anchor, in the order of steps, not yet compared with the clock."""
    own = _own(replace(basis, answers=()) if basis.answers else basis)
    return (*own, *(message for answer in basis.answers for message in _said_to(answer, basis)))


@lru_cache(maxsize=KEPT)
def _own(basis: Basis) -> tuple[Wanted, ...]:
    """What it wants whatever is answered. Kept: a patient's plan is compared anew with everything that is heard of
    them, and seldom moves; placing every step took a third of all planning."""
    steps = enumerate(basis.sequence.steps)
    return tuple(message for position, step in steps if not step.follows for message in _of_step(step, position, basis))


def _said_to(answer: Answered, basis: Basis) -> Iterable[Wanted]:
    """What follows an answer: it counts from that, under the number of what was asked."""
    step = basis.sequence.follow_up(answer.step, answer.objects)
    if step is None:
        return
    hours = replace(basis.hours, window=ANY) if step.answers_at_once else basis.hours
    position = basis.sequence.position(step.id)
    for message in _of_step(step, position, replace(basis, anchor=answer.at, hours=hours)):
        yield replace(message, occurrence=answer.occurrence)


def _of_step(step: Step, position: int, basis: Basis) -> Iterable[Wanted]:
    for place in placements(step, basis.anchor, basis.hours):
        skipped = _why_left_out(step, place, basis)
        for slot in step.slots:
            yield Wanted(
                step=step.id,
                position=position,
                occurrence=place.occurrence,
                slot=slot,
                channel=slot,
                revision=basis.revision if step.before else 0,
                purpose=step.purpose,
                planned_for=place.planned_for,
                due_at=place.planned_for,
                expires_at=_expiry(step, slot, place.planned_for, basis),
                state=State.SKIPPED if skipped else State.PLANNED,
                reason=skipped,
                otherwise=place.otherwise,
            )


def _why_left_out(step: Step, place: Placement, basis: Basis) -> Reason:
    if step.reminder and basis.reminds_itself:
        return Reason.REMINDED_ELSEWHERE
    if basis.until and place.planned_for >= basis.until:
        return Reason.EXPIRED
    if place.merged:
        return Reason.MERGED
    return Reason.NONE if place.fits else Reason.WINDOW


def _expiry(step: Step, channel: Channel, at: datetime, basis: Basis) -> datetime:
    expires_at = expiry(step, channel, at, basis.anchor, basis.hours)
    return min(expires_at, basis.until) if basis.until else expires_at


def as_of(messages: Iterable[Wanted], basis: Basis, now: datetime) -> list[Wanted]:
    """The messages as they enter the plan at `now`: what is already past is late.

    A late message is skipped; with `if_late: send`, and for no longer than `LATEST`, it is placed again from now, one
    a day at the most: no burst.
    An occurrence whose own time comes later that day is merged into it.
    """
    steps = {step.id: step for step in basis.sequence.steps}
    days: set[tuple[str, Channel, date]] = set()
    return [_as_of(message, steps[message.step], basis, now, days) for message in messages]


def _as_of(message: Wanted, step: Step, basis: Basis, now: datetime, days: set[tuple[str, Channel, date]]) -> Wanted:
    if message.state is not State.PLANNED:
        return message
    if message.planned_for >= now:
        is_taken = days and (step.id, message.slot, local_date(message.planned_for, basis.hours.zone)) in days
        return replace(message, state=State.SKIPPED, reason=Reason.MERGED) if is_taken else message
    again = _again(message, step, basis, now)
    if again is None or again >= ((basis.anchor if step.before else basis.until) or NEVER):
        return replace(message, state=State.SKIPPED, reason=Reason.LATE)
    day = (step.id, message.slot, local_date(again, basis.hours.zone))
    if day in days:
        return replace(message, state=State.SKIPPED, reason=Reason.MERGED)
    days.add(day)
    return replace(message, due_at=again, expires_at=_expiry(step, message.slot, again, basis))


def _again(message: Wanted, step: Step, basis: Basis, now: datetime) -> datetime | None:
    """Where a message goes whose place is over: had it waited for the window, it may not be late at all."""
    if message.otherwise and message.otherwise >= now:
        return message.otherwise
    if step.answers_at_once:
        return now if now < message.expires_at else None
    is_worth_having = step.send_if_late and now <= max(message.planned_for + LATEST, message.expires_at)
    is_let_in = is_worth_having or message.goes_late
    return basis.hours.forward(now) if is_let_in else None


def to_enter(messages: Iterable[Wanted], rows: Iterable[Planned]) -> tuple[list[Wanted], list[tuple[Planned, Wanted]]]:
    """Which wanted messages are new, and which rows no longer stand where the rules place them.

    A row that already went, or may have gone, stays as it is, and so does one that staff left out; a visit that moved
    to another day is reminded of anew.
    """
    latest = _latest(rows)
    new: list[Wanted] = []
    moved: list[tuple[Planned, Wanted]] = []
    for message in messages:
        row = latest.get(message.key)
        if row is None:
            new.append(message)
        elif row.state in UNSENT | REVIVABLE and row.reason is not Reason.SKIPPED_BY_STAFF:
            if _differs(row, message):
                moved.append((row, message))
        elif message.revision > row.revision:
            new.append(message)
    return new, moved


def _latest(rows: Iterable[Planned]) -> Mapping[Key, Planned]:
    """The newest revision of each message."""
    return {row.key: row for row in sorted(rows, key=lambda row: row.revision)}


def _differs(row: Planned, message: Wanted) -> bool:
    if row.planned_for != message.planned_for or row.revision != message.revision:
        return True
    if row.state in UNSENT:
        return message.state is State.SKIPPED  # such as when a new closure pushed an earlier occurrence onto its day
    if row.reason is Reason.REMINDED_ELSEWHERE:
        return message.state is State.PLANNED  # the booking system no longer does so
    # A condition that was not met at its time is not asked again; what a cancellation or a version took away is.
    return row.state in (State.CANCELLED, State.SUPERSEDED)


def changes(basis: Basis, rows: Iterable[Planned], now: datetime) -> Changes:
    """The fewest changes that make an active enrolment's rows what its sequence wants. Safe to repeat."""
    rows = tuple(rows)
    messages = wanted(basis)
    new, moved = to_enter(messages, rows)
    entered = as_of((_let_in(row, to, basis) for row, to in moved), basis, now)
    return Changes(
        new=tuple(as_of(_newcomers(new, rows, basis, now), basis, now)),
        changed=_moves(moved, entered, basis.version)
        + _renewed(messages, rows, {row.id for row, _ in moved}, basis, now),
        ended=_unwanted(messages, rows),
    )


def _let_in(row: Planned, to: Wanted, basis: Basis) -> Wanted:
    """Only what the patient was still going to get: what they have had, or missed before, does not come back."""
    return replace(to, goes_late=basis.sends_late and row.state in UNSENT)


def _newcomers(new: Iterable[Wanted], rows: tuple[Planned, ...], basis: Basis, now: datetime) -> Iterator[Wanted]:
    """A step new to a sequence that people are already in is planned if it is still ahead, never sent late."""
    known = {row.step for row in rows}
    if known:  # what is said to an answer is new with each answer
        known |= {step.id for step in basis.sequence.steps if step.follows}
    for message in new:
        is_added = bool(known) and message.step not in known
        is_past = message.state is State.PLANNED and (message.otherwise or message.planned_for) < now
        yield replace(message, state=State.SKIPPED, reason=Reason.LATE) if is_added and is_past else message


def _moves(moved: list[tuple[Planned, Wanted]], entered: list[Wanted], version: str) -> tuple[Change, ...]:
    pairs = zip((row for row, _ in moved), entered, strict=True)
    return tuple(Change(id=row.id, was=row.state, to=to, version=version) for row, to in pairs)


def _renewed(
    messages: tuple[Wanted, ...], rows: tuple[Planned, ...], moved: set[str], basis: Basis, now: datetime
) -> tuple[Change, ...]:
    """Unsent rows that stay where they are, but take a newer version's words, or end with a visit moved in its day."""
    by_key = {message.key: message for message in messages}
    steps = {step.id: step for step in basis.sequence.steps}
    current = {row.id for row in _latest(rows).values()} - moved
    return tuple(
        Change(
            id=row.id,
            was=row.state,
            to=_in_place(by_key[row.key], row, steps[row.step], basis, now),
            version=basis.version,
            stays=True,
        )
        for row in rows
        if row.state in UNSENT
        and row.key in by_key
        and row.id in current
        and (row.version != basis.version or _ends_otherwise(row, steps[row.step], basis))
    )


def _ends_otherwise(row: Planned, step: Step, basis: Basis) -> bool:
    """A reminder is no use once its visit has begun, at whatever hour of the day that now is."""
    return step.before and row.expires_at != basis.anchor


def _in_place(message: Wanted, row: Planned, step: Step, basis: Basis, now: datetime) -> Wanted:
    """The message for a row that stays: on the channel it had turned to, and still late if it was let in late."""
    channel = row.channel if row.channel in step.channels else message.channel
    if step.send_if_late or (message.otherwise or message.planned_for) >= now:
        (message,) = as_of((replace(message, goes_late=step.send_if_late),), basis, now)
    return replace(message, channel=channel)


def _unwanted(messages: tuple[Wanted, ...], rows: tuple[Planned, ...]) -> tuple[End, ...]:
    """Rows that no step asks for any more, and rows that speak of a date the visit has moved away from."""
    keys = {message.key for message in messages}
    current = {row.id for row in _latest(rows).values()}
    gone = [row for row in rows if row.state in UNSENT and not (row.key in keys and row.id in current)]
    return tuple(End(id=row.id, was=row.state, state=State.SUPERSEDED, reason=_why_gone(row, keys)) for row in gone)


def _why_gone(row: Planned, keys: set[Key]) -> Reason:
    return Reason.APPOINTMENT_MOVED if row.key in keys else Reason.SUPERSEDED_BY_VERSION


def ending(rows: Iterable[Planned], reason: Reason) -> Changes:
    """The changes for an enrolment that has ended: what is unsent is cancelled with the reason."""
    return Changes(
        ended=tuple(
            End(id=row.id, was=row.state, state=State.CANCELLED, reason=reason) for row in rows if row.state in UNSENT
        )
    )
