"""A forecast plays the real patients on a copy: it says what would go and why not, and changes nothing."""

import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest

from drip.core.lifecycle import State
from drip.core.reason import Reason
from drip.flows import switches
from drip.simulation.played import Played, play, why
from drip.store import patient_pauses, patients, views
from drip.store.patient_pauses import PatientPause
from tests.world import ADVICE, World, a_visit, at

START = "2026-06-11 10:31"

TWO_ON_ONE_DAY = """
sequence: news
title: News
purpose: care
kind: education
enrol: {on: appointment.attended}
anchor: appointment
steps:
  - {id: one, after: 2h, email: one}
  - {id: two, after: 3h, email: two}
  - {id: for-children, after: 1d, at: "10:00", when: patient.age < 16, sms: children}
review: {author: A. Writer, approved_by: B. Reader, review_due: 2037-01-01}
"""

THREE_IN_A_WEEK = """
sequence: week
title: A week
purpose: care
kind: education
enrol: {on: appointment.attended}
anchor: appointment
steps:
  - {id: one, after: 2h, email: one}
  - {id: two, after: 1d, at: "10:00", email: two}
  - {id: three, after: 4d, at: "10:00", email: three, expires: 10d}
review: {author: A. Writer, approved_by: B. Reader, review_due: 2037-01-01}
"""

AFTERWARDS = """
sequence: afterwards
title: Afterwards
purpose: care
kind: education
enrol: {on: enrolment.ended, when: "enrolment.sequence == 'advice'"}
anchor: enrolled
steps:
  - {id: goodbye, after: 1d, at: "10:00", sms: goodbye}
review: {author: A. Writer, approved_by: B. Reader, review_due: 2037-01-01}
"""


def played(clinic: World, days: int = 14, now: str = START) -> Played:
    """The next days of everybody there is."""
    with clinic.store.read() as tx:
        planned = views.list_messages(tx, state="planned")
    return play(clinic.app, planned, at(now), days, lambda _: None)


def a_patient_who_came(clinic: World, *sequences: str) -> None:
    """Amina's first visit; what follows it is planned."""
    clinic.publish(*sequences)
    clinic.tell(a_visit("2026-06-11 10:00"))
    clinic.tick(START)


def test_what_a_cap_holds_back_goes_on_another_day(clinic: World) -> None:
    a_patient_who_came(clinic, TWO_ON_ONE_DAY)
    went = {one.step: one.accepted_at for one in played(clinic).would_go}
    assert {step: f"{when:%d}" for step, when in went.items() if when} == {"one": "11", "two": "12"}


def test_what_a_condition_leaves_out_is_shown_with_the_reason(clinic: World) -> None:
    a_patient_who_came(clinic, TWO_ON_ONE_DAY)
    assert [(one.step, why(one)) for one in played(clinic).would_not_go] == [
        ("for-children", "the step's condition was not met")
    ]


def test_what_waits_beyond_these_days_says_so(clinic: World) -> None:
    a_patient_who_came(clinic, THREE_IN_A_WEEK)
    (third,) = played(clinic, days=5).would_not_go
    assert (third.step, third.state) == ("three", "planned")
    assert why(third) == f"it waits beyond these days: {Reason.CAPPED.sentence}"


def test_an_address_that_was_stopped_gets_nothing(clinic: World) -> None:
    a_patient_who_came(clinic, ADVICE)
    clinic.reply("STOP", "2026-06-11 10:40")
    assert [one.channel for one in played(clinic).would_go if one.sequence == "advice"] == ["email", "email"]


def test_what_was_sent_today_counts(clinic: World) -> None:
    a_patient_who_came(clinic, TWO_ON_ONE_DAY)
    clinic.tick("2026-06-11 12:30")
    (second,) = played(clinic, now="2026-06-11 12:31").would_go
    assert (second.step, f"{second.accepted_at:%d}") == ("two", "12")


def test_what_only_begins_in_these_days_is_in_it(clinic: World) -> None:
    a_patient_who_came(clinic, ADVICE, AFTERWARDS)
    assert "goodbye" in {one.step for one in played(clinic).would_go}


def test_news_that_waits_is_in_it(clinic: World) -> None:
    clinic.publish(ADVICE)
    clinic.tell(a_visit("2026-06-11 10:00"))
    assert {one.step for one in played(clinic).would_go} == {"hello", "nudge", "later"}


def test_nothing_is_handed_over_and_nothing_is_written(clinic: World) -> None:
    a_patient_who_came(clinic, ADVICE)
    before = clinic.messages()
    assert len(played(clinic).would_go) == 3
    assert clinic.messages() == before
    assert clinic.sink.letters == []


def test_the_copy_is_gone_afterwards(clinic: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    a_patient_who_came(clinic, ADVICE)
    seen: list[int] = []
    with clinic.store.read() as tx:
        planned = views.list_messages(tx, state="planned")
    play(clinic.app, planned, at(START), 14, lambda _: seen.extend(one.stat().st_mode for one in tmp_path.iterdir()))
    assert {mode & 0o077 for mode in seen} == {0}
    assert list(tmp_path.glob("drip-forecast-*")) == []


def test_a_pause_is_played_as_if_it_were_over_and_told(clinic: World) -> None:
    a_patient_who_came(clinic, ADVICE)
    switches.pause(clinic.app, "everything", "looking", at(START), who="test")
    told = played(clinic)
    assert len(told.would_go) == 3
    assert told.notes == ["Something is paused; this is as if it were not."]


def test_a_patient_whom_staff_paused_hears_nothing(clinic: World) -> None:
    a_patient_who_came(clinic, ADVICE)
    with clinic.store.write() as tx:
        (person,) = patients.find(tx, "p-1")
        pause = PatientPause(patient_id=person.id, paused_at=at(START), until=None, who="nurse")
        patient_pauses.pause(tx, pause)
    assert [(one.state, one.reason) for one in played(clinic).would_not_go] == [("expired", "paused")] * 3


def test_whoever_is_not_on_the_allow_list_is_played_as_if_they_were(a_clinic: Callable[..., World]) -> None:
    clinic = a_clinic()
    clinic.sink.reaches_people = True
    a_patient_who_came(clinic, ADVICE)
    told = played(clinic)
    assert [one.state for one in told.would_go] == [State.ACCEPTED.value] * 3
    assert told.notes == ["drip is not live, so that only the allow list hears; this is as if everybody did."]
    assert clinic.sink.letters == []
