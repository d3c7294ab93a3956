"""A visit that was booked moves: the patient hears what changed, once, unless the booking system says so itself."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from drip.core.handover import Unknown
from drip.core.reason import Reason
from tests.world import CLINIC, REMINDERS, World, a_booking, an_event
from tests.world import a_clinic as the_clinic_of

HOME = Path(__file__).parent.parent.parent
CHANGED = (HOME / "sequences" / "visit-changed.yaml").read_text()
TEMPLATES = {
    f"visit-changed/{path.name}": path.read_text() for path in (HOME / "templates" / "visit-changed").iterdir()
} | {f"shared/{path.name}": path.read_text() for path in (HOME / "templates" / "shared").iterdir()}

TWO_SITES = CLINIC + '  - {id: hill, name: Hill Road, address: [9 Hill Road], phone: "+441234380345"}\n'
REMINDS_ITSELF = CLINIC.replace("{id: quay,", "{id: quay, reminds_itself: true,")
MARKED = REMINDERS.replace("sms: tomorrow}", "sms: tomorrow, reminder: true}")


@pytest.fixture
def told(a_clinic: Callable[..., World]) -> World:
    """A clinic of two sites that tells patients what changed; Amina's visit is on Thursday 18 June at ten."""
    return changing(a_clinic(clinic=TWO_SITES))


def changing(world: World) -> World:
    world.sources.update(TEMPLATES)
    world.publish(CHANGED)
    world.tell(a_booking("2026-06-18 10:00", appointment={"practitioner": "Sam"}))
    world.tick("2026-06-01 10:00")
    return world


def moved(starts_at: str, told_at: str, **told: Any) -> dict[str, Any]:
    return a_booking(starts_at, told_at=told_at, kind="rescheduled", **told)


def texts(world: World) -> list[str]:
    return [letter.words.text for letter in world.sink.letters]


def test_a_new_time_is_told_with_the_old_one(told: World) -> None:
    told.tell(moved("2026-06-25 15:00", "2026-06-02 09:00"))
    told.tick("2026-06-02 09:05")
    assert texts(told) == [], "not at once: a receptionist may not be done yet"
    told.tick("2026-06-02 10:05")
    (text,) = texts(told)
    assert text == (
        "Harbour Clinic: your visit is now on Thursday 25 June 2026 at 15:00. "
        "It was on Thursday 18 June 2026 at 10:00. Questions? 01234 380345"
    )
    told.tick("2026-06-03 10:05")
    assert len(texts(told)) == 1


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"site": "hill"}, "your visit is at another place now: Hill Road, Thursday 18 June 2026 at 10:00."),
        ({"appointment": {"practitioner": "Kim"}}, "someone else will see you on Thursday 18 June 2026 at 10:00."),
    ],
)
@pytest.mark.parametrize("kind", ["rescheduled", "booked"])
def test_a_new_place_or_person_is_told_even_where_the_system_only_says_booked(
    told: World, change: dict[str, Any], says: str, kind: str
) -> None:
    told.tell(a_booking("2026-06-18 10:00", told_at="2026-06-02 09:00", kind=kind, **change))
    told.tick("2026-06-02 09:05")
    told.tick("2026-06-02 10:05")
    (text,) = texts(told)
    assert says in text


def test_a_booking_told_again_as_it_was_says_nothing(told: World) -> None:
    for day in ("02", "03"):
        told.tell(a_booking("2026-06-18 10:00", told_at=f"2026-06-{day} 09:00"))
        told.tell(moved("2026-06-18 10:00", f"2026-06-{day} 11:00"))
        told.tick(f"2026-06-{day} 12:00")
    told.tick("2026-06-04 12:00")
    assert told.messages() == []


def test_a_patient_who_reads_emails_finds_all_that_changed(told: World) -> None:
    no_texts = {"consent": {"service": {"sms": False}}}
    told.tell(an_event("patient.updated", "2026-06-01 12:00", patient=no_texts))
    told.tell(moved("2026-06-25 15:00", "2026-06-02 09:00", site="hill", appointment={"practitioner": "Kim"}))
    for now in ("2026-06-02 09:05", "2026-06-02 10:05"):
        told.tick(now)
    (letter,) = told.sink.letters
    assert letter.to == "amina@example.org"
    assert letter.words.subject == "Your visit has changed"
    for words in (
        "Thursday 25 June 2026 at 15:00",
        "It was on Thursday 18 June 2026 at 10:00",
        "It is now Hill Road, 9 Hill Road. It was Quay Street.",
        "Someone else will see you",
    ):
        assert words in " ".join(letter.words.text.split())


@pytest.mark.parametrize("language", ["cy", "pl"])
def test_it_is_told_in_the_patients_language(told: World, language: str) -> None:
    told.tell(an_event("patient.updated", "2026-06-01 12:00", patient={"language": language}))
    told.tell(moved("2026-06-25 15:00", "2026-06-02 09:00"))
    for now in ("2026-06-02 09:05", "2026-06-02 10:05"):
        told.tick(now)
    (text,) = texts(told)
    assert {"cy": "dydd Iau 25 Mehefin 2026 am 15:00", "pl": "czwartek 25 czerwca 2026, 15:00"}[language] in text
    assert {"cy": "Roedd ar dydd Iau 18 Mehefin", "pl": "Był: czwartek 18 czerwca"}[language] in text


def test_moved_and_moved_back_before_it_was_told_says_nothing(told: World) -> None:
    told.tell(moved("2026-06-25 15:00", "2026-06-02 09:00"))
    told.tick("2026-06-02 09:05")
    told.tell(moved("2026-06-18 10:00", "2026-06-02 09:30"))
    told.tick("2026-06-02 09:35")
    told.tick("2026-06-03 12:00")
    assert texts(told) == []
    assert [(one.state, one.reason) for one in told.messages()] == [("cancelled", "ended")]


def test_moved_back_after_it_was_told_is_told_too(told: World) -> None:
    told.tell(moved("2026-06-25 15:00", "2026-06-02 09:00"))
    for now in ("2026-06-02 09:05", "2026-06-02 10:05"):
        told.tick(now)
    told.tell(moved("2026-06-18 10:00", "2026-06-03 09:00"))
    for now in ("2026-06-03 09:05", "2026-06-03 10:05"):
        told.tick(now)
    assert "now on Thursday 18 June 2026 at 10:00. It was on Thursday 25 June" in texts(told)[1]
    assert len(texts(told)) == 2


def test_two_moves_within_the_hour_are_told_as_one_from_where_the_patient_knows_it(told: World) -> None:
    told.tell(moved("2026-06-25 15:00", "2026-06-02 09:00"))
    told.tick("2026-06-02 09:05")
    told.tell(moved("2026-06-26 11:00", "2026-06-02 09:40"))
    told.tick("2026-06-02 09:45")
    told.tick("2026-06-02 10:05")
    assert texts(told) == [], "the first move is no longer news"
    told.tick("2026-06-02 10:45")
    (text,) = texts(told)
    assert "now on Friday 26 June 2026 at 11:00. It was on Thursday 18 June 2026 at 10:00." in text


def test_what_may_have_gone_counts_as_told(told: World) -> None:
    """Nobody knows whether it went: the next message speaks of the time that it named."""
    told.sink.answer = lambda _: Unknown("reset")
    told.tell(moved("2026-06-25 15:00", "2026-06-02 09:00"))
    for now in ("2026-06-02 09:05", "2026-06-02 10:05"):
        told.tick(now)
    told.sink.answer = None
    told.tell(moved("2026-06-26 11:00", "2026-06-03 09:00"))
    for now in ("2026-06-03 09:05", "2026-06-03 10:05"):
        told.tick(now)
    assert "now on Friday 26 June 2026 at 11:00. It was on Thursday 25 June 2026 at 15:00." in texts(told)[1]


def test_a_cancelled_visit_is_not_said_to_have_moved(told: World) -> None:
    told.tell(moved("2026-06-25 15:00", "2026-06-02 09:00"))
    told.tick("2026-06-02 09:05")
    told.tell(an_event("appointment.cancelled", "2026-06-02 09:30"))
    told.tick("2026-06-02 10:30")
    told.tell(a_booking("2026-06-29 10:00", told_at="2026-06-03 09:00"))
    told.tick("2026-06-03 12:00")
    assert texts(told) == []


def test_a_visit_that_is_over_is_not_said_to_have_moved(told: World) -> None:
    told.tell(moved("2026-06-02 08:00", "2026-06-02 09:00"))
    told.tick("2026-06-02 09:05")
    assert told.messages() == []


def test_what_can_only_go_once_the_visit_has_begun_is_left_out(told: World) -> None:
    told.tell(moved("2026-06-02 09:40", "2026-06-02 09:00"))
    told.tick("2026-06-02 09:05")
    assert told.states() == {"what-changed": "skipped expired"}


def test_what_waits_goes_no_more_once_the_visit_has_begun(told: World) -> None:
    told.tell(moved("2026-06-03 07:30", "2026-06-02 20:30"))
    told.tick("2026-06-02 20:35")
    told.tick("2026-06-03 08:00")
    assert told.states() == {"what-changed": "skipped expired"}


def test_a_message_about_todays_visit_that_moved_away_is_not_held_back_by_a_cap(told: World) -> None:
    """Who would still come today must hear of it today, however many texts there were."""
    told.publish(
        """
sequence: daily
title: Daily
purpose: care
kind: education
enrol: {on: patient.updated}
anchor: enrolled
steps:
  - {id: one, after: 0m, sms: one}
review: {author: A. Writer, approved_by: B. Reader, review_due: 2037-01-01}
"""
    )
    told.tell(an_event("patient.updated", "2026-06-18 07:55"))
    told.tick("2026-06-18 08:00")
    told.tell(moved("2026-06-25 15:00", "2026-06-18 08:00"))
    told.tick("2026-06-18 08:05")
    told.tick("2026-06-18 09:05")
    assert len(texts(told)) == 2


@pytest.mark.parametrize("first", [0, 1, 2])
def test_in_whatever_order_the_moves_come_in_the_last_one_is_told_from_the_first(told: World, first: int) -> None:
    moves = [moved(f"2026-06-2{n} 15:00", f"2026-06-02 09:0{n}") for n in range(3)]
    for event in moves[first:] + moves[:first]:
        told.tell(event, now="2026-06-02 09:10")
        told.tick("2026-06-02 09:10")
    told.tick("2026-06-02 10:30")
    (text,) = texts(told)
    assert "now on Monday 22 June 2026 at 15:00. It was on Thursday 18 June 2026 at 10:00." in text


def test_a_booking_that_comes_in_after_its_move_makes_the_move_known(a_clinic: Callable[..., World]) -> None:
    world = a_clinic()
    world.sources.update(TEMPLATES)
    world.publish(CHANGED)
    world.tell(moved("2026-06-25 15:00", "2026-06-02 09:00"))
    world.tick("2026-06-02 09:05")
    assert world.messages() == []
    world.tell(a_booking("2026-06-18 10:00", told_at="2026-03-01 09:00"), now="2026-06-02 09:10")
    world.tick("2026-06-02 09:10")
    world.tick("2026-06-02 10:10")
    assert "It was on Thursday 18 June 2026" in texts(world)[0]


# Where the booking system tells it itself


def of_site(world: World, clinic: str) -> World:
    """The same clinic after clinic.yaml was changed."""
    return replace(world, app=replace(world.app, clinic=the_clinic_of(clinic)))


def test_a_site_that_reminds_patients_itself_gets_no_reminders_and_no_moves_from_us(
    a_clinic: Callable[..., World],
) -> None:
    world = a_clinic(clinic=REMINDS_ITSELF)
    world.sources.update(TEMPLATES)
    world.publish(CHANGED, MARKED)
    world.tell(a_booking("2026-06-18 10:00"))
    world.tick("2026-06-01 10:00")
    world.tell(moved("2026-06-25 15:00", "2026-06-02 09:00"))
    world.tick("2026-06-02 09:05")
    assert world.states() == {
        "prepare": "planned",
        "tomorrow": "skipped reminded_elsewhere",
        "what-changed": "skipped reminded_elsewhere",
    }
    assert Reason.REMINDED_ELSEWHERE.sentence
    world.tick("2026-06-24 09:00")
    assert [letter.to for letter in world.sink.letters] == ["amina@example.org"], "what is not marked goes all the same"


def test_when_the_site_no_longer_reminds_itself_what_has_not_gone_comes_back(a_clinic: Callable[..., World]) -> None:
    world = a_clinic(clinic=REMINDS_ITSELF)
    only = MARKED.replace('  - {id: prepare, before: 3d, at: "10:00", email: prepare}\n', "")
    world.publish(only)
    world.tell(a_booking("2026-06-18 10:00"))
    world.tick("2026-06-01 10:00")
    world.tick("2026-06-01 12:00")
    assert world.states() == {"tomorrow": "skipped reminded_elsewhere"}
    without = of_site(world, CLINIC)
    without.tick("2026-06-02 10:00")
    assert without.states() == {"tomorrow": "planned"}
    again = of_site(world, REMINDS_ITSELF)
    again.tick("2026-06-03 10:00")
    assert again.states() == {"tomorrow": "skipped reminded_elsewhere"}
    without.tick("2026-06-04 10:00")
    without.tick("2026-06-17 09:00")
    assert len(texts(world)) == 1


def test_a_reminder_that_is_late_by_then_stays_out(a_clinic: Callable[..., World]) -> None:
    world = a_clinic(clinic=REMINDS_ITSELF)
    world.publish(MARKED)
    world.tell(a_booking("2026-06-18 10:00"))
    world.tick("2026-06-01 10:00")
    without = of_site(world, CLINIC)
    without.tick("2026-06-17 12:00")
    assert without.states()["tomorrow"] == "skipped late"
