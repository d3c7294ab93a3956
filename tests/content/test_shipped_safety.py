"""What the sequences that come with drip must have for safety's sake, whichever there are."""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from drip.content.folder import read_folder
from drip.content.render import TemplateSet
from drip.core.clinic import hours_for
from drip.core.condition import holds
from drip.core.model import EventKind, Kind, Purpose
from drip.core.schedule import placements
from drip.core.sequence import Sequence
from drip.core.walltime import local_date
from drip.core.window import Always
from drip.flows.publish import version_files

FOLDER = read_folder(Path(__file__).parents[2])
FILES = {file.sequence.id: file for file in FOLDER.sequences if file.sequence}
SHIPPED = {name: file.sequence for name, file in FILES.items() if file.sequence}
CLINICAL = (Kind.EDUCATION, Kind.LOADING, Kind.AFTERCARE, Kind.POSTOP)
OPERATED = [datetime(2026, 6, day, 13, tzinfo=UTC) for day in range(1, 8)]
"""An ordinary week, Monday to Sunday."""


@pytest.mark.parametrize("name", [one.id for one in SHIPPED.values() if one.kind in CLINICAL])
def test_the_safety_net_begins_with_every_clinical_sequence(name: str) -> None:
    net = SHIPPED["red-flag-safety-net"]
    assert EventKind.ENROLMENT_STARTED in net.enrol.on
    assert holds(net.enrol.when, {"enrolment": {"kind": SHIPPED[name].kind.value, "sequence": name}})


@pytest.mark.parametrize("kind", ["sms.txt", "email.md"])
@pytest.mark.parametrize(("language", "says"), [("", "not wait"), (".cy", "ag aros"), (".pl", "nie czeka")])
def test_the_answer_to_a_red_flag_says_not_to_wait_for_the_clinic(kind: str, language: str, says: str) -> None:
    assert says in FOLDER.sources[f"reply-red-flag/where-to-go{language}.{kind}"]


@pytest.mark.parametrize("kind", ["sms.txt", "email.md"])
@pytest.mark.parametrize("language", ["", ".cy", ".pl"])
def test_the_answer_to_a_red_flag_says_where_to_go(kind: str, language: str) -> None:
    words = FOLDER.sources[f"reply-red-flag/where-to-go{language}.{kind}"]
    for place in (r"999|clinic\.emergency_number", r"111|clinic\.urgent_line"):
        assert re.search(place, words)


@pytest.mark.parametrize("name", SHIPPED)
def test_a_version_holds_the_words_of_every_language(name: str) -> None:
    written = {path for path in FOLDER.sources if path.startswith(f"{name}/")}
    assert written <= set(version_files(FOLDER, FILES[name]))


@pytest.mark.parametrize("operated", OPERATED, ids=lambda at: f"{at:%A}")
def test_after_an_operation_no_sign_of_danger_waits_for_the_clinic_to_open(operated: datetime) -> None:
    told = [
        (sequence.id, step, at, asked)
        for sequence in SHIPPED.values()
        if sequence.kind is Kind.POSTOP
        for step, at, asked in _signs_of_danger(sequence, operated)
    ]
    assert [one for one in told if one[2] > one[3]] == []


def _signs_of_danger(sequence: Sequence, operated: datetime) -> Iterator[tuple[str, date, date]]:
    """Step, the day on which it goes, and the day that it asks for."""
    assert FOLDER.clinic
    hours = hours_for(sequence, FOLDER.clinic.sites[0], None)
    always = replace(hours, window=Always(), closed=frozenset())
    for step in sequence.steps:
        if step.purpose is Purpose.SAFETY:
            for there, asked in zip(placements(step, operated, hours), placements(step, operated, always), strict=True):
                yield step.id, local_date(there.planned_for, hours.zone), local_date(asked.planned_for, hours.zone)


def test_every_text_that_asks_something_says_that_it_is_not_for_emergencies_or_whom_to_call() -> None:
    asking = [f"{one.id}/{step.sms}.sms.txt" for one in SHIPPED.values() for step in one.steps if step.ask and step.sms]
    templates = TemplateSet(FOLDER.sources)
    words = {path: " ".join(FOLDER.sources[used] for used in templates.paths_used(path)) for path in asking}
    assert [
        path for path, said in words.items() if not re.search(r"Not for emergencies|clinic\.urgent_line", said)
    ] == []
