"""Many rows in one statement: they travel as one JSON text, or on SQLite as one prepared statement.

The text of a statement never depends on how many rows it carries, so that it is compiled and planned once.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ARRAY,
    JSON,
    Column,
    ColumnElement,
    FromClause,
    String,
    Table,
    Text,
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
from sqlalchemy.dialects.postgresql import insert as postgres_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from drip.store.database import Tx
from drip.store.types import as_text

CHUNK = 500
"""Rows written in one statement: beyond it nothing gets faster, and on SQLite others wait longer."""


def among(tx: Tx, column: Column[str], values: Iterable[str]) -> ColumnElement[bool]:
    """Whether a column holds one of these values, however many there are: they are one parameter."""
    wanted = sorted(set(values))
    if tx.is_postgres:
        return column == any_(literal(wanted, ARRAY(String)))
    return column.in_(select(func.json_each(literal(json.dumps(wanted))).table_valued("value").c.value))


def insert_rows(tx: Tx, table: Table, rows: Sequence[Mapping[str, Any]], *, ignore_known: bool = False) -> None:
    """Insert rows that all have the same columns. With `ignore_known`, rows that exist already are left alone."""
    for chunk in chunks(rows):
        if tx.is_postgres:
            names = list(chunk[0])
            source = _recordset({name: table.c[name] for name in names}, chunk)
            copy = postgres_insert(table).from_select(names, select(*(source.c[name] for name in names)))
            tx.connection.execute(copy.on_conflict_do_nothing() if ignore_known else copy)
        else:
            statement = sqlite_insert(table).on_conflict_do_nothing() if ignore_known else insert(table)
            tx.connection.execute(statement, list(chunk))


def update_rows(
    tx: Tx, table: Table, rows: Sequence[Mapping[str, Any]], *, match: Mapping[str, str], returning: str = "id"
) -> set[str]:
    """Update each row where the `match`ed columns (table column -> key in the row) still hold. Answers which did.

    Every other key of a row is the new value of the column of that name. Sealed values go by `save_rows`.
    """
    changed: set[str] = set()
    for chunk in chunks(rows):
        columns = {name: table.c[match_column(match, name)] for name in chunk[0]}
        source = _recordset(columns, chunk) if tx.is_postgres else _lines(columns, chunk)
        condition = and_(*(table.c[column] == source.c[key] for column, key in match.items()))
        values = {name: source.c[name] for name in chunk[0] if name not in match.values()}
        statement = update(table).where(condition).values(values).returning(table.c[returning])
        changed.update(tx.connection.execute(statement).scalars())
    return changed


def save_rows(tx: Tx, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Update each row by its id, sealed values included."""
    if tx.is_postgres:
        update_rows(tx, table, rows, match={"id": "id"})
    elif rows:  # SQLite's JSON has no bytes
        values: dict[str, Any] = {name: bindparam(f"new_{name}") for name in rows[0] if name != "id"}
        statement = update(table).where(table.c.id == bindparam("new_id")).values(values)
        tx.connection.execute(statement, [{f"new_{name}": value for name, value in row.items()} for row in rows])


def match_column(match: Mapping[str, str], key: str) -> str:
    """Which column a key of a row is compared with, or sets."""
    return next((column for column, matched in match.items() if matched == key), key)


def _recordset(columns: Mapping[str, Column[Any]], rows: Sequence[Mapping[str, Any]]) -> FromClause:
    """Rows for PostgreSQL, which reads each value by its column's type."""
    text = json.dumps([{name: _plain(row[name]) for name in columns} for row in rows])
    typed = (Column(name, column.type) for name, column in columns.items())
    records = func.json_to_recordset(cast(literal(text, Text), JSON)).table_valued(*typed)
    return records.render_derived(name="new_rows", with_types=True)


def _lines(columns: Mapping[str, Column[Any]], rows: Sequence[Mapping[str, Any]]) -> FromClause:
    """Rows for SQLite."""
    text = json.dumps([[_plain(row[name]) for name in columns] for row in rows])
    lines = func.json_each(literal(text)).table_valued("value")
    values = (func.json_extract(lines.c.value, f"$[{n}]").label(name) for n, name in enumerate(columns))
    return select(*values).select_from(lines).subquery("new_rows")


def _plain(value: Any) -> Any:
    """As JSON has it: times as text, bytes as PostgreSQL writes them."""
    if isinstance(value, datetime):
        return as_text(value)
    return f"\\x{value.hex()}" if isinstance(value, bytes) else value


def chunks(rows: Sequence[Any], size: int = CHUNK) -> Iterable[Sequence[Any]]:
    """The rows, so many at a time."""
    return (rows[start : start + size] for start in range(0, len(rows), size))
