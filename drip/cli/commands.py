"""All commands on one list, and what becomes of their mistakes."""

import traceback
from collections.abc import Sequence
from pathlib import Path

import typer
from typer.core import TyperGroup

from drip.cli import (
    desk,
    later,
    looking_ahead,
    people,
    running,
    sandbox,
    sending,
    serving,
    staff,
    writing,
    writing_out,
)
from drip.cli.show import Complaint, complain, err, show_what_can_be_shown


class _InOrder(TyperGroup):
    """Commands in the order in which a clinic meets them."""

    def list_commands(self, ctx: typer.Context) -> list[str]:  # type: ignore[override]
        return list(self.commands)


app = typer.Typer(
    cls=_InOrder,
    name="drip",
    help="The right advice, once, at the right local time, in approved words.",
    invoke_without_command=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)
for group in (writing, writing_out, sending, people, looking_ahead, desk, running, serving, sandbox, staff, later):
    group.add_to(app)


@app.callback()
def _without_a_command(context: typer.Context) -> None:
    """The right advice, once, at the right local time, in approved words."""
    if context.invoked_subcommand is None:
        err.print(context.get_help(), soft_wrap=True)
        raise typer.Exit(2)


def run(arguments: Sequence[str]) -> int:
    """The exit code of one command."""
    show_what_can_be_shown()
    try:
        result = app(list(arguments), standalone_mode=False)
    except typer.Exit as done:
        return done.exit_code
    except typer.Abort:
        return complain("stopped", 130)
    except Exception as problem:
        return _explained(problem)
    return result if isinstance(result, int) else 0


def _explained(problem: Exception) -> int:
    """One line on what went wrong and what to do, with its exit code; anything else is a mistake of ours."""
    from drip.app import NoClinic
    from drip.settings import WrongSettings
    from drip.store.database import PASSING
    from drip.store.vault import CannotUnseal

    if isinstance(problem, Complaint):
        return complain(str(problem), problem.code)
    if isinstance(problem, WrongSettings | NoClinic):
        return complain(str(problem), 2)
    if isinstance(problem, CannotUnseal):
        return complain(f"{problem}. Check DRIP_ENCRYPTION_KEYS.", 2)
    if isinstance(problem, PASSING):
        why = type(problem).__name__
        return complain(f"the database is busy or cannot be reached ({why}): try again, or check DRIP_DATABASE_URL", 3)
    if hasattr(problem, "format_message"):  # typer's own usage errors, whichever copy of click it brings
        return complain(f"{problem.format_message()}  (drip --help lists the commands)", 2)
    if isinstance(problem, OSError) and problem.filename:
        return complain(f"{problem.filename}: {problem.strerror}", 2)
    return complain(_our_mistake(problem), 1)


def _our_mistake(problem: Exception) -> str:
    """Where it happened and of what kind; never its message, which may hold what a patient told us."""
    frames = [frame for frame in traceback.extract_tb(problem.__traceback__) if "drip" in frame.filename]
    at = f" at {Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else ""
    return f"a mistake in drip itself ({type(problem).__name__}{at}). Please report this line; it holds no patient data"
