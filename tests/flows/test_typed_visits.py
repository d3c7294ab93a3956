"""A visit that staff typed by hand before the booking system told of it: the patient hears of one visit all along."""

from typing import Any

import pytest

from drip.bookings.by_hand import read
from drip.bookings.parsed import Parsed
from drip.flows.attendance import Answer, Came, Noted, answer
from drip.flows.by_hand import Entry, take_in_by_hand
from drip.store import enrolments, patients
from drip.store.enrolments import EnrolmentRow
from tests.flows.test_attendance import questions
from tests.flows.test_by_hand import AMINA, placed, told
from tests.flows.test_changes import changing
from tests.world import ADVICE, REMINDERS, World, a_booking, a_visit, an_event, at

FOLLOWER = """
sequence: follower
title: What goes with it
purpose: care
kind: education
enrol: {on: enrolment.started, when: enrolment.sequence == 'reminders'}
anchor: appointment
steps:
  - {id: beside, before: 2d, at: "10:00", email: beside}
review: {author: A. Writer, approved_by: B. Reader, review_due: 2037-01-01}
"""

THEIRS: dict[str, Any] = {"patient": {"ref": "1001"}, "appointment": {"ref": "a-2"}}
"""The booking system's own numbers for Amina and the visit that staff typed as well."""


@pytest.fixture
def known(clinic: World) -> World:
    """Amina is a patient of the booking system's, with a visit long ago."""
    clinic.publish(ADVICE, REMINDERS)
    clinic.tell(an_event("patient.updated", "2026-06-01 09:00", patient={"ref": "1001"}))
    clinic.tick("2026-06-01 09:01")
    return clinic


def typed(world: World, now: str = "2026-06-11 10:00", **unusual: str) -> None:
    """Staff type it, and it is applied."""
    parsed = read(AMINA | unusual, world.app.clinic, f"typed-{now}", at(now))
    assert isinstance(parsed, Parsed)
    (entry,) = placed(world, parsed)
    assert isinstance(entry, Entry)
    take_in_by_hand(world.app, [entry], at(now), who="sam")
    world.tick(now)


def tells(world: World, starts_at: str, told_at: str, kind: str = "booked", **unusual: Any) -> None:
    """The booking system tells of its a-2, and it is applied."""
    world.tell(a_booking(starts_at, told_at=told_at, kind=kind, event_id=f"{kind}-{told_at}", **{**THEIRS, **unusual}))
    world.tick(told_at)


def came(world: World, starts_at: str, told_at: str) -> None:
    world.tell(a_visit(starts_at, told_at=at(told_at).isoformat(), event_id="came", **THEIRS))
    world.tick(told_at)


def days(world: World, *days: str) -> list[str]:
    """What is heard on these days of June, at five past each of the hours at which anything may go."""
    before = len(world.sink.letters)
    for day in days:
        for hour in ("09", "10", "12", "15"):
            world.tick(f"2026-06-{day} {hour}:05")
    return [(one.words.subject or one.words.text).rpartition(" ")[2] for one in world.sink.letters[before:]]


def planned(world: World) -> list[tuple[str, str]]:
    return sorted((one.step, f"{one.due_at:%m-%d}") for one in world.messages(state="planned"))


def enrolled(world: World) -> list[EnrolmentRow]:
    with world.store.read() as tx:
        (row,) = patients.find(tx, "1001")
        return enrolments.of_patients(tx, {row.id: row.data_key})[row.id]


@pytest.mark.parametrize("told_at", ["2026-06-11 12:00", "2026-06-08 12:00"], ids=["afterwards", "before, but late"])
def test_the_patient_is_reminded_once_of_a_visit_that_was_typed_and_then_told(known: World, told_at: str) -> None:
    typed(known)
    known.tell(a_booking("2026-06-19 10:00", told_at=told_at, **THEIRS), now="2026-06-11 12:00")
    known.tick("2026-06-11 12:00")
    assert len(enrolled(known)) == 1
    assert days(known, "16", "17", "18", "19") == ["prepare", "tomorrow"]


def test_what_went_before_the_booking_system_told_of_the_visit_does_not_go_again(known: World) -> None:
    typed(known)
    assert days(known, "16") == ["prepare"]
    tells(known, "2026-06-19 10:00", "2026-06-16 16:00")
    assert days(known, "17", "18", "19") == ["tomorrow"]


def test_its_cancellation_by_the_booking_system_cancels_what_was_typed(known: World) -> None:
    typed(known)
    tells(known, "2026-06-19 10:00", "2026-06-11 12:00")
    tells(known, "2026-06-19 10:00", "2026-06-12 12:00", kind="cancelled")
    assert planned(known) == []
    assert {(one.state, one.reason) for one in enrolled(known)} == {("ended", "appointment_cancelled")}


def test_when_the_booking_system_moves_it_everything_moves_with_it(known: World) -> None:
    known.publish(FOLLOWER)
    typed(known)
    tells(known, "2026-06-19 10:00", "2026-06-11 12:00")
    tells(known, "2026-06-26 10:00", "2026-06-12 12:00", kind="rescheduled")
    assert planned(known) == [("beside", "06-24"), ("prepare", "06-23"), ("tomorrow", "06-25")]
    assert len(enrolled(known)) == 2


def test_attended_by_hand_and_by_the_booking_system_it_starts_once(known: World) -> None:
    typed(known, "2026-06-11 10:00", kind="appointment attended", on="2026-06-11", at="09:00")
    came(known, "2026-06-11 09:00", "2026-06-11 10:30")
    assert days(known, "11", "12") == ["hello", "nudge"]
    assert [one.sequence for one in enrolled(known)] == ["advice"]


def test_that_the_patient_came_is_told_of_the_typed_visit_too(known: World) -> None:
    typed(known)
    tells(known, "2026-06-19 10:00", "2026-06-11 12:00")
    came(known, "2026-06-19 10:00", "2026-06-19 11:00")
    assert {one.sequence: one.state for one in enrolled(known)} == {"reminders": "ended", "advice": "active"}


def test_a_visit_at_another_time_is_another_visit(known: World) -> None:
    typed(known)
    tells(known, "2026-06-19 14:00", "2026-06-11 12:00")
    tells(known, "2026-06-19 14:00", "2026-06-12 12:00", kind="cancelled")
    assert planned(known) == [("prepare", "06-16"), ("tomorrow", "06-18")]


def test_a_visit_that_moves_to_the_time_that_was_typed_is_that_one_from_then_on(known: World) -> None:
    tells(known, "2026-06-23 10:00", "2026-06-02 09:00")
    typed(known)
    assert len(planned(known)) == 4
    tells(known, "2026-06-19 10:00", "2026-06-11 12:00", kind="rescheduled")
    assert planned(known) == [("prepare", "06-16"), ("tomorrow", "06-18")]
    tells(known, "2026-06-19 10:00", "2026-06-12 12:00", kind="cancelled")
    assert planned(known) == []


def test_the_patient_hears_of_a_move_that_staff_typed_before_the_booking_system_told_it(clinic: World) -> None:
    changing(clinic)
    (entry,) = placed(clinic, told(clinic, ref="p-1"))
    assert isinstance(entry, Entry)
    take_in_by_hand(clinic.app, [entry], at("2026-06-11 10:00"), who="sam")
    clinic.tick("2026-06-11 10:00")
    clinic.tell(a_booking("2026-06-19 10:00", told_at="2026-06-11 12:00", kind="rescheduled", event_id="moved"))
    clinic.tick("2026-06-11 12:00")
    clinic.tick("2026-06-11 13:05")
    assert [letter.words.text.partition(".")[0] for letter in clinic.sink.letters] == [
        "Harbour Clinic: your visit is now on Friday 19 June 2026 at 10:00"
    ]


def test_typed_again_once_the_booking_system_has_moved_it_away_it_is_another_visit(known: World) -> None:
    typed(known)
    tells(known, "2026-06-19 10:00", "2026-06-11 12:00")
    tells(known, "2026-06-26 10:00", "2026-06-12 12:00", kind="rescheduled")
    typed(known, "2026-06-13 10:00")
    assert planned(known) == [("prepare", "06-16"), ("prepare", "06-23"), ("tomorrow", "06-18"), ("tomorrow", "06-25")]


def test_staff_are_asked_once_by_the_booking_systems_number(known: World) -> None:
    typed(known)
    tells(known, "2026-06-19 10:00", "2026-06-11 12:00")
    known.tick("2026-06-20 10:05")
    assert questions(known) == ["Did the patient come to visit a-2 on Fri 19 Jun 2026 10:00?"]
    (row,) = enrolled(known)
    told_by = Answer(ref="a-2", came=Came.ATTENDED)
    assert answer(known.app, row.patient_id, told_by, at("2026-06-20 10:10")) is Noted.NOTED
    known.tick("2026-06-20 10:10")
    assert questions(known) == []
    assert {one.sequence for one in enrolled(known)} == {"reminders", "advice"}


@pytest.fixture
def new(clinic: World) -> World:
    """Nobody knew Amina when staff typed her visit; then her booking system tells of it as of its own patient."""
    clinic.publish(ADVICE, REMINDERS)
    typed(clinic)
    tells(clinic, "2026-06-19 10:00", "2026-06-11 12:00")
    assert planned(clinic) == [("prepare", "06-16"), ("tomorrow", "06-18")]
    return clinic


def test_a_cancellation_reaches_the_visit_that_was_typed_on_another_record(new: World) -> None:
    tells(new, "2026-06-19 10:00", "2026-06-12 12:00", kind="cancelled")
    assert planned(new) == []
    assert days(new, "16", "17", "18", "19") == []


def test_a_move_reaches_the_visit_that_was_typed_on_another_record_and_nothing_goes_twice(new: World) -> None:
    tells(new, "2026-06-26 10:00", "2026-06-12 12:00", kind="rescheduled")
    assert planned(new) == [("prepare", "06-23"), ("tomorrow", "06-25")]
    assert days(new, "16", "18", "23", "25") == ["prepare", "tomorrow"]


def test_booked_again_after_its_cancellation_it_is_planned_for_once(new: World) -> None:
    tells(new, "2026-06-19 10:00", "2026-06-12 12:00", kind="cancelled")
    tells(new, "2026-06-19 10:00", "2026-06-13 12:00")
    assert planned(new) == [("prepare", "06-16"), ("tomorrow", "06-18")]


def test_that_the_patient_came_ends_what_was_typed_on_another_record_and_starts_the_rest_once(new: World) -> None:
    came(new, "2026-06-19 10:00", "2026-06-19 11:00")
    assert planned(new) == [("hello", "06-19"), ("later", "06-26"), ("nudge", "06-22")]
    assert {one.state for one in every_enrolment(new) if one.sequence == "reminders"} == {"ended"}


def test_a_visit_at_another_time_leaves_what_was_typed_on_another_record_alone(new: World) -> None:
    other: dict[str, Any] = {"appointment": {"ref": "a-3"}}
    tells(new, "2026-06-24 10:00", "2026-06-12 12:00", **other)
    tells(new, "2026-06-24 10:00", "2026-06-13 12:00", kind="cancelled", **other)
    assert planned(new) == [("prepare", "06-16"), ("tomorrow", "06-18")]


def every_enrolment(world: World) -> list[EnrolmentRow]:
    with world.store.read() as tx:
        keys = {row.id: row.data_key for row in patients.find(tx, "1001")}
        return [one for of_one in enrolments.of_patients(tx, keys).values() for one in of_one]
