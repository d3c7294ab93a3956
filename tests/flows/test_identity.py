"""One person in two booking systems: a death stops both records at once, and nothing is sent twice."""

import threading
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from itertools import permutations
from typing import Any

import pytest

from drip.flows.enrol import replan
from drip.flows.gate import pass_gate
from drip.flows.prepare import prepare
from drip.flows.take_in import take_in
from drip.store import outgoing, patients, records
from drip.store.database import Tx
from drip.store.outgoing import Lease
from drip.store.records import detail_of
from tests.world import ADVICE, REMINDERS, World, a_booking, a_visit, an_event, at

FOLLOWER = """
sequence: follower
title: What goes with it
purpose: care
kind: safety
enrol: {on: enrolment.started, when: enrolment.sequence == 'advice'}
anchor: enrolled
steps:
  - {id: beside, after: 2d, at: "10:00", email: beside}
review: {author: A. Writer, approved_by: B. Reader, review_due: 2037-01-01}
"""

OTHER = "diary"


def tell(world: World, source: str, told: Mapping[str, Any], now: str, **patient: Any) -> None:
    """The same as another booking system tells it: its own numbers for everything."""
    theirs = {**told, "event_id": f"{source}-{told['event_id']}", "patient": {**told["patient"], **patient}}
    if source != "generic":
        theirs["patient"] = {**theirs["patient"], "ref": f"{source}-{theirs['patient']['ref']}"}
        if "appointment" in theirs:
            theirs["appointment"] = {**theirs["appointment"], "ref": f"{source}-{theirs['appointment']['ref']}"}
    take_in(world.app, [replace(one, source=source) for one in world.read(theirs)], at(now))


def both(world: World, told: Mapping[str, Any], now: str) -> None:
    for source in ("generic", OTHER):
        tell(world, source, told, now)
    world.tick(now)


def told_staff(world: World) -> list[str]:
    """What staff are told of people in two systems."""
    with world.store.read() as tx:
        found = [task for task in records.open_tasks(tx) if task.kind == "same_person"]
        keys = {row.id: row.data_key for row in patients.load(tx, [task.patient_id or "" for task in found]).values()}
        return sorted(detail_of(tx, task, keys[task.patient_id or ""]) for task in found)


def planned(world: World) -> dict[str, int]:
    """How many messages each patient is to get."""
    found: dict[str, int] = {}
    for one in world.messages(state="planned"):
        found[one.patient] = found.get(one.patient, 0) + 1
    return found


VISIT = a_visit("2026-06-11 10:00")
BOOKING = a_booking("2026-06-18 10:00")


@pytest.mark.parametrize("order", list(permutations([("generic", BOOKING), (OTHER, BOOKING)])))
def test_the_same_sequence_for_the_same_day_is_planned_once_for_one_person(
    clinic: World, order: tuple[tuple[str, dict[str, Any]], ...]
) -> None:
    clinic.publish(REMINDERS)
    for source, told in order:
        tell(clinic, source, told, "2026-06-01 10:00")
        clinic.tick("2026-06-01 10:00")
    first = "p-1" if order[0][0] == "generic" else "diary-p-1"
    assert planned(clinic) == {first: 2}
    assert len(told_staff(clinic)) == 2
    assert told_staff(clinic)[1].startswith("“Before your visit” was not started: this person has it through ")
    clinic.tick("2026-06-02 10:00")
    assert len(told_staff(clinic)) == 2


def test_told_in_one_breath_it_is_planned_once_too(clinic: World) -> None:
    clinic.publish(REMINDERS)
    both(clinic, BOOKING, "2026-06-01 10:00")
    assert sum(planned(clinic).values()) == 2


def test_the_pair_is_told_of_with_both_numbers(clinic: World) -> None:
    for source in ("generic", OTHER):
        tell(clinic, source, BOOKING, "2026-06-01 10:00")
        clinic.tick("2026-06-01 10:00")
    assert told_staff(clinic) == ["also generic:p-1, by name, date of birth and address"]


def test_what_would_have_started_with_it_is_left_out_with_it(clinic: World) -> None:
    clinic.publish(ADVICE, FOLLOWER)
    tell(clinic, "generic", VISIT, "2026-06-11 10:31")
    clinic.tick("2026-06-11 10:31")
    tell(clinic, OTHER, VISIT, "2026-06-12 12:00")  # so that what counts from the enrolment would be another day
    clinic.tick("2026-06-12 12:00")
    assert planned(clinic).keys() == {"p-1"}


def test_another_visit_is_another_matter(clinic: World) -> None:
    clinic.publish(REMINDERS)
    tell(clinic, "generic", BOOKING, "2026-06-01 10:00")
    tell(clinic, OTHER, a_booking("2026-06-19 10:00"), "2026-06-01 10:00")
    clinic.tick("2026-06-01 10:00")
    assert planned(clinic) == {"p-1": 2, "diary-p-1": 2}


def test_once_it_is_called_off_in_one_system_the_other_ones_visit_is_planned(clinic: World) -> None:
    clinic.publish(REMINDERS)
    tell(clinic, "generic", BOOKING, "2026-06-01 10:00")
    clinic.tick("2026-06-01 10:00")
    tell(clinic, "generic", an_event("appointment.cancelled", "2026-06-01 11:00"), "2026-06-01 11:00")
    clinic.tick("2026-06-01 11:00")
    tell(clinic, OTHER, BOOKING, "2026-06-01 12:00")
    clinic.tick("2026-06-01 12:00")
    assert planned(clinic) == {"diary-p-1": 2}


@pytest.mark.parametrize(
    "unlike",
    [
        pytest.param({"first_name": "Aminah"}, id="another name"),
        pytest.param({"date_of_birth": "1979-03-03"}, id="another birth"),
        pytest.param({"date_of_birth": None}, id="birth not known"),
        pytest.param({"email": "other@example.org", "phone": "+447700900124"}, id="no address in common"),
    ],
)
def test_two_people_stay_two(clinic: World, unlike: dict[str, Any]) -> None:
    clinic.publish(REMINDERS)
    tell(clinic, "generic", BOOKING, "2026-06-01 10:00")
    tell(clinic, OTHER, BOOKING, "2026-06-01 10:00", **unlike)
    clinic.tick("2026-06-01 10:00")
    assert sum(planned(clinic).values()) == 4
    assert told_staff(clinic) == []


@pytest.mark.parametrize(
    "alike",
    [
        pytest.param({"first_name": " AMINA ", "last_name": "Sháh"}, id="written otherwise"),
        pytest.param({"email": "other@example.org"}, id="the same phone"),
        pytest.param({"phone": "+447700900124"}, id="the same email"),
    ],
)
def test_one_person_is_known_however_the_name_is_written(clinic: World, alike: dict[str, Any]) -> None:
    clinic.publish(REMINDERS)
    tell(clinic, "generic", BOOKING, "2026-06-01 10:00")
    tell(clinic, OTHER, BOOKING, "2026-06-01 10:00", **alike)
    clinic.tick("2026-06-01 10:00")
    assert sum(planned(clinic).values()) == 2


def test_two_records_in_one_system_are_its_own_affair(clinic: World) -> None:
    clinic.publish(REMINDERS)
    tell(clinic, "generic", BOOKING, "2026-06-01 10:00")
    again = {**BOOKING, "event_id": "again", "appointment": {**BOOKING["appointment"], "ref": "a-2"}}
    tell(clinic, "generic", again, "2026-06-01 10:00", ref="p-2")
    clinic.tick("2026-06-01 10:00")
    assert planned(clinic) == {"p-1": 2, "p-2": 2}
    assert told_staff(clinic) == []


def apart(world: World) -> None:
    """Amina has a visit in each of two systems, on two days."""
    world.publish(REMINDERS)
    tell(world, "generic", BOOKING, "2026-06-01 10:00")
    tell(world, OTHER, a_booking("2026-06-19 10:00"), "2026-06-01 10:00")
    world.tick("2026-06-01 10:00")
    assert planned(world) == {"p-1": 2, "diary-p-1": 2}


@pytest.mark.parametrize("source", ["generic", OTHER])
def test_a_death_that_one_system_tells_stops_both_records_in_the_same_tick(clinic: World, source: str) -> None:
    apart(clinic)
    tell(clinic, source, an_event("patient.deceased", "2026-06-02 10:00"), "2026-06-02 10:05")
    clinic.tick("2026-06-02 10:05")
    assert planned(clinic) == {}
    assert {one.reason for one in clinic.messages()} == {"deceased"}


def test_a_record_that_comes_in_after_the_death_is_stopped_as_well(clinic: World) -> None:
    clinic.publish(REMINDERS)
    tell(clinic, "generic", an_event("patient.deceased", "2026-06-02 10:00"), "2026-06-02 10:05")
    clinic.tick("2026-06-02 10:05")
    tell(clinic, OTHER, BOOKING, "2026-06-03 10:00")
    clinic.tick("2026-06-03 10:00")
    assert planned(clinic) == {}


@pytest.mark.parametrize("kind", ["patient.merged", "patient.erased"])
def test_merging_and_erasing_are_about_one_record(clinic: World, kind: str) -> None:
    apart(clinic)
    tell(clinic, "generic", an_event(kind, "2026-06-02 10:00"), "2026-06-02 10:05")
    clinic.tick("2026-06-02 10:05")
    assert planned(clinic) == {"diary-p-1": 2}


def claimed(world: World, now: str) -> tuple[Lease, list[outgoing.Claimed]]:
    """What is due, as a worker takes it."""
    lease = Lease(owner="w", token="t", length=world.app.limits.lease)
    with world.store.write() as tx:
        return lease, outgoing.claim(tx, lease, at(now), 10)


@pytest.mark.parametrize("kind", ["patient.deceased", "patient.merged", "patient.erased"])
def test_what_is_claimed_when_a_patient_dies_does_not_go(clinic: World, kind: str) -> None:
    clinic.publish(REMINDERS)
    clinic.tell(BOOKING)
    clinic.tick("2026-06-01 10:00")
    lease, batch = claimed(clinic, "2026-06-15 10:00")
    ready, _ = prepare(clinic.app, batch, at("2026-06-15 10:00"))
    assert len(ready) == 1
    clinic.tell(an_event(kind, "2026-06-15 10:00"))
    assert pass_gate(clinic.app, lease, ready, at("2026-06-15 10:00")).passed == [], "told, and not applied yet"
    clinic.tick("2026-06-15 10:01")
    assert {one.state for one in clinic.messages()} == {"cancelled"}
    assert clinic.sink.letters == []


def test_what_is_claimed_when_the_same_person_dies_elsewhere_does_not_go(clinic: World) -> None:
    """Told, applied to the record that told it, and not yet to the other: the gate refuses the other's already."""
    apart(clinic)
    lease, batch = claimed(clinic, "2026-06-16 10:00")
    ready, _ = prepare(clinic.app, batch, at("2026-06-16 10:00"))
    theirs = [one for one in ready if one.person.source == OTHER]
    assert theirs
    tell(clinic, "generic", an_event("patient.deceased", "2026-06-16 09:59"), "2026-06-16 10:00")
    with clinic.store.read() as tx:
        (died,) = patients.find(tx, "generic:p-1")
    with clinic.store.write() as tx:
        replan(clinic.app, tx, [died.id], at("2026-06-16 10:00"))
    assert pass_gate(clinic.app, lease, theirs, at("2026-06-16 10:00")).passed == []
    clinic.tick("2026-06-16 10:00")
    assert clinic.sink.letters == []


def test_two_workers_that_meet_one_person_at_once_plan_for_one(a_postgres_clinic: Callable[..., World]) -> None:
    clinic = a_postgres_clinic()
    clinic.publish(REMINDERS)
    people = 12
    for number in range(people):
        who = {"ref": f"p-{number}", "first_name": f"Amina{number}", "email": f"p{number}@example.org",
               "phone": f"+4477009001{number:02d}"}  # fmt: skip
        told = {**BOOKING, "event_id": f"e-{number}", "patient": {**BOOKING["patient"], **who}}
        told["appointment"] = {**BOOKING["appointment"], "ref": f"a-{number}"}
        for source in ("generic", OTHER):
            tell(clinic, source, told, "2026-06-01 10:00")
    with clinic.store.read() as tx:
        ids = {
            source: [patients.find(tx, f"{source}:{ref(source, number)}")[0].id for number in range(people)]
            for source in ("generic", OTHER)
        }
    meet = threading.Barrier(2)

    def plan(one: str, tx: Tx) -> None:
        replan(clinic.app, tx, [one], at("2026-06-01 10:00"))

    def work(source: str) -> None:
        for one in ids[source]:
            meet.wait()
            clinic.store.attempt(partial(plan, one))

    workers = [threading.Thread(target=work, args=(source,)) for source in ids]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert sum(planned(clinic).values()) == 2 * people


def ref(source: str, number: int) -> str:
    return f"p-{number}" if source == "generic" else f"{source}-p-{number}"
