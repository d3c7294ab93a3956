"""Staff change the date that messages count from: first what it would move, then the move itself."""

from datetime import date, time

import pytest

from drip.core.by_staff import Obstacle, Refused
from drip.core.effect import Fate
from drip.flows.deeds.counted import Wish
from drip.flows.deeds.redate import Redated, preview, redate
from tests.flows.deeds.build import SAM, amina, broken, deeds, enrolment, the
from tests.world import ADVICE, REMINDERS, World, a_booking, a_visit, an_event, at

NOW = at("2026-06-02 10:00")

MOVED = """
sequence: moved
title: Your visit has moved
purpose: service
kind: service
enrol: {on: appointment.rescheduled}
anchor: enrolled
steps:
  - {id: new-time, after: 0m, sms: new-time}
review: {author: A. Writer, approved_by: B. Reader, review_due: 2037-01-01}
"""

PROGRAMME = ADVICE.replace("appointment.attended", "programme.started").replace(
    "anchor: appointment", "anchor: programme"
)
TREATED = ADVICE.replace("appointment.attended", "treatment.performed").replace(
    "anchor: appointment", "anchor: treatment"
)


def wish(day: str, clock: str | None = "10:00") -> Wish:
    return Wish(day=date.fromisoformat(day), clock=time.fromisoformat(clock) if clock else None)


@pytest.fixture
def booked(clinic: World) -> World:
    """Amina is booked for Thursday 18 June at ten, to eleven."""
    clinic.publish(REMINDERS, MOVED)
    clinic.tell(a_booking("2026-06-18 10:00", appointment={"ends_at": at("2026-06-18 11:00").isoformat()}))
    clinic.tick("2026-06-01 09:30")
    return clinic


def which(clinic: World, sequence: str = "reminders") -> tuple[str, str]:
    return amina(clinic), enrolment(clinic, sequence)


def test_what_a_new_date_moves_is_shown_and_nothing_is_changed(booked: World) -> None:
    before = booked.messages()
    shown = preview(booked.app, *which(booked), wish("2026-06-25"), NOW)
    assert isinstance(shown, Redated)
    assert [(one.effect.step, one.effect.fate, one.effect.at) for one in shown.shifts] == [
        ("prepare", Fate.LATER, at("2026-06-22 10:00")),
        ("tomorrow", Fate.LATER, at("2026-06-24 09:00")),
        ("new-time", Fate.NEW, NOW),
    ]
    assert booked.messages() == before
    booked.tick("2026-06-02 10:01")
    assert booked.messages() == before


def test_a_visit_that_staff_moved_moves_its_messages_and_the_patient_hears_once(booked: World) -> None:
    assert isinstance(redate(booked.app, which(booked), wish("2026-06-25"), SAM, NOW), Redated)
    for day in (2, 15, 17, 22, 24):
        booked.tick(f"2026-06-{day:02d} 12:00")
    assert [first for _, first in booked.heard()] == [
        "Amina, Harbour Clinic here: new-time",
        "About prepare",
        "Amina, Harbour Clinic here: tomorrow",
    ]
    assert deeds(booked) == ["date_changed"]


def test_a_later_word_of_the_booking_system_overrides_and_an_older_one_does_not(booked: World) -> None:
    redate(booked.app, which(booked), wish("2026-06-25"), SAM, NOW)
    booked.tell(a_booking("2026-06-18 10:00", told_at="2026-06-01 12:00", event_id="told again"))
    booked.tick("2026-06-02 11:00")
    assert the(booked, "tomorrow").due_at == at("2026-06-24 09:00")
    booked.tell(a_booking("2026-07-02 10:00", told_at="2026-06-03 12:00"))
    booked.tick("2026-06-03 12:00")
    assert the(booked, "tomorrow").due_at == at("2026-07-01 09:00")


@pytest.mark.parametrize(
    ("to", "why"),
    [
        (wish("2026-06-18"), Obstacle.SAME),
        (wish("2026-06-01"), Obstacle.PAST),
        (wish("2036-06-18"), Obstacle.TOO_FAR),
    ],
)
def test_a_date_that_cannot_be_is_refused(booked: World, to: Wish, why: Obstacle) -> None:
    assert redate(booked.app, which(booked), to, SAM, NOW) == Refused(why)
    assert deeds(booked) == []


def test_a_visit_that_has_been_cannot_be_moved(clinic: World) -> None:
    clinic.publish(ADVICE)
    clinic.tell(a_visit("2026-06-02 09:00"))
    clinic.tick("2026-06-02 09:30")
    refused = redate(clinic.app, which(clinic, "advice"), wish("2026-06-25"), SAM, NOW)
    assert refused == Refused(Obstacle.NOT_HERE)


def test_a_programme_starts_on_another_day(clinic: World) -> None:
    clinic.publish(PROGRAMME)
    programme = {"code": "calf", "starts_on": "2026-06-08"}
    clinic.tell(an_event("programme.started", "2026-06-01 09:00", programme=programme))
    clinic.tick("2026-06-01 09:30")
    assert the(clinic, "nudge").due_at == at("2026-06-09 10:00")
    assert isinstance(redate(clinic.app, which(clinic, "advice"), wish("2026-06-15", None), SAM, NOW), Redated)
    assert [(one.step, one.due_at) for one in clinic.messages()] == [
        ("hello", at("2026-06-15 11:00")),
        ("nudge", at("2026-06-16 10:00")),
        ("later", at("2026-06-22 09:30")),
    ]


def test_a_treatment_was_given_at_another_hour_but_not_in_the_future(clinic: World) -> None:
    clinic.publish(TREATED)
    treatment = {"code": "eswt", "performed_at": at("2026-06-02 08:00").isoformat()}
    clinic.tell(an_event("treatment.performed", "2026-06-02 08:10", treatment=treatment))
    clinic.tick("2026-06-02 08:30")
    mine = which(clinic, "advice")
    assert redate(clinic.app, mine, wish("2026-06-02", "10:30"), SAM, NOW) == Refused(Obstacle.NOT_YET)
    assert isinstance(redate(clinic.app, mine, wish("2026-06-02", "09:00"), SAM, NOW), Redated)
    assert clinic.messages()[0].due_at == at("2026-06-02 12:00")
    assert len(clinic.messages()) == 3


def test_a_treatment_of_another_day_is_another_treatment_and_is_left_to_the_booking_system(clinic: World) -> None:
    clinic.publish(TREATED)
    treatment = {"code": "eswt", "performed_at": at("2026-06-02 08:00").isoformat()}
    clinic.tell(an_event("treatment.performed", "2026-06-02 08:10", treatment=treatment))
    clinic.tick("2026-06-02 08:30")
    before = clinic.messages()
    assert redate(clinic.app, which(clinic, "advice"), wish("2026-06-01"), SAM, NOW) == Refused(Obstacle.NOT_HERE)
    assert clinic.messages() == before
    assert deeds(clinic) == []


def test_a_record_that_cannot_be_planned_keeps_its_date(booked: World, monkeypatch: pytest.MonkeyPatch) -> None:
    broken(monkeypatch)
    assert redate(booked.app, which(booked), wish("2026-06-25"), SAM, NOW) == Refused(Obstacle.UNREADABLE)
    assert the(booked, "tomorrow").due_at == at("2026-06-17 09:00")
    assert deeds(booked) == []


def test_what_counts_from_no_date_of_the_booking_system_has_none_to_change(clinic: World) -> None:
    clinic.publish(ADVICE.replace("anchor: appointment", "anchor: enrolled"))
    clinic.tell(a_visit("2026-06-01 09:00"))
    clinic.tick("2026-06-01 09:30")
    refused = redate(clinic.app, which(clinic, "advice"), wish("2026-06-25"), SAM, NOW)
    assert refused == Refused(Obstacle.NOT_HERE)
