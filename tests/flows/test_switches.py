"""Sending goes on after a pause: what is late is left out, or goes, as somebody chose; nothing comes in a burst."""

from collections.abc import Callable, Iterable
from typing import Any

import pytest

from drip.flows.deeds.move import move
from drip.flows.enrol import apply_news
from drip.flows.switches import Ages, Late, Resumed, ages, pause, resume
from drip.store import audit, lanes, patient_pauses, patients, settling, versions
from drip.store.database import Tx
from drip.store.patient_pauses import PatientPause
from tests.world import ADVICE, REMINDERS, World, a_booking, a_visit, at

NEXT_DAY = "2026-06-12 11:00"


def paused_over_night(clinic: World, text: str = ADVICE) -> World:
    """Amina's “hello” was due at noon, her “nudge” this morning; everything has been paused since before."""
    clinic.publish(text)
    clinic.tell(a_visit("2026-06-11 09:00"))
    clinic.tick("2026-06-11 10:00")
    pause(clinic.app, "everything", "the phones are down", at("2026-06-11 10:30"), who="a-1")
    for time in ("2026-06-11 12:30", NEXT_DAY):
        clinic.tick(time)
    return clinic


def noting(order: list[str], name: str, really: Callable[..., Any]) -> Callable[..., Any]:
    """The same, noted in `order` when it is called."""

    def called(*args: Any) -> Any:
        order.append(name)
        return really(*args)

    return called


def test_whoever_resumes_sees_how_much_waits_and_how_old_it_is(clinic: World) -> None:
    paused_over_night(clinic)
    assert ages(clinic.app, "everything", at(NEXT_DAY)) == Ages(today=1, yesterday=1)
    assert ages(clinic.app, "everything", at("2026-06-13 09:00")) == Ages(yesterday=1, older=1)


def test_what_is_late_is_left_out_and_says_so_and_what_is_of_today_goes(clinic: World) -> None:
    paused_over_night(clinic)
    assert resume(clinic.app, "everything", at(NEXT_DAY), who="a-1") == Resumed(woken=1, skipped=1)
    clinic.tick("2026-06-12 11:01")
    assert clinic.states() == {"hello": "skipped resumed_late", "nudge": "accepted", "later": "planned"}


def test_what_is_late_goes_where_somebody_chose_so(clinic: World) -> None:
    paused_over_night(clinic)
    done = resume(clinic.app, "everything", at(NEXT_DAY), who="a-1", late_ones=Late.SEND)
    assert done == Resumed(woken=2, skipped=0)
    clinic.tick("2026-06-12 11:01")
    assert clinic.states()["hello"] == "accepted"
    with clinic.store.read() as tx:
        (line,) = [line for line in audit.lines(tx) if line.deed.deed == "resumed"]
    assert (line.deed.who, line.deed.detail) == ("a-1", {"late": "send"})


def test_news_of_the_patient_does_not_bring_back_what_was_left_out(clinic: World) -> None:
    paused_over_night(clinic)
    resume(clinic.app, "everything", at(NEXT_DAY), who="a-1")
    clinic.tell(a_visit("2026-06-11 09:00", told_at="2026-06-12 11:30"))
    clinic.tick("2026-06-12 12:00")
    assert clinic.states()["hello"] == "skipped resumed_late"


@pytest.mark.parametrize("change", ["purpose: safety, email: hello", "if_late: send, email: hello"])
def test_words_about_safety_and_steps_that_may_be_late_go_in_any_case(clinic: World, change: str) -> None:
    paused_over_night(clinic, ADVICE.replace("email: hello", change))
    assert ages(clinic.app, "everything", at(NEXT_DAY)).kept == 1
    assert resume(clinic.app, "everything", at(NEXT_DAY), who="a-1") == Resumed(woken=2, skipped=0)
    clinic.tick("2026-06-12 11:01")
    assert clinic.states()["hello"] == "accepted"


def test_what_nobody_asked_about_while_the_worker_stood_still_is_late_as_well(clinic: World) -> None:
    clinic.publish(ADVICE)
    clinic.tell(a_visit("2026-06-11 09:00"))
    clinic.tick("2026-06-11 10:00")
    pause(clinic.app, "everything", "", at("2026-06-11 10:30"), who="a-1")
    assert resume(clinic.app, "everything", at(NEXT_DAY), who="a-1") == Resumed(woken=1, skipped=1)
    clinic.tick("2026-06-12 11:01")
    assert clinic.states() == {"hello": "skipped resumed_late", "nudge": "accepted", "later": "planned"}


def test_who_resumes_locks_patients_then_messages_then_providers_then_the_trail(
    clinic: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    paused_over_night(clinic)
    order: list[str] = []
    for module, name in ((patients, "lock"), (settling, "wake"), (lanes, "reopen"), (audit, "write")):
        monkeypatch.setattr(module, name, noting(order, name, getattr(module, name)))
    resume(clinic.app, "everything", at(NEXT_DAY), who="a-1")
    assert order == ["lock", "wake", "reopen", "write"]


def test_a_provider_that_is_left_alone_is_tried_again_though_nothing_is_paused(clinic: World) -> None:
    with clinic.store.write() as tx:
        versions.pause(tx, "provider:sink", "it refused our account", at("2026-06-11 10:00"))
    assert resume(clinic.app, "everything", at(NEXT_DAY), who="a-1") == Resumed(woken=0, skipped=0)
    assert resume(clinic.app, "everything", at(NEXT_DAY), who="a-1") is None


def test_what_another_pause_holds_back_as_well_waits_for_its_end(clinic: World) -> None:
    paused_over_night(clinic)
    pause(clinic.app, "sequence:advice", "a mistake in the words", at(NEXT_DAY), who="a-1")
    assert ages(clinic.app, "everything", at(NEXT_DAY)) == Ages()
    assert resume(clinic.app, "sequence:advice", at(NEXT_DAY), who="a-1") == Resumed(woken=0, skipped=0)
    pause(clinic.app, "sequence:advice", "a mistake in the words", at(NEXT_DAY), who="a-1")
    clinic.tick("2026-06-12 11:01")
    resume(clinic.app, "everything", at("2026-06-12 11:02"), who="a-1")
    clinic.tick("2026-06-12 11:03")
    assert clinic.states()["hello"] == "planned paused"
    assert resume(clinic.app, "sequence:advice", at("2026-06-12 11:04"), who="a-1") == Resumed(woken=1, skipped=1)


def test_who_has_a_pause_of_their_own_loses_nothing_when_sending_goes_on(clinic: World) -> None:
    paused_over_night(clinic)
    (patient,) = {one.patient_id for one in clinic.messages()}
    with clinic.store.write() as tx:
        own = PatientPause(patient_id=patient, paused_at=at("2026-06-11 10:00"), until=None, who="a-1")
        patient_pauses.pause(tx, own)
    assert ages(clinic.app, "everything", at(NEXT_DAY)) == Ages()
    assert resume(clinic.app, "everything", at(NEXT_DAY), who="a-1") == Resumed(woken=0, skipped=0)
    clinic.tick("2026-06-12 11:01")
    assert clinic.states()["hello"] == "planned paused"


def test_another_sequence_keeps_its_pause_and_its_messages(clinic: World) -> None:
    other = ADVICE.replace("sequence: advice", "sequence: other")
    clinic.publish(ADVICE, other)
    clinic.tell(a_visit("2026-06-11 09:00"))
    clinic.tick("2026-06-11 10:00")
    for name in ("advice", "other"):
        pause(clinic.app, f"sequence:{name}", "", at("2026-06-11 10:30"), who="a-1")
    clinic.tick("2026-06-11 12:30")
    resume(clinic.app, "sequence:advice", at(NEXT_DAY), who="a-1")
    hellos = {one.sequence: (one.state, one.reason) for one in clinic.messages() if one.step == "hello"}
    assert hellos == {"advice": ("skipped", "resumed_late"), "other": ("planned", "paused")}


def meanwhile(monkeypatch: pytest.MonkeyPatch, do: Callable[[], object]) -> None:
    """Somebody else does this once resuming has read what is late, and waits for its patients."""
    real, left = patients.lock, [do]

    def lock(tx: Tx, patient_ids: Iterable[str]) -> Any:
        while left:
            left.pop()()
        return real(tx, patient_ids)

    monkeypatch.setattr(patients, "lock", lock)


def test_what_a_colleague_moves_while_sending_goes_on_is_not_left_out(
    a_postgres_clinic: Callable[..., World], monkeypatch: pytest.MonkeyPatch
) -> None:
    clinic = paused_over_night(a_postgres_clinic())
    hello = next(one.id for one in clinic.messages() if one.step == "hello")
    meanwhile(monkeypatch, lambda: move(clinic.app, hello, at("2026-06-12 15:00"), "a-2", at(NEXT_DAY)))
    assert resume(clinic.app, "everything", at(NEXT_DAY), who="a-1") == Resumed(woken=1, skipped=0)
    clinic.tick("2026-06-12 15:01")
    assert clinic.states()["hello"] == "accepted"


def test_a_visit_that_moves_while_sending_goes_on_keeps_its_reminder(
    a_postgres_clinic: Callable[..., World], monkeypatch: pytest.MonkeyPatch
) -> None:
    clinic = a_postgres_clinic()
    clinic.publish(REMINDERS)
    clinic.tell(a_booking("2026-06-12 10:00"))
    clinic.tick("2026-06-08 09:00")
    pause(clinic.app, "everything", "", at("2026-06-08 10:30"), who="a-1")
    clinic.tick("2026-06-09 10:30")
    now = at("2026-06-10 11:00")

    def moved() -> None:
        clinic.tell(a_booking("2026-06-22 10:00", told_at="2026-06-10 10:59", kind="rescheduled"))
        apply_news(clinic.app, now)

    meanwhile(monkeypatch, moved)
    resume(clinic.app, "everything", now, who="a-1")
    clinic.tick("2026-06-19 10:01")
    assert clinic.states()["prepare"] == "accepted"
