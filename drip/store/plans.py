"""The plan as rows: read for comparing, written as changes."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from sqlalchemy import Select, select

from drip.core.lifecycle import State, checked
from drip.core.model import Channel
from drip.core.plan import Change, Changes, End, Planned, Wanted
from drip.core.reason import Reason
from drip.store import bulk
from drip.store.conditions import NO_LEASE
from drip.store.database import Tx
from drip.store.ids import new_id
from drip.store.schema import messages


@dataclass(frozen=True, slots=True, kw_only=True)
class EnrolmentPlan:
    """The changes to one enrolment's messages."""

    enrolment_id: str
    patient_id: str
    sequence: str
    version: str
    changes: Changes


def of_enrolments(tx: Tx, enrolment_ids: Iterable[str], *, lock: bool = True) -> dict[str, list[Planned]]:
    """Every message of these enrolments, for comparing with what is wanted. Unlocked only for looking."""
    ids = sorted(set(enrolment_ids))
    found: dict[str, list[Planned]] = {enrolment_id: [] for enrolment_id in ids}
    for chunk in bulk.chunks(ids):
        for row in tx.connection.execute(_planned(is_postgres=tx.is_postgres, lock=lock), bulk.given(tx, chunk)):
            enrolment, row_id, step, occurrence, slot, channel, revision, version, state, reason, at, expires = row
            found[enrolment].append(
                Planned(
                    id=row_id,
                    step=step,
                    occurrence=occurrence,
                    slot=_CHANNELS[slot],
                    channel=_CHANNELS[channel],
                    revision=revision,
                    version=version,
                    state=_STATES[state],
                    reason=_REASONS[reason],
                    planned_for=at,
                    expires_at=expires,
                )
            )
    return found


# Histories are compared by the ten thousand rows, and calling an enum costs ten times as much as looking it up.
_CHANNELS = {channel.value: channel for channel in Channel}
_STATES = {state.value: state for state in State}
_REASONS = {reason.value: reason for reason in Reason}


@cache
def _planned(*, is_postgres: bool, lock: bool) -> Select[Any]:
    """Locked, so that no claim comes between what is read and what is written from it."""
    columns = [messages.c[name] for name in Planned.__slots__]
    query = select(messages.c.enrolment_id, *columns).where(
        bulk.among_given(messages.c.enrolment_id, is_postgres=is_postgres)
    )
    return query.with_for_update() if lock and is_postgres else query


def apply(tx: Tx, plans: Sequence[EnrolmentPlan]) -> int:
    """Write the changes; each row only from the state it was seen in. Answers how many rows are newly planned."""
    new = [_new_row(plan, wanted) for plan in plans for wanted in plan.changes.new]
    bulk.insert_rows(tx, messages, new)  # none can exist: whoever plans holds the patients' locks
    changes = [change for plan in plans for change in plan.changes.changed]
    moved = [_moved_row(change) for change in changes if not change.stays]
    bulk.update_rows(tx, messages, moved, match={"id": "id", "state": "was"})
    reworded = [_reworded_row(change) for change in changes if change.stays]
    bulk.update_rows(tx, messages, reworded, match={"id": "id", "state": "was"})
    ended = [_ended_row(end) for plan in plans for end in plan.changes.ended]
    bulk.update_rows(tx, messages, ended, match={"id": "id", "state": "was"})
    return sum(row["state"] == State.PLANNED.value for row in new)


def _placed(wanted: Wanted) -> dict[str, Any]:
    return {
        "position": wanted.position,
        "channel": wanted.channel.value,
        "turned": False,
        "revision": wanted.revision,
        "purpose": wanted.purpose.value,
        "priority": wanted.purpose.rank,
        "state": wanted.state.value,
        "reason": wanted.reason.value,
        "planned_for": wanted.planned_for,
        "due_at": wanted.due_at,
        "chosen_for": None,  # it stands elsewhere now
        "expires_at": wanted.expires_at,
    }


def _new_row(plan: EnrolmentPlan, wanted: Wanted) -> dict[str, Any]:
    return {
        "id": new_id(),
        "enrolment_id": plan.enrolment_id,
        "patient_id": plan.patient_id,
        "sequence": plan.sequence,
        "version": plan.version,
        "step": wanted.step,
        "occurrence": wanted.occurrence,
        "slot": wanted.slot.value,
    } | _placed(wanted)


# A claimed row that moves loses its lease: the worker that had it finds out at the gate.


def _reworded_row(change: Change) -> dict[str, Any]:
    """Where it stands, what it turned to and when it is tried next stay as they are."""
    to = change.to
    words = {"version": change.version, "position": to.position, "purpose": to.purpose.value}
    words |= {"priority": to.purpose.rank, "expires_at": to.expires_at, "state": State.PLANNED.value}
    return {"id": change.id, "was": change.was.value} | words | NO_LEASE


def _moved_row(change: Change) -> dict[str, Any]:
    checked(State.PLANNED if change.was is State.CLAIMED else change.was, change.to.state)  # a claim is given up first
    return {"id": change.id, "was": change.was.value, "version": change.version} | _placed(change.to) | NO_LEASE


def _ended_row(end: End) -> dict[str, Any]:
    state = {"state": checked(end.was, end.state).value, "reason": end.reason.value}
    return {"id": end.id, "was": end.was.value} | state | NO_LEASE
