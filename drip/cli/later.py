"""Commands that are promised and do not exist yet: each says so, and exits with 2."""

import typer

from drip.cli.show import Complaint

NOT_BUILT_YET = {
    "export": "everything kept about one patient",
    "erase": "forget one patient",
    "keys": "change the master key",
}


def add_to(app: typer.Typer) -> None:
    """Put each of them on the list, so that `drip --help` tells the truth."""
    for name, what in NOT_BUILT_YET.items():
        app.command(
            name,
            help=f"{what[0].upper()}{what[1:]} (not built yet).",
            context_settings={"allow_extra_args": True, "ignore_unknown_options": True},
        )(_refuse(name, what))


def _refuse(name: str, what: str):  # type: ignore[no-untyped-def]
    def command() -> None:
        raise Complaint(f"drip {name} is not built yet ({what})", 2)

    return command
