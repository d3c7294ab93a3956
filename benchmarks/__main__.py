"""`python -m benchmarks [--quick] [names]`."""

import argparse
import sys
from collections.abc import Callable, Iterator

from benchmarks import burst, console, emails, growth, plan, planner, providers, replan, send
from benchmarks.clinic import POSTGRES, SQLITE, Database
from benchmarks.measure import Line, row
from tests.databases import find_postgres

BENCHMARKS: dict[str, Callable[..., Iterator[Line]]] = {
    "plan": plan.run,
    "replan": replan.run,
    "planner": planner.run,
    "send": send.run,
    "providers": providers.run,
    "growth": growth.run,
    "emails": emails.run,
    "burst": burst.run,
    "console": console.run,
}


def main() -> None:
    """Run what was asked for, on SQLite and on PostgreSQL where one is found."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", help="which; all of them when none is named")
    parser.add_argument("--quick", action="store_true", help="seconds instead of minutes; the numbers mean little")
    asked = parser.parse_args()
    postgres = find_postgres()
    databases = [Database(SQLITE), *([Database(POSTGRES, postgres)] if postgres else [])]
    if postgres is None:
        sys.stdout.write("No PostgreSQL was found: only SQLite is measured.\n")
    try:
        for name in asked.names or BENCHMARKS:
            sys.stdout.write(f"\n{name}\n")
            for line in BENCHMARKS[name](databases, quick=asked.quick):
                sys.stdout.write(row(line))
                sys.stdout.flush()
    finally:
        if postgres:
            postgres.drop()


if __name__ == "__main__":
    main()
