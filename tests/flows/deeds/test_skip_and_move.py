"""A member of staff leaves a message out, moves it, or sends it now; and takes that back."""

import threading
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

import pytest

from drip.core.by_staff import Obstacle, Refused
from drip.flows.deeds.foresee import foresee
from drip.flows.deeds.move import move, send_now
from drip.flows.deeds.scene import Done
from drip.flows.deeds.skip import skip
from drip.flows.deeds.undo import undo
from drip.flows.gate import pass_gate
from drip.flows.gated import Gated
from drip.flows.prepare import prepare as really_prepare
from drip.flows.publish import InFlight
from drip.store import by_staff
from drip.store.by_staff import MessageRow
from drip.store.database import Tx
from tests.flows.deeds.build import SAM, amina, broken, deeds, in_hand, number, the
from tests.world import ADVICE, REMINDERS, World, a_booking, a_visit, an_event, at


@pytest.fixture
def advised(clinic: World) -> World:
    """Amina came on Wednesday at nine; nothing has gone yet: hello at twelve, nudge tomorrow, later in a week."""
    clinic.publish(ADVICE)
    clinic.tell(a_visit("2026-06-03 09:00"))
    clinic.tick("2026-06-03 09:30")
    return clinic


@pytest.fixture
def reminded(clinic: World) -> World:
    """Amina is booked for Thursday 18 June at ten."""
    clinic.publish(REMINDERS)
    clinic.tell(a_booking("2026-06-18 10:00"))
    clinic.tick("2026-06-01 09:30")
    return clinic


def test_a_message_that_staff_left_out_never_goes(advised: World) -> None:
    done = skip(advised.app, the(advised, "hello").id, SAM, at("2026-06-03 10:00"))
    assert isinstance(done, Done)
    advised.tick("2026-06-03 12:00")
    assert advised.states()["hello"] == "skipped skipped_by_staff"
    assert advised.heard() == []
    assert deeds(advised) == ["message_skipped"]


def test_no_new_plan_brings_back_what_staff_left_out(reminded: World) -> None:
    skip(reminded.app, the(reminded, "tomorrow").id, SAM, at("2026-06-01 10:00"))
    reminded.publish(REMINDERS.replace('at: "09:00"', 'at: "09:15"'), in_flight=InFlight.FOLLOW, now="2026-06-02 08:00")
    reminded.tell(a_booking("2026-06-18 15:00", told_at="2026-06-02 12:00", kind="rescheduled"))
    reminded.tick("2026-06-02 12:00")
    reminded.tell(an_event("appointment.cancelled", "2026-06-03 12:00"))
    reminded.tick("2026-06-03 12:00")
    reminded.tell(a_booking("2026-06-18 15:00", told_at="2026-06-04 12:00"))
    for day in (4, 15, 17):
        reminded.tick(f"2026-06-{day:02d} 12:00")
    assert reminded.states() == {"prepare": "accepted", "tomorrow": "skipped skipped_by_staff"}


def test_a_visit_that_moves_to_another_day_is_reminded_of_although_staff_left_out_the_old_one(reminded: World) -> None:
    skip(reminded.app, the(reminded, "tomorrow").id, SAM, at("2026-06-01 10:00"))
    reminded.tell(a_booking("2026-06-25 10:00", told_at="2026-06-02 12:00", kind="rescheduled"))
    reminded.tick("2026-06-02 12:00")
    reminded.tick("2026-06-17 12:00")
    assert reminded.heard() == []
    assert [(one.state, one.reason) for one in reminded.messages() if one.step == "tomorrow"] == [
        ("skipped", "skipped_by_staff"),
        ("planned", ""),
    ]


def test_leaving_out_is_undone_within_ten_minutes_and_the_message_goes_once(advised: World) -> None:
    done = number(skip(advised.app, the(advised, "hello").id, SAM, at("2026-06-03 10:00")))
    assert undo(advised.app, amina(advised), done, SAM, at("2026-06-03 10:09")) is None
    assert undo(advised.app, amina(advised), done, SAM, at("2026-06-03 10:09")) == Refused(Obstacle.UNDO_IS_OVER)
    for minute in ("12:00", "12:01"):
        advised.tick(f"2026-06-03 {minute}")
    assert len(advised.heard()) == 1
    assert deeds(advised) == ["message_skipped", "undone"]


def test_after_ten_minutes_nothing_is_undone(advised: World) -> None:
    done = number(skip(advised.app, the(advised, "hello").id, SAM, at("2026-06-03 10:00")))
    assert undo(advised.app, amina(advised), done, SAM, at("2026-06-03 10:10")) == Refused(Obstacle.UNDO_IS_OVER)
    assert advised.states()["hello"] == "skipped skipped_by_staff"


def test_undoing_after_the_visit_moved_follows_the_visit(reminded: World) -> None:
    done = number(skip(reminded.app, the(reminded, "tomorrow").id, SAM, at("2026-06-01 10:00")))
    reminded.tell(a_booking("2026-06-25 10:00", told_at="2026-06-01 10:01", kind="rescheduled"))
    reminded.tick("2026-06-01 10:02")
    undo(reminded.app, amina(reminded), done, SAM, at("2026-06-01 10:05"))
    for day in range(14, 26):
        reminded.tick(f"2026-06-{day} 12:00")
    assert [first for _, first in reminded.heard()] == ["About prepare", "Amina, Harbour Clinic here: tomorrow"]


def test_the_last_message_can_be_brought_back_although_the_sequence_had_come_to_its_end(advised: World) -> None:
    for day, time in ((3, "12:00"), (4, "10:00")):
        advised.tick(f"2026-06-{day:02d} {time}")
    done = number(skip(advised.app, the(advised, "later").id, SAM, at("2026-06-09 10:00")))
    advised.tick("2026-06-09 10:01")
    assert undo(advised.app, amina(advised), done, SAM, at("2026-06-09 10:05")) is None
    advised.tick("2026-06-10 09:30")
    assert len(advised.heard()) == 3


def test_what_a_worker_has_in_hand_can_still_be_left_out(advised: World) -> None:
    lease, ready = in_hand(advised, "2026-06-03 12:00")
    assert isinstance(skip(advised.app, the(advised, "hello").id, SAM, at("2026-06-03 12:00")), Done)
    assert pass_gate(advised.app, lease, ready, at("2026-06-03 12:00")).passed == []


def test_what_has_passed_the_gate_is_too_late_for_anything(advised: World) -> None:
    lease, ready = in_hand(advised, "2026-06-03 12:00")
    assert len(pass_gate(advised.app, lease, ready, at("2026-06-03 12:00")).passed) == 1
    now, hello = at("2026-06-03 12:00"), the(advised, "hello").id
    too_late = Refused(Obstacle.TOO_LATE)
    assert skip(advised.app, hello, SAM, now) == too_late
    assert move(advised.app, hello, at("2026-06-04 12:00"), SAM, now) == too_late
    assert send_now(advised.app, hello, SAM, now) == too_late
    assert deeds(advised) == []


def test_leaving_out_and_the_gate_never_both_win(a_postgres_clinic: Callable[..., World]) -> None:
    clinic, now = a_postgres_clinic(), at("2026-06-03 12:00")
    clinic.publish(ADVICE)
    for turn in range(6):
        ref = {"ref": f"p-{turn}", "email": f"p{turn}@example.org"}
        clinic.tell(a_visit("2026-06-03 09:00", event_id=f"e-{turn}", patient=ref))
    clinic.tick("2026-06-03 09:30")
    lease, ready = in_hand(clinic, "2026-06-03 12:00")
    for one in ready:
        skipped, gated = at_once(
            partial(skip, clinic.app, one.claimed.id, SAM, now), partial(pass_gate, clinic.app, lease, [one], now)
        )
        assert isinstance(gated, Gated)
        assert isinstance(skipped, Done) is not bool(gated.passed)


def test_of_two_who_undo_the_same_at_once_one_does(a_postgres_clinic: Callable[..., World]) -> None:
    clinic = a_postgres_clinic()
    clinic.publish(ADVICE)
    clinic.tell(a_visit("2026-06-03 09:00"))
    clinic.tick("2026-06-03 09:30")
    done = number(skip(clinic.app, the(clinic, "hello").id, SAM, at("2026-06-03 10:00")))
    taking_back = partial(undo, clinic.app, amina(clinic), done, SAM, at("2026-06-03 10:01"))
    answers = at_once(taking_back, taking_back, taking_back)
    assert answers.count(None) == 1
    assert answers.count(Refused(Obstacle.UNDO_IS_OVER)) == 2
    assert deeds(clinic) == ["message_skipped", "undone"]


def at_once(*works: Callable[[], object]) -> list[object]:
    """What each comes to, when they all begin together."""
    start = threading.Barrier(len(works))
    came: dict[int, object] = {}

    def do(number: int, work: Callable[[], object]) -> None:
        start.wait()
        came[number] = work()

    threads = [threading.Thread(target=do, args=one) for one in enumerate(works)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return [came[number] for number in range(len(works))]


def test_a_moved_message_goes_when_staff_said_and_no_plan_minds(advised: World) -> None:
    nudge = the(advised, "nudge").id
    assert isinstance(move(advised.app, nudge, at("2026-06-04 15:30"), SAM, at("2026-06-03 10:00")), Done)
    advised.publish(
        ADVICE.replace("title: After", "title: Soon after"), in_flight=InFlight.FOLLOW, now="2026-06-03 11:00"
    )
    advised.tell(an_event("patient.updated", "2026-06-03 11:30"))
    for time in ("06-03 12:00", "06-04 10:00", "06-04 15:29"):
        advised.tick(f"2026-{time}")
    assert the(advised, "nudge").state == "planned"
    assert the(advised, "nudge").reason == "moved_by_staff"
    for minute in (30, 31):
        advised.tick(f"2026-06-04 15:{minute}")
    assert [first for _, first in advised.heard()] == ["About hello", "Amina, Harbour Clinic here: nudge"]


def test_where_the_rules_move_a_message_that_is_where_it_goes(reminded: World) -> None:
    move(reminded.app, the(reminded, "tomorrow").id, at("2026-06-17 16:00"), SAM, at("2026-06-01 10:00"))
    reminded.tell(a_booking("2026-06-25 10:00", told_at="2026-06-02 12:00", kind="rescheduled"))
    reminded.tick("2026-06-02 12:00")
    assert the(reminded, "tomorrow").due_at == at("2026-06-24 09:00")


@pytest.mark.parametrize(
    ("step", "to", "why", "next_at"),
    [
        ("nudge", "2026-06-04 06:00", Obstacle.CLOSED, "2026-06-04 08:00"),
        ("later", "2026-06-20 10:00", Obstacle.USELESS, "2026-06-13 09:30"),
        ("nudge", "2026-06-03 09:59", Obstacle.PAST, None),
        ("nudge", "2026-06-04 10:00", Obstacle.SAME, None),
    ],
)
def test_a_time_at_which_it_could_not_go_is_refused_with_the_next_one(
    advised: World, step: str, to: str, why: Obstacle, next_at: str | None
) -> None:
    refused = move(advised.app, the(advised, step).id, at(to), SAM, at("2026-06-03 10:00"))
    assert refused == Refused(why, at(next_at) if next_at else None)
    assert deeds(advised) == []


def test_what_follows_a_visit_does_not_go_before_it(clinic: World) -> None:
    clinic.publish(ADVICE.replace("appointment.attended", "appointment.booked"))
    clinic.tell(a_booking("2026-06-18 10:00"))
    clinic.tick("2026-06-01 09:30")
    hello, now = the(clinic, "hello").id, at("2026-06-01 10:00")
    too_soon = Refused(Obstacle.TOO_SOON, at("2026-06-18 10:00"))
    assert send_now(clinic.app, hello, SAM, now) == too_soon
    assert move(clinic.app, hello, at("2026-06-17 10:00"), SAM, now) == too_soon


def test_sent_now_it_goes_now_and_not_again_at_its_own_time(advised: World) -> None:
    assert isinstance(send_now(advised.app, the(advised, "later").id, SAM, at("2026-06-03 10:00")), Done)
    for time in ("06-03 10:00", "06-03 10:01", "06-10 09:30", "06-10 09:31"):
        advised.tick(f"2026-{time}")
    assert [first for _, first in advised.heard()].count("About later") == 1


def test_sent_now_at_night_it_waits_for_the_morning_as_was_said_beforehand(advised: World) -> None:
    nudge, night = the(advised, "nudge").id, at("2026-06-03 23:00")
    foreseen = foresee(advised.app, nudge, night)
    assert foreseen
    assert (foreseen.goes_at, foreseen.reason.value) == (at("2026-06-04 08:00"), "window")
    send_now(advised.app, nudge, SAM, night)
    advised.tick("2026-06-03 23:00")
    assert (the(advised, "nudge").state, the(advised, "nudge").due_at) == ("planned", at("2026-06-04 08:00"))


def test_to_ask_what_would_become_of_a_message_changes_nothing(advised: World) -> None:
    before = advised.messages()
    foreseen = foresee(advised.app, the(advised, "hello").id, at("2026-06-03 10:00"))
    assert foreseen
    assert foreseen.goes_at == at("2026-06-03 10:00")
    assert advised.messages() == before
    advised.reply("STOP", "2026-06-03 10:05", address="amina@example.org")
    advised.tick("2026-06-03 10:06")
    stopped = foresee(advised.app, the(advised, "hello").id, at("2026-06-03 10:10"))
    assert stopped
    assert (stopped.goes_at, stopped.reason.value) == (None, "suppressed_by_patient")


def test_a_move_is_undone_to_the_time_it_had_unless_it_was_moved_again(advised: World) -> None:
    nudge = the(advised, "nudge").id
    first = number(move(advised.app, nudge, at("2026-06-04 15:00"), SAM, at("2026-06-03 10:00")))
    second = number(move(advised.app, nudge, at("2026-06-04 16:00"), SAM, at("2026-06-03 10:01")))
    patient = amina(advised)
    assert undo(advised.app, patient, first, SAM, at("2026-06-03 10:02")) == Refused(Obstacle.CHANGED_SINCE)
    assert undo(advised.app, patient, second, SAM, at("2026-06-03 10:03")) is None
    assert the(advised, "nudge").due_at == at("2026-06-04 15:00")
    assert undo(advised.app, patient, first, SAM, at("2026-06-03 10:04")) is None
    assert (the(advised, "nudge").due_at, the(advised, "nudge").reason) == (at("2026-06-04 10:00"), "")


def test_another_patients_deed_is_not_undone_here(advised: World) -> None:
    advised.tell(a_visit("2026-06-03 09:00", event_id="bo", patient={"ref": "p-2", "email": "bo@example.org"}))
    advised.tick("2026-06-03 09:40")
    done = number(skip(advised.app, the(advised, "hello").id, SAM, at("2026-06-03 10:00")))
    skipped = next(one.patient_id for one in advised.messages() if one.state == "skipped")
    (other,) = {one.patient_id for one in advised.messages()} - {skipped}
    assert undo(advised.app, other, done, SAM, at("2026-06-03 10:01")) == Refused(Obstacle.UNDO_IS_OVER)


def test_a_message_that_expired_where_staff_had_put_it_says_so(advised: World) -> None:
    move(advised.app, the(advised, "nudge").id, at("2026-06-05 09:00"), SAM, at("2026-06-03 10:00"))
    advised.tick("2026-06-09 10:00")
    assert advised.states()["nudge"] == "expired expired"


def test_of_a_message_that_nobody_knows_nothing_is_done_or_foreseen(advised: World) -> None:
    now, over = at("2026-06-03 10:00"), Refused(Obstacle.OVER)
    assert skip(advised.app, "nobody's", SAM, now) == over
    assert move(advised.app, "nobody's", at("2026-06-04 15:00"), SAM, now) == over
    assert send_now(advised.app, "nobody's", SAM, now) == over
    assert foresee(advised.app, "nobody's", now) is None


def test_a_message_that_is_no_use_any_more_is_not_sent_now(advised: World) -> None:
    nudge = the(advised, "nudge")
    refused = send_now(advised.app, nudge.id, SAM, nudge.expires_at)
    assert refused == Refused(Obstacle.USELESS, nudge.expires_at)


def test_looking_at_a_message_while_somebody_skips_it_locks_the_patient_first_as_they_do(
    a_postgres_clinic: Callable[..., World], monkeypatch: pytest.MonkeyPatch
) -> None:
    clinic = a_postgres_clinic()
    clinic.publish(ADVICE)
    clinic.tell(a_visit("2026-06-03 09:00"))
    clinic.tick("2026-06-03 09:30")
    hello, now, said = the(clinic, "hello").id, at("2026-06-03 10:00"), list[object]()
    skipping = threading.Thread(target=lambda: said.append(skip(clinic.app, hello, SAM, now)))
    reached, really = threading.Event(), by_staff.some

    def some(tx: Tx, message_ids: Iterable[str], *, lock: bool = False) -> dict[str, MessageRow]:
        if lock:
            reached.set()
        return really(tx, message_ids, lock=lock)

    def prepare(*args: Any) -> Any:
        skipping.start()
        assert not reached.wait(1), "whoever skips has the patient, and waits for the message that is looked at"
        return really_prepare(*args)

    monkeypatch.setattr(by_staff, "some", some)
    monkeypatch.setattr("drip.flows.deeds.foresee.prepare", prepare)
    seen = foresee(clinic.app, hello, now)
    skipping.join(30)
    assert seen
    assert isinstance(said[0], Done)


def test_words_that_cannot_be_made_are_foreseen(clinic: World) -> None:
    clinic.sources["advice/hello.email.md"] = (
        "---\nsubject: Hello\npreheader: A note\n---\nOn {{ appointment.starts_at.nothing }}.\n"
    )
    clinic.publish(ADVICE)
    clinic.tell(a_visit("2026-06-03 09:00"))
    clinic.tick("2026-06-03 09:30")
    foreseen = foresee(clinic.app, the(clinic, "hello").id, at("2026-06-03 12:00"))
    assert foreseen
    assert (foreseen.goes_at, foreseen.reason.value) == (None, "template_error")


def test_a_record_that_cannot_be_planned_keeps_what_was_left_out(
    advised: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    done = number(skip(advised.app, the(advised, "hello").id, SAM, at("2026-06-03 10:00")))
    broken(monkeypatch)
    refused = undo(advised.app, amina(advised), done, SAM, at("2026-06-03 10:01"))
    assert refused == Refused(Obstacle.UNREADABLE)
    assert advised.states()["hello"] == "skipped skipped_by_staff"
    assert deeds(advised) == ["message_skipped"]
