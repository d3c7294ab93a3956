"""The database: how it is opened, and the transactions that everything else is written in."""

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine, create_engine, event, func, insert, select
from sqlalchemy.exc import DataError, IntegrityError, InterfaceError, InternalError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.sql import ColumnElement

from drip.store import schema
from drip.store.vault import Vault

UNREACHABLE = (OperationalError, InterfaceError)
"""What is raised when there is no database to talk to, or it does not answer."""

PASSING = (*UNREACHABLE, InternalError, PoolTimeout)
"""The database's own trouble, such as a change of servers: the same again later may be taken.

It also ends who stands still in a transaction, and who waits too long for another one.
"""

REFUSED = (IntegrityError, DataError)
"""What is raised when a row cannot be as it was given."""

INDEX_KEY = "index"
CONFLICTS = frozenset({"40P01", "40001"})
"""PostgreSQL's words for a deadlock and for a transaction that could not be put in order: nothing of it happened."""

MOST_CONFLICTS = 5

Result = TypeVar("Result")

BUSY_SECONDS = 30
"""How long a writer waits for another one on SQLite before it gives up."""

IDLE_SECONDS = 30
"""How long anybody may stand still in a transaction on PostgreSQL before it is undone, and gives up all its locks."""

LOCK_SECONDS = 40
"""How long anybody waits for a lock on PostgreSQL: longer, so that who waits for one that stands still goes on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tx:
    """One transaction: a connection, and the vault that seals what goes through it."""

    connection: Connection
    vault: Vault = field(repr=False)
    clock: Callable[[], datetime] = field(repr=False)

    @property
    def is_postgres(self) -> bool:
        """Whether rows can be locked one by one; on SQLite a writer has the whole database."""
        return self.connection.dialect.name == "postgresql"

    def real_now(self) -> ColumnElement[Any] | datetime:
        """The real time, by which leases run: the database's own where several machines share it."""
        return func.clock_timestamp() if self.is_postgres else self.clock()

    def database_time(self) -> datetime:
        """The database's own clock; on SQLite there is only one clock."""
        if self.is_postgres:
            at: datetime = self.connection.execute(select(func.clock_timestamp())).scalar_one()
            return at
        return self.clock()

    def lease_end(self, lease: timedelta) -> Any:
        """When a lease taken now runs out."""
        return self.real_now() + lease


class Store:
    """Everything that is kept, and the only way to it."""

    def __init__(self, engine: Engine, vault: Vault, clock: Callable[[], datetime]) -> None:
        self.engine, self.vault, self._clock = engine, vault, clock

    @contextmanager
    def write(self) -> Iterator[Tx]:
        """A transaction that may write; commits at the end, rolls back on any exception."""
        with self.engine.connect().execution_options(drip_writes=True) as connection, connection.begin():
            yield self._tx(connection)

    @contextmanager
    def read(self) -> Iterator[Tx]:
        """A transaction that only reads, and holds nobody up."""
        with self.engine.connect() as connection, connection.begin():
            yield self._tx(connection)

    @contextmanager
    def snapshot(self) -> Iterator[Tx]:
        """As `read`, and everything as it stands at the first look, however long one reads."""
        lasting: dict[str, Any] = {} if self.engine.name == "sqlite" else {"isolation_level": "REPEATABLE READ"}
        with self.engine.connect().execution_options(**lasting) as connection, connection.begin():
            yield self._tx(connection)

    def beside(self, url: str) -> "Store":
        """Another database that holds what was sealed with the same keys, and that is soon thrown away."""
        return Store(make_engine(url, outlives_crashes=False), self.vault, self._clock)

    @contextmanager
    def rehearse(self) -> Iterator["Store"]:
        """A store on which everything happens for real and nothing remains."""
        with self.engine.connect().execution_options(drip_writes=True) as connection:
            outer = connection.begin()
            try:
                yield _Rehearsal(self, connection)
            finally:
                outer.rollback()

    def attempt(self, work: Callable[[Tx], Result]) -> Result:
        """Do `work` in a transaction that may write; again when the database undid it for another one's sake."""
        for _ in range(MOST_CONFLICTS):
            try:
                with self.write() as tx:
                    return work(tx)
            except OperationalError as problem:
                if getattr(problem.orig, "sqlstate", None) not in CONFLICTS:
                    raise
        with self.write() as tx:
            return work(tx)

    def attempt_in_parts(self, part: Callable[[Tx], int], *, whole: int) -> int:
        """As `attempt`, part by part, until one is no longer `whole`. Answers how much there was in all."""
        total = 0
        while True:
            done = self.attempt(part)
            total += done
            if done < whole:
                return total

    def close(self) -> None:
        """Give every connection back."""
        self.engine.dispose()

    def _tx(self, connection: Connection) -> Tx:
        return Tx(connection=connection, vault=self.vault, clock=self._clock)


class _Rehearsal(Store):
    """All its transactions are savepoints inside one that is rolled back."""

    def __init__(self, store: Store, connection: Connection) -> None:
        super().__init__(store.engine, store.vault, store._clock)
        self._connection = connection

    @contextmanager
    def write(self) -> Iterator[Tx]:
        with self._connection.begin_nested():
            yield self._tx(self._connection)

    read = write


def open_store(
    url: str,
    master_keys: Sequence[tuple[str, bytes]],
    clock: Callable[[], datetime],
    *,
    outlives_crashes: bool = True,
) -> Store:
    """The store at an address whose schema is up to date. CannotUnseal if the master key is not the right one."""
    store = Store(make_engine(url, outlives_crashes=outlives_crashes), Vault(master_keys), clock)
    try:
        with store.write() as tx:
            _use_index_key(tx)
    except Exception:
        store.close()
        raise
    return store


def make_engine(url: str, *, outlives_crashes: bool = True) -> Engine:
    """An engine with this project's habits: writers on SQLite take their lock at once, nothing is lost in a crash.

    Without `outlives_crashes` an SQLite file does not wait for the disk: for what is thrown away in any case.
    """
    if url.startswith("sqlite"):
        engine = create_engine(url, hide_parameters=True, connect_args={"timeout": BUSY_SECONDS})
        event.listen(engine, "connect", _prepare_sqlite if outlives_crashes else _hurry_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
        return engine
    # Planned anew each time: a statement that was prepared while tables were nearly empty keeps its plan for full ones,
    # and with hundreds of values in one parameter that grew with rows times values.
    connecting = {"connect_timeout": 5, "prepare_threshold": None}
    engine = create_engine(url, hide_parameters=True, pool_pre_ping=True, pool_size=10, connect_args=connecting)
    event.listen(engine, "connect", _prepare_postgres)
    return engine


def _prepare_postgres(connection: Any, _: Any) -> None:
    with connection.cursor() as cursor:
        # To compile a statement pays for one that takes seconds. Ours only look as dear as that to the planner.
        cursor.execute("SET SESSION jit = off")
        cursor.execute(f"SET SESSION idle_in_transaction_session_timeout = '{IDLE_SECONDS}s'")
        cursor.execute(f"SET SESSION lock_timeout = '{LOCK_SECONDS}s'")
    connection.commit()


def _prepare_sqlite(connection: Any, _: Any) -> None:
    connection.isolation_level = None  # we say BEGIN ourselves
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "temp_store=MEMORY"):
        connection.execute(f"PRAGMA {pragma}")


def _hurry_sqlite(connection: Any, _: Any) -> None:
    """Pages are written once, and not first to a log: commits take half as long."""
    connection.isolation_level = None
    hurried = ("journal_mode=MEMORY", "synchronous=OFF", "cache_size=-64000")
    for pragma in (*hurried, "foreign_keys=ON", "temp_store=MEMORY"):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Connection) -> None:
    writes = connection.get_execution_options().get("drip_writes")
    # A deferred writer could find its snapshot stale halfway; an immediate one waits at the door.
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _use_index_key(tx: Tx) -> None:
    """Read the key of the blind indexes, or make it when the database is new."""
    kept = tx.connection.execute(select(schema.keys.c.value).where(schema.keys.c.name == INDEX_KEY)).scalar()
    if kept is None:
        from secrets import token_bytes

        made = token_bytes(32)
        kept = tx.vault.seal("keys.value", INDEX_KEY, made)
        tx.connection.execute(insert(schema.keys).values(name=INDEX_KEY, value=kept))
    tx.vault.use_index_key(tx.vault.unseal("keys.value", INDEX_KEY, kept))


_JSON = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))


def to_bytes(value: Any) -> bytes:
    """JSON, as it is sealed."""
    return _JSON.encode(value).encode()


def from_bytes(value: bytes) -> Any:
    """What `to_bytes` was given."""
    return json.loads(value)
