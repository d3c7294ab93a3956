"""What every test shares: how widely properties are searched, and both databases."""

import gc
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from argon2 import PasswordHasher
from hypothesis import settings

from drip.store import passwords
from tests.databases import Postgres, clean_postgres, compile_once, find_postgres, hurry, left_tidy, sqlite_url
from tests.turns import left_out
from tests.world import World, a_world

settings.register_profile("ci", max_examples=40, deadline=None, derandomize=True, database=None)
settings.register_profile("full", max_examples=4000, deadline=None, database=None)
settings.load_profile("ci")
compile_once()

# Next to no work instead of 20 ms, some thousands of times. What production takes is shown by a process of its own, in
# tests/store/test_passwords.py.
passwords._HASHER = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)

FEW_FILES = 20
"""So many files run in full."""

RAN: Counter[str] = Counter()
FILES: set[str] = set()
MISSING = ("PostgreSQL", "Chromium")
"""What a test may skip for: it then says "no ..."."""


@pytest.fixture(autouse=True)
def _tidy() -> Iterator[None]:
    """A test's SQLite files go with it; those of a whole file's tests stay until the end."""
    with left_tidy():
        yield


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres | None]:
    """A real PostgreSQL, if one can be had: by a setting, on loopback, or brought along as a wheel."""
    found = find_postgres()
    if found:
        hurry(found)
    yield found
    if found:
        found.drop()


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def database_url(request: pytest.FixtureRequest, postgres: Postgres | None) -> str:
    """The address of an empty database with the newest schema; every test that asks runs on both kinds."""
    if request.param == "sqlite":
        return sqlite_url()
    if postgres is None:
        pytest.skip("no PostgreSQL: set DRIP_TEST_POSTGRES_URL, or start one on 127.0.0.1:5432")
    clean_postgres(postgres)
    return postgres.url


@pytest.fixture
def postgres_url(postgres: Postgres | None) -> str:
    """As `database_url`, for what only PostgreSQL can show: real concurrent transactions."""
    if postgres is None:
        pytest.skip("no PostgreSQL: set DRIP_TEST_POSTGRES_URL, or start one on 127.0.0.1:5432")
    clean_postgres(postgres)
    return postgres.url


@pytest.fixture
def a_clinic(database_url: str) -> Iterator[Callable[..., World]]:
    """Makes small clinics on an empty database, on both kinds of database; closes them afterwards."""
    yield from _closing(database_url)


@pytest.fixture
def a_postgres_clinic(postgres_url: str) -> Iterator[Callable[..., World]]:
    """As `a_clinic`, on PostgreSQL only."""
    yield from _closing(postgres_url)


def _closing(url: str) -> Iterator[Callable[..., World]]:
    made: list[World] = []

    def make(**unusual: Any) -> World:
        made.append(a_world(url, **unusual))
        return made[-1]

    yield make
    for world in made:
        world.app.close()


@pytest.fixture
def clinic(a_clinic: Callable[..., World]) -> World:
    """An ordinary small clinic."""
    return a_clinic()


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--everything`: each test on both databases and in every look, as `make test-all` does."""
    parser.addoption("--everything", action="store_true", help="each test on both databases and in every look")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """A run of many files has each test once; whoever runs one file sees all of it."""
    if config.option.everything or len({item.nodeid.partition("::")[0] for item in items}) <= FEW_FILES:
        return
    others = left_out([item.nodeid for item in items])
    config.hook.pytest_deselected(items=[item for item in items if item.nodeid in others])
    items[:] = [item for item in items if item.nodeid not in others]


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Iterator[None]:
    """What is there once all tests are read stays until the end: no look for rubbish has to go through it again."""
    gc.disable()
    yield
    gc.freeze()
    gc.enable()


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Count what ran on which database, also when the tests are spread over processes."""
    FILES.add(report.nodeid.partition("::")[0])
    if report.when == "call" and report.passed:
        kinds = [kind for kind in ("sqlite", "postgres") if f"[{kind}" in report.nodeid or f"-{kind}" in report.nodeid]
        kinds += ["postgres"] if "postgres" in report.keywords and "postgres" not in kinds else []
        RAN.update(kinds)
        RAN["browser"] += report.nodeid.startswith("tests/browser/")
    if report.skipped:
        RAN.update(what for what in MISSING if f"no {what}" in str(report.longrepr))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say what the tests ran on, and what was left out."""
    told = {"SQLite": RAN["sqlite"], "PostgreSQL": RAN["postgres"], "in Chromium": RAN["browser"]}
    terminalreporter.write_line("tests on " + ", ".join(f"{name}: {number}" for name, number in told.items()))
    if len(FILES) > FEW_FILES and not terminalreporter.config.option.everything:
        terminalreporter.write_line(
            "each once; `make test-all` runs each on both databases and in every look, and what takes long"
        )
    for what in MISSING:
        if RAN[what]:
            terminalreporter.write_line(f"SKIPPED {RAN[what]} tests: no {what} was found", yellow=True)
