"""docs/clinical-safety says what is so: its tests are there, and nothing that is missing is called finished."""

import re
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from drip.cli.later import NOT_BUILT_YET
from drip.content.sequence_file import load_sequence
from drip.providers.registry import NAMES
from tests.clinical_safety.hazards import (
    KINDS,
    MATRIX,
    PAGES,
    ROOT,
    SEVERITIES,
    STATUSES,
    Hazard,
    missing_tests,
    read_log,
)
from tests.clinical_safety.page import CASE, LOG, anchor_of, case_with, log_page

HAZARDS = read_log()
EACH = pytest.mark.parametrize("hazard", HAZARDS.hazards, ids=[hazard.id for hazard in HAZARDS.hazards])
CRITERIA = 10
SEQUENCES = sorted((ROOT / "sequences").glob("*.yaml"))


def test_every_test_that_shows_a_control_is_there() -> None:
    assert list(missing_tests(HAZARDS)) == []


def test_a_test_that_has_gone_is_noticed() -> None:
    shown = next(one for one in HAZARDS.hazards[0].controls if one.tests)
    gone = replace(shown, tests=("tests/core/test_gate.py::test_of_long_ago", "tests/gone.py::test_of_long_ago"))
    log = replace(HAZARDS, hazards=(replace(HAZARDS.hazards[0], controls=(gone,)),))
    assert list(missing_tests(log)) == [f"H01: {test}" for test in gone.tests]


def test_a_hazard_has_an_id_of_its_own() -> None:
    assert [one for one, times in Counter(hazard.id for hazard in HAZARDS.hazards).items() if times > 1] == []


@EACH
def test_a_hazard_says_what_could_happen_and_who_keeps_it(hazard: Hazard) -> None:
    assert re.fullmatch(r"H\d\d", hazard.id)
    assert hazard.owner in HAZARDS.owners
    assert all((hazard.title, hazard.what, hazard.causes, hazard.effect, hazard.controls, hazard.clinic))


@EACH
def test_risks_are_rated_in_the_words_of_the_matrix(hazard: Hazard) -> None:
    for risk in (hazard.initial, hazard.residual):
        assert risk.likelihood in MATRIX
        assert risk.severity in SEVERITIES


@EACH
def test_controls_make_no_risk_higher(hazard: Hazard) -> None:
    assert hazard.residual.is_no_higher_than(hazard.initial)


@EACH
def test_of_each_control_it_is_said_what_shows_it_or_why_nothing_does(hazard: Hazard) -> None:
    assert [one.says for one in hazard.controls if one.kind not in KINDS or not one.is_said_to_be_shown_or_not] == []


@EACH
def test_a_hazard_is_open_while_something_in_drip_is_missing_or_not_shown(hazard: Hazard) -> None:
    assert hazard.status in STATUSES
    assert (hazard.status == "open") == hazard.is_unfinished


def test_no_risk_stays_that_must_not() -> None:
    assert [hazard.id for hazard in HAZARDS.hazards if hazard.residual.rating > 3] == []


def test_the_pages_are_those_of_the_log() -> None:
    """If this fails: `make hazards`."""
    assert LOG.read_text() == log_page(HAZARDS)
    assert CASE.read_text() == case_with(CASE.read_text(), HAZARDS)


@pytest.mark.parametrize("path", SEQUENCES, ids=[path.stem for path in SEQUENCES])
def test_every_shipped_sequence_has_its_row_in_the_checklist(path: Path) -> None:
    (row,) = re.findall(rf"^\| `{path.stem}` \|(.*)\|$", (PAGES / "pif-tick.md").read_text(), re.M)
    marks = [mark.strip() for mark in row.split("|")[2:]]
    sequence, _ = load_sequence(path.name, path.read_bytes())
    assert len(marks) == CRITERIA
    assert sequence is not None
    assert marks[3] != "p" or sequence.review.evidence, "the fourth criterion is evidence"


def test_the_dpia_names_what_is_not_built_and_nothing_else() -> None:
    (section,) = re.findall(r"^## \d+\. What is not built yet\n(.*?)^## ", (PAGES / "dpia.md").read_text(), re.S | re.M)
    assert set(re.findall(r"^- `drip (\w+)`", section, re.M)) == set(NOT_BUILT_YET)


def test_the_dpia_names_every_provider_that_gets_patient_data() -> None:
    page = (PAGES / "dpia.md").read_text()
    assert [name for name in NAMES if name not in ("folder", "noop") and f"(`{name}`)" not in page] == []


@pytest.mark.parametrize("page", sorted(PAGES.glob("*.md")), ids=lambda page: page.stem)
def test_a_link_leads_somewhere(page: Path) -> None:
    for path, anchor in re.findall(r"\]\((?!http)([\w./-]*)(?:#([\w-]+))?\)", page.read_text()):
        there = page.parent / path if path else page
        assert there.exists(), path
        assert not anchor or anchor in _anchors(there), anchor


def _anchors(page: Path) -> set[str]:
    return {anchor_of(heading) for heading in re.findall(r"^#+ (.*)$", page.read_text(), re.M)}
