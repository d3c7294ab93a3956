"""What holds loading exercises back."""

from datetime import UTC, datetime, timedelta

import pytest

from drip.core.interlock import interlocks
from drip.core.model import Facts

NOW = datetime(2026, 6, 20, 10, tzinfo=UTC)


def days_ago(days: float) -> str:
    return (NOW - timedelta(days=days)).isoformat()


@pytest.mark.parametrize(
    ("facts", "treatments", "held"),
    [
        pytest.param({}, {}, set(), id="nothing is known"),
        pytest.param({"conditions": ["achilles", "rupture"]}, {}, {"rupture"}, id="a rupture among the conditions"),
        pytest.param({"conditions": "rupture"}, {}, set(), id="a text is not a list of conditions"),
        pytest.param({"conditions": [3, None]}, {}, set(), id="conditions that are no words"),
        pytest.param({}, {"steroid_injection": days_ago(13.9)}, {"steroid_injection"}, id="a steroid within two weeks"),
        pytest.param({}, {"corticosteroid_injection": days_ago(1)}, {"steroid_injection"}, id="by its other name"),
        pytest.param({}, {"steroid_injection": days_ago(14)}, set(), id="a steroid two weeks ago"),
        pytest.param({}, {"surgery": days_ago(300)}, {"surgery"}, id="an operation, until a person clears it"),
        pytest.param({}, {"eswt": days_ago(1)}, set(), id="a treatment that holds nothing back"),
        pytest.param({}, {"surgery": None}, set(), id="a treatment without its time"),
    ],
)
def test_what_is_known_of_a_patient_holds_loading_back(facts: Facts, treatments: Facts, held: set[str]) -> None:
    assert interlocks(facts, treatments, NOW) == held
