"""Whether a visit typed by hand is one that is known."""

from datetime import datetime

import pytest

from drip.core.event import Event
from drip.core.model import EventKind
from drip.core.same_visit import visit_at
from tests.core.build import a_booking, an_update, news_of

TEN = datetime.fromisoformat("2026-06-11T09:00:00+00:00")
"""The very time, whatever clock it is written on."""

MOVED = a_booking(kind=EventKind.RESCHEDULED, day=1, starts_at="2026-06-12T10:00:00+01:00")


@pytest.mark.parametrize(
    ("history", "found"),
    [
        pytest.param([], None, id="nothing is known"),
        pytest.param([an_update()], None, id="nothing of any visit"),
        pytest.param([a_booking()], "a-1", id="one at this time"),
        pytest.param([a_booking(starts_at="2026-06-11T10:30:00+01:00")], None, id="one at another time"),
        pytest.param([MOVED, a_booking()], None, id="one that has moved since, however they came in"),
        pytest.param([a_booking(), news_of(EventKind.ATTENDED)], "a-1", id="one to which the patient came"),
        pytest.param([a_booking(), news_of(EventKind.CANCELLED)], None, id="one that was cancelled"),
        pytest.param([news_of(EventKind.CANCELLED)], None, id="a cancellation of one that nobody told of"),
    ],
)
def test_a_visit_is_found_by_its_time(history: list[Event], found: str | None) -> None:
    assert visit_at(history, TEN) == found
