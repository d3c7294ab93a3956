"""Bringing the schema up to date, and telling whether it is."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, inspect, make_url

from drip.store.database import make_engine


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    return config


def newest() -> str:
    """The revision this program needs."""
    return ScriptDirectory.from_config(_config()).get_current_head() or ""


def current(url: str) -> str | None:
    """The revision the database is at; None when it is empty. Looking does not make a SQLite file."""
    file = sqlite_file(url)
    if file is not None and not file.exists():
        return None
    engine = make_engine(url)
    try:
        with engine.connect() as connection:
            return MigrationContext.configure(connection).get_current_revision()
    finally:
        engine.dispose()


def is_empty(url: str) -> bool:
    """Whether nothing was ever kept here."""
    file = sqlite_file(url)
    if file is not None and not file.exists():
        return True
    engine = make_engine(url)
    try:
        return not inspect(engine).get_table_names()
    finally:
        engine.dispose()


def sqlite_file(url: str) -> Path | None:
    """The file behind a SQLite address, if it is one."""
    name = make_url(url).database if url.startswith("sqlite") else None
    return Path(name) if name and name != ":memory:" else None


def migrate(url: str) -> tuple[str | None, str]:
    """Bring the schema up to date, all or nothing. Answers the revision before and after."""
    file = sqlite_file(url)
    if file is not None:
        file.touch(mode=0o600)  # nobody else's business, even before anything is in it
    engine = make_engine(url)
    try:
        with engine.connect().execution_options(drip_writes=True) as connection, connection.begin():
            before = MigrationContext.configure(connection).get_current_revision()
            upgrade(connection)
        return before, newest()
    finally:
        engine.dispose()


def upgrade(connection: Connection) -> None:
    """Run the missing migrations on an open transaction."""
    config = _config()
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
