"""What the audit keeps of a deed so that it can be taken back: ids, times and reasons, nothing personal."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from drip.core.reason import Reason
from drip.store.audit import Line
from drip.store.by_staff import MessageRow, Was


def patient_of(line: Line) -> str:
    """Whom a deed was done for."""
    return line.deed.about.removeprefix("patient:")


def as_told(ones: Iterable[MessageRow]) -> list[Mapping[str, Any]]:
    """Messages as they were."""
    return [{"id": one.id, "due_at": one.due_at.isoformat(), "reason": one.reason.value} for one in ones]


def as_they_were(told: Sequence[Mapping[str, Any]]) -> list[Was]:
    """The same, read again."""
    return [
        Was(id=one["id"], due_at=datetime.fromisoformat(one["due_at"]), reason=Reason(one["reason"])) for one in told
    ]
