"""News of a patient becomes enrolments and a plan."""

import itertools
import logging
import random
import threading
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from drip.flows import enrol
from drip.flows.enrol import apply_news
from drip.flows.resolve import resolve
from drip.store import records
from tests.world import ADVICE, REMINDERS, World, a_booking, a_visit, an_event, at

SAFETY_NET = """
sequence: safety-net
title: When to get help
purpose: safety
kind: safety
enrol: {on: enrolment.started, when: enrolment.kind == 'education', again: one_at_a_time}
anchor: enrolled
steps:
  - {id: keep, after: 0m, email: keep}
review: {author: A. Writer, approved_by: B. Reader, review_due: 2037-01-01}
"""

LOADING = """
sequence: loading
title: Twelve weeks
purpose: care
kind: loading
enrol: {on: programme.started, when: programme.code == 'loading'}
anchor: programme
steps:
  - {id: start, after: 0d, at: "10:00", email: start}
review: {author: A. Writer, approved_by: B. Reader, review_due: 2037-01-01}
"""

AFTERWARDS = """
sequence: afterwards
title: When it is over
purpose: care
kind: education
enrol: {on: enrolment.ended, when: enrolment.sequence == 'advice'}
anchor: enrolled
steps:
  - {id: goodbye, after: 1d, at: "10:00", email: goodbye}
review: {author: A. Writer, approved_by: B. Reader, review_due: 2037-01-01}
"""


def test_the_same_event_twice_changes_nothing(clinic: World) -> None:
    clinic.publish(ADVICE)
    clinic.tell(a_visit("2026-06-11 10:00"))
    clinic.tick("2026-06-11 10:31")
    again = clinic.tell(a_visit("2026-06-11 10:00"))
    counts = clinic.tick("2026-06-11 10:32")
    assert (again.accepted, again.duplicates) == (0, 1)
    assert (counts.events, counts.enrolled, counts.planned) == (0, 0, 0)
    assert len(clinic.messages()) == 3


def test_a_moved_visit_takes_its_unsent_messages_along(clinic: World) -> None:
    clinic.publish(REMINDERS)
    clinic.tell(a_booking("2026-06-18 10:00"))
    clinic.tick("2026-06-01 10:00")
    clinic.tell(a_booking("2026-06-25 15:00", told_at="2026-06-02 09:00", kind="rescheduled"))
    clinic.tick("2026-06-02 10:00")
    assert [(one.step, one.due_at) for one in clinic.messages()] == [
        ("prepare", at("2026-06-22 10:00")),
        ("tomorrow", at("2026-06-24 09:00")),
    ]


def test_a_patient_reminded_of_the_old_date_is_reminded_of_the_new_one(clinic: World) -> None:
    clinic.publish(REMINDERS)
    clinic.tell(a_booking("2026-06-18 10:00"))
    clinic.tick("2026-06-01 10:00")
    clinic.tick("2026-06-15 10:00")
    clinic.tell(a_booking("2026-06-25 15:00", told_at="2026-06-16 09:00", kind="rescheduled"))
    clinic.tick("2026-06-16 10:00")
    assert [(one.step, one.state, one.due_at) for one in clinic.messages()] == [
        ("prepare", "accepted", at("2026-06-15 10:00")),
        ("prepare", "planned", at("2026-06-22 10:00")),
        ("tomorrow", "planned", at("2026-06-24 09:00")),
    ]


def test_a_visit_moved_within_its_day_is_not_announced_twice(clinic: World) -> None:
    clinic.publish(REMINDERS)
    clinic.tell(a_booking("2026-06-18 10:00"))
    clinic.tick("2026-06-15 10:00")
    clinic.tell(a_booking("2026-06-18 15:00", told_at="2026-06-16 09:00", kind="rescheduled"))
    clinic.tick("2026-06-16 10:00")
    assert [one.step for one in clinic.messages()] == ["prepare", "tomorrow"]


def test_a_moved_visit_is_announced_again_even_when_everything_had_been_sent(clinic: World) -> None:
    clinic.publish(REMINDERS)
    clinic.tell(a_booking("2026-06-18 10:00"))
    for day in ("2026-06-01 10:00", "2026-06-15 10:00", "2026-06-17 09:00"):
        clinic.tick(day)
    clinic.tell(a_booking("2026-06-25 10:00", told_at="2026-06-17 12:00", kind="rescheduled"))
    clinic.tick("2026-06-17 13:00")
    planned = [(one.step, one.due_at) for one in clinic.messages(state="planned")]
    assert planned == [("prepare", at("2026-06-22 10:00")), ("tomorrow", at("2026-06-24 09:00"))]


def test_a_cancelled_booking_cancels_what_is_still_planned(clinic: World) -> None:
    clinic.publish(REMINDERS)
    clinic.tell(a_booking("2026-06-18 10:00"))
    clinic.tick("2026-06-15 10:00")
    clinic.tell(an_event("appointment.cancelled", "2026-06-16 09:00"))
    counts = clinic.tick("2026-06-16 10:00")
    assert counts.cancelled == 1
    assert clinic.states() == {"prepare": "accepted", "tomorrow": "cancelled appointment_cancelled"}


def test_a_booking_after_its_cancellation_brings_back_what_is_still_ahead(clinic: World) -> None:
    clinic.publish(REMINDERS)
    clinic.tell(a_booking("2026-06-18 10:00"))
    clinic.tick("2026-06-01 10:00")
    clinic.tell(an_event("appointment.cancelled", "2026-06-10 09:00"))
    clinic.tick("2026-06-10 10:00")
    clinic.tell(a_booking("2026-06-18 10:00", told_at="2026-06-16 09:00"))
    clinic.tick("2026-06-16 10:00")
    assert clinic.states() == {"prepare": "skipped late", "tomorrow": "planned"}


def test_a_cancellation_that_arrives_before_its_booking_still_counts(clinic: World) -> None:
    clinic.publish(REMINDERS)
    clinic.tell(an_event("appointment.cancelled", "2026-06-10 09:00"))
    clinic.tick("2026-06-10 10:00")
    clinic.tell(a_booking("2026-06-18 10:00", told_at="2026-06-01 09:00"))
    clinic.tick("2026-06-10 11:00")
    assert clinic.messages(state="planned") == []


@pytest.mark.parametrize("seed", range(6))
def test_a_day_of_moves_ends_in_the_same_plan_in_whatever_order_it_is_told(
    a_clinic: Callable[..., World], seed: int
) -> None:
    told = [
        a_booking("2026-06-18 10:00"),
        a_booking("2026-06-19 10:00", told_at="2026-06-01 10:00", kind="rescheduled"),
        an_event("appointment.cancelled", "2026-06-01 11:00"),
        a_booking("2026-06-22 10:00", told_at="2026-06-01 12:00"),
        a_booking("2026-06-23 16:00", told_at="2026-06-01 13:00", kind="rescheduled"),
        an_event("patient.updated", "2026-06-01 14:00", patient={"phone": "+447700900555"}),
    ]
    random.Random(seed).shuffle(told)
    clinic = a_clinic()
    clinic.publish(REMINDERS)
    for minute, event in enumerate(told):
        clinic.tell(event, now=f"2026-06-01 15:{minute:02d}")
        if seed % 2:
            clinic.tick(f"2026-06-01 15:{minute:02d}")
    clinic.tick("2026-06-01 16:00")
    planned = [(one.step, one.due_at, one.reason) for one in clinic.messages(state="planned")]
    assert planned == [("prepare", at("2026-06-19 10:00"), ""), ("tomorrow", at("2026-06-22 09:00"), "")]
    clinic.tick("2026-06-22 09:00")
    assert clinic.sink.letters[-1].to == "+447700900555"


def test_going_live_with_a_patient_in_mid_course_skips_what_is_past(clinic: World) -> None:
    clinic.publish(ADVICE)
    clinic.tell(a_visit("2026-06-11 10:00"), now="2026-06-15 09:00")
    clinic.tick("2026-06-15 09:00")
    assert clinic.states() == {"hello": "skipped late", "nudge": "skipped late", "later": "planned"}
    assert clinic.sink.letters == []


def test_an_enrolment_can_start_another(clinic: World) -> None:
    clinic.publish(ADVICE, SAFETY_NET)
    clinic.tell(a_visit("2026-06-11 10:00"))
    assert clinic.tick("2026-06-11 10:31").enrolled == 2
    assert clinic.states()["keep"] == "accepted"
    assert clinic.tick("2026-06-11 10:32").enrolled == 0


def test_the_natural_end_of_a_sequence_can_start_another(clinic: World) -> None:
    clinic.publish(ADVICE, AFTERWARDS)
    clinic.tell(a_visit("2026-06-11 10:00"))
    for day in ("2026-06-11 13:00", "2026-06-12 10:00", "2026-06-18 09:30"):
        clinic.tick(day)
    assert clinic.states()["goodbye"] == "planned"
    clinic.tick("2026-06-19 10:00")
    assert clinic.heard()[-1] == ("amina@example.org", "About goodbye")
    assert len([one for one in clinic.messages() if one.step == "goodbye"]) == 1


def test_no_loading_plan_is_chosen_for_an_unknown_subtype_and_staff_are_asked(clinic: World) -> None:
    clinic.publish(LOADING)
    programme = {"code": "loading", "starts_on": "2026-06-15"}
    clinic.tell(an_event("programme.started", "2026-06-12 10:00", programme=programme))
    clinic.tick("2026-06-12 10:00")
    with clinic.store.read() as tx:
        assert [task.kind for task in records.open_tasks(tx)] == ["unknown_subtype"]
    assert clinic.messages() == []
    clinic.tell(an_event("patient.updated", "2026-06-12 12:00", patient={"attributes": {"subtype": "insertional"}}))
    clinic.tick("2026-06-12 12:00")
    assert clinic.states() == {"start": "planned"}


def test_a_death_ends_everything_at_once(clinic: World) -> None:
    clinic.publish(ADVICE)
    clinic.tell(a_visit("2026-06-11 10:00"))
    clinic.tick("2026-06-11 10:31")
    clinic.tell(an_event("patient.deceased", "2026-06-11 12:00"))
    clinic.tick("2026-06-11 13:00")
    assert set(clinic.states().values()) == {"cancelled deceased"}
    assert clinic.sink.letters == []


def test_a_record_that_cannot_be_planned_holds_up_nobody_else(
    clinic: World, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    clinic.publish(ADVICE)
    clinic.tell(a_visit("2026-06-11 10:00"))
    clinic.tell(a_visit("2026-06-11 10:00", event_id="other", patient={"ref": "p-2", "email": "bo@example.org"}))

    def breaking(known: Any, rules: Any, now: Any) -> Any:
        if known.row.ref == "p-1":
            raise ValueError("amina@example.org")
        return resolve(known, rules, now)

    monkeypatch.setattr(enrol, "resolve", breaking)
    with caplog.at_level(logging.ERROR):
        assert clinic.tick("2026-06-11 10:31").enrolled == 1
    assert "amina" not in caplog.text
    assert [one.patient for one in clinic.messages()] == ["p-2"] * 3
    with clinic.store.read() as tx:
        assert [task.kind for task in records.open_tasks(tx)] == ["broken_record"]


def test_an_unreadable_number_is_kept_as_a_task_and_loses_nothing(clinic: World) -> None:
    clinic.publish(ADVICE)
    clinic.tell(a_visit("2026-06-11 10:00", patient={"phone": "12"}))
    clinic.tick("2026-06-12 10:00")
    with clinic.store.read() as tx:
        assert [task.kind for task in records.open_tasks(tx)] == ["contact_problem", "write"]
    assert clinic.states()["nudge"] == "skipped no_address"


def test_two_workers_enrol_a_patient_once(a_postgres_clinic: Callable[..., World]) -> None:
    clinic = a_postgres_clinic()
    clinic.publish(ADVICE)
    events = (a_visit("2026-06-11 10:00", event_id=f"e-{n}", patient={"ref": f"p-{n}"}) for n in range(60))
    clinic.tell(*events)
    enrolled: list[int] = []
    workers = [
        threading.Thread(target=lambda: enrolled.append(apply_news(clinic.app, at("2026-06-11 10:31")).enrolled))
        for _ in range(4)
    ]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert sum(enrolled) == 60
    assert len(clinic.messages()) == 180


def test_a_hundred_copies_of_one_event_at_once_are_one_event(a_postgres_clinic: Callable[..., World]) -> None:
    clinic = a_postgres_clinic()
    accepted: list[int] = []
    tell = [
        threading.Thread(target=lambda: accepted.append(clinic.tell(a_visit("2026-06-11 10:00")).accepted))
        for _ in range(20)
    ]
    for thread in tell:
        thread.start()
    for thread in tell:
        thread.join()
    assert sum(accepted) == 1


def test_every_order_of_three_events_gives_the_same_states(a_clinic: Callable[..., World]) -> None:
    told = [
        a_booking("2026-06-18 10:00"),
        an_event("appointment.cancelled", "2026-06-02 09:00"),
        a_booking("2026-06-22 10:00", told_at="2026-06-03 09:00"),
    ]
    results = set()
    for number, order in enumerate(itertools.permutations(told)):
        clinic = a_clinic()
        if number == 0:
            clinic.publish(REMINDERS)
        who = {"ref": f"p-{number}"}
        clinic.tell(
            *({**event, "event_id": f"{number}-{event['event_id']}", "patient": who} for event in order),
            now="2026-06-04 09:00",
        )
        clinic.tick("2026-06-04 09:00")
        mine = [one for one in clinic.messages() if one.patient == f"p-{number}"]
        results.add(tuple((one.step, one.due_at, one.state) for one in mine))
    assert len(results) == 1


def test_a_plan_that_the_database_refuses_holds_up_nobody_else(clinic: World, monkeypatch: pytest.MonkeyPatch) -> None:
    clinic.publish(ADVICE)
    clinic.tell(a_visit("2026-06-11 10:00"))
    clinic.tell(a_visit("2026-06-11 10:00", event_id="other", patient={"ref": "p-2", "email": "bo@example.org"}))

    def refused(known: Any, rules: Any, now: Any) -> Any:
        resolved = resolve(known, rules, now)
        if known.row.ref == "p-1":
            for plan in resolved.plans:  # the same message twice: no two rows may be the same message
                doubled = replace(plan.changes, new=plan.changes.new * 2)
                resolved.plans = [replace(plan, changes=doubled)]
        return resolved

    monkeypatch.setattr(enrol, "resolve", refused)
    clinic.tick("2026-06-11 10:31")
    assert {one.patient for one in clinic.messages()} == {"p-2"}
    with clinic.store.read() as tx:
        assert [task.kind for task in records.open_tasks(tx)] == ["broken_record"]
