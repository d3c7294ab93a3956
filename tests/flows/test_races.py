"""What happens when things come at the same time, late, twice or in an odd order: found by attacking the promises."""

import logging
import threading
import time
from collections.abc import Callable
from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest
from sqlalchemy import select

from drip import worker
from drip.cli.logs import set_up_logs
from drip.core.evidence import Trace
from drip.core.handover import Accepted, Evidence, Fault, NotTaken, Outcome, Refused, Unknown
from drip.core.letter import Letter
from drip.core.lifecycle import State
from drip.core.reason import Reason
from drip.flows import gate
from drip.flows.enrol import apply_news
from drip.flows.gate import pass_gate
from drip.flows.prepare import prepare
from drip.flows.receive import apply_receipts
from drip.flows.record import record
from drip.flows.sweep import sweep
from drip.flows.tick import tick
from drip.store import outgoing, plans, records, versions
from drip.store.ids import new_id
from drip.store.outgoing import Lease
from drip.store.schema import messages
from tests.world import ADVICE, REMINDERS, Sink, World, a_booking, a_visit, an_event, at

FOLLOW_UP = """
sequence: follow-up
title: The day after
purpose: care
kind: education
enrol: {on: appointment.booked}
anchor: appointment
steps:
  - {id: how, after: 1d, at: "10:00", email: how}
review: {author: A. Writer, approved_by: B. Reader, review_due: 2037-01-01}
"""

QUICK = """
sequence: quick
title: One message
purpose: safety
kind: safety
enrol: {on: appointment.booked}
anchor: booked
window: any
steps:
  - {id: now, after: 0m, email: now, if_late: send}
review: {author: A. Writer, approved_by: B. Reader, review_due: 2037-01-01}
"""

LISTENS = QUICK.replace("sequence: quick", "sequence: listens").replace(
    "on: appointment.booked", "on: enrolment.ended, when: enrolment.sequence == 'quick'"
)


def answers(*given: Outcome) -> Callable[[Letter], Outcome]:
    """One after the other, then accepted."""
    left = list(given)
    return lambda letter: left.pop(0) if left else Accepted(f"ref-{letter.attempt_id}")


def a_lease(seconds: int = 120) -> Lease:
    return Lease(owner="w", token=new_id(), length=timedelta(seconds=seconds))


def test_an_attribute_with_the_name_of_a_time_spoils_nothing(clinic: World) -> None:
    clinic.publish(ADVICE)
    clinic.tell(a_visit("2026-06-03 10:00", appointment={"attributes": {"performed_at": "by Dr Lee"}}))
    assert clinic.tick("2026-06-03 13:00").accepted == 1


def test_one_patients_trouble_holds_up_nobody_else(clinic: World, monkeypatch: pytest.MonkeyPatch) -> None:
    clinic.publish(ADVICE)
    clinic.tell(a_visit("2026-06-03 10:00"))
    clinic.tell(a_visit("2026-06-03 10:00", event_id="bo", patient={"ref": "p-2", "email": "bo@example.org"}))
    real = gate._person

    def broken(app: Any, batch: Any, facts: Any, now: Any) -> Any:
        if batch[0].person.ref == "p-1":
            raise KeyError("amina@example.org")
        return real(app, batch, facts, now)

    monkeypatch.setattr(gate, "_person", broken)
    assert clinic.tick("2026-06-03 13:00").accepted == 1
    assert {one.patient: one.state for one in clinic.messages() if one.step == "hello"} == {
        "p-1": "planned",
        "p-2": "accepted",
    }


def test_a_stop_of_a_patient_who_has_just_turned_sixteen_is_kept(clinic: World) -> None:
    clinic.publish(ADVICE)
    carer = {"name": "Sam", "email": "sam@example.org", "phone": "+447700900124"}
    clinic.tell(a_visit("2026-06-03 10:00", patient={"date_of_birth": "2010-06-05"}, contact=carer))
    clinic.tick("2026-06-03 13:00")
    clinic.reply("STOP", "2026-06-03 14:00", address="amina@example.org")
    clinic.tick("2026-06-10 09:30")
    assert clinic.heard() == [("sam@example.org", "About hello")]
    assert clinic.states()["later"] == "suppressed suppressed_by_patient"


def test_a_patient_who_turns_sixteen_is_written_to_where_they_can_be_reached(clinic: World) -> None:
    clinic.publish(ADVICE)
    carer = {"name": "Sam", "phone": "+447700900124"}
    clinic.tell(a_visit("2026-06-03 10:00", patient={"date_of_birth": "2010-06-05"}, contact=carer))
    clinic.tick("2026-06-03 13:00")
    clinic.tick("2026-06-10 09:30")
    assert clinic.heard()[-1] == ("amina@example.org", "About later")


def test_evidence_is_asked_of_the_attempt_that_is_in_doubt(a_clinic: Callable[..., World]) -> None:
    clinic = a_clinic(sink=Sink(answer=answers(Refused(Fault.ACCOUNT), Unknown())))
    clinic.publish(ADVICE)
    clinic.tell(a_visit("2026-06-03 10:00"))
    clinic.tick("2026-06-03 13:00")
    with clinic.store.write() as tx:
        versions.resume_providers(tx)
    clinic.tick("2026-06-03 14:00")
    second = clinic.sink.letters[1].attempt_id
    clinic.sink.evidence = Evidence.DID_NOT_GO
    clinic.sink.find = lambda lost: [Trace(ref="ref", attempt_id=second)] if lost.attempt_id == second else []  # type: ignore[method-assign]
    for minute in range(0, 60, 5):
        clinic.tick(f"2026-06-03 14:{minute:02d}")
    assert len(clinic.sink.letters) == 2
    assert clinic.states()["hello"] == "accepted"


def test_the_late_answer_of_a_stalled_worker_does_not_settle_a_newer_attempt(clinic: World) -> None:
    clinic.publish(ADVICE)
    clinic.tell(a_visit("2026-06-03 10:00"))
    clinic.tick("2026-06-03 10:31")
    now = at("2026-06-03 13:00")
    stalled = []
    for _ in range(2):  # the first one stalls past its lease; the second takes over
        lease = a_lease(-1)
        with clinic.store.write() as tx:
            claimed = outgoing.claim(tx, lease, now, 10)
        ready, _ = prepare(clinic.app, claimed, now)
        stalled.append(pass_gate(clinic.app, lease, ready, now).passed)
        sweep(clinic.app, now)
        with clinic.store.write() as tx:
            tx.connection.execute(messages.update().where(messages.c.state == "unknown").values(state="planned"))
    lease = a_lease()
    with clinic.store.write() as tx:
        claimed = outgoing.claim(tx, lease, now, 10)
    ready, _ = prepare(clinic.app, claimed, now)
    passed = pass_gate(clinic.app, lease, ready, now).passed
    record(clinic.app, [(stalled[0][0], NotTaken(Reason.PROVIDER_DOWN))], now)
    assert clinic.states()["hello"] == "in_flight"
    record(clinic.app, [(passed[0], Accepted("ref"))], now)
    assert clinic.states()["hello"] == "accepted"


def test_a_late_acceptance_of_a_given_up_attempt_is_believed(clinic: World) -> None:
    clinic.publish(ADVICE)
    clinic.tell(a_visit("2026-06-03 10:00"))
    clinic.tick("2026-06-03 10:31")
    now, lease = at("2026-06-03 13:00"), a_lease(-1)
    with clinic.store.write() as tx:
        claimed = outgoing.claim(tx, lease, now, 10)
    ready, _ = prepare(clinic.app, claimed, now)
    (passed,) = pass_gate(clinic.app, lease, ready, now).passed
    sweep(clinic.app, now)
    record(clinic.app, [(passed, Accepted("ref"))], now)
    assert clinic.states()["hello"] == "accepted"


def test_a_late_acceptance_of_a_held_message_ends_the_question_to_staff(clinic: World) -> None:
    clinic.publish(ADVICE)
    clinic.tell(a_visit("2026-06-03 10:00"))
    clinic.tick("2026-06-03 10:31")
    now, lease = at("2026-06-03 13:00"), a_lease(-1)
    with clinic.store.write() as tx:
        claimed = outgoing.claim(tx, lease, now, 10)
    ready, _ = prepare(clinic.app, claimed, now)
    (passed,) = pass_gate(clinic.app, lease, ready, now).passed
    for minute in (1, 11):
        clinic.tick(f"2026-06-03 13:{minute:02d}")
    assert clinic.states()["hello"] == "held unresolved"
    assert asked(clinic) == ["held"]
    record(clinic.app, [(passed, NotTaken(Reason.PROVIDER_DOWN))], at("2026-06-03 13:12"))
    assert asked(clinic) == ["held"], "only that it went says anything"
    record(clinic.app, [(passed, Accepted("ref"))], at("2026-06-03 13:13"))
    assert clinic.states()["hello"] == "accepted"
    assert asked(clinic) == []


def asked(clinic: World) -> list[str]:
    """What staff are asked."""
    with clinic.store.read() as tx:
        return [task.kind for task in records.open_tasks(tx)]


def test_a_receipt_that_comes_between_claim_and_gate_keeps_the_message_from_going_again(clinic: World) -> None:
    clinic.publish(ADVICE)
    clinic.tell(a_visit("2026-06-03 10:00"))
    clinic.sink.answer = answers(NotTaken(Reason.PROVIDER_DOWN))
    clinic.tick("2026-06-03 13:00")
    now, lease = at("2026-06-03 13:05"), a_lease()
    with clinic.store.write() as tx:
        claimed = outgoing.claim(tx, lease, now, 10)
    ready, _ = prepare(clinic.app, claimed, now)
    first = clinic.sink.letters[0].attempt_id
    clinic.receipt(State.DELIVERED, now.isoformat(), attempt_id=first)
    apply_receipts(clinic.app, now)
    assert pass_gate(clinic.app, lease, ready, now).passed == []
    assert clinic.states()["hello"] == "delivered"


def test_a_visit_moved_and_then_cancelled_is_not_announced_although_everything_had_gone(clinic: World) -> None:
    clinic.publish(REMINDERS)
    clinic.tell(a_booking("2026-06-11 10:00"))
    for time_ in ("2026-06-01 09:01", "2026-06-08 10:00", "2026-06-10 09:00", "2026-06-10 09:05"):
        clinic.tick(time_)
    clinic.tell(
        a_booking("2026-06-25 10:00", told_at="2026-06-10 12:00", kind="rescheduled"),
        an_event("appointment.cancelled", "2026-06-10 12:00:10"),
    )
    for time_ in ("2026-06-10 12:01", "2026-06-22 10:00", "2026-06-24 09:00"):
        clinic.tick(time_)
    assert len(clinic.sink.letters) == 2


@pytest.mark.parametrize(
    ("first", "evidence"),
    [(NotTaken(Reason.PROVIDER_DOWN), Evidence.CANNOT_TELL), (Unknown(), Evidence.DID_NOT_GO)],
    ids=["not taken", "unknown, and did not go"],
)
def test_a_follow_up_that_comes_back_after_its_visit_moved_waits_for_the_new_date(
    a_clinic: Callable[..., World], first: Outcome, evidence: Evidence
) -> None:
    clinic = a_clinic(sink=Sink(evidence=evidence))
    clinic.publish(FOLLOW_UP)
    clinic.tell(a_booking("2026-06-11 10:00"))
    clinic.tick("2026-06-01 09:01")

    def moved_meanwhile(_: Letter) -> Outcome:
        clinic.sink.answer = None
        clinic.tell(a_booking("2026-06-25 10:00", told_at="2026-06-12 09:59", kind="rescheduled"))
        apply_news(clinic.app, at("2026-06-12 10:00"))
        return first

    clinic.sink.answer = moved_meanwhile
    for minute in range(0, 60, 5):
        clinic.tick(f"2026-06-12 10:{minute:02d}")
    assert len(clinic.sink.letters) == 1
    assert [(one.state, one.due_at) for one in clinic.messages()] == [("planned", at("2026-06-26 10:00"))]
    clinic.tick("2026-06-26 10:00")
    assert clinic.states() == {"how": "accepted"}


def test_our_own_event_does_not_repeat_where_the_visit_was(clinic: World) -> None:
    clinic.publish(QUICK, LISTENS, REMINDERS)
    clinic.tell(a_booking("2026-06-11 10:00"))
    clinic.tick("2026-06-01 09:05")
    clinic.tell(a_booking("2026-06-18 10:00", told_at="2026-06-01 09:04:50", kind="rescheduled"))
    clinic.tick("2026-06-01 09:06")
    assert [one.due_at for one in clinic.messages() if one.step == "tomorrow"] == [at("2026-06-17 09:00")]


def test_a_visit_moved_to_an_earlier_hour_ends_its_reminders_at_that_hour(clinic: World) -> None:
    clinic.publish(REMINDERS)
    clinic.tell(a_booking("2026-06-11 17:00"))
    clinic.tick("2026-06-01 09:01")
    clinic.tell(a_booking("2026-06-11 10:00", told_at="2026-06-02 12:00", kind="rescheduled"))
    clinic.tick("2026-06-02 12:01")
    clinic.tick("2026-06-11 13:00")
    assert clinic.sink.letters == []


def test_a_corrected_treatment_time_moves_its_aftercare_instead_of_starting_another(clinic: World) -> None:
    aftercare = ADVICE.replace("appointment.attended", "treatment.performed").replace(
        "anchor: appointment", "anchor: treatment"
    )
    clinic.publish(aftercare)
    for number, hour in enumerate(("09:00", "10:30")):
        treatment = {"code": "eswt", "performed_at": at(f"2026-06-11 {hour}").isoformat()}
        clinic.tell(an_event("treatment.performed", f"2026-06-11 11:0{number}", treatment=treatment))
        clinic.tick(f"2026-06-11 11:0{number}")
    assert next((one.step, one.due_at) for one in clinic.messages()) == ("hello", at("2026-06-11 13:30"))
    assert len(clinic.messages()) == 3


def test_a_stop_counts_although_the_clocks_differ(clinic: World) -> None:
    clinic.reply("STOP", "2026-06-11 11:00")
    clinic.reply("START", "2026-06-11 12:00:05")
    assert clinic.reply("STOP", "2026-06-11 12:00:03")


def test_every_reply_is_read_even_two_at_once_and_from_a_stranger(clinic: World) -> None:
    for text in ("Who is this?", "Hello?"):
        clinic.reply(text, "2026-06-11 12:00", address="+447700900999")
    clinic.tick("2026-06-11 12:00")
    with clinic.store.read() as tx:
        assert [task.kind for task in records.open_tasks(tx)] == ["reply", "reply"]


def test_an_approval_reaches_a_worker_that_had_read_the_version_before(a_clinic: Callable[..., World]) -> None:
    worker, other = a_clinic(live=True), a_clinic(live=True)
    worker.publish(ADVICE.replace("approved_by: B. Reader", "approved_by: C. Claimed"))
    with worker.store.write() as tx:
        tx.connection.exec_driver_sql("UPDATE versions SET approved_by = ''")
    worker.tell(a_visit("2026-06-03 10:00"))
    worker.tick("2026-06-03 13:00")
    assert worker.states()["hello"] == "planned awaiting_approval"
    other.publish(ADVICE.replace("approved_by: B. Reader", "approved_by: C. Claimed"))
    worker.tick("2026-06-03 14:00")
    assert worker.states()["hello"] == "accepted"


def test_the_same_event_twice_in_one_file_counts_as_it_was_told_first(clinic: World) -> None:
    clinic.publish(REMINDERS)
    taken = clinic.tell(
        a_booking("2026-06-18 10:00", event_id="same"),
        an_event("appointment.cancelled", "2026-06-01 09:00", event_id="same"),
    )
    assert (taken.accepted, taken.duplicates) == (1, 1)
    clinic.tick("2026-06-01 10:00")
    assert {one.state for one in clinic.messages()} == {"planned"}


def test_a_reference_that_a_provider_gives_twice_stops_nothing(a_clinic: Callable[..., World]) -> None:
    clinic = a_clinic(sink=Sink(answer=lambda _: Accepted("the-same")))
    clinic.publish(ADVICE)
    clinic.tell(a_visit("2026-06-03 10:00"))
    clinic.tell(a_visit("2026-06-03 10:00", event_id="bo", patient={"ref": "p-2", "email": "bo@example.org"}))
    clinic.tick("2026-06-03 13:00")
    assert sorted(one.state for one in clinic.messages() if one.step == "hello") == ["accepted", "unknown"]


def test_a_move_beside_a_claim_is_not_lost(a_postgres_clinic: Callable[..., World]) -> None:
    clinic = a_postgres_clinic()
    clinic.publish(REMINDERS)
    clinic.tell(a_booking("2026-06-18 10:00"))
    clinic.tick("2026-06-01 10:00")
    clinic.tell(a_booking("2026-06-25 10:00", told_at="2026-06-15 09:59", kind="rescheduled"))
    now = at("2026-06-15 10:00")
    with clinic.store.write() as tx:  # the planner has read the rows, and has not written yet
        ids = [row.enrolment_id for row in tx.connection.execute(select(messages.c.enrolment_id))]
        plans.of_enrolments(tx, ids)
        with clinic.store.write() as other:
            assert outgoing.claim(other, a_lease(), now, 10) == []
    apply_news(clinic.app, now)
    assert [one.due_at for one in clinic.messages(state="planned")] == [at("2026-06-22 10:00"), at("2026-06-24 09:00")]


def test_taking_in_beside_ticking_never_gives_up(a_postgres_clinic: Callable[..., World]) -> None:
    clinic = a_postgres_clinic()
    clinic.publish(ADVICE)
    stop, problems = time.monotonic() + 3, []

    def run(work: Callable[[int], object]) -> None:
        number = 0
        try:
            while time.monotonic() < stop:
                work(number := number + 1)
        except Exception as problem:
            problems.append(problem)

    def ingest(worker: int) -> Callable[[int], object]:
        def some(number: int) -> object:
            who = [(number * 7 + step * (13 if worker else 11)) % 40 for step in range(30)]
            return clinic.tell(
                *(
                    a_visit("2026-06-11 10:00", event_id=f"{worker}-{number}-{n}-{p}", patient={"ref": f"p-{p}"})
                    for n, p in enumerate(who)
                )
            )

        return some

    works = [ingest(0), ingest(1), *[lambda _: tick(clinic.app, at("2026-06-11 13:00"))] * 2]
    threads = [threading.Thread(target=run, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert problems == []


def test_a_worker_whose_tick_fails_says_where_and_nothing_about_anyone(
    clinic: World, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fails(*_: Any, **__: Any) -> None:
        name = "Amina Shah"
        raise ValueError(f"{name} amina@example.org")

    monkeypatch.setattr(worker, "tick", fails)
    root, level = logging.getLogger(), logging.getLogger().level
    before = list(root.handlers)
    stop = threading.Event()
    thread = threading.Thread(target=worker.run, args=(clinic.app, stop))
    try:
        set_up_logs("text")
        thread.start()
        time.sleep(0.5)
        try:
            fails()
        except ValueError:
            logging.getLogger("apscheduler.executors").exception("Job raised")
    finally:
        stop.set()
        thread.join(10)
        root.handlers, root.level = before, level
    said = capsys.readouterr().err
    assert "a tick failed: ValueError" in said
    assert "Job raised" in said
    for canary in ("Amina", "Shah", "amina@example.org"):
        assert canary not in said


def test_a_chained_enrolment_still_ends_when_its_cause_is_told_otherwise(clinic: World) -> None:
    visit = FOLLOW_UP.replace("after: 1d", "before: 1d")
    chained = FOLLOW_UP.replace("sequence: follow-up", "sequence: chained").replace(
        "on: appointment.booked", "on: enrolment.ended, when: enrolment.sequence == 'follow-up'"
    )
    chained = chained.replace("anchor: appointment", "anchor: enrolled\nends: {on: [patient.discharged]}")
    clinic.publish(visit, chained)
    clinic.tell(a_booking("2026-06-18 10:00"), an_event("appointment.cancelled", "2026-06-02 10:00"))
    clinic.tick("2026-06-02 10:05")
    assert [one.sequence for one in clinic.messages(state="planned")] == ["chained"]
    clinic.tell(an_event("appointment.cancelled", "2026-06-02 09:59", event_id="told-again"))
    clinic.tick("2026-06-02 10:10")
    clinic.tell(an_event("patient.discharged", "2026-06-02 11:00"))
    clinic.tick("2026-06-02 11:05")
    clinic.tick("2026-06-03 10:00")
    assert clinic.sink.letters == []


def test_sequences_with_long_names_may_start_one_another(clinic: World) -> None:
    names = [f"{number}-{'long-name-' * 5}end" for number in range(5)]
    first = QUICK.replace("sequence: quick", f"sequence: {names[0]}")
    others = [
        QUICK.replace("sequence: quick", f"sequence: {name}").replace(
            "on: appointment.booked", f"on: enrolment.started, when: enrolment.sequence == '{before}'"
        )
        for before, name in pairwise(names)
    ]
    clinic.publish(first, *others)
    clinic.tell(a_booking("2026-06-18 10:00"))
    assert clinic.tick("2026-06-01 09:01").enrolled == 5


def test_a_programme_that_is_started_anew_on_another_day_moves_its_messages(clinic: World) -> None:
    programme = FOLLOW_UP.replace("appointment.booked", "programme.started").replace(
        "anchor: appointment", "anchor: programme"
    )
    clinic.publish(programme)
    for number, day in enumerate(("2026-06-15", "2026-06-22")):
        told = {"code": "loading", "starts_on": day}
        clinic.tell(an_event("programme.started", f"2026-06-01 09:0{number}", programme=told))
        clinic.tick(f"2026-06-01 09:0{number}")
    assert [one.due_at for one in clinic.messages()] == [at("2026-06-23 10:00")]
