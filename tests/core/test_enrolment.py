"""Who is enrolled in what, and what ends it."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drip.core.anchor import anchor_of, appointment_facts
from drip.core.condition import Attribute, Both, Compare, Literal
from drip.core.course import Course, Enrolled, objects_at
from drip.core.enrolment import Decision, decide
from drip.core.event import Event, replay
from drip.core.model import AnchorKind, EventKind, Facts, Kind
from drip.core.sequence import Again, Sequence
from drip.core.task import Ask
from tests.core.build import (
    BOOKED_ON,
    HAS_ACHILLES,
    a_booking,
    a_sequence,
    an_enrolment,
    an_event,
    an_update,
    live,
    news_of,
)

CODED: Facts = {"conditions": ["achilles"]}


def decided(events: Iterable[Event], *sequences: Sequence, existing: Iterable[Enrolled] = ()) -> Decision:
    return decide(replay(events), existing, live(*sequences))


def told(decision: Decision) -> dict[tuple[str, str], str]:
    """Each enrolment, and why it ended or that it is active."""
    return {course.key: (course.ended.value if course.ended else "active") for course in decision.courses}


def enrolled(events: Iterable[Event], *sequences: Sequence, existing: Iterable[Enrolled] = ()) -> list[str]:
    """The sequences that the patient is in at the end."""
    decision = decided(events, *sequences, existing=existing)
    return sorted(course.sequence.id for course in decision.courses if course.ended is None)


def ended(events: Iterable[Event], *sequences: Sequence) -> dict[str, str]:
    return {course.sequence.id: course.ended.value for course in decided(events, *sequences).courses if course.ended}


def old(*events: Event) -> list[Event]:
    """Events that have been applied before."""
    return [replace(event, fresh=False) for event in events]


# Who is enrolled


def test_an_event_that_a_sequence_waits_for_enrols_the_patient() -> None:
    (course,) = decided([a_booking()], a_sequence()).courses

    assert course.key == ("achilles-advice", "appointment:a-1")
    assert (course.version, course.existing, course.ended) == ("v1", None, None)


@pytest.mark.parametrize(
    "sequence",
    [
        pytest.param(a_sequence(on=[EventKind.ATTENDED]), id="another kind of event"),
        pytest.param(a_sequence(enabled=False), id="not enabled"),
        pytest.param(a_sequence(when=HAS_ACHILLES), id="not for this patient"),
    ],
)
def test_a_sequence_that_is_not_for_this_event_enrols_nobody(sequence: Sequence) -> None:
    assert not decided([a_booking()], sequence).courses


def test_a_sequence_is_for_those_its_condition_describes() -> None:
    initial = Compare("eq", Attribute("appointment", "type"), Literal("initial"))
    sequence = a_sequence(when=Both(initial, HAS_ACHILLES))

    assert enrolled([a_booking(patient=CODED)], sequence) == ["achilles-advice"]
    assert not enrolled([a_booking(patient={"conditions": ["knee"]})], sequence)


def test_what_was_known_before_the_event_counts_too() -> None:
    events = [an_update(day=-30, patient=CODED), a_booking()]

    assert enrolled(events, a_sequence(when=HAS_ACHILLES)) == ["achilles-advice"]


@pytest.mark.parametrize(
    ("day", "enrols"),
    [
        pytest.param(0.01, True, id="minutes later"),
        pytest.param(3, True, id="day 3"),
        pytest.param(14, True, id="day 14"),
        pytest.param(15, False, id="day 15"),
    ],
)
def test_a_diagnosis_coded_within_fourteen_days_still_enrols(day: float, enrols: bool) -> None:
    update = an_update(day=day, patient=CODED)

    found = enrolled([*old(a_booking()), update], a_sequence(when=HAS_ACHILLES))

    assert found == (["achilles-advice"] if enrols else [])


def test_a_diagnosis_coded_in_the_same_second_but_received_after_still_enrols() -> None:
    update = an_update(day=0, received=1, patient=CODED)

    assert enrolled([*old(a_booking()), update], a_sequence(when=HAS_ACHILLES)) == ["achilles-advice"]


def test_an_update_before_the_event_that_was_corrected_by_it_does_not_count() -> None:
    events = [an_update(day=0, patient=CODED), a_booking(received=1, patient={"conditions": []})]

    assert not enrolled(events, a_sequence(when=HAS_ACHILLES))


def test_only_a_patients_update_codes_late_not_another_booking() -> None:
    events = [*old(a_booking()), a_booking("a-2", kind=EventKind.RESCHEDULED, day=3, patient=CODED)]

    assert not enrolled(events, a_sequence(when=HAS_ACHILLES))


def test_an_update_that_came_in_before_its_event_counts_just_as_well() -> None:
    events = [*old(an_update(day=3, patient=CODED)), a_booking()]

    assert enrolled(events, a_sequence(when=HAS_ACHILLES)) == ["achilles-advice"]


@pytest.mark.parametrize(
    "sequence",
    [pytest.param(a_sequence(), id="no condition"), pytest.param(a_sequence(when=HAS_ACHILLES), id="met all along")],
)
def test_an_update_that_changes_nothing_enrols_nobody_in_what_was_published_since(sequence: Sequence) -> None:
    before = old(a_booking(patient=CODED))

    assert not enrolled([*before, an_update(day=3, patient={"phone": "+447700900123"})], sequence)


def test_a_diagnosis_that_was_coded_by_an_earlier_update_is_not_decided_again() -> None:
    before = old(a_booking(), an_update(day=2, patient=CODED))

    assert not enrolled([*before, an_update(day=3, patient=CODED)], a_sequence(when=HAS_ACHILLES))


def test_a_diagnosis_that_comes_in_after_a_later_update_still_enrols() -> None:
    before = old(a_booking(), an_update(day=5, patient={"language": "cy"}))

    found = enrolled([*before, an_update(day=3, patient=CODED)], a_sequence(when=HAS_ACHILLES))

    assert found == ["achilles-advice"]


def test_an_older_event_that_comes_in_late_is_heard() -> None:
    """The booking that told the diagnosis came in after the one it explains."""
    events = [*old(a_booking("a-2", day=5)), a_booking("a-1", day=1, kind=EventKind.ATTENDED, patient=CODED)]

    assert enrolled(events, a_sequence(when=HAS_ACHILLES)) == ["achilles-advice"]


def test_with_no_fresh_event_nobody_is_enrolled() -> None:
    assert not decided(old(a_booking(patient=CODED), an_update(day=1)), a_sequence()).courses


@pytest.mark.parametrize("kind", [EventKind.DECEASED, EventKind.MERGED, EventKind.ERASED])
def test_nobody_is_enrolled_once_they_may_not_be_written_to(kind: EventKind) -> None:
    assert not decided([an_event(kind, day=-1), a_booking()], a_sequence()).courses


def test_each_appointment_is_an_enrolment_of_its_own() -> None:
    decision = decided([a_booking("a-1"), a_booking("a-2", day=1)], a_sequence())

    assert told(decision).keys() == {("achilles-advice", "appointment:a-1"), ("achilles-advice", "appointment:a-2")}


def test_the_same_appointment_told_twice_is_one_enrolment() -> None:
    decision = decided([a_booking(), a_booking(day=1)], a_sequence())

    assert len(decision.courses) == 1


# Again


@pytest.mark.parametrize(
    ("rules", "enrolments"),
    [
        pytest.param({"again": Again.PER_ORIGIN}, 3, id="per origin"),
        pytest.param({"again": Again.NEVER}, 1, id="never"),
        pytest.param({"again": Again.ONE_AT_A_TIME}, 1, id="one at a time"),
        pytest.param({"again": Again.AFTER, "again_after": "30d"}, 2, id="thirty days since the last began"),
        pytest.param({"again": Again.AFTER, "again_after": "29d23h"}, 2, id="not quite thirty days"),
        pytest.param({"again": Again.AFTER, "again_after": "30d1m"}, 2, id="a minute more than thirty days"),
        pytest.param({"again": Again.AFTER}, 3, id="no time at all"),
    ],
)
def test_a_patient_is_enrolled_again_as_the_sequence_says(rules: dict[str, Any], enrolments: int) -> None:
    bookings = [a_booking("a-1"), a_booking("a-2", day=30), a_booking("a-3", day=31)]

    assert len(decided(bookings, a_sequence(**rules)).courses) == enrolments


def test_the_time_until_again_counts_from_the_last_enrolment() -> None:
    bookings = [a_booking(f"a-{day}", day=day) for day in (0, 20, 30, 50, 60)]

    begun = decided(bookings, a_sequence(again=Again.AFTER, again_after="30d")).courses

    assert [course.origin for course in begun] == ["appointment:a-0", "appointment:a-30", "appointment:a-60"]


def test_one_at_a_time_means_a_new_one_once_the_last_has_ended() -> None:
    events = [a_booking("a-1"), news_of(EventKind.CANCELLED, "a-1", day=1), a_booking("a-2", day=2)]

    assert len(decided(events, a_sequence(again=Again.ONE_AT_A_TIME)).courses) == 2
    assert len(decided(events, a_sequence(again=Again.NEVER)).courses) == 1


def test_one_at_a_time_means_a_new_one_once_the_last_has_finished() -> None:
    sequence = a_sequence(again=Again.ONE_AT_A_TIME)
    first = a_booking("a-1", fresh=False)
    row = an_enrolment(sequence, first, finished_at=BOOKED_ON + timedelta(days=10))

    assert len(decided([first, a_booking("a-2", day=9)], sequence, existing=[row]).courses) == 1
    assert len(decided([first, a_booking("a-2", day=11)], sequence, existing=[row]).courses) == 2


def test_a_sequence_keeps_out_of_another_ones_way() -> None:
    postop = a_sequence("surgery-postop", on=[EventKind.TREATMENT_PERFORMED], anchor=AnchorKind.TREATMENT)
    advice = a_sequence(not_while_in=["surgery-postop"])
    surgery = an_event(EventKind.TREATMENT_PERFORMED, day=-3, treatment={"code": "surgery"})

    assert enrolled([surgery, a_booking()], postop, advice) == ["surgery-postop"]
    assert enrolled([a_booking()], postop, advice) == ["achilles-advice"]


def test_a_sequence_that_has_ended_keeps_nobody_out() -> None:
    postop = a_sequence("surgery-postop", ends_on=[EventKind.DISCHARGED])
    advice = a_sequence(not_while_in=["surgery-postop"], on=[EventKind.ATTENDED])
    events = [a_booking(), an_event(EventKind.DISCHARGED, day=5), news_of(EventKind.ATTENDED, "a-2", day=6)]

    assert enrolled(events, postop, advice) == ["achilles-advice"]


@pytest.mark.parametrize("turned_round", [False, True])
def test_of_two_that_start_together_the_one_that_gives_way_stays_out(turned_round: bool) -> None:
    giving_way, other = a_sequence("advice", not_while_in=["loading"]), a_sequence("loading")
    sequences = (other, giving_way) if turned_round else (giving_way, other)

    assert enrolled([a_booking()], *sequences) == ["loading"]


# Loading


LOADING = a_sequence("loading", on=[EventKind.ATTENDED], kind=Kind.LOADING, when=HAS_ACHILLES)
ATTENDED = news_of(EventKind.ATTENDED, day=0, patient=CODED)


def test_a_loading_plan_for_an_unknown_subtype_is_a_task_for_staff_instead() -> None:
    decision = decided([ATTENDED], LOADING)

    assert not decision.courses
    (task,) = decision.tasks
    assert (task.kind, task.detail) == (Ask.UNKNOWN_SUBTYPE, "loading")
    assert task.key == f"unknown_subtype:{ATTENDED.key}"


def test_a_loading_plan_for_a_known_subtype_asks_nobody() -> None:
    events = [replace(ATTENDED, patient={**CODED, "subtype": "insertional"})]

    decision = decided(events, LOADING)

    assert told(decision) == {("loading", "appointment:a-1"): "active"}
    assert not decision.tasks


def test_a_loading_plan_that_is_not_for_the_patient_asks_nobody() -> None:
    assert not decided([news_of(EventKind.ATTENDED, day=0)], LOADING).tasks


def test_a_subtype_recorded_within_fourteen_days_starts_the_loading_plan() -> None:
    recorded = an_update(day=3, patient={"subtype": "midportion"})

    decision = decided([*old(ATTENDED), recorded], LOADING)

    assert told(decision) == {("loading", "appointment:a-1"): "active"}
    assert not decision.tasks


def test_staff_are_not_asked_again_by_an_update_that_says_nothing_of_the_subtype() -> None:
    assert not decided([*old(ATTENDED), an_update(day=3, patient={"language": "cy"})], LOADING).tasks


# What ends an enrolment


def test_a_cancellation_ends_what_counts_from_the_appointment() -> None:
    assert ended([a_booking(), news_of(EventKind.CANCELLED)], a_sequence()) == {
        "achilles-advice": "appointment_cancelled"
    }


@pytest.mark.parametrize(
    ("anchor", "reason"),
    [
        (AnchorKind.APPOINTMENT, "appointment_cancelled"),
        (AnchorKind.APPOINTMENT_END, "appointment_cancelled"),
        (AnchorKind.BOOKED, "appointment_cancelled"),
        (AnchorKind.ENROLLED, "active"),
        (AnchorKind.PROGRAMME, "active"),
        (AnchorKind.TREATMENT, "active"),
    ],
)
def test_what_does_not_count_from_the_appointment_outlives_its_cancellation(anchor: AnchorKind, reason: str) -> None:
    decision = decided([a_booking(), news_of(EventKind.CANCELLED)], a_sequence(anchor=anchor))

    assert set(told(decision).values()) == {reason}


@pytest.mark.parametrize("anchor", [AnchorKind.ENROLLED, AnchorKind.APPOINTMENT])
@pytest.mark.parametrize(
    ("kind", "reason"),
    [(EventKind.CANCELLED, "appointment_cancelled"), (EventKind.NO_SHOW, "no_show"), (EventKind.ATTENDED, "ended")],
)
def test_ends_on_adds_to_what_ends_an_enrolment(kind: EventKind, reason: str, anchor: AnchorKind) -> None:
    sequence = a_sequence(ends_on=[kind], anchor=anchor)

    assert ended([a_booking(), news_of(kind)], sequence) == {"achilles-advice": reason}


@pytest.mark.parametrize("kind", [EventKind.CANCELLED, EventKind.NO_SHOW])
def test_news_of_another_appointment_ends_nothing(kind: EventKind) -> None:
    events = [a_booking("a-1"), a_booking("a-2", day=1), news_of(kind, "a-2", day=2)]

    decision = decided(events, a_sequence(ends_on=[kind]))

    assert told(decision)["achilles-advice", "appointment:a-1"] == "active"
    assert told(decision)["achilles-advice", "appointment:a-2"] != "active"


def test_news_of_an_appointment_does_not_end_what_belongs_to_a_treatment() -> None:
    sequence = a_sequence(on=[EventKind.TREATMENT_PERFORMED], ends_on=[EventKind.NO_SHOW], anchor=AnchorKind.TREATMENT)
    treated = an_event(EventKind.TREATMENT_PERFORMED, treatment={"code": "eswt"})

    assert enrolled([treated, news_of(EventKind.NO_SHOW)], sequence) == ["achilles-advice"]


def test_a_cancellation_does_not_end_what_it_started_itself() -> None:
    rebook = a_sequence("rebook", on=[EventKind.CANCELLED])
    events = [a_booking(), news_of(EventKind.CANCELLED)]

    assert told(decided(events, a_sequence(), rebook)) == {
        ("achilles-advice", "appointment:a-1"): "appointment_cancelled",
        ("rebook", "appointment:a-1"): "active",
    }
    told_again = news_of(EventKind.CANCELLED, day=2)
    assert enrolled([*events, told_again], rebook) == ["rebook"], "nor does hearing of it twice"


def test_what_a_cancellation_started_can_still_end_otherwise() -> None:
    rebook = a_sequence("rebook", on=[EventKind.CANCELLED], ends_on=[EventKind.BOOKED])
    events = [a_booking(), news_of(EventKind.CANCELLED), a_booking(day=2)]

    assert ended(events, rebook) == {"rebook": "ended"}


def test_a_booking_later_than_the_cancellation_revives_the_enrolment() -> None:
    events = [a_booking(), news_of(EventKind.CANCELLED, day=1), a_booking(day=2)]

    (course,) = decided(events, a_sequence()).courses

    assert (course.ended, course.ended_at) == (None, None)


@pytest.mark.parametrize("kind", [EventKind.BOOKED, EventKind.RESCHEDULED])
@pytest.mark.parametrize(
    ("ref", "active"), [pytest.param("a-1", True, id="its own"), pytest.param("a-2", False, id="another")]
)
def test_only_news_of_its_own_appointment_revives_an_enrolment(kind: EventKind, ref: str, active: bool) -> None:
    events = [a_booking("a-1"), news_of(EventKind.CANCELLED, "a-1", day=1), a_booking(ref, kind=kind, day=2)]

    decision = decided(events, a_sequence())

    assert (told(decision)["achilles-advice", "appointment:a-1"] == "active") is active


def test_a_revived_enrolment_ends_again_when_it_is_cancelled_again() -> None:
    events = [a_booking(), news_of(EventKind.CANCELLED, day=1), a_booking(day=2), news_of(EventKind.CANCELLED, day=3)]

    (course,) = decided(events, a_sequence()).courses

    assert course.ended_at == BOOKED_ON + timedelta(days=3)


def test_what_ended_for_another_reason_is_not_revived_by_a_booking() -> None:
    sequence = a_sequence(ends_on=[EventKind.NO_SHOW])
    events = [a_booking(), news_of(EventKind.NO_SHOW, day=1), a_booking(day=2)]

    assert ended(events, sequence) == {"achilles-advice": "no_show"}


@pytest.mark.parametrize(
    ("while_cancelled", "reason"),
    [
        pytest.param(an_event(EventKind.DECEASED, day=2), "deceased", id="the patient died"),
        pytest.param(an_event(EventKind.DISCHARGED, day=2), "ended", id="the patient was discharged"),
    ],
)
def test_what_ended_while_it_was_cancelled_is_not_revived(while_cancelled: Event, reason: str) -> None:
    sequence = a_sequence(ends_on=[EventKind.DISCHARGED])
    events = [a_booking(), news_of(EventKind.CANCELLED, day=1), while_cancelled, a_booking(day=3)]

    assert ended(events, sequence) == {"achilles-advice": reason}


def test_a_cancellation_seen_before_its_booking_still_ends_it() -> None:
    cancelled = news_of(EventKind.CANCELLED, day=1)

    decision = decided([*old(cancelled), a_booking(day=0)], a_sequence())

    assert told(decision) == {("achilles-advice", "appointment:a-1"): "appointment_cancelled"}


@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        (EventKind.DECEASED, "deceased"),
        (EventKind.MERGED, "merged_patient"),
        (EventKind.ERASED, "erased"),
    ],
)
def test_death_merging_and_erasure_end_everything(kind: EventKind, reason: str) -> None:
    rebook = a_sequence("rebook", on=[EventKind.CANCELLED])
    treated = a_sequence("aftercare", on=[EventKind.TREATMENT_PERFORMED], anchor=AnchorKind.TREATMENT)
    events = [
        a_booking("a-1"),
        news_of(EventKind.CANCELLED, "a-2", day=1),
        an_event(EventKind.TREATMENT_PERFORMED, day=1, treatment={"code": "eswt"}),
        an_event(kind, day=2),
        a_booking("a-3", day=3),
    ]

    decision = decided(events, a_sequence(), rebook, treated)

    assert set(told(decision).values()) == {reason}
    assert len(decision.courses) == 3, "and nothing starts afterwards"


def test_a_death_told_late_ends_what_was_started_after_it() -> None:
    booking = a_booking(day=5, fresh=False)
    row = an_enrolment(a_sequence(), booking)

    decision = decided([an_event(EventKind.DECEASED, day=4), booking], a_sequence(), existing=[row])

    assert told(decision) == {("achilles-advice", "appointment:a-1"): "deceased"}


def test_the_end_of_one_programme_does_not_end_what_belongs_to_another() -> None:
    sequence = a_sequence(
        on=[EventKind.PROGRAMME_STARTED], ends_on=[EventKind.PROGRAMME_ENDED], anchor=AnchorKind.PROGRAMME
    )
    left, right = ({"code": "loading", "side": side} for side in ("left", "right"))
    events = [
        an_event(EventKind.PROGRAMME_STARTED, programme=left, key="left"),
        an_event(EventKind.PROGRAMME_STARTED, programme=right, key="right"),
        an_event(EventKind.PROGRAMME_ENDED, day=30, programme=left),
    ]

    assert told(decided(events, sequence)) == {
        ("achilles-advice", "programme:loading:left"): "ended",
        ("achilles-advice", "programme:loading:right"): "active",
    }


def test_the_end_of_a_programme_ends_what_belongs_to_a_visit_if_the_sequence_says_so() -> None:
    sequence = a_sequence(ends_on=[EventKind.PROGRAMME_ENDED])
    events = [a_booking(), an_event(EventKind.PROGRAMME_ENDED, day=30, programme={"code": "loading"})]

    assert ended(events, sequence) == {"achilles-advice": "ended"}


def test_an_event_that_starts_an_enrolment_does_not_end_it() -> None:
    sequence = a_sequence(on=[EventKind.ATTENDED], ends_on=[EventKind.ATTENDED])

    assert enrolled([news_of(EventKind.ATTENDED)], sequence) == ["achilles-advice"]


def test_news_older_than_an_enrolment_does_not_end_it() -> None:
    by_hand = an_enrolment(
        a_sequence(ends_on=[EventKind.DISCHARGED]), an_update(day=5, key="by-hand"), origin="staff:1"
    )

    decision = decided([an_event(EventKind.DISCHARGED, day=3)], existing=[by_hand])

    assert told(decision) == {("achilles-advice", "staff:1"): "active"}


# One enrolment and another


EARLY = a_sequence("early", when_enrolled_in=["loading"])
LATER = a_sequence("loading", on=[EventKind.ATTENDED])


def test_an_enrolment_ends_the_moment_the_other_begins() -> None:
    assert told(decided([a_booking(), news_of(EventKind.ATTENDED, day=10)], EARLY, LATER)) == {
        ("early", "appointment:a-1"): "ended",
        ("loading", "appointment:a-1"): "active",
    }


@pytest.mark.parametrize("name", ["early", "zealous"])
def test_of_two_that_start_together_the_one_that_yields_ends_whatever_it_is_called(name: str) -> None:
    yielding = a_sequence(name, when_enrolled_in=["loading"])

    assert enrolled([a_booking()], yielding, a_sequence("loading")) == ["loading"]


def test_two_that_would_end_each_other_do_not_both_end() -> None:
    first, second = a_sequence("a", when_enrolled_in=["b"]), a_sequence("b", when_enrolled_in=["a"])

    assert enrolled([a_booking()], first, second) == enrolled([a_booking()], second, first) == ["a"]


def test_one_enrolment_may_start_another() -> None:
    began_early = Compare("eq", Attribute("enrolment", "sequence"), Literal("early"))
    follower = a_sequence("follower", on=[EventKind.ENROLMENT_STARTED], when=began_early)

    assert enrolled([a_booking()], EARLY, follower) == ["early", "follower"]
    assert enrolled([a_booking()], a_sequence("other"), follower) == ["other"]


def test_the_end_of_one_enrolment_may_start_another() -> None:
    follower = a_sequence("follower", on=[EventKind.ENROLMENT_ENDED], anchor=AnchorKind.ENROLLED)

    assert told(decided([a_booking(), news_of(EventKind.CANCELLED)], EARLY, follower)) == {
        ("early", "appointment:a-1"): "appointment_cancelled",
        ("follower", "appointment:a-1"): "active",
    }


def test_an_enrolment_is_not_ended_by_its_own_beginning() -> None:
    sequence = a_sequence(ends_on=[EventKind.ENROLMENT_STARTED])

    assert enrolled([a_booking()], sequence) == ["achilles-advice"]


def test_the_beginning_of_another_may_end_an_enrolment() -> None:
    sequence = a_sequence(ends_on=[EventKind.ENROLMENT_STARTED])

    assert ended([a_booking(), news_of(EventKind.ATTENDED)], sequence, LATER) == {"achilles-advice": "ended"}


def test_enrolments_that_start_one_another_come_to_a_stop() -> None:
    chain = [
        a_sequence(
            f"link-{n}",
            on=[EventKind.ENROLMENT_STARTED] if n else [EventKind.BOOKED],
            when=Compare("eq", Attribute("enrolment", "sequence"), Literal(f"link-{n - 1}")) if n else None,
        )
        for n in range(20)
    ]

    assert len(decided([a_booking()], *chain).courses) == 6


def test_enrolments_that_end_one_another_come_to_a_stop() -> None:
    domino = [
        a_sequence(
            f"link-{n}",
            ends_on=[EventKind.ENROLMENT_ENDED if n else EventKind.DISCHARGED],
            anchor=AnchorKind.ENROLLED,
        )
        for n in range(20)
    ]

    assert ended([a_booking(), an_event(EventKind.DISCHARGED, day=2)], *domino)["link-0"] == "ended"


def test_what_starts_another_late_is_news_to_the_other() -> None:
    """The diagnosis comes after the visit: the sequence it starts may start one in its turn."""
    coded = a_sequence("coded", when=HAS_ACHILLES)
    follower = a_sequence("follower", on=[EventKind.ENROLMENT_STARTED])

    assert enrolled([*old(a_booking()), an_update(day=3, patient=CODED)], coded, follower) == ["coded", "follower"]


# What is stored already


def test_an_enrolment_that_exists_is_taken_up_under_its_own_version() -> None:
    booking = a_booking(fresh=False)
    pinned = replace(an_enrolment(a_sequence(), booking), version="v0")

    (course,) = decided([booking], a_sequence(), existing=[pinned]).courses

    assert course.existing is pinned
    assert course.version == "v0"


def test_a_chain_that_exists_is_taken_up_whole() -> None:
    follower = a_sequence("follower", on=[EventKind.ENROLMENT_STARTED])
    before = stored(decided([a_booking()], EARLY, follower))

    after = decided(old(a_booking()), EARLY, follower, existing=before)

    assert [course.existing is not None for course in after.courses] == [True, True]


def test_an_enrolment_made_by_hand_is_there_although_no_event_started_it() -> None:
    by_hand = an_enrolment(a_sequence(), an_update(key="by-hand"), origin="staff:1")

    decision = decided([an_event(EventKind.DECEASED, day=2)], existing=[by_hand])

    assert told(decision) == {("achilles-advice", "staff:1"): "deceased"}


def test_an_enrolment_made_by_hand_keeps_others_out_from_then_on() -> None:
    by_hand = an_enrolment(a_sequence("loading"), an_update(day=5, key="by-hand"), origin="staff:1")
    giving_way = a_sequence(not_while_in=["loading"])

    assert enrolled([a_booking(day=6)], giving_way, existing=[by_hand]) == ["loading"]
    assert enrolled([a_booking(day=4)], giving_way, existing=[by_hand]) == ["achilles-advice", "loading"]


def test_a_patient_of_whom_nothing_is_known_has_no_enrolments() -> None:
    by_hand = an_enrolment(a_sequence(), an_update(key="by-hand"), origin="staff:1")

    assert decided([], a_sequence(), existing=[by_hand]) == Decision(courses=(), tasks=())


def stored(decision: Decision) -> list[Enrolled]:
    """The enrolments of a decision, once they are written."""
    return [
        an_enrolment(course.sequence, course.started.event, origin=course.origin, ended=course.ended)
        for course in decision.courses
    ]


CLINIC = (
    a_sequence("advice"),
    a_sequence("coded", when=HAS_ACHILLES, ends_on=[EventKind.NO_SHOW]),
    a_sequence("loading", on=[EventKind.ATTENDED], kind=Kind.LOADING, when=HAS_ACHILLES),
    a_sequence("early", on=[EventKind.BOOKED], anchor=AnchorKind.ENROLLED, when_enrolled_in=["loading"]),
    a_sequence("rebook", on=[EventKind.CANCELLED], ends_on=[EventKind.BOOKED]),
    a_sequence(
        "follower",
        on=[EventKind.ENROLMENT_STARTED],
        when=Compare("eq", Attribute("enrolment", "sequence"), Literal("coded")),
    ),
    a_sequence(
        "farewell",
        on=[EventKind.ENROLMENT_ENDED],
        anchor=AnchorKind.ENROLLED,
        when=Compare("eq", Attribute("enrolment", "sequence"), Literal("early")),
    ),
    a_sequence("discharge", on=[EventKind.DISCHARGED], anchor=AnchorKind.ENROLLED),
)

NEWS = (
    lambda day: a_booking("a-1", day=day),
    lambda day: a_booking("a-2", day=day),
    lambda day: a_booking("a-1", day=day, kind=EventKind.RESCHEDULED),
    lambda day: news_of(EventKind.CANCELLED, "a-1", day=day),
    lambda day: news_of(EventKind.CANCELLED, "a-2", day=day),
    lambda day: news_of(EventKind.ATTENDED, "a-1", day=day),
    lambda day: news_of(EventKind.NO_SHOW, "a-2", day=day),
    lambda day: an_update(day=day, patient=CODED),
    lambda day: an_update(day=day, patient={"subtype": "insertional"}),
    lambda day: an_event(EventKind.DISCHARGED, day=day),
    lambda day: an_event(EventKind.DECEASED, day=day),
)

some_history = st.lists(st.sampled_from(NEWS), min_size=1, max_size=7).map(
    lambda news: [replace(tell(day), key=f"e-{day}") for day, tell in enumerate(news)]
)


some_news = st.lists(st.sampled_from(NEWS), min_size=1, max_size=9, unique=True).map(
    lambda news: [replace(tell(day), key=f"e-{day}") for day, tell in enumerate(news)]
)
"""Each thing happens at most once."""


def active(decision: Decision) -> set[tuple[str, str]]:
    return {course.key for course in decision.courses if course.ended is None}


def arriving(batches: Iterable[list[Event]], *sequences: Sequence) -> Decision:
    """What is decided once every batch has come in, each decision stored before the next."""
    heard: list[Event] = []
    decision = Decision(courses=(), tasks=())
    for batch in batches:
        heard = [*old(*heard), *batch]
        decision = decided(heard, *sequences, existing=stored(decision))
    return decision


@given(some_history, st.randoms(use_true_random=False))
def test_events_that_arrive_in_any_order_end_in_the_same_enrolments(history: list[Event], random: Any) -> None:
    in_order = arriving([history], *CLINIC)
    shuffled = random.sample(history, len(history))

    assert told(decided(shuffled, *CLINIC)) == told(in_order)


@given(some_history)
def test_events_that_arrive_one_by_one_end_in_the_same_enrolments(history: list[Event]) -> None:
    assert told(arriving([[event] for event in history], *CLINIC)) == told(arriving([history], *CLINIC))


@given(some_news.flatmap(st.permutations))
def test_events_that_arrive_one_by_one_in_any_order_end_in_the_same_enrolments(arrival: list[Event]) -> None:
    """Someone whose death was heard of late may have been enrolled for a while; what is active is the same."""
    late, in_time = arriving([[event] for event in arrival], *CLINIC), arriving([arrival], *CLINIC)

    assert active(late) == active(in_time)


@given(some_history, st.randoms(use_true_random=False))
def test_deciding_again_changes_nothing(history: list[Event], random: Any) -> None:
    decision = arriving([[event] for event in history], *CLINIC)
    rows = stored(decision)

    again = decided(old(*history), *CLINIC, existing=random.sample(rows, len(rows)))

    assert told(again) == told(decision)
    assert not again.tasks


# What an enrolment counts from


def course_of(anchor: AnchorKind, *events: Event) -> tuple[Course, datetime | date | None]:
    moments = replay(events)
    (course,) = decide(moments, (), live(a_sequence(anchor=anchor, on=set(EventKind)))).courses[:1]
    return course, anchor_of(course, moments, datetime(2026, 6, 2, 9, 0, tzinfo=UTC))


@pytest.mark.parametrize(
    ("anchor", "event", "counts_from"),
    [
        pytest.param(AnchorKind.ENROLLED, a_booking(), "2026-06-02T09:00:00+00:00", id="the moment of enrolment"),
        pytest.param(AnchorKind.BOOKED, a_booking(), "2026-06-01T09:00:00+00:00", id="when it was booked"),
        pytest.param(
            AnchorKind.BOOKED,
            news_of(EventKind.ATTENDED, day=2),
            "2026-06-03T09:00:00+00:00",
            id="no booking: the event",
        ),
        pytest.param(AnchorKind.APPOINTMENT, a_booking(), "2026-06-11T10:00:00+01:00", id="the visit"),
        pytest.param(AnchorKind.APPOINTMENT, news_of(EventKind.ATTENDED), "None", id="a visit without a time"),
        pytest.param(AnchorKind.APPOINTMENT_END, a_booking(), "None", id="a visit without an end"),
        pytest.param(
            AnchorKind.APPOINTMENT_END,
            a_booking(appointment={"ref": "a-1", "ends_at": "2026-06-11T10:45:00+01:00"}),
            "2026-06-11T10:45:00+01:00",
            id="the end of the visit",
        ),
        pytest.param(
            AnchorKind.TREATMENT,
            an_event(EventKind.TREATMENT_PERFORMED, treatment={"performed_at": "2026-06-11T10:30:00+01:00"}),
            "2026-06-11T10:30:00+01:00",
            id="the treatment",
        ),
        pytest.param(
            AnchorKind.PROGRAMME,
            an_event(EventKind.PROGRAMME_STARTED, programme={"starts_on": "2026-06-15"}),
            "2026-06-15",
            id="a programme's first day",
        ),
        pytest.param(
            AnchorKind.PROGRAMME,
            an_event(EventKind.PROGRAMME_STARTED, programme={"starts_on": "2026-06-15T09:00:00+01:00"}),
            "2026-06-15T09:00:00+01:00",
            id="a programme's first hour",
        ),
        pytest.param(AnchorKind.PROGRAMME, a_booking(), "None", id="no programme"),
    ],
)
def test_an_enrolment_counts_from_its_anchor(anchor: AnchorKind, event: Event, counts_from: str) -> None:
    _, found = course_of(anchor, event)

    assert (found.isoformat() if found else "None") == counts_from


def test_an_anchor_moves_with_the_appointment() -> None:
    moved = a_booking(kind=EventKind.RESCHEDULED, day=2, starts_at="2026-06-18T09:00:00+01:00")

    course, found = course_of(AnchorKind.APPOINTMENT, a_booking(), moved)

    assert found == datetime.fromisoformat("2026-06-18T09:00:00+01:00")
    assert appointment_facts(course, replay([a_booking()]))["starts_at"] == "2026-06-11T10:00:00+01:00"


def test_a_condition_looks_at_the_facts_of_the_moment() -> None:
    born = {"date_of_birth": "2010-06-05"}
    (moment,) = replay([a_booking(patient=born, site="bedford", programme={"side": "left"})])

    objects = objects_at(moment, {"sequence": "advice"})

    assert objects["patient"]["age"] == 16, "at the visit, not at the booking"
    assert objects["appointment"]["type"] == "initial"
    assert objects["programme"] == {"side": "left"}
    assert objects["treatment"] == {}
    assert objects["enrolment"] == {"sequence": "advice"}
    assert objects["site"] == {"id": "bedford"}


def test_without_a_visit_age_is_counted_at_the_event() -> None:
    (moment,) = replay([an_update(day=0, patient={"date_of_birth": "2010-06-05"})])

    assert objects_at(moment)["patient"]["age"] == 15
    assert objects_at(moment)["enrolment"] == {}
