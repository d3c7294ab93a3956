"""A pause of one patient that has no end: staff are asked after two weeks whether it is still meant, and again."""

import threading
from collections.abc import Callable

import pytest
from sqlalchemy import update

from drip.core.asked import PAUSE_WITHOUT_END
from drip.core.role import Role
from drip.flows import long_pauses, see_to, staff
from drip.flows.deeds.pause import pause, resume
from drip.flows.long_pauses import look_at_pauses
from drip.flows.see_to import Outcome, Seen, finish
from drip.flows.staff import NewAccount
from drip.flows.story import tell
from drip.store import patients, records, schema
from tests.flows.deeds.build import SAM, amina
from tests.world import ADVICE, CLINIC, World, a_visit, an_event, at

PAUSED, DAY_13, TWO_WEEKS = "2026-06-03 10:00", "2026-06-16 10:00", "2026-06-17 10:00"


def came(clinic: World, *refs: str) -> dict[str, str]:
    """These patients came on the third of June. Their ids."""
    clinic.publish(ADVICE)
    for ref in refs:
        told = {"ref": ref, "email": f"{ref}@example.org", "phone": None}
        clinic.tell(a_visit("2026-06-03 09:00", event_id=ref, patient=told, appointment={"ref": f"a-{ref}"}))
    clinic.tick("2026-06-03 09:30")
    with clinic.store.read() as tx:
        return {ref: patients.find(tx, ref)[0].id for ref in refs}


@pytest.fixture
def paused(clinic: World) -> World:
    """Amina came on the third of June, and has been paused since then without an end."""
    came(clinic, "p-1")
    pause(clinic.app, amina(clinic), None, SAM, at(PAUSED))
    return clinic


def asked(clinic: World) -> list[str | None]:
    """About whom staff are asked whether a pause is still meant."""
    with clinic.store.read() as tx:
        return [one.patient_id for one in records.open_tasks(tx) if one.kind == PAUSE_WITHOUT_END]


def task_of(clinic: World) -> str:
    with clinic.store.read() as tx:
        return next(one.id for one in records.open_tasks(tx) if one.kind == PAUSE_WITHOUT_END)


def sam(clinic: World) -> Seen:
    """Sam answers: they are to wait on."""
    person = staff.add(clinic.app, NewAccount(name="sam", full_name="Sam Okoro", role=Role.SENDER), at(PAUSED)).person
    return Seen(task_id=task_of(clinic), by=person)


def test_after_two_weeks_staff_are_asked_once_whether_a_pause_without_an_end_is_still_meant(paused: World) -> None:
    paused.tick(DAY_13)
    assert asked(paused) == []
    for time in ("17 10:00", "17 11:30", "18 10:00"):
        paused.tick(f"2026-06-{time}")
    assert asked(paused) == [amina(paused)]


def test_the_question_says_who_paused_the_patient_and_since_when(clinic: World) -> None:
    patient = came(clinic, "p-1")["p-1"]
    person = staff.add(clinic.app, NewAccount(name="sam", full_name="Sam Okoro", role=Role.SENDER), at(PAUSED)).person
    pause(clinic.app, patient, None, person.id, at(PAUSED))
    clinic.tick(TWO_WEEKS)
    with clinic.store.read() as tx:
        (task,) = [one for one in records.open_tasks(tx, patient) if one.kind == PAUSE_WITHOUT_END]
        says = records.detail_of(tx, task, patients.load(tx, [patient])[patient].data_key)
    assert says == "Sam Okoro paused all messages to this patient on 3 June 2026, without an end."


def test_a_pause_that_has_an_end_is_not_asked_about(clinic: World) -> None:
    ids = came(clinic, "p-1", "p-2")
    pause(clinic.app, ids["p-1"], None, SAM, at(PAUSED))
    pause(clinic.app, ids["p-2"], at("2026-09-01 00:00"), SAM, at(PAUSED))
    clinic.tick(TWO_WEEKS)
    assert asked(clinic) == [ids["p-1"]]


def test_the_question_is_settled_once_messages_go_again(paused: World) -> None:
    paused.tick(TWO_WEEKS)
    assert asked(paused) == [amina(paused)]
    resume(paused.app, amina(paused), SAM, at("2026-06-17 10:05"))
    assert asked(paused) == []


def test_the_question_is_settled_once_the_pause_has_an_end(paused: World) -> None:
    paused.tick(TWO_WEEKS)
    assert asked(paused) == [amina(paused)]
    pause(paused.app, amina(paused), at("2026-06-24 00:00"), SAM, at("2026-06-17 10:05"))
    assert asked(paused) == []


def test_other_questions_about_the_patient_wait_on_when_messages_go_again(paused: World) -> None:
    with paused.store.write() as tx:
        records.raise_tasks(tx, [records.NewTask(key="r", kind="reply", patient_id=amina(paused))], at(PAUSED))
    paused.tick(TWO_WEEKS)
    resume(paused.app, amina(paused), SAM, at("2026-06-17 10:05"))
    with paused.store.read() as tx:
        assert [one.kind for one in records.open_tasks(tx)] == ["reply"]


def test_a_pause_that_is_still_meant_is_asked_about_again_after_as_long(paused: World) -> None:
    paused.tick(TWO_WEEKS)
    finish(paused.app, sam(paused), at("2026-06-20 09:00"))
    for time in ("06-20 10:00", "07-01 10:00", "07-04 08:00"):
        paused.tick(f"2026-{time}")
        assert asked(paused) == []
    paused.tick("2026-07-04 09:00")
    assert asked(paused) == [amina(paused)]


def test_that_a_pause_is_still_meant_stands_in_the_patients_story_with_who_said_so(paused: World) -> None:
    paused.tick(TWO_WEEKS)
    finish(paused.app, sam(paused), at("2026-06-20 09:00"))
    with paused.store.read() as tx:
        story = tell(paused.app, tx, patients.load(tx, [amina(paused)])[amina(paused)])
    assert "Messages to this patient were to stay paused (Sam Okoro)." in {line.sentence for line in story.lines}


def test_a_newer_pause_is_asked_about_in_its_own_time(paused: World) -> None:
    resume(paused.app, amina(paused), SAM, at("2026-06-10 10:00"))
    pause(paused.app, amina(paused), None, SAM, at("2026-06-10 11:00"))
    paused.tick(TWO_WEEKS)
    assert asked(paused) == []
    paused.tick("2026-06-24 11:00")
    assert asked(paused) == [amina(paused)]


def test_nobody_is_asked_any_more_about_a_patient_who_died(paused: World) -> None:
    paused.tick(TWO_WEEKS)
    assert asked(paused) == [amina(paused)]
    paused.tell(an_event("patient.deceased", "2026-06-17 10:30"))
    paused.tick("2026-06-17 11:30")
    assert asked(paused) == []


def test_a_question_that_was_taken_up_again_after_messages_went_on_settles_itself(paused: World) -> None:
    paused.tick(TWO_WEEKS)
    seen = sam(paused)
    assert finish(paused.app, seen, at("2026-06-17 10:01")) is Outcome.DONE
    resume(paused.app, amina(paused), SAM, at("2026-06-17 10:02"))
    assert see_to.reopen(paused.app, seen, at("2026-06-17 10:03"))
    assert asked(paused) == [amina(paused)]
    paused.tick("2026-06-17 11:30")
    assert asked(paused) == []


def test_so_many_are_asked_about_at_once_the_longest_first_and_the_others_later(
    clinic: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(long_pauses, "AT_ONCE", 2)
    ids = came(clinic, "p-1", "p-2", "p-3")
    for ref, hour in (("p-1", 12), ("p-2", 11), ("p-3", 10)):
        pause(clinic.app, ids[ref], None, SAM, at(f"2026-06-03 {hour}:00"))
    clinic.tick("2026-06-18 10:00")
    assert set(asked(clinic)) == {ids["p-3"], ids["p-2"]}
    clinic.tick("2026-06-18 11:00")
    assert set(asked(clinic)) == set(ids.values())


def test_a_record_that_cannot_be_unsealed_keeps_nobody_else_from_being_asked_about(clinic: World) -> None:
    ids = came(clinic, "p-1", "p-2")
    for patient in ids.values():
        pause(clinic.app, patient, None, SAM, at(PAUSED))
    with clinic.store.write() as tx:
        broken = update(schema.patients).where(schema.patients.c.id == ids["p-1"])
        tx.connection.execute(broken.values(facts=b"broken"))
    assert look_at_pauses(clinic.app, at(TWO_WEEKS)) == 1
    assert asked(clinic) == [ids["p-2"]]


def test_of_two_workers_at_once_one_asks(a_postgres_clinic: Callable[..., World]) -> None:
    clinic = a_postgres_clinic()
    for patient in came(clinic, "p-1", "p-2", "p-3").values():
        pause(clinic.app, patient, None, SAM, at(PAUSED))
    start, told = threading.Barrier(2), list[int]()

    def look() -> None:
        start.wait()
        told.append(look_at_pauses(clinic.app, at(TWO_WEEKS)))

    workers = [threading.Thread(target=look) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert sorted(told) == [0, 3]
    assert len(asked(clinic)) == 3


def test_who_is_resumed_while_a_worker_looks_is_not_asked_about(
    a_postgres_clinic: Callable[..., World], monkeypatch: pytest.MonkeyPatch
) -> None:
    clinic = a_postgres_clinic()
    ids = came(clinic, "p-1", "p-2")
    for patient in ids.values():
        pause(clinic.app, patient, None, SAM, at(PAUSED))
    lock = patients.lock

    def resumed_first(*which: object) -> object:
        monkeypatch.undo()
        resume(clinic.app, ids["p-1"], SAM, at(TWO_WEEKS))
        return lock(*which)  # type: ignore[arg-type]

    monkeypatch.setattr(patients, "lock", resumed_first)
    assert look_at_pauses(clinic.app, at(TWO_WEEKS)) == 1
    assert asked(clinic) == [ids["p-2"]]


def test_the_clinics_people_are_told_that_such_pauses_wait_for_an_answer(a_clinic: Callable[..., World]) -> None:
    clinic = a_clinic(clinic=CLINIC + "alerts: {email: nurse@example.org}\n")
    pause(clinic.app, came(clinic, "p-1")["p-1"], None, SAM, at(PAUSED))
    clinic.tick(TWO_WEEKS)
    clinic.tick("2026-06-17 10:01")
    digests = [one.words.text for one in clinic.sink.letters if one.to == "nurse@example.org"]
    assert any("patients whose messages have been paused for long, without an end: 1" in one for one in digests)
