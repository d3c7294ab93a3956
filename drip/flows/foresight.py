"""A version that is not live yet -> what it would do to the people who are in its sequence now."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from drip.app import App, Published
from drip.core.effect import Fate
from drip.flows.follow import Affected, Move, is_renewal, would_follow
from drip.store import enrolments
from drip.store.database import Tx

MOST = 100
"""Enrolments that are looked at: more would keep whoever reads the page waiting. `drip publish --dry-run` tells all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Foresight:
    """Who is in a sequence, and what becomes of their messages if they follow the new version."""

    in_it: int = 0
    looked_at: int = 0
    is_renewal: bool = False
    """Nothing changes for any of these but who answers for the words: they follow whatever is chosen."""
    skipped: Sequence[Affected] = ()
    """If what is late by the new times is left out."""
    sent: Sequence[Affected] = ()
    """If it goes at the next opening instead."""

    @property
    def late(self) -> int:
        """Messages whose new time is over already."""
        return _count(self.skipped, Fate.MISSED)

    @property
    def rescued(self) -> int:
        """How many of these would go at the next opening."""
        return self.late - _count(self.sent, Fate.MISSED)


def foresee(app: App, tx: Tx, to: Published, sites: Collection[str], now: datetime) -> Foresight:
    """What following would do, worked out for at most so many people, at these sites if any are named."""
    in_it = sum(enrolments.count_by_version(tx, to.sequence.id, sites).values())
    some = enrolments.some_pinned(tx, to.sequence.id, sites, MOST)
    versions = app.versions.get(tx, {one.version for one in some})
    moving = [one for one in some if one.version != to.id]
    skipped = would_follow(app, tx, Move(to=to, versions=versions, moving=moving), now)
    sent = skipped
    if _count(skipped, Fate.MISSED):
        sent = would_follow(app, tx, Move(to=to, versions=versions, moving=moving, sends_late=True), now)
    return Foresight(
        in_it=in_it,
        looked_at=len(some),
        is_renewal=bool(versions) and all(is_renewal(one, to) for one in versions.values()),
        skipped=skipped,
        sent=sent,
    )


def _count(people: Sequence[Affected], fate: Fate) -> int:
    return sum(effect.fate is fate for one in people for effect in one.effects)
