"""Everything that a check has to say about some paths, and how it looks."""

from pathlib import Path

from drip import clock
from drip.cli.hearing import hears
from drip.cli.living import live_versions
from drip.cli.opening import home
from drip.cli.paths import concerns, home_of
from drip.cli.show import counted, out
from drip.content.check import check
from drip.content.finding import Finding, has_errors
from drip.content.folder import Folder, read_folder


def checked(paths: list[Path] | None) -> tuple[Folder, list[Finding]]:
    """The clinic's folder, and every finding about these paths in it; about all where none are given."""
    where = home_of(paths) or home()
    folder = read_folder(where)
    found = check(folder, clock.now().date(), hears(folder.clinic), live_versions(where))
    return folder, [finding for finding in found if concerns(finding.path, paths, where)]


def print_findings(findings: list[Finding], sequences: int) -> None:
    """One line for each, as compilers write them, and how many there are."""
    for finding in findings:
        out.print(str(finding), style="red" if finding.level == "error" else "yellow", soft_wrap=True)
    errors = sum(finding.level == "error" for finding in findings)
    told = counted(sequences, "sequence"), counted(errors, "error"), counted(len(findings) - errors, "warning")
    out.print("{} checked: {}, {}".format(*told), style="red" if has_errors(findings) else "green")
