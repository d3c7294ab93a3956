"""What became of a hand-over whose answer was lost: judged from what the provider's own list shows."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from drip.core.handover import Evidence

CLOCKS_DIFFER = timedelta(minutes=2)
"""How much earlier than our own clock a provider may say that it took a message."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lost:
    """An attempt whose answer never came. Nothing personal shows in `repr`."""

    attempt_id: str
    started_at: datetime
    to: str = field(repr=False)
    text: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Trace:
    """One message that a provider says it took."""

    ref: str
    at: datetime | None = None
    """When it took it, by its own clock."""
    text: str | None = field(default=None, repr=False)
    """None where the provider no longer has the words."""
    attempt_id: str | None = None
    """Where the provider's records carry our own id, nothing needs to be guessed."""


def judge(lost: Lost, traces: Sequence[Trace], ours: Collection[str]) -> tuple[Evidence, str | None]:
    """Whether it went, and under which reference. `ours` are references that belong to other attempts already.

    A message to the same address in other words, or in words that are gone, may or may not be this one.
    """
    mine = [trace for trace in traces if trace.attempt_id == lost.attempt_id]
    if mine:
        return Evidence.WENT, mine[0].ref
    candidates = [trace for trace in traces if _may_be(trace, lost) and trace.ref not in ours]
    same = [trace for trace in candidates if trace.text is not None and _same(trace.text, lost.text)]
    if same:
        return Evidence.WENT, min(same, key=lambda trace: trace.at or lost.started_at).ref
    return (Evidence.CANNOT_TELL, None) if candidates else (Evidence.DID_NOT_GO, None)


def _may_be(trace: Trace, lost: Lost) -> bool:
    recent = trace.at is None or trace.at >= lost.started_at - CLOCKS_DIFFER
    return trace.attempt_id is None and recent


def _same(theirs: str, ours: str) -> bool:
    """Providers trim what they send."""
    return theirs.strip() == ours.strip()
