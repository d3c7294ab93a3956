"""What is looked up all day is found in an index made for it, so that it costs no more when the plan has grown."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event

from drip.core.reason import Reason
from drip.store import (
    ahead,
    audit,
    by_staff,
    conversations,
    enrolments,
    late,
    left_out,
    outgoing,
    overdue,
    patient_pauses,
    paused,
    questions,
    settling,
    stranded,
    task_list,
    unmatched,
    waits,
)
from drip.store.ahead import Wanted
from drip.store.conversations import Whose
from drip.store.database import Tx
from drip.store.outgoing import Lease
from tests.world import World, at

NOW = at("2026-06-11 13:00")


def claim(tx: Tx) -> object:
    """Take what is due."""
    return outgoing.claim(tx, Lease(owner="worker", token="token", length=timedelta(seconds=120)), NOW, 100)


def next_due(tx: Tx) -> object:
    """Look when something will be due."""
    return outgoing.next_due(tx)


def expire_waiting(tx: Tx) -> object:
    """Look for what has waited too long."""
    return overdue.expire_waiting(tx, NOW)


def give_up_waiting(tx: Tx) -> object:
    """Look for what no receipt came for."""
    return overdue.give_up_waiting(tx, {"sink"}, NOW)


def test_what_waits_for_a_receipt_is_found_in_an_index_of_such_messages(clinic: World) -> None:
    (plan,) = _plans(clinic, give_up_waiting)
    assert "ix_messages_unconfirmed" in plan


def hear_again(tx: Tx) -> object:
    """Look for receipts whose reference is known by now."""
    return unmatched.hear_again(tx, NOW - timedelta(hours=1), NOW)


def test_receipts_that_came_too_early_are_found_in_an_index_of_such_receipts(clinic: World) -> None:
    (plan,) = _plans(clinic, hear_again)
    assert "ix_receipts_unmatched" in plan
    assert "uq_attempts_provider" in plan or "sqlite_autoindex_attempts" in plan


@pytest.mark.parametrize("look", [claim, next_due, expire_waiting])
def test_what_is_due_is_found_in_the_index_of_due_messages(clinic: World, look: Callable[[Tx], object]) -> None:
    plans = _plans(clinic, look)
    assert plans
    assert all("ix_messages_due" in plan for plan in plans), plans


def look_ahead(tx: Tx) -> object:
    """Read what goes next."""
    return ahead.page(tx, Wanted(until=NOW + timedelta(days=14)), (NOW, "m-1"), 50)


def test_what_goes_next_is_found_in_the_index_by_time(clinic: World) -> None:
    (plan,) = _plans(clinic, look_ahead)
    assert "ix_messages_ahead" in plan


def still_ours(tx: Tx) -> object:
    """Look whether claimed messages are still this worker's."""
    return outgoing.still_ours(tx, "token", ["m-1", "m-2"])


def test_messages_that_are_named_are_found_by_their_ids(clinic: World) -> None:
    (plan,) = _plans(clinic, still_ours)
    assert "Seq Scan" not in plan
    assert "SCAN messages" not in plan


def went_to(tx: Tx) -> object:
    """Look what went to an address of late."""
    return questions.went_to(tx, ["c-1"], NOW - timedelta(days=31))


def test_what_went_to_an_address_is_found_by_the_address_and_then_by_ids(clinic: World) -> None:
    (plan,) = _plans(clinic, went_to)
    assert "ix_attempts_contact" in plan
    assert "SCAN messages" not in plan
    assert "ix_messages" not in plan, "a search by state would look at everything that ever went"


def done(tx: Tx) -> object:
    """Look for enrolments with nothing left to send."""
    return enrolments.done(tx, ["planned"], None, 100)


def test_looking_through_all_enrolments_leaves_out_those_that_are_over(clinic: World) -> None:
    (plan,) = _plans(clinic, done)
    assert "ix_enrolments_active" in plan


def failed(tx: Tx) -> object:
    """Look for what did not arrive, newest first."""
    return stranded.waiting(tx, NOW - timedelta(days=30), limit=51)


def test_what_did_not_arrive_is_found_in_an_index_of_what_nobody_has_dealt_with(clinic: World) -> None:
    (plan,) = _plans(clinic, failed)
    assert "ix_messages_undealt" in plan
    assert "SCAN other" not in plan


def gone_after_all(tx: Tx) -> object:
    """Look whether what staff are to pass on has gone by itself."""
    return stranded.gone_after_all(tx, "safety_not_reached")


def test_what_went_after_all_is_found_from_the_few_tasks_that_are_open(clinic: World) -> None:
    (plan,) = _plans(clinic, gone_after_all)
    assert "ix_tasks_open" in plan
    assert "SCAN messages" not in plan


def done_lately(tx: Tx) -> object:
    """Look for what somebody has done in the last ten minutes."""
    return task_list.done_since(tx, "Sam", NOW - timedelta(minutes=10))


def test_what_was_done_lately_is_found_by_when_it_was_done(clinic: World) -> None:
    (plan,) = _plans(clinic, done_lately)
    assert "ix_tasks_done" in plan


def read_left_out(tx: Tx) -> object:
    """Look who was left out of a day."""
    return left_out.page(tx, (NOW - timedelta(days=1), NOW), after=(NOW - timedelta(hours=2), "m-1"), limit=50)


def read_left_out_of_a_site(tx: Tx) -> object:
    """Look who was left out of a day at one site."""
    return left_out.page(tx, (NOW - timedelta(days=1), NOW), {"quay"}, limit=50)


@pytest.mark.parametrize("look", [read_left_out, read_left_out_of_a_site])
def test_who_was_left_out_of_a_day_is_found_in_one_statement_by_the_day(
    clinic: World, look: Callable[[Tx], object]
) -> None:
    (plan,) = _plans(clinic, look)
    assert "ix_messages_settled" in plan


def newest_replies(tx: Tx) -> object:
    """Look for the newest replies."""
    return conversations.page(tx, Whose(), limit=30)


def newest_from_strangers(tx: Tx) -> object:
    """Look for the newest replies of people whom nobody knows."""
    return conversations.page(tx, Whose(strangers=True), limit=30)


def test_the_newest_replies_are_found_in_an_index(clinic: World) -> None:
    (plan,), (apart,) = _plans(clinic, newest_replies), _plans(clinic, newest_from_strangers)
    assert "ix_replies_received" in plan
    assert "ix_replies" in apart


def beside_each_page(tx: Tx) -> object:
    """Count what waits."""
    return waits.count(tx, [], NOW - timedelta(days=30))


def test_what_waits_is_counted_in_indexes_of_what_waits(clinic: World) -> None:
    (plan,) = _plans(clinic, beside_each_page)
    for index in ("ix_tasks_open", "ix_messages_undealt", "ix_messages_held"):
        assert index in plan
    assert "SCAN messages" not in plan.replace("SCAN messages USING", "")


def recent_deeds(tx: Tx) -> object:
    """Look what staff did for one patient just now."""
    return audit.recent(tx, "patient:p-1", NOW - timedelta(minutes=10))


def test_what_was_done_for_a_patient_just_now_is_found_by_the_patient(clinic: World) -> None:
    (plan,) = _plans(clinic, recent_deeds)
    assert "ix_audit_about" in plan


def unsent_of_one(tx: Tx) -> object:
    """Look what has not gone of one enrolment, and whether its patient is paused."""
    return by_staff.unsent(tx, "e-1"), patient_pauses.of(tx, ["p-1"], NOW)


def test_what_a_deed_looks_at_is_found_by_whose_it_is(clinic: World) -> None:
    of_enrolment, of_patient = _plans(clinic, unsent_of_one)
    assert "uq_messages_enrolment_id" in of_enrolment or "sqlite_autoindex_messages" in of_enrolment
    assert "pk_patient_pauses" in of_patient or "sqlite_autoindex_patient_pauses" in of_patient


def who_is_paused(tx: Tx) -> object:
    """Look who is paused, and what waits behind each pause."""
    return paused.page(tx, NOW, ["quay"], limit=50)


def asked_about(tx: Tx) -> object:
    """Look for pauses without an end that nobody was asked about."""
    return paused.forgotten(tx, NOW - timedelta(days=14), 100)


def test_what_waits_behind_pauses_is_found_by_whose_it_is_and_in_one_statement(clinic: World) -> None:
    (plan,) = _plans(clinic, who_is_paused)
    by_whose = "ix_messages_patient_id", "ix_messages_due"  # the latter is shorter while there are no patients
    assert any(index in plan for index in by_whose)
    assert "SCAN messages" not in plan


def test_what_staff_were_asked_about_pauses_is_found_in_an_index(clinic: World) -> None:
    (plan,) = _plans(clinic, asked_about)
    assert "ix_tasks_patient_id" in plan or "ix_tasks_open" in plan
    assert "SCAN tasks" not in plan


def held_up_by_a_pause(tx: Tx) -> object:
    """Count what waits because of a pause; lift one."""
    counted = late.waiting(tx, NOW, NOW - timedelta(hours=13), NOW - timedelta(hours=37))
    return counted, settling.wake(tx, Reason.PAUSED, None)


def test_what_a_pause_holds_up_is_found_without_a_look_at_the_whole_plan(clinic: World) -> None:
    counted, woken = _plans(clinic, held_up_by_a_pause)
    assert "ix_messages_told_to_wait" in counted
    assert "ix_messages_ahead" in counted or "ix_messages_due" in counted
    assert "ix_messages_told_to_wait" in woken
    assert "SCAN messages" not in counted.replace("SCAN messages USING", "")


def test_postgres_looks_for_what_a_pause_holds_up_by_index_only_and_for_nothing_else_after(
    a_postgres_clinic: Callable[..., World],
) -> None:
    asked: list[str] = []
    with a_postgres_clinic().store.read() as tx:
        event.listen(tx.connection, "before_cursor_execute", lambda *told: asked.append(told[2]))
        late.waiting(tx, NOW, NOW - timedelta(hours=13), NOW - timedelta(hours=37))
        assert tx.connection.exec_driver_sql("SHOW enable_seqscan").scalar() == "on"
    assert asked[0] == "SET LOCAL enable_seqscan = off"
    assert "FROM messages" in asked[1]


def _plans(clinic: World, look: Callable[[Tx], object]) -> list[str]:
    """How the database means to carry out each statement, as asked with the same parameters."""
    asked: list[tuple[str, Any]] = []

    def note(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        asked.append((statement, parameters))

    with clinic.store.write() as tx:
        if tx.is_postgres:  # so few rows would be read one by one
            tx.connection.exec_driver_sql("SET LOCAL enable_seqscan = off")
        event.listen(tx.connection, "before_cursor_execute", note)
        look(tx)
        event.remove(tx.connection, "before_cursor_execute", note)
        if tx.is_postgres:
            tx.connection.exec_driver_sql("SET LOCAL enable_seqscan = off")
        return [_plan(tx, *one) for one in asked if not one[0].startswith("SET")]


def _plan(tx: Tx, statement: str, parameters: Any) -> str:
    explain = "EXPLAIN" if tx.is_postgres else "EXPLAIN QUERY PLAN"
    lines = tx.connection.exec_driver_sql(f"{explain} {statement}", parameters)
    return "\n".join(str(line[-1]) for line in lines)
