"""Texts that hang until the deadline take their own part of the calls, and no more: emails go out meanwhile."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest

from drip.app import Limits
from drip.core.handover import Accepted, Outcome, Unknown
from drip.core.letter import Letter
from drip.core.model import Channel
from drip.flows import carry, send
from drip.flows.calls import RESERVED
from drip.flows.send import send_due
from tests.world import Sink, World, a_booking, a_visit, at

EMAIL, SMS = Channel.EMAIL, Channel.SMS
SLOTS, MANY = 8, 40
LONGEST = 20.0
"""Seconds after which a test gives up: far more than it takes."""

MAILS = """
sequence: mails
title: By email
purpose: care
kind: education
enrol: {on: appointment.attended}
anchor: appointment
steps:
  - {id: mail, after: 3h, email: mail}
review: {author: A. Writer, approved_by: B. Reader, review_due: 2037-01-01}
"""
TEXTS = """
sequence: texts
title: By text, and more important
purpose: safety
kind: safety
enrol: {on: appointment.attended}
anchor: appointment
steps:
  - {id: text, after: 3h, sms: text}
review: {author: A. Writer, approved_by: B. Reader, review_due: 2037-01-01}
"""
AT_ONCE = """
sequence: at-once
title: Thank you for booking
purpose: service
kind: service
enrol: {on: appointment.booked}
anchor: booked
window: any
steps:
  - {id: thanks, after: 0m, email: thanks, if_late: send}
review: {author: A. Writer, approved_by: B. Reader, review_due: 2037-01-01}
"""


class Hanging:
    """A provider of texts that answers nobody until it is told to."""

    def __init__(self) -> None:
        self.answers = threading.Event()
        self.sink = Sink(name="texts", channels=frozenset({SMS}), is_remote=True, answer=self._answer)

    def _answer(self, _: Letter) -> Outcome:
        assert self.answers.wait(LONGEST)
        return Unknown("timeout")


@pytest.fixture
def hanging() -> Hanging:
    """Its texts hang until the test says otherwise."""
    return Hanging()


def a_slow_clinic(make: Callable[..., World], hanging: Hanging, mails: Sink, patients: int) -> World:
    """So many patients are to get an email and a text at one o'clock."""
    clinic = make(
        providers={EMAIL: (mails,), SMS: (hanging.sink,)},
        limits=Limits(concurrency=SLOTS, deadline=timedelta(seconds=LONGEST), lease=timedelta(seconds=120)),
    )
    clinic.publish(MAILS, TEXTS, AT_ONCE)
    clinic.tell(*(visit(number) for number in range(patients)))
    clinic.tick("2026-06-11 10:31")
    return clinic


def visit(number: int) -> dict[str, Any]:
    patient = {"ref": f"p-{number}", "email": f"p{number}@example.org", "phone": f"+447911{number:06d}"}
    return a_visit("2026-06-11 10:00", event_id=f"v-{number}", patient=patient, appointment={"ref": f"a-{number}"})


def until(is_so: Callable[[], bool]) -> None:
    """Wait for what other threads bring about."""
    for _ in range(int(LONGEST / 0.02)):
        if is_so():
            return
        threading.Event().wait(0.02)
    raise AssertionError("it did not come about")


def test_while_texts_hang_until_their_deadline_every_email_goes_out(
    a_clinic: Callable[..., World], hanging: Hanging
) -> None:
    mails = Sink(name="mails", channels=frozenset({EMAIL}), is_remote=True)
    clinic = a_slow_clinic(a_clinic, hanging, mails, MANY)
    with ThreadPoolExecutor(1) as elsewhere:
        sending = elsewhere.submit(send_due, clinic.app, at("2026-06-11 13:00"))
        try:
            until(lambda: len(mails.letters) == MANY)
            assert len(hanging.sink.letters) <= SLOTS, "no text has come back yet"
        finally:
            hanging.answers.set()
        assert sending.result().counts["unknown"] > 0


def test_texts_have_every_slot_but_the_reserved_ones(a_clinic: Callable[..., World], hanging: Hanging) -> None:
    mails = Sink(name="mails", channels=frozenset({EMAIL}), is_remote=True)
    clinic = a_slow_clinic(a_clinic, hanging, mails, MANY)
    with ThreadPoolExecutor(1) as elsewhere:
        sending = elsewhere.submit(send_due, clinic.app, at("2026-06-11 13:00"))
        try:
            until(lambda: len(mails.letters) == MANY)
            assert len(hanging.sink.letters) == SLOTS - SLOTS // RESERVED
        finally:
            hanging.answers.set()
        sending.result()


def test_an_email_that_becomes_due_while_texts_hang_does_not_wait_for_the_end_of_the_round(
    a_clinic: Callable[..., World], hanging: Hanging, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(send, "LONGEST_ROUND", 0.2)
    monkeypatch.setattr(carry, "LOOK_AGAIN", 0.1)
    mails = Sink(name="mails", channels=frozenset({EMAIL}), is_remote=True)
    clinic = a_slow_clinic(a_clinic, hanging, mails, 3)
    with ThreadPoolExecutor(1) as elsewhere:
        beat = elsewhere.submit(clinic.tick, "2026-06-11 13:00")
        try:
            until(lambda: len(hanging.sink.letters) == len(mails.letters) == 3)
            threading.Event().wait(0.5)  # the first round is over
            booked = {"ref": "p-new", "email": "new@example.org"}
            clinic.tell(a_booking("2026-06-30 10:00", told_at="2026-06-11 12:59", patient=booked))
            until(lambda: "new@example.org" in [letter.to for letter in mails.letters])
            assert [one.state for one in clinic.messages() if one.channel == "sms"] == ["in_flight"] * 3
        finally:
            hanging.answers.set()
        counts = beat.result()
    assert (counts.accepted, counts.unknown) == (4, 3), "what came back in a later round is counted as well"


def test_what_is_under_way_when_a_tick_is_cut_short_is_still_written_down(
    a_clinic: Callable[..., World], hanging: Hanging, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(send, "LONGEST_ROUND", 0.1)
    mails = Sink(name="mails", channels=frozenset({EMAIL}), is_remote=True)
    clinic = a_slow_clinic(a_clinic, hanging, mails, 3)

    def late(letter: Letter) -> Outcome:
        assert hanging.answers.wait(LONGEST)
        return Accepted(letter.attempt_id)

    hanging.sink.answer = late

    def fails(*_: Any) -> None:
        if len(hanging.sink.letters) == 3:
            hanging.answers.set()
            raise KeyboardInterrupt

    monkeypatch.setattr("drip.flows.tick.take_up_news", fails)
    with pytest.raises(KeyboardInterrupt):
        clinic.tick("2026-06-11 13:00")
    assert {one.state for one in clinic.messages()} == {"accepted"}
