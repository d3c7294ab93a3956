"""Conditions that several statements share."""

from sqlalchemy import ColumnElement, literal_column

from drip.core.lifecycle import State
from drip.store.schema import messages

NO_LEASE = {"lease_owner": None, "lease_token": None, "lease_until": None}
"""A row that nobody has."""


def in_state(state: State) -> ColumnElement[bool]:
    """Written out, not bound: a partial index serves only a query that names its condition."""
    return messages.c.state == literal_column(f"'{state.value}'")
