"""The sequences around injections, shockwave and operations that come with drip."""

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import pytest

from drip.content.folder import read_folder
from drip.content.render import TemplateSet
from drip.content.samples import sample_values
from drip.content.sequence_file import load_sequence
from drip.content.sms import Encoding, measure
from drip.core.emergency import BY_PLACE
from drip.core.enrolment import decide
from drip.core.event import Event, replay
from drip.core.model import EventKind, Facts
from drip.core.sequence import Sequence
from tests.core.build import an_event, live

HOME = Path(__file__).parent.parent.parent
SHIPPED = read_folder(HOME)
POSTOP = ("surgery-postop", "gastroc-recession-postop")
SIGNS = [
    *("*-aftercare/signs-to-watch*.sms.txt", "*-postop/signs-of-a-clot*.sms.txt", "*-postop/one-week*.sms.txt"),
    *("steroid-injection-safety/[afs][-i]*.sms.txt", "red-flag-safety-net/*.sms.txt"),
]


def shipped(*names: str) -> list[Sequence]:
    loaded = [load_sequence(f"{name}.yaml", (HOME / "sequences" / f"{name}.yaml").read_bytes())[0] for name in names]
    return [sequence for sequence in loaded if sequence]


def going_on(events: Iterable[Event], *names: str) -> list[tuple[str, str]]:
    """Each enrolment that is not over: its sequence, and what it is about."""
    decision = decide(replay(events), (), live(*shipped(*names)))
    return sorted((course.sequence.id, course.origin) for course in decision.courses if course.ended is None)


def operation(kind: EventKind, day: float, **facts: str) -> Event:
    appointment: Facts = {"ref": "a-1", "type": "surgery", "starts_at": "2026-06-17T09:00:00+01:00", **facts}
    treatment: Facts = {"code": "surgery", "performed_at": "2026-06-17T10:00:00+01:00"}
    told = treatment if kind is EventKind.TREATMENT_PERFORMED else {}
    return an_event(kind, day=day, key=f"{kind}@{day}", appointment=appointment, treatment=told)


def injection(day: int, code: str) -> Event:
    return an_event(
        EventKind.TREATMENT_PERFORMED,
        day=day,
        key=f"{code}@{day}",
        treatment={"code": code, "performed_at": f"2026-06-{day:02}T10:00:00+01:00"},
    )


@pytest.mark.parametrize(
    "told",
    [
        pytest.param([EventKind.BOOKED], id="booked"),
        pytest.param([EventKind.TREATMENT_PERFORMED], id="only when it was done"),
        pytest.param([EventKind.BOOKED, EventKind.ATTENDED, EventKind.TREATMENT_PERFORMED], id="in every way there is"),
    ],
)
def test_an_operation_is_one_enrolment_however_it_is_told(told: list[EventKind]) -> None:
    events = [operation(kind, day=n) for n, kind in enumerate(told)]

    assert going_on(events, *POSTOP) == [("surgery-postop", "appointment:a-1")]


@pytest.mark.parametrize(
    ("facts", "sequence"),
    [
        ({}, "surgery-postop"),
        ({"procedure": "haglund"}, "surgery-postop"),
        ({"procedure": "gastroc_recession"}, "gastroc-recession-postop"),
        ({"type": "gastroc_recession"}, "gastroc-recession-postop"),
    ],
)
def test_each_operation_has_its_own_words_and_no_others(facts: dict[str, str], sequence: str) -> None:
    assert going_on([operation(EventKind.BOOKED, 0, **facts)], *POSTOP) == [(sequence, "appointment:a-1")]


@pytest.mark.parametrize("kind", [EventKind.CANCELLED, EventKind.NO_SHOW])
def test_an_operation_that_did_not_take_place_is_not_written_about(kind: EventKind) -> None:
    assert going_on([operation(EventKind.BOOKED, 0), operation(kind, 1)], *POSTOP) == []


def test_going_home_from_hospital_does_not_end_the_words_about_clots() -> None:
    home = an_event(EventKind.DISCHARGED, day=18, key="home")

    assert going_on([operation(EventKind.BOOKED, 0), home], *POSTOP) == [("surgery-postop", "appointment:a-1")]


@pytest.mark.parametrize(("sequence", "code"), [("prolotherapy-aftercare", "prolotherapy"), ("eswt-aftercare", "eswt")])
def test_two_aftercares_of_one_kind_never_run_together(sequence: str, code: str) -> None:
    events = [injection(8, code), injection(15, code)]

    assert going_on(events, sequence) == [(sequence, f"treatment:{code}:2026-06-15")]


def test_a_steroid_is_safety_only_where_a_clinic_has_switched_it_on() -> None:
    (sequence,) = shipped("steroid-injection-safety")
    events = [injection(8, "corticosteroid_injection")]

    assert going_on(events, "steroid-injection-safety") == []
    assert decide(replay(events), (), live(replace(sequence, enabled=True))).courses != ()


@pytest.mark.parametrize("part", ["ENG", "SCT", "WLS", "NIR"])
def test_a_text_about_signs_is_one_part_in_each_part_of_the_country_whatever_the_name(part: str) -> None:
    folder = SHIPPED
    assert folder.clinic
    site = replace(folder.clinic.sites[0], emergency=BY_PLACE["GB", part])
    paths = [str(path.relative_to(HOME / "templates")) for one in SIGNS for path in (HOME / "templates").glob(one)]
    assert len(paths) == 33
    templates = TemplateSet(folder.sources)
    for path in paths:
        for _, values in sample_values(folder.clinic, site):
            size = measure(templates.render(path, values).text)
            assert (path, size.encoding, size.parts) == (path, Encoding.GSM_7, 1)


@pytest.mark.parametrize(
    ("language", "back", "leg"),
    [("en", "between your legs", "ankle"), ("cy", "rhwng eich coesau", "ffêr"), ("pl", "między nogami", "kostki")],
)
def test_the_safety_net_tells_each_patient_of_the_signs_of_what_they_have(language: str, back: str, leg: str) -> None:
    folder = SHIPPED
    assert folder.clinic
    templates = TemplateSet(folder.sources)
    (_, values), *_ = sample_values(folder.clinic, folder.clinic.sites[0], language)

    def told(*conditions: str) -> tuple[bool, bool]:
        patient = {**values["patient"], "conditions": conditions}
        path = f"red-flag-safety-net/keep-this.{language}.email.md".replace(".en.", ".")
        text = templates.render(path, {**values, "patient": patient}).text
        return back in text, leg in text

    assert told() == told("achilles") == (False, True)
    assert told("lumbar") == (True, False)
    assert told("lumbar", "achilles") == (True, True)
