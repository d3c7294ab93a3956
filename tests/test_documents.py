"""What the documents say is true."""

import re
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from drip.bookings.csv_file import PATHS
from drip.bookings.generic import read_events
from drip.bookings.parsed import Parsed
from drip.content.clinic_file import load_clinic
from drip.content.examples import failures
from drip.content.sequence_file import load_sequence
from drip.settings import Settings

ROOT = Path(__file__).parent.parent
HARD_CASES = re.findall(r"^```yaml\n(.*?)^```", (ROOT / "docs" / "sequences.md").read_text(), re.S | re.M)


def test_there_are_nine_hard_cases_and_a_conversation() -> None:
    assert len(HARD_CASES) == 10


@pytest.mark.parametrize("text", HARD_CASES, ids=[text.split("\n", 1)[0] for text in HARD_CASES])
def test_a_hard_case_of_the_guide_comes_true(text: str) -> None:
    sequence, findings = load_sequence("docs/sequences.md", text.encode())
    clinic, _ = load_clinic("clinic.yaml", (ROOT / "clinic.yaml").read_bytes())
    assert sequence is not None, [str(finding) for finding in findings]
    assert clinic is not None
    assert any(example.expect for example in sequence.examples)
    assert [mistake.message for mistake in failures(sequence, clinic)] == []


def test_every_setting_is_documented() -> None:
    page = (ROOT / "docs" / "settings.md").read_text()
    named = {name: shape.validation_alias or f"DRIP_{name.upper()}" for name, shape in Settings.model_fields.items()}
    assert [name for name in named.values() if f"`{name}`" not in page] == []


def test_every_command_is_known_to_the_readers_of_the_changelog_or_works() -> None:
    from drip.cli.later import NOT_BUILT_YET

    changelog = (ROOT / "CHANGELOG.md").read_text()
    assert [name for name in NOT_BUILT_YET if name not in changelog] == []


@pytest.mark.parametrize("document", ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "docs/deployment.md"])
def test_every_path_that_a_document_names_exists(document: str) -> None:
    text = (ROOT / document).read_text()
    named = re.findall(r"`((?:drip|docs|tests|templates|sequences|benchmarks)/[\w./-]+)`", text)
    named += re.findall(r"\]\((?!http|#|mailto)([\w./-]+)\)", text)
    missing = [path for path in named if not (ROOT / path).exists() and not ((ROOT / document).parent / path).exists()]
    assert missing == []


def test_every_field_of_an_event_is_documented() -> None:
    page = (ROOT / "docs" / "events.md").read_text()
    assert [path for path in PATHS if ".consent." not in path and path not in page] == []


def test_the_events_that_are_shown_can_be_taken_in() -> None:
    page = (ROOT / "docs" / "events.md").read_text()
    clinic, _ = load_clinic("clinic.yaml", (ROOT / "clinic.yaml").read_bytes())
    assert clinic is not None
    (event,) = re.findall(r"^```json\n(.*?)^```", page, re.S | re.M)
    (table,) = re.findall(r"^```\n(event_id,.*?)^```", page, re.S | re.M)
    (mapping,) = re.findall(r"^```\n(columns:.*?)^```", page, re.S | re.M)
    outcomes = [
        *read_events(event.encode(), clinic, "generic"),
        *read_events(table.encode(), clinic, "csv", filename="x.csv"),
    ]
    theirs = "Booking No,Client,Start,Row,Exported\na-1,p-1,2026-06-11T10:00:00+01:00,r-1,2026-06-01T09:00:00Z\n"
    told = YAML(typ="safe", pure=True).load(mapping)
    outcomes += read_events(theirs.encode(), clinic, "csv", filename="x.csv", mapping=told)
    assert [type(one) for one in outcomes] == [Parsed] * 3


def test_the_guides_own_tests_hold_for_its_smallest_sequence() -> None:
    page = (ROOT / "docs" / "sequences.md").read_text()
    smallest = re.findall(r"^```\n(sequence: after-the-first-visit.*?)^```", page, re.S | re.M)[0]
    (tests,) = re.findall(r"^```\n(tests:.*?)^```", page, re.S | re.M)
    sequence, findings = load_sequence("docs/sequences.md", (smallest + tests).encode())
    clinic, _ = load_clinic("clinic.yaml", (ROOT / "clinic.yaml").read_bytes())
    assert sequence is not None, [str(finding) for finding in findings]
    assert clinic is not None
    assert [mistake.message for mistake in failures(sequence, clinic)] == []
