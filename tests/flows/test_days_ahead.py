"""The days ahead are counted by a worker now and then, and by whoever asks where none has lately."""

from collections.abc import Mapping
from datetime import date, timedelta

import pytest

from drip.flows.days_ahead import FRESH, count_days_ahead, look_ahead
from drip.flows.tally import tally
from drip.store import tallies
from tests.world import ADVICE, World, a_visit, at

NOW = at("2026-06-11 10:10")
TOMORROW, NEXT_WEEK = date(2026, 6, 12), date(2026, 6, 18)
LAST = date(2026, 7, 5)


@pytest.fixture
def lived(clinic: World) -> World:
    """Amina came at seven and heard at ten; she hears tomorrow and in a week."""
    clinic.publish(ADVICE)
    clinic.tell(a_visit("2026-06-11 07:00"))
    clinic.tick("2026-06-11 08:00")
    clinic.tick("2026-06-11 10:00")
    return clinic


def ahead(clinic: World, *sites: str, later: timedelta = timedelta()) -> Mapping[date, int]:
    """Days on which something goes."""
    with clinic.store.read() as tx:
        found = look_ahead(clinic.app, tx, NOW + later, LAST, sites)
    return {day: number for day, number in found.numbers.items() if number}


def left_out(clinic: World) -> None:
    """Tomorrow's message does not go."""
    with clinic.store.write() as tx:
        tx.connection.exec_driver_sql("UPDATE messages SET state = 'skipped' WHERE step = 'nudge'")


def test_without_a_worker_they_are_counted_as_they_are(lived: World) -> None:
    assert ahead(lived) == {TOMORROW: 1, NEXT_WEEK: 1}
    left_out(lived)
    assert ahead(lived) == {NEXT_WEEK: 1}


def test_what_a_worker_counted_says_the_same(lived: World) -> None:
    count_days_ahead(lived.app, NOW)
    assert ahead(lived) == ahead(lived, "quay") == {TOMORROW: 1, NEXT_WEEK: 1}
    assert ahead(lived, "dock") == {}


def test_of_some_sites_only_theirs_are_counted(lived: World) -> None:
    assert ahead(lived, "quay") == {TOMORROW: 1, NEXT_WEEK: 1}
    assert ahead(lived, "dock") == {}


def test_what_was_counted_lately_is_not_counted_again_by_a_page(lived: World) -> None:
    count_days_ahead(lived.app, NOW)
    left_out(lived)
    with lived.store.read() as tx:
        found = look_ahead(lived.app, tx, NOW + FRESH, LAST)
    assert (found.numbers, found.counted_at) == ({TOMORROW: 1, NEXT_WEEK: 1}, NOW)


def test_what_was_counted_too_long_ago_is_not_told(lived: World) -> None:
    count_days_ahead(lived.app, NOW)
    left_out(lived)
    assert ahead(lived, later=FRESH + timedelta(seconds=1)) == {NEXT_WEEK: 1}


def test_counting_again_puts_the_new_numbers_in_place_of_the_old(lived: World) -> None:
    count_days_ahead(lived.app, NOW)
    left_out(lived)
    count_days_ahead(lived.app, NOW + timedelta(minutes=5))
    assert ahead(lived, later=timedelta(minutes=5)) == {NEXT_WEEK: 1}


def test_days_that_are_over_by_the_time_of_asking_are_not_told(lived: World) -> None:
    before_midnight = at("2026-06-11 23:59") - NOW
    left_out(lived)
    with lived.store.write() as tx:
        tx.connection.exec_driver_sql("UPDATE messages SET state = 'planned' WHERE step = 'hello'")
    count_days_ahead(lived.app, NOW + before_midnight)
    assert ahead(lived, later=before_midnight) == {date(2026, 6, 11): 1, NEXT_WEEK: 1}
    assert ahead(lived, later=before_midnight + timedelta(minutes=2)) == {NEXT_WEEK: 1}


def test_a_workers_turn_counts_them_and_reports_do_not_take_them_for_what_went(lived: World) -> None:
    tally(lived.app, NOW)
    left_out(lived)
    assert ahead(lived) == {TOMORROW: 1, NEXT_WEEK: 1}
    with lived.store.read() as tx:
        told = tallies.between(tx, "2026-06-01", "2026-07-30"), tallies.by_day(tx, "2026-06-01", "2026-07-30")
    assert tallies.AHEAD not in {one.what for one in told[0]} | {one.what for of in told[1].values() for one in of}
