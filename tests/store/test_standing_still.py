"""On PostgreSQL nobody is held up for ever: by who stands still in a transaction, or by who keeps a lock."""

import time
from collections.abc import Callable

import pytest
from sqlalchemy import create_engine

from drip.store import database
from drip.store.database import PASSING, UNREACHABLE, Tx, make_engine
from tests.world import ADVICE, World, a_visit


def test_every_connection_says_how_long_it_may_stand_still_and_how_long_it_waits(postgres_url: str) -> None:
    engine = make_engine(postgres_url)
    with engine.connect() as connection:
        names = ("idle_in_transaction_session_timeout", "lock_timeout")
        told = [connection.exec_driver_sql(f"SHOW {name}").scalar() for name in names]
    engine.dispose()
    assert told == ["30s", "40s"]
    assert database.IDLE_SECONDS < database.LOCK_SECONDS, "who waits for one that stands still goes on"


def test_who_stood_still_finds_the_database_away_and_its_next_transaction_is_like_any_other(
    a_postgres_clinic: Callable[..., World], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "IDLE_SECONDS", 1)
    clinic = a_postgres_clinic()

    def stand_still(tx: Tx) -> None:
        tx.connection.exec_driver_sql("INSERT INTO pauses (scope, paused_at) VALUES ('everything', now())")
        time.sleep(1.5)

    with pytest.raises(PASSING):
        clinic.store.attempt(stand_still)
    with clinic.store.write() as tx:
        assert tx.connection.exec_driver_sql("SELECT count(*) FROM pauses").scalar() == 0


def test_who_waits_too_long_for_a_lock_finds_the_database_away_and_loses_nothing(
    a_postgres_clinic: Callable[..., World], postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "LOCK_SECONDS", 1)
    clinic = a_postgres_clinic()
    clinic.publish(ADVICE)
    clinic.tell(a_visit("2026-06-11 10:00"))
    clinic.tick("2026-06-11 10:31")
    somebody = create_engine(postgres_url)  # at a console of the database's own
    with somebody.connect() as connection, connection.begin():
        connection.exec_driver_sql("SELECT id FROM patients FOR UPDATE")
        with pytest.raises(UNREACHABLE):
            clinic.tick("2026-06-11 13:00")
    somebody.dispose()
    assert clinic.sink.letters == []
    with clinic.store.write() as tx:
        tx.connection.exec_driver_sql("UPDATE messages SET lease_until = '2020-01-01' WHERE lease_until IS NOT NULL")
    clinic.tick("2026-06-11 13:03")
    assert clinic.states()["hello"] == "accepted"
