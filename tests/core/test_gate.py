"""The last look before the call."""

from datetime import date, timedelta
from typing import Any

import pytest

from drip.core.caps import Usage
from drip.core.gate import RECHECK, SOON, Person, fold, judge
from drip.core.lifecycle import State, may_move
from drip.core.model import Channel, Kind, Purpose, Send
from drip.core.patient import Patient, Standing
from drip.core.reason import Reason
from drip.core.sequence import Review, Step
from drip.core.verdict import Pass, Stop, Turn, Verdict, Wait
from drip.core.window import DAY
from tests.core.build import (
    AMINA,
    HAS_ACHILLES,
    MONDAY_MORNING,
    a_candidate,
    a_person,
    a_sequence,
    a_step,
    a_text,
    hours,
    local,
    never_open,
)

NOW = MONDAY_MORNING
TODAY = NOW.date()
TURNING = a_step(sms="words", send=Send.SMS_THEN_EMAIL)
OVERDUE = Review(author="A", approved_by="B", review_due=TODAY - timedelta(days=1))
DUE_TODAY = Review(author="A", approved_by="B", review_due=TODAY)
CHILD = {**AMINA, "date_of_birth": "2015-01-01"}
SAM = {"phone": "+447700900124"}


def verdict(step: Step | None = None, person: Person | None = None, **unusual: Any) -> Verdict:
    return judge(a_candidate(step, **unusual), person or a_person(), NOW)


def test_an_ordinary_message_goes_and_is_counted() -> None:
    assert verdict() == Pass(counted=True)


@pytest.mark.parametrize(
    ("standing", "reason"),
    [
        (Standing.DECEASED, Reason.DECEASED),
        (Standing.MERGED, Reason.MERGED_PATIENT),
        (Standing.ERASED, Reason.ERASED),
    ],
)
def test_nothing_goes_to_someone_we_may_not_write_to(standing: Standing, reason: Reason) -> None:
    patient = Patient(standing=standing, facts=AMINA)

    assert verdict(person=a_person(patient=patient)) == Stop(State.CANCELLED, reason)
    safety = a_step(purpose=Purpose.SAFETY)
    assert verdict(safety, a_person(patient=patient)) == Stop(State.CANCELLED, reason), "not even safety"


def test_nothing_goes_once_its_enrolment_has_ended() -> None:
    ended = verdict(ended=Reason.APPOINTMENT_CANCELLED)

    assert ended == Stop(State.CANCELLED, Reason.APPOINTMENT_CANCELLED)


@pytest.mark.parametrize(
    ("expires_in", "goes"),
    [
        pytest.param(timedelta(minutes=1), Pass(counted=True), id="a minute to spare"),
        pytest.param(timedelta(), Stop(State.EXPIRED, Reason.EXPIRED), id="the very moment"),
        pytest.param(-timedelta(days=1), Stop(State.EXPIRED, Reason.EXPIRED), id="yesterday"),
    ],
)
def test_nothing_goes_after_it_has_expired(expires_in: timedelta, goes: Verdict) -> None:
    assert verdict(expires_at=NOW + expires_in) == goes


def test_a_message_waits_while_news_of_its_patient_is_being_taken_in() -> None:
    assert verdict(person=a_person(has_news=True)) == Wait(NOW + SOON, Reason.NONE)


def test_a_paused_message_asks_again_until_it_expires() -> None:
    soon_useless = NOW + timedelta(minutes=5)

    assert verdict(is_paused=True) == Wait(NOW + RECHECK, Reason.PAUSED)
    assert verdict(is_paused=True, expires_at=soon_useless) == Wait(soon_useless, Reason.PAUSED)


def test_words_that_nobody_approved_wait() -> None:
    assert verdict(is_approved=False) == Wait(NOW + RECHECK, Reason.AWAITING_APPROVAL)


def test_a_message_about_a_date_the_visit_has_left_is_superseded() -> None:
    assert verdict(is_current=False) == Stop(State.SUPERSEDED, Reason.APPOINTMENT_MOVED)
    assert verdict(is_current=False, ended=Reason.NO_SHOW) == Stop(State.CANCELLED, Reason.NO_SHOW)


@pytest.mark.parametrize("fact", ["surgery", "rupture", "steroid_injection", "red_flag"])
def test_loading_waits_for_a_safety_rule_whatever_the_sequence_says(fact: str) -> None:
    loading = a_sequence("loading", kind=Kind.LOADING)
    held = a_person(interlocks=frozenset({fact}))

    assert verdict(person=held, sequence=loading) == Wait(NOW + DAY, Reason.INTERLOCK)
    assert verdict(person=held) == Pass(counted=True), "education does not"


def test_what_a_safety_rule_holds_asks_again_when_the_rule_ends_and_else_once_a_day() -> None:
    loading = a_sequence("loading", kind=Kind.LOADING)

    for ends_in, asks_in in ((timedelta(hours=5), timedelta(hours=5)), (timedelta(days=9), DAY)):
        held = a_person(interlocks=frozenset({"steroid_injection"}), interlock_ends_at=NOW + ends_in)
        assert verdict(person=held, sequence=loading) == Wait(NOW + asks_in, Reason.INTERLOCK)


def test_a_sequence_may_only_add_to_the_safety_rules() -> None:
    held = a_person(interlocks=frozenset({"surgery"}))

    assert verdict(person=held, sequence=a_sequence(pause_when=["surgery"])) == Wait(NOW + DAY, Reason.INTERLOCK)
    loading = a_sequence("loading", kind=Kind.LOADING, pause_when=["pregnancy"])
    assert verdict(person=held, sequence=loading) == Wait(NOW + DAY, Reason.INTERLOCK)


def test_words_about_signs_of_harm_are_not_held_by_what_a_sequence_adds() -> None:
    held = a_person(interlocks=frozenset({"red_flag"}))
    signs = a_step(purpose=Purpose.SAFETY)
    loading = a_sequence("loading", kind=Kind.LOADING)

    assert isinstance(verdict(signs, held, sequence=a_sequence(pause_when=["red_flag"])), Pass)
    assert verdict(signs, held, sequence=loading) == Wait(NOW + DAY, Reason.INTERLOCK)


def test_content_past_its_review_date_does_not_go() -> None:
    assert verdict(sequence=a_sequence(review=OVERDUE)) == Wait(NOW + RECHECK, Reason.REVIEW_DUE)
    assert verdict(sequence=a_sequence(review=DUE_TODAY)) == Pass(counted=True)
    assert verdict(sequence=a_sequence(review=Review(author="A", approved_by="B"))) == Pass(counted=True)


def test_safety_content_past_its_review_date_goes_with_an_alarm() -> None:
    safety = a_step(purpose=Purpose.SAFETY)

    assert verdict(safety, sequence=a_sequence("red-flags", safety, review=OVERDUE)) == Pass(
        counted=False, alarm=Reason.REVIEW_DUE
    )


def test_a_steps_condition_is_asked_with_the_facts_of_the_moment() -> None:
    step = a_step(when=HAS_ACHILLES)

    assert verdict(step, objects={"patient": {"conditions": ["achilles"]}}) == Pass(counted=True)
    assert verdict(step, objects={"patient": {"conditions": []}}) == Stop(State.SKIPPED, Reason.CONDITION)


def test_a_child_is_never_written_to_without_a_carer() -> None:
    assert verdict(person=a_person(CHILD)) == Stop(State.SKIPPED, Reason.UNDER_AGE)

    with_carer = a_person(patient=Patient(facts=CHILD, carer=SAM))
    assert verdict(a_text(), with_carer) == Pass(counted=True)
    assert verdict(a_step(), with_carer) == Stop(State.SKIPPED, Reason.NO_ADDRESS), "the carer has no email address"


@pytest.mark.parametrize(
    ("born", "outcome"),
    [
        pytest.param("2010-06-15", Pass(counted=True), id="sixteen today: to the patient"),
        pytest.param("2010-06-16", Stop(State.SKIPPED, Reason.NO_ADDRESS), id="sixteen tomorrow: to the carer"),
    ],
)
def test_on_a_sixteenth_birthday_messages_turn_to_the_patient(born: str, outcome: Verdict) -> None:
    """Sam, who cares, has a number and no email; Amina has an email and no number."""
    facts = {"email": "amina@example.org", "date_of_birth": born}

    assert verdict(a_step(), a_person(patient=Patient(facts=facts, carer=SAM))) == outcome


@pytest.mark.parametrize("added", [(), ("red_flag",)])
def test_what_a_sequence_adds_takes_nothing_away_from_what_loading_demands(added: tuple[str, ...]) -> None:
    loading = a_sequence(kind=Kind.LOADING, pause_when=added)

    for held in ("surgery", "rupture", "steroid_injection", "fracture", "red_flag"):
        found = verdict(sequence=loading, person=a_person(interlocks=frozenset({held})))
        assert isinstance(found, Wait)
        assert found.reason is Reason.INTERLOCK


CLOSED = {
    "no number": (a_person({"email": "amina@example.org"}), Stop(State.SKIPPED, Reason.NO_ADDRESS)),
    "the patient said stop": (
        a_person(closed={Channel.SMS: Reason.SUPPRESSED_BY_PATIENT}),
        Stop(State.SUPPRESSED, Reason.SUPPRESSED_BY_PATIENT),
    ),
    "the address bounced": (
        a_person(closed={Channel.SMS: Reason.BOUNCED}),
        Stop(State.SUPPRESSED, Reason.BOUNCED),
    ),
    "no consent": (
        a_person({**AMINA, "consent": {"care": {"sms": False}}}),
        Stop(State.SKIPPED, Reason.NO_CONSENT),
    ),
    "not on the allow list": (
        a_person(barred=frozenset({Channel.SMS})),
        Stop(State.SKIPPED, Reason.NOT_ALLOW_LISTED),
    ),
}


@pytest.mark.parametrize(("person", "stop"), CLOSED.values(), ids=CLOSED.keys())
def test_a_closed_channel_stops_a_step_that_has_no_other(person: Person, stop: Stop) -> None:
    assert verdict(a_text(), person) == stop


@pytest.mark.parametrize("person", [person for person, _ in CLOSED.values()], ids=CLOSED.keys())
def test_a_closed_channel_turns_a_step_that_names_another(person: Person) -> None:
    assert verdict(TURNING, person) == Turn(Channel.EMAIL)


def test_a_step_with_both_channels_closed_stops_with_the_first_ones_reason() -> None:
    closed = {Channel.SMS: Reason.SUPPRESSED_BY_PATIENT, Channel.EMAIL: Reason.BOUNCED}

    assert verdict(TURNING, a_person(closed=closed)) == Stop(State.SUPPRESSED, Reason.SUPPRESSED_BY_PATIENT)


def test_stop_closes_the_channel_for_safety_too() -> None:
    said_stop = a_person(closed={Channel.SMS: Reason.SUPPRESSED_BY_PATIENT})

    assert verdict(a_text(purpose=Purpose.SAFETY), said_stop) == Stop(State.SUPPRESSED, Reason.SUPPRESSED_BY_PATIENT)
    by_email = a_step(sms="words", send=Send.SMS_THEN_EMAIL, purpose=Purpose.SAFETY)
    assert verdict(by_email, said_stop) == Turn(Channel.EMAIL)


def test_outside_the_window_a_message_waits_for_the_next_opening() -> None:
    afternoons = hours("14:00", "18:00")

    assert verdict(hours=afternoons) == Wait(local("2026-06-15T14:00"), Reason.WINDOW)


def test_a_message_that_expires_before_the_window_opens_never_goes() -> None:
    afternoons = hours("14:00", "18:00")

    assert verdict(hours=afternoons, expires_at=local("2026-06-15T14:00")) == Stop(State.EXPIRED, Reason.WINDOW)
    assert verdict(hours=never_open()) == Stop(State.EXPIRED, Reason.WINDOW)


SAID_STOP = {"reply": {"channel": "sms", "word": "stop"}}
AT_ONCE = a_text(purpose=Purpose.SERVICE, after="0m")
STOPPED = a_person(
    {**AMINA, "consent": {"service": {"sms": False}}}, closed={Channel.SMS: Reason.SUPPRESSED_BY_PATIENT}
)


def test_the_word_that_a_stop_was_heard_reaches_the_address_it_closed() -> None:
    assert verdict(AT_ONCE, STOPPED, objects=SAID_STOP) == Pass(counted=False)


@pytest.mark.parametrize(
    ("step", "objects"),
    [
        pytest.param(AT_ONCE, {}, id="nobody said stop"),
        pytest.param(AT_ONCE, {"reply": {"channel": "sms", "word": "help"}}, id="the answer to something else"),
        pytest.param(AT_ONCE, {"reply": {"channel": "email", "word": "stop"}}, id="the stop came on another channel"),
        pytest.param(a_text(purpose=Purpose.SERVICE), SAID_STOP, id="a later step"),
        pytest.param(a_text(purpose=Purpose.SERVICE, after="0m", every=1, times=9), SAID_STOP, id="a repeat"),
        pytest.param(a_text(purpose=Purpose.MARKETING, after="0m"), SAID_STOP, id="marketing"),
    ],
)
def test_nothing_else_reaches_a_closed_address(step: Step, objects: dict[str, dict[str, str]]) -> None:
    assert verdict(step, STOPPED, objects=objects) == Stop(State.SUPPRESSED, Reason.SUPPRESSED_BY_PATIENT)


def test_the_word_that_a_stop_was_heard_does_not_go_to_an_address_that_bounced_or_is_not_allowed() -> None:
    bounced = a_person(closed={Channel.SMS: Reason.BOUNCED})
    assert verdict(AT_ONCE, bounced, objects=SAID_STOP) == Stop(State.SUPPRESSED, Reason.BOUNCED)
    barred = a_person(barred=frozenset({Channel.SMS}))
    assert verdict(AT_ONCE, barred, objects=SAID_STOP) == Stop(State.SKIPPED, Reason.NOT_ALLOW_LISTED)


def test_an_answer_to_a_reply_is_neither_limited_nor_counted() -> None:
    heard_today = a_person(usage=usage(TODAY))
    asked = {"reply": {"channel": "sms", "word": "help"}}

    assert verdict(AT_ONCE, heard_today, objects=asked) == Pass(counted=False)
    assert isinstance(verdict(AT_ONCE, heard_today), Wait)


def test_a_patients_pause_holds_everything_but_answers_to_what_they_wrote() -> None:
    paused = a_person(is_paused=True)

    assert verdict(person=paused) == Wait(NOW + RECHECK, Reason.PAUSED)
    assert isinstance(verdict(AT_ONCE, paused, objects={"reply": {"channel": "sms", "word": "help"}}), Pass)


def usage(*days: date, channel: Channel = Channel.SMS) -> Usage:
    counted = Usage()
    for day in days:
        counted.add(channel, day)
    return counted


def test_a_second_text_on_one_day_waits_for_tomorrow() -> None:
    heard_today = a_person(usage=usage(TODAY))

    assert verdict(a_text(), heard_today) == Wait(local("2026-06-16T08:00"), Reason.CAPPED)


def test_a_capped_message_expires_when_there_is_no_room_in_time() -> None:
    heard_today = a_person(usage=usage(TODAY))

    stopped = verdict(a_text(), heard_today, expires_at=local("2026-06-16T08:00"))

    assert stopped == Stop(State.EXPIRED, Reason.CAPPED)


def test_a_capped_message_about_a_visit_goes_at_the_latest_when_the_visit_is_near() -> None:
    full_all_week = a_person(usage=usage(TODAY, TODAY, TODAY))
    in_three_days = {"visit_at": local("2026-06-18T12:00"), "expires_at": local("2026-06-18T12:00")}

    held = verdict(a_text(), full_all_week, purpose=Purpose.SERVICE, **in_three_days)

    assert held == Wait(local("2026-06-17T08:00"), Reason.CAPPED)


@pytest.mark.parametrize(
    ("purpose", "visit_in", "goes"),
    [
        pytest.param(Purpose.SAFETY, None, Pass(counted=False), id="safety"),
        pytest.param(Purpose.SERVICE, 0, Pass(counted=False), id="service about today's visit"),
        pytest.param(Purpose.SERVICE, 1, Pass(counted=False), id="service about tomorrow's visit"),
        pytest.param(Purpose.SERVICE, 2, Wait(local("2026-06-16T08:00"), Reason.CAPPED), id="service, in two days"),
        pytest.param(Purpose.SERVICE, None, Wait(local("2026-06-16T08:00"), Reason.CAPPED), id="service, no visit"),
        pytest.param(Purpose.CARE, 0, Wait(local("2026-06-16T08:00"), Reason.CAPPED), id="care"),
    ],
)
def test_safety_and_service_about_a_near_visit_know_no_cap(
    purpose: Purpose, visit_in: int | None, goes: Verdict
) -> None:
    visit_at = None if visit_in is None else NOW + timedelta(days=visit_in)

    assert verdict(a_text(purpose=purpose), a_person(usage=usage(TODAY)), visit_at=visit_at) == goes


def test_of_a_patients_messages_the_most_important_goes_and_the_others_wait() -> None:
    care, feedback = a_text("care"), a_text("feedback", purpose=Purpose.FEEDBACK)
    safety = a_text("safety", purpose=Purpose.SAFETY)
    candidates = [a_candidate(step, id=step.id) for step in (feedback, safety, care)]

    verdicts = [(candidate.id, verdict) for candidate, verdict in fold(candidates, a_person(), NOW)]

    assert verdicts == [
        ("safety", Pass(counted=False)),
        ("care", Pass(counted=True)),
        ("feedback", Wait(local("2026-06-16T08:00"), Reason.CAPPED)),
    ]


def test_ties_go_by_purpose_then_time_then_sequence_then_step() -> None:
    first, second = a_step("first"), a_step("second")
    heel = a_sequence("heel", first, second)
    advice = a_sequence("advice", first)
    earlier = NOW - timedelta(hours=1)
    service = a_step("second", purpose=Purpose.SERVICE)
    candidates = [
        a_candidate(second, id="5", sequence=heel),
        a_candidate(first, id="4", sequence=heel),
        a_candidate(first, id="3", sequence=advice),
        a_candidate(second, id="2", sequence=heel, planned_for=earlier),
        a_candidate(service, id="1", sequence=heel),
    ]

    assert [candidate.id for candidate, _ in fold(candidates, a_person(), NOW)] == ["1", "2", "3", "4", "5"]


def test_a_message_that_waits_uses_up_no_room() -> None:
    paused, ready = a_text("paused"), a_text("ready", purpose=Purpose.FEEDBACK)
    candidates = [a_candidate(paused, is_paused=True), a_candidate(ready)]

    verdicts = [verdict for _, verdict in fold(candidates, a_person(), NOW)]

    assert verdicts == [Wait(NOW + RECHECK, Reason.PAUSED), Pass(counted=True)]


def test_every_stop_is_a_move_that_the_table_allows() -> None:
    stops = [stop for _, stop in CLOSED.values()]
    stops += [Stop(State.EXPIRED, Reason.CAPPED), Stop(State.CANCELLED, Reason.DECEASED)]

    assert all(may_move(State.CLAIMED, stop.state) for stop in stops)


def test_nothing_personal_shows_in_a_printed_candidate_or_person() -> None:
    candidate = a_candidate(objects={"patient": {"first_name": "Amina"}})

    assert "Amina" not in repr(candidate)
    assert "Amina" not in repr(a_person())
