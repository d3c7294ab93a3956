"""Slow texts leave room for emails, and the other way round; a channel that is alone has everything."""

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from drip.core.model import Channel
from drip.core.slots import Slots, sure_of

EMAIL, SMS = Channel.EMAIL, Channel.SMS
RATES = st.sampled_from([0.0, 0.2, 1.0, 7.5, 100.0])


def sharing(slots: int, under_way: dict[Channel, int], rates: dict[Channel, float]) -> Slots:
    """These channels have something to hand over."""
    sure = {channel: sure_of(slots, len(rates), rate) for channel, rate in rates.items()}
    return Slots(number=slots, under_way=under_way, sure=sure)


@given(
    slots=st.integers(1, 100),
    rates=st.tuples(RATES, RATES),
    turns=st.lists(st.tuples(st.sampled_from(Channel), st.integers(-50, 50)), max_size=40),
)
def test_while_both_have_something_to_send_neither_takes_what_the_other_is_sure_of(
    slots: int, rates: tuple[float, float], turns: Sequence[tuple[Channel, int]]
) -> None:
    under_way = dict.fromkeys(Channel, 0)
    for channel, wanted in turns:  # calls begin, as many as there is room for, or end
        now = sharing(slots, under_way, {EMAIL: rates[0], SMS: rates[1]})
        begin = min(wanted, now.room(channel)) if wanted > 0 else max(wanted, -under_way[channel])
        under_way[channel] += begin
        after = sharing(slots, under_way, {EMAIL: rates[0], SMS: rates[1]})
        assert after.free >= 0
        assert all(after.room(one) + under_way[one] >= sure for one, sure in after.sure.items())
        assert after.free == 0 or max(map(after.room, Channel)) > 0, "nothing would ever go again"


@given(slots=st.integers(1, 100), mails=st.integers(0, 100), texts=st.integers(0, 100))
def test_while_both_have_something_to_send_one_of_them_at_least_is_worth_claiming(
    slots: int, mails: int, texts: int
) -> None:
    """Else both would wait until calls come back, although there is room for half of what one is sure of."""
    under_way = {EMAIL: min(mails, slots), SMS: min(texts, slots - min(mails, slots))}
    now = sharing(slots, under_way, {EMAIL: 0.0, SMS: 0.0})
    half_empty = [one for one in Channel if now.room(one) and now.room(one) * 2 >= now.sure[one]]
    assert all(now.worth_claiming(one) == now.room(one) for one in half_empty)


@given(slots=st.integers(1, 100), busy=st.integers(0, 100), rate=RATES)
def test_a_channel_that_is_alone_has_every_slot_and_waits_until_half_of_them_are_free(
    slots: int, busy: int, rate: float
) -> None:
    now = sharing(slots, {SMS: min(busy, slots)}, {SMS: rate})
    assert now.room(SMS) == now.free
    assert now.worth_claiming(SMS) == (now.free if now.free * 2 >= slots else 0)


def test_what_is_still_under_way_by_the_other_channel_is_not_waited_for() -> None:
    now = sharing(32, {SMS: 20}, {EMAIL: 0.0})
    assert now.worth_claiming(EMAIL) == 12


def test_a_channel_that_may_carry_little_keeps_little_from_the_other() -> None:
    now = sharing(32, {}, {EMAIL: 0.0, SMS: 1.0})
    assert (now.room(EMAIL), now.room(SMS)) == (31, 16)


def test_half_for_each_of_two() -> None:
    now = sharing(32, {SMS: 16}, {EMAIL: 0.0, SMS: 0.0})
    assert (now.room(EMAIL), now.room(SMS)) == (16, 0)
    taken_before = sharing(32, {SMS: 30}, {EMAIL: 0.0, SMS: 0.0})
    assert (taken_before.room(EMAIL), taken_before.room(SMS)) == (2, 0)
