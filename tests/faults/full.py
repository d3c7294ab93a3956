"""`make faults`: the campaigns in full, and the table in docs/faults.md. About half an hour on two cores."""

import argparse
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from multiprocessing import get_context
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
    parser.add_argument("--only", default="", help="scenarios whose name has this in it; the others keep their rows")
    asked = parser.parse_args()
    databases = ["SQLite", "PostgreSQL"] if _has_postgres() else ["SQLite"]
    with ProcessPoolExecutor(len(databases), mp_context=get_context("spawn")) as pool:
        shares = [
            (name, asked.kills // len(databases), asked.faults // len(databases), asked.seed, asked.only)
            for name in databases
        ]
        outcomes = [one for found in pool.map(_on, shares) for one in found]
    _write(outcomes, asked.seed)
    for one in outcomes:
        for example in one.examples:
            print(f"{one.database}, {one.scenario.name}: {example}", file=sys.stderr)  # noqa: T201
    return 0 if all(one.is_clean for one in outcomes) else 1


def _on(share: tuple[str, int, int, int, str]) -> list[Outcome]:
    """All scenarios on one kind of database, in a process of their own."""
    database, kills, faults, seed, only = share
    dice = Random(seed)
    with _victims() as victims, _new_url(database) as new_url:
        outcomes = [
            _campaign(replace(scenario, patients=40), database, new_url, victims, dice, kills / len(KILLED))
            for scenario in KILLED
            if only in scenario.name
        ]
        outcomes += [
            _campaign(replace(scenario, patients=400), database, new_url, victims, dice, faults / len(NASTILY))
            for scenario in NASTILY
            if only in scenario.name
        ]
    return outcomes


def _campaign(
    scenario: Scenario, database: str, new_url: Callable[[], str], victims: Victims, dice: Random, share: float
) -> Outcome:
    outcome = Outcome(scenario=scenario, database=database)
    while (outcome.kills if scenario.is_killed else outcome.faults) < share:
        run(scenario, new_url(), victims, dice, kills=40, into=outcome)
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


def _has_postgres() -> bool:
    postgres = find_postgres()
    if postgres is None:
        print("no PostgreSQL was found: SQLite only", file=sys.stderr)  # noqa: T201
        return False
    postgres.drop()
    return True


@contextmanager
def _new_url(database: str) -> Iterator[Callable[[], str]]:
    """Gives the address of an empty database, as often as one is needed."""
    postgres = find_postgres() if database == "PostgreSQL" else None
    if postgres is None:
        yield sqlite_url
        return
    url = postgres.url

    def emptied() -> str:
        clean_postgres(postgres)
        return url

    try:
        yield emptied
    finally:
        postgres.drop()


def _write(outcomes: list[Outcome], seed: int) -> None:
    """The table anew; rows of what was not run this time stay as they are."""
    page = PAGE.read_text() if PAGE.exists() else f"# Faults\n\n{BEGIN}\n{END}\n"
    before, _, rest = page.partition(BEGIN)
    table, _, after = rest.partition(END)
    rows = {(row[0], row[1]): row for row in map(_cells, table.splitlines()) if len(row) == len(HEAD)}
    for head in ((HEAD[0], HEAD[1]), ("---", "---")):
        rows.pop(head, None)
    rows |= {(one.scenario.name, one.database): _row(one) for one in outcomes}
    kills, faults = (sum(int(row[place].replace(",", "")) for row in rows.values()) for place in (3, 4))
    told = f"{clock.now():%d %B %Y}, seed {seed}: {kills:,} workers killed, {faults:,} provider faults.".lstrip("0")
    lines = ["| " + " | ".join(row) + " |" for row in (HEAD, ["---"] * len(HEAD), *rows.values())]
    PAGE.write_text(f"{before}{BEGIN}\n{told}\n\n" + "\n".join(lines) + f"\n{END}{after}")


def _cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip("|").split("|")] if line.startswith("|") else []
