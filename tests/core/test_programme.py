"""One loading programme per side: which one goes on, and what an operation and an unknown subtype make of it."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, timedelta
from itertools import permutations

import pytest

from drip.core.anchor import anchor_of
from drip.core.condition import Attribute, Both, Compare, Condition, Filtered, Literal
from drip.core.course import Course, Enrolled
from drip.core.enrolment import Decision, decide
from drip.core.event import Event, replay
from drip.core.interlock import Interlocks
from drip.core.model import AnchorKind, EventKind, Facts, Kind
from drip.core.sequence import Sequence
from drip.core.task import Ask
from tests.core.build import BOOKED_ON, a_booking, a_sequence, an_enrolment, an_event, an_update, live, news_of


def for_subtypes(*subtypes: str) -> Condition:
    told = Filtered("default", Attribute("patient", "subtype"), Literal(""))
    return Both(
        Compare("eq", Attribute("programme", "code"), Literal("loading")), Compare("in", told, Literal(("", *subtypes)))
    )


def a_programme(id: str, *subtypes: str, kind: Kind = Kind.LOADING) -> Sequence:
    when = for_subtypes(*subtypes)
    return a_sequence(id, on=[EventKind.PROGRAMME_STARTED], when=when, kind=kind, anchor=AnchorKind.PROGRAMME)


MID = a_programme("midportion", "midportion")
HEEL = a_programme("insertional", "insertional", "haglund")


def started(day: float, subtype: str | None, **programme: str) -> Event:
    """A clinician starts a programme; `code` makes it one of its own, as a booking system would."""
    told: Facts = {"code": "loading", "starts_on": f"2026-06-{1 + int(day):02d}", **programme}
    patient: Facts = {"subtype": subtype} if subtype else {}
    return an_event(EventKind.PROGRAMME_STARTED, day=day, programme=told, patient=patient)


def decided(events: Iterable[Event], *sequences: Sequence) -> Decision:
    return decide(replay(events), (), live(*(sequences or (MID, HEEL))))


def told(events: Iterable[Event], *sequences: Sequence) -> dict[str, str]:
    """Each programme, and why it ended or that it is active."""
    courses = decided(events, *sequences).courses
    return {course.sequence.id: course.ended.value if course.ended else "active" for course in courses}


def asked(events: Iterable[Event], *sequences: Sequence) -> list[Ask]:
    return [task.kind for task in decided(events, *sequences).tasks]


REPLACED = {"midportion": "programme_replaced", "insertional": "active"}
BESIDE = {"midportion": "active", "insertional": "active"}


@pytest.mark.parametrize(
    ("first", "second", "outcome", "question"),
    [
        pytest.param({"side": "left"}, {"side": "left"}, REPLACED, False, id="the same side"),
        pytest.param({"side": "left"}, {"side": " L"}, REPLACED, False, id="the same side in another word"),
        pytest.param({"side": "left"}, {"side": "right"}, BESIDE, False, id="one on each side"),
        pytest.param({"side": "left"}, {"side": ""}, REPLACED, True, id="a side that nobody recorded is both"),
        pytest.param({}, {"side": "right"}, REPLACED, True, id="the older one's side is not known"),
        pytest.param({"side": "left"}, {"side": "both"}, REPLACED, True, id="both sides"),
        pytest.param({"side": "left"}, {"side": "links"}, REPLACED, True, id="a word that is no side is both"),
        pytest.param(
            {"side": "left", "body_part": "achilles"},
            {"side": "left", "body_part": "knee"},
            BESIDE,
            False,
            id="another part of the body",
        ),
        pytest.param(
            {"side": "left", "body_part": "Achilles"},
            {"side": "left", "body_part": "achilles"},
            REPLACED,
            False,
            id="the same part of the body",
        ),
        pytest.param(
            {"side": "left", "body_part": "achilles"},
            {"side": "left"},
            REPLACED,
            False,
            id="a part not recorded is any",
        ),
    ],
)
def test_the_newest_programme_ends_the_other_on_its_side(
    first: dict[str, str], second: dict[str, str], outcome: dict[str, str], question: bool
) -> None:
    events = [started(0, "midportion", **first), started(3, "insertional", **second)]

    assert told(events) == outcome
    assert (asked(events) == [Ask.PROGRAMME_REPLACED]) is question


def test_the_order_in_which_programmes_are_told_changes_nothing() -> None:
    older, newer = started(0, "midportion", side="left"), started(3, "insertional", side="left")

    assert told([replace(newer, received=1), replace(older, received=2)]) == REPLACED


def test_a_programme_on_a_side_that_its_patient_alone_tells() -> None:
    events = [
        an_update(day=0, patient={"side": "left"}),
        started(1, "midportion"),
        started(3, "insertional", side="left"),
    ]

    assert told(events) == REPLACED
    assert asked(events) == []


def test_of_two_programmes_that_one_event_starts_one_goes_on() -> None:
    """Whoever wrote the sequences let both in; nobody loads a tendon twice because of it."""
    twice = a_programme("also-midportion", "midportion")

    assert told([started(0, "midportion")], MID, twice) == {
        "also-midportion": "active",
        "midportion": "programme_replaced",
    }


def test_education_beside_a_loading_programme_goes_on() -> None:
    beside = a_programme("advice", "midportion", "insertional", kind=Kind.EDUCATION)
    events = [started(0, "midportion", side="left"), started(3, "insertional", side="left")]

    assert told(events, MID, HEEL, beside) == {**REPLACED, "advice": "active"}


def test_a_programme_that_was_over_is_not_ended_again() -> None:
    over = an_event(EventKind.PROGRAMME_ENDED, day=2, programme={"code": "loading", "side": "left"})
    ends = replace(MID, ends=replace(MID.ends, on=frozenset({EventKind.PROGRAMME_ENDED})))
    events = [started(0, "midportion", side="left"), over, started(3, "insertional", side="left")]

    assert told(events, ends, HEEL) == {"midportion": "ended", "insertional": "active"}


def again(day: float, now: list[Event], *sequences: Sequence) -> list[str]:
    """When each programme that is active began, once a clinician starts one on that day."""
    courses = decided([*now, started(day, "midportion", side="left")], *sequences).courses
    return [str(course.started.event.programme["starts_on"]) for course in courses if course.ended is None]


OVER = an_event(EventKind.PROGRAMME_ENDED, day=5, programme={"code": "loading", "side": "left"})
ENDS = replace(MID, ends=replace(MID.ends, on=frozenset({EventKind.PROGRAMME_ENDED})))


@pytest.mark.parametrize(
    ("between", "starts"),
    [
        pytest.param([OVER], ["2026-06-21"], id="it was ended: a relapse"),
        pytest.param([started(3, "insertional", side="left")], ["2026-06-21"], id="another was tried in between"),
        pytest.param(
            [
                a_booking(
                    "op", day=2, appointment={"ref": "op", "type": "surgery", "starts_at": "2026-06-11T09:00+01:00"}
                )
            ],
            ["2026-06-21"],
            id="after an operation",
        ),
        pytest.param([], ["2026-06-01"], id="it is not over: it goes on"),
    ],
)
def test_a_programme_begins_anew_once_it_was_over(between: list[Event], starts: list[str]) -> None:
    assert again(20, [started(0, "midportion", side="left"), *between], ENDS, HEEL) == starts


def test_a_programme_that_is_told_again_as_it_was_does_not_begin_anew() -> None:
    retold = started(7, "midportion", side="left", starts_on="2026-06-01")

    assert told([started(0, "midportion", side="left"), OVER, retold], ENDS) == {"midportion": "ended"}


def test_a_programme_that_began_anew_is_one_of_its_own_and_goes_on_as_such() -> None:
    events = [started(0, "midportion", side="left"), OVER, started(20, "midportion", side="left")]
    first, second = decided(events, ENDS).courses
    existing = [an_enrolment(ENDS, course.started.event, origin=course.origin) for course in (first, second)]

    moments = replay(replace(event, fresh=False) for event in events)
    courses = decide(moments, existing, live(ENDS)).courses

    assert [(course.origin, course.ended) for course in courses] == [
        ("programme:loading:left", "ended"),
        ("programme:loading:left:2026-06-21", None),
    ]
    assert [anchor_of(course, moments, BOOKED_ON) for course in courses] == [date(2026, 6, 1), date(2026, 6, 21)]


# A subtype that no programme is for


@pytest.mark.parametrize("subtype", [None, "unknown", "Midportion", "posterior"])
def test_a_subtype_that_no_programme_is_for_is_a_task_not_silence(subtype: str | None) -> None:
    assert told([started(0, subtype)]) == {}
    assert asked([started(0, subtype)]) == [Ask.UNKNOWN_SUBTYPE]


@pytest.mark.parametrize("subtype", ["midportion", "haglund"])
def test_a_subtype_that_a_programme_is_for_asks_nobody(subtype: str) -> None:
    assert asked([started(0, subtype)]) == []


def test_what_is_no_loading_programme_asks_for_no_subtype() -> None:
    running = started(0, "unknown", code="running")

    assert asked([running]) == []
    assert asked([started(0, "unknown")], a_programme("advice", "midportion", kind=Kind.EDUCATION)) == []


# An operation


OPERATION: Facts = {"ref": "op", "type": "surgery", "starts_at": "2026-06-11T09:00:00+01:00"}


def booked(day: float = 2, **unusual: str) -> Event:
    return a_booking("op", day=day, appointment={**OPERATION, **unusual})


@pytest.mark.parametrize(
    ("then", "reason"),
    [
        pytest.param([], "active", id="booked: nothing has happened yet"),
        pytest.param([an_update(day=9, patient={"language": "cy"})], "active", id="the day before"),
        pytest.param([an_update(day=11, patient={"language": "cy"})], "surgery", id="news of any kind after it"),
        pytest.param([news_of(EventKind.ATTENDED, "op", day=10.2)], "surgery", id="the patient came to it"),
        pytest.param(
            [news_of(EventKind.CANCELLED, "op", day=5), an_update(day=11, patient={})], "active", id="it was cancelled"
        ),
        pytest.param(
            [news_of(EventKind.NO_SHOW, "op", day=10.2), an_update(day=11, patient={})], "active", id="nobody came"
        ),
        pytest.param(
            [booked(4, starts_at="2026-07-20T09:00:00+01:00"), an_update(day=11, patient={})], "active", id="it moved"
        ),
    ],
)
def test_a_loading_programme_ends_with_an_operation(then: list[Event], reason: str) -> None:
    events = [started(0, "midportion"), booked(), *then]

    assert told(events)["midportion"] == reason


def test_an_operation_that_was_told_as_a_treatment_ends_a_loading_programme() -> None:
    treatment: Facts = {"code": "gastroc-recession", "performed_at": "2026-06-11T09:00:00+01:00"}
    done = an_event(EventKind.TREATMENT_PERFORMED, day=10.5, treatment=treatment)

    assert told([started(0, "midportion"), done])["midportion"] == "surgery"
    assert told([started(0, "midportion"), replace(done, treatment={**treatment, "code": "eswt"})]) == {
        "midportion": "active"
    }


def test_a_programme_that_had_come_to_its_end_is_over_for_good_with_an_operation() -> None:
    events = [started(0, "midportion"), booked(), an_update(day=20, patient={})]
    finished = an_enrolment(MID, events[0], finished_at=BOOKED_ON + timedelta(days=5))
    (course,) = decide(replay(replace(event, fresh=False) for event in events), [finished], live(MID)).courses

    assert course.ended == "surgery"


def test_a_programme_for_after_the_operation_is_not_ended_by_it() -> None:
    later = started(1, "midportion", starts_on="2026-08-01")

    assert told([later, booked(), an_update(day=20, patient={})])["midportion"] == "active"


def test_education_goes_on_through_an_operation() -> None:
    beside = a_programme("advice", "midportion", kind=Kind.EDUCATION)

    assert told([started(0, "midportion"), booked(), an_update(day=20, patient={})], beside) == {"advice": "active"}


@pytest.mark.parametrize(
    ("types", "operations", "found"),
    [
        pytest.param({}, {"surgery"}, 0, id="a type of visit that means nothing here"),
        pytest.param({"theatre": "surgery"}, {"surgery"}, 1, id="a type that means an operation"),
        pytest.param({}, {"theatre"}, 1, id="what the clinic calls an operation"),
    ],
)
def test_the_clinic_says_which_visits_are_an_operation(types: dict[str, str], operations: set[str], found: int) -> None:
    rules = Interlocks(operations=frozenset(operations))
    moments = replay([booked(type="theatre")], types, rules)

    assert len(moments[-1].patient.operations) == found


def test_a_visit_without_type_or_time_is_no_operation() -> None:
    without_type, without_time = a_booking("x", appointment={"ref": "x"}), booked(starts_at="")

    assert replay([without_type, without_time])[-1].patient.operations == ()


# In whatever order it is told


def as_told(order: Iterable[Event]) -> dict[tuple[str, str], str]:
    """What it comes to when each event is applied as it arrives."""
    known: list[Event] = []
    existing: list[Enrolled] = []
    courses: tuple[Course, ...] = ()
    for number, event in enumerate(order):
        history = [*(replace(one, fresh=False) for one in known), replace(event, received=number)]
        known = [*known, replace(event, received=number)]
        courses = decide(replay(history), existing, live(MID, HEEL)).courses
        existing = [
            an_enrolment(course.sequence, course.started.event, origin=course.origin, ended=course.ended)
            for course in courses
        ]
    return {course.key: course.ended.value if course.ended else "active" for course in courses}


def test_programmes_and_operations_come_to_the_same_in_whatever_order_they_are_told() -> None:
    events = [
        started(0, "midportion", side="left"),
        started(3, "insertional", side="left"),
        booked(4),
        news_of(EventKind.ATTENDED, "op", day=10.2),
    ]
    expected = as_told(events)

    assert set(expected.values()) == {"programme_replaced", "surgery"}
    for order in permutations(events):
        assert as_told(order) == expected


def test_a_subtype_that_is_corrected_soon_after_changes_the_programme() -> None:
    events = [started(0, "midportion"), an_update(day=2, patient={"subtype": "insertional"})]

    for order in permutations(events):
        assert as_told(order)["insertional", "programme:loading:"] == "active"
        assert as_told(order).get(("midportion", "programme:loading:")) in (None, "programme_replaced")
