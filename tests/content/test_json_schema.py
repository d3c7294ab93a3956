"""The JSON Schema of the sequence language: what an editor knows of a sequence while it is written."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft7Validator

from drip.content.json_schema import FILE, as_file, sequence_schema
from drip.content.sequence_file import load_sequence
from drip.content.strict_yaml import read_yaml
from tests.content.build import SEQUENCE, changed
from tests.content.test_language import EARLY_ADVICE

ROOT = Path(__file__).parent.parent.parent
SHIPPED = [*sorted((ROOT / "sequences").glob("*.yaml")), *sorted((ROOT / "drip/content/staff").glob("*.yaml"))]
GUIDE = re.findall(r"^```yaml\n(.*?)^```", (ROOT / "docs" / "sequences.md").read_text(), re.S | re.M)
EDITOR = Draft7Validator(sequence_schema())
STEP = "    after: 1d\n"


def mistakes_in(text: str) -> list[str]:
    """What an editor underlines: it reads unquoted numbers, true and false as such."""
    root, problems = read_yaml(text.encode())
    assert root is not None, problems
    return [error.message for error in EDITOR.iter_errors(root.facts())]


def test_the_shipped_schema_is_the_one_that_the_shapes_make() -> None:
    assert (ROOT / "drip" / "content" / FILE).read_text() == as_file(), "run `drip check --schema` into it"


def test_it_is_a_schema_that_says_so_itself() -> None:
    Draft7Validator.check_schema(sequence_schema())


@pytest.mark.parametrize("file", SHIPPED, ids=[file.stem for file in SHIPPED])
def test_every_shipped_sequence_is_right_for_an_editor(file: Path) -> None:
    assert mistakes_in(file.read_text()) == []


@pytest.mark.parametrize("text", [*GUIDE, SEQUENCE, EARLY_ADVICE], ids=lambda text: text.split("\n", 1)[0])
def test_so_is_every_example(text: str) -> None:
    assert mistakes_in(text) == []


@pytest.mark.parametrize(
    "more",
    [
        "again: {after: 90d}",
        "again: one_at_a_time",
        "not_while_in: other",
        "not_while_in: []",
        "when: patient.age >= 16",
    ],
)
def test_what_may_be_written_in_several_ways_may_be_so_in_an_editor(more: str) -> None:
    text = changed(SEQUENCE, ("attended\n", f"attended\n  {more}\n"))
    assert load_sequence("s.yaml", text.encode())[0]
    assert mistakes_in(text) == []


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("title:", "titel:"),
        ("  - id: first\n    after: 1d\n", "  - after: 1d\n"),
        ("sequence: heel-advice", "sequence: Heel Advice"),
        ("anchor: appointment\n", ""),
        ("purpose: care", "purpose: cure"),
        ("kind: education", "kind: lesson"),
        ("anchor: appointment", "anchor: visit"),
        ("appointment.attended", "appointment.atended"),
        ("attended\n", "attended\n  agian: never\n"),
        ("attended\n", "attended\n  again: {after: 90}\n"),
        (STEP, f"{STEP}    before: 2d\n"),
        (STEP, ""),
        (STEP, "    after: one day\n"),
        (STEP, f"{STEP}    every: 1w\n"),
        (STEP, f"{STEP}    times: 3\n"),
        (STEP, f"{STEP}    every: 1w\n    times: 0\n"),
        (STEP, f"{STEP}    weekday: monday\n"),
        (STEP, f"{STEP}    if_late: no\n"),
        (STEP, f"{STEP}    critical: perhaps\n"),
        (STEP, f"{STEP}    when: [a]\n"),
        (STEP, f"{STEP}    ask: {{id: pain}}\n"),
        (STEP, f"{STEP}    ask: {{id: pain, answer: numbr}}\n"),
        ('"10:00"', '"25:00"'),
        ("    email: first\n    sms: first\n", ""),
        ("email: first", "email: First Words"),
        ("  author: A. Writer, physiotherapist\n", ""),
        ("2027-11-01", "next year"),
        ("steps:\n", "window: {days: mon-fry, from: 08:00, to: 18:00}\nsteps:\n"),
        ("steps:\n", "window: none\nsteps:\n"),
        ("steps:\n", "pause_when: [rain]\nsteps:\n"),
        ("review:", "tests: [{name: x, given: {}, expect: []}]\nreview:"),
    ],
)
def test_what_drip_refuses_an_editor_underlines(before: str, after: str) -> None:
    text = changed(SEQUENCE, (before, after))
    assert load_sequence("s.yaml", text.encode())[0] is None
    assert mistakes_in(text) != []


def _keys(told: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for one in (told, *told["$defs"].values()):
        yield from one["properties"].items()


def test_every_key_is_explained() -> None:
    assert [key for key, one in _keys(sequence_schema()) if len(one.get("description", "")) < 10] == []


def test_a_key_that_has_a_usual_value_says_so() -> None:
    told = json.loads(as_file())["properties"]
    assert (told["purpose"]["default"], told["enabled"]["default"]) == ("care", True)
