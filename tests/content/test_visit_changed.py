"""The words that tell what changed about a visit, and what a sequence may know of it."""

from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest

from drip.content.check import check
from drip.content.context import values_for
from drip.content.examples import situation_of, timeline
from drip.content.folder import Folder, read_folder
from drip.content.render import TemplateSet
from drip.content.samples import ON
from drip.content.sequence_file import load_sequence
from drip.content.sms import Encoding, measure
from drip.core.clinic import Clinic
from drip.core.model import Facts
from drip.core.patient import Patient
from tests.content.build import CLINIC, SEQUENCE, SMS, TODAY, a_clinic, a_folder, changed, checked, place

HOME = Path(__file__).parent.parent.parent
IN_SEQUENCE = "sequences/heel-advice.yaml"
IN_SMS = "templates/heel-advice/first.sms.txt"
ON_A_MOVE = changed(SEQUENCE, ("on: appointment.attended", "on: appointment.rescheduled"))

LONGEST = {"starts_at": "2026-09-23T12:30:00+01:00", "changed": ["time"]}
BEFORE = {"starts_at": "2026-11-25T12:30:00+00:00"}


@cache
def _shipped() -> Folder:
    return read_folder(HOME)


@cache
def _templates() -> TemplateSet:
    return TemplateSet(_shipped().sources)


def words(language: str, changes: Sequence[str], site: int, clinic: Clinic, *, kind: str = "sms.txt") -> str:
    appointment: Facts = {**LONGEST, "changed": list(changes)}
    previous: Facts = {**BEFORE, "site": clinic.sites[site - 1].id}
    objects = {"appointment": appointment, "previous": previous}
    patient = Patient(facts={"first_name": "Bartholomewalexander"})
    values = values_for(clinic, clinic.sites[site], patient, objects, on=ON)
    path = f"visit-changed/what-changed{language}.{kind}"
    return _templates().render(path, values).text


@pytest.mark.parametrize("changes", [["time"], ["site"], ["practitioner"], ["time", "site", "practitioner"]])
@pytest.mark.parametrize("language", ["", ".cy", ".pl"])
def test_every_text_of_it_fits_at_every_site(language: str, changes: list[str]) -> None:
    clinic = _shipped().clinic
    assert clinic
    for site in range(len(clinic.sites)):
        size = measure(words(language, changes, site, clinic))
        if language == ".pl":
            assert (size.encoding, size.parts <= 2) == (Encoding.UCS_2, True)
        else:
            assert (size.encoding, size.parts) == (Encoding.GSM_7, 1)


def test_the_place_is_named_by_what_patients_call_it() -> None:
    clinic = _shipped().clinic
    assert clinic
    told = words("", ["site"], 1, clinic, kind="email.md")
    assert f"It is now {clinic.sites[1].name}" in " ".join(told.split())
    assert f"It was {clinic.sites[0].name}" in " ".join(told.split())


def test_only_a_move_knows_of_what_was_before(tmp_path: Path) -> None:
    sms = changed(SMS, ("keep moving", "{{ previous.starts_at | date }}"))
    (finding,) = check(a_folder(tmp_path, {IN_SMS: sms}), TODAY)
    assert place(finding) == f"{IN_SMS}:1:68: error: unknown-variable"
    assert "only known in a sequence that enrols on a `appointment.rescheduled` event" in finding.message


def test_a_move_may_be_told_with_what_was_before(tmp_path: Path) -> None:
    sms = changed(
        SMS, ("keep moving", "{% if 'time' in appointment.changed %}{{ previous.starts_at | date }}{% endif %}")
    )
    assert [one for one in checked(tmp_path, {IN_SEQUENCE: ON_A_MOVE, IN_SMS: sms}) if "variable" in one] == []


@pytest.mark.parametrize("name", ["previous.time", "appointment.previous"])
def test_a_name_that_no_move_has_is_said(name: str, tmp_path: Path) -> None:
    sms = changed(SMS, ("keep moving", f"{{{{ {name} }}}}"))
    found = checked(tmp_path, {IN_SEQUENCE: ON_A_MOVE, IN_SMS: sms})
    assert any("unknown-variable" in one for one in found)


def test_a_condition_may_look_at_what_changed(tmp_path: Path) -> None:
    asks = changed(
        ON_A_MOVE, ("anchor:", "  when: \"'site' in appointment.changed and previous.site == 'bedford'\"\nanchor:")
    )
    sequence, findings = load_sequence("s.yaml", asks.encode())
    assert sequence, findings


def test_a_sequence_that_begins_with_each_move_says_so() -> None:
    sequence, _ = load_sequence("s.yaml", ON_A_MOVE.encode())
    both, _ = load_sequence("s.yaml", changed(ON_A_MOVE, ("on: appointment.rescheduled",
                            "on: [appointment.booked, appointment.rescheduled]")).encode())  # fmt: skip
    assert sequence
    assert both
    assert (sequence.tells_of_moves, both.tells_of_moves) == (True, False)


REMINDER = changed(
    SEQUENCE,
    ("purpose: care", "purpose: service"),
    ('    after: 1d\n    at: "10:00"\n', "    before: 1d\n    reminder: true\n"),
)


def test_a_reminder_is_marked_as_one() -> None:
    sequence, findings = load_sequence("s.yaml", REMINDER.encode())
    assert sequence, findings
    assert [step.reminder for step in sequence.steps] == [True]
    plain, _ = load_sequence("s.yaml", changed(REMINDER, ("reminder: true", "reminder: false")).encode())
    assert plain
    assert not plain.steps[0].reminder


def test_a_timeline_shows_what_the_booking_system_tells_itself() -> None:
    sequence, _ = load_sequence("s.yaml", REMINDER.encode())
    assert sequence
    given: Facts = {"anchor": "2026-06-18T10:00", "now": "2026-06-01T10:00"}
    situation = situation_of(sequence, given, a_clinic(CLINIC))
    assert {one.state.value for one in timeline(sequence, situation)} == {"planned"}
    reminded = timeline(sequence, replace(situation, reminds_itself=True))
    assert {(one.state.value, one.reason.value) for one in reminded} == {("skipped", "reminded_elsewhere")}
