"""Which of a booking system's numbers are one visit."""

from itertools import permutations
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drip.core.chain import chains_of, moved_visits
from drip.core.event import Event, replay
from drip.core.model import EventKind
from tests.core.build import a_booking, an_event, news_of


@pytest.mark.parametrize(
    ("replaces", "names"),
    [
        pytest.param({}, {"a": "a"}, id="nothing moved"),
        pytest.param({"b": "a"}, {"a": "a", "b": "a", "z": "z"}, id="moved once"),
        pytest.param({"d": "c", "c": "b", "b": "a"}, {"d": "a", "c": "a", "b": "a", "a": "a"}, id="moved three times"),
        pytest.param({"c": "b"}, {"c": "b", "b": "b"}, id="how it began is not known"),
        pytest.param({"b": "a", "y": "x"}, {"b": "a", "y": "x"}, id="two visits"),
        pytest.param({"a": "a"}, {"a": "a"}, id="in place of itself"),
        pytest.param({"a": "b", "b": "a"}, {"a": "a", "b": "b"}, id="in a circle"),
        pytest.param({"d": "a", "a": "b", "b": "a"}, {"d": "a", "a": "a", "b": "b"}, id="into a circle"),
    ],
)
def test_a_visit_goes_by_its_first_number(replaces: dict[str, str], names: dict[str, str]) -> None:
    for links in permutations(replaces.items()):
        chains = chains_of(dict(links))
        assert {ref: chains.name_of(ref) for ref in names} == names


def test_what_was_replaced_is_known_and_a_circle_replaces_nothing() -> None:
    assert chains_of({"c": "b", "b": "a"}).replaced == {"a", "b"}
    assert chains_of({"a": "a", "c": "b", "b": "c"}).replaced == frozenset()
    assert chains_of({"d": "a", "a": "b", "b": "a"}).replaced == {"a"}


def test_a_very_long_chain_is_followed_to_its_beginning() -> None:
    links = [(str(number), str(number - 1)) for number in range(1, 20_001)]
    Random(3).shuffle(links)
    chains = chains_of(dict(links))
    assert {chains.name_of(str(number)) for number in range(20_001)} == {"0"}


@given(st.dictionaries(st.sampled_from("abcdefgh"), st.sampled_from("abcdefgh")))
def test_no_links_keep_it_for_ever_and_order_does_not_matter(replaces: dict[str, str]) -> None:
    chains, again = chains_of(replaces), chains_of(dict(reversed(replaces.items())))
    assert chains == again
    assert all(chains.name_of(chains.name_of(ref)) == chains.name_of(ref) for ref in "abcdefgh")


A = a_booking("a", starts_at="2026-06-11T10:00:00+01:00", received=1)
GONE = news_of(EventKind.CANCELLED, "a", day=1.5, received=2)
B = an_event(
    EventKind.BOOKED,
    day=1,
    key="b",
    received=3,
    appointment={"ref": "b", "replaces": "a", "starts_at": "2026-06-18T10:00:00+01:00"},
)


def test_a_moved_visit_is_one_visit_in_whatever_order_it_is_told() -> None:
    for told in permutations([A, GONE, B]):
        last = replay(told)[-1]
        assert list(last.appointments) == ["a"]
        assert last.event.origin == "appointment:a"
        assert last.appointment["starts_at"] == "2026-06-18T10:00:00+01:00"
        assert last.appointment["status"] == "booked"
        assert last.appointment["booked_at"] == A.occurred_at.isoformat()


def test_a_cancellation_of_the_visit_as_it_is_now_counts() -> None:
    gone = news_of(EventKind.CANCELLED, "b", day=2)
    for told in permutations([A, GONE, B, gone]):
        moments = replay(told)
        assert moments[-1].appointment["status"] == "cancelled"
        assert [moment.event.kind for moment in moments].count(EventKind.CANCELLED) == 1


def test_a_visit_that_was_never_replaced_is_cancelled_as_ever() -> None:
    other = news_of(EventKind.CANCELLED, "other", day=2)
    assert replay([A, B, other])[-1].appointment["status"] == "cancelled"
    assert replay([A, GONE])[-1].appointment["status"] == "cancelled"


def test_events_without_a_visit_stay_as_they_are() -> None:
    update = an_event(EventKind.PATIENT_UPDATED, day=3, patient={"language": "cy"})
    assert replay([A, B, update])[-1].event == update


def test_of_two_words_on_what_was_replaced_the_later_one_holds() -> None:
    def b(day: float, replaces: object) -> Event:
        return an_event(EventKind.BOOKED, day=day, key=f"b{day}", appointment={"ref": "b", "replaces": replaces})  # type: ignore[dict-item]

    for told in permutations([b(1, "a"), b(2, "x")]):
        assert moved_visits(told).name_of("b") == "x"
    assert moved_visits([b(1, 7)]).name_of("b") == "b"
