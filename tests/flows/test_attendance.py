"""Who came to a visit: treatments that follow from it, and the question to staff where nobody said so."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import permutations
from random import Random
from typing import Any

import pytest
from sqlalchemy import event, select

from drip.core.interlock import ORDINARY, interlocks
from drip.flows import attendance
from drip.flows.attendance import Answer, Came, Noted, answer
from drip.flows.take_in import take_in
from drip.store import patients, records, visits
from drip.store.records import detail_of
from drip.store.schema import enrolments, tasks
from drip.store.visits import OpenVisit
from tests.world import ADVICE, CLINIC, REMINDERS, World, a_booking, a_visit, an_event, at

TYPES = CLINIC + "treatment_types: {shockwave: eswt, injection: corticosteroid_injection, review: massage}\n"

AFTERCARE = """
sequence: aftercare
title: After your treatment
purpose: care
kind: aftercare
enrol:
  on: treatment.performed
  when: treatment.code in ['eswt', 'massage']
anchor: treatment
ends: {on: [patient.discharged]}
steps:
  - {id: same-day, after: 2h, email: same-day}
  - {id: next-week, after: 7d, at: "10:00", email: next-week}
review: {author: A. Writer, approved_by: B. Reader, review_due: 2037-01-01}
"""

LOADING = """
sequence: loading
title: Twelve weeks
purpose: care
kind: loading
enrol: {on: programme.started}
anchor: programme
steps:
  - {id: start, after: 0d, at: "10:00", email: start}
review: {author: A. Writer, approved_by: B. Reader, review_due: 2037-01-01}
"""

ESWT = {"type": "shockwave", "ends_at": at("2026-06-11 10:45").isoformat()}


@pytest.fixture
def treating(a_clinic: Callable[..., World]) -> World:
    """A clinic whose types of visit say what was done."""
    world = a_clinic(clinic=TYPES)
    world.publish(AFTERCARE)
    return world


def performed(code: str, told_at: str, *, performed_at: str = "2026-06-11 10:30", **told: Any) -> dict[str, Any]:
    treatment = {"code": code, "performed_at": at(performed_at).isoformat()}
    return an_event("treatment.performed", told_at, treatment=treatment, **told)


def came(**told: Any) -> dict[str, Any]:
    return a_visit("2026-06-11 10:00", appointment={**ESWT, **told.pop("appointment", {})}, **told)


# Treatments that follow from visits


def test_an_attended_visit_of_a_known_type_is_a_treatment_at_its_end(treating: World) -> None:
    treating.tell(came())
    assert treating.tick("2026-06-11 10:31").enrolled == 1
    assert [(one.step, one.due_at) for one in treating.messages()] == [
        ("same-day", at("2026-06-11 12:45")),
        ("next-week", at("2026-06-18 10:00")),
    ]
    assert treating.tick("2026-06-11 10:32").enrolled == 0


def test_without_an_end_it_is_given_when_the_visit_starts(treating: World) -> None:
    treating.tell(came(appointment={"ends_at": None}))
    treating.tick("2026-06-11 10:31")
    assert treating.messages()[0].due_at == at("2026-06-11 12:00")


@pytest.mark.parametrize(
    "told",
    [
        pytest.param(a_booking("2026-06-11 10:00", appointment=ESWT), id="only booked"),
        pytest.param(came(appointment={"type": "initial"}), id="a type that says nothing"),
        pytest.param(came(appointment={"type": None}), id="no type"),
    ],
)
def test_what_is_not_known_to_be_a_treatment_starts_no_aftercare(treating: World, told: dict[str, Any]) -> None:
    treating.tell(told)
    treating.tick("2026-06-11 12:00")
    assert treating.messages() == []


@pytest.mark.parametrize("ref", [{}, {"appointment": {"ref": "a-1"}}], ids=["alone", "with its visit"])
@pytest.mark.parametrize("first", ["visit", "treatment"])
def test_a_treatment_told_twice_is_one(treating: World, ref: dict[str, Any], first: str) -> None:
    told = [came(), performed("eswt", "2026-06-11 11:00", **ref)]
    for one in told if first == "visit" else reversed(told):
        treating.tell(one, now="2026-06-11 11:05")
        treating.tick("2026-06-11 11:05")
    assert sorted(one.step for one in treating.messages()) == ["next-week", "same-day"]
    assert treating.messages()[0].due_at == at("2026-06-11 12:30"), "from the time that was told, not the visit's end"


def test_a_treatment_that_is_told_again_stays_one_although_its_visit_became_known_in_between(treating: World) -> None:
    for number, one in enumerate(
        [
            performed("eswt", "2026-06-11 11:00"),
            came(),
            performed("eswt", "2026-06-11 11:30", performed_at="2026-06-11 10:20"),
            performed("eswt", "2026-06-11 11:40", performed_at="2026-06-11 10:25", event_id="once more"),
        ]
    ):
        treating.tell(one, now="2026-06-11 11:45")
        assert treating.tick("2026-06-11 11:45").enrolled == (number == 0)
    assert len(treating.messages()) == 2


def test_another_treatment_at_the_visit_takes_the_place_of_what_its_type_suggests(treating: World) -> None:
    treating.tell(came())
    treating.tick("2026-06-11 10:31")
    treating.tell(performed("prp", "2026-06-11 11:00", appointment={"ref": "a-1"}))
    treating.tick("2026-06-11 11:05")
    assert set(treating.states().values()) == {"cancelled treatment_corrected"}
    assert treating.tick("2026-06-18 10:00").accepted == 0


def test_the_other_treatment_starts_what_is_for_it(treating: World) -> None:
    treating.tell(came())
    treating.tick("2026-06-11 10:31")
    treating.tell(performed("massage", "2026-06-11 11:00", appointment={"ref": "a-1"}))
    treating.tick("2026-06-11 11:05")
    assert [one.due_at for one in treating.messages(state="planned")] == [
        at("2026-06-11 12:30"),
        at("2026-06-18 10:00"),
    ]
    assert {one.reason for one in treating.messages(state="cancelled")} == {"treatment_corrected"}


@pytest.mark.parametrize(
    ("corrected", "why"),
    [("no_show", "no_show"), ("cancelled", "appointment_cancelled")],
)
def test_who_did_not_come_after_all_gets_no_aftercare(treating: World, corrected: str, why: str) -> None:
    treating.tell(came())
    treating.tick("2026-06-11 10:31")
    treating.tell(an_event(f"appointment.{corrected}", "2026-06-11 12:00"))
    treating.tick("2026-06-11 12:05")
    assert set(treating.states().values()) == {f"cancelled {why}"}
    treating.tell(came(told_at="2026-06-11 12:10"))
    treating.tick("2026-06-11 12:15")
    assert set(treating.states().values()) == {"planned"}, "and who did come after all, does"


def test_what_started_with_it_is_over_too_and_what_was_sent_stays_sent(treating: World) -> None:
    follower = AFTERCARE.replace("sequence: aftercare", "sequence: follower").replace(
        "anchor: treatment", "anchor: enrolled"
    )
    treating.publish(follower.replace("on: treatment.performed", "on: enrolment.started"))
    treating.tell(came())
    treating.tick("2026-06-11 10:31")
    treating.tick("2026-06-11 12:45")
    treating.tell(an_event("appointment.no_show", "2026-06-11 13:00"))
    treating.tick("2026-06-11 13:05")
    with treating.store.read() as tx:
        assert {row.state for row in tx.connection.execute(select(enrolments.c.state))} == {"ended"}
    assert {one.state for one in treating.messages()} == {"accepted", "cancelled"}


def test_an_edited_booking_does_not_undo_who_came(treating: World) -> None:
    """Many systems tell a visit again as booked whenever anything about it was edited."""
    treating.tell(came())
    treating.tick("2026-06-11 10:31")
    treating.tell(a_booking("2026-06-11 10:00", told_at="2026-06-12 09:00", appointment=ESWT))
    treating.tick("2026-06-12 09:05")
    assert treating.states()["next-week"] == "planned"


def test_a_steroid_injection_that_only_the_type_of_a_visit_tells_holds_loading_back(
    a_clinic: Callable[..., World],
) -> None:
    world = a_clinic(clinic=TYPES)
    world.publish(LOADING)
    world.tell(
        an_event(
            "programme.started",
            "2026-06-01 10:00",
            programme={"code": "loading", "starts_on": "2026-06-12"},
            patient={"attributes": {"subtype": "insertional"}},
        )
    )
    world.tell(came(appointment={"type": "injection"}))
    world.tick("2026-06-11 10:31")
    world.tick("2026-06-12 10:00")
    assert world.states() == {"start": "planned interlock"}


TOLD = [
    a_booking("2026-06-11 10:00", appointment=ESWT),
    came(),
    performed("eswt", "2026-06-11 11:00"),
    performed("massage", "2026-06-11 11:10", appointment={"ref": "a-1"}),
    an_event("appointment.no_show", "2026-06-11 12:00"),
]


@pytest.mark.parametrize("number", range(8))
def test_in_whatever_order_it_is_told_the_same_is_planned(treating: World, number: int) -> None:
    random = Random(number)
    told = random.sample(TOLD, random.randint(2, 5))

    def planned(orders: Sequence[Sequence[dict[str, Any]]]) -> list[tuple[str, Any]]:
        with treating.store.rehearse() as store:
            world = replace(treating, app=replace(treating.app, store=store))
            for some in orders:
                world.tell(*some, now="2026-06-11 12:05")
                world.tick("2026-06-11 12:05")
                world.tick("2026-06-11 12:05")
            return sorted((one.step, one.due_at) for one in world.messages(state="planned"))

    at_once = planned([told])
    for order in random.sample(list(permutations(told)), min(6, len(list(permutations(told))))):
        assert planned([[one] for one in order]) == at_once


def test_what_was_over_when_its_system_was_first_read_starts_nothing_and_is_known(treating: World) -> None:
    past = [replace(one, event=replace(one.event, is_history=True), body={**one.body, "history": True})
            for one in treating.read(came(appointment={"type": "injection"}), came(event_id="again"))]  # fmt: skip
    treating.publish(ADVICE)
    take_in(treating.app, past, at("2026-06-20 10:00"))
    treating.tick("2026-06-20 10:00")
    assert treating.messages() == []
    with treating.store.read() as tx:
        (person,) = patients.find(tx, "p-1")
    told = interlocks(person.patient, ORDINARY, at("2026-06-20 10:00"))
    assert person.patient.treatments.keys() == {"eswt"}, "as its type was told last"
    assert told == frozenset()
    treating.tell(came(event_id="edited", told_at="2026-06-20 10:10"), now="2026-06-20 10:10")
    treating.tick("2026-06-20 10:15")
    assert treating.messages() == [], "told again, it is still history"


# The question to staff


@dataclass
class Silent:
    """A booking system that cannot tell who came."""

    name: str = "generic"
    tells_attendance: bool = False

    def close(self) -> None:
        """Nothing to let go of."""


def questions(world: World) -> list[str]:
    """What staff are asked about visits, in words."""
    with world.store.read() as tx:
        found = [task for task in records.open_tasks(tx) if task.kind == "attendance_unknown"]
        keys = {row.id: row.data_key for row in patients.load(tx, [task.patient_id or "" for task in found]).values()}
        return [detail_of(tx, task, keys[task.patient_id or ""]) for task in found]


BOOKED = a_booking("2026-06-11 10:00", appointment={"ends_at": at("2026-06-11 10:45").isoformat()})


@pytest.fixture
def asking(clinic: World) -> World:
    """A clinic that waits for attendance; Amina's visit is on 11 June until a quarter to eleven."""
    clinic.publish(ADVICE)
    clinic.tell(BOOKED)
    clinic.tick("2026-06-01 10:00")
    return clinic


def test_a_day_after_a_visit_of_which_nobody_said_who_came_staff_are_asked(asking: World) -> None:
    asking.tick("2026-06-12 10:44")
    assert questions(asking) == []
    asking.tick("2026-06-12 10:45")
    (question,) = questions(asking)
    assert question == "Did the patient come to visit a-1 on Thu 11 Jun 2026 10:00?"
    assert asking.messages() == [], "and until they answer nothing starts"
    asking.tick("2026-06-13 10:45")
    assert len(questions(asking)) == 1


def test_the_question_is_done_when_the_booking_system_tells_it_after_all(asking: World) -> None:
    asking.tick("2026-06-12 10:45")
    asking.tell(an_event("appointment.attended", "2026-06-12 11:00"))
    asking.tick("2026-06-12 11:05")
    assert questions(asking) == []
    assert len(asking.messages()) == 3


def test_a_treatment_at_the_visit_says_that_the_patient_came(asking: World) -> None:
    asking.tell(performed("eswt", "2026-06-11 11:00", appointment={"ref": "a-1"}))
    asking.tick("2026-06-12 10:45")
    assert questions(asking) == []


def test_a_visit_that_moved_is_asked_about_when_it_is_over(asking: World) -> None:
    asking.tick("2026-06-12 10:45")
    asking.tell(a_booking("2026-06-15 10:00", told_at="2026-06-12 11:00", kind="rescheduled",
                          appointment={"ends_at": at("2026-06-15 10:45").isoformat()}))  # fmt: skip
    asking.tick("2026-06-12 11:05")
    assert questions(asking) == []
    asking.tick("2026-06-16 10:45")
    assert "Mon 15 Jun" in questions(asking)[0]


def test_a_visit_that_goes_by_another_number_now_is_asked_about_once(asking: World) -> None:
    asking.tell(a_booking("2026-06-11 10:00", event_id="b", told_at="2026-06-02 09:00",
                          appointment={"ref": "b-1", "replaces": "a-1"}))  # fmt: skip
    asking.tick("2026-06-02 09:05")
    asking.tick("2026-06-12 11:00")
    (question,) = questions(asking)
    assert "visit a-1" in question


@pytest.mark.parametrize("kind", ["cancelled", "no_show", "attended"])
def test_a_visit_of_which_something_is_known_is_no_question(asking: World, kind: str) -> None:
    asking.tell(an_event(f"appointment.{kind}", "2026-06-11 11:00"))
    asking.tick("2026-06-12 10:45")
    assert questions(asking) == []


def test_old_visits_are_never_asked_about(asking: World) -> None:
    asking.tick("2026-06-25 10:45")
    assert questions(asking) == []


def test_what_was_over_when_its_system_was_first_read_is_never_asked_about(clinic: World) -> None:
    clinic.publish(ADVICE)
    (past,) = clinic.read(BOOKED)
    take_in(clinic.app, [replace(past, body={**past.body, "history": True})], at("2026-06-13 10:00"))
    clinic.tick("2026-06-13 10:00")
    assert questions(clinic) == []


def test_a_system_that_cannot_tell_who_came_is_no_reason_to_ask_every_day(asking: World) -> None:
    silent = replace(asking, app=replace(asking.app, sources={"generic": Silent()}))
    silent.tick("2026-06-12 10:45")
    assert questions(silent) == []


def test_nobody_is_asked_where_no_sequence_waits_for_attendance(clinic: World) -> None:
    clinic.publish(REMINDERS)
    clinic.tell(BOOKED)
    clinic.tick("2026-06-12 10:45")
    assert questions(clinic) == []
    clinic.publish(ADVICE, now="2026-06-12 11:00")
    clinic.tick("2026-06-12 11:05")
    assert len(questions(clinic)) == 1


def test_nobody_is_asked_about_the_dead(asking: World) -> None:
    asking.tell(an_event("patient.deceased", "2026-06-11 12:00"))
    asking.tick("2026-06-12 10:45")
    assert questions(asking) == []


def test_many_visits_are_asked_about_some_at_a_time(asking: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(attendance, "AT_ONCE", 2)
    asking.tell(
        *({**BOOKED, "event_id": f"e-{n}", "appointment": {**BOOKED["appointment"], "ref": f"b-{n}"}} for n in range(4))
    )
    asking.tick("2026-06-02 10:00")
    asking.tick("2026-06-12 10:45")
    assert len(questions(asking)) == 2
    for _ in range(2):
        asking.tick("2026-06-12 10:46")
    assert len(questions(asking)) == 5


def test_looking_for_such_visits_uses_the_index_made_for_it(asking: World) -> None:
    def look(tx: Any) -> list[OpenVisit]:
        return visits.unanswered(tx, at("2026-06-01 10:00"), at("2026-06-12 10:45"), 100)

    asked: list[tuple[str, Any]] = []
    with asking.store.write() as tx:
        if tx.is_postgres:
            tx.connection.exec_driver_sql("SET LOCAL enable_seqscan = off")
        event.listen(tx.connection, "before_cursor_execute", lambda _c, _u, text, told, *_: asked.append((text, told)))
        assert len(look(tx)) == 1
        (statement, parameters) = asked[0]
        explain = "EXPLAIN " if tx.is_postgres else "EXPLAIN QUERY PLAN "
        plan = tx.connection.exec_driver_sql(explain + statement, parameters)
        assert "ix_visits_open" in "\n".join(str(line[-1]) for line in plan)


# What staff answer


def said(world: World, came: Came, now: str, ref: str = "a-1") -> Noted:
    with world.store.read() as tx:
        (person,) = patients.find(tx, "p-1")
    return answer(world.app, person.id, Answer(ref=ref, came=came, by="A. Nurse"), at(now))


def test_an_answer_starts_what_waits_for_it_and_ends_the_question(asking: World) -> None:
    asking.tick("2026-06-12 10:45")
    assert said(asking, Came.ATTENDED, "2026-06-12 11:00") is Noted.NOTED
    assert questions(asking) == []
    asking.tick("2026-06-12 11:05")
    assert asking.states()["later"] == "planned"
    with asking.store.read() as tx:
        (row,) = tx.connection.execute(select(tasks.c.done_by).where(tasks.c.kind == "attendance_unknown"))
    assert row.done_by == "A. Nurse"


def test_the_same_answer_twice_is_one(asking: World) -> None:
    assert said(asking, Came.ATTENDED, "2026-06-11 11:00") is Noted.NOTED
    assert said(asking, Came.ATTENDED, "2026-06-11 11:01") is Noted.KNOWN
    assert asking.tick("2026-06-11 11:05").events == 1


def test_an_answer_may_be_put_right_and_put_right_again(asking: World) -> None:
    for number, came in enumerate([Came.ATTENDED, Came.NO_SHOW, Came.ATTENDED, Came.CANCELLED]):
        assert said(asking, came, f"2026-06-12 11:0{number}") is Noted.NOTED
        asking.tick(f"2026-06-12 11:0{number}")
    with asking.store.read() as tx:
        (person,) = patients.find(tx, "p-1")
        assert visits.unanswered(tx, at("2026-06-01 10:00"), at("2026-06-30 10:00"), 9) == []
    assert set(asking.states().values()) == {"cancelled appointment_cancelled", "skipped late"}
    assert person.ref == "p-1"


def test_an_answer_puts_right_what_the_booking_system_said_later_than_the_visit(asking: World) -> None:
    asking.tell(an_event("appointment.attended", "2026-06-11 18:00"))
    asking.tick("2026-06-11 18:05")
    assert said(asking, Came.CANCELLED, "2026-06-12 09:00") is Noted.NOTED
    asking.tick("2026-06-12 09:05")
    assert asking.states()["later"] == "cancelled appointment_cancelled"


def test_an_answer_while_the_visit_goes_on_happens_now(asking: World) -> None:
    said(asking, Came.ATTENDED, "2026-06-11 10:05")
    asking.tick("2026-06-11 10:06")
    assert len(asking.messages(state="planned")) == 3


def test_there_is_no_answer_about_a_visit_that_nobody_knows(asking: World) -> None:
    assert said(asking, Came.ATTENDED, "2026-06-12 11:00", ref="a-2") is Noted.NO_SUCH_VISIT
    assert asking.tick("2026-06-12 11:05").events == 0


def test_an_answer_may_name_a_number_that_the_visit_had(asking: World) -> None:
    asking.tell(a_booking("2026-06-12 10:00", event_id="b", told_at="2026-06-02 09:00",
                          appointment={"ref": "b-1", "replaces": "a-1"}))  # fmt: skip
    asking.tick("2026-06-02 09:05")
    assert said(asking, Came.NO_SHOW, "2026-06-12 11:00", ref="b-1") is Noted.NOTED
    asking.tick("2026-06-13 11:05")
    assert questions(asking) == []


def test_keeping_visits_takes_no_more_statements_for_many(clinic: World) -> None:
    def statements(numbers: range) -> int:
        told = [{**BOOKED, "event_id": f"v-{n}", "patient": {**BOOKED["patient"], "ref": f"p-{n}"}} for n in numbers]
        clinic.tell(*told)
        seen: list[str] = []

        def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
            seen.append(statement)

        event.listen(clinic.store.engine, "before_cursor_execute", note)
        clinic.tick("2026-06-01 10:00")
        event.remove(clinic.store.engine, "before_cursor_execute", note)
        return len(seen)

    statements(range(1))
    assert statements(range(1, 11)) == statements(range(100, 130))
    assert timedelta(hours=24) == attendance.ASK_AFTER
