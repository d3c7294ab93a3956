"""The schema: migrations make what the program expects, and times compare alike on both databases."""

from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import create_engine, insert, select
from sqlalchemy.exc import StatementError

from drip.core.lifecycle import State
from drip.store import migrate
from drip.store.database import UNREACHABLE, make_engine
from drip.store.schema import heartbeats
from drip.store.staff_schema import metadata
from drip.store.types import as_text
from tests.world import World, at


def test_the_migrations_make_exactly_the_schema_that_the_program_uses(database_url: str) -> None:
    engine = make_engine(database_url)
    with engine.connect() as connection:
        differences = compare_metadata(MigrationContext.configure(connection), metadata)
    engine.dispose()
    assert differences == []


def test_migrating_twice_changes_nothing(database_url: str) -> None:
    assert migrate.migrate(database_url) == (migrate.newest(), migrate.newest())
    assert migrate.current(database_url) == migrate.newest()
    assert not migrate.is_empty(database_url)


TIMES = st.datetimes(datetime(1900, 1, 1), datetime(2200, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001


@given(TIMES, TIMES)
def test_on_sqlite_the_order_of_texts_is_the_order_of_times(one: datetime, other: datetime) -> None:
    assert (as_text(one) < as_text(other)) == (one < other)
    assert len(as_text(one)) == 27


def test_an_instant_comes_back_as_it_was_whatever_its_offset(clinic: World) -> None:
    moment = datetime(2026, 6, 11, 10, 0, 0, 123456, tzinfo=timezone(timedelta(hours=1)))
    with clinic.store.write() as tx:
        tx.connection.execute(insert(heartbeats).values(name="x", beat_at=moment, detail=""))
        found = tx.connection.execute(select(heartbeats.c.beat_at).where(heartbeats.c.beat_at == moment)).scalar_one()
    assert found == moment
    assert found.tzinfo is UTC


def test_a_time_without_a_zone_is_refused(clinic: World) -> None:
    naive = at("2026-06-11 10:00").replace(tzinfo=None)
    with clinic.store.write() as tx, pytest.raises(StatementError, match="without a zone"):
        tx.connection.execute(insert(heartbeats).values(name="x", beat_at=naive, detail=""))


def test_sqlite_keeps_its_promises_through_a_crash(tmp_path: Path) -> None:
    engine = make_engine(f"sqlite:///{tmp_path}/x.db")
    with engine.connect() as connection:
        pragmas = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys")
        }
    engine.dispose()
    assert pragmas == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1}


def test_every_state_has_room_in_its_column() -> None:
    assert max(len(state.value) for state in State) <= 16


def test_an_unreachable_database_is_told_from_a_broken_program() -> None:
    engine = create_engine("postgresql+psycopg://nobody@127.0.0.1:1/none", connect_args={"connect_timeout": 1})
    with pytest.raises(UNREACHABLE), engine.connect():
        pass
    engine.dispose()


def test_a_new_database_file_is_nobody_elses_business(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/new.db"
    assert migrate.current(url) is None
    assert migrate.is_empty(url)
    assert list(tmp_path.iterdir()) == [], "looking makes nothing"
    migrate.migrate(url)
    assert (tmp_path / "new.db").stat().st_mode & 0o777 == 0o600
