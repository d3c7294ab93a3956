"""`drip check`: findings that an editor can jump to, and an exit code that CI can trust."""

import json
import re
from pathlib import Path

import pytest

from tests.cli.build import AFTER_VISIT, rewrite
from tests.cli.conftest import Drip

LINE = re.compile(r"[^:]+:\d+:\d+: (error|warning): [a-z-]+: \S.*")
KEYS = {"path", "line", "column", "level", "rule", "message"}


def test_a_sound_folder_passes(clinic: Path, drip: Drip) -> None:
    said = drip("check")
    assert said.out.splitlines()[-1] == "2 sequences checked: 0 errors, 1 warning"
    assert said.err == ""


def test_every_finding_is_one_line_however_long(clinic: Path, drip: Drip) -> None:
    rewrite(
        clinic / "sequences/after-visit.yaml",
        "sms: tip}",
        "sms: tips-for-the-very-first-days-at-home-and-at-work-and-on-the-road}",
    )
    rewrite(clinic / "sequences/before-visit.yaml", "before: 1d", "before: one-day")
    *lines, summary = drip("check", code=1).out.splitlines()
    assert len(lines) >= 4
    assert [line for line in lines if not LINE.fullmatch(line)] == []
    assert max(map(len, lines)) > 160
    assert summary.startswith("2 sequences checked: ")


def test_a_finding_names_the_line_and_column_of_the_mistake(clinic: Path, drip: Drip) -> None:
    rewrite(clinic / "sequences/after-visit.yaml", "kind: education", "kind: educatoin")
    findings = drip("check", "--json", code=1).json["findings"]
    mistake = next(one for one in findings if one["level"] == "error")
    assert (mistake["path"], mistake["line"], mistake["column"]) == ("sequences/after-visit.yaml", 4, 7)
    assert "education" in mistake["message"]


def test_the_json_has_the_same_findings_key_by_key(clinic: Path, drip: Drip) -> None:
    rewrite(clinic / "sequences/after-visit.yaml", "email: hello", "email: helo")
    document = drip("check", "--json", code=1).json
    lines = drip("check", code=1).out.splitlines()[:-1]
    assert document.keys() == {"findings", "errors"}
    assert all(one.keys() == KEYS for one in document["findings"])
    told = ["{path}:{line}:{column}: {level}: {rule}: {message}".format(**one) for one in document["findings"]]
    assert told == lines
    assert document["errors"] == sum(one["level"] == "error" for one in document["findings"])


def test_warnings_alone_are_no_failure(clinic: Path, drip: Drip) -> None:
    rewrite(clinic / "sequences/after-visit.yaml", "approved_by: B. Reviewer", "approved_by: awaiting")
    document = drip("check", "--json").json
    assert "review-awaiting" in {one["rule"] for one in document["findings"]}
    assert document["errors"] == 0


def test_only_findings_about_the_given_paths_are_listed(clinic: Path, drip: Drip) -> None:
    rewrite(clinic / "sequences/after-visit.yaml", "kind: education", "kind: lessons")
    drip("check", "sequences/before-visit.yaml")
    drip("check", "sequences/before-visit.yaml", "templates")
    drip("check", "sequences/after-visit.yaml", code=1)
    drip("check", "sequences", code=1)
    drip("check", ".", code=1)


def test_paths_may_be_given_from_elsewhere(
    clinic: Path, tmp_path: Path, drip: Drip, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    drip("check", "clinic")
    drip("check", clinic / "sequences" / "after-visit.yaml")
    rewrite(clinic / "clinic.yaml", "country: GB", "country: Britain")
    drip("check", "clinic", code=1)


def test_a_path_that_is_not_there_or_not_a_clinics_is_wrong_usage(clinic: Path, tmp_path: Path, drip: Drip) -> None:
    (tmp_path / "elsewhere.yaml").write_text("sequence: elsewhere\n")
    assert "there is no nothing.yaml" in drip("check", "nothing.yaml", code=2).err
    assert "not in a clinic's folder" in drip("check", tmp_path / "elsewhere.yaml", code=2).err


def test_a_folder_without_clinic_yaml_fails_and_says_so(tmp_path: Path, drip: Drip) -> None:
    assert "clinic.yaml:1:1: error: " in drip("check", code=1).out


@pytest.mark.parametrize(
    ("broken", "rule"),
    [
        (b"sequence: after-visit\nsequence: again\n", None),
        (b"\xff\xfe\x00", None),
        (b"", None),
        (b"- a\n- b\n", None),
        (b"a: &x 1\nb: *x\n", None),
        (b"{" * 200, None),
        (b"x" * 300_000, "too-large"),
        (b"sequence: !!python/object/apply:os.system ['true']\n", None),
    ],
    ids=["twice", "not-text", "empty", "a-list", "alias", "deep", "too-large", "tag"],
)
def test_a_file_that_is_no_sequence_is_a_finding(broken: bytes, rule: str | None, clinic: Path, drip: Drip) -> None:
    (clinic / "sequences/broken.yaml").write_bytes(broken)
    found = [one for one in drip("check", "--json", code=1).json["findings"] if one["path"] == "sequences/broken.yaml"]
    assert found
    assert all(one["level"] == "error" for one in found)
    assert rule is None or {one["rule"] for one in found} == {rule}


def test_a_sequence_whose_own_test_fails_is_at_fault(clinic: Path, drip: Drip) -> None:
    given = 'tests:\n  - {name: on the day, given: {anchor: "2026-06-09T10:00"},'
    example = f'{given} expect: [{{step: hello, at: "2026-06-09T14:00"}}]}}\n'
    (clinic / "sequences/after-visit.yaml").write_text(AFTER_VISIT + example)
    assert "test-failed" in {one["rule"] for one in drip("check", "--json", code=1).json["findings"]}
    rewrite(clinic / "sequences/after-visit.yaml", "T14:00", "T13:00")
    drip("check")


def test_a_variable_that_nobody_knows_gets_a_suggestion(clinic: Path, drip: Drip) -> None:
    rewrite(clinic / "templates/after-visit/hello.email.md", "patient.first_name", "patient.firstname")
    said = drip("check", code=1).out
    assert "unknown-variable" in said
    assert "did you mean" in said


def test_checking_makes_no_database(clinic: Path, drip: Drip) -> None:
    drip("check")
    assert {path.name for path in clinic.iterdir()} == {"clinic.yaml", "sequences", "templates"}


def test_an_editor_is_given_the_schema_of_a_sequence(tmp_path: Path, drip: Drip) -> None:
    told = json.loads(drip("check", "--schema").out)
    assert told["properties"]["steps"]["description"]
    assert told["required"] == ["sequence", "enrol", "anchor", "steps"]
