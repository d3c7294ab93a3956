"""The command line: `drip` and `python -m drip`. Each group of commands is one file; heavy things load when used."""

import sys
from collections.abc import Sequence

from drip import __version__


def main(arguments: Sequence[str] | None = None) -> None:
    """Run one command and exit: 0 done, 1 the content or data is at fault, 2 wrong usage or settings, 3 unreachable."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    if given in (["--version"], ["-V"]):
        sys.stdout.write(f"drip {__version__}\n")
        sys.exit(0)
    from drip.cli.commands import run

    sys.exit(run(given))
