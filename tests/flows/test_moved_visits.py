"""A booking system that gives a visit a new number when it is moved: the patient hears of one visit all along."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import permutations
from random import Random
from typing import Any

from drip.store import enrolments, patients
from drip.store.enrolments import ACTIVE, ENDED, EnrolmentRow
from tests.world import REMINDERS, World, a_booking, an_event

SORRY = """
sequence: sorry
title: When it is off
purpose: service
kind: service
enrol: {on: appointment.cancelled}
anchor: enrolled
steps:
  - {id: again, after: 1d, at: "10:00", email: again}
review: {author: A. Writer, approved_by: B. Reader, review_due: 2037-01-01}
"""


def visit(ref: str, starts_at: str, told_at: str, replaces: str | None = None) -> dict[str, Any]:
    appointment = {"ref": ref, **({"replaces": replaces} if replaces else {})}
    return a_booking(starts_at, told_at=told_at, event_id=f"booked-{ref}", appointment=appointment)


def gone(ref: str, told_at: str) -> dict[str, Any]:
    return an_event("appointment.cancelled", told_at, event_id=f"gone-{ref}", appointment={"ref": ref})


A = visit("a", "2026-06-20 10:00", "2026-06-01 09:00")
B = visit("b", "2026-06-25 10:00", "2026-06-02 09:00", "a")
A_GONE = gone("a", "2026-06-02 09:01")
C = visit("c", "2026-07-02 10:00", "2026-06-03 09:00", "b")
B_GONE = gone("b", "2026-06-03 09:01")
NOW = "2026-06-04 12:00"


def planned(clinic: World) -> list[tuple[str, str]]:
    return sorted((one.step, f"{one.due_at:%m-%d}") for one in clinic.messages() if one.state == "planned")


def in_rehearsal(clinic: World, told: Sequence[dict[str, Any]]) -> list[tuple[str, str]]:
    """What is planned once these came in one by one, each applied before the next."""
    with clinic.store.rehearse() as store:
        world = replace(clinic, app=replace(clinic.app, store=store))
        for event in told:
            world.tell(event, now=NOW)
            world.tick(NOW)
        assert len(world.messages(state="planned")) == len(planned(world))
        return planned(world)


def rows(clinic: World) -> list[EnrolmentRow]:
    with clinic.store.read() as tx:
        people = patients.load(tx, enrolments.in_sequence(tx, "reminders"))
        found = enrolments.of_patients(tx, {patient_id: row.data_key for patient_id, row in people.items()})
    return [row for of_one in found.values() for row in of_one]


def test_a_visit_that_moves_twice_is_planned_for_once_in_whatever_order_it_is_told(clinic: World) -> None:
    clinic.publish(REMINDERS)
    orders = list(permutations([A, B, A_GONE, C, B_GONE]))
    for order in Random(11).sample(orders, 15):
        assert in_rehearsal(clinic, order) == [("prepare", "06-29"), ("tomorrow", "07-01")], [
            e["event_id"] for e in order
        ]


def test_it_stays_the_same_enrolment(clinic: World) -> None:
    clinic.publish(REMINDERS)
    for event in (A, A_GONE, B):
        clinic.tell(event, now=NOW)
        clinic.tick(NOW)
    (row,) = rows(clinic)
    assert (row.state, row.origin) == (ACTIVE, "appointment:a")
    assert planned(clinic) == [("prepare", "06-22"), ("tomorrow", "06-24")]


def test_that_the_old_one_is_off_tells_nobody_so_once_the_new_one_is_known(clinic: World) -> None:
    clinic.publish(SORRY)
    assert in_rehearsal(clinic, [A, B, A_GONE]) == []
    assert in_rehearsal(clinic, [A, A_GONE]) == [("again", "06-05")]


def test_when_the_visit_is_called_off_after_all_everything_is(clinic: World) -> None:
    clinic.publish(REMINDERS)
    for order in ([A, B, gone("b", "2026-06-03 10:00")], [gone("b", "2026-06-03 10:00"), B, A]):
        assert in_rehearsal(clinic, order) == []


def test_two_enrolments_that_turn_out_to_be_of_one_visit_become_one(clinic: World) -> None:
    clinic.publish(REMINDERS)
    for event in (A, C):  # the news in between is late
        clinic.tell(event, now=NOW)
        clinic.tick(NOW)
    assert [row.state for row in rows(clinic)] == [ACTIVE, ACTIVE]

    clinic.tell(B, now=NOW)
    clinic.tick(NOW)

    states = {row.origin: (row.state, row.reason) for row in rows(clinic)}
    assert states == {"appointment:a": (ACTIVE, ""), "appointment:b": (ENDED, "appointment_moved")}
    assert planned(clinic) == [("prepare", "06-29"), ("tomorrow", "07-01")]
    assert {one.reason for one in clinic.messages() if one.state == "cancelled"} >= {"appointment_moved"}

    clinic.tell(an_event("patient.updated", "2026-06-04 10:00"), now=NOW)
    clinic.tick(NOW)
    assert {row.origin: (row.state, row.reason) for row in rows(clinic)} == states
