"""Reports are counted from the messages: by day, step, site and provider, and again when something changes."""

from collections.abc import Callable
from datetime import date, timedelta

import pytest

from drip.core.funnel import Funnel, by_step, funnel
from drip.core.lifecycle import State
from drip.flows.tally import in_turn, tally
from drip.store import tallies
from tests.world import ADVICE, CLINIC, World, a_visit, at

NOON = "2026-06-12 12:00"
HELLO, NUDGE = ("advice", "hello", "email"), ("advice", "nudge", "sms")


@pytest.fixture
def lived(clinic: World) -> World:
    """Amina heard yesterday by email and today by text."""
    clinic.publish(ADVICE)
    clinic.tell(a_visit("2026-06-11 09:00"))
    for time in ("2026-06-11 10:00", "2026-06-11 12:30", "2026-06-12 11:00"):
        clinic.tick(time)
    return clinic


def counted(clinic: World, *sites: str, now: str = NOON) -> dict[tuple[str, str, str], Funnel]:
    """Every step of these weeks, counted now."""
    tally(clinic.app, at(now))
    with clinic.store.read() as tx:
        return by_step(tallies.between(tx, "2026-06-01", "2026-06-30", sites))


def test_each_step_is_counted_with_its_parts(lived: World) -> None:
    assert counted(lived) == {HELLO: Funnel(unconfirmed=1), NUDGE: Funnel(unconfirmed=1, parts=1)}


def test_counting_again_adds_nothing(lived: World) -> None:
    counted(lived)
    assert counted(lived)[HELLO].due == 1


def test_a_receipt_that_comes_later_is_in_the_next_count(lived: World) -> None:
    counted(lived)
    (letter, _) = lived.sink.letters
    lived.receipt(State.DELIVERED, NOON, attempt_id=letter.attempt_id)
    lived.tick("2026-06-12 12:01")
    assert counted(lived)[HELLO] == Funnel(delivered=1)


def test_each_site_has_numbers_of_its_own(lived: World) -> None:
    assert set(counted(lived, "quay")) == {HELLO, NUDGE}
    assert counted(lived, "dock") == {}


def test_what_is_still_ahead_is_not_counted(lived: World) -> None:
    assert ("advice", "later", "email") not in counted(lived)


def test_a_stop_stands_with_the_last_message_that_went_to_the_address_before(lived: World) -> None:
    lived.reply("STOP", NOON)
    lived.tick("2026-06-12 12:01")
    told = counted(lived)
    assert (told[NUDGE].opted_out, told[HELLO].opted_out) == (1, 0)


def test_who_wants_to_hear_again_has_not_opted_out(lived: World) -> None:
    lived.reply("STOP", NOON)
    lived.tick("2026-06-12 12:01")
    assert counted(lived)[NUDGE].opted_out == 1
    lived.reply("START", "2026-06-12 12:05")
    lived.tick("2026-06-12 12:06")
    assert counted(lived)[NUDGE].opted_out == 0


def test_patients_are_counted_by_how_often_they_heard_within_a_week(lived: World) -> None:
    counted(lived)
    with lived.store.read() as tx:
        assert tallies.heard(tx, "2026-06-12") == {2: 1}
        assert tallies.heard(tx, "2026-06-11") == {1: 1}
        assert tallies.heard(tx, "2026-06-12", ["dock"]) == {}


def test_days_stand_on_the_clinics_clock(lived: World) -> None:
    counted(lived)
    with lived.store.read() as tx:
        days = tallies.by_day(tx, "2026-06-01", "2026-06-30")
    assert {day: funnel(counts).due for day, counts in days.items()} == {"2026-06-11": 1, "2026-06-12": 1}


def test_older_days_are_counted_in_turn_once_a_day(lived: World) -> None:
    assert counted(lived, now="2026-06-20 12:00")[HELLO].due == 1
    with lived.store.write() as tx:
        tx.connection.exec_driver_sql("DELETE FROM tallies")
    assert counted(lived, now="2026-06-20 12:05") == {}
    assert counted(lived, now="2026-06-21 12:00")[HELLO].due == 1


def test_the_turn_goes_back_to_the_first_day_and_begins_anew_on_the_next() -> None:
    today = date(2026, 6, 30)
    began = today - timedelta(days=20)
    first, reached = in_turn("", today, began)
    assert (first[0], first[-1]) == (today - timedelta(days=4), today - timedelta(days=13))
    second, reached = in_turn(reached, today, began)
    assert (second[0], second[-1]) == (today - timedelta(days=14), began)
    assert in_turn(reached, today, began) == ([], reached)
    tomorrow = today + timedelta(days=1)
    assert in_turn(reached, tomorrow, began)[0][0] == tomorrow - timedelta(days=4)


def test_who_heard_from_two_sites_is_one_patient_who_heard_so_often(a_clinic: Callable[..., World]) -> None:
    clinic = a_clinic(clinic=f"{CLINIC}  - {{id: hill, name: Hill Street, address: [1 Hill Street]}}\n")
    clinic.publish(ADVICE)
    clinic.tell(a_visit("2026-06-03 09:00"), a_visit("2026-06-03 09:30", site="hill", appointment={"ref": "a-2"}))
    for time in ("03 10:01", "03 12:01", "03 12:31", "04 10:01"):
        clinic.tick(f"2026-06-{time}")
    with clinic.store.write() as tx:
        tallies.count_heard(tx, "2026-06-07", at("2026-06-08 00:00"))
    with clinic.store.read() as tx:
        heard = [tallies.heard(tx, "2026-06-07", sites) for sites in ((), ("quay",), ("hill",))]
    assert [sum(of.values()) for of in heard] == [1, 1, 1]
    (often,), (at_quay,), (at_hill,) = heard
    assert often == at_quay + at_hill == len(clinic.sink.letters) > 1
