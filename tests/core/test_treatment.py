"""Treatments that follow from visits, and those that are told."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drip.core.anchor import anchor_of
from drip.core.condition import Attribute, Compare, Literal
from drip.core.course import Enrolled
from drip.core.enrolment import Decision, decide
from drip.core.event import Event, Moment, replay
from drip.core.model import AnchorKind, EventKind, Facts
from drip.core.reason import Reason
from drip.core.sequence import Sequence
from tests.core.build import a_sequence, an_enrolment, an_event, an_update, live, news_of

TYPES = {"shockwave": "eswt", "injection": "corticosteroid_injection", "press-ups": "massage"}

START, END = "2026-06-11T10:00:00+01:00", "2026-06-11T10:45:00+01:00"


def visit(kind: EventKind = EventKind.ATTENDED, ref: str = "a-1", *, day: float = 10, **told: Any) -> Event:
    """News of a shockwave visit on 11 June from ten to a quarter to eleven."""
    facts: Facts = {"ref": ref, "type": "shockwave", "starts_at": START, "ends_at": END, **told.pop("facts", {})}
    return an_event(kind, day=day, key=told.pop("key", f"{kind.value}:{ref}@{day}"), appointment=facts, **told)


def treatment(
    code: str = "eswt", *, at: str | None = END, ref: str | None = None, day: float = 11, **told: Any
) -> Event:
    facts: Facts = {"code": code, "performed_at": at}
    appointment: Facts = {"ref": ref} if ref else {}
    key = told.pop("key", f"{code}:{ref}@{day}")
    return an_event(EventKind.TREATMENT_PERFORMED, day=day, key=key, treatment=facts, appointment=appointment, **told)


def given_at(moments: Iterable[Moment]) -> list[tuple[str, str, Reason | None]]:
    """Every treatment in a history: code, time, and why it never happened."""
    return [
        (str(one.event.treatment["code"]), str(one.event.treatment["performed_at"]), one.event.withdrawn)
        for one in moments
        if one.event.kind is EventKind.TREATMENT_PERFORMED
    ]


def read(*events: Event, types: dict[str, str] = TYPES) -> tuple[Moment, ...]:
    return replay(events, types)


# What a history holds


def test_a_visit_that_was_attended_is_the_treatment_of_its_type() -> None:
    moments = read(visit(), an_update(day=12))

    assert given_at(moments) == [("eswt", END, None)]
    derived = moments[1].event
    assert derived.is_derived
    assert not moments[0].event.is_derived
    assert (derived.occurred_at, derived.patient, derived.appointment) == (visit().occurred_at, {}, {"ref": "a-1"})
    assert moments[-1].patient.treatments == {"eswt": END}, "which is what safety rules go by"
    assert moments[1].appointment["status"] == "attended"


@pytest.mark.parametrize(
    ("facts", "at"),
    [
        pytest.param({"ends_at": None}, START, id="its start where its end is not known"),
        pytest.param({"ends_at": None, "starts_at": None}, "2026-06-11T09:00:00+00:00", id="else when it was told"),
    ],
)
def test_it_was_given_at_the_end_of_the_visit(facts: Facts, at: str) -> None:
    assert given_at(read(visit(facts=facts))) == [("eswt", at, None)]


@pytest.mark.parametrize(
    "told",
    [
        pytest.param(visit(EventKind.BOOKED), id="only booked"),
        pytest.param(visit(EventKind.NO_SHOW), id="missed"),
        pytest.param(visit(facts={"type": "initial"}), id="a type that is no treatment"),
        pytest.param(visit(facts={"type": None}), id="a type that is not known"),
        pytest.param(visit(facts={"ref": 7}), id="no visit"),
    ],
)
def test_what_is_not_known_to_be_a_treatment_is_none(told: Event) -> None:
    assert given_at(read(told)) == []


def test_without_types_nothing_follows_from_a_visit() -> None:
    assert given_at(read(visit(), types={})) == []


def test_the_type_may_be_told_later_than_that_the_patient_came() -> None:
    came = news_of(EventKind.ATTENDED, day=10)

    assert given_at(read(came, visit(EventKind.BOOKED, day=12))) == [("eswt", END, None)]


def test_a_type_that_is_corrected_is_another_treatment() -> None:
    corrected = visit(day=12, facts={"type": "injection"})

    assert given_at(read(visit(), corrected)) == [
        ("corticosteroid_injection", END, None),
        ("eswt", END, Reason.TREATMENT_CORRECTED),
    ]
    assert read(visit(), corrected)[-1].patient.treatments.keys() == {"corticosteroid_injection"}


@pytest.mark.parametrize(
    ("kind", "why"),
    [
        (EventKind.NO_SHOW, Reason.NO_SHOW),
        (EventKind.CANCELLED, Reason.APPOINTMENT_CANCELLED),
    ],
)
def test_who_did_not_come_after_all_was_not_treated(kind: EventKind, why: Reason) -> None:
    moments = read(visit(), news_of(kind, day=12))

    assert given_at(moments) == [("eswt", END, why)]
    assert moments[-1].patient.treatments == {}


def test_a_visit_that_moved_on_was_not_yet_the_treatment() -> None:
    moved = visit(EventKind.RESCHEDULED, day=12, facts={"starts_at": "2026-06-18T10:00:00+01:00"})

    assert given_at(read(visit(), moved)) == [("eswt", END, Reason.APPOINTMENT_MOVED)]


def test_who_came_after_all_was_treated_when_that_was_told() -> None:
    moments = read(visit(), news_of(EventKind.NO_SHOW, day=11), news_of(EventKind.ATTENDED, day=12))

    assert given_at(moments) == [("eswt", END, None)]
    assert moments[-1].event.is_derived


@pytest.mark.parametrize("ref", [None, "a-1"])
@pytest.mark.parametrize("day", [9, 11])
def test_a_treatment_that_is_told_takes_the_place_of_the_one_that_follows(ref: str | None, day: float) -> None:
    told = treatment(ref=ref, at="2026-06-11T10:20:00+01:00", day=day)
    moments = read(visit(), told)

    standing = [one for one in given_at(moments) if one[2] is None]
    assert standing == [("eswt", "2026-06-11T10:20:00+01:00", None)]
    (explicit,) = [one.event for one in moments if one.event.key == told.key]
    assert explicit.appointment_ref == "a-1"
    assert moments[-1].patient.treatments == {"eswt": "2026-06-11T10:20:00+01:00"}


def test_another_treatment_at_the_visit_takes_its_place_too() -> None:
    assert given_at(read(visit(), treatment("prp", ref="a-1"))) == [
        ("eswt", END, Reason.TREATMENT_CORRECTED),
        ("prp", END, None),
    ]


@pytest.mark.parametrize(
    "told",
    [
        pytest.param(treatment("prp"), id="another one that day"),
        pytest.param(treatment(at="2026-06-12T00:10:00+01:00"), id="on the next day, by the site's clock"),
        pytest.param(treatment(ref="a-2"), id="at another visit"),
        pytest.param(treatment(at=None), id="no time"),
    ],
)
def test_a_treatment_that_was_not_given_at_the_visit_leaves_it_alone(told: Event) -> None:
    moments = read(visit(), told)

    assert ("eswt", END, None) in given_at(moments)
    (explicit,) = [one.event for one in moments if one.event.key == told.key]
    assert explicit.appointment_ref == told.appointment_ref


def test_the_day_is_the_visits_own_wherever_the_time_was_written() -> None:
    late = {"starts_at": "2026-06-11T23:30:00+01:00", "ends_at": "2026-06-12T00:15:00+01:00"}
    moments = read(visit(facts=late), treatment(at="2026-06-11T22:45:00+00:00"))

    assert moments[-1].event.appointment_ref == "a-1"


def test_of_two_visits_that_day_it_was_given_at_the_nearer_one() -> None:
    later = {"starts_at": "2026-06-11T15:00:00+01:00", "ends_at": "2026-06-11T15:45:00+01:00"}
    moments = read(visit(), visit(ref="a-2", facts=later), treatment(at="2026-06-11T15:40:00+01:00"))

    assert moments[-1].event.appointment_ref == "a-2"
    assert ("eswt", END, None) in given_at(moments), "and the other was one of its own"


def test_an_old_treatment_that_is_told_late_is_not_the_last_one() -> None:
    old = treatment(at="2026-03-01T10:00:00+00:00", day=20)

    assert read(visit(), old)[-1].patient.treatments == {"eswt": END}
    assert read(visit(), treatment(at=None, day=20))[-1].patient.treatments == {"eswt": END}


def test_a_treatment_whose_time_is_corrected_was_given_then() -> None:
    wrong = treatment("prp", at="2036-06-11T10:00:00+01:00", ref="a-1")
    right = treatment("prp", at="2026-06-11T10:00:00+01:00", ref="a-1", day=12, key="right")

    assert read(wrong, right)[-1].patient.treatments == {"prp": "2026-06-11T10:00:00+01:00"}


def test_what_follows_from_history_is_history() -> None:
    history = replace(visit(), is_history=True)

    assert all(moment.event.is_history for moment in read(history))
    assert all(moment.event.is_history for moment in read(history, visit(day=12))), "told again, it is still"
    booked = visit(EventKind.BOOKED, day=9)
    assert not any(moment.event.is_history for moment in read(replace(booked, is_history=True), visit())[1:])


def test_it_is_news_once() -> None:
    def is_news(*events: Event) -> list[bool]:
        return [moment.event.fresh for moment in read(*events) if moment.event.is_derived]

    came = visit()
    applied = replace(came, fresh=False)
    assert is_news(came) == [True]
    assert is_news(applied) == [False]
    assert is_news(applied, visit(day=12)) == [False], "told again"
    assert is_news(replace(came, appointment={"ref": "a-1"}, fresh=False), visit(EventKind.BOOKED, day=1)) == [True]
    assert is_news(applied, news_of(EventKind.NO_SHOW, day=12)) == [False], "and never as withdrawn"


# Who is enrolled


AFTERCARE = a_sequence(
    "aftercare",
    on=[EventKind.TREATMENT_PERFORMED],
    anchor=AnchorKind.TREATMENT,
    when=Compare("in", Attribute("treatment", "code"), Literal(("eswt", "massage"))),
)
WITH_IT = a_sequence(
    "with-it",
    on=[EventKind.ENROLMENT_STARTED],
    anchor=AnchorKind.ENROLLED,
    when=Compare("eq", Attribute("enrolment", "sequence"), Literal("aftercare")),
)
NOT_AFTER = a_sequence(
    "no-shows",
    on=[EventKind.TREATMENT_PERFORMED],
    anchor=AnchorKind.TREATMENT,
    ends_on=[EventKind.NO_SHOW, EventKind.DISCHARGED],
)


def decided(events: Iterable[Event], *sequences: Sequence, existing: Iterable[Enrolled] = ()) -> Decision:
    return decide(replay(events, TYPES), existing, live(*sequences))


def stored(decision: Decision) -> list[Enrolled]:
    return [
        an_enrolment(
            course.sequence,
            replace(
                course.started.event, key=course.existing.event_key if course.existing else course.started.event.key
            ),
            origin=course.origin,
            ended=course.ended,
        )
        for course in decision.courses
    ]


def arriving(batches: Iterable[list[Event]], *sequences: Sequence) -> Decision:
    heard: list[Event] = []
    decision = Decision(courses=(), tasks=())
    for batch in batches:
        heard = [*(replace(one, fresh=False) for one in heard), *batch]
        decision = decided(heard, *sequences, existing=stored(decision))
    return decision


def active(decision: Decision, events: Iterable[Event]) -> list[tuple[str, str, str]]:
    """Sequence, treatment and the moment it counts from, of everything that goes on."""
    moments = replay(events, TYPES)
    now = datetime.fromisoformat(START)
    return sorted(
        (course.sequence.id, str(course.started.event.treatment.get("code")), str(anchor_of(course, moments, now)))
        for course in decision.courses
        if course.ended is None
    )


def test_a_visit_starts_its_aftercare_which_counts_from_its_end() -> None:
    moments = read(visit())
    (course,) = decided([visit()], AFTERCARE).courses

    assert anchor_of(course, moments, datetime.fromisoformat(START)) == datetime.fromisoformat(END)
    assert course.origin == "treatment:eswt:2026-06-11"


def test_a_treatment_told_after_it_was_derived_moves_what_counts_from_it() -> None:
    told = treatment(at="2026-06-11T10:20:00+01:00")
    decision = arriving([[visit()], [told]], AFTERCARE)

    (course,) = decision.courses
    assert course.ended is None
    moments = read(visit(), told)
    assert anchor_of(course, moments, datetime.fromisoformat(START)) == datetime.fromisoformat("2026-06-11T10:20+01:00")


ONE_AT_A_TIME = replace(AFTERCARE, ends=replace(AFTERCARE.ends, on=frozenset({EventKind.TREATMENT_PERFORMED})))
FIRST, NEXT = treatment(), treatment(at="2026-06-18T10:45:00+01:00", day=18)
AGAIN = treatment(at="2026-06-11T10:20:00+01:00", day=19, key="told-again")


@pytest.mark.parametrize(
    ("batches", "going_on"),
    [
        pytest.param([[FIRST], [NEXT]], ["treatment:eswt:2026-06-18"], id="the next one takes over"),
        pytest.param([[NEXT], [FIRST]], ["treatment:eswt:2026-06-18"], id="told the other way round"),
        pytest.param([[FIRST], [AGAIN]], ["treatment:eswt:2026-06-11"], id="the same one, its time corrected"),
        pytest.param([[FIRST], [NEXT], [AGAIN]], ["treatment:eswt:2026-06-18"], id="an earlier one corrected"),
        pytest.param(
            [[FIRST], [treatment("massage", at="2026-06-18T10:45:00+01:00", day=18)]],
            ["treatment:eswt:2026-06-11", "treatment:massage:2026-06-18"],
            id="another treatment",
        ),
        pytest.param(
            [[visit()], [treatment(ref="a-1")]], ["treatment:eswt:2026-06-11"], id="a visit, then told of itself"
        ),
    ],
)
def test_the_next_treatment_ends_the_aftercare_of_the_last_and_nothing_else_does(
    batches: list[list[Event]], going_on: list[str]
) -> None:
    decision = arriving(batches, ONE_AT_A_TIME)

    assert sorted(course.origin for course in decision.courses if course.ended is None) == going_on


def test_history_is_known_and_starts_nothing() -> None:
    past = [replace(visit(), is_history=True), an_update(day=12)]

    assert decided(past, AFTERCARE, a_sequence("visits", on=[EventKind.ATTENDED])).courses == ()
    assert decided([*past, treatment(day=13)], AFTERCARE).courses != (), "but what is told of it since does"


def test_what_a_withdrawn_treatment_started_is_over_with_all_that_it_started() -> None:
    decision = arriving([[visit()], [news_of(EventKind.NO_SHOW, day=12)]], AFTERCARE, WITH_IT)

    assert {course.sequence.id: course.ended for course in decision.courses} == {
        "aftercare": Reason.NO_SHOW,
        "with-it": Reason.NO_SHOW,
    }
    again = decided(
        [replace(one, fresh=False) for one in (visit(), news_of(EventKind.NO_SHOW, day=12))],
        AFTERCARE,
        WITH_IT,
        existing=stored(decision),
    )
    assert [course for course in again.courses if course.ended is None] == []


def test_a_withdrawn_treatment_was_no_turn_of_its_own() -> None:
    once = replace(AFTERCARE, enrol=replace(AFTERCARE.enrol, again=type(AFTERCARE.enrol.again).NEVER))
    later = visit(ref="a-2", day=20, facts={"starts_at": "2026-06-21T10:00:00+01:00", "ends_at": None})
    decision = arriving([[visit()], [news_of(EventKind.NO_SHOW, day=12)], [later]], once)

    going_on = [course.started.event.appointment_ref for course in decision.courses if course.ended is None]
    assert going_on == ["a-2"]


def test_a_booking_does_not_bring_back_what_never_happened() -> None:
    moved = visit(EventKind.RESCHEDULED, day=11, facts={"starts_at": "2026-06-18T10:00:00+01:00"})
    decision = arriving([[visit()], [moved], [news_of(EventKind.CANCELLED, day=12)]], AFTERCARE)

    assert [course.ended for course in decision.courses] == [Reason.APPOINTMENT_CANCELLED]


def test_a_treatment_told_in_two_ways_before_its_visit_was_known_goes_on_once() -> None:
    alone, at_visit = treatment(day=11), treatment(ref="a-1", day=11.1)
    for order in ([alone, at_visit], [at_visit, alone]):
        decision = arriving([*([one] for one in order), [visit()]], AFTERCARE)
        assert sorted(str(course.ended) for course in decision.courses) == ["None", "treatment_corrected"]


def test_a_mapping_that_is_taken_away_ends_nothing() -> None:
    rows = stored(decided([visit()], AFTERCARE))
    (course,) = decide(replay([replace(visit(), fresh=False)]), rows, live(AFTERCARE)).courses

    assert course.ended is None
    assert course.is_adrift
    assert course.names == course.about == {"treatment:eswt:2026-06-11"}


NEWS = (
    visit(EventKind.BOOKED, day=1),
    visit(day=10),
    visit(day=10.5, key="told again"),
    news_of(EventKind.NO_SHOW, day=12),
    news_of(EventKind.ATTENDED, day=13),
    treatment(day=11),
    treatment(day=11.2, at="2026-06-11T10:40:00+01:00", key="once more"),
    treatment("massage", ref="a-1", day=11.4),
    visit(day=14, facts={"type": "press-ups"}),
    an_event(EventKind.DISCHARGED, day=15),
)

some_news = st.lists(st.sampled_from(NEWS), min_size=1, max_size=7, unique_by=lambda event: event.key)


@given(some_news.flatmap(st.permutations))
def test_in_whatever_order_it_comes_in_the_same_goes_on(arrival: list[Event]) -> None:
    in_order = [replace(event, received=number) for number, event in enumerate(arrival)]
    sequences = (AFTERCARE, WITH_IT, NOT_AFTER)

    one_by_one = arriving([[event] for event in in_order], *sequences)

    assert active(one_by_one, in_order) == active(arriving([in_order], *sequences), in_order)


@given(some_news.flatmap(st.permutations))
def test_deciding_again_changes_nothing(arrival: list[Event]) -> None:
    decision = arriving([[event] for event in arrival], AFTERCARE, WITH_IT, NOT_AFTER)
    again = decided(
        [replace(event, fresh=False) for event in arrival], AFTERCARE, WITH_IT, NOT_AFTER, existing=stored(decision)
    )

    assert {one.key: one.ended for one in again.courses} == {one.key: one.ended for one in decision.courses}
