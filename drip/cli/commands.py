"""All commands on one list, and what becomes of their mistakes."""

from collections.abc import Sequence

import typer
from typer.core import TyperGroup

from drip.cli import later, people, running, sending, writing
from drip.cli.show import complain


class _InOrder(TyperGroup):
    """Commands in the order in which a clinic meets them."""

    def list_commands(self, ctx: typer.Context) -> list[str]:  # type: ignore[override]
        return list(self.commands)


app = typer.Typer(
    cls=_InOrder,
    name="drip",
    help="The right advice, once, at the right local time, in approved words.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)
for group in (writing, sending, people, running, later):
    group.add_to(app)


def run(arguments: Sequence[str]) -> int:
    """The exit code of one command."""
    from drip.app import NoClinic
    from drip.cli.show import Complaint
    from drip.settings import WrongSettings
    from drip.store.database import UNREACHABLE
    from drip.store.vault import CannotUnseal

    try:
        result = app(list(arguments), standalone_mode=False)
    except typer.Exit as done:
        return done.exit_code
    except typer.Abort:
        return complain("stopped", 130)
    except (WrongSettings, NoClinic) as problem:
        return complain(str(problem), 2)
    except CannotUnseal as problem:
        return complain(f"{problem}. Check DRIP_ENCRYPTION_KEYS.", 2)
    except Complaint as problem:
        return complain(str(problem), problem.code)
    except UNREACHABLE as problem:
        return complain(f"the database cannot be reached: {type(problem).__name__}. Check DRIP_DATABASE_URL.", 3)
    except Exception as problem:
        if hasattr(problem, "exit_code") and hasattr(problem, "format_message"):
            return complain(f"{problem.format_message()}  (drip --help lists the commands)", problem.exit_code)
        raise
    return result if isinstance(result, int) else 0
