"""Which calls a worker began, on its own disk: what a dead worker never called is provably not taken, and goes again.

The lines are written without waiting for the disk. That survives the death of the process, not of the machine, so a
journal counts only until the machine is started anew; it says itself in which start it was written.
"""

import fcntl
import logging
import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from drip.app import App
from drip.clock import boot
from drip.core.lifecycle import State
from drip.core.reason import Reason
from drip.store import records, settling
from drip.store.database import Tx
from drip.store.ids import new_id
from drip.store.settling import Doubt, Settlement

PASSED, CALLING = "passed", "calling"

NEVER_CALLED = "its worker died before it called"

log = logging.getLogger("drip.send")


class Journal:
    """One worker's notes of one round; a file is made when there is something to note.

    Locked for as long as the worker lives, however still it stands: so others see whether it is dead.
    """

    def __init__(self, folder: Path | None) -> None:
        """Without a folder, or on a machine that cannot tell one start from another, nothing is ever noted."""
        self._folder = folder if boot() else None
        self._path: Path | None = None
        self._file = -1

    def passed(self, attempt_ids: Iterable[str]) -> None:
        """These are about to be written down as on their way: before that commit, since one may die right after it."""
        lines = "".join(f"{PASSED} {one}\n" for one in attempt_ids)
        if lines and self._folder is not None and self._path is None:
            self._path = self._made(self._folder)
        self._note(lines)

    def calling(self, attempt_id: str) -> None:
        """The provider is called for this one now. Safe from many threads: each line is one write."""
        self._note(f"{CALLING} {attempt_id}\n")

    def _made(self, folder: Path) -> Path | None:
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            name = f"calls-{new_id()}"
            hidden = folder / f".{name}"
            self._file = os.open(hidden, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND, 0o600)
            fcntl.flock(self._file, fcntl.LOCK_EX)  # before anybody else can see it
            os.write(self._file, f"{boot()}\n".encode())
            return hidden.rename(folder / f"{name}.log")
        except OSError as problem:
            log.error("calls cannot be noted in %s: %s", folder, problem.strerror)
            self._folder = None
            return None

    def _note(self, lines: str) -> None:
        if self._path is None or not lines:
            return
        try:
            is_whole = os.write(self._file, lines.encode()) == len(lines)
        except OSError:
            is_whole = False
        if not is_whole:
            log.error("calls cannot be noted any more: is the disk full?")
            self._forget()  # with a gap it would prove what is not so

    def _forget(self) -> None:
        """The file stays open: other threads may be about to write to it."""
        path, self._path, self._folder = self._path, None, None
        if path is not None:
            path.unlink(missing_ok=True)

    def close(self, *, is_done: bool) -> None:
        """Done: all that was called has been written down, and nothing is left to prove. Else it is left for others."""
        if self._path is not None and is_done:
            self._path.unlink(missing_ok=True)
        if self._file >= 0:
            os.close(self._file)
        self._path, self._file = None, -1


NO_JOURNAL = Journal(None)
"""Nothing is noted, and nothing proved."""


def take_up_journals(app: App, now: datetime) -> int:
    """What dead workers of this machine passed and never called goes back to the plan. Answers how many messages."""
    freed = 0
    for path in sorted(app.spool.glob("calls-*.log")) if app.spool else ():
        with _left_behind(path) as text:
            if text:
                never_called = _never_called(text)
                freed += app.store.attempt(lambda tx, ids=never_called: _plan_again(tx, ids, now))  # type: ignore[misc]
                path.unlink(missing_ok=True)
    if freed:
        log.warning("%d messages had passed the gate when their worker died, and were not called: they go again", freed)
    return freed


@contextmanager
def _left_behind(path: Path) -> Iterator[str]:
    """The text of a journal whose worker is dead, held so that nobody else reads it; empty if it proves nothing."""
    try:
        file = path.open()
    except FileNotFoundError:  # another worker was quicker
        yield ""
        return
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:  # its worker lives
            yield ""
            return
        start, _, text = file.read().partition("\n")
        # One from before the last start, or of another machine, may lack its last lines.
        yield text if start == boot() and text.endswith("\n") else ""


def _never_called(text: str) -> list[str]:
    lines = [line.split(" ", 1) for line in text.splitlines()]
    called = {told for word, told in lines if word == CALLING}
    return [told for word, told in lines if word == PASSED and told not in called]


def _plan_again(tx: Tx, attempt_ids: Sequence[str], now: datetime) -> int:
    """As if the provider had been away. A person who was asked about one is not any more."""
    freed = [_not_taken(doubt, now) for doubt in settling.of_attempts(tx, attempt_ids)]
    left = {one.message_id for one in settling.settle(tx, freed, was=(State.IN_FLIGHT, State.UNKNOWN, State.HELD))}
    records.finish_tasks(tx, [f"held:{one.message_id}" for one in freed if one.message_id not in left], now)
    return len(freed) - len(left)


def _not_taken(doubt: Doubt, now: datetime) -> Settlement:
    return Settlement(
        attempt_id=doubt.attempt_id,
        message_id=doubt.message_id,
        outcome="not_taken",
        detail=NEVER_CALLED,
        provider_ref=None,
        state=State.PLANNED,
        reason=Reason.NOT_CALLED,
        due_at=now,
        attempts=doubt.number - 1,
        channel=doubt.channel,
        turned=doubt.turned,
        counted_on=None,
        accepted_at=None,
    )
