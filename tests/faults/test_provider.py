"""Providers that misbehave: what each fault comes to, with the real adapters against the sandbox, on both databases."""

import base64
import json
import socket
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from itertools import permutations
from pathlib import Path
from typing import Any, TypeAlias
from urllib.parse import urlencode

import pytest
import urllib3
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from sqlalchemy import func, select
from twilio.request_validator import RequestValidator

from drip.clock import running
from drip.core.handover import Accepted, NotTaken, Outcome
from drip.core.letter import Letter
from drip.core.lifecycle import State
from drip.core.model import Channel
from drip.core.reason import Reason
from drip.flows.decide import By, Decision, decide, held_messages
from drip.flows.receive import apply_receipts
from drip.sandbox.account import Account
from drip.store import records, settling, versions
from drip.store.inbox_schema import receipts
from drip.store.schema import attempts
from tests.faults.audit import audit
from tests.faults.deployment import AUTH_TOKEN, Deployment
from tests.faults.unhurt import due as due_at
from tests.faults.unhurt import failing_over, standing, told_otherwise
from tests.world import ADVICE, CLINIC, Sink, World, a_booking, a_visit

EMAIL, SMS = Channel.EMAIL, Channel.SMS
DELIVERED = ["delivered"] * 3
SILENT = {"send": "off"}
"""Messages arrive, and nobody is told."""

Due: TypeAlias = Callable[..., AbstractContextManager[Deployment]]


@pytest.fixture
def due(database_url: str, tmp_path: Path) -> Due:
    """`with due(...) as deployment:` three patients are to hear from the clinic now; what goes wrong is scripted."""
    return partial(due_at, database_url, tmp_path)


def calls(deployment: Deployment, provider: str = "twilio") -> int:
    """How often a provider was asked to take something."""
    return sum(number for (name, _), number in deployment.sandbox.ledger.calls().items() if name == provider)


def everyone_heard_once(deployment: Deployment) -> bool:
    """Every message went, exactly once, and the database knows it."""
    found = audit(deployment)
    assert found.is_clean, found
    return found.went == found.messages


def paused(deployment: Deployment) -> set[str]:
    """What is paused."""
    with deployment.world.store.read() as tx:
        return set(versions.paused(tx))


def tasks(deployment: Deployment) -> list[str]:
    """What staff are asked."""
    with deployment.world.store.read() as tx:
        return sorted(task.kind for task in records.open_tasks(tx))


def answers(deployment: Deployment, provider: str = "twilio") -> Counter[str]:
    """What a provider answered to our calls, as it was written down."""
    with deployment.world.store.read() as tx:
        query = select(attempts.c.outcome).where(attempts.c.provider == provider)
        return Counter(tx.connection.execute(query).scalars())


def inbox(deployment: Deployment) -> dict[str, int]:
    """How many receipts are in which state."""
    with deployment.world.store.read() as tx:
        query = select(receipts.c.state, func.count()).group_by(receipts.c.state)
        return {row[0]: row[1] for row in tx.connection.execute(query)}


@pytest.mark.parametrize(
    ("fault", "asked_for"), [("429", 20), ("429_no_retry_after", 0.1)], ids=["it says for how long", "it does not"]
)
def test_f29_after_a_429_that_provider_is_left_alone_and_nothing_is_lost(
    due: Due, fault: str, asked_for: float
) -> None:
    with due(retry_after=asked_for * 60, first={"twilio": [fault] * 3}) as deployment:
        deployment.tick()
        assert set(standing(deployment, SMS)) == {"planned rate_limited"}
        assert answers(deployment, "sendgrid") == {"accepted": 3}
        deployment.later(max(asked_for - 1, 0.01))
        deployment.tick()
        assert calls(deployment) == 3, "called again before the time that it asked for"
        deployment.later(3)
        deployment.tick()
        assert everyone_heard_once(deployment)


@pytest.mark.parametrize("fault", ["500", "503"])
def test_f30_a_500_that_was_not_accepted_goes_once_when_the_list_does_not_know_it(due: Due, fault: str) -> None:
    with due(first={"twilio": [fault]}) as deployment:
        deployment.tick()
        deployment.later(9)
        deployment.tick()
        assert standing(deployment, SMS).count("unknown unresolved") == 1, "sent again before it could settle"
        deployment.recover()
        assert everyone_heard_once(deployment)
        assert calls(deployment) == 4


def test_f30_without_a_list_a_person_decides_and_it_goes_once(due: Due) -> None:
    with due(first={"sendgrid": ["500"]}) as deployment:
        deployment.tick()
        for minutes in (11, 11):
            deployment.later(minutes)
            deployment.tick()
        assert standing(deployment, EMAIL).count("unknown unresolved") == 1, "nothing later was heard of yet"
        deployment.world.tell(a_visit("2026-06-11 10:52", patient={"ref": "p-9"}))
        deployment.tick()
        deployment.recover()
        assert standing(deployment, EMAIL).count("held unresolved") == 1
        assert tasks(deployment) == ["held"]
        with deployment.world.store.read() as tx:
            (held,) = held_messages(tx)
        assert decide(deployment.world.app, held.message_id, Decision.AGAIN, By(name="A. Person"), deployment.now)
        deployment.tick()
        assert everyone_heard_once(deployment)
        assert calls(deployment, "sendgrid") == 5


def test_f31_a_500_that_was_accepted_is_never_sent_again(due: Due) -> None:
    with due(faults={"accept_then_500": 1}) as deployment:
        deployment.tick()
        assert answers(deployment) == answers(deployment, "sendgrid") == {"unknown": 3}
        deployment.later(1)
        deployment.tick()
        assert standing(deployment, SMS) == standing(deployment, EMAIL) == DELIVERED
        assert everyone_heard_once(deployment)


def test_f31_without_receipts_the_list_tells_that_it_went(due: Due) -> None:
    with due(receipts=SILENT, twilio={"faults": {"accept_then_500": 1}}) as deployment:
        deployment.tick()
        deployment.later(11)
        deployment.tick()
        assert standing(deployment, SMS) == ["accepted"] * 3
        assert everyone_heard_once(deployment)


def test_f31_what_nobody_can_tell_is_held_and_not_sent_again(due: Due) -> None:
    listing = {"state": "down"}
    with due(receipts=SILENT, faults={"accept_then_500": 1}, list=listing) as deployment:
        deployment.tick()
        for minutes in (11, 60, 24 * 60, 24 * 60):
            deployment.later(minutes)
            deployment.tick()
        assert set(standing(deployment, SMS) + standing(deployment, EMAIL)) == {"held unresolved"}
        assert tasks(deployment) == ["held"] * 6
        assert calls(deployment) == calls(deployment, "sendgrid") == 3


@pytest.mark.parametrize("receipts", [{}, SILENT], ids=["by receipt", "by the list"])
def test_f32_an_answer_that_never_comes_is_no_reason_to_send_again(due: Due, receipts: dict[str, str]) -> None:
    with due(deadline=0.4, receipts=receipts, twilio={"faults": {"accept_then_hang": 1}}) as deployment:
        deployment.tick()
        assert answers(deployment) == {"unknown": 3}
        deployment.later(11)
        deployment.tick()
        assert everyone_heard_once(deployment)
        assert calls(deployment) == 3


@pytest.mark.parametrize("scheme", ["http", "https"], ids=["nobody listens", "no TLS is to be had"])
def test_f33_a_provider_that_cannot_be_reached_is_left_alone_after_five_calls(due: Due, scheme: str) -> None:
    with due(patients=9, concurrency=1, clinic=CLINIC + "alerts: {email: [boss@example.org]}\n") as deployment:
        away = nobody() if scheme == "http" else deployment.sandbox.url.replace("http:", "https:")
        told_otherwise(deployment, TWILIO_API_BASE=away)
        deployment.tick()
        assert answers(deployment) == {"not_taken": 5}
        assert {one.split()[0] for one in standing(deployment, SMS)} == {"planned"}
        deployment.later(0.25)
        deployment.tick()
        assert answers(deployment) == {"not_taken": 5}, "nothing is tried while it is left alone"
        told_otherwise(deployment)
        deployment.later(90)
        deployment.tick()
        deployment.later(1)
        deployment.tick()
        alerts = [one.text for one in deployment.sandbox.ledger.of_address("boss@example.org")]
        assert any("twilio is not called" in words for words in alerts)
        texts = [one for one in standing(deployment, SMS) if not one.startswith("skipped")]  # of whom has only an email
        assert texts == ["delivered"] * 9


def nobody() -> str:
    """An address on this machine where nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as door:
        return f"http://127.0.0.1:{door.getsockname()[1]}"


def test_f34_a_connection_cut_at_any_byte_is_unknown_and_comes_to_one_message(due: Due) -> None:
    places = [1, 40, 200, 400, 600]
    with due(patients=len(places), concurrency=2, receipts=SILENT) as deployment:
        with cutting(deployment.sandbox.url, places) as url:
            told_otherwise(deployment, TWILIO_API_BASE=url)
            deployment.tick()
            assert standing(deployment, SMS) == ["unknown unresolved"] * len(places)
            for _ in range(4):
                deployment.later(11)
                deployment.tick()
        assert standing(deployment, SMS) == ["accepted"] * len(places)
        assert len([one for one in deployment.sandbox.ledger.entries() if one.provider == "twilio"]) == len(places)


@contextmanager
def cutting(url: str, places: list[int]) -> Iterator[str]:
    """A way to a server that is cut at these bytes, one connection after the other, and then whole."""
    left, host = list(places), ("127.0.0.1", int(url.rpartition(":")[2]))
    door = socket.create_server(("127.0.0.1", 0))

    def carry(near: socket.socket, most: int | None) -> None:
        with near:
            if most is not None:
                passed = b""
                while len(passed) < most and (piece := near.recv(most - len(passed))):
                    passed += piece
                near.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
                return
            with socket.create_connection(host) as far:
                back = threading.Thread(target=pump, args=(far, near))
                back.start()
                pump(near, far)
                back.join()

    def welcome() -> None:
        while True:
            try:
                near, _ = door.accept()
            except OSError:
                return
            most = left.pop(0) if left else None
            threading.Thread(target=carry, args=(near, most), daemon=True).start()

    threading.Thread(target=welcome, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{door.getsockname()[1]}"
    finally:
        door.shutdown(socket.SHUT_RDWR)
        door.close()


def pump(source: socket.socket, to: socket.socket) -> None:
    """Everything that one side says."""
    try:
        while piece := source.recv(65_536):
            to.sendall(piece)
        to.shutdown(socket.SHUT_WR)
    except OSError:
        return


def test_f35_while_a_provider_is_slow_the_database_is_free_and_the_other_channel_goes_on(due: Due) -> None:
    with due(twilio={"faults": {"delay": 1}, "delay": 1.0}) as deployment, ThreadPoolExecutor(1) as elsewhere:
        worker = elsewhere.submit(deployment.tick)
        waiting_for(lambda: answers(deployment, "sendgrid") == {"accepted": 3})
        asked_at = running()
        with deployment.world.store.write():
            pass
        assert running() - asked_at < 0.5
        assert standing(deployment, SMS) == ["in_flight"] * 3
        worker.result()
        assert answers(deployment) == {"accepted": 3}


def waiting_for(is_so: Callable[[], bool]) -> None:
    """Until something has come about in another thread."""
    until = running() + 10
    while not is_so():
        assert running() < until, "it did not come about"
        threading.Event().wait(0.02)


def test_f36_an_answer_that_drips_in_is_given_up_at_the_deadline(due: Due) -> None:
    with due(deadline=0.5, twilio={"faults": {"slow_drip": 1}, "drip": 0.1}) as deployment:
        began = running()
        deployment.tick()
        assert running() - began < 3
        assert answers(deployment) == {"unknown": 3}
        deployment.later(11)
        deployment.tick()
        assert everyone_heard_once(deployment)


def test_f37_a_success_without_a_reference_is_neither_success_nor_failure(due: Due) -> None:
    odd = ["bad_json", "two_xx_no_id", "accept_then_cut", "captive_portal"]
    with due(patients=4, first={"twilio": odd, "sendgrid": odd[:3]}) as deployment:
        deployment.tick()
        assert answers(deployment) == {"unknown": 4}
        assert answers(deployment, "sendgrid") == {"unknown": 3, "accepted": 1}
        deployment.recover()
        assert everyone_heard_once(deployment)


def test_f38_bad_credentials_stop_the_channel_with_one_alert_and_lose_nothing(due: Due) -> None:
    with due(
        patients=6, concurrency=2, clinic=CLINIC + "alerts: {email: [boss@example.org]}\n",
        twilio={"faults": {"401": 1}},
    ) as deployment:  # fmt: skip
        deployment.tick()
        assert paused(deployment) == {"provider:twilio"}
        assert {one.split()[0] for one in standing(deployment, SMS)} == {"planned"}
        burnt = calls(deployment)
        assert burnt <= 2, "after the first refusal nothing more is tried"
        for _ in range(3):
            deployment.later(70)
            deployment.tick()
        assert calls(deployment) == burnt
        assert len(deployment.sandbox.ledger.of_address("boss@example.org")) == 1
        deployment.sandbox.script(twilio={"faults": {}})
        with deployment.world.store.write() as tx:
            versions.resume_providers(tx)
            settling.wake(tx, Reason.PAUSED, None)
        deployment.later(30)
        deployment.tick()
        assert answers(deployment)["accepted"] == 6


def test_f39_a_number_that_is_refused_fails_for_good_and_the_email_goes_instead(due: Due) -> None:
    numbers, codes = [f"+44770090090{n}" for n in range(3)], ["21211", "21614", "21612"]
    with due(patients=0, concurrency=1, booked=numbers, first={"twilio": codes}) as deployment:
        deployment.tick()
        deployment.later(1)
        deployment.tick()
        assert standing(deployment, EMAIL) == DELIVERED
        assert tasks(deployment) == ["address_refused"] * 3
        closed = [deployment.world.is_closed(number) for number in numbers]
        assert closed.count(True) == 2, "the last code is about the sender's network, not about the number"


def test_f39_a_number_that_a_carrier_cannot_reach_turns_to_email_by_receipt(due: Due) -> None:
    off, unknown, landline = "+447700900303", "+447700900305", "+447700900306"  # the sandbox's own for 30003 and so on
    with due(patients=0, booked=[off, unknown, landline]) as deployment:
        deployment.tick()
        for _ in range(2):
            deployment.later(1)
            deployment.tick()
        assert standing(deployment, EMAIL) == DELIVERED
        closed = [deployment.world.is_closed(number) for number in (off, unknown, landline)]
        assert closed == [False, True, True]


def test_f39_where_there_is_no_other_channel_staff_are_asked(due: Due) -> None:
    with due(patients=1, first={"twilio": ["21211"]}) as deployment:
        deployment.tick()
        deployment.later(60)
        deployment.tick()
        assert standing(deployment, SMS) == ["failed address_refused"]
        assert tasks(deployment) == ["address_refused"]
        assert calls(deployment) == 1


def test_f40_a_patient_who_said_stop_at_twilio_gets_no_more_texts_and_is_written_to_by_email(due: Due) -> None:
    with due(patients=0, booked=["+447700900900"], first={"twilio": ["21610"]}) as deployment:
        deployment.tick()
        assert deployment.world.is_closed("+447700900900")
        deployment.later(24 * 60)
        deployment.tick()
        assert standing(deployment, EMAIL) == ["delivered"]
        assert standing(deployment, SMS) == ["suppressed suppressed_by_patient"]
        assert calls(deployment) == 1


@pytest.mark.parametrize("code", ["20005", "30034"])
def test_f41_a_refused_account_pauses_the_channel_and_burns_nothing(due: Due, code: str) -> None:
    with due(concurrency=1, twilio={"faults": {code: 1}}) as deployment:
        deployment.tick()
        assert paused(deployment) == {"provider:twilio"}
        assert {one.attempts for one in deployment.world.messages() if one.channel == "sms"} == {0}
        assert answers(deployment, "sendgrid") == {"accepted": 3}
        assert calls(deployment) == 1


def test_f41_an_account_that_is_refused_by_receipt_pauses_the_channel_and_burns_nothing(due: Due) -> None:
    with due(patients=1, receipts=SILENT) as deployment:
        deployment.tick()
        (entry,) = (one for one in deployment.sandbox.ledger.entries() if one.provider == "twilio")
        refused = {"MessageSid": entry.ref, "MessageStatus": "undelivered", "ErrorCode": "30034"}
        assert twilio_calls(deployment, f"status/{entry.attempt}", refused) == 200
        deployment.tick()
        assert paused(deployment) == {"provider:twilio"}
        assert standing(deployment, SMS) == ["planned account_refused"]
        assert {one.attempts for one in deployment.world.messages() if one.channel == "sms"} == {0}
        deployment.later(60)
        deployment.tick()
        assert (calls(deployment), tasks(deployment)) == (1, [])
        with deployment.world.store.write() as tx:
            versions.resume_providers(tx)
            settling.wake(tx, Reason.PAUSED, None)
        deployment.tick()
        assert (calls(deployment), standing(deployment, SMS)) == (2, ["accepted"])


def test_f42_after_an_outage_of_six_hours_what_is_still_of_use_goes_once_and_the_rest_has_expired(
    a_clinic: Callable[..., World],
) -> None:
    is_down = True

    def answer(letter: Letter) -> Outcome:
        return NotTaken(Reason.PROVIDER_DOWN) if is_down else Accepted(f"ref-{letter.attempt_id}")

    clinic = a_clinic(sink=Sink(answer=answer))
    clinic.publish(ADVICE, SOON)
    for number in range(6):
        patient = {"ref": f"p-{number}", "email": f"p{number}@example.org"}
        clinic.tell(a_visit("2026-06-11 07:00", event_id=f"v-{number}", patient=patient))
        booked = a_booking("2026-06-11 14:00", event_id=f"b-{number}", patient=patient, appointment={"ref": "b"})
        clinic.tell(booked)
    for minutes in range(0, 360, 20):
        clinic.tick(f"2026-06-11 {10 + minutes // 60}:{minutes % 60:02d}")
    assert len(clinic.sink.letters) <= 12 + 18, "a probe at a time, once it was seen to be down"
    is_down, before = False, len(clinic.sink.letters)
    clinic.tick("2026-06-11 16:10")
    clinic.tick("2026-06-11 16:11")
    went = sorted(letter.to for letter in clinic.sink.letters[before:])
    assert went == [f"p{number}@example.org" for number in range(6)]
    late = [f"{one.state} {one.reason}" for one in clinic.messages() if one.step == "soon"]
    assert set(late) <= {"expired provider_down", "expired expired"}
    assert {one.state for one in clinic.messages() if one.step == "hello"} == {"accepted"}


SOON = """
sequence: soon
title: Before your visit
purpose: service
kind: service
enrol: {on: appointment.booked}
anchor: appointment
steps:
  - {id: soon, before: 3h, email: soon}
review: {author: A. Writer, approved_by: B. Reader, review_due: 2037-01-01}
"""


def test_f43_while_the_first_provider_may_have_taken_it_the_second_is_not_asked(due: Due) -> None:
    second = Sink(name="second")
    with due(deadline=1.0, receipts=SILENT, first={"twilio": ["accept_then_hang"]}) as deployment:
        failing_over(deployment, second)
        deployment.tick()
        assert answers(deployment) == {"unknown": 1, "accepted": 2}
        with deployment.world.store.write() as tx:
            versions.pause(tx, "provider:twilio", "so that everything else goes by the second", deployment.now)
        deployment.recover()
        assert second.letters == []
        assert everyone_heard_once(deployment)


def test_f43_once_it_provably_did_not_go_the_second_provider_may_carry_it(due: Due) -> None:
    second = Sink(name="second")
    with due(deadline=0.4, receipts=SILENT, first={"twilio": ["hang"]}) as deployment:
        failing_over(deployment, second)
        deployment.tick()
        with deployment.world.store.write() as tx:
            versions.pause(tx, "provider:twilio", "so that it goes by the second", deployment.now)
        deployment.recover()
        assert len(second.letters) == 1
        assert standing(deployment, SMS) == ["accepted"] * 3
        assert calls(deployment) == 3


def test_f44_a_receipt_that_overtakes_the_answer_to_our_own_call_counts(due: Due) -> None:
    with due(latency=1.5) as deployment, ThreadPoolExecutor(1) as elsewhere:
        worker = elsewhere.submit(deployment.tick)
        waiting_for(lambda: len(deployment.sandbox.ledger.entries()) == 6)
        deployment.sandbox.settle()
        assert set(standing(deployment, SMS)) == {"in_flight"}
        apply_receipts(deployment.world.app, deployment.now)
        assert standing(deployment, SMS) == standing(deployment, EMAIL) == DELIVERED
        worker.result()
        assert standing(deployment, SMS) == standing(deployment, EMAIL) == DELIVERED
        refs = {one.provider_ref for one in deployment.world.messages()}
        assert refs == {one.ref for one in deployment.sandbox.ledger.entries()}


def test_f45_a_receipt_told_ten_times_is_kept_once(due: Due) -> None:
    with due(receipts={"duplicate": 10, "gap": 0.001}) as deployment:
        deployment.tick()
        deployment.later(1)
        deployment.tick()
        assert standing(deployment, SMS) == standing(deployment, EMAIL) == DELIVERED
        assert inbox(deployment) == {"applied": 12}, "two words about each of six messages"


def test_f46_receipts_out_of_order_do_not_take_a_message_back(due: Due) -> None:
    with due(receipts={"out_of_order": True}) as deployment:
        deployment.tick()
        waiting_for(lambda: bool(inbox(deployment)))
        deployment.tick()
        deployment.later(1)
        deployment.tick()
        assert standing(deployment, SMS) == standing(deployment, EMAIL) == DELIVERED


@pytest.mark.parametrize("order", list(permutations([State.ACCEPTED, State.SENT, State.DELIVERED])), ids=" ".join)
def test_f46_in_whatever_order_they_come_a_status_never_falls(clinic: World, order: tuple[State, ...]) -> None:
    attempt_id = one_that_went(clinic)
    for minute, says in enumerate(order):
        clinic.receipt(says, f"2026-06-11 14:0{minute}", attempt_id=attempt_id)
        clinic.tick(f"2026-06-11 14:0{minute}")
    assert clinic.states()["hello"] == "delivered"


def test_f46_a_bounce_after_it_was_delivered_is_recorded_and_closes_the_address(clinic: World) -> None:
    attempt_id = one_that_went(clinic)
    clinic.receipt(State.DELIVERED, "2026-06-11 14:00", attempt_id=attempt_id)
    clinic.tick("2026-06-11 14:00")
    clinic.receipt(State.UNDELIVERED, "2026-06-11 15:00", attempt_id=attempt_id, closes=Reason.BOUNCED)
    clinic.tick("2026-06-11 15:00")
    assert clinic.states()["hello"] == "undelivered bounced"
    assert clinic.is_closed("amina@example.org")


def one_that_went(clinic: World) -> str:
    """Amina was sent her first email."""
    clinic.publish(ADVICE)
    clinic.tell(a_visit("2026-06-11 10:00"))
    clinic.tick("2026-06-11 13:00")
    return clinic.sink.letters[0].attempt_id


def test_f47_a_receipt_about_nothing_of_ours_is_taken_and_kept_aside(due: Due) -> None:
    with due() as deployment:
        deployment.tick()
        deployment.sandbox.settle()
        about = {"MessageSid": "SM" + "0" * 32, "MessageStatus": "undelivered", "ErrorCode": "30008"}
        assert twilio_calls(deployment, "status/nobody-knows-this", about) == 200
        assert twilio_calls(deployment, "status", about | {"MessageStatus": "sent"}) == 200
        deployment.tick()
        assert inbox(deployment)["unmatched"] == 2
        assert standing(deployment, SMS) == DELIVERED


def twilio_calls(
    deployment: Deployment,
    what: str,
    params: dict[str, str],
    *,
    token: str = AUTH_TOKEN,
    signed_for: str = "",
    **other: str,
) -> int:
    """What is answered to a callback of Twilio's, or of somebody who says so."""
    url = f"{deployment.order['public_url']}/webhooks/twilio/{what}"
    params = {"AccountSid": Account(auth_token=AUTH_TOKEN).account_sid} | params | other
    signature = RequestValidator(token).compute_signature(signed_for or url, params)
    headers = {"X-Twilio-Signature": signature, "Content-Type": "application/x-www-form-urlencoded"}
    return urllib3.request("POST", url, body=urlencode(params), headers=headers, retries=False).status


def sendgrid_calls(deployment: Deployment, body: bytes) -> int:
    """What is answered to events of SendGrid's."""
    signature = Account(auth_token=AUTH_TOKEN).signing_key().sign(b"1781172000" + body, ec.ECDSA(SHA256()))
    headers = {
        "X-Twilio-Email-Event-Webhook-Signature": base64.b64encode(signature).decode(),
        "X-Twilio-Email-Event-Webhook-Timestamp": "1781172000",
    }
    url = f"{deployment.order['public_url']}/webhooks/sendgrid/events"
    return urllib3.request("POST", url, body=body, headers=headers, retries=False).status


def test_f48_without_a_receipt_for_three_days_it_counts_as_not_delivered(due: Due) -> None:
    with due(receipts={"send": "never"}) as deployment:
        deployment.tick()
        deployment.later(72 * 60 - 1)
        deployment.tick()
        assert standing(deployment, SMS) == ["accepted"] * 3
        deployment.later(2)
        deployment.tick()
        assert standing(deployment, SMS) == standing(deployment, EMAIL) == ["undelivered no_receipt"] * 3


def test_f49_forged_receipts_are_refused_and_change_nothing(due: Due) -> None:
    with due(receipts={"forged": 1}) as deployment:
        deployment.tick()
        deployment.later(1)
        deployment.tick()
        told = [told for entry in deployment.sandbox.ledger.entries() for told in entry.told]
        assert {(one.forged, one.answer) for one in told} == {(True, "403"), (False, "200")}
        assert standing(deployment, SMS) == standing(deployment, EMAIL) == DELIVERED
        assert not any(deployment.world.is_closed(f"p{n}@example.org") for n in range(3))


def test_f49_what_is_signed_for_another_address_account_or_with_another_token_is_refused(due: Due) -> None:
    with due(patients=1) as deployment:
        deployment.tick()
        deployment.sandbox.settle()
        entry = next(one for one in deployment.sandbox.ledger.entries() if one.provider == "twilio")
        lie = {"MessageSid": entry.ref, "MessageStatus": "undelivered", "ErrorCode": "30005"}
        here = f"{deployment.order['public_url']}/webhooks/twilio/status"
        answers = [
            twilio_calls(deployment, f"status/{entry.attempt}", lie, token="another token"),
            twilio_calls(deployment, f"status/{entry.attempt}", lie, signed_for=f"{here}/another"),
            twilio_calls(deployment, f"status/{entry.attempt}?x=1", lie, signed_for=f"{here}/{entry.attempt}"),
            twilio_calls(deployment, f"status/{entry.attempt}", lie, AccountSid="AC" + "1" * 32),
        ]
        deployment.tick()
        assert answers == [403] * 4
        assert standing(deployment, SMS) == ["delivered"]


def test_f49_an_old_receipt_played_again_has_no_effect(due: Due) -> None:
    with due(patients=0, booked=["+447700900305"]) as deployment:
        deployment.tick()
        deployment.later(1)
        deployment.tick()
        entry = deployment.sandbox.ledger.entries()[0]
        old = {"MessageSid": entry.ref, "MessageStatus": "undelivered", "ErrorCode": "30005"}
        deployment.sandbox.settle()  # those of the email that took its place
        before = inbox(deployment)
        assert twilio_calls(deployment, f"status/{entry.attempt}", old) == 200
        assert inbox(deployment) == before


def test_f50_a_body_of_ten_megabytes_is_refused(due: Due) -> None:
    with due(patients=0) as deployment:
        url = f"{deployment.order['public_url']}/webhooks/twilio/status"
        assert urllib3.request("POST", url, body=bytes(10_000_000), retries=False).status == 413


def test_f50_one_bad_event_among_ten_thousand_drops_no_other(due: Due) -> None:
    with due(receipts=SILENT) as deployment:
        deployment.tick()
        mails = [one for one in deployment.sandbox.ledger.entries() if one.provider == "sendgrid"]
        noise: list[Any] = [
            {"event": "delivered", "email": f"n{n}@example.org", "timestamp": 1781172000, "sg_event_id": f"n-{n}"}
            for n in range(9_990)
        ]
        bad: list[Any] = [None, 7, {"event": []}, {"event": "bounce", "email": {}, "timestamp": "\ud800"}, [[[]]]]
        ours = [
            {"event": "delivered", "drip_attempt": one.attempt, "sg_event_id": one.ref, "timestamp": 1781172000}
            for one in mails
        ]
        assert sendgrid_calls(deployment, json.dumps(bad + noise + ours).encode()) == 200
        deployment.tick()
        assert standing(deployment, EMAIL) == DELIVERED
        assert inbox(deployment) == {"unmatched": 9_990, "applied": 3}
