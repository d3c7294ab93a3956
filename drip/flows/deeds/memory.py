"""What the audit keeps of a deed so that it can be taken back: ids, times and reasons, nothing personal."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from drip.core.model import Channel
from drip.core.reason import Reason
from drip.store.audit import Line
from drip.store.by_staff import MessageRow, Was


def patient_of(line: Line) -> str:
    """Whom a deed was done for."""
    return line.deed.about.removeprefix("patient:")


def as_told(ones: Iterable[MessageRow]) -> list[Mapping[str, Any]]:
    """Messages as they were."""
    return [
        {
            "id": one.id,
            "due_at": one.due_at.isoformat(),
            "reason": one.reason.value,
            "chosen_for": one.chosen_for.isoformat() if one.chosen_for else None,
        }
        for one in ones
    ]


def as_they_were(told: Sequence[Mapping[str, Any]]) -> list[Was]:
    """The same, read again."""
    return [_as_it_was(one) for one in told]


def _as_it_was(told: Mapping[str, Any]) -> Was:
    due_at, reason = datetime.fromisoformat(told["due_at"]), Reason(told["reason"])
    # Lines of an earlier release do not say it: then whoever had moved it last had chosen when it is due.
    chosen_for = told.get("chosen_for", told["due_at"] if reason is Reason.MOVED_BY_STAFF else None)
    at = datetime.fromisoformat(chosen_for) if chosen_for else None
    return Was(id=told["id"], due_at=due_at, reason=reason, chosen_for=at)


@dataclass(frozen=True, slots=True)
class Partly:
    """A deed that was taken back, but for this: something else has changed there since."""

    closed: tuple[Channel, ...]
    """The channels that still lead nowhere."""
