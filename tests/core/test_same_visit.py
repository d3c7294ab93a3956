"""A visit typed by hand: which of the visits that are known it is."""

from datetime import datetime
from itertools import permutations

import pytest

from drip.core.chain import moved_visits
from drip.core.event import Event, replay
from drip.core.model import EventKind
from drip.core.same_visit import number_for
from drip.core.typed_visit import is_by_hand
from tests.core.build import a_booking, an_event, an_update, news_of

TEN = datetime.fromisoformat("2026-06-11T09:00:00+00:00")
"""The very time, whatever clock it is written on."""

HAND = f"hand-{'0' * 24}"
OTHER_HAND = f"hand-{'1' * 24}"
HALF_PAST, NEXT_DAY = "2026-06-11T10:30:00+01:00", "2026-06-12T10:00:00+01:00"

MOVED = a_booking(kind=EventKind.RESCHEDULED, day=1, starts_at=NEXT_DAY)
TYPED = a_booking(HAND, day=2)
TOLD = a_booking(day=3)


@pytest.mark.parametrize(
    ("history", "found"),
    [
        pytest.param([], HAND, id="nothing is known"),
        pytest.param([an_update()], HAND, id="nothing of any visit"),
        pytest.param([a_booking()], "a-1", id="one at this time"),
        pytest.param([a_booking(starts_at=HALF_PAST)], HAND, id="one at another time"),
        pytest.param([MOVED, a_booking()], HAND, id="one that has moved since, however they came in"),
        pytest.param([a_booking(), news_of(EventKind.ATTENDED)], "a-1", id="one to which the patient came"),
        pytest.param([a_booking(), news_of(EventKind.CANCELLED)], HAND, id="one that was cancelled"),
        pytest.param([news_of(EventKind.CANCELLED)], HAND, id="a cancellation of one that nobody told of"),
        pytest.param([TYPED], HAND, id="one that was typed"),
        pytest.param(
            [a_booking(HAND, starts_at=HALF_PAST), a_booking()], HAND, id="one that was typed for another time"
        ),
        pytest.param([TYPED, news_of(EventKind.CANCELLED, HAND, day=3)], HAND, id="one that was typed and called off"),
        pytest.param([TYPED, TOLD], HAND, id="one that was typed and then told"),
        pytest.param(
            [TYPED, TOLD, a_booking(day=4, starts_at=HALF_PAST)], HAND, id="one that was told and moved in its day"
        ),
        pytest.param(
            [TYPED, TOLD, a_booking(day=4, starts_at=NEXT_DAY)], f"{HAND}-2", id="one that was told and moved away"
        ),
        pytest.param(
            [TYPED, TOLD, news_of(EventKind.CANCELLED, day=4)], f"{HAND}-2", id="one that was told and cancelled"
        ),
        pytest.param(
            [TYPED, TOLD, news_of(EventKind.CANCELLED, day=4), a_booking(f"{HAND}-2", day=5)],
            f"{HAND}-2",
            id="one that was typed again after that",
        ),
        pytest.param(
            [TYPED, TOLD, news_of(EventKind.CANCELLED, day=4), a_booking(f"{HAND}-2", day=5, starts_at=HALF_PAST)],
            f"{HAND}-3",
            id="one that was typed again for another time",
        ),
    ],
)
def test_a_visit_is_found_by_its_time(history: list[Event], found: str) -> None:
    assert number_for(HAND, TEN, history) == found


@pytest.mark.parametrize(
    ("history", "names"),
    [
        pytest.param([TYPED, TOLD], {"a-1": HAND}, id="typed, then told"),
        pytest.param([TYPED, a_booking()], {"a-1": HAND}, id="told of a time before it was typed"),
        pytest.param([TYPED, a_booking(day=3, starts_at=HALF_PAST)], {"a-1": "a-1"}, id="at another time"),
        pytest.param(
            [TYPED, a_booking(day=3, starts_at=NEXT_DAY), a_booking(day=4)], {"a-1": HAND}, id="moved to where it is"
        ),
        pytest.param([TYPED, TOLD, a_booking(day=4, starts_at=NEXT_DAY)], {"a-1": HAND}, id="moved away afterwards"),
        pytest.param(
            [TYPED, a_booking(), a_booking(day=1, starts_at=NEXT_DAY)], {"a-1": "a-1"}, id="moved away before"
        ),
        pytest.param([TYPED, a_booking(), news_of(EventKind.CANCELLED)], {"a-1": "a-1"}, id="cancelled before"),
        pytest.param(
            [TYPED, news_of(EventKind.CANCELLED, HAND, day=2.5), TOLD], {"a-1": "a-1"}, id="called off before"
        ),
        pytest.param(
            [TYPED, TOLD, a_booking("a-2", day=4)], {"a-1": HAND, "a-2": "a-2"}, id="two of one booking system stay two"
        ),
        pytest.param(
            [TYPED, TOLD, a_booking(day=4, starts_at=NEXT_DAY), a_booking("a-2", day=5)],
            {"a-1": HAND, "a-2": "a-2"},
            id="another one at the time that it had",
        ),
        pytest.param([TYPED, a_booking(OTHER_HAND, day=3)], {OTHER_HAND: OTHER_HAND}, id="two that were typed"),
        pytest.param(
            [TYPED, a_booking(OTHER_HAND, day=2.5), TOLD],
            {"a-1": OTHER_HAND, HAND: OTHER_HAND},
            id="two that were typed, and then told",
        ),
        pytest.param(
            [TYPED, TOLD, a_booking(OTHER_HAND, day=4)],
            {"a-1": HAND, OTHER_HAND: HAND},
            id="typed twice, the second time after it was told",
        ),
        pytest.param(
            [a_booking(), a_booking(HAND, starts_at=HALF_PAST, day=1), a_booking(HAND, day=2)],
            {"a-1": HAND},
            id="typed for another time, then put right",
        ),
    ],
)
def test_a_typed_visit_and_one_that_is_told_for_its_time_are_one(history: list[Event], names: dict[str, str]) -> None:
    for told in list(permutations(history))[:24]:
        chains = moved_visits(told)
        assert {ref: chains.name_of(ref) for ref in names} == names


def test_a_number_that_took_another_ones_place_is_the_typed_visit_as_well() -> None:
    moved = an_event(
        EventKind.BOOKED, day=4, key="b", appointment={"ref": "b", "replaces": "a-1", "starts_at": NEXT_DAY}
    )
    gone = news_of(EventKind.CANCELLED, day=4.5)
    for told in permutations([TYPED, TOLD, moved, gone]):
        last = replay(told)[-1]
        assert list(last.appointments) == [HAND]
        assert (last.appointment["starts_at"], last.appointment["status"]) == (NEXT_DAY, "booked")


def test_that_the_visit_was_elsewhere_before_is_news_once_it_is_known_to_be_one() -> None:
    before = a_booking(starts_at=NEXT_DAY, fresh=False)
    typed = a_booking(HAND, day=1, fresh=False)
    moved = a_booking(kind=EventKind.RESCHEDULED, day=2)
    *_, second, third = replay([before, typed, moved])
    assert (second.event.kind, second.event.fresh) == (EventKind.RESCHEDULED, True)
    assert second.moved_from["starts_at"] == NEXT_DAY
    assert third.moved_from["starts_at"] == typed.appointment["starts_at"]


@pytest.mark.parametrize(
    ("ref", "is_ours"),
    [(HAND, True), (f"{HAND}-12", True), ("hand-therapy-1", False), (f"{HAND}-", False), ("a-1", False), (None, False)],
)
def test_only_a_number_that_was_made_here_is_by_hand(ref: str | None, is_ours: bool) -> None:
    assert is_by_hand(ref) is is_ours
