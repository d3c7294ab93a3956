"""`drip check`: each rule, a file that breaks it, and the place where it says so."""

from datetime import date
from pathlib import Path

import pytest

from drip.content.check import check
from drip.content.finding import has_errors
from tests.content.build import (
    EMAIL,
    SEQUENCE,
    SMS,
    TODAY,
    a_folder,
    changed,
    checked,
    place,
)

IN_SEQUENCE = "sequences/heel-advice.yaml"
IN_EMAIL = "templates/heel-advice/first.email.md"
IN_SMS = "templates/heel-advice/first.sms.txt"


def test_a_folder_in_which_nothing_is_wrong_has_no_findings(tmp_path: Path) -> None:
    assert checked(tmp_path) == []


def test_findings_come_in_the_order_of_the_file_and_only_once(tmp_path: Path) -> None:
    files = {
        "sequences/b.yaml": changed(SEQUENCE, ("title:", "titel:"), ("anchor:", "ancor:")),
        "clinic.yaml": "a: [\n",
    }
    assert checked(tmp_path, files) == [
        "clinic.yaml:2:1: error: yaml-syntax",
        "sequences/b.yaml:1:1: error: missing-key",
        "sequences/b.yaml:2:1: error: unknown-key",
        "sequences/b.yaml:7:1: error: unknown-key",
    ]


def test_a_clinic_file_must_be_there(tmp_path: Path) -> None:
    assert checked(tmp_path, {"clinic.yaml": None}) == ["clinic.yaml:1:1: error: missing"]


def test_two_sequences_may_not_have_one_id(tmp_path: Path) -> None:
    assert checked(tmp_path, {"sequences/other.yaml": SEQUENCE}) == [
        "sequences/other.yaml:1:11: error: duplicate-sequence"
    ]


def test_a_sequence_that_is_named_should_be_there(tmp_path: Path) -> None:
    text = changed(
        SEQUENCE,
        ("attended\n", "attended\n  not_while_in: heel-advise\n"),
        ("anchor:", "ends: {when_enrolled_in: [gone]}\nanchor:"),
    )
    assert checked(tmp_path, {IN_SEQUENCE: text}) == [
        f"{IN_SEQUENCE}:7:17: warning: unknown-sequence",
        f"{IN_SEQUENCE}:8:27: warning: unknown-sequence",
    ]


def test_a_sequence_that_cannot_be_read_still_counts_as_there(tmp_path: Path) -> None:
    files = {
        IN_SEQUENCE: changed(SEQUENCE, ("anchor:", "ends: {when_enrolled_in: [other]}\nanchor:")),
        "sequences/other.yaml": changed(SEQUENCE, ("heel-advice", "other"), ("title:", "titel:")),
        "templates/other/first.sms.txt": SMS,
    }
    assert checked(tmp_path, files) == ["sequences/other.yaml:2:1: error: unknown-key"]


def test_a_sequence_says_what_kind_it_is(tmp_path: Path) -> None:
    text = changed(SEQUENCE, ("kind: education\n", ""))
    assert checked(tmp_path, {IN_SEQUENCE: text}) == [f"{IN_SEQUENCE}:1:1: warning: kind-missing"]


class TestReview:
    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            (SEQUENCE[: SEQUENCE.index("review:")], "1:1: error: review-missing"),
            (changed(SEQUENCE, ("B. Reviewer", "awaiting")), "16:16: warning: review-awaiting"),
            (changed(SEQUENCE, ("2027-11-01", "2026-11-30")), "18:15: error: review-expired"),
            (changed(SEQUENCE, ("  review_due: 2027-11-01\n", "")), "15:3: error: review-incomplete"),
            (changed(SEQUENCE, ("  approved_on: 2026-11-01\n", "")), "15:3: error: review-incomplete"),
            (changed(SEQUENCE, ("2026-11-01", "2026-12-02")), "17:16: warning: review-dates"),
        ],
    )
    def test_somebody_answers_for_the_words(self, text: str, expected: str, tmp_path: Path) -> None:
        assert checked(tmp_path, {IN_SEQUENCE: text}) == [f"{IN_SEQUENCE}:{expected}"]

    def test_the_words_may_go_until_the_day_the_review_is_due(self, tmp_path: Path) -> None:
        soon = [f"{IN_SEQUENCE}:18:15: warning: review-soon"]
        assert checked(tmp_path, today=date(2027, 10, 1)) == []
        assert checked(tmp_path, today=date(2027, 10, 2)) == soon, "told in good time"
        assert checked(tmp_path, today=date(2027, 11, 1)) == soon
        assert checked(tmp_path, today=date(2027, 11, 2)) == [f"{IN_SEQUENCE}:18:15: error: review-expired"]

    def test_warnings_stop_nobody(self, tmp_path: Path) -> None:
        awaiting = a_folder(tmp_path, {IN_SEQUENCE: changed(SEQUENCE, ("B. Reviewer", "awaiting"))})
        assert not has_errors(check(awaiting, TODAY))
        assert has_errors(check(a_folder(tmp_path, {"clinic.yaml": "x"}), TODAY))


class TestTemplates:
    def test_a_template_that_is_named_must_be_there(self, tmp_path: Path) -> None:
        text = changed(SEQUENCE, ("email: first", "email: frist"))
        folder = a_folder(tmp_path, {IN_SEQUENCE: text})
        findings = check(folder, TODAY)
        assert [place(finding) for finding in findings] == [
            f"{IN_SEQUENCE}:12:12: error: template-missing",
            f"{IN_EMAIL}:1:1: warning: template-unused",
            "templates/shared/red-flags-leg.email.md:1:1: warning: template-unused",
        ]
        assert "templates/heel-advice/frist.email.md is not there" in findings[0].message
        assert "did you mean `first`?" in findings[0].message

    def test_a_missing_language_is_listed(self, tmp_path: Path) -> None:
        welsh = "templates/heel-advice/first.cy.sms.txt"
        assert checked(tmp_path, {welsh: SMS}) == [f"{IN_SEQUENCE}:12:12: warning: language-missing"]

    @pytest.mark.parametrize(
        ("gap", "says"),
        [
            ("{{ patient.frist_name }}", "did you mean `patient.first_name`?"),
            ("{{ pateint.first_name }}", "did you mean `patient`?"),
            ("{{ patient.frist_name | default('you') }}", "did you mean `patient.first_name`?"),
            ("{{ patient.shoe_size }}", "add `| default('...')`"),
            ("{{ treatment.dose }}", "`treatment.dose` is not one of drip's own names (code, performed_at, "),
            ("{{ patient.name | default('you') }}", "did you mean `patient.first_name`?"),
            ("{{ site.parking }}", "name, address, phone, opening are"),
            ("{{ appointment.price | default('') }}", "`appointment.price` is not known"),
            ("{{ weather.today }}", "one of patient, appointment"),
        ],
    )
    def test_an_unknown_name_is_said_at_its_place(self, gap: str, says: str, tmp_path: Path) -> None:
        folder = a_folder(tmp_path, {IN_EMAIL: changed(EMAIL, ("Keep moving.", f"Keep moving, {gap}."))})
        (finding,) = check(folder, TODAY)
        assert place(finding) == f"{IN_EMAIL}:7:17: error: unknown-variable"
        assert says in finding.message

    @pytest.mark.parametrize(
        "gap",
        [
            "{{ patient.shoe_size | default('your size') }}",
            "{{ patient.side }}",
            "{{ treatment.session }} of {{ treatment.course_of }}",
            "{{ programme.subtype }}",
            "{{ appointment.starts_at | date }}",
            "{{ site.opening }}",
        ],
    )
    def test_known_names_and_well_known_attributes_are_fine(self, gap: str, tmp_path: Path) -> None:
        assert checked(tmp_path, {IN_EMAIL: changed(EMAIL, ("Keep moving.", f"Keep moving, {gap}."))}) == []

    def test_what_is_wrong_in_an_included_file_is_said_there(self, tmp_path: Path) -> None:
        shared = "templates/shared/red-flags-leg.email.md"
        assert checked(tmp_path, {shared: "Call.\nOr {{ site.fone }}.\n"}) == [f"{shared}:2:7: error: unknown-variable"]

    def test_what_a_template_may_not_use_is_said_at_its_place(self, tmp_path: Path) -> None:
        found = checked(tmp_path, {IN_SMS: changed(SMS, ("keep moving", "{% for x in y %}"))})
        assert found[0].startswith(f"{IN_SMS}:1:65: error: template-")

    def test_a_template_that_cannot_be_filled_is_said(self, tmp_path: Path) -> None:
        found = checked(tmp_path, {IN_SMS: changed(SMS, ("keep moving", "{{ appointment.starts_at }}"))})
        assert f"{IN_SMS}:1:1: error: template-render" in found
