"""What words may not say, and what they may not leave out."""

from pathlib import Path

import pytest

from drip.content.check import check
from tests.content.build import CLINIC, EMAIL, FILES, SEQUENCE, SMS, TODAY, a_folder, changed, checked

IN_SEQUENCE = "sequences/heel-advice.yaml"
IN_EMAIL = "templates/heel-advice/first.email.md"
IN_SMS = "templates/heel-advice/first.sms.txt"


class TestWords:
    @pytest.mark.parametrize(
        ("before", "after", "expected"),
        [
            ("{{ clinic.name }}", "Dr A", [f"{IN_SMS}:1:1: error: missing-identity"]),
            ("no more texts: {{ site.phone }}", "more?", [f"{IN_SMS}:1:1: error: missing-opt-out"]),
            ("no more texts: {{ site.phone }}", "STOP", []),
            ("no more texts: {{ site.phone }}", "{{ links.stop }}", []),
            ("keep moving", "your Achilles", [f"{IN_SMS}:1:70: error: condition-word"]),
            ("keep moving", "after shockwave", [f"{IN_SMS}:1:71: error: condition-word"]),
            ("keep moving", "{{ treatment.code }}", [f"{IN_SMS}:1:68: error: condition-word"]),
            ("keep moving", "it\u2019s fine", [f"{IN_SMS}:1:67: error: sms-ucs2"]),
            ("keep moving", "a permanent fix", [f"{IN_SMS}:1:67: error: claim"]),
            ("keep moving", "keep moving " * 6, [f"{IN_SMS}:1:1: error: sms-parts"]),
            ("keep moving", "keep moving. " * 30, [f"{IN_SMS}:1:1: error: sms-parts"] * 5),
        ],
    )
    def test_a_text_must_be_fit_to_send(self, before: str, after: str, expected: list[str], tmp_path: Path) -> None:
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
        folder = a_folder(tmp_path, {IN_SMS: changed(SMS, ("keep moving", "it\u2019s fine"))})
        (finding,) = check(folder, TODAY)
        assert "'\u2019' (right single quotation mark)" in finding.message
        assert 'write "\'"' in finding.message

    def test_another_language_may_use_its_own_letters(self, tmp_path: Path) -> None:
        files = {
            "templates/heel-advice/first.cy.sms.txt": changed(SMS, ("keep moving", "daliwch i symud, dŵr")),
            "templates/heel-advice/first.cy.email.md": EMAIL,
        }
        assert checked(tmp_path, files) == ["templates/heel-advice/first.cy.sms.txt:1:83: warning: sms-ucs2"]

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
            ('{% include "shared/red-flags-leg.email.md" %}', "Call us.", "1:1: warning: missing-red-flags"),
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
            ("Elite athletes trust us.", True),
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
        assert found == ["templates/loading-insertional/first.sms.txt:1:65: error: insertional-safety"]
