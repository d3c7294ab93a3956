"""`make faults`: the campaigns in full, and the table in docs/faults.md. About half an hour on two cores."""

import argparse
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from random import Random

from drip import clock
from tests.databases import clean_postgres, find_postgres, sqlite_url
from tests.faults.campaign import KILLED, NASTILY, Outcome, Scenario, run
from tests.faults.deployment import Victims

PAGE = Path(__file__).parents[2] / "docs" / "faults.md"
BEGIN, END = "<!-- table: begin -->", "<!-- table: end -->"
HEAD = (
    "what goes wrong",
    "database",
    "runs",
    "kills",
    "provider faults",
    "messages",
    "doubled",
    "lost",
    "held",
    "recovered in",
)


def main() -> int:
    """Run everything, print a line for each scenario and database, and write the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=1_000, help="workers killed, in all")
    parser.add_argument("--faults", type=int, default=20_000, help="provider faults, in all")
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    dice, outcomes = Random(asked.seed), []
    with _victims() as victims, _databases() as databases:
        for database, new_url in databases:
            for scenario in KILLED:
                share = asked.kills / len(KILLED) / len(databases)
                outcomes.append(_campaign(scenario, database, new_url, victims, dice, share))
            for scenario in NASTILY:
                share = asked.faults / len(NASTILY) / len(databases)
                outcomes.append(_campaign(replace(scenario, patients=250), database, new_url, victims, dice, share))
    _write(outcomes, asked.seed)
    for one in outcomes:
        for example in one.examples:
            print(f"{one.database}, {one.scenario.name}: {example}", file=sys.stderr)  # noqa: T201
    return 0 if all(one.is_clean for one in outcomes) else 1


def _campaign(scenario: Scenario, database: str, new_url, victims: Victims, dice: Random, share: float) -> Outcome:  # type: ignore[no-untyped-def]
    outcome = Outcome(scenario=scenario, database=database)
    while (outcome.kills if scenario.is_killed else outcome.faults) < share:
        run(scenario, new_url(), victims, dice, kills=12, into=outcome)
    print(" | ".join(_row(outcome)), flush=True)  # noqa: T201
    return outcome


def _row(one: Outcome) -> list[str]:
    numbers = (one.runs, one.kills, one.faults, one.messages, one.doubled, one.lost + one.false, one.held)
    return [one.scenario.name, one.database, *(f"{number:,}" for number in numbers), one.recovered_in]


@contextmanager
def _victims() -> Iterator[Victims]:
    made = Victims()
    try:
        yield made
    finally:
        made.close()


@contextmanager
def _databases():  # type: ignore[no-untyped-def]
    postgres = find_postgres()
    if postgres is None:
        print("no PostgreSQL was found: SQLite only", file=sys.stderr)  # noqa: T201
        yield [("SQLite", sqlite_url)]
        return

    def emptied() -> str:
        clean_postgres(postgres)
        return postgres.url

    try:
        yield [("SQLite", sqlite_url), ("PostgreSQL", emptied)]
    finally:
        postgres.drop()


def _write(outcomes: list[Outcome], seed: int) -> None:
    rows = [HEAD, tuple("---" for _ in HEAD), *(_row(one) for one in outcomes)]
    lines = ["| " + " | ".join(row) + " |" for row in rows]
    kills, faults = sum(one.kills for one in outcomes), sum(one.faults for one in outcomes)
    told = f"{clock.now():%d %B %Y}, seed {seed}: {kills:,} workers killed, {faults:,} provider faults.".lstrip("0")
    page = PAGE.read_text() if PAGE.exists() else f"# Faults\n\n{BEGIN}\n{END}\n"
    before, _, rest = page.partition(BEGIN)
    _, _, after = rest.partition(END)
    PAGE.write_text(f"{before}{BEGIN}\n{told}\n\n" + "\n".join(lines) + f"\n{END}{after}")


if __name__ == "__main__":
    sys.exit(main())
