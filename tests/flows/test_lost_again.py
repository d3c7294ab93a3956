"""What was sent again and lost again is asked about again; what a person has just done is not."""

import threading
from collections.abc import Callable
from datetime import timedelta

import pytest

from drip.core import evidence
from drip.core.handover import Evidence, Unknown
from drip.core.lifecycle import State
from drip.core.model import Channel
from drip.core.reason import Reason
from drip.core.role import Person, Role
from drip.flows.decide import By, Decision, decide
from drip.flows.pass_on import handed_over, words_by_hand
from drip.flows.receive import apply_receipts, suppress
from drip.flows.recover import RECENT, ask_by_hand, roads, send_again
from drip.flows.see_to import Seen, finish, reopen
from drip.store import records, stranded
from drip.store.stranded import Stranded
from tests.world import ADVICE, REMINDERS, Sink, World, a_booking, a_visit, an_event, at

SAM = Person(id="a-1", name="sam", full_name="Sam Okoro", role=Role.SENDER)
SAFETY = ADVICE.replace("purpose: care", "purpose: safety")
ENDS = SAFETY.replace("anchor:", "ends: {on: [patient.discharged]}\nanchor:")


def told(clinic: World, sequence: str = ADVICE) -> World:
    """Amina came at six; she is to hear at nine."""
    clinic.publish(sequence)
    clinic.tell(a_visit("2026-06-11 06:00"))
    clinic.tick("2026-06-11 06:40")
    return clinic


def bounced(clinic: World, sequence: str = ADVICE) -> World:
    """Her address does not work: nothing went at nine. By ten past it was corrected."""
    told(clinic, sequence)
    suppress(clinic.app, "amina@example.org", Reason.BOUNCED, at("2026-06-11 06:50"))
    clinic.tick("2026-06-11 09:00")
    clinic.tell(an_event("patient.updated", "2026-06-11 09:10", patient={"email": "amina.shah@example.org"}))
    clinic.tick("2026-06-11 09:11")
    return clinic


def lost(clinic: World, when: str) -> None:
    """The provider says that what it was handed last did not arrive."""
    clinic.receipt(State.UNDELIVERED, f"2026-06-11 {when}", attempt_id=clinic.sink.letters[-1].attempt_id)
    clinic.tick(f"2026-06-11 {when}")
    assert clinic.states()["hello"].startswith("undelivered")


def again(clinic: World, when: str) -> bool:
    """Sam sends it again, and it goes a minute later."""
    is_sent = send_again(clinic.app, hello(clinic), Channel.EMAIL, SAM, at(f"2026-06-11 {when}"))
    clinic.tick((at(f"2026-06-11 {when}") + timedelta(minutes=1)).isoformat())
    return is_sent


def hello(clinic: World) -> str:
    return next(one.id for one in clinic.messages() if one.step == "hello")


def asked(clinic: World) -> list[str]:
    """What waits for a person."""
    with clinic.store.read() as tx:
        return sorted(one.kind for one in records.open_tasks(tx))


def failed(clinic: World) -> list[Stranded]:
    with clinic.store.read() as tx:
        return stranded.waiting(tx, at("2026-06-11 09:00") - RECENT, limit=9)


def test_a_letter_that_is_asked_for_after_a_second_failure_is_a_task(clinic: World) -> None:
    bounced(clinic)
    again(clinic, "09:12")
    lost(clinic, "09:20")
    assert ask_by_hand(clinic.app, hello(clinic), "write", SAM, at("2026-06-11 09:30"))
    assert "write" in asked(clinic)


def test_words_that_a_colleague_passes_on_after_a_second_failure_are_noted(clinic: World) -> None:
    bounced(clinic)
    again(clinic, "09:12")
    lost(clinic, "09:20")
    assert handed_over(clinic.app, hello(clinic), "ring", SAM, at("2026-06-11 09:30"))
    assert not handed_over(clinic.app, hello(clinic), "ring", SAM, at("2026-06-11 09:31"))


def test_what_no_channel_carries_a_second_time_is_asked_about_again(clinic: World) -> None:
    bounced(clinic)
    assert send_again(clinic.app, hello(clinic), Channel.EMAIL, SAM, at("2026-06-11 09:12"))
    suppress(clinic.app, "amina.shah@example.org", Reason.BOUNCED, at("2026-06-11 09:12"))
    clinic.tick("2026-06-11 09:13")
    assert asked(clinic) == ["write"]


def test_safety_words_that_are_lost_a_second_time_are_somebodys_task(clinic: World) -> None:
    told(clinic, SAFETY).tick("2026-06-11 09:01")
    lost(clinic, "09:20")
    again(clinic, "09:22")
    lost(clinic, "09:30")
    assert asked(clinic) == ["safety_not_reached"]


def test_safety_words_that_were_said_to_have_arrived_and_then_not_are_a_task_again(clinic: World) -> None:
    told(clinic, SAFETY).tick("2026-06-11 09:01")
    lost(clinic, "09:20")
    clinic.receipt(State.DELIVERED, "2026-06-11 09:25", attempt_id=clinic.sink.letters[-1].attempt_id)
    clinic.tick("2026-06-11 09:25")
    assert asked(clinic) == [], "they arrived after all"
    lost(clinic, "09:30")
    assert asked(clinic) == ["safety_not_reached"]


def test_safety_words_are_a_task_until_they_have_gone(clinic: World) -> None:
    told(clinic, SAFETY).tick("2026-06-11 09:01")
    lost(clinic, "09:20")
    assert send_again(clinic.app, hello(clinic), Channel.EMAIL, SAM, at("2026-06-11 09:22"))
    assert asked(clinic) == ["safety_not_reached"]
    for minute in ("23", "24"):
        clinic.tick(f"2026-06-11 09:{minute}")
    assert (clinic.states()["hello"], asked(clinic)) == ("accepted", [])


def test_safety_words_that_expire_before_they_go_again_stay_a_task_with_the_words(clinic: World) -> None:
    told(clinic, SAFETY).tick("2026-06-11 09:01")
    lost(clinic, "09:20")
    ends = next(one.expires_at for one in clinic.messages() if one.step == "hello")
    assert send_again(clinic.app, hello(clinic), Channel.EMAIL, SAM, ends - timedelta(minutes=5))
    clinic.tick((ends + timedelta(minutes=4)).isoformat())
    assert clinic.states()["hello"] == "expired expired"
    assert "safety_not_reached" in asked(clinic)
    page = words_by_hand(clinic.app, hello(clinic), "ring", SAM, ends + timedelta(minutes=5))
    assert page
    assert page.words


def test_what_belongs_to_a_sequence_that_was_ended_has_no_way_to_go_again(clinic: World) -> None:
    told(clinic, ENDS).tick("2026-06-11 09:01")
    clinic.tell(an_event("patient.discharged", "2026-06-11 09:19"))
    lost(clinic, "09:20")
    with clinic.store.read() as tx:
        assert roads(clinic.app, tx, failed(clinic), at("2026-06-11 09:21")) == {hello(clinic): ()}
    assert not again(clinic, "09:22")
    assert asked(clinic) == ["safety_not_reached"]


def test_a_message_that_is_held_a_second_time_is_a_task_again(clinic: World) -> None:
    clinic.sink.answer = lambda _: Unknown("gone")
    told(clinic)
    for time in ("09:00", "09:15", "09:40"):
        clinic.tick(f"2026-06-11 {time}")
    by = By(name="Sam Okoro", who=SAM.id)
    assert decide(clinic.app, hello(clinic), Decision.AGAIN, by, at("2026-06-11 10:00"))
    for time in ("10:01", "10:15", "10:40"):
        clinic.tick(f"2026-06-11 {time}")
    assert clinic.states()["hello"].startswith("held")
    assert asked(clinic) == ["held"]


def test_what_turns_out_while_a_provider_is_asked_is_no_task(a_clinic: Callable[..., World]) -> None:
    clinic = a_clinic(sink=Sink(answer=lambda _: Unknown("gone"), evidence=Evidence.DID_NOT_GO))
    told(clinic).tick("2026-06-11 09:00")

    def find(doubt: evidence.Lost) -> None:
        clinic.receipt(State.DELIVERED, "2026-06-11 10:30", attempt_id=doubt.attempt_id)
        apply_receipts(clinic.app, at("2026-06-11 10:30"))

    clinic.sink.find = find  # type: ignore[assignment, method-assign]
    clinic.tick("2026-06-11 10:30")
    assert (clinic.states()["hello"], asked(clinic)) == ("delivered", [])


@pytest.mark.parametrize("sequence", [ADVICE, SAFETY], ids=["care", "safety"])
def test_what_a_person_has_just_done_is_not_asked_again_for_the_same_reason(clinic: World, sequence: str) -> None:
    told(clinic, sequence).tick("2026-06-11 09:01")
    lost(clinic, "09:20")
    with clinic.store.read() as tx:
        (task,) = records.open_tasks(tx)
    finish(clinic.app, Seen(task_id=task.id, by=SAM), at("2026-06-11 09:25"))
    lost(clinic, "09:30")
    assert asked(clinic) == []
    assert reopen(clinic.app, Seen(task_id=task.id, by=SAM), at("2026-06-11 09:31"))


def test_what_was_asked_again_since_is_not_taken_back(clinic: World) -> None:
    told(clinic).tick("2026-06-11 09:01")
    lost(clinic, "09:20")
    with clinic.store.read() as tx:
        (task,) = records.open_tasks(tx)
    again(clinic, "09:22")
    lost(clinic, "09:25")
    assert not reopen(clinic.app, Seen(task_id=task.id, by=SAM), at("2026-06-11 09:26"))
    assert asked(clinic) == ["not_delivered"]


def test_two_workers_that_ask_the_same_again_at_once_raise_one_task(a_postgres_clinic: Callable[..., World]) -> None:
    clinic = a_postgres_clinic()
    task, now = records.NewTask(key="not_delivered:m-1", kind="not_delivered"), at("2026-06-11 09:00")
    with clinic.store.write() as tx:
        records.raise_tasks(tx, [task], now)
        records.finish_tasks(tx, [task.key], now, by="Sam Okoro")
    other = threading.Thread(target=clinic.store.attempt, args=(lambda tx: records.raise_again(tx, [task], now),))
    with clinic.store.write() as tx:
        records.raise_again(tx, [task], now)
        other.start()
        other.join(0.3)  # it waits for this one to end
    other.join(10)
    assert asked(clinic) == ["not_delivered"]


def both_dates(clinic: World, old: State, new: State) -> World:
    """A reminder of the old date, and then one of the new date, ended like this."""
    clinic.publish(REMINDERS)
    clinic.tell(a_booking("2026-06-11 10:00"))
    clinic.tick("2026-06-02 10:00")
    clinic.tick("2026-06-08 10:01")
    _ended(clinic, old, "2026-06-08 10:05")
    clinic.tell(a_booking("2026-06-22 10:00", told_at="2026-06-08 12:00", kind="rescheduled"))
    clinic.tick("2026-06-08 12:01")
    clinic.tick("2026-06-19 10:01")
    _ended(clinic, new, "2026-06-19 10:05")
    return clinic


def _ended(clinic: World, state: State, when: str) -> None:
    reminder = next(one for one in reversed(clinic.sink.letters) if one.channel is Channel.EMAIL)
    clinic.receipt(state, when, attempt_id=reminder.attempt_id)
    clinic.tick(when)


def test_a_lost_reminder_of_the_new_date_is_seen_though_that_of_the_old_date_arrived(clinic: World) -> None:
    both_dates(clinic, State.DELIVERED, State.UNDELIVERED)
    assert [(one.step, one.planned_for) for one in failed(clinic)] == [("prepare", at("2026-06-19 10:00"))]


def test_a_lost_reminder_of_the_old_date_needs_nobody_once_that_of_the_new_date_arrived(clinic: World) -> None:
    assert failed(both_dates(clinic, State.UNDELIVERED, State.DELIVERED)) == []
