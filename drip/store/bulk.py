"""Many rows in one statement: on PostgreSQL as arrays, on SQLite as one JSON text or one prepared statement."""

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ARRAY, Column, FromClause, Table, and_, func, insert, literal, select, update
from sqlalchemy.dialects.postgresql import insert as postgres_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from drip.store.database import Tx
from drip.store.types import as_text

CHUNK = 500
"""Rows written in one statement: beyond it nothing gets faster, and on SQLite others wait longer."""


def insert_rows(tx: Tx, table: Table, rows: Sequence[Mapping[str, Any]], *, ignore_known: bool = False) -> None:
    """Insert rows that all have the same columns. With `ignore_known`, rows that exist already are left alone."""
    for chunk in chunks(rows):
        if tx.is_postgres:
            _insert_arrays(tx, table, chunk, ignore_known)
        else:
            statement = sqlite_insert(table).on_conflict_do_nothing() if ignore_known else insert(table)
            tx.connection.execute(statement, list(chunk))


def _insert_arrays(tx: Tx, table: Table, rows: Sequence[Mapping[str, Any]], ignore_known: bool) -> None:
    names = list(rows[0])
    source = _unnest([table.c[name] for name in names], rows)
    statement = postgres_insert(table).from_select(names, select(*(source.c[name] for name in names)))
    tx.connection.execute(statement.on_conflict_do_nothing() if ignore_known else statement)


def update_rows(
    tx: Tx, table: Table, rows: Sequence[Mapping[str, Any]], *, match: Mapping[str, str], returning: str = "id"
) -> set[str]:
    """Update each row where the `match`ed columns (table column -> key in the row) still hold. Answers which did.

    Every other key of a row is the new value of the column of that name.
    """
    changed: set[str] = set()
    for chunk in chunks(rows):
        columns = {name: table.c[match_column(match, name)] for name in chunk[0]}
        source = _unnest(list(columns.values()), chunk, list(columns)) if tx.is_postgres else _json(columns, chunk)
        condition = and_(*(table.c[column] == source.c[key] for column, key in match.items()))
        values = {name: source.c[name] for name in chunk[0] if name not in match.values()}
        statement = update(table).where(condition).values(values).returning(table.c[returning])
        changed.update(tx.connection.execute(statement).scalars())
    return changed


def match_column(match: Mapping[str, str], key: str) -> str:
    """Which column a key of a row is compared with, or sets."""
    return next((column for column, matched in match.items() if matched == key), key)


def _unnest(
    columns: Sequence[Column[Any]], rows: Sequence[Mapping[str, Any]], keys: Sequence[str] | None = None
) -> FromClause:
    names = list(keys or (column.name for column in columns))
    arrays = [
        literal([row[name] for row in rows], ARRAY(column.type)) for name, column in zip(names, columns, strict=True)
    ]
    typed = [Column(name, column.type) for name, column in zip(names, columns, strict=True)]
    return func.unnest(*arrays).table_valued(*typed).render_derived(name="new_rows")


def _json(columns: Mapping[str, Column[Any]], rows: Sequence[Mapping[str, Any]]) -> FromClause:
    text = json.dumps([[_plain(row[name]) for name in columns] for row in rows])
    lines = func.json_each(literal(text)).table_valued("value")
    values = (func.json_extract(lines.c.value, f"$[{n}]").label(name) for n, name in enumerate(columns))
    return select(*values).select_from(lines).subquery("new_rows")


def _plain(value: Any) -> Any:
    return as_text(value) if isinstance(value, datetime) else value


def chunks(rows: Sequence[Any], size: int = CHUNK) -> Iterable[Sequence[Any]]:
    """The rows, so many at a time."""
    return (rows[start : start + size] for start in range(0, len(rows), size))
