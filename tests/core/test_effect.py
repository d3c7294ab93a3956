"""What a new version does to each message that has not gone: told from the planner's own changes."""

from datetime import datetime
from typing import Any

import pytest

from drip.core.effect import Effect, Fate, effects
from drip.core.lifecycle import State
from drip.core.plan import Planned, changes, wanted
from drip.core.reason import Reason
from drip.core.sequence import Step
from tests.core.build import a_basis, a_row, a_step, clock, local

NOW = local("2026-06-12T12:00")  # the day after the visit
TIP = a_step("tip", after="3d", at="09:30")


def planned(step: Step, state: State = State.PLANNED, **unusual: Any) -> Planned:
    """The row that the old version made of a step."""
    (message,) = wanted(a_basis(step))
    ordinary: dict[str, Any] = {"id": step.id, "planned_for": message.planned_for, "expires_at": message.expires_at}
    return a_row(step.id, state, **{**ordinary, **unusual})


def followed(*steps: Step, rows: list[Planned], reworded: bool = False, now: datetime = NOW) -> tuple[Effect, ...]:
    basis = a_basis(*steps, version="v2")
    return effects(rows, changes(basis, rows, now), lambda row, channel: reworded, now)


@pytest.mark.parametrize(
    ("now", "fate", "at"),
    [
        (TIP, Fate.UNCHANGED, "Mon 2026-06-15 08:00"),
        (a_step("tip", after="5d", at="09:30"), Fate.LATER, "Tue 2026-06-16 09:30"),
        (a_step("tip", after="1d", at="15:00"), Fate.EARLIER, "Fri 2026-06-12 15:00"),
        (a_step("tip", after="1d", at="09:30"), Fate.MISSED, "None"),
        (a_step("tip", after="1d", at="09:30", if_late="send"), Fate.EARLIER, "Fri 2026-06-12 12:00"),
    ],
    ids=["stays", "later", "earlier", "already late", "late, but still worth having"],
)
def test_a_message_keeps_its_time_or_moves(now: Step, fate: Fate, at: str) -> None:
    (effect,) = followed(now, rows=[planned(TIP)])
    assert effect.fate is fate
    assert (clock(effect.at) if effect.at else "None") == at
    assert effect.was is not None
    assert clock(effect.was) == "Mon 2026-06-15 08:00"


def test_new_words_at_the_same_time_are_new_words_only() -> None:
    (effect,) = followed(TIP, rows=[planned(TIP)], reworded=True)
    assert (effect.fate, effect.at) == (Fate.REWORDED, effect.was)


def test_what_has_gone_is_not_touched_by_any_version() -> None:
    assert followed(TIP, rows=[planned(TIP, State.ACCEPTED)], reworded=True) == ()


def test_a_step_that_is_gone_takes_its_message_along() -> None:
    gone, stays = followed(TIP, rows=[planned(a_step("ice", after="4d")), planned(TIP)])
    assert (gone.step, gone.fate, gone.reason) == ("ice", Fate.REMOVED, Reason.SUPERSEDED_BY_VERSION)
    assert stays.fate is Fate.UNCHANGED


@pytest.mark.parametrize(("after", "fate"), [("6d", Fate.NEW), ("1h", Fate.MISSED)], ids=["ahead", "past"])
def test_a_new_step_is_new_if_it_is_still_ahead(after: str, fate: Fate) -> None:
    stays, new = followed(TIP, a_step("new", after=after), rows=[planned(TIP)])
    assert (stays.fate, new.step, new.fate, new.was) == (Fate.UNCHANGED, "new", fate, None)


def test_a_message_that_an_earlier_version_took_away_comes_back_as_new() -> None:
    (effect,) = followed(TIP, rows=[planned(TIP, State.SUPERSEDED, reason=Reason.SUPERSEDED_BY_VERSION)])
    assert (effect.fate, effect.was) == (Fate.NEW, None)


def test_a_message_whose_use_ends_sooner_than_now_is_missed() -> None:
    waits = planned(a_step("tip", after="1h", expires="9d"))
    sooner = a_step("tip", after="1h", expires="1d")
    (effect,) = followed(sooner, rows=[waits], now=local("2026-06-15T09:00"))
    assert (effect.fate, effect.reason) == (Fate.MISSED, Reason.EXPIRED)
