"""Workers that die, stand still, or are too many: F01 to F15 in docs/faults.md."""

import gc
import json
import os
import signal
import time
import tracemalloc
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any, TypeAlias

import pytest
from sqlalchemy import select

from drip import clock
from drip.cli import checkup
from drip.core.lifecycle import State
from drip.core.model import Channel
from drip.core.news import News, Receipt
from drip.flows.decide import By, Decision, decide, held_messages
from drip.flows.receive import apply_receipts, take_news
from drip.flows.tick import tick
from drip.flows.trouble import still_parts, watched_beats
from drip.providers.noop import NoOpProvider
from drip.store import events, records
from drip.store.schema import attempts, messages
from tests.faults.audit import audit
from tests.faults.campaign import NO_LIST, NO_RECEIPTS
from tests.faults.deployment import FIRST_DUE, Deployment, Victims, deployed
from tests.world import CLINIC, World, a_visit, at

Deploy: TypeAlias = Callable[..., AbstractContextManager[Deployment]]

TEXTS_ARE_LISTED = {"twilio": NO_RECEIPTS, "sendgrid": {}}
"""Nobody tells what became of a text, and Twilio can be asked. SendGrid has no list, and tells."""

SHORT = 0.6
"""Seconds: a deadline that a test can outlast."""

PATIENT = 30.0
"""Seconds: a deadline that no test comes to."""


@pytest.fixture(scope="module")
def victims() -> Iterator[Victims]:
    """One process that forks workers, for all tests here."""
    made = Victims()
    yield made
    made.close()


@pytest.fixture
def deploy(database_url: str, victims: Victims, tmp_path: Path) -> Deploy:
    """Makes a clinic on an empty database, whose patients are about to hear from it."""
    return partial(deployed, database_url, victims, tmp_path)


def everybody_enrolled(deployment: Deployment, moment: str = FIRST_DUE) -> None:
    """All is planned, and the first messages are due."""
    assert deployment.tick() == {"signal": 0, "code": 0}
    deployment.until(moment)


def states(deployment: Deployment, channel: str = "") -> Counter[str]:
    """How many messages are in each state."""
    return Counter(one.state for one in deployment.world.messages() if channel in ("", one.channel))


def books(deployment: Deployment) -> tuple[int, int]:
    """How many went, each once, and how many a person decides about; nothing else may have become of any."""
    found = audit(deployment)
    assert found.is_clean, found
    assert not found.ended, found
    return found.went, found.held


def a_person_looks_them_up(clinic: Deployment) -> int:
    """Mails that nobody told us of are held; a person finds none of them with SendGrid: they go. Answers how many."""
    with clinic.world.store.read() as tx:
        held = held_messages(tx)
    went = {one.attempt for one in clinic.sandbox.ledger.entries()}
    assert all(one.doubt.channel is Channel.EMAIL and one.doubt.attempt_id not in went for one in held)
    for one in held:
        assert decide(clinic.world.app, one.message_id, Decision.AGAIN, By(name="A. Person"), clinic.now)
    clinic.recover()
    return len(held)


def open_tasks(deployment: Deployment) -> dict[str, int]:
    with deployment.world.store.read() as tx:
        return records.count_open(tx)


def column(deployment: Deployment, name: Any) -> list[Any]:
    """One column of all attempts or messages."""
    with deployment.world.store.read() as tx:
        return list(tx.connection.execute(select(name)).scalars())


# F01


@pytest.mark.parametrize(("place", "nth"), [("plan.before_commit", 1), ("commit.after", 2)])
def test_f01_killed_while_planning_everybody_is_enrolled_once(deploy: Deploy, place: str, nth: int) -> None:
    with deploy(patients=4) as clinic:
        clinic.tick(place, nth)
        if place == "plan.before_commit":
            assert clinic.world.messages() == []
            with clinic.world.store.read() as tx:
                assert events.count_pending(tx)[0] == 4
        everybody_enrolled(clinic)
        assert clinic.kills == 1
        assert states(clinic) == {"planned": 8}
        clinic.recover()
        assert books(clinic) == (8, 0)


# F02


@pytest.mark.parametrize("place", ["claim.after", "gate.before_commit"])
def test_f02_killed_before_the_gate_is_sent_when_the_lease_ends(deploy: Deploy, place: str) -> None:
    with deploy(patients=4) as clinic:
        everybody_enrolled(clinic)
        for _ in range(3):
            clinic.tick(place)
            clinic.later(3)
        clinic.tick(place)
        assert (clinic.kills, clinic.sandbox.ledger.count, column(clinic, attempts.c.id)) == (4, 0, [])
        clinic.later(1)
        clinic.tick()
        assert clinic.sandbox.ledger.count == 0, "nobody takes what another one's lease covers"
        clinic.later(2)
        clinic.tick()
        assert books(clinic) == (8, 0)


# F03


BETWEEN = pytest.mark.parametrize(
    ("place", "nth"), [("gate.after", 1), ("send.before_call", 2), ("send.before_call", 6)]
)


@BETWEEN
def test_f03_killed_between_gate_and_call_is_sent_once(deploy: Deploy, place: str, nth: int) -> None:
    with deploy(patients=4, concurrency=1, **NO_RECEIPTS, **NO_LIST) as clinic:
        everybody_enrolled(clinic)
        clinic.tick(place, nth)
        assert clinic.sandbox.ledger.count == nth - 1
        assert states(clinic)["in_flight"] == 1
        clinic.tick()
        assert books(clinic) == (8, 0), "the worker's own journal tells that it never called"
        assert Counter(column(clinic, attempts.c.outcome)) == {"accepted": 8, "not_taken": 1}


@BETWEEN
def test_f03_when_the_whole_machine_died_what_may_have_gone_is_found_out(deploy: Deploy, place: str, nth: int) -> None:
    with deploy(patients=4, concurrency=1, **TEXTS_ARE_LISTED) as clinic:
        everybody_enrolled(clinic)
        clinic.tick(place, nth)
        clinic.lose_its_disk()
        clinic.recover()
        is_a_mail = nth <= 4
        assert books(clinic) == ((7, 1) if is_a_mail else (8, 0))
        assert a_person_looks_them_up(clinic) == is_a_mail
        assert books(clinic) == (8, 0)
        assert Counter(column(clinic, attempts.c.outcome)) == {
            "accepted": 8,
            "staff_again" if is_a_mail else "did_not_go": 1,
        }


# F04, F05, F06


def killed_during_the_call(clinic: Deployment) -> int:
    """A worker dies while it waits for answers; the provider has taken everything. Answers how many that is."""
    everybody_enrolled(clinic)
    total = len(clinic.world.messages())
    clinic.sandbox.script(faults={"accept_then_hang": 1})
    worker = clinic.begin()
    clinic.wait_until(lambda: clinic.sandbox.ledger.count == total)
    clinic.end(worker, signal.SIGKILL)
    clinic.sandbox.script(faults={})
    assert states(clinic) == {"in_flight": total}
    return total


def test_f04_killed_during_the_call_receipts_tell_that_it_went(deploy: Deploy) -> None:
    with deploy(patients=3, deadline=PATIENT, twilio=NO_LIST) as clinic:
        total = killed_during_the_call(clinic)
        clinic.later(1)
        clinic.tick()
        assert states(clinic) == {"delivered": total}
        clinic.recover()
        assert books(clinic) == (total, 0)


def test_f05_killed_during_the_call_without_receipts_the_list_tells(deploy: Deploy) -> None:
    with deploy(patients=3, deadline=PATIENT, **TEXTS_ARE_LISTED) as clinic:
        total = killed_during_the_call(clinic)
        clinic.later(11)
        clinic.tick()
        assert states(clinic, "sms") == {"accepted": 3}
        texts = {one.ref for one in clinic.sandbox.ledger.entries() if one.provider == "twilio"}
        assert {one.provider_ref for one in clinic.world.messages() if one.channel == "sms"} == texts
        clinic.recover()
        assert books(clinic) == (total, 0)


def test_f05_a_list_that_shows_nothing_at_first_is_asked_again_before_it_is_believed(deploy: Deploy) -> None:
    with deploy(patients=3, deadline=PATIENT, **TEXTS_ARE_LISTED) as clinic:
        total = killed_during_the_call(clinic)
        clinic.sandbox.script(twilio={"list": {"lag": 3_600}})
        clinic.later(11)
        clinic.tick()
        assert states(clinic, "sms") == {"unknown": 3}
        clinic.sandbox.script(twilio={"list": {"lag": 0}})
        clinic.recover()
        assert books(clinic) == (total, 0)


def test_f06_killed_during_the_call_without_any_evidence_is_held_for_a_person(deploy: Deploy) -> None:
    with deploy(patients=2, deadline=PATIENT, **NO_RECEIPTS, **NO_LIST) as clinic:
        total = killed_during_the_call(clinic)
        for _ in range(5):
            clinic.later(5 * 60)
            clinic.tick()
            assert clinic.sandbox.ledger.count == total
        assert states(clinic) == {"held": total}
        assert {one.reason for one in clinic.world.messages()} == {"unresolved"}
        assert open_tasks(clinic) == {"held": total}
        assert books(clinic) == (total, total)


def test_f06_a_held_text_is_settled_by_a_list_that_answers_again(deploy: Deploy) -> None:
    with deploy(patients=2, deadline=PATIENT, **NO_RECEIPTS, **NO_LIST) as clinic:
        killed_during_the_call(clinic)
        clinic.later(90)
        clinic.tick()
        assert states(clinic, "sms") == {"held": 2}
        clinic.sandbox.script(twilio={"list": {"state": "ok"}})
        clinic.later(90)
        clinic.tick()
        assert states(clinic, "sms") == {"accepted": 2}
        assert "held" not in open_tasks(clinic)


# F07, F08


@pytest.mark.parametrize(("place", "evidence"), [("send.after_response", NO_LIST), ("record.before", TEXTS_ARE_LISTED)])
def test_f07_killed_with_the_answer_in_hand_is_not_sent_again(
    deploy: Deploy, place: str, evidence: dict[str, Any]
) -> None:
    with deploy(patients=4, concurrency=1, **evidence) as clinic:
        everybody_enrolled(clinic)
        clinic.tick(place, 3)
        assert clinic.sandbox.ledger.count == 3
        assert states(clinic) == {"accepted": 2, "in_flight": 1, "planned": 5}
        clinic.recover()
        assert books(clinic) == (8, 0)
        assert len(column(clinic, attempts.c.id)) == 8


def test_f08_killed_at_any_message_of_a_batch_the_others_stay_as_they_are(deploy: Deploy) -> None:
    batch = 6
    with deploy(patients=3 * batch, concurrency=batch) as clinic:
        everybody_enrolled(clinic)
        went: set[str] = set()
        for nth in range(1, batch + 1):
            clinic.tick("send.after_response" if nth % 2 else "send.before_call", nth)
            assert clinic.kills == nth
            now_went = {one.id for one in clinic.world.messages() if one.accepted_at}
            assert went <= now_went, "what had been recorded as accepted is not undone"
            went = now_went
            clinic.later(3)
        clinic.recover()
        assert a_person_looks_them_up(clinic) <= batch * batch
        assert books(clinic) == (6 * batch, 0)


# F09


def an_hour_ago() -> str:
    """When patients came who are to hear from us now, by the real clock that `drip worker` goes by."""
    return (clock.now() - timedelta(minutes=61)).isoformat()


def beating(clinic: Deployment, calls: int) -> int:
    """A worker as `drip worker` runs it, in the middle of its first calls."""
    everybody_enrolled(clinic, clock.now().isoformat())
    worker = clinic.run()
    clinic.wait_until(lambda: clinic.sandbox.ledger.count == calls)
    return worker


def test_f09_told_to_stop_a_worker_finishes_what_is_under_way_and_ends_well(deploy: Deploy) -> None:
    with deploy(patients=8, visited_at=an_hour_ago(), concurrency=4, latency=0.5, **NO_RECEIPTS) as clinic:
        worker = beating(clinic, 4)
        assert clinic.end(worker, signal.SIGTERM) == {"signal": 0, "code": 0}
        went = clinic.sandbox.ledger.count
        assert went < 16, "it went on claiming"
        assert states(clinic) == {"accepted": went, "planned": 16 - went}
        assert set(column(clinic, messages.c.lease_until)) == {None}
        clinic.sandbox.script(latency=0)
        clinic.tick()
        assert books(clinic) == (16, 0)


def test_f09_told_twice_it_ends_at_once_and_the_next_one_finds_out(deploy: Deploy) -> None:
    with deploy(patients=4, visited_at=an_hour_ago(), deadline=PATIENT, faults={"accept_then_hang": 1}) as clinic:
        worker = beating(clinic, 8)
        os.kill(worker, signal.SIGTERM)
        time.sleep(0.5)
        assert clinic.end(worker, signal.SIGTERM)["signal"] == signal.SIGTERM
        assert states(clinic)["in_flight"] >= 1
        clinic.sandbox.script(faults={})
        clinic.recover()
        assert books(clinic) == (8, 0)


def test_f09_told_to_stop_while_calls_begin_it_hears_too(deploy: Deploy) -> None:
    with deploy(patients=2, visited_at=an_hour_ago(), **NO_RECEIPTS) as clinic:
        everybody_enrolled(clinic, clock.now().isoformat())
        worker = clinic.run("send.before_call", how="terminate", life=5)
        assert clinic.end(worker) == {"signal": 0, "code": 0}
        assert books(clinic) == (4, 0)


# F10, F11


def resolved_by_another(clinic: Deployment) -> None:
    """The lease runs out; an undisturbed worker sends the rest and finds out about what was in doubt."""
    for _ in range(4):
        clinic.later(11)
        assert clinic.tick() == {"signal": 0, "code": 0}


def test_f10_stopped_between_gate_and_call_does_not_call_any_more(deploy: Deploy) -> None:
    with deploy(patients=6, concurrency=4, deadline=SHORT) as clinic:
        everybody_enrolled(clinic)
        worker = clinic.stop_at("gate.after")
        assert states(clinic)["in_flight"] == 4
        time.sleep(SHORT + 0.1)
        resolved_by_another(clinic)
        held = states(clinic)["held"]
        assert clinic.sandbox.ledger.count + held == 12
        assert clinic.end(worker, signal.SIGCONT) == {"signal": 0, "code": 0}
        assert books(clinic) == (12 - held, held)
        assert a_person_looks_them_up(clinic) == held
        assert books(clinic) == (12, 0)


def test_f10_stopped_before_the_gate_finds_its_messages_gone(deploy: Deploy) -> None:
    with deploy(patients=4) as clinic:
        everybody_enrolled(clinic)
        worker = clinic.stop_at("gate.before")
        clinic.later(3)
        clinic.tick()
        assert clinic.sandbox.ledger.count == 8
        assert clinic.end(worker, signal.SIGCONT) == {"signal": 0, "code": 0}
        assert books(clinic) == (8, 0)


def test_f10_a_worker_whose_lease_ran_out_leaves_them_to_the_next_one(deploy: Deploy) -> None:
    with deploy(patients=4) as clinic:
        everybody_enrolled(clinic)
        late = clinic.stop_at("gate.before")
        clinic.later(3)
        next_one = clinic.stop_at("gate.before")
        clinic.end(late, signal.SIGCONT)
        assert clinic.sandbox.ledger.count == 0
        assert states(clinic) == {"claimed": 8}
        clinic.end(next_one, signal.SIGCONT)
        assert books(clinic) == (8, 0)


@pytest.fixture
def impatient(postgres_url: str, victims: Victims, tmp_path: Path) -> Deploy:
    """A clinic on PostgreSQL, which ends after a second whoever stands still in a transaction."""
    return partial(deployed, postgres_url, victims, tmp_path, idle=1)


def test_f10_stopped_in_the_gate_with_patients_locked_holds_up_the_others_for_a_moment_only(impatient: Deploy) -> None:
    with impatient(patients=4) as clinic:
        everybody_enrolled(clinic)
        worker = clinic.stop_at("gate.locked")
        clinic.later(3)
        assert clinic.tick() == {"signal": 0, "code": 0}, "it waits until the database has ended the other one"
        assert clinic.sandbox.ledger.count == 8
        assert clinic.end(worker, signal.SIGCONT) == {"signal": 0, "code": 1}, "for that one the database is away"
        assert books(clinic) == (8, 0)


def test_f10_ended_by_the_database_while_it_writes_down_answers_it_writes_them_again(impatient: Deploy) -> None:
    with impatient(patients=4, **NO_RECEIPTS, **NO_LIST) as clinic:
        everybody_enrolled(clinic)
        worker = clinic.stop_at("record.before_commit")
        time.sleep(1.5)
        assert clinic.end(worker, signal.SIGCONT) == {"signal": 0, "code": 0}
        assert states(clinic) == {"accepted": 8}
        assert books(clinic) == (8, 0)


def test_f11_an_answer_that_comes_after_the_message_was_held_is_still_evidence(deploy: Deploy) -> None:
    with deploy(patients=2, concurrency=1, deadline=PATIENT, **NO_RECEIPTS, **NO_LIST) as clinic:
        everybody_enrolled(clinic)
        worker = clinic.stop_at("socket.sent")
        clinic.wait_until(lambda: clinic.sandbox.ledger.count == 1)
        clinic.later(25 * 60)
        clinic.tick()
        assert states(clinic) == {"held": 1, "accepted": 3}
        assert open_tasks(clinic) == {"held": 1}
        assert clinic.end(worker, signal.SIGCONT) == {"signal": 0, "code": 0}
        assert states(clinic) == {"accepted": 4}
        assert open_tasks(clinic) == {}, "nobody needs to decide any more"
        assert None not in column(clinic, attempts.c.provider_ref)
        assert books(clinic) == (4, 0)


def test_f11_an_answer_that_comes_after_the_receipt_takes_nothing_back(deploy: Deploy) -> None:
    with deploy(patients=4, concurrency=1, deadline=PATIENT) as clinic:
        everybody_enrolled(clinic)
        worker = clinic.stop_at("socket.sent", 3)
        resolved_by_another(clinic)
        assert states(clinic) == {"delivered": 8}
        assert clinic.end(worker, signal.SIGCONT) == {"signal": 0, "code": 0}
        assert states(clinic) == {"delivered": 8}
        assert None not in column(clinic, attempts.c.provider_ref)
        assert books(clinic) == (8, 0)


def test_f11_stopped_until_the_connection_is_gone_it_looks_for_evidence_first(deploy: Deploy) -> None:
    with deploy(patients=2, concurrency=1, deadline=SHORT, **TEXTS_ARE_LISTED) as clinic:
        everybody_enrolled(clinic)
        clinic.sandbox.script(twilio={"next": ["accept_then_hang"]})
        worker = clinic.stop_at("socket.sent", 3)
        time.sleep(SHORT + 0.1)
        assert clinic.end(worker, signal.SIGCONT) == {"signal": 0, "code": 0}
        assert states(clinic, "sms") == {"unknown": 1, "accepted": 1}
        clinic.recover()
        assert books(clinic) == (4, 0)


def test_f11_a_receipt_that_comes_while_the_gate_lets_a_second_try_through_wins(
    postgres_url: str, victims: Victims, tmp_path: Path
) -> None:
    with deployed(postgres_url, victims, tmp_path, patients=1, deadline=PATIENT, twilio=NO_RECEIPTS) as clinic:
        killed_during_the_call(clinic)
        clinic.sandbox.script(twilio={"list": {"lag": 3_600}})
        clinic.later(11)
        clinic.tick()
        clinic.later(11)
        worker = clinic.stop_at("gate.locked")
        (attempt,) = (one.attempt for one in clinic.sandbox.ledger.entries() if one.provider == "twilio")
        late = Receipt(provider="twilio", key="late", says=State.DELIVERED, attempt_id=attempt)
        take_news(clinic.world.app, News(receipts=(late,)), clinic.now)
        apply_receipts(clinic.world.app, clinic.now)
        assert clinic.end(worker, signal.SIGCONT) == {"signal": 0, "code": 0}
        assert states(clinic) == {"delivered": 2}
        assert books(clinic) == (2, 0)


# F12, F13


def test_f12_workers_share_what_is_due_and_never_the_same_message(deploy: Deploy) -> None:
    with deploy(patients=10, concurrency=4) as clinic:
        everybody_enrolled(clinic)
        workers = [clinic.stop_at("claim.after") for _ in range(4)]
        owners = Counter(owner for owner in column(clinic, messages.c.lease_owner) if owner)
        assert list(owners.values()) == [4] * 4
        assert not any(clinic.end(worker, signal.SIGCONT)["code"] for worker in workers)
        assert books(clinic) == (20, 0)


def test_f12_workers_that_run_side_by_side_send_everything_once(deploy: Deploy) -> None:
    with deploy(patients=10, concurrency=2, latency=0.02) as clinic:
        everybody_enrolled(clinic)
        workers = [clinic.begin() for _ in range(4)]
        assert not any(clinic.end(worker)["code"] for worker in workers)
        assert books(clinic) == (20, 0)


def test_f13_four_ticks_at_once_do_what_one_would(deploy: Deploy) -> None:
    def four_at_once() -> None:
        ticks = [clinic.begin() for _ in range(4)]
        assert [clinic.end(one) for one in ticks] == [{"signal": 0, "code": 0}] * 4

    with deploy(patients=12) as clinic:
        four_at_once()
        assert states(clinic) == {"planned": 24}
        clinic.until(FIRST_DUE)
        clinic.tick("send.after_response")
        for _ in range(2):
            clinic.later(11)
            four_at_once()
        clinic.recover()
        assert a_person_looks_them_up(clinic) <= 8
        assert books(clinic) == (24, 0)


# F14


DAILY = """
sequence: daily
title: Something every day
purpose: safety
kind: safety
enrol: {on: appointment.attended}
anchor: appointment
window: any
steps:
  - {id: daily, after: 1h, every: 1d, times: 20, sms: daily}
review: {author: A. Writer, approved_by: B. Reader, review_due: 2037-01-01}
"""

BYTES_PER_MESSAGE = 100
"""Caches breathe by some ten thousand in all; a row that is kept by mistake is a thousand."""


def test_f14_memory_does_not_grow_with_what_was_sent(a_clinic: Callable[..., World]) -> None:
    patients, warm, days = 80, 6, 20
    provider = NoOpProvider()
    clinic = a_clinic(providers={channel: (provider,) for channel in Channel})
    clinic.publish(DAILY)
    for number in range(patients):
        patient = {"ref": f"p-{number}", "phone": f"+447700900{number:03d}"}
        clinic.tell(a_visit("2026-06-01 10:00", event_id=f"visit-{number}", patient=patient))

    def in_use_after(days: Iterable[int]) -> int:
        for day in days:
            tick(clinic.app, at("2026-06-01 11:00") + timedelta(days=day))
        gc.collect()
        return tracemalloc.get_traced_memory()[0]

    try:
        in_use_after(range(2))
        tracemalloc.start()
        growth = -in_use_after(range(2, warm)) + in_use_after(range(warm, days))
    finally:
        tracemalloc.stop()
    assert provider.accepted == patients * days
    assert growth < (days - warm) * patients * BYTES_PER_MESSAGE


# F15


WITH_ALERTS = CLINIC + "\nalerts: {email: staff@example.org}\n"


def readiness(clinic: Deployment) -> tuple[int, bool]:
    """What `GET /readyz` answers."""
    try:
        with urllib.request.urlopen(f"{clinic.public_url}/readyz", timeout=10) as answer:  # noqa: S310 - ours
            return answer.status, json.load(answer)["ready"]
    except urllib.error.HTTPError as refused:
        with refused:
            return refused.code, json.load(refused)["ready"]


def what_the_doctor_would_mend(clinic: Deployment) -> set[str]:
    return {one.name for one in checkup._working(clinic.world.app, clinic.now) if not one.ok}


def standing_still(clinic: Deployment) -> set[str]:
    with clinic.world.store.read() as tx:
        return {part for part, _ in still_parts(watched_beats(clinic.world.app, tx))}


def alerts(clinic: Deployment) -> list[str]:
    """What staff were written."""
    return [one.text for one in clinic.sandbox.ledger.entries() if one.to == "staff@example.org"]


def test_f15_a_worker_that_fails_at_every_tick_is_noticed_and_another_takes_over(deploy: Deploy) -> None:
    with deploy(patients=3, clinic=WITH_ALERTS) as clinic:
        everybody_enrolled(clinic)
        for _ in range(2):
            clinic.later(4)
            assert clinic.tick("sweep.before", how="break") == {"signal": 0, "code": 1}
        assert readiness(clinic) == (503, False)
        assert standing_still(clinic) == {"sweep", "reconcile", "send", "tick"}
        assert {"worker: sweep", "worker: reconcile", "worker: send"} <= what_the_doctor_would_mend(clinic)
        clinic.later(2)
        assert clinic.tick() == {"signal": 0, "code": 0}
        assert readiness(clinic) == (200, True)
        assert standing_still(clinic) == set()
        assert "sweep" in alerts(clinic)[0]
        assert audit(clinic).is_clean
        assert states(clinic)["planned"] == 0


def test_f15_a_part_that_only_looks_for_evidence_may_fail_while_messages_go(deploy: Deploy) -> None:
    with deploy(patients=3, clinic=WITH_ALERTS) as clinic:
        everybody_enrolled(clinic)
        for _ in range(3):
            clinic.later(4)
            assert clinic.tick("reconcile.before", how="break") == {"signal": 0, "code": 0}
        assert readiness(clinic) == (200, True)
        assert standing_still(clinic) == {"reconcile"}
        assert "worker: reconcile" in what_the_doctor_would_mend(clinic)
        assert "reconcile" in alerts(clinic)[0]
        assert audit(clinic).is_clean
        assert states(clinic)["planned"] == 0
