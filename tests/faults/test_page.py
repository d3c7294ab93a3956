"""docs/faults.md names a test for every scenario, and the tests that it names exist."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "faults.md").read_text()
SCENARIOS = [f"F{number:02d}" for number in (*range(1, 16), *range(29, 51), *range(60, 75))]


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_every_scenario_is_shown_by_a_test_that_exists(scenario: str) -> None:
    (row,) = re.findall(rf"^\| {scenario} \|.*$", PAGE, re.M)
    named = re.findall(r"`(tests/[\w/]+\.py)::(test_\w+)`", row)
    assert named
    assert [name for path, name in named if f"def {name}(" not in (ROOT / path).read_text()] == []
