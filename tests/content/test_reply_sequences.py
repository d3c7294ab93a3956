"""Sequences that answer a reply: what they may name, and that only one confirms a STOP."""

import re
from pathlib import Path

import pytest

from drip.content.check import check
from drip.content.folder import read_folder
from drip.content.render import TemplateSet
from drip.content.samples import sample_values
from drip.content.sms import Encoding, measure
from tests.content.build import SEQUENCE, SMS, TODAY, a_folder, changed, checked, place

IN_SEQUENCE = "sequences/heel-advice.yaml"
IN_SMS = "templates/heel-advice/first.sms.txt"
HOME = Path(__file__).parent.parent.parent
SHIPPED = read_folder(HOME)
SAFETY_WORDS = [
    *("shared", "red-flag-safety-net", "reply-help", "reply-red-flag", "reply-start", "reply-stop"),
    *("prolotherapy-aftercare", "eswt-aftercare", "steroid-injection-safety"),
    *("surgery-postop", "gastroc-recession-postop"),
]
ON = next(line.strip() for line in SEQUENCE.splitlines() if line.startswith("  on: "))


def answering(kind: str) -> str:
    return changed(SEQUENCE, (ON, f"on: {kind}"))


@pytest.mark.parametrize("name", ["reply.word", "reply.channel", "alert.kind"])
def test_only_an_answer_knows_of_a_reply_and_only_an_alert_of_an_alert(name: str, tmp_path: Path) -> None:
    words = changed(SMS, ("keep moving", f"{{{{ {name} }}}}"))
    (finding,) = check(a_folder(tmp_path, {IN_SMS: words}), TODAY)
    assert place(finding) == f"{IN_SMS}:1:68: error: unknown-variable"
    assert "is only known in a sequence that enrols on" in finding.message


@pytest.mark.parametrize(
    ("kind", "name"), [("reply.help", "reply.word"), ("reply.stop", "reply.channel"), ("staff.alert", "alert.summary")]
)
def test_an_answer_may_name_what_it_answers(kind: str, name: str, tmp_path: Path) -> None:
    words = changed(SMS, ("keep moving", f"{{{{ {name} }}}}"))
    assert [one for one in checked(tmp_path, {IN_SEQUENCE: answering(kind), IN_SMS: words}) if "variable" in one] == []


def test_a_name_that_no_reply_has_is_said(tmp_path: Path) -> None:
    words = changed(SMS, ("keep moving", "{{ reply.text }}"))
    findings = check(a_folder(tmp_path, {IN_SEQUENCE: answering("reply.help"), IN_SMS: words}), TODAY)
    assert "`reply.text` is not known: channel, word, question, value are" in [finding.message for finding in findings]


def test_two_sequences_that_answer_stop_would_be_two_messages_after_it(tmp_path: Path) -> None:
    second = changed(answering("reply.stop"), ("heel-advice", "other"))
    files = {IN_SEQUENCE: answering("reply.stop"), "sequences/other.yaml": second}
    found = [one for one in checked(tmp_path, files) if "confirmation" in one]
    assert found == ["sequences/other.yaml:6:7: error: second-confirmation"]


@pytest.mark.parametrize("path", sorted((HOME / "templates").glob("reply-*/*.sms.txt")), ids=lambda path: path.name)
def test_every_answer_that_comes_with_drip_is_one_plain_text_at_every_site(path: Path) -> None:
    folder = SHIPPED
    assert folder.clinic
    templates = TemplateSet(folder.sources)
    for site in folder.clinic.sites:
        for _, values in sample_values(folder.clinic, site):
            size = measure(templates.render(f"{path.parent.name}/{path.name}", values).text)
            assert (size.encoding, size.parts) == (Encoding.GSM_7, 1)


@pytest.mark.parametrize("language", ["", ".cy", ".pl"])
def test_the_red_flag_text_names_where_to_go_in_the_sites_own_region(language: str) -> None:
    folder = SHIPPED
    assert folder.clinic
    templates = TemplateSet(folder.sources)
    (_, values), *_ = sample_values(folder.clinic, folder.clinic.sites[0])
    elsewhere = {"emergency_number": "112", "urgent_line": "the doctor on call", "emergency_department": "the hospital"}
    for kind in ("sms.txt", "email.md"):
        for there in ({}, elsewhere):
            clinic = {**values["clinic"], **there}
            words = templates.render(f"reply-red-flag/where-to-go{language}.{kind}", {**values, "clinic": clinic}).text
            assert all(str(clinic[place]) in words for place in elsewhere)


@pytest.mark.parametrize("folder", SAFETY_WORDS)
def test_no_words_about_safety_name_one_countrys_numbers(folder: str) -> None:
    found = [
        path.name
        for path in (HOME / "templates" / folder).iterdir()
        if re.search(r"\b(999|111|A&E)\b", re.sub(r"\{[{%].*?[%}]\}", "", path.read_text()))
    ]
    assert found == []
