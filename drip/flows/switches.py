"""The stop switches: all sending, or one sequence, paused and resumed; who did it stands in the audit trail."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from drip.app import App
from drip.core.model import Purpose
from drip.core.reason import Reason
from drip.core.walltime import local_date, midnight
from drip.store import audit, lanes, late, settling, versions
from drip.store.audit import Deed
from drip.store.database import Tx
from drip.store.late import Waiting

LONGEST_REASON = 200
"""Characters of why sending was paused: they stand on every page."""


class Late(StrEnum):
    """What becomes of messages whose day went by while sending was paused."""

    SKIP = "skip"
    SEND = "send"
    """They go at the next moment at which they may, if they are of use by then."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ages:
    """How many messages a pause holds back, by when they were meant to go."""

    today: int = 0
    yesterday: int = 0
    older: int = 0
    kept: int = 0
    """Of the late ones, those that go in any case: words about safety, and steps that say that they may be late."""

    @property
    def late(self) -> int:
        """How many of them another day was meant for."""
        return self.yesterday + self.older


@dataclass(frozen=True, slots=True, kw_only=True)
class Resumed:
    """What came of resuming."""

    woken: int
    """Messages that wait to go: none of those that another pause holds back as well."""
    skipped: int


def pause(app: App, scope: str, why: str, now: datetime, *, who: str) -> None:
    """Nothing of this scope passes the gate from now on. `scope`: `everything`, or `sequence:` and an id."""
    with app.store.write() as tx:
        versions.pause(tx, scope, why, now)
        audit.write(tx, Deed(who=who, deed="paused", about=scope), now)


def ages(app: App, scope: str, now: datetime) -> Ages:
    """What waits because of this pause."""
    with app.store.read() as tx:
        found = _waiting(app, tx, scope, now)
        kept = sum(one.late for one in found) - sum(one.late for one in _to_skip(app, tx, found))
    return Ages(
        today=sum(one.today for one in found),
        yesterday=sum(one.yesterday for one in found),
        older=sum(one.older for one in found),
        kept=kept,
    )


def resume(app: App, scope: str, now: datetime, *, who: str, late_ones: Late = Late.SKIP) -> Resumed | None:
    """Messages go again: what is due and still useful. None if it was not paused.

    Resuming everything also tries providers again that were paused or left alone.
    """
    return app.store.attempt(lambda tx: _resume(app, tx, scope, now, who, late_ones))


def _resume(app: App, tx: Tx, scope: str, now: datetime, who: str, late_ones: Late) -> Resumed | None:
    # Gather
    is_paused, is_all = versions.resume(tx, scope), scope == versions.EVERYTHING
    if not (is_paused or (is_all and _is_one_left_alone(tx))):
        return None
    waiting = _waiting(app, tx, scope, now)
    # Decide
    too_late = _to_skip(app, tx, waiting) if is_paused and late_ones is Late.SKIP else []
    # Apply: patients before their messages, providers after both, the audit trail last; as whoever else locks them
    skipped = late.skip(tx, too_late, now, _midnight(app, now))
    goes_on = _waiting(app, tx, scope, now)
    settling.wake(tx, Reason.PAUSED, _sequence(scope))
    if is_all:
        versions.resume_providers(tx)
        lanes.reopen(tx)
    audit.write(tx, Deed(who=who, deed="resumed", about=scope, detail={"late": late_ones.value}), now)
    return Resumed(woken=sum(one.today + one.late for one in goes_on), skipped=skipped)


def _is_one_left_alone(tx: Tx) -> bool:
    """Whether a provider is paused, or is not called for now."""
    is_paused = any(scope.startswith(versions.PROVIDER) for scope in versions.paused(tx))
    return is_paused or any(lane.closed_until for lane in lanes.look(tx))


def _waiting(app: App, tx: Tx, scope: str, now: datetime) -> Sequence[Waiting]:
    """What goes on once this pause is over: not what another pause holds back as well."""
    paused = versions.paused(tx)
    if scope != versions.EVERYTHING and versions.EVERYTHING in paused:
        return []
    found = late.waiting(tx, now, _midnight(app, now), _midnight(app, now, ago=1), _sequence(scope))
    others = paused.keys() - {scope}
    return [one for one in found if f"sequence:{one.sequence}" not in others]


def _to_skip(app: App, tx: Tx, found: Sequence[Waiting]) -> Sequence[Waiting]:
    """Silence about signs of harm is the greater harm, and some steps say themselves that they may go late."""
    behind = [one for one in found if one.late and one.purpose is not Purpose.SAFETY]
    known = app.versions.get(tx, {one.version for one in behind})
    steps = {(one.version, one.step): known[one.version].sequence.step(one.step) for one in behind}
    may_be_late = {key for key, step in steps.items() if step and step.send_if_late}
    return [one for one in behind if (one.version, one.step) not in may_be_late]


def _midnight(app: App, now: datetime, *, ago: int = 0) -> datetime:
    """The first moment of the clinic's day that is under way, or of one some days ago."""
    return midnight(local_date(now, app.clinic.zone) - timedelta(days=ago), app.clinic.zone)


def _sequence(scope: str) -> str | None:
    return None if scope == versions.EVERYTHING else scope.partition(":")[2]
