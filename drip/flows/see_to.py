"""A person sees to a task: takes it on, writes down what was done, finishes it, or takes that back."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from drip.app import App
from drip.core import typed
from drip.core.asked import BY_HAND, NEEDS_NOTE, RED_FLAG
from drip.core.role import Permission, Person
from drip.flows.unreached import forget
from drip.store import accounts, audit, enrolments, patients, records, settling, stranded, task_list, task_notes
from drip.store.audit import Deed
from drip.store.database import Tx
from drip.store.records import TaskRow
from drip.store.task_notes import Note

UNDO = timedelta(minutes=10)
"""For how long what was done can be taken back with one click."""

LONGEST_NOTE = 4_000


class Outcome(StrEnum):
    """What came of it."""

    DONE = "done"
    RELEASED = "released"
    """Done, and loading exercises are no longer held back by a red flag."""
    NOT_YET = "not_yet"
    """It is done only with a note of what was done."""
    DECIDE = "decide"
    """It is done by deciding about its message."""
    GONE = "gone"
    """It does not wait any more, or not for this person."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """Who sees to which task, and what they write about it."""

    task_id: str
    by: Person
    note: str = field(default="", repr=False)
    is_needless: bool = False
    """Words to pass on that the patient does not need any more: the note says why."""

    @property
    def words(self) -> str:
        """The note, fit to be kept. Empty where it says nothing."""
        return typed.note(self.note, LONGEST_NOTE)


def finish(app: App, seen: Seen, now: datetime) -> Outcome:
    """It is done. Safe to repeat."""
    return app.store.attempt(lambda tx: _finish(tx, seen, now))


def _finish(tx: Tx, seen: Seen, now: datetime) -> Outcome:
    task = _theirs(tx, seen)
    if task is None:
        return Outcome.GONE
    is_dropped = seen.is_needless and task.kind in BY_HAND
    if (is_dropped or task.kind in NEEDS_NOTE) and not seen.words:
        return Outcome.NOT_YET
    if task.kind == "held":
        return Outcome.DECIDE
    # Without a name nothing is said in the story of words that nobody passed on.
    if not records.finish_task(tx, task.id, "" if is_dropped else seen.by.full_name, now):
        return Outcome.GONE
    _note(tx, task, seen, now)
    lost = _lost(tx, task)
    stranded.deal(tx, lost, now)
    forget(tx, lost if task.kind in BY_HAND else (), now)
    deed = "task_dropped" if is_dropped else "task_done"
    audit.write(tx, Deed(who=seen.by.id, deed=deed, about=f"task:{task.id}"), now)
    return Outcome.RELEASED if _releases(tx, task) else Outcome.DONE


def _releases(tx: Tx, task: TaskRow) -> bool:
    """Whether it was the last thing of its kind that held loading exercises back; then they ask again at once."""
    if task.kind != RED_FLAG or not task.patient_id or records.with_open(tx, RED_FLAG, [task.patient_id]):
        return False
    settling.wake_interlocked(tx, [task.patient_id])
    return True


def message_of(task: TaskRow) -> str:
    """The message that a task is about, by the last part of its key; of other kinds that is nobody's id."""
    return task.key.rpartition(":")[2]


def _lost(tx: Tx, task: TaskRow) -> Sequence[str]:
    """The messages that it is about. Words that were passed on by hand were those of all that say the same."""
    message = message_of(task)
    return stranded.of_step(tx, message) if task.kind in BY_HAND else [message]


def _theirs(tx: Tx, seen: Seen) -> TaskRow | None:
    """The task, if it waits and is this person's to see. Its patient stays locked: the gate looks at red flags."""
    task = records.find_task(tx, seen.task_id)
    if task is None or not task_list.may_see(tx, task, seen.by.sites):
        return None
    if task.patient_id:
        patients.lock(tx, [task.patient_id])
    return task


def _note(tx: Tx, task: TaskRow, seen: Seen, now: datetime) -> None:
    if words := seen.words:
        keys = enrolments.data_key_rows(tx, [task.patient_id] if task.patient_id else [])
        note = Note(at=now, who=seen.by.id, words=words)
        task_notes.add(tx, task.id, keys.get(task.patient_id or ""), note)


def write_note(app: App, seen: Seen, now: datetime) -> bool:
    """Something to remember about it. Answers whether it was written."""

    def write(tx: Tx) -> bool:
        task = _theirs(tx, seen)
        if task is None or not seen.words:
            return False
        _note(tx, task, seen, now)
        audit.write(tx, Deed(who=seen.by.id, deed="task_noted", about=f"task:{task.id}"), now)
        return True

    return app.store.attempt(write)


def assign(app: App, seen: Seen, to: str, now: datetime) -> Person | None:
    """Somebody takes it on. Answers who; None where it does not wait, or that person could not see it."""

    def write(tx: Tx) -> Person | None:
        task = _theirs(tx, seen)
        chosen = next((one for one in colleagues(tx) if one.id == to), None)
        if task is None or chosen is None or not task_list.may_see(tx, task, chosen.sites):
            return None
        task_list.assign(tx, task.id, chosen.id)
        _note(tx, task, seen, now)  # what was typed beside the button is part of handing it over
        deed = Deed(who=seen.by.id, deed="task_assigned", about=f"task:{task.id}", detail={"to": chosen.id})
        audit.write(tx, deed, now)
        return chosen

    return app.store.attempt(write)


def colleagues(tx: Tx) -> list[Person]:
    """Everybody who can sign in and act, by name."""
    people = [one.person for one in accounts.everybody(tx) if one.disabled_at is None]
    return sorted((one for one in people if one.may(Permission.ACT)), key=lambda one: one.full_name)


def reopen(app: App, seen: Seen, now: datetime) -> bool:
    """What was done a moment ago was not: it waits again, and holds back what it held back."""

    def write(tx: Tx) -> bool:
        done = task_list.find_done(tx, seen.task_id, now - UNDO)
        if done is None or not task_list.may_see(tx, done, seen.by.sites):
            return False
        patients.lock(tx, [done.patient_id] if done.patient_id else [])
        is_open = task_list.reopen(tx, done.id, now - UNDO)
        if is_open:
            stranded.undo(tx, _lost(tx, done))
            audit.write(tx, Deed(who=seen.by.id, deed="task_reopened", about=f"task:{done.id}"), now)
        return is_open

    return app.store.attempt(write)
