"""`drip write-out`: the files of what is live, into a clinic's folder."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from drip.cli.show import Complaint, counted, note, out, print_json

if TYPE_CHECKING:
    from drip.flows.write_out import WriteOut


def add_to(app: typer.Typer) -> None:
    """Put the command on the list."""
    app.command("write-out")(write_out)


def write_out(
    folder: Annotated[Path | None, typer.Argument(metavar="[DIR]", help="default the clinic's folder")] = None,
    sequence: Annotated[list[str] | None, typer.Option(help="only this one; may be given several times")] = None,
    force: Annotated[bool, typer.Option("--force", help="also over files that hold what was never published")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="say what would be written, and write nothing")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="one JSON document")] = False,
) -> None:
    """Write the live versions as files, such as those that were published in the console."""
    from drip.cli.opening import home
    from drip.flows.write_out import write

    where = folder or home()
    done = _planned(where, sequence or [])
    if not dry_run:
        write(where, done, force=force)
    kept = [one.path for one in done.files if one.fate == "kept" and not force]
    if as_json:
        files = {one.path: one.fate.value for one in done.files}
        conflicts = [{"path": one.path, "versions": [list(each) for each in one.versions]} for one in done.conflicts]
        print_json({"dry_run": dry_run, "files": files, "conflicts": conflicts})
    else:
        _print(done)
    _warn(done, kept)


def _planned(where: Path, wanted: list[str]) -> "WriteOut":
    from drip.cli.opening import opened
    from drip.content.folder import read_folder
    from drip.flows.write_out import CannotWrite, plan
    from drip.store import versions

    with opened() as app, app.store.read() as tx:
        missing = sorted(set(wanted) - versions.live(tx).keys())
        if missing:
            raise Complaint(f"no version of {missing[0]!r} is live", 2)
        try:
            return plan(tx, read_folder(where), wanted)
        except CannotWrite as problem:
            raise Complaint(f"{problem} would stand outside {where}: nothing was written", 1) from None


def _print(done: "WriteOut") -> None:
    if not done.files:
        out.print("Nothing is live yet: `drip publish` makes the folder's files live.")
        return
    for one in done.files:
        if one.fate != "unchanged":
            out.print(f"{one.fate.value:9} {one.path}", soft_wrap=True)
    same = sum(one.fate == "unchanged" for one in done.files)
    out.print(f"{counted(same, 'file')} already as live.")


def _warn(done: "WriteOut", kept: list[str]) -> None:
    """The folder is not what is live: say why, and end with 1."""
    for one in done.conflicts:
        others = ", ".join(f"{name} {number}" for name, number in one.versions)
        note(f"warning: {one.path} is live in other words in {others}: publish that again, if these are the right ones")
    if kept:
        note(f"not written over: {', '.join(kept)}. They hold what no version has; --force writes over them")
    if kept or done.conflicts:
        raise typer.Exit(1)
