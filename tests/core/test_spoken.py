"""Times and conditions as somebody would say them."""

from datetime import time, timedelta
from typing import Any

import pytest

from drip.content.expression import compile_condition
from drip.core.condition_words import in_plain_words
from drip.core.duration import Duration, parse_duration
from drip.core.model import AnchorKind, Channel, EventKind
from drip.core.sequence import Step
from drip.core.spoken import ANCHORS, EVENTS, any_of, message_name, readable, when_it_goes


@pytest.mark.parametrize(
    ("told", "words"),
    [
        ({"before": "7d", "at": time(10)}, "7 days before the appointment, at 10:00"),
        ({"after": "3h"}, "3 hours after the appointment"),
        ({"after": "0m"}, "at the moment of the appointment"),
        ({"after": "0d", "at": time(9, 30)}, "on the day of the appointment, at 09:30"),
        ({"after": "1d12h"}, "1 day and 12 hours after the appointment"),
        ({"after": "7d", "weekday": 0}, "on the first Monday from 7 days after the appointment"),
        ({"before": "2d", "weekday": 4, "at": time(9)},
         "on the last Friday up to 2 days before the appointment, at 09:00"),
        ({"after": "1d", "every": 7, "times": 3}, "1 day after the appointment, then every 7 days, 3 times"),
    ],
)  # fmt: skip
def test_when_a_step_goes(told: dict[str, Any], words: str) -> None:
    before = "before" in told
    offset = parse_duration(told.pop("before" if before else "after"))
    assert when_it_goes(Step(id="x", before=before, offset=offset, **told), AnchorKind.APPOINTMENT) == words


def test_every_anchor_and_every_event_has_its_words() -> None:
    step = Step(id="x", before=False, offset=Duration(elapsed=timedelta(hours=1)))
    assert {when_it_goes(step, one) for one in AnchorKind} == {f"1 hour after {words}" for words in ANCHORS.values()}
    assert set(EVENTS) == {kind for kind in EventKind if kind.is_for_sequences}
    assert any_of([EventKind.ATTENDED, EventKind.BOOKED]) == (
        "an appointment is booked, or the patient came to an appointment"
    )


@pytest.mark.parametrize(
    ("written", "words"),
    [
        ("appointment.type == 'initial'", "the appointment's type is initial"),
        ("'achilles' in patient.conditions", "achilles is among the patient's conditions"),
        ("patient.age >= 16 and site.id < 5", "the patient's age is at least 16 and the site's id is less than 5"),
        ("enrolment.kind in ['loading', 'aftercare']",
         "the kind of the sequence that they join is one of loading, aftercare"),
        ("'x' not in patient.conditions", "x is not among the patient's conditions"),
        ("patient.subtype == none", "the patient's subtype is not known"),
        ("patient.subtype != none", "the patient's subtype is known"),
        ("patient.is_new == true", "the patient's is new is yes"),
        ("not (patient.age > 3 or patient.age < 2) and (patient.age > 1 or patient.age < 0)",
         "it is not so that (the patient's age is more than 3 or the patient's age is less than 2)"
         " and (the patient's age is more than 1 or the patient's age is less than 0)"),
        ("patient.age | default(0) <= 3", "the patient's age is at most 3 (or not known)"),
        ("patient.age | default(5) <= 3", "the patient's age is at most 3"),
        ("(appointment.type | default('')) != 'home_visit'", "the appointment's type is not home visit (or not known)"),
        ("(patient.subtype | default('')) in ['', 'haglund']", "the patient's subtype is haglund (or not known)"),
        ("appointment.changed | length > 0", "there is something among the changes of the appointment"),
        ("patient.subtype | default('x')", "the patient's subtype (if not known: x)"),
        ("patient.name | lower == 'x'", "the patient's name is x"),
        ("replies.exercise_days >= 3", "the answer to exercise_days is at least 3"),
        ("patient.conditions | length > 1", "the length of the patient's conditions is more than 1"),
    ],
)  # fmt: skip
def test_what_must_be_so(written: str, words: str) -> None:
    assert in_plain_words(compile_condition(written, {})) == words


@pytest.mark.parametrize(("id_", "words"), [("red-flags-day-3", "Red flags day 3"), ("hello", "Hello"), ("", "")])
def test_what_has_an_id_and_no_title_is_called_by_its_id_in_words(id_: str, words: str) -> None:
    assert readable(id_) == words


def test_a_message_is_called_by_its_way_its_step_and_which_one_it_is() -> None:
    assert message_name(Channel.SMS, "red-flags-day-3") == "text “Red flags day 3”"
    assert message_name(Channel.EMAIL, "check_in", 2) == "email “Check in”, no. 2"
