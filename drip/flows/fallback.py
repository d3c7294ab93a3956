"""Which version's words a message takes: its own, or for safety the last approved ones where its own may not go."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from drip.app import App, Published
from drip.core.model import Purpose
from drip.store import versions
from drip.store.database import Tx
from drip.store.outgoing import Claimed

ANYWHERE = timedelta(days=1)
"""By how much the day of a message's own clock may be ahead of UTC's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Editions:
    """The version that a message belongs to, and those of its sequence that stand in for it, newest first."""

    own: Published
    approved: Sequence[Published] = ()

    def for_words_of(self, one: Claimed, today: date, *, is_live: bool) -> Published:
        """Its own version, unless safety words are past their review or, while live, not approved.

        Then the newest approved version that has words for the step, be it past its own review or not: silence is the
        greater harm, and what nobody approved never goes out live. Everything but safety has only its own words.
        """
        is_sound = not self.own.sequence.review.is_past(today) and (self.own.is_approved or not is_live)
        if is_sound or one.purpose is not Purpose.SAFETY:
            return self.own
        return next((edition for edition in self.approved if _has_words(edition, one)), self.own)


def editions(app: App, tx: Tx, claimed: Sequence[Claimed], now: datetime) -> Mapping[str, Editions]:
    """For each message, by its id. Others than its own are only looked for where they may be needed."""
    own = app.versions.get(tx, {one.version for one in claimed})
    wanted = {one.sequence for one in claimed if _may_fall_back(app, one, own[one.version], now)}
    approved = _approved(app, tx, wanted) if wanted else {}
    return {one.id: Editions(own=own[one.version], approved=approved.get(one.sequence, ())) for one in claimed}


def _may_fall_back(app: App, one: Claimed, own: Published, now: datetime) -> bool:
    is_past = own.sequence.review.is_past((now + ANYWHERE).date())
    return one.purpose is Purpose.SAFETY and (is_past or (app.live and not own.is_approved))


def _approved(app: App, tx: Tx, sequences: set[str]) -> dict[str, list[Published]]:
    ids = versions.approved_of(tx, sequences)
    known = app.versions.get(tx, {version for some in ids.values() for version in some})
    # Named as approved in its own file too: what the file says awaits approval does, whoever was named beside it.
    return {
        sequence: [known[version] for version in some if known[version].is_approved] for sequence, some in ids.items()
    }


def _has_words(edition: Published, one: Claimed) -> bool:
    step = edition.sequence.step(one.step)
    name = step.template(one.channel) if step else None
    return bool(name) and edition.templates.find(one.sequence, name or "", one.channel, None) is not None
