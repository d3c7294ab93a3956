"""The audit trail: only ever added to, and whatever is done to it otherwise is found."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from drip.store import audit
from drip.store.audit import Deed
from drip.store.database import Store
from tests.world import World, at

NOW = at("2026-06-11 10:00")
SKIPPED = Deed(who="a1", deed="message_skipped", about="message:m1", detail={"step": "hello"})


@pytest.fixture
def store(clinic: World) -> Store:
    """With three lines in the trail."""
    for deed in ("signed_in", "message_skipped", "signed_out"):
        with clinic.store.write() as tx:
            audit.write(tx, Deed(who="a1", deed=deed), NOW)
    return clinic.store


def broken(store: Store) -> int | None:
    """The first line that is not as it was written."""
    with store.read() as tx:
        return audit.verify(tx)


def test_lines_are_numbered_and_kept_as_they_were_written(clinic: World) -> None:
    with clinic.store.write() as tx:
        written = audit.write(tx, SKIPPED, NOW)
    with clinic.store.read() as tx:
        assert list(audit.lines(tx)) == [written]
        assert audit.latest(tx, 5) == [written]
        assert list(audit.lines(tx, "message:other")) == []
    assert (written.number, written.at, written.deed) == (1, NOW, SKIPPED)


def test_lines_written_together_follow_each_other_and_the_one_before(store: Store) -> None:
    with store.write() as tx:
        written = audit.write_all(tx, [SKIPPED, SKIPPED], NOW)
        assert audit.write_all(tx, [], NOW) == []
    with store.read() as tx:
        assert [line.number for line in audit.lines(tx)] == [1, 2, 3, 4, 5]
        assert audit.latest(tx, 2) == written[::-1]
    assert written[0].hash != written[1].hash
    assert broken(store) is None


def test_a_trail_as_it_was_written_is_whole(store: Store) -> None:
    assert broken(store) is None


@pytest.mark.parametrize("deed", ["UPDATE audit SET who = 'a2' WHERE number = 2", "DELETE FROM audit WHERE number = 2"])
def test_the_database_itself_refuses_to_change_or_remove_a_line(store: Store, deed: str) -> None:
    with pytest.raises(DBAPIError, match="only added to"), store.write() as tx:
        tx.connection.execute(text(deed))


@pytest.mark.parametrize(
    ("deed", "found"),
    [
        ("UPDATE audit SET who = 'a2' WHERE number = 2", 2),
        ("UPDATE audit SET detail = '{\"x\":1}' WHERE number = 1", 1),
        ("UPDATE audit SET number = 9 WHERE number = 3", 3),
        ("DELETE FROM audit WHERE number = 2", 2),
    ],
    ids=["another person", "another detail", "another number", "one left out"],
)
def test_what_was_done_around_that_is_found(store: Store, deed: str, found: int) -> None:
    with store.write() as tx:
        if tx.is_postgres:
            tx.connection.execute(text("SET LOCAL session_replication_role = 'replica'"))
        else:
            for name in ("update", "delete"):
                tx.connection.execute(text(f"DROP TRIGGER audit_no_{name}"))
        tx.connection.exec_driver_sql(deed)
    assert broken(store) == found


def test_many_at_once_are_one_trail(a_postgres_clinic: Callable[..., World]) -> None:
    store = a_postgres_clinic().store

    def write(n: int) -> None:
        with store.write() as tx:
            audit.write(tx, Deed(who=f"a{n}", deed="signed_in"), NOW)

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(write, range(40)))
    assert broken(store) is None
    with store.read() as tx:
        assert audit.head(tx).number == 40
