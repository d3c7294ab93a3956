"""A burst of bookings: they are applied a part at a time, and what is due to others goes meanwhile."""

from collections.abc import Callable
from typing import Any

import pytest

from drip.core.handover import Accepted, Outcome
from drip.core.letter import Letter
from drip.flows import enrol
from drip.flows.enrol import apply_news, apply_some
from drip.flows.send import never
from drip.flows.tick import tick
from drip.store import events
from tests.world import ADVICE, REMINDERS, World, a_booking, a_visit, at

HEARD, DUE = "2026-06-11 10:31", "2026-06-11 13:30"


def others(number: int) -> list[dict[str, Any]]:
    """So many other patients book."""
    return [
        a_booking("2026-06-25 10:00", event_id=f"b-{n}", patient={"ref": f"q-{n}"}, appointment={"ref": f"b-{n}"})
        for n in range(number)
    ]


@pytest.fixture
def burst(clinic: World, monkeypatch: pytest.MonkeyPatch) -> World:
    """Amina's message is due, and ten others have booked; two are looked at at once."""
    monkeypatch.setattr(enrol, "LOOK_AHEAD", 2)
    clinic.publish(ADVICE, REMINDERS)
    clinic.tell(a_visit("2026-06-11 10:00"))
    clinic.tick(HEARD)
    clinic.tell(*others(10), now=HEARD)
    return clinic


@pytest.fixture
def waiting(burst: World) -> list[int]:
    """How many bookings wait at the moment of each hand-over."""
    seen: list[int] = []

    def count(letter: Letter) -> Outcome:
        with burst.store.read() as tx:
            seen.append(events.count_pending(tx)[0])
        return Accepted(f"ref-{letter.attempt_id}")

    burst.sink.answer = count
    return seen


@pytest.mark.parametrize(("enough", "left"), [(lambda: False, 8), (never, 0)], ids=["real clock", "virtual time"])
def test_on_the_real_clock_what_is_due_does_not_wait_for_everybodys_bookings(
    burst: World, waiting: list[int], enough: Callable[[], bool], left: int
) -> None:
    counts = tick(burst.app, at(DUE), enough=enough)
    assert (counts.events, counts.accepted) == (10, 1)
    assert waiting == [left]


def test_whoever_has_news_themselves_waits_for_it(burst: World, waiting: list[int]) -> None:
    hers = a_booking("2026-06-30 10:00", told_at="2026-06-11 11:00", appointment={"ref": "a-2"})
    burst.tell(hers, now=DUE)  # the last booking of all
    for minute in range(5):
        tick(burst.app, at(f"2026-06-11 13:{30 + minute}"), enough=lambda: False)
    assert waiting == [0]


def test_a_part_at_a_time_comes_to_the_same_as_all_at_once(burst: World) -> None:
    first, is_more = apply_some(burst.app, at(DUE))
    assert (first.events, is_more) == (2, True)
    assert apply_news(burst.app, at(DUE)).events == 8
    assert apply_some(burst.app, at(DUE))[1] is False
