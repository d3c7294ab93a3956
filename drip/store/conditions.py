"""Conditions that several statements share."""

from datetime import datetime

from sqlalchemy import ColumnElement, func, literal_column

from drip.core.lifecycle import State
from drip.store.schema import messages

NO_LEASE = {"lease_owner": None, "lease_token": None, "lease_until": None}
"""A row that nobody has."""


BY_TIME: ColumnElement[bool] = literal_column("(messages.id <> '')")
"""Always so: it names the index of planned messages that is ordered by time alone, which claims must not be led to."""

TOLD_TO_WAIT: ColumnElement[bool] = literal_column("(messages.reason <> '')")
"""It asked to go and was told why not yet: named, because SQLite takes the index of these only where it is."""


def meant_for() -> ColumnElement[datetime]:
    """When a message was to go: by a person's word, else by its rules."""
    return func.coalesce(messages.c.chosen_for, messages.c.planned_for)


def in_state(*states: State) -> ColumnElement[bool]:
    """Written out, not bound: a partial index serves only a query that names its condition."""
    names: list[ColumnElement[str]] = [literal_column(f"'{state.value}'") for state in states]
    return messages.c.state == names[0] if len(names) == 1 else messages.c.state.in_(names)
