"""How things look: tables that line up, colour on a terminal only, errors that say what to do next."""

import io
import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from drip import clock

PIPE_WIDTH = 160
"""Columns when nobody's terminal says how wide it is: wide enough that a table keeps one line a row."""


def _console(*, stderr: bool) -> Console:
    stream = sys.stderr if stderr else sys.stdout
    width = None if stream.isatty() else PIPE_WIDTH
    # No markup, no emoji: what comes from outside in square brackets or as `:pill:` is printed as it is.
    return Console(stderr=stderr, highlight=False, markup=False, emoji=False, width=width)


out, err = _console(stderr=False), _console(stderr=True)


FIRST_YEAR, LAST_YEAR = 1900, 2199
"""Between which a time that was typed can be meant."""


class Complaint(Exception):
    """A mistake of the user's or of their data; the message says what to do, the code is the exit code."""

    def __init__(self, message: str, code: int = 1) -> None:
        super().__init__(message)
        self.code = code


def show_what_can_be_shown() -> None:
    """A terminal that does not know a letter gets a question mark for it, not an error."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper) and not stream.encoding.lower().startswith("utf"):
            stream.reconfigure(errors="replace")


def complain(message: str, code: int) -> int:
    """One error, on stderr."""
    err.print("error:", style="bold red", end=" ")
    err.print(message, soft_wrap=True)
    return code


def note(message: str) -> None:
    """Something worth knowing that is not an answer: stderr."""
    err.print(message, style="dim", soft_wrap=True)


def print_json(document: Any) -> None:
    """One JSON document on stdout, and nothing else."""
    shows_all = sys.stdout.encoding.lower().startswith("utf")
    sys.stdout.write(json.dumps(document, ensure_ascii=not shows_all, indent=2, default=_as_json) + "\n")


def _as_json(value: Any) -> Any:
    return zulu(value) if isinstance(value, datetime) else str(value)


def zulu(at: datetime | None) -> str | None:
    """UTC, to the second unless there is more to say, ending in Z."""
    if at is None:
        return None
    return at.astimezone(UTC).isoformat(timespec="auto").replace("+00:00", "Z")


def table(*columns: str, title: str | None = None) -> Table:
    """A plain table without boxes."""
    made = Table(
        title=title, box=None, pad_edge=False, title_justify="left", title_style="bold", header_style="bold",
        show_header=any(columns),
    )  # fmt: skip
    for column in columns:
        made.add_column(column, overflow="fold")
    return made


STATE_STYLES = {
    "planned": "cyan",
    "accepted": "green",
    "sent": "green",
    "delivered": "green",
    "held": "bold yellow",
    "unknown": "yellow",
    "failed": "bold red",
    "invalid": "bold red",
    "undelivered": "red",
}


def state_in_colour(state: str) -> Text:
    """A state, in the colour of how well it is."""
    return Text(state, style=STATE_STYLES.get(state, "dim"))


def counted(number: int, noun: str) -> str:
    """`1 error`, `2 errors`."""
    return f"{number} {noun}{'s' * (number != 1)}"


def read_time(text: str | None, option: str) -> datetime:
    """An instant that was typed; now when it was not. It must carry an offset."""
    if text is None:
        return clock.now()
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise Complaint(f"{option} {text!r} is not a time: write it as 2026-06-11T10:00+01:00", 2) from None
    if at.tzinfo is None:
        raise Complaint(f"{option} {text!r} has no offset: add Z for UTC, or +01:00 for British summer time", 2)
    if not FIRST_YEAR <= at.year <= LAST_YEAR:
        raise Complaint(f"{option} {text!r} must be between the years {FIRST_YEAR} and {LAST_YEAR}", 2)
    return at.astimezone(UTC)


@contextmanager
def progress(label: str, total: int | None = None) -> Iterator[Any]:
    """A bar on stderr, only on a terminal: call what is given with the number of steps done."""
    columns: Sequence[Any] = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=err, transient=True, disable=not err.is_terminal) as bar:
        task = bar.add_task(label, total=total)

        def to(done: int, of: int | None = None) -> None:
            bar.update(task, completed=done, total=of if of is not None else total)

        yield to
