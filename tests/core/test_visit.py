"""A visit as it stands, and what about it changed."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drip.core.condition import Attribute, Compare, Filtered, Literal
from drip.core.course import Course, Enrolled, objects_at
from drip.core.enrolment import decide
from drip.core.event import Event, replay
from drip.core.model import AnchorKind, EventKind, Facts
from drip.core.reason import Reason
from drip.core.visit import as_told, differences
from tests.core.build import a_booking, a_sequence, an_enrolment, an_event, live, news_of

TEN, ELEVEN, NOON = (f"2026-06-11T{hour}:00:00+01:00" for hour in (10, 11, 12))

HAS_CHANGED = Compare("gt", Filtered("length", Attribute("appointment", "changed")), Literal(0))

CHANGED = a_sequence(
    "changed",
    on=[EventKind.RESCHEDULED],
    when=HAS_CHANGED,
    anchor=AnchorKind.ENROLLED,
    ends_on=[EventKind.RESCHEDULED, EventKind.CANCELLED],
)


def moved(starts_at: str, day: float, *, kind: EventKind = EventKind.RESCHEDULED, **told: Any) -> Event:
    return a_booking(kind=kind, starts_at=starts_at, day=day, **told)


@pytest.mark.parametrize(
    ("before", "after", "changed"),
    [
        pytest.param({"starts_at": TEN}, {"starts_at": ELEVEN}, ("time",), id="another time"),
        pytest.param({"starts_at": TEN}, {"starts_at": "2026-06-11T09:00:00Z"}, (), id="the same on another clock"),
        pytest.param({"site": "quay"}, {"site": "hill"}, ("site",), id="another place"),
        pytest.param({"practitioner": "Sam"}, {"practitioner": "Kim"}, ("practitioner",), id="another person"),
        pytest.param({}, {"site": "hill", "practitioner": "Kim"}, (), id="told for the first time"),
        pytest.param({"site": "quay", "starts_at": TEN}, {"site": None, "starts_at": ""}, (), id="no longer told"),
        pytest.param(
            {"starts_at": TEN, "site": "quay", "practitioner": "Sam", "type": "initial"},
            {"starts_at": NOON, "site": "hill", "practitioner": "Kim", "type": "review"},
            ("time", "site", "practitioner"),
            id="everything that a patient is told",
        ),
    ],
)
def test_what_changed_is_what_a_patient_was_told_otherwise(
    before: Facts, after: Facts, changed: tuple[str, ...]
) -> None:
    assert differences(before, after) == changed


def test_a_patient_is_told_of_a_visits_time_place_and_person() -> None:
    assert as_told({"ref": "a-1", "starts_at": TEN, "site": "quay", "practitioner": ""}) == {
        "starts_at": TEN,
        "site": "quay",
    }


def test_a_booking_told_otherwise_is_a_move() -> None:
    moments = replay([a_booking(), moved(ELEVEN, 1, kind=EventKind.BOOKED), moved(ELEVEN, 2, kind=EventKind.BOOKED)])

    assert [moment.event.kind for moment in moments] == [EventKind.BOOKED, EventKind.RESCHEDULED, EventKind.BOOKED]
    assert [moment.moved_from for moment in moments] == [{}, {"starts_at": TEN}, {}]


def test_a_booking_after_a_cancellation_is_a_booking() -> None:
    events = [a_booking(), news_of(EventKind.CANCELLED), moved(ELEVEN, 2, kind=EventKind.BOOKED)]

    assert replay(events)[-1].event.kind is EventKind.BOOKED


@pytest.mark.parametrize("kind", [EventKind.ATTENDED, EventKind.NO_SHOW])
def test_a_visit_that_was_edited_afterwards_is_still_over(kind: EventKind) -> None:
    over = [a_booking(), news_of(kind, day=11)]

    assert replay([*over, moved(TEN, 12, kind=EventKind.BOOKED)])[-1].appointment["status"] == kind.value[12:]
    assert replay([*over, moved(NOON, 12)])[-1].appointment["status"] == "booked"
    assert replay([*over, news_of(EventKind.CANCELLED, day=12)])[-1].appointment["status"] == "cancelled"


# What a sequence tells of it


def old(*events: Event) -> list[Event]:
    return [replace(event, fresh=False) for event in events]


def decided(events: Iterable[Event], existing: Iterable[Enrolled] = ()) -> list[Course]:
    return list(decide(replay(events), existing, live(CHANGED)).courses)


def stored(courses: Iterable[Course], *, told: bool = False) -> list[Enrolled]:
    return [
        replace(
            an_enrolment(course.sequence, course.started.event, origin=course.origin, ended=course.ended),
            was_told=told,
        )
        for course in courses
    ]


def told_of(course: Course) -> tuple[object, tuple[str, ...]]:
    """From when, and what changed."""
    assert course.change
    return course.change.previous.get("starts_at"), course.change.changed


def test_each_move_is_told_against_what_was_known_before() -> None:
    (course,) = decided([a_booking(), moved(ELEVEN, 1)])

    assert told_of(course) == (TEN, ("time",))
    assert course.origin == f"change:{course.started.event.key}"
    objects = objects_at(course.started, change=course.change)
    assert objects["appointment"]["changed"] == ["time"]
    assert objects["previous"] == {"starts_at": TEN}


def test_a_move_that_was_not_told_before_the_next_is_as_if_it_never_was() -> None:
    first, second = decided([a_booking(), moved(ELEVEN, 1), moved(NOON, 2)])

    assert (first.ended, second.ended) == (Reason.ENDED, None)
    assert told_of(second) == (TEN, ("time",))


def test_once_it_was_told_the_next_move_counts_from_there() -> None:
    before = [a_booking(), moved(ELEVEN, 1)]
    rows = stored(decided(before), told=True)

    _, second = decided([*old(*before), moved(NOON, 2)], rows)

    assert told_of(second) == (ELEVEN, ("time",))


def test_moved_back_before_it_was_told_there_is_nothing_to_tell() -> None:
    events = [a_booking(), moved(ELEVEN, 1), moved(TEN, 2)]

    assert [course.ended for course in decided(events)] == [Reason.ENDED]
    (_, third) = decided([*events, moved(NOON, 3)])
    assert told_of(third) == (TEN, ("time",))


def test_a_move_to_a_time_that_is_over_tells_nobody() -> None:
    assert decided([a_booking(), moved(TEN, 12), moved(ELEVEN, 20)]) == []


def test_a_visit_whose_booking_is_not_known_has_not_changed() -> None:
    assert decided([moved(ELEVEN, 1)]) == []


@pytest.mark.parametrize("booked_on", [0, -60])
def test_the_booking_may_come_in_after_the_move(booked_on: float) -> None:
    (course,) = decided([*old(moved(ELEVEN, 1)), a_booking(day=booked_on)])

    assert told_of(course) == (TEN, ("time",))


def test_a_booking_that_is_told_again_starts_nothing_anew() -> None:
    before = old(a_booking(day=-60), moved(ELEVEN, 1))

    assert decided([*before, a_booking(day=-50, key="again")]) == []


@pytest.mark.parametrize(("kind", "going_on"), [(EventKind.RESCHEDULED, "again"), (EventKind.BOOKED, "first")])
def test_a_move_told_twice_is_told_once_although_its_first_telling_comes_in_last(
    kind: EventKind, going_on: str
) -> None:
    first, again = moved(ELEVEN, 1, key="first"), moved(ELEVEN, 2, kind=kind, key="again")
    rows = stored(decided([a_booking(), again]))

    courses = decided([*old(a_booking(), again), first], rows)

    assert [course.started.event.key for course in courses if course.ended is None] == [going_on]
    assert [course.ended for course in courses if course.ended] == [Reason.ENDED]


def test_another_visits_move_is_another_matter() -> None:
    other = a_booking("a-2", starts_at=NOON)
    events = [a_booking(), other, moved(ELEVEN, 1), an_event(EventKind.RESCHEDULED, day=2, appointment={
        "ref": "a-2", "starts_at": TEN})]  # fmt: skip

    first, second = decided(events)

    assert (first.ended, second.ended) == (None, None)
    assert told_of(second) == (NOON, ("time",))


def test_a_booking_after_the_cancellation_does_not_bring_back_what_had_changed() -> None:
    events = [
        a_booking(),
        moved(ELEVEN, 1),
        news_of(EventKind.CANCELLED, day=2),
        moved(ELEVEN, 3, kind=EventKind.BOOKED),
    ]

    assert [course.ended for course in decided(events)] == [Reason.APPOINTMENT_CANCELLED]


def test_a_sequence_that_begins_with_the_booking_belongs_to_the_visit() -> None:
    reminders = a_sequence("reminders", on=[EventKind.BOOKED, EventKind.RESCHEDULED])
    (course,) = decide(replay([a_booking(), moved(ELEVEN, 1)]), (), live(reminders)).courses

    assert (course.origin, course.change) == ("appointment:a-1", None)


MOVES = (
    a_booking(),
    moved(ELEVEN, 1),
    moved(NOON, 2),
    moved(TEN, 3),
    moved(NOON, 4, kind=EventKind.BOOKED, key="only told as booked"),
    an_event(EventKind.RESCHEDULED, day=5, site="hill", appointment={"ref": "a-1", "starts_at": NOON}),
    news_of(EventKind.CANCELLED, day=6),
)

some_moves = st.lists(st.sampled_from(MOVES), min_size=1, unique_by=lambda event: event.key)


@given(some_moves.flatmap(st.permutations))
def test_in_whatever_order_moves_come_in_the_same_is_to_be_told(arrival: list[Event]) -> None:
    events = [replace(event, received=number) for number, event in enumerate(arrival)]
    heard: list[Event] = []
    one_by_one: list[Course] = []
    for event in events:
        heard = [*old(*heard), event]
        one_by_one = decided(heard, stored(one_by_one))

    def to_tell(courses: list[Course]) -> list[tuple[object, tuple[str, ...]]]:
        return [told_of(course) for course in courses if course.ended is None]

    assert to_tell(one_by_one) == to_tell(decided(events))
    assert len(to_tell(one_by_one)) <= 1
