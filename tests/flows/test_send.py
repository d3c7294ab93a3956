"""Due messages reach the provider once, or staff can see why not."""

import logging
import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from drip.app import Limits
from drip.clock import running
from drip.core.handover import Accepted, Evidence, Fault, NotTaken, Outcome, Refused, Unknown
from drip.core.letter import Letter
from drip.core.model import Channel
from drip.core.reason import Reason
from drip.flows import carry, record
from drip.flows.enrol import apply_news
from drip.flows.gate import pass_gate
from drip.flows.prepare import prepare
from drip.flows.receive import suppress
from drip.flows.send import send_batch
from drip.flows.sweep import sweep
from drip.store import addresses, outgoing, records, settling, versions
from drip.store.ids import new_id
from drip.store.outgoing import Lease
from tests.world import ADVICE, CLINIC, REMINDERS, Sink, World, a_booking, a_visit, an_event, at

DAILY = """
sequence: daily
title: A text a day
purpose: care
kind: education
enrol: {on: appointment.attended}
anchor: appointment
steps:
  - {id: text, after: 1d, at: "10:00", every: 1d, times: 14, sms: text, expires: 6d}
review: {author: A. Writer, approved_by: B. Reader, review_due: 2037-01-01}
"""

EITHER = """
sequence: either
title: By email, else by text
purpose: care
kind: education
enrol: {on: appointment.attended}
anchor: appointment
steps:
  - {id: one, after: 3h, email: one, sms: one, send: email_then_sms}
review: {author: A. Writer, approved_by: B. Reader, review_due: 2037-01-01}
"""

SAFETY = ADVICE.replace("purpose: care", "purpose: safety").replace("sequence: advice", "sequence: safety")


def due(clinic: World, sequence: str = ADVICE, **patient: Any) -> None:
    """Amina came on Thursday at ten; her first message is due at one o'clock."""
    clinic.publish(sequence)
    clinic.tell(a_visit("2026-06-11 10:00", patient=patient))
    clinic.tick("2026-06-11 10:31")


def test_a_message_goes_at_its_time_and_only_once(clinic: World) -> None:
    due(clinic)
    for time in ("2026-06-11 12:59", "2026-06-11 13:00", "2026-06-11 13:00", "2026-06-11 13:05"):
        clinic.tick(time)
    assert clinic.heard() == [("amina@example.org", "About hello")]


@pytest.mark.parametrize(
    ("patient", "becomes"),
    [
        ({"email": None}, "skipped no_address"),
        ({"consent": {"care": {"email": False}}}, "skipped no_consent"),
        ({"date_of_birth": "2015-01-01"}, "skipped under_age"),
        ({"email": "nobody"}, "skipped no_address"),
    ],
    ids=["no address", "no consent", "a child without a carer", "an address that cannot be read"],
)
def test_a_message_that_may_not_go_says_why(clinic: World, patient: dict[str, Any], becomes: str) -> None:
    due(clinic, **patient)
    clinic.tick("2026-06-11 13:00")
    assert clinic.states()["hello"] == becomes
    assert clinic.sink.letters == []


def test_a_childs_messages_go_to_the_carer(clinic: World) -> None:
    clinic.publish(ADVICE)
    carer = {"name": "Sam Shah", "relation": "parent", "phone": "+447700900124", "email": "sam@example.org"}
    clinic.tell(a_visit("2026-06-11 10:00", patient={"date_of_birth": "2015-01-01"}, contact=carer))
    clinic.tick("2026-06-11 13:00")
    assert clinic.heard() == [("sam@example.org", "About hello")]


def test_an_address_changed_after_planning_is_the_one_that_is_used(clinic: World) -> None:
    due(clinic)
    clinic.tell(an_event("patient.updated", "2026-06-11 12:00", patient={"email": "new@example.org"}))
    clinic.tick("2026-06-11 13:00")
    assert clinic.heard() == [("new@example.org", "About hello")]


def test_nothing_goes_outside_the_window_even_after_an_outage(clinic: World) -> None:
    due(clinic)
    clinic.tick("2026-06-11 23:00")
    assert clinic.sink.letters == []
    assert clinic.states()["hello"] == "planned window"
    assert clinic.tick("2026-06-12 08:00").accepted == 1


def test_what_is_too_late_expires(clinic: World) -> None:
    due(clinic)
    clinic.tick("2026-06-17 10:00")
    assert clinic.states() == {"hello": "expired expired", "nudge": "expired expired", "later": "planned"}


def test_no_more_than_one_text_a_day_and_three_a_week(clinic: World) -> None:
    due(clinic, DAILY)
    days = ("2026-06-12", "2026-06-15", "2026-06-16", "2026-06-17", "2026-06-18", "2026-06-19", "2026-06-22")
    went = {day: clinic.tick(f"{day} 10:00").accepted for day in days}
    assert went == {
        "2026-06-12": 1, "2026-06-15": 1, "2026-06-16": 1,
        "2026-06-17": 0, "2026-06-18": 0, "2026-06-19": 1, "2026-06-22": 1,
    }  # fmt: skip
    assert "merged" in {one.reason for one in clinic.messages()}


def test_safety_messages_are_not_held_back_by_caps(a_clinic: Callable[..., World]) -> None:
    strict = "caps: {sms_per_day: 1, sms_per_week: 1, email_per_day: 1, email_per_week: 1}\n"
    clinic = a_clinic(clinic=CLINIC + strict)
    clinic.publish(ADVICE, SAFETY)
    clinic.tell(a_visit("2026-06-11 10:00"))
    clinic.tick("2026-06-11 13:00")
    purposes = [(one.purpose, one.state) for one in clinic.messages() if one.step == "hello"]
    assert sorted(purposes) == [("care", "accepted"), ("safety", "accepted")]


def test_a_paused_sequence_waits_with_the_reason_and_goes_on(clinic: World) -> None:
    due(clinic)
    with clinic.store.write() as tx:
        versions.pause(tx, "sequence:advice", "a typo", at("2026-06-11 12:00"))
    clinic.tick("2026-06-11 13:00")
    assert clinic.states()["hello"] == "planned paused"
    with clinic.store.write() as tx:
        versions.resume(tx, "sequence:advice")
        settling.wake(tx, Reason.PAUSED, "advice")
    assert clinic.tick("2026-06-11 13:01").accepted == 1


def test_a_stop_closes_the_address_for_everyone_who_is_reached_there(clinic: World) -> None:
    clinic.publish(ADVICE)
    clinic.tell(a_visit("2026-06-11 10:00"))
    clinic.tell(a_visit("2026-06-11 10:00", event_id="second", patient={"ref": "p-2", "first_name": "Bilal"}))
    clinic.tick("2026-06-11 10:31")
    clinic.reply("STOP", "2026-06-11 20:00")
    clinic.tick("2026-06-12 10:00")
    states = [(one.patient, one.state, one.reason) for one in clinic.messages() if one.step == "nudge"]
    assert sorted(states) == [
        ("p-1", "suppressed", "suppressed_by_patient"),
        ("p-2", "suppressed", "suppressed_by_patient"),
    ]


def test_an_old_start_replayed_after_a_stop_changes_nothing(clinic: World) -> None:
    due(clinic)
    clinic.reply("stop", "2026-06-11 20:00")
    assert not clinic.reply("START", "2026-06-11 19:00")
    clinic.tick("2026-06-12 10:00")
    assert clinic.states()["nudge"] == "suppressed suppressed_by_patient"
    assert clinic.reply("START", "2026-06-12 19:00")


def test_a_patients_start_does_not_reopen_an_address_that_bounced(clinic: World) -> None:
    suppress(clinic.app, "amina@example.org", Reason.BOUNCED, at("2026-06-11 09:00"))
    assert not clinic.reply("start", "2026-06-12 09:00", address="amina@example.org")


def test_a_bare_cancel_stops_texts_and_asks_a_person(clinic: World) -> None:
    due(clinic)
    assert clinic.reply("CANCEL", "2026-06-11 20:00")
    clinic.reply("Can I move my visit?", "2026-06-11 20:01")
    clinic.tick("2026-06-11 20:01")
    with clinic.store.read() as tx:
        assert [task.kind for task in records.open_tasks(tx)] == ["reply", "reply"]


def test_a_stop_between_claim_and_gate_wins(clinic: World) -> None:
    due(clinic)
    now, lease = at("2026-06-12 10:00"), Lease(owner="w", token=new_id(), length=timedelta(seconds=120))
    clinic.tick("2026-06-11 13:00")
    with clinic.store.write() as tx:
        claimed = outgoing.claim(tx, lease, now, 10)
    ready, _ = prepare(clinic.app, claimed, now)
    clinic.reply("STOP", "2026-06-12 10:00")
    assert pass_gate(clinic.app, lease, ready, now).passed == []
    clinic.tick("2026-06-12 10:01")
    assert clinic.states()["nudge"] == "suppressed suppressed_by_patient"


def test_news_between_preparing_and_gate_makes_the_words_again(clinic: World) -> None:
    due(clinic)
    now, lease = at("2026-06-11 13:00"), Lease(owner="w", token=new_id(), length=timedelta(seconds=120))
    with clinic.store.write() as tx:
        claimed = outgoing.claim(tx, lease, now, 10)
    ready, _ = prepare(clinic.app, claimed, now)
    clinic.tell(an_event("patient.updated", "2026-06-11 12:59", patient={"first_name": "Aminah"}))
    clinic.tick("2026-06-11 12:59")  # another worker applies the news
    assert pass_gate(clinic.app, lease, ready, now).passed == []
    clinic.tick("2026-06-11 13:00")
    (letter,) = clinic.sink.letters
    assert "Hello Aminah." in letter.words.text


def test_a_move_between_claim_and_gate_takes_the_message_away_from_the_worker(clinic: World) -> None:
    clinic.publish(REMINDERS)
    clinic.tell(a_booking("2026-06-18 10:00"))
    clinic.tick("2026-06-01 10:00")
    now, lease = at("2026-06-15 10:00"), Lease(owner="w", token=new_id(), length=timedelta(seconds=120))
    with clinic.store.write() as tx:
        claimed = outgoing.claim(tx, lease, now, 10)
    ready, _ = prepare(clinic.app, claimed, now)
    clinic.tell(a_booking("2026-06-25 10:00", told_at="2026-06-15 09:59", kind="rescheduled"))
    clinic.tick("2026-06-15 09:59")
    assert pass_gate(clinic.app, lease, ready, now).passed == []
    first = clinic.messages(state="planned")[0]
    assert (first.step, first.due_at) == ("prepare", at("2026-06-22 10:00"))


def test_two_gates_at_once_let_one_through_under_a_cap_of_one(a_postgres_clinic: Callable[..., World]) -> None:
    clinic = a_postgres_clinic()
    clinic.publish(ADVICE, ADVICE.replace("sequence: advice", "sequence: second"))
    clinic.tell(a_visit("2026-06-11 10:00"))
    clinic.tick("2026-06-11 10:31")
    now = at("2026-06-11 13:00")
    prepared = []
    for _ in range(2):
        lease = Lease(owner="w", token=new_id(), length=timedelta(seconds=120))
        with clinic.store.write() as tx:
            claimed = outgoing.claim(tx, lease, now, 1)
        prepared.append((lease, prepare(clinic.app, claimed, now)[0]))
    together, passed = threading.Barrier(2), []

    def gate(lease: Lease, ready: Any) -> None:
        together.wait()
        passed.extend(pass_gate(clinic.app, lease, ready, now).passed)

    threads = [threading.Thread(target=gate, args=one) for one in prepared]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(passed) == 1


def test_a_stop_that_commits_beside_the_gate_is_before_it_or_after_it(a_postgres_clinic: Callable[..., World]) -> None:
    clinic = a_postgres_clinic()
    due(clinic)
    clinic.tick("2026-06-11 13:00")
    now, lease = at("2026-06-12 10:00"), Lease(owner="w", token=new_id(), length=timedelta(seconds=120))
    with clinic.store.write() as tx:
        claimed = outgoing.claim(tx, lease, now, 10)
    ready, _ = prepare(clinic.app, claimed, now)
    with clinic.store.write() as tx:  # the STOP has the address's lock, and has not committed yet
        addresses.close_one(tx, Channel.SMS, "+447700900123", Reason.SUPPRESSED_BY_PATIENT, now)
        passed: list[Any] = []
        gate = threading.Thread(target=lambda: passed.append(pass_gate(clinic.app, lease, ready, now)))
        gate.start()
        gate.join(0.3)
        assert gate.is_alive(), "the gate must wait for the STOP"
    gate.join()
    assert passed[0].passed == []


def test_four_workers_hand_over_every_message_once(a_postgres_clinic: Callable[..., World]) -> None:
    clinic = a_postgres_clinic(limits=Limits(batch=20))
    clinic.publish(ADVICE)
    visits = (
        a_visit("2026-06-11 10:00", event_id=f"e-{n}", patient={"ref": f"p-{n}", "email": f"p{n}@example.org"})
        for n in range(200)
    )
    clinic.tell(*visits)
    clinic.tick("2026-06-11 10:31")

    def work() -> None:
        while send_batch(clinic.app, at("2026-06-11 13:00")):
            pass

    workers = [threading.Thread(target=work) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    addresses = [letter.to for letter in clinic.sink.letters]
    assert len(addresses) == len(set(addresses)) == 200


def answering(*answers: Outcome) -> Sink:
    """A provider that gives these answers, then accepts."""
    left = list(answers)
    return Sink(answer=lambda letter: left.pop(0) if left else Accepted(f"ref-{letter.attempt_id}"))


def test_what_was_not_taken_is_tried_again_later(a_clinic: Callable[..., World]) -> None:
    clinic = a_clinic(sink=answering(NotTaken(Reason.RATE_LIMITED, timedelta(minutes=2))))
    due(clinic)
    assert clinic.tick("2026-06-11 13:00").not_taken == 1
    assert clinic.states()["hello"] == "planned rate_limited"
    assert clinic.tick("2026-06-11 13:01").claimed == 0
    assert clinic.tick("2026-06-11 13:02").accepted == 1
    assert [one.attempts for one in clinic.messages() if one.step == "hello"] == [2]


def test_a_refused_address_turns_to_the_other_channel_once(a_clinic: Callable[..., World]) -> None:
    clinic = a_clinic(sink=answering(Refused(Fault.ADDRESS), Refused(Fault.ADDRESS)))
    due(clinic, EITHER)
    clinic.tick("2026-06-11 13:00")
    assert [letter.channel for letter in clinic.sink.letters] == [Channel.EMAIL, Channel.SMS]
    assert clinic.states() == {"one": "failed address_refused"}


def test_a_step_by_email_else_text_goes_by_text_to_someone_without_email(clinic: World) -> None:
    due(clinic, EITHER, email=None)
    clinic.tick("2026-06-11 13:00")
    assert clinic.heard() == [("+447700900123", "Amina, Harbour Clinic here: one")]


def test_refused_words_are_invalid_and_stay_so(a_clinic: Callable[..., World]) -> None:
    clinic = a_clinic(sink=answering(Refused(Fault.CONTENT)))
    due(clinic)
    clinic.tick("2026-06-11 13:00")
    clinic.tick("2026-06-11 14:00")
    assert clinic.states()["hello"] == "invalid content_refused"
    assert len(clinic.sink.letters) == 1


def test_a_refused_account_pauses_the_provider_and_burns_no_attempt(a_clinic: Callable[..., World]) -> None:
    clinic = a_clinic(sink=answering(Refused(Fault.ACCOUNT)))
    due(clinic)
    clinic.tick("2026-06-11 13:00")
    assert [(one.state, one.reason, one.attempts) for one in clinic.messages() if one.step == "hello"] == [
        ("planned", "account_refused", 0)
    ]
    with clinic.store.read() as tx:
        assert "provider:sink" in versions.paused(tx)
    clinic.tick("2026-06-11 14:00")
    assert len(clinic.sink.letters) == 1


@pytest.mark.parametrize("mistake", [Unknown("reset"), None], ids=["an answer that says nothing", "an exception"])
def test_an_unknown_outcome_is_never_simply_sent_again(a_clinic: Callable[..., World], mistake: Outcome | None) -> None:
    def answer(letter: Letter) -> Outcome:
        if mistake is None:
            raise RuntimeError(letter.to)
        return mistake

    clinic = a_clinic(sink=Sink(answer=answer))
    due(clinic)
    assert clinic.tick("2026-06-11 13:00").unknown == 1
    assert clinic.states()["hello"] == "unknown unresolved"
    clinic.tick("2026-06-11 13:05")
    assert clinic.tick("2026-06-11 13:10").held == 1
    clinic.tick("2026-06-11 15:00")
    assert clinic.states()["hello"] == "held unresolved"
    assert len(clinic.sink.letters) == 1


def test_evidence_that_it_went_settles_an_unknown(a_clinic: Callable[..., World]) -> None:
    clinic = a_clinic(sink=Sink(answer=lambda _: Unknown(), evidence=Evidence.WENT))
    due(clinic)
    clinic.tick("2026-06-11 13:00")
    assert clinic.tick("2026-06-11 13:10").accepted == 1
    assert clinic.states()["hello"] == "accepted"


def test_only_evidence_seen_twice_that_it_did_not_go_sends_it_again(a_clinic: Callable[..., World]) -> None:
    sink = answering(Unknown())
    sink.evidence = Evidence.DID_NOT_GO
    clinic = a_clinic(sink=sink)
    due(clinic)
    clinic.tick("2026-06-11 13:00")
    clinic.tick("2026-06-11 13:10")
    assert clinic.states()["hello"] == "unknown unresolved"
    clinic.tick("2026-06-11 13:20")
    assert clinic.states()["hello"] == "accepted"
    assert len(clinic.sink.letters) == 2


def test_a_claim_whose_worker_is_gone_goes_back_and_a_hand_over_becomes_unknown(clinic: World) -> None:
    due(clinic)
    gone = Lease(owner="gone", token=new_id(), length=timedelta(seconds=-1))
    with clinic.store.write() as tx:
        outgoing.claim(tx, gone, at("2026-06-11 13:00"), 10)
    assert sweep(clinic.app, at("2026-06-11 13:01")).freed == 1
    with clinic.store.write() as tx:
        claimed = outgoing.claim(tx, gone, at("2026-06-11 13:00"), 10)
    ready, _ = prepare(clinic.app, claimed, at("2026-06-11 13:00"))
    assert len(pass_gate(clinic.app, gone, ready, at("2026-06-11 13:00")).passed) == 1
    assert sweep(clinic.app, at("2026-06-11 13:01")).doubted == 1
    assert clinic.states()["hello"] == "unknown unresolved"


def test_a_worker_that_slept_past_its_deadline_does_not_call(clinic: World, monkeypatch: pytest.MonkeyPatch) -> None:
    due(clinic)
    monkeypatch.setattr(carry, "running", lambda: running() + 31)
    send_batch(clinic.app, at("2026-06-11 13:00"))
    assert clinic.sink.letters == []
    assert clinic.states()["hello"] == "planned not_called"


def test_a_template_that_fails_for_one_patient_spoils_that_message_only(
    clinic: World, caplog: pytest.LogCaptureFixture
) -> None:
    source = "---\nsubject: Hello\npreheader: A note\n---\nYour side: {{ patient.side }}.\n"
    clinic.sources["advice/hello.email.md"] = source
    clinic.publish(ADVICE)
    clinic.tell(a_visit("2026-06-11 10:00", patient={"attributes": {"side": "left"}}))
    clinic.tell(a_visit("2026-06-11 10:00", event_id="bo", patient={"ref": "p-2", "email": "bo@example.org"}))
    with caplog.at_level(logging.INFO):
        counts = clinic.tick("2026-06-11 13:00")
    assert (counts.accepted, counts.invalid) == (1, 1)
    assert "bo@example.org" not in caplog.text
    states = {one.patient: (one.state, one.reason) for one in clinic.messages() if one.step == "hello"}
    assert states == {"p-1": ("accepted", ""), "p-2": ("invalid", "template_error")}


def test_what_the_provider_said_is_written_down_even_if_the_database_stumbles(
    clinic: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    due(clinic)
    real, stumbles = settling.settle, [1, 2]

    def settle(*given: Any, **more: Any) -> None:
        if stumbles:
            stumbles.pop()
            raise OSError("gone for a moment")
        real(*given, **more)

    monkeypatch.setattr(settling, "settle", settle)
    monkeypatch.setattr(record, "RETRY_SETTLING", 0.0)
    assert clinic.tick("2026-06-11 13:00").accepted == 1
    assert clinic.states()["hello"] == "accepted"


def test_safety_words_that_cannot_reach_a_patient_become_a_task(clinic: World) -> None:
    due(clinic, SAFETY, email=None)
    clinic.tick("2026-06-11 13:00")
    with clinic.store.read() as tx:
        assert [task.kind for task in records.open_tasks(tx)] == ["safety_not_reached"]


def test_until_live_only_the_allow_list_is_reached_by_real_providers(a_clinic: Callable[..., World]) -> None:
    clinic = a_clinic(sink=Sink(reaches_people=True), allow_list=frozenset({"staff@example.org"}))
    clinic.publish(ADVICE)
    clinic.tell(a_visit("2026-06-11 10:00"))
    clinic.tell(a_visit("2026-06-11 10:00", event_id="s", patient={"ref": "p-2", "email": "staff@example.org"}))
    clinic.tick("2026-06-11 13:00")
    assert clinic.heard() == [("staff@example.org", "About hello")]
    assert {one.reason for one in clinic.messages(state="skipped")} == {"not_allow_listed"}


def test_live_or_not_a_number_made_for_drama_is_never_handed_to_a_real_provider(a_clinic: Callable[..., World]) -> None:
    clinic = a_clinic(sink=Sink(reaches_people=True), live=True)
    due(clinic)
    clinic.tick("2026-06-12 10:00")
    assert clinic.states()["nudge"] == "skipped not_allow_listed"


def test_names_and_addresses_never_reach_the_logs(clinic: World, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG, logger="drip"):
        due(clinic)
        clinic.tick("2026-06-11 13:00")
        clinic.reply("STOP", "2026-06-11 20:00")
        clinic.tick("2026-06-12 10:00")
    for canary in ("Amina", "Shah", "amina@example.org", "447700900123"):
        assert canary not in caplog.text
        assert canary not in repr(clinic.sink.letters)


@pytest.mark.parametrize(
    ("sequence", "state", "asked"),
    [(ADVICE, "planned review_due", "review_due"), (SAFETY, "accepted", "safety_fell_back")],
    ids=["care waits", "safety goes"],
)
def test_content_past_its_review_date_waits_but_safety_goes_with_an_alarm(
    clinic: World, sequence: str, state: str, asked: str
) -> None:
    due(clinic, sequence.replace("2037-01-01", "2026-06-10"))
    clinic.tick("2026-06-11 13:00")
    assert clinic.states()["hello"] == state
    with clinic.store.read() as tx:
        assert [task.kind for task in records.open_tasks(tx)] == [asked]


def test_while_live_only_approved_words_go(a_clinic: Callable[..., World]) -> None:
    clinic = a_clinic(live=True)
    clinic.publish(ADVICE.replace("B. Reader", "awaiting"))
    clinic.tell(a_visit("2026-06-11 10:00"))
    clinic.tick("2026-06-11 13:00")
    assert clinic.states()["hello"] == "planned awaiting_approval"
    assert clinic.sink.letters == []


def test_after_three_rounds_without_a_trace_a_person_decides(a_clinic: Callable[..., World]) -> None:
    clinic = a_clinic(sink=Sink(answer=lambda _: Unknown(), evidence=Evidence.DID_NOT_GO))
    due(clinic)
    for minutes in range(0, 200, 5):
        clinic.tick(f"2026-06-11 {13 + minutes // 60}:{minutes % 60:02d}")
    assert clinic.states()["hello"] == "held unresolved"
    assert len(clinic.sink.letters) == 3


def test_a_patient_whom_the_provider_knows_to_have_said_stop_is_not_tried_again(a_clinic: Callable[..., World]) -> None:
    clinic = a_clinic(sink=answering(Refused(Fault.OPTED_OUT)))
    due(clinic)
    clinic.tick("2026-06-11 13:00")
    clinic.tick("2026-06-18 09:30")
    assert clinic.states()["later"] == "suppressed suppressed_by_patient"


def test_a_reminder_that_comes_back_after_its_visit_moved_is_not_sent_beside_the_new_one(
    a_clinic: Callable[..., World],
) -> None:
    clinic = a_clinic()
    clinic.publish(REMINDERS)
    clinic.tell(a_booking("2026-06-18 10:00"))
    clinic.tick("2026-06-01 10:00")

    def moved_meanwhile(letter: Letter) -> Outcome:
        clinic.sink.answer = None
        clinic.tell(a_booking("2026-06-19 10:00", told_at="2026-06-15 09:59", kind="rescheduled"))
        apply_news(clinic.app, at("2026-06-15 10:00"))
        return NotTaken(Reason.RATE_LIMITED)

    clinic.sink.answer = moved_meanwhile
    for time in ("2026-06-15 10:00", "2026-06-15 10:05", "2026-06-16 10:00"):
        clinic.tick(time)
    rows = [(one.step, one.state, one.reason) for one in clinic.messages() if one.step == "prepare"]
    assert sorted(rows) == [("prepare", "accepted", ""), ("prepare", "superseded", "appointment_moved")]


def test_a_steroid_injection_holds_loading_exercises_back_for_two_weeks(clinic: World) -> None:
    loading = ADVICE.replace("kind: education", "kind: loading").replace("sequence: advice", "sequence: load")
    clinic.publish(loading)
    clinic.tell(a_visit("2026-06-11 10:00", patient={"attributes": {"subtype": "insertional"}}))
    treatment = {"code": "steroid_injection", "performed_at": at("2026-06-11 12:00").isoformat()}
    clinic.tell(an_event("treatment.performed", "2026-06-11 12:00", treatment=treatment))
    clinic.tick("2026-06-11 13:00")
    assert clinic.states()["hello"] == "planned interlock"
    assert clinic.sink.letters == []
