"""Calls under way: so many at once, none of them all one channel's, and as far ahead as providers are quick."""

import threading
import time
from collections.abc import Iterator

import pytest

from drip.core.handover import Accepted, Outcome
from drip.core.model import Channel
from drip.flows.calls import MOST_AHEAD, WORTH_FILLING, Calls

EMAIL, SMS = Channel.EMAIL, Channel.SMS
SLOTS = 8
LET_THROUGH = SLOTS - SLOTS // 4


@pytest.fixture
def calls() -> Iterator[Calls]:
    made = Calls(SLOTS)
    yield made
    made.close()


class Hanging:
    """A provider that answers only when a test lets it."""

    def __init__(self) -> None:
        self.go_on = threading.Event()
        self.most = self.now = 0
        self._lock = threading.Lock()

    def __call__(self) -> Outcome:
        with self._lock:
            self.now += 1
            self.most = max(self.most, self.now)
        assert self.go_on.wait(20)
        with self._lock:
            self.now -= 1
        return Accepted("slow")


def quick() -> Outcome:
    return Accepted("quick")


def test_texts_that_hang_keep_no_email_waiting(calls: Calls) -> None:
    slow = Hanging()
    texts = [calls.begin(SMS, slow) for _ in range(3 * SLOTS)]
    emails = [calls.begin(EMAIL, quick) for _ in range(50)]
    assert [one.result(10) for one in emails] == [Accepted("quick")] * 50
    assert not any(one.done() for one in texts)
    assert calls.room(EMAIL) > 0
    assert calls.room(SMS) == 0
    slow.go_on.set()
    assert {one.result(10) for one in texts} == {Accepted("slow")}
    assert slow.most == LET_THROUGH


def test_never_more_at_once_than_there_are_slots(calls: Calls) -> None:
    slow = Hanging()
    begun = [calls.begin(channel, slow) for channel in (SMS, EMAIL) for _ in range(SLOTS)]
    while slow.now < SLOTS:
        time.sleep(0.001)
    assert calls.room(EMAIL) <= 0
    slow.go_on.set()
    assert all(one.result(10) for one in begun)
    assert slow.most == SLOTS


def test_with_one_slot_one_call_goes_after_the_other() -> None:
    calls, slow = Calls(1), Hanging()
    assert (calls.room(SMS), calls.room(EMAIL)) == (1, 1)
    first = calls.begin(SMS, slow)
    assert (calls.room(SMS), calls.room(EMAIL)) == (0, 0)
    slow.go_on.set()
    assert first.result(10)
    calls.close()


def test_a_quick_provider_is_handed_more_than_there_are_slots_and_a_slow_one_is_not(calls: Calls) -> None:
    assert calls.room(SMS) == LET_THROUGH, "nothing is known of it yet"
    calls.begin(SMS, quick).result(10)
    while calls.room(SMS) == LET_THROUGH:
        time.sleep(0.001)
    assert calls.room(SMS) == LET_THROUGH * (1 + MOST_AHEAD)
    assert calls.room(EMAIL) == LET_THROUGH

    def slow() -> Outcome:
        time.sleep(0.3)
        return Accepted("slow")

    for _ in range(30):
        calls.begin(EMAIL, slow)
    calls.close()
    assert calls._ahead(EMAIL) < LET_THROUGH


def test_few_free_slots_are_left_until_there_are_more(calls: Calls) -> None:
    slow = Hanging()
    enough = -(-LET_THROUGH // WORTH_FILLING)
    for _ in range(LET_THROUGH - enough):
        calls.begin(SMS, slow)
    assert calls.room(SMS) == enough
    calls.begin(SMS, slow)
    assert calls.room(SMS) == 0
    slow.go_on.set()


def test_what_a_call_raises_is_its_answer_and_the_next_one_begins(calls: Calls) -> None:
    def fails() -> Outcome:
        raise ZeroDivisionError

    begun = [calls.begin(SMS, fails) for _ in range(2 * SLOTS)]
    for one in begun:
        with pytest.raises(ZeroDivisionError):
            one.result(10)
    assert calls.begin(SMS, quick).result(10) == Accepted("quick")
