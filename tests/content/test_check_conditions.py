"""What is said of conditions: which name was meant, and why nobody can meet them."""

from pathlib import Path

import pytest

from drip.content.check import check
from drip.content.finding import Finding
from tests.content.broken_files import when
from tests.content.build import TODAY, a_folder, checked


def the_finding(home: Path, condition: str) -> Finding:
    (finding,) = check(a_folder(home, when(condition)), TODAY)
    return finding


@pytest.mark.parametrize(
    ("condition", "says"),
    [
        ("'achilles' in patient.conditons", "did you mean `patient.conditions`?"),
        ("patient.langage == 'cy'", "did you mean `patient.language`?"),
        ("appointment.practitioner_id == '7'", "did you mean `appointment.practitioner`?"),
        ("treatment.sesion > 1", "did you mean `treatment.session`?"),
        ("appointment.startsat == none", "did you mean `appointment.starts_at`?"),
        ("enrolment.colour == 'red'", "sequence, kind, purpose are"),
        ("previous.site == 'x'", "enrols on a `appointment.rescheduled` event"),
        ("patient.age > 3 and patient.age < 2", "exclude each other"),
        ("patient.age != none", "write `not ... == none`"),
    ],
)
def test_the_remedy_is_named(condition: str, says: str, tmp_path: Path) -> None:
    assert says in the_finding(tmp_path, condition).message


@pytest.mark.parametrize(
    "condition",
    [
        "'achilles' in patient.conditions and patient.age >= 16",
        "patient.shoe_size > 40",
        "treatment.dose == 'high'",
        "appointment.room == '2'",
        "not patient.date_of_birth == none",
        "site.id == 'bedford' and enrolment.kind == 'education'",
        "appointment.type == 'new-patient-2'",
    ],
)
def test_what_a_booking_system_may_tell_is_believed(condition: str, tmp_path: Path) -> None:
    assert checked(tmp_path, when(condition)) == []
