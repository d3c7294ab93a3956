"""Whom the sequences around visits, discharge and medicines are for: what their own tests do not ask."""

from functools import lru_cache
from pathlib import Path
from typing import Any

import pytest

from drip.content.sequence_file import load_sequence
from drip.core.condition import as_objects, holds
from drip.core.model import Purpose
from drip.core.sequence import Sequence
from drip.core.whom import whom

SEQUENCES = Path(__file__).parent.parent.parent / "sequences"


@lru_cache
def shipped_sequence(name: str) -> Sequence:
    sequence, findings = load_sequence(f"{name}.yaml", (SEQUENCES / f"{name}.yaml").read_bytes())
    assert sequence is not None, [str(finding) for finding in findings]
    return sequence


@pytest.mark.parametrize(
    ("name", "told", "joins"),
    [
        ("visit-booked", {"appointment": {"type": "initial"}}, True),
        ("visit-booked", {"appointment": {"type": "discovery"}}, True),
        ("visit-booked", {"appointment": {"type": "review"}}, False),
        ("welcome-first-appointment", {"appointment": {"type": "initial"}}, True),
        ("welcome-first-appointment", {"appointment": {"type": "discovery"}}, False),
        ("discovery-call-prep", {"appointment": {"type": "discovery"}}, True),
        ("discovery-call-prep", {"appointment": {"type": "initial"}}, False),
        ("missed-or-cancelled", {"appointment": {}}, True),
        ("missed-or-cancelled", {"appointment": {"type": "initial"}}, True),
        ("missed-or-cancelled", {"appointment": {"type": "initial", "cancelled_by": "patient"}}, True),
        ("missed-or-cancelled", {"appointment": {"type": "initial", "cancelled_by": "clinic"}}, False),
        ("missed-or-cancelled", {"appointment": {"type": "discovery"}}, False),
        ("medicines-safety", {"enrolment": {"kind": "postop"}}, True),
        ("medicines-safety", {"enrolment": {"kind": "service"}}, False),
        ("medicines-safety", {"enrolment": {"kind": "checkin"}}, False),
        ("lifestyle-prevention", {"patient": {"conditions": ["achilles"]}, "enrolment": {"kind": "loading"}}, True),
        ("lifestyle-prevention", {"patient": {"conditions": ["achilles"]}}, True),  # a discharge has no kind
        ("lifestyle-prevention", {"patient": {"conditions": ["achilles"]}, "enrolment": {"kind": "education"}}, False),
        ("lifestyle-prevention", {"patient": {"conditions": ["lumbar"]}}, False),
        ("keep-in-touch", {"patient": {"age": 18}}, True),
        ("keep-in-touch", {"patient": {"age": 17}}, False),
        ("keep-in-touch", {"patient": {}}, False),
    ],
)
def test_a_sequence_is_for_whom_it_says(name: str, told: dict[str, Any], joins: bool) -> None:
    assert holds(shipped_sequence(name).enrol.when, as_objects(**told)) is joins


@pytest.mark.parametrize("name", sorted(path.stem for path in SEQUENCES.glob("*.yaml")))
def test_every_sequence_says_whom_it_is_for_in_plain_words(name: str) -> None:
    told = whom(shipped_sequence(name), {other: "Another" for other in shipped_sequence(name).enrol.not_while_in})
    assert told.startswith(("everybody ", "nobody, for it is switched off. Were it switched on: everybody "))
    assert not set("_|[]{}=<>'") & set(told.replace("'s ", "")), told
    assert "default" not in told
    assert "of ," not in told


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("achilles-early-advice", "everybody who attends an appointment, if the appointment's type is initial and"
         " achilles is among the patient's conditions. Not while they are in it already. Nobody who is in “"),
        ("eswt-aftercare", "everybody who is given a treatment, if the treatment's code is eswt. Once for each"
         " treatment."),
        ("medicines-safety", "everybody who joins another sequence, if the kind of the sequence that they join is one"
         " of education, loading, aftercare, postop. Once and never again."),
        ("achilles-loading-midportion", "everybody who starts a programme, if the programme's code is loading and the"
         " patient's subtype is midportion (or not known). Not while they are in it already. Where no subtype"),
        ("missed-or-cancelled", "everybody whose appointment is cancelled or who does not come to an appointment, if"
         " the appointment's type is not discovery (or not known) and whoever cancelled the appointment is not clinic"),
        ("reply-help", "everybody who asks us for help. Not again within 10 minutes of joining it."),
    ],
)  # fmt: skip
def test_the_words_for_whom_it_is(name: str, says: str) -> None:
    assert whom(shipped_sequence(name), {}).startswith(says)


def test_what_sells_is_switched_off_and_is_nothing_but_marketing() -> None:
    sequence = shipped_sequence("keep-in-touch")
    assert not sequence.enabled
    assert {step.purpose for step in sequence.steps} == {Purpose.MARKETING}


@pytest.mark.parametrize("name", ["welcome-first-appointment", "discovery-call-prep"])
def test_a_site_that_reminds_by_itself_turns_off_one_text_and_no_more(name: str) -> None:
    reminders = [step for step in shipped_sequence(name).steps if step.reminder]
    assert [step.sms is not None for step in reminders] == [True]
