"""What holds loading exercises back."""

from datetime import UTC, datetime, timedelta

import pytest

from drip.core.interlock import ORDINARY, Interlocks, interlocks, next_end
from drip.core.model import Facts
from drip.core.patient import Patient

NOW = datetime(2026, 6, 20, 10, tzinfo=UTC)


def days_ago(days: float) -> str:
    return (NOW - timedelta(days=days)).isoformat()


@pytest.mark.parametrize(
    ("facts", "treatments", "held"),
    [
        pytest.param({}, {}, set(), id="nothing is known"),
        pytest.param({"conditions": ["achilles", "rupture"]}, {}, {"rupture"}, id="a rupture among the conditions"),
        pytest.param({"conditions": ["fracture"]}, {}, {"fracture"}, id="a fracture among the conditions"),
        pytest.param({"conditions": "rupture"}, {}, set(), id="a text is not a list of conditions"),
        pytest.param({"conditions": [3, None]}, {}, set(), id="conditions that are no words"),
        pytest.param({}, {"steroid_injection": days_ago(13.9)}, {"steroid_injection"}, id="a steroid within two weeks"),
        pytest.param({}, {"corticosteroid_injection": days_ago(1)}, {"steroid_injection"}, id="by its other name"),
        pytest.param({}, {"steroid-injection": days_ago(1)}, {"steroid_injection"}, id="with a hyphen"),
        pytest.param({}, {"steroid_injection": days_ago(14)}, set(), id="a steroid two weeks ago"),
        pytest.param({}, {"surgery": days_ago(300)}, {"surgery"}, id="an operation, until a person clears it"),
        pytest.param({}, {"gastroc-recession": days_ago(3)}, {"surgery"}, id="an operation by another name"),
        pytest.param({}, {"eswt": days_ago(1)}, set(), id="a treatment that holds nothing back"),
        pytest.param({}, {"surgery": None}, set(), id="a treatment without its time"),
    ],
)
def test_what_is_known_of_a_patient_holds_loading_back(facts: Facts, treatments: Facts, held: set[str]) -> None:
    assert interlocks(Patient(facts=facts, treatments=treatments), ORDINARY, NOW) == held


def test_how_long_a_steroid_injection_holds_is_for_the_clinic_to_say() -> None:
    patient = Patient(treatments={"steroid_injection": days_ago(20)})

    assert interlocks(patient, Interlocks(after_steroid=timedelta(days=21)), NOW) == {"steroid_injection"}
    assert interlocks(patient, Interlocks(after_steroid=timedelta(days=20)), NOW) == set()


def test_what_ends_by_itself_says_when() -> None:
    both = Patient(facts={"conditions": ["fracture"]}, treatments={"steroid_injection": days_ago(4)})

    assert next_end(both, ORDINARY, NOW) == NOW + timedelta(days=10)
    assert next_end(Patient(facts={"conditions": ["fracture"]}), ORDINARY, NOW) is None
    assert next_end(Patient(treatments={"steroid_injection": days_ago(20)}), ORDINARY, NOW) is None, "over already"


OPERATED = "2026-06-10T14:00:00+01:00"


@pytest.mark.parametrize(
    ("cleared", "held"),
    [
        pytest.param(None, True, id="nobody has cleared it"),
        pytest.param("2026-06-20", False, id="physiotherapy starts today"),
        pytest.param("2026-06-20T09:00:00+01:00", False, id="told with a time"),
        pytest.param("2026-06-21", True, id="it starts tomorrow"),
        pytest.param("2026-06-10", True, id="on the day of the operation: that was for an earlier one"),
        pytest.param("2026-03-01", True, id="cleared after an earlier operation"),
        pytest.param("yes", True, id="a word is no day"),
        pytest.param(True, True, id="nor is this"),
    ],
)
def test_an_operation_holds_until_a_day_on_which_physiotherapy_starts(cleared: str | bool | None, held: bool) -> None:
    patient = Patient(facts={"physio_started": cleared}, operations=(OPERATED,))

    assert interlocks(patient, ORDINARY, NOW) == ({"surgery"} if held else set())


@pytest.mark.parametrize(("now", "held"), [("2026-06-09T22:59:00+00:00", False), ("2026-06-09T23:00:00+00:00", True)])
def test_an_operation_that_is_booked_holds_from_the_morning_of_its_own_day(now: str, held: bool) -> None:
    patient = Patient(operations=(OPERATED,))

    assert bool(interlocks(patient, ORDINARY, datetime.fromisoformat(now))) is held


def test_a_second_operation_holds_again() -> None:
    patient = Patient(facts={"physio_started": "2026-05-01"}, operations=("2026-03-01T09:00:00+00:00", OPERATED))

    assert interlocks(patient, ORDINARY, datetime(2026, 6, 1, tzinfo=UTC)) == set()
    assert interlocks(patient, ORDINARY, NOW) == {"surgery"}
