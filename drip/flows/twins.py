"""Enrolments of one visit under several of its numbers -> one that goes on, and others that end."""

from collections.abc import Sequence
from dataclasses import replace

from drip.core.chain import Chains
from drip.store.enrolments import ACTIVE, EnrolmentRow

_OF_A_VISIT = "appointment:"


def one_for_each_visit(
    rows: Sequence[EnrolmentRow], chains: Chains
) -> tuple[Sequence[EnrolmentRow], Sequence[EnrolmentRow]]:
    """Enrolments by the one number that their visit has, and the twins among them that must end.

    Two enrolments in a sequence are twins when their visit was moved more than once and the news came out of order.
    """
    if not chains.first:
        return rows, ()
    going_on: dict[tuple[str, str], EnrolmentRow] = {}
    twins = []
    for row in sorted(rows, key=lambda row: (row.origin != _origin(row, chains), row.enrolled_at, row.id)):
        kept = going_on.setdefault((row.sequence, _origin(row, chains)), row)
        if kept is not row and row.state == ACTIVE:
            twins.append(row)
    return [replace(row, origin=origin) for (_, origin), row in going_on.items()], twins


def _origin(row: EnrolmentRow, chains: Chains) -> str:
    ref = row.origin.removeprefix(_OF_A_VISIT)
    return row.origin if ref == row.origin else f"{_OF_A_VISIT}{chains.name_of(ref)}"
