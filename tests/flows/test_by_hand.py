"""What staff tell by hand: foreseen as it will be, kept once, and put to the right record."""

from collections.abc import Callable, Mapping, Sequence
from threading import Barrier, Thread

import pytest
from sqlalchemy import event

from drip.bookings.by_hand import read
from drip.bookings.parsed import Parsed
from drip.flows.by_hand import Entry, Misplaced, TakenMeanwhile, place, take_in_by_hand
from drip.flows.by_hand_file import check_file, foresee_file
from drip.flows.foresee import foresee
from drip.store import audit, enrolments, patients
from tests.world import ADVICE, CLINIC, REMINDERS, World, a_booking, a_visit, at

NOW = at("2026-06-11 10:00")

LOADING = """
sequence: loading
title: Loading your tendon
purpose: care
kind: loading
enrol: {on: programme.started, when: "programme.code == 'loading'"}
anchor: programme
steps:
  - {id: week-1, after: 1d, at: "10:00", email: week-1}
review: {author: A. Writer, approved_by: B. Reader, review_due: 2037-01-01}
"""

AMINA = {
    "ref": "1001",
    "first_name": "Amina",
    "last_name": "Shah",
    "date_of_birth": "1979-03-02",
    "email": "amina@example.org",
    "phone": "07700 900123",
    "kind": "appointment booked",
    "what": "initial",
    "on": "2026-06-19",
    "at": "10:00",
}


def told(clinic: World, key: str = "k-1", **unusual: str) -> Parsed:
    """Amina's booking, as it was typed."""
    parsed = read(AMINA | unusual, clinic.app.clinic, key, NOW)
    assert isinstance(parsed, Parsed), parsed
    return parsed


def placed(clinic: World, *parsed: Parsed, sites: Sequence[str] = ()) -> list[Entry | Misplaced]:
    """Where these belong."""
    with clinic.store.read() as tx:
        return place(tx, parsed, sites)


def plan(clinic: World) -> list[tuple[str, str, str, str]]:
    """Every message there is: sequence, step, time, and whether it is planned."""
    return [(one.sequence, one.step, one.due_at.isoformat(), one.state) for one in clinic.messages()]


def test_what_is_foreseen_is_what_happens(clinic: World) -> None:
    clinic.publish(ADVICE, REMINDERS)
    entry = Entry(parsed=told(clinic, on="2026-06-13"))
    (outlook,) = foresee(clinic.app, [entry], NOW)
    assert plan(clinic) == [], "nothing of it remains"
    take_in_by_hand(clinic.app, [entry], NOW, who="sam")
    clinic.tick("2026-06-11 10:00")
    states = {True: "planned", False: "skipped"}
    foreseen = [
        (one.sequence, message.step, message.at.isoformat(), states[message.goes])
        for one in outlook.joins
        for message in one.messages
    ]
    assert sorted(foreseen) == sorted(plan(clinic))
    assert {state for *_, state in foreseen} == {"planned", "skipped"}


def test_who_turns_sixteen_today_where_they_are_treated_is_no_child_in_what_is_foreseen(
    a_clinic: Callable[..., World],
) -> None:
    clinic = a_clinic(
        clinic=CLINIC.replace("Europe/London, country: GB, subdivision: ENG", "Pacific/Auckland, country: NZ")
    )
    clinic.publish(REMINDERS)
    morning_there = at("2026-06-03 22:30+00:00")
    amina = AMINA | {"date_of_birth": "2010-06-04", "phone": "+447700900123"}
    parsed = read(amina, clinic.app.clinic, "k-1", morning_there)
    assert isinstance(parsed, Parsed)
    (entry,) = placed(clinic, parsed)
    assert isinstance(entry, Entry)
    (outlook,) = foresee(clinic.app, [entry], morning_there)
    assert outlook.warnings == ()
    assert all(one.goes for joined in outlook.joins for one in joined.messages)


def test_looking_ahead_leaves_what_waits_of_others_alone(clinic: World) -> None:
    clinic.publish(ADVICE, REMINDERS)
    clinic.tell(a_visit("2026-06-11 07:00"))
    foresee(clinic.app, [Entry(parsed=told(clinic))], NOW)
    clinic.tick("2026-06-11 10:00")
    assert {one.sequence for one in clinic.messages()} == {"advice"}


def test_told_twice_at_once_it_happened_once(a_postgres_clinic: Callable[..., World]) -> None:
    clinic = a_postgres_clinic()
    clinic.publish(REMINDERS)
    entry, together, taken = Entry(parsed=told(clinic)), Barrier(4), []

    def press() -> None:
        together.wait()
        taken.append(take_in_by_hand(clinic.app, [entry], NOW, who="sam").accepted)

    threads = [Thread(target=press) for _ in range(4)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert sorted(taken) == [0, 0, 0, 1]
    with clinic.store.read() as tx:
        assert [line.deed.deed for line in audit.lines(tx)].count("enrolled_by_hand") == 1


def test_what_it_ends_and_what_staff_are_asked_is_foreseen(clinic: World) -> None:
    clinic.publish(ADVICE, REMINDERS, LOADING)
    clinic.tell(a_visit("2026-06-11 07:00", patient={"ref": "1001"}))
    clinic.tick("2026-06-11 08:00")
    programme = told(clinic, kind="programme started", what="loading", on="2026-06-11", at="")
    (entry,) = placed(clinic, programme)
    assert isinstance(entry, Entry)
    (outlook,) = foresee(clinic.app, [entry], NOW)
    assert outlook.joins == ()
    assert outlook.stays == ("After your first visit",)
    assert outlook.asks == (
        "Staff are asked for the tendon subtype: without it no loading plan is safe to choose. (loading)",
    )
    visit = told(clinic, "k-2", on="2026-06-19")
    take_in_by_hand(clinic.app, [Entry(parsed=visit, patient_id=entry.patient_id)], NOW, who="sam")
    clinic.tick("2026-06-11 10:00")
    came = read(AMINA | {"kind": "appointment attended"}, clinic.app.clinic, "k-3", at("2026-06-19 11:00"))
    assert isinstance(came, Parsed)
    (later,) = foresee(clinic.app, [Entry(parsed=came, patient_id=entry.patient_id)], at("2026-06-19 11:00"))
    assert [one for one in later.ends if "Before your visit" in one], "it is the visit that was booked by hand"


@pytest.mark.parametrize(
    ("unusual", "belongs"),
    [
        ({}, "theirs"),
        ({"first_name": "AMÍNA", "last_name": "Shah-Malik"}, "theirs"),
        ({"date_of_birth": ""}, "theirs"),
        ({"date_of_birth": "1980-03-02"}, "nobody"),
        ({"first_name": "Tom"}, "nobody"),
        ({"last_name": "Jones"}, "nobody"),
        ({"ref": "1002"}, "new"),
    ],
)
def test_only_who_agrees_in_name_and_birth_is_the_same_patient(
    clinic: World, unusual: Mapping[str, str], belongs: str
) -> None:
    clinic.publish(ADVICE)
    clinic.tell(a_visit("2026-06-11 07:00", patient={"ref": "1001"}))
    clinic.tick("2026-06-11 08:00")
    (where,) = placed(clinic, told(clinic, **unusual))
    assert belongs == ("nobody" if isinstance(where, Misplaced) else "theirs" if where.patient_id else "new")


def test_a_number_that_became_another_patients_meanwhile_takes_nothing_in(clinic: World) -> None:
    clinic.publish(REMINDERS)
    (first,), (second,) = placed(clinic, told(clinic)), placed(clinic, told(clinic, "k-2", first_name="Tom"))
    assert isinstance(first, Entry)
    assert isinstance(second, Entry)
    take_in_by_hand(clinic.app, [first], NOW, who="sam")
    with pytest.raises(TakenMeanwhile):
        take_in_by_hand(clinic.app, [second], NOW, who="sam")
    take_in_by_hand(clinic.app, [first], NOW, who="sam")
    clinic.tick("2026-06-11 10:00")
    with clinic.store.read() as tx:
        (row,) = patients.find(tx, "1001")
        assert row.patient.facts["first_name"] == "Amina"
        assert len(list(audit.lines(tx, f"patient:{row.id}"))) == 1


def test_that_a_visit_is_known_already_is_said(clinic: World) -> None:
    clinic.publish(REMINDERS)
    clinic.tell(a_booking("2026-06-19 10:00", patient={"ref": "1001"}))
    clinic.tick("2026-06-11 09:00")
    (entry,) = placed(clinic, told(clinic, at="11:30"))
    assert isinstance(entry, Entry)
    (outlook,) = foresee(clinic.app, [entry], NOW)
    assert any("would be in it twice" in says for says in outlook.warnings)


def test_a_visit_at_the_very_time_of_a_known_one_is_that_one(clinic: World) -> None:
    clinic.publish(REMINDERS)
    clinic.tell(a_booking("2026-06-19 10:00", patient={"ref": "1001"}))
    clinic.tick("2026-06-11 09:00")
    before = plan(clinic)
    (entry,) = placed(clinic, told(clinic))
    assert isinstance(entry, Entry)
    (outlook,) = foresee(clinic.app, [entry], NOW)
    assert outlook.joins == ()
    take_in_by_hand(clinic.app, [entry], NOW, who="sam")
    clinic.tick("2026-06-11 10:05")
    assert plan(clinic) == before, "nobody is reminded of one visit twice"


def test_a_visit_at_the_time_of_a_cancelled_one_is_another(clinic: World) -> None:
    clinic.publish(REMINDERS)
    clinic.tell(a_booking("2026-06-19 10:00", patient={"ref": "1001"}))
    clinic.tell(a_booking("2026-06-19 10:00", kind="cancelled", patient={"ref": "1001"}))
    clinic.tick("2026-06-11 09:00")
    (entry,) = placed(clinic, told(clinic))
    assert isinstance(entry, Entry)
    (outlook,) = foresee(clinic.app, [entry], NOW)
    assert [one.sequence for one in outlook.joins] == ["reminders"]


def test_who_was_enrolled_a_moment_ago_is_known_already(clinic: World) -> None:
    clinic.publish(REMINDERS)
    take_in_by_hand(clinic.app, [Entry(parsed=told(clinic))], NOW, who="sam")
    same, other, elsewhere = (
        placed(clinic, told(clinic, "k-2"))[0],
        placed(clinic, told(clinic, "k-3", first_name="Tom"))[0],
        placed(clinic, told(clinic, "k-2"), sites=["dock"])[0],
    )
    assert isinstance(same, Entry)
    assert same.patient_id
    assert isinstance(other, Misplaced)
    assert isinstance(elsewhere, Misplaced)


def test_a_file_of_a_hundred_takes_as_many_statements_for_placing_as_one_of_ten(clinic: World) -> None:
    def statements(number: int) -> int:
        seen: list[str] = []

        def note(*args: object) -> None:
            seen.append(str(args[2]))

        several = [told(clinic, f"k-{n}", ref=f"r-{n}") for n in range(number)]
        event.listen(clinic.store.engine, "before_cursor_execute", note)
        placed(clinic, *several)
        event.remove(clinic.store.engine, "before_cursor_execute", note)
        return len(seen)

    few = [Entry(parsed=told(clinic, f"k-{n}", ref=f"r-{n}")) for n in range(100)]
    take_in_by_hand(clinic.app, few, NOW, who="sam")
    assert statements(10) == statements(100)


def test_a_file_is_foreseen_as_a_whole(clinic: World) -> None:
    clinic.publish(REMINDERS)
    rows = "\n".join(f"{n},Amina,Shah{n},appointment booked,2026-06-19,10:00,a{n}@example.org" for n in range(90))
    content = f"Number,First name,Last name,What happened,Date,Time,Email\n{rows}\n".encode()
    checked = foresee_file(clinic.app, check_file(clinic.app, content, (), NOW), (), NOW)
    assert checked.is_right
    assert [(one.title, one.patients, one.messages, one.left_out) for one in checked.joins] == [
        ("Before your visit", 90, 90, 90)
    ], "nobody gave a number, so that the texts cannot go"
    assert clinic.messages() == []
    with clinic.store.read() as tx:
        assert patients.find(tx, "1") == []


def test_two_rows_of_one_patient_are_one_patient_in_the_forecast_of_a_file(clinic: World) -> None:
    clinic.publish(REMINDERS)
    rows = "\n".join(f"7,Amina,Shah,appointment booked,2026-06-{day},10:00,a@example.org" for day in (19, 26))
    content = f"Number,First name,Last name,What happened,Date,Time,Email\n{rows}\n".encode()
    checked = foresee_file(clinic.app, check_file(clinic.app, content, (), NOW), (), NOW)
    assert [(one.title, one.patients, one.messages, one.left_out) for one in checked.joins] == [
        ("Before your visit", 1, 2, 2)
    ]


def test_sites_are_seen_by_their_enrolments(clinic: World) -> None:
    clinic.publish(ADVICE)
    clinic.tell(a_visit("2026-06-11 07:00"))
    clinic.tick("2026-06-11 08:00")
    with clinic.store.read() as tx:
        (row,) = patients.find(tx, "p-1")
        assert enrolments.at_sites(tx, [row.id], ["quay"]) == {row.id}
        assert enrolments.at_sites(tx, [row.id], ["dock"]) == frozenset()
