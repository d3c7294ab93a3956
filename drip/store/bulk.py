"""Many rows in one statement: they travel as one JSON text, or on SQLite as one prepared statement.

The text of a statement never depends on how many rows it carries, so that it is compiled once.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import (
    ARRAY,
    Boolean,
    Column,
    ColumnElement,
    FromClause,
    Insert,
    String,
    Table,
    Text,
    Update,
    and_,
    any_,
    bindparam,
    cast,
    func,
    insert,
    literal,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.dialects.postgresql import insert as postgres_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.exc import DatabaseError, DataError, IntegrityError, OperationalError
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.visitors import InternalTraversal

from drip.store.database import Tx
from drip.store.types import as_text

ROWS = "given_rows"
"""The one parameter of a statement that carries rows."""

GIVEN = "given_values"
"""The one parameter of a statement that is written once and asks about many values."""

CHUNK = 500
"""Rows written in one statement: beyond it nothing gets faster, and on SQLite others wait longer."""


def among(tx: Tx, column: Column[str], values: Iterable[str]) -> ColumnElement[bool]:
    """Whether a column holds one of these values, however many there are: they are one parameter."""
    wanted = sorted(set(values))
    if tx.is_postgres:
        return column == any_(literal(wanted, ARRAY(String)))
    return _Among(column, literal(json.dumps(wanted)))


def among_given(column: Column[str], *, is_postgres: bool) -> ColumnElement[bool]:
    """As `among`, in a statement that is written once: the values are `given` whenever it runs."""
    if is_postgres:
        return column == any_(bindparam(GIVEN, type_=ARRAY(String)))
    return _Among(column, bindparam(GIVEN, type_=Text))


def given(tx: Tx, values: Iterable[str]) -> dict[str, Any]:
    """The values for a statement that has `among_given`. Writing such a statement anew costs as much as running it."""
    wanted = sorted(set(values))
    return {GIVEN: wanted if tx.is_postgres else json.dumps(wanted)}


class _Among(ColumnElement[bool]):
    """Whether SQLite finds a column's value in a JSON list. SQLAlchemy's own parts cost as much as the question."""

    inherit_cache = True
    type = Boolean()
    _traverse_internals = [  # noqa: RUF012 - as SQLAlchemy declares it
        ("column", InternalTraversal.dp_clauseelement),
        ("listed", InternalTraversal.dp_clauseelement),
    ]

    def __init__(self, column: Column[str], listed: ColumnElement[str]) -> None:
        self.column, self.listed = column, listed

    @property
    def _from_objects(self) -> Any:
        return self.column._from_objects

    def self_group(self, against: Any = None) -> "_Among":
        """As it is: `... = 1` around it would keep SQLite from using an index."""
        return self


@compiles(_Among)
def _write_among(element: _Among, compiler: Any, **how: Any) -> str:
    column, listed = compiler.process(element.column, **how), compiler.process(element.listed, **how)
    return f"{column} IN (SELECT value FROM json_each({listed}))"  # noqa: S608 - a column and a placeholder


def insert_rows(
    tx: Tx, table: Table, rows: Sequence[Mapping[str, Any]], *, ignore_known: bool = False, at_once: int = CHUNK
) -> None:
    """Insert rows that all have the same columns. With `ignore_known`, rows that exist already are left alone."""
    for chunk in chunks(rows, at_once):
        if not tx.is_postgres:
            tx.connection.execute(_inserting(table, ignore_known=ignore_known), list(chunk))
        elif ignore_known:
            source = _recordset({name: table.c[name] for name in chunk[0]}, literal(_records(chunk), Text))
            copied = postgres_insert(table).from_select(list(chunk[0]), select(*source.c))
            tx.connection.execute(copied.on_conflict_do_nothing())
        else:
            _copy(tx, table, chunk)


@cache
def _inserting(table: Table, *, ignore_known: bool) -> Insert:
    """For SQLite."""
    return sqlite_insert(table).on_conflict_do_nothing() if ignore_known else insert(table)


def _copy(tx: Tx, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """PostgreSQL's own way for many new rows: twice as fast as any INSERT. SQLAlchemy has no word for it."""
    driver = tx.connection.dialect.loaded_dbapi
    cursor: Any = tx.connection.connection.cursor()
    statement = f"COPY {table.name} ({', '.join(rows[0])}) FROM STDIN"
    try:
        with cursor, cursor.copy(statement) as copy:
            for row in rows:
                copy.write_row([_aware(value) if isinstance(value, datetime) else value for value in row.values()])
    except driver.Error as problem:
        # As everything else raises it. Without the rows, which hold what is known of patients.
        ours = next((kind for kind in _KINDS if isinstance(problem, getattr(driver, kind.__name__))), DatabaseError)
        raise ours(statement, None, problem) from problem


_KINDS = (OperationalError, IntegrityError, DataError)


def update_rows(
    tx: Tx, table: Table, rows: Sequence[Mapping[str, Any]], *, match: Mapping[str, str], returning: str = "id"
) -> set[str]:
    """Update each row where the `match`ed columns (table column -> key in the row) still hold. Answers which did.

    Every other key of a row is the new value of the column of that name. Sealed values go by `save_rows`.
    """
    changed: set[str] = set()
    for chunk in chunks(rows):
        names = tuple(chunk[0])
        statement = _updating(table, names, tuple(match.items()), returning, is_postgres=tx.is_postgres)
        text = _records(chunk) if tx.is_postgres else _lines(names, chunk)
        changed.update(tx.connection.execute(statement, {ROWS: text}).scalars())
    return changed


@cache
def _updating(
    table: Table, names: tuple[str, ...], match: tuple[tuple[str, str], ...], returning: str, *, is_postgres: bool
) -> Update:
    """Written once for each set of columns: writing it took longer than what it does to a few rows."""
    columns = {name: table.c[match_column(dict(match), name)] for name in names}
    given = bindparam(ROWS, type_=Text)
    source = _recordset(columns, given) if is_postgres else _read_lines(columns, given)
    condition = and_(*(table.c[column] == source.c[key] for column, key in match))
    matched = dict(match).values()
    values = {name: source.c[name] for name in names if name not in matched}
    return update(table).where(condition).values(values).returning(table.c[returning])


def save_rows(tx: Tx, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Update each row by its id, sealed values included."""
    if tx.is_postgres:
        update_rows(tx, table, rows, match={"id": "id"})
    elif rows:  # SQLite's JSON has no bytes
        statement = _saving(table, tuple(rows[0]))
        tx.connection.execute(statement, [{f"new_{name}": value for name, value in row.items()} for row in rows])


@cache
def _saving(table: Table, names: tuple[str, ...]) -> Update:
    values: dict[str, Any] = {name: bindparam(f"new_{name}") for name in names if name != "id"}
    return update(table).where(table.c.id == bindparam("new_id")).values(values)


def match_column(match: Mapping[str, str], key: str) -> str:
    """Which column a key of a row is compared with, or sets."""
    return next((column for column, matched in match.items() if matched == key), key)


def _records(rows: Sequence[Mapping[str, Any]]) -> str:
    """Rows for PostgreSQL."""
    return json.dumps([dict(row) for row in rows], default=_for_postgres)


def _recordset(columns: Mapping[str, Column[Any]], text: ColumnElement[str]) -> FromClause:
    """As PostgreSQL reads them, each value by its column's type."""
    typed = (Column(name, column.type) for name, column in columns.items())
    records = func.jsonb_to_recordset(cast(text, JSONB)).table_valued(*typed)
    return records.render_derived(name="new_rows", with_types=True)


def _lines(names: Sequence[str], rows: Sequence[Mapping[str, Any]]) -> str:
    """Rows for SQLite."""
    return json.dumps([[row[name] for name in names] for row in rows], default=_for_sqlite)


def _read_lines(columns: Iterable[str], text: ColumnElement[str]) -> FromClause:
    """As SQLite reads them."""
    lines = func.json_each(text).table_valued("value")
    values = (func.json_extract(lines.c.value, f"$[{n}]").label(name) for n, name in enumerate(columns))
    return select(*values).select_from(lines).subquery("new_rows")


def _for_postgres(value: datetime | bytes) -> str:
    """What JSON has no word for, as PostgreSQL writes it."""
    return f"\\x{value.hex()}" if isinstance(value, bytes) else _aware(value).isoformat()


def _for_sqlite(value: datetime) -> str:
    return as_text(_aware(value))


def _aware(at: datetime) -> datetime:
    if at.tzinfo is None:
        raise ValueError("a time without a zone cannot be stored")
    return at


def chunks(rows: Sequence[Any], size: int = CHUNK) -> Iterable[Sequence[Any]]:
    """The rows, so many at a time."""
    return (rows[start : start + size] for start in range(0, len(rows), size))
