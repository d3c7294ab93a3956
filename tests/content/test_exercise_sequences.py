"""The exercise and education sequences that come with drip: who comes into which of them, and which makes way."""

from collections.abc import Iterable
from pathlib import Path

import pytest

from drip.content.sequence_file import load_sequence
from drip.core.enrolment import Decision, decide
from drip.core.event import Event, replay
from drip.core.model import EventKind, Facts
from drip.core.sequence import Sequence
from tests.core.build import an_event, an_update, live, news_of

HOME = Path(__file__).parent.parent.parent / "sequences"
EARLY, MIDPORTION, INSERTIONAL = "achilles-early-advice", "achilles-loading-midportion", "achilles-loading-insertional"
RELATED, BACK = "achilles-related-conditions", "back-pain-education"
CHECK_INS = {"weekly-check-in"}


def shipped(name: str) -> Sequence:
    sequence, findings = load_sequence(f"{name}.yaml", (HOME / f"{name}.yaml").read_bytes())
    assert sequence, findings
    return sequence


ALL = [shipped(name) for name in (EARLY, MIDPORTION, INSERTIONAL, RELATED, BACK, *sorted(CHECK_INS))]


def a_start(**patient: str) -> Event:
    return an_event(EventKind.PROGRAMME_STARTED, day=7, programme={"code": "loading", "side": "left"}, patient=patient)


def a_first_visit(patient: Facts, **appointment: str) -> Event:
    told = {"ref": "a-1", "type": "initial", **appointment}
    return news_of(EventKind.ATTENDED, day=0, appointment=told, patient=patient)


def decided(events: Iterable[Event]) -> Decision:
    return decide(replay(events), (), live(*ALL))


def active(events: Iterable[Event]) -> set[str]:
    return {course.sequence.id for course in decided(events).courses if course.ended is None}


@pytest.mark.parametrize(
    ("subtype", "programme"),
    [
        ("midportion", MIDPORTION),
        *((subtype, INSERTIONAL) for subtype in ("insertional", "calcification", "haglund", "bursitis")),
    ],
)
def test_the_subtype_chooses_the_programme_and_the_check_in_goes_with_it(subtype: str, programme: str) -> None:
    assert active([a_start(subtype=subtype)]) == {programme, *CHECK_INS}


def test_without_a_subtype_neither_programme_begins_and_staff_have_one_task() -> None:
    decision = decided([a_start()])
    assert decision.courses == ()
    assert [task.kind for task in decision.tasks] == ["unknown_subtype"]


@pytest.mark.parametrize(
    ("was", "is_now", "programme"),
    [("midportion", "insertional", INSERTIONAL), ("insertional", "midportion", MIDPORTION)],
)
def test_a_subtype_that_is_corrected_changes_the_programme(was: str, is_now: str, programme: str) -> None:
    assert active([a_start(subtype=was), an_update(day=9, patient={"subtype": is_now})]) == {programme, *CHECK_INS}


def test_a_subtype_that_nobody_knows_is_a_task_as_well() -> None:
    decision = decided([a_start(subtype="mid-portion")])
    assert decision.courses == ()
    assert [task.kind for task in decision.tasks] == ["unknown_subtype"]


@pytest.mark.parametrize(("subtype", "programme"), [("midportion", MIDPORTION), ("insertional", INSERTIONAL)])
def test_the_early_advice_ends_when_a_programme_begins(subtype: str, programme: str) -> None:
    visit = a_first_visit({"conditions": ["achilles"]})
    assert active([visit]) == {EARLY}
    assert active([visit, a_start(subtype=subtype)]) == {programme, *CHECK_INS}


@pytest.mark.parametrize(
    "patient",
    [
        {"conditions": ["achilles", "bursitis"]},
        {"conditions": ["achilles", "haglund"]},
        {"conditions": ["achilles"], "subtype": "bursitis"},
    ],
)
def test_a_sore_spot_behind_the_heel_has_advice_of_its_own_until_a_programme_begins(patient: Facts) -> None:
    visit = a_first_visit(patient)
    assert active([visit]) == {RELATED}
    assert active([visit, a_start(subtype="bursitis")]) == {INSERTIONAL, *CHECK_INS}


def test_a_diagnosis_that_is_recorded_after_the_visit_takes_over_from_the_early_advice_once() -> None:
    events = [
        a_first_visit({"conditions": ["achilles"]}),
        an_update(day=10, patient={"conditions": ["achilles", "bursitis"]}),
        news_of(EventKind.ATTENDED, "a-2", day=40, appointment={"ref": "a-2", "type": "review"}),
    ]
    assert active(events) == {RELATED}
    assert [course.sequence.id for course in decided(events).courses].count(RELATED) == 1


def test_an_old_diagnosis_is_not_explained_because_a_record_changed() -> None:
    assert active([an_update(patient={"conditions": ["bursitis"], "language": "cy"})]) == set()


@pytest.mark.parametrize("visit", [a_first_visit({"conditions": ["lumbar"]}), a_first_visit({}, body_part="lumbar")])
def test_a_back_is_known_by_the_patients_conditions_or_by_what_the_visit_is_about(visit: Event) -> None:
    assert active([visit]) == {BACK}
