"""`drip check`: each rule, a file that breaks it, and the place where it says so."""

from datetime import date
from pathlib import Path

import pytest

from drip.content.check import check
from drip.content.finding import has_errors
from drip.content.strict_yaml import MAX_BYTES
from tests.content.build import (
    CLINIC,
    EMAIL,
    FILES,
    SEQUENCE,
    SMS,
    TODAY,
    a_folder,
    a_home,
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
    files = {"sequences/b.yaml": changed(SEQUENCE, ("title:", "titel:"), ("anchor:", "ancor:")), "clinic.yaml": "a: [\n"}
    assert checked(tmp_path, files) == [
        "clinic.yaml:2:1: error: yaml-syntax",
        "sequences/b.yaml:1:1: error: missing-key",
        "sequences/b.yaml:2:1: error: unknown-key",
        "sequences/b.yaml:7:1: error: unknown-key",
    ]


def test_a_clinic_file_must_be_there(tmp_path: Path) -> None:
    assert checked(tmp_path, {"clinic.yaml": None}) == ["clinic.yaml:1:1: error: unreadable"]


def test_two_sequences_may_not_have_one_id(tmp_path: Path) -> None:
    assert checked(tmp_path, {"sequences/other.yaml": SEQUENCE}) == ["sequences/other.yaml:1:11: error: duplicate-sequence"]


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
        assert checked(tmp_path, today=date(2027, 11, 1)) == []
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
            ("{{ patient.frist_name }}", "did you mean `first_name`?"),
            ("{{ pateint.first_name }}", "did you mean `patient`?"),
            ("{{ patient.frist_name | default('you') }}", "did you mean `first_name`?"),
            ("{{ patient.shoe_size }}", "add `| default('...')`"),
            ("{{ treatment.dose }}", "not every treatment has `dose`"),
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
        assert checked(tmp_path, {shared: "Call 999.\nOr {{ site.fone }}.\n"}) == [f"{shared}:2:7: error: unknown-variable"]

    def test_what_a_template_may_not_use_is_said_at_its_place(self, tmp_path: Path) -> None:
        found = checked(tmp_path, {IN_SMS: changed(SMS, ("keep moving", "{% for x in y %}"))})
        assert found[0].startswith(f"{IN_SMS}:1:46: error: template-")

    def test_a_template_that_cannot_be_filled_is_said(self, tmp_path: Path) -> None:
        found = checked(tmp_path, {IN_SMS: changed(SMS, ("keep moving", "{{ appointment.starts_at }}"))})
        assert f"{IN_SMS}:1:1: error: template-render" in found


class TestWords:
    @pytest.mark.parametrize(
        ("before", "after", "expected"),
        [
            ("{{ clinic.name }}", "Dr A", [f"{IN_SMS}:1:1: error: missing-identity"]),
            ("no more texts: {{ site.phone }}", "more?", [f"{IN_SMS}:1:1: error: missing-opt-out"]),
            ("no more texts: {{ site.phone }}", "STOP", []),
            ("no more texts: {{ site.phone }}", "{{ links.stop }}", []),
            ("keep moving", "your Achilles", [f"{IN_SMS}:1:51: error: condition-word"]),
            ("keep moving", "after shockwave", [f"{IN_SMS}:1:52: error: condition-word"]),
            ("keep moving", "{{ treatment.code }}", [f"{IN_SMS}:1:49: error: condition-word"]),
            ("keep moving", "it’s fine", [f"{IN_SMS}:1:48: error: sms-ucs2"]),
            ("keep moving", "a permanent fix", [f"{IN_SMS}:1:48: error: claim"]),
            ("keep moving", "keep moving " * 5, [f"{IN_SMS}:1:1: error: sms-parts"]),
            ("keep moving", "keep moving " * 30, [f"{IN_SMS}:1:1: error: sms-parts"] * 4),
        ],
    )
    def test_a_text_must_be_fit_to_send(
        self, before: str, after: str, expected: list[str], tmp_path: Path
    ) -> None:
        assert checked(tmp_path, {IN_SMS: changed(SMS, (before, after))}) == expected

    def test_the_clinic_may_allow_condition_words_and_longer_texts(self, tmp_path: Path) -> None:
        allow = "allow: {condition_words_in_sms: true, condition_words_in_subject: true, sms_parts: 2}\n"
        files = {
            "clinic.yaml": CLINIC + allow,
            IN_SMS: changed(SMS, ("keep moving", "your Achilles " * 4)),
            IN_EMAIL: changed(EMAIL, ("yourself", "your Achilles")),
        }
        assert checked(tmp_path, files) == []

    def test_a_character_that_makes_a_text_dear_is_named(self, tmp_path: Path) -> None:
        folder = a_folder(tmp_path, {IN_SMS: changed(SMS, ("keep moving", "it’s fine"))})
        (finding,) = check(folder, TODAY)
        assert "'’' (right single quotation mark)" in finding.message
        assert 'write "\'"' in finding.message

    def test_another_language_may_use_its_own_letters(self, tmp_path: Path) -> None:
        files = {
            "templates/heel-advice/first.cy.sms.txt": changed(SMS, ("keep moving", "daliwch i symud, dŵr")),
            "templates/heel-advice/first.cy.email.md": EMAIL,
        }
        assert checked(tmp_path, files) == ["templates/heel-advice/first.cy.sms.txt:1:64: warning: sms-ucs2"]

    @pytest.mark.parametrize("purpose", ["service", "safety"])
    def test_safety_and_visit_texts_need_no_way_out(self, purpose: str, tmp_path: Path) -> None:
        files = {
            IN_SEQUENCE: changed(SEQUENCE, ("purpose: care", f"purpose: {purpose}")),
            IN_SMS: changed(SMS, ("no more texts: {{ site.phone }}", "more?")),
        }
        assert checked(tmp_path, files) == []

    @pytest.mark.parametrize(
        ("before", "after", "expected"),
        [
            ("From {{ clinic.name }}.", "", "1:1: error: missing-identity"),
            ("[stop]({{ links.stop }})", "call", "1:1: error: missing-opt-out"),
            ('{% include "shared/red-flags-leg.email.md" %}', "Call 999.", "1:1: warning: missing-red-flags"),
            ("yourself", "your tendon", "2:29: error: condition-word"),
            ("yourself", "your {{ patient.subtype }}", "2:32: error: condition-word"),
            ("Keep moving.", "It is a permanent fix.", "7:9: error: claim"),
            ("Keep moving.", "We treat the root\ncause.", "7:14: error: claim"),
            ("What helps", "Book now", "3:12: error: claim"),
        ],
    )
    def test_an_email_must_be_fit_to_send(self, before: str, after: str, expected: str, tmp_path: Path) -> None:
        found = checked(tmp_path, {IN_EMAIL: changed(EMAIL, (before, after))})
        assert [one for one in found if "template-unused" not in one] == [f"{IN_EMAIL}:{expected}"]

    def test_the_layout_may_carry_identity_and_the_way_to_stop(self, tmp_path: Path) -> None:
        footer = "{{ content }} From {{ clinic.name }} <a href='{{ links.stop }}'>Stop</a>"
        files = {
            "templates/layouts/email.mjml": changed(FILES["templates/layouts/email.mjml"], ("{{ content }}", footer)),
            IN_EMAIL: changed(EMAIL, ("[stop]({{ links.stop }})", "below"), ("From {{ clinic.name }}.", "")),
        }
        assert checked(tmp_path, files) == []

    @pytest.mark.parametrize(
        ("words", "is_claim"),
        [
            ("This is proven to work.", True),
            ("This is not proven.", False),
            ("It has not been proven.", False),
            ("It is unproven.", False),
            ("Guaranteed results.", True),
            ("It regenerates tissue.", True),
            ("You will be pain-free.", True),
            ("Our award-winning team.", True),
            ("Thousands of patients trust us.", True),
            ("A free consultation.", True),
            ("It can break down calcium deposits.", True),
            ("90% success", True),
            ("80 per cent of people recover", True),
            ("Security and curettage.", False),
            ("A secure shoe.", False),
            ("About 50% of your weight.", False),
        ],
    )
    def test_claims_are_told_from_plain_words(self, words: str, is_claim: bool, tmp_path: Path) -> None:
        found = checked(tmp_path, {IN_EMAIL: changed(EMAIL, ("Keep moving.", words))})
        assert [one.rsplit(" ", 1)[1] for one in found] == (["claim"] if is_claim else [])

    def test_a_reviewer_may_record_evidence_for_a_claim(self, tmp_path: Path) -> None:
        evidence = ("  review_due:", "  evidence: [claim:nice-ng246]\n  review_due:")
        files = {
            IN_SEQUENCE: changed(SEQUENCE, evidence),
            IN_EMAIL: changed(EMAIL, ("Keep moving.", "It is proven.")),
        }
        assert checked(tmp_path, files) == []


class TestInsertionalSafety:
    DROP = changed(EMAIL, ("Keep moving.", "Drop your heel\nbelow the step."))

    @pytest.mark.parametrize(
        "when",
        [
            "patient.subtype == 'insertional'",
            "patient.side == 'left' and patient.subtype | lower in ['insertional', 'other']",
            "'haglund' in patient.conditions",
        ],
    )
    def test_a_heel_is_never_lowered_where_the_tendon_meets_the_bone(self, when: str, tmp_path: Path) -> None:
        text = changed(SEQUENCE, ("attended\n", f'attended\n  when: "{when}"\n'))
        assert checked(tmp_path, {IN_SEQUENCE: text, IN_EMAIL: self.DROP}) == [
            f"{IN_EMAIL}:7:1: error: insertional-safety",
            f"{IN_EMAIL}:8:1: error: insertional-safety",
        ]

    @pytest.mark.parametrize(
        "when", ["patient.subtype != 'insertional'", "not 'insertional' in patient.conditions", "patient.age > 3"]
    )
    def test_other_tendons_may_use_a_step(self, when: str, tmp_path: Path) -> None:
        text = changed(SEQUENCE, ("attended\n", f'attended\n  when: "{when}"\n'))
        assert checked(tmp_path, {IN_SEQUENCE: text, IN_EMAIL: self.DROP}) == []

    def test_the_name_of_the_sequence_counts_as_well(self, tmp_path: Path) -> None:
        files: dict[str, str | None] = {
            IN_SEQUENCE: changed(SEQUENCE, ("heel-advice", "loading-insertional")),
            IN_EMAIL: None,
            IN_SMS: None,
            "templates/loading-insertional/first.email.md": EMAIL,
            "templates/loading-insertional/first.sms.txt": changed(SMS, ("keep moving", "off a step")),
        }
        found = checked(tmp_path, files)
        assert found == ["templates/loading-insertional/first.sms.txt:1:46: error: insertional-safety"]


class TestFolder:
    def test_a_link_that_leads_out_of_the_folder_is_not_followed(self, tmp_path: Path) -> None:
        secret = tmp_path / "secret.txt"
        secret.write_text("a secret")
        home = a_home(tmp_path / "home")
        (home / "templates/heel-advice/x.sms.txt").symlink_to(secret)
        (home / "sequences/x.yaml").symlink_to(secret)
        (home / "templates/shared/out").symlink_to(tmp_path)
        folder = a_folder(tmp_path / "home")
        assert [place(finding) for finding in folder.findings] == [
            "sequences/x.yaml:1:1: error: outside",
            "templates/heel-advice/x.sms.txt:1:1: error: outside",
            "templates/shared/out:1:1: error: outside",
        ]
        assert "a secret" not in str(folder.sources)

    def test_a_link_inside_the_folder_is_read(self, tmp_path: Path) -> None:
        home = a_home(tmp_path)
        (home / "templates/heel-advice/second.sms.txt").symlink_to(home / IN_SMS)
        assert a_folder(tmp_path).sources["heel-advice/second.sms.txt"] == SMS

    def test_a_broken_link_and_a_folder_in_place_of_a_file_are_said(self, tmp_path: Path) -> None:
        home = a_home(tmp_path)
        (home / "templates/gone.sms.txt").symlink_to(home / "nowhere")
        (home / "sequences/folder.yaml").mkdir()
        assert [place(finding) for finding in a_folder(tmp_path).findings] == [
            "sequences/folder.yaml:1:1: error: not-a-file",
            "templates/gone.sms.txt:1:1: error: unreadable",
        ]

    def test_a_large_file_and_one_that_is_not_utf_8_are_said(self, tmp_path: Path) -> None:
        home = a_home(tmp_path)
        (home / "templates/large.sms.txt").write_bytes(b"x" * (MAX_BYTES + 1))
        (home / "templates/latin.sms.txt").write_bytes(b"caf\xe9")
        folder = a_folder(tmp_path)
        assert [place(finding) for finding in folder.findings] == [
            "templates/large.sms.txt:1:1: error: too-large",
            "templates/latin.sms.txt:1:1: error: encoding",
        ]

    def test_the_words_and_the_files_are_kept_as_they_are(self, tmp_path: Path) -> None:
        folder = a_folder(tmp_path)
        assert folder.sources["heel-advice/first.sms.txt"] == SMS
        (file,) = folder.sequences
        assert (file.path, file.text) == (IN_SEQUENCE, SEQUENCE)
        assert file.sequence is not None
        assert folder.clinic is not None
