"""The plan: what an enrolment wants, compared with the rows there are."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drip.core.lifecycle import MOVES, TERMINAL, UNSENT, State, may_move
from drip.core.model import Channel, Send
from drip.core.plan import Basis, Changes, Planned, changes, ending, wanted
from drip.core.reason import Reason
from drip.core.sequence import Step
from tests.core.build import (
    VISIT,
    a_basis,
    a_row,
    a_step,
    a_text,
    always_open,
    apply,
    clock,
    hours,
    local,
    never_open,
)

WELL_BEFORE = local("2026-06-01T10:00")
NEXT_WEEK = VISIT + timedelta(days=7)

REMINDER = a_text("reminder", before="2d")
AFTERCARE = a_step("aftercare", after="3d", at="09:00")
BOTH = (REMINDER, AFTERCARE)


def planned(basis: Basis, now: datetime = WELL_BEFORE) -> list[Planned]:
    """The rows of an enrolment that was planned in good time."""
    return apply(changes(basis, (), now), ())


def after(basis: Basis, rows: list[Planned], now: datetime = WELL_BEFORE) -> list[Planned]:
    return apply(changes(basis, rows, now), rows, basis.version)


def standing(rows: list[Planned]) -> list[tuple[str, str, str, str]]:
    """Step, time, state and reason of every row, in order of time."""
    shown = sorted(rows, key=lambda row: (row.planned_for, row.id))
    return [(row.step, clock(row.planned_for), row.state.value, row.reason.value) for row in shown]


def marked(rows: list[Planned], **states: State) -> list[Planned]:
    """The rows, with those of the named steps in another state."""
    return [replace(row, state=states.get(row.step, row.state)) for row in rows]


def test_a_plan_that_did_not_move_is_not_placed_anew() -> None:
    first, again = wanted(a_basis(*BOTH)), wanted(a_basis(*BOTH))
    assert all(one is other for one, other in zip(first, again, strict=True))
    assert wanted(a_basis(*BOTH, anchor=NEXT_WEEK)) != first


def test_every_message_is_planned_from_the_moment_of_enrolment() -> None:
    assert standing(planned(a_basis(*BOTH))) == [
        ("reminder", "Tue 2026-06-09 10:00", "planned", ""),
        ("aftercare", "Mon 2026-06-15 08:00", "planned", ""),
    ]


def test_a_step_by_both_channels_makes_two_rows_and_one_by_either_makes_one() -> None:
    by_both = wanted(a_basis(a_step(sms="words")))
    by_either = wanted(a_basis(a_step(sms="words", send=Send.SMS_THEN_EMAIL)))

    assert [message.slot for message in by_both] == [Channel.EMAIL, Channel.SMS]
    assert [message.slot for message in by_either] == [Channel.SMS]


def test_each_channel_has_its_own_expiry() -> None:
    email, text = wanted(a_basis(a_step(sms="words", after="4d")))

    assert clock(email.expires_at) == "Thu 2026-06-18 10:00"
    assert clock(text.expires_at) == "Tue 2026-06-16 18:00"


def test_planning_again_changes_nothing() -> None:
    basis = a_basis(*BOTH)
    rows = planned(basis)

    assert not changes(basis, rows, WELL_BEFORE)
    assert not changes(basis, rows, NEXT_WEEK + timedelta(days=30)), "time passing is no reason to plan anew"


@pytest.mark.parametrize(
    ("step", "now", "state", "reason", "due"),
    [
        pytest.param(a_step(after="1d"), "2026-06-12T10:00", "planned", "", "Fri 2026-06-12 10:00", id="just in time"),
        pytest.param(
            a_step(after="1d"), "2026-06-12T10:01", "skipped", "late", "Fri 2026-06-12 10:00", id="a minute late"
        ),
        pytest.param(
            a_step(after="1d", if_late="send"),
            "2026-06-12T12:00",
            "planned",
            "",
            "Fri 2026-06-12 12:00",
            id="sent late",
        ),
        pytest.param(
            a_step(after="1d", if_late="send"),
            "2026-06-13T12:00",
            "planned",
            "",
            "Mon 2026-06-15 08:00",
            id="sent late, in the window",
        ),
        pytest.param(
            a_step(after="1d", if_late="send"),
            "2026-07-10T10:00",
            "planned",
            "",
            "Fri 2026-07-10 10:00",
            id="four weeks late",
        ),
        pytest.param(
            a_step(after="1d", if_late="send"),
            "2026-07-10T10:01",
            "skipped",
            "late",
            "Fri 2026-06-12 10:00",
            id="more than four weeks late",
        ),
        pytest.param(
            a_step(after="1d", if_late="send", expires="6w"),
            "2026-07-24T09:59",
            "planned",
            "",
            "Fri 2026-07-24 09:59",
            id="still worth sending by its own expiry",
        ),
        pytest.param(
            a_step(after="1d", if_late="send"),
            "2033-06-12T10:00",
            "skipped",
            "late",
            "Fri 2026-06-12 10:00",
            id="years late",
        ),
        pytest.param(
            a_step(before="60d", if_late="send"),
            "2026-06-10T12:00",
            "planned",
            "",
            "Wed 2026-06-10 12:00",
            id="prepares weeks late, but in time",
        ),
        pytest.param(
            a_step(before="2d", if_late="send"),
            "2026-06-10T12:00",
            "planned",
            "",
            "Wed 2026-06-10 12:00",
            id="prepares late, but in time",
        ),
        pytest.param(
            a_step(before="2d", if_late="send"),
            "2026-06-11T10:00",
            "skipped",
            "late",
            "Tue 2026-06-09 10:00",
            id="too late to prepare",
        ),
        pytest.param(
            a_step(before="2d", if_late="send"),
            "2026-06-10T19:00",
            "planned",
            "",
            "Thu 2026-06-11 08:00",
            id="the evening before: the morning of the visit",
        ),
    ],
)
def test_a_step_whose_time_had_passed_at_enrolment_is_late(
    step: Step, now: str, state: str, reason: str, due: str
) -> None:
    (message,) = changes(a_basis(step), (), local(now)).new

    assert (message.state, message.reason, clock(message.due_at)) == (state, reason, due)


def test_a_message_sent_late_keeps_where_the_rules_place_it_and_expires_from_its_new_time() -> None:
    (message,) = changes(a_basis(a_text(after="1d", if_late="send")), (), local("2026-06-16T12:00")).new

    assert clock(message.planned_for) == "Fri 2026-06-12 10:00"
    assert clock(message.expires_at) == "Wed 2026-06-17 18:00"


CLOT = a_text("clot", after="3d", if_closed="before")
WEDNESDAY = local("2026-06-10T10:00")


@pytest.mark.parametrize(
    ("enrolled", "stands"),
    [
        pytest.param("2026-06-10T11:00", ("Fri 2026-06-12 10:00", "planned", ""), id="in good time"),
        pytest.param("2026-06-12T10:00", ("Fri 2026-06-12 10:00", "planned", ""), id="at the last moment"),
        pytest.param("2026-06-12T10:01", ("Mon 2026-06-15 08:00", "planned", ""), id="Friday is over: it waits"),
        pytest.param("2026-06-14T12:00", ("Mon 2026-06-15 08:00", "planned", ""), id="on the Sunday"),
        pytest.param("2026-06-15T08:01", ("Fri 2026-06-12 10:00", "skipped", "late"), id="too late however placed"),
    ],
)
def test_what_goes_early_is_never_sent_before_enrolment_nor_lost_for_it(
    enrolled: str, stands: tuple[str, str, str]
) -> None:
    (message,) = changes(a_basis(CLOT, anchor=WEDNESDAY), (), local(enrolled)).new

    assert (clock(message.due_at), message.state.value, message.reason.value) == stands
    assert clock(message.planned_for) == "Fri 2026-06-12 10:00", "so that planning again changes nothing"
    assert message.state is State.SKIPPED or message.expires_at > message.due_at


def test_an_operation_that_turns_out_to_be_earlier_does_not_lose_what_should_have_gone_this_morning() -> None:
    rows = planned(a_basis(CLOT, anchor=WEDNESDAY + timedelta(days=2)), WEDNESDAY)
    (change,) = changes(a_basis(CLOT, anchor=WEDNESDAY), rows, local("2026-06-12T12:00")).changed

    assert (clock(change.to.due_at), change.to.state) == ("Mon 2026-06-15 08:00", State.PLANNED)


@pytest.mark.parametrize(
    ("now", "reason"), [("2026-06-12T12:00", Reason.NONE), ("2026-06-15T12:00", Reason.LATE)], ids=["Friday", "Monday"]
)
def test_a_new_step_that_goes_early_is_planned_while_its_own_day_is_ahead(now: str, reason: Reason) -> None:
    rows = planned(a_basis(AFTERCARE, anchor=WEDNESDAY), WEDNESDAY)
    (new,) = changes(a_basis(AFTERCARE, CLOT, anchor=WEDNESDAY, version="v2"), rows, local(now)).new

    assert new.reason is reason


def test_nothing_can_be_sent_late_where_no_window_opens() -> None:
    (message,) = changes(a_basis(a_step(), hours=never_open()), (), WELL_BEFORE).new

    assert (message.state, message.reason) == (State.SKIPPED, Reason.WINDOW)


def test_late_occurrences_are_sent_once_a_day_at_the_most() -> None:
    daily = a_step(after="1d", at="15:00", every=1, times=8, if_late="send")
    monday_noon = local("2026-06-15T12:00")

    new = changes(a_basis(daily, hours=always_open()), (), monday_noon).new

    going = [(message.occurrence, clock(message.due_at)) for message in new if message.state is State.PLANNED]
    assert going == [
        (1, "Mon 2026-06-15 12:00"),
        (5, "Tue 2026-06-16 15:00"),
        (6, "Wed 2026-06-17 15:00"),
        (7, "Thu 2026-06-18 15:00"),
        (8, "Fri 2026-06-19 15:00"),
    ]
    assert {message.reason for message in new if message.state is State.SKIPPED} == {Reason.MERGED}


def test_occurrences_of_one_day_are_one_message() -> None:
    daily = a_step(after="1d", at="10:00", every=1, times=4)

    assert standing(planned(a_basis(daily))) == [
        ("advice", "Fri 2026-06-12 10:00", "planned", ""),
        ("advice", "Mon 2026-06-15 08:00", "planned", ""),
        ("advice", "Mon 2026-06-15 08:00", "skipped", "merged"),
        ("advice", "Mon 2026-06-15 10:00", "skipped", "merged"),
    ]


def test_an_appointment_that_moves_takes_what_is_unsent_with_it() -> None:
    rows = planned(a_basis(*BOTH))
    moved = a_basis(*BOTH, anchor=NEXT_WEEK, revision=1)

    rows = after(moved, rows)

    assert standing(rows) == [
        ("reminder", "Tue 2026-06-16 10:00", "planned", ""),
        ("aftercare", "Mon 2026-06-22 08:00", "planned", ""),
    ]
    assert not changes(moved, rows, WELL_BEFORE)


def test_a_patient_reminded_of_the_old_date_is_reminded_of_the_new_one() -> None:
    rows = marked(planned(a_basis(*BOTH)), reminder=State.SENT)
    moved = a_basis(*BOTH, anchor=NEXT_WEEK, revision=1)

    rows = after(moved, rows)

    assert standing(rows) == [
        ("reminder", "Tue 2026-06-09 10:00", "sent", ""),
        ("reminder", "Tue 2026-06-16 10:00", "planned", ""),
        ("aftercare", "Mon 2026-06-22 08:00", "planned", ""),
    ]
    assert not changes(moved, rows, WELL_BEFORE)


def test_a_visit_that_moves_within_its_day_does_not_remind_again() -> None:
    rows = marked(planned(a_basis(*BOTH)), reminder=State.DELIVERED)
    later_that_day = a_basis(*BOTH, anchor=VISIT + timedelta(hours=3))

    assert not changes(later_that_day, rows, WELL_BEFORE).new


@pytest.mark.parametrize("state", sorted(set(State) - UNSENT - {State.CANCELLED, State.SKIPPED, State.SUPERSEDED}))
def test_an_after_step_that_went_or_ended_stays_as_it_is(state: State) -> None:
    rows = marked(planned(a_basis(AFTERCARE)), aftercare=state)
    moved = a_basis(AFTERCARE, anchor=NEXT_WEEK, revision=1)

    assert not changes(moved, rows, WELL_BEFORE)


def test_a_reminder_of_a_date_the_visit_has_left_is_superseded() -> None:
    """It was in flight when the visit moved, and came back as not taken."""
    rows = marked(planned(a_basis(REMINDER)), reminder=State.IN_FLIGHT)
    moved = a_basis(REMINDER, anchor=NEXT_WEEK, revision=1)
    rows = after(moved, rows)

    rows = after(moved, [replace(row, state=State.PLANNED) for row in rows])

    assert standing(rows) == [
        ("reminder", "Tue 2026-06-09 10:00", "superseded", "appointment_moved"),
        ("reminder", "Tue 2026-06-16 10:00", "planned", ""),
    ]
    assert not changes(moved, rows, WELL_BEFORE)


def test_a_cancellation_cancels_what_is_unsent_with_the_reason() -> None:
    rows = marked(planned(a_basis(*BOTH)), reminder=State.SENT)

    rows = apply(ending(rows, Reason.APPOINTMENT_CANCELLED), rows)

    assert standing(rows) == [
        ("reminder", "Tue 2026-06-09 10:00", "sent", ""),
        ("aftercare", "Mon 2026-06-15 08:00", "cancelled", "appointment_cancelled"),
    ]
    assert not ending(rows, Reason.APPOINTMENT_CANCELLED)


@pytest.mark.parametrize("state", sorted(State))
def test_ending_touches_only_what_is_unsent(state: State) -> None:
    assert bool(ending([a_row(state=state)], Reason.ENDED)) is (state in UNSENT)


@pytest.mark.parametrize("state", [State.CANCELLED, State.SUPERSEDED])
def test_what_was_cancelled_comes_back_if_it_is_still_ahead_else_late(state: State) -> None:
    basis = a_basis(*BOTH)
    rows = marked(planned(basis), reminder=state, aftercare=state)
    the_day_after_the_reminder = local("2026-06-10T10:00")

    rows = after(basis, rows, the_day_after_the_reminder)

    assert standing(rows) == [
        ("reminder", "Tue 2026-06-09 10:00", "skipped", "late"),
        ("aftercare", "Mon 2026-06-15 08:00", "planned", ""),
    ]
    assert not changes(basis, rows, the_day_after_the_reminder)


def test_what_was_skipped_stays_skipped_until_its_time_moves() -> None:
    basis = a_basis(AFTERCARE)
    rows = marked(planned(basis), aftercare=State.SKIPPED)

    assert not changes(basis, rows, WELL_BEFORE)
    moved = after(a_basis(AFTERCARE, anchor=NEXT_WEEK), rows)
    assert standing(moved) == [("aftercare", "Mon 2026-06-22 08:00", "planned", "")]


def test_a_row_that_another_worker_has_claimed_moves_too() -> None:
    rows = marked(planned(a_basis(AFTERCARE)), aftercare=State.CLAIMED)

    (change,) = changes(a_basis(AFTERCARE, anchor=NEXT_WEEK), rows, WELL_BEFORE).changed

    assert (change.was, change.to.state) == (State.CLAIMED, State.PLANNED)


def test_a_new_closure_merges_what_it_pushes_onto_one_day() -> None:
    daily = a_step(after="1d", at="10:00", every=1, times=2)
    monday = local("2026-06-15T09:00")
    rows = planned(a_basis(daily, anchor=monday), monday)
    tuesday_closed = a_basis(daily, anchor=monday, hours=hours(closed=["2026-06-16"]))

    rows = after(tuesday_closed, rows, monday)

    assert standing(rows) == [
        ("advice", "Wed 2026-06-17 08:00", "planned", ""),
        ("advice", "Wed 2026-06-17 10:00", "skipped", "merged"),
    ]
    assert not changes(tuesday_closed, rows, monday)


# What a booking system tells by itself


MARKED = a_text("reminder", before="2d", reminder=True)


def test_a_reminder_is_left_out_where_the_booking_system_reminds_and_comes_back_where_it_no_longer_does() -> None:
    ours, theirs = a_basis(MARKED, AFTERCARE), a_basis(MARKED, AFTERCARE, reminds_itself=True)
    left_out = [
        ("reminder", "Tue 2026-06-09 10:00", "skipped", "reminded_elsewhere"),
        ("aftercare", "Mon 2026-06-15 08:00", "planned", ""),
    ]
    rows = planned(theirs)
    assert standing(rows) == left_out
    assert not changes(theirs, rows, WELL_BEFORE)

    rows = after(ours, rows)
    assert standing(rows)[0] == ("reminder", "Tue 2026-06-09 10:00", "planned", "")
    assert standing(after(theirs, rows)) == left_out

    too_late = local("2026-06-10T10:00")
    assert standing(after(ours, planned(theirs), too_late))[0][2:] == ("skipped", "late")


def test_a_cancelled_reminder_that_comes_back_is_left_out_too() -> None:
    rows = marked(planned(a_basis(MARKED)), reminder=State.CANCELLED)

    assert standing(after(a_basis(MARKED, reminds_itself=True), rows))[0][2:] == ("skipped", "reminded_elsewhere")


@pytest.mark.parametrize("state", [State.SENT, State.EXPIRED, State.FAILED])
def test_a_reminder_that_went_or_ended_stays_as_it_is(state: State) -> None:
    rows = marked(planned(a_basis(MARKED)), reminder=state)

    assert not changes(a_basis(MARKED, reminds_itself=True), rows, WELL_BEFORE)


# What is no use once a visit has begun


def test_what_tells_of_a_move_expires_with_the_visit_and_is_not_planned_after_it() -> None:
    told, later = a_text("told", after="1h"), a_text("later", after="1d")
    tomorrow = local("2026-06-12T09:00")
    basis = a_basis(told, later, until=tomorrow)
    rows = planned(basis, VISIT)

    assert standing(rows) == [
        ("told", "Thu 2026-06-11 11:00", "planned", ""),
        ("later", "Fri 2026-06-12 10:00", "skipped", "expired"),
    ]
    assert rows[0].expires_at == tomorrow
    assert not changes(basis, rows, VISIT)


def test_what_is_let_in_late_goes_only_before_the_visit() -> None:
    told = a_text("told", after="1h", if_late="send")
    basis = a_basis(told, until=local("2026-06-11T15:00"))

    (in_time,) = planned(basis, local("2026-06-11T14:00"))
    assert (in_time.state, in_time.expires_at) == (State.PLANNED, local("2026-06-11T15:00"))
    (too_late,) = planned(basis, local("2026-06-11T15:00"))
    assert (too_late.state, too_late.reason) == (State.SKIPPED, Reason.LATE)


# Publishing a new version to people who are in an older one


def test_a_new_version_gives_unsent_messages_its_words_and_times() -> None:
    rows = marked(planned(a_basis(*BOTH)), reminder=State.SENT)
    later = replace(AFTERCARE, offset=a_step(after="5d").offset)
    version_2 = a_basis(REMINDER, later, version="v2")

    rows = after(version_2, rows)

    assert standing(rows) == [
        ("reminder", "Tue 2026-06-09 10:00", "sent", ""),
        ("aftercare", "Tue 2026-06-16 09:00", "planned", ""),
    ]
    assert {row.step: row.version for row in rows} == {"reminder": "v1", "aftercare": "v2"}
    assert not changes(version_2, rows, WELL_BEFORE)


def test_a_message_that_stays_where_it_is_takes_the_new_words() -> None:
    rows = planned(a_basis(AFTERCARE))

    result = changes(a_basis(AFTERCARE, version="v2"), rows, WELL_BEFORE)

    assert [(change.version, change.to.planned_for) for change in result.changed] == [("v2", rows[0].planned_for)]
    assert not result.new
    assert not result.ended


def test_a_step_that_a_new_version_drops_is_superseded() -> None:
    rows = after(a_basis(REMINDER, version="v2"), planned(a_basis(*BOTH)))

    assert standing(rows) == [
        ("reminder", "Tue 2026-06-09 10:00", "planned", ""),
        ("aftercare", "Mon 2026-06-15 08:00", "superseded", "superseded_by_version"),
    ]


@pytest.mark.parametrize("if_late", ["skip", "send"])
@pytest.mark.parametrize(
    ("now", "state", "reason"),
    [
        pytest.param("2026-06-10T10:00", "planned", "", id="still ahead"),
        pytest.param("2026-06-14T10:00", "skipped", "late", id="already past"),
    ],
)
def test_a_step_new_to_a_sequence_is_planned_if_still_ahead_else_late(
    now: str, state: str, reason: str, if_late: str
) -> None:
    rows = planned(a_basis(AFTERCARE))
    added = a_step("added", after="1d", if_late=if_late)

    (new,) = changes(a_basis(AFTERCARE, added, version="v2"), rows, local(now)).new

    assert (new.step, new.state, new.reason) == ("added", state, reason)


def test_a_message_let_in_late_is_still_let_in_under_a_new_version() -> None:
    step = a_text(after="1d", if_late="send")
    saturday = local("2026-06-20T12:00")
    rows = planned(a_basis(step), saturday)

    (change,) = changes(a_basis(step, version="v2"), rows, saturday).changed

    assert clock(change.to.due_at) == "Mon 2026-06-22 08:00"
    assert clock(change.to.expires_at) == "Tue 2026-06-23 18:00"


def test_a_message_let_in_at_the_last_moment_is_not_late_again_under_a_new_version() -> None:
    step = a_text(after="1d", if_late="send")
    rows = planned(a_basis(step), local("2026-07-10T09:00"))

    (change,) = changes(a_basis(step, version="v2"), rows, local("2026-07-10T12:00")).changed

    assert (change.to.state, clock(change.to.expires_at)) == (State.PLANNED, "Mon 2026-07-13 18:00")


def test_a_message_that_turned_to_its_other_channel_stays_there_under_a_new_version() -> None:
    step = a_step(sms="words", send=Send.SMS_THEN_EMAIL)
    rows = [replace(row, channel=Channel.EMAIL) for row in planned(a_basis(step))]

    (change,) = changes(a_basis(step, version="v2"), rows, WELL_BEFORE).changed

    assert (change.to.slot, change.to.channel) == (Channel.SMS, Channel.EMAIL)


def test_a_message_on_a_channel_that_a_new_version_drops_goes_by_the_one_that_is_left() -> None:
    step = a_step(sms="words", send=Send.SMS_THEN_EMAIL)
    rows = [replace(row, channel=Channel.EMAIL) for row in planned(a_basis(step))]

    (change,) = changes(a_basis(a_text("advice"), version="v2"), rows, WELL_BEFORE).changed

    assert change.to.channel is Channel.SMS


def test_changes_say_whether_there_are_any() -> None:
    assert not Changes()
    assert ending([a_row()], Reason.ENDED)


# Whatever happens, in whatever order


STEPS = (
    a_text("reminder", before="2d", at="10:00"),
    a_step("countdown", before="5d", every=1, times=4),
    a_step("advice", after="3h"),
    a_step("late", after="1d", every=2, times=5, if_late="send"),
    a_text("early", after="3d", every=3, times=3, if_closed="before"),
    a_step("either", after="2d", sms="words", send=Send.EMAIL_THEN_SMS),
    a_step("both", after="1w", weekday="mon", sms="words"),
)

some_steps = st.lists(st.sampled_from(STEPS), min_size=1, unique_by=lambda step: step.id).map(tuple)
some_hours = st.sampled_from(
    [hours(), hours("20:00", "06:00"), always_open(), hours(closed=["2026-06-12"]), never_open()]
)
some_anchor = st.integers(0, 60).map(lambda n: VISIT + timedelta(hours=6 * n))
some_state = st.sampled_from(sorted(State))


@st.composite
def histories(draw: st.DrawFn) -> tuple[list[Planned], Basis, datetime]:
    """Rows that have been planned, moved, sent and republished; and what is wanted of them now."""
    rows: list[Planned] = []
    revision, version, now = 0, 1, WELL_BEFORE
    basis = a_basis(*STEPS)
    for _ in range(draw(st.integers(1, 4))):
        basis = a_basis(
            *draw(some_steps),
            anchor=draw(some_anchor),
            hours=draw(some_hours),
            version=f"v{version}",
            revision=revision,
        )
        rows = after(basis, rows, now)
        rows = [replace(row, state=to) if may_move(row.state, to) else row for row in rows for to in [draw(some_state)]]
        now += timedelta(days=draw(st.integers(0, 8)))
        revision += draw(st.integers(0, 1))
        version += draw(st.integers(0, 1))
    final = replace(basis, revision=revision, version=f"v{version}", anchor=draw(some_anchor))
    return rows, final, now


@given(histories())
def test_after_its_changes_a_plan_wants_nothing_more(history: tuple[list[Planned], Basis, datetime]) -> None:
    rows, basis, now = history

    rows = after(basis, rows, now)

    assert not changes(basis, rows, now)
    assert not changes(basis, rows, now + timedelta(days=3))


@given(histories())
def test_a_plan_moves_rows_only_as_the_table_allows(history: tuple[list[Planned], Basis, datetime]) -> None:
    rows, basis, now = history
    result = changes(basis, rows, now)

    moves = [(change.was, change.to.state) for change in result.changed] + [
        (end.was, end.state) for end in result.ended
    ]

    assert all(was is to or to in MOVES[was] for was, to in moves)


@given(histories())
def test_a_plan_never_touches_what_went_or_may_have_gone(history: tuple[list[Planned], Basis, datetime]) -> None:
    rows, basis, now = history
    touchable = UNSENT | {State.CANCELLED, State.SKIPPED, State.SUPERSEDED}
    result = changes(basis, rows, now)

    assert {change.was for change in result.changed} | {end.was for end in result.ended} <= touchable
    assert {(row.key, row.revision) for row in rows}.isdisjoint((new.key, new.revision) for new in result.new)


@given(histories())
def test_once_planned_a_message_is_ahead_or_let_in_late_or_ended(
    history: tuple[list[Planned], Basis, datetime],
) -> None:
    rows, basis, now = history
    result = changes(basis, rows, now)
    steps = {step.id: step for step in basis.sequence.steps}

    for message in [*result.new, *(change.to for change in result.changed if change.was not in UNSENT)]:
        assert message.state in {State.PLANNED} | TERMINAL
        if message.state is State.PLANNED:
            assert message.due_at >= now
            is_moved = steps[message.step].send_if_late or message.due_at == message.otherwise
            assert message.due_at == message.planned_for or is_moved
            assert message.due_at < message.expires_at or steps[message.step].before
