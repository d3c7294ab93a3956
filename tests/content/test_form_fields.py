"""The fields of a form and the files behind them: what is there comes back as it was, what differs is one change."""

from pathlib import Path
from typing import Any

import pytest

from drip.content.email_parts import EmailParts, email_parts, with_parts
from drip.content.field_findings import about
from drip.content.sequence_file import load_sequence
from drip.content.sequence_form import beyond_whole, whole_fields, with_whole
from drip.content.step_form import beyond_form, step_fields, steps_of, with_step, with_words
from drip.content.strict_yaml import read_yaml
from drip.core.lines import changed_lines

HOME = Path(__file__).parents[2]
FILES = {file.stem: file.read_text() for file in sorted((HOME / "sequences").glob("*.yaml"))}
EMAILS = sorted((HOME / "templates").rglob("*.email.md"))

STEP = 'steps:\n  - id: a\n    after: 3d\n    at: "10:00"\n    sms: a\n'


def tree(text: str) -> Any:
    root, problems = read_yaml(text.encode())
    assert root, problems
    return root.text()


@pytest.mark.parametrize("name", FILES)
def test_what_stands_in_the_fields_is_what_is_written(name: str) -> None:
    text = FILES[name]
    told = tree(text)
    assert with_whole(text, whole_fields(told)) == text
    for position, step in steps_of(told):
        assert with_step(text, position, step_fields(step)) == text
        assert beyond_form(step) == ()
    assert set(beyond_whole(told)) <= {"tests"}


@pytest.mark.parametrize("name", ["weekly-check-in", "visit-booked", "red-flag-safety-net"])
def test_one_field_is_one_line(name: str) -> None:
    text = FILES[name]
    for after in (with_whole(text, {"title": "Another"}), with_step(text, 0, {"expires": "17d"})):
        sequence, findings = load_sequence(f"{name}.yaml", after.encode())
        assert sequence, findings
        assert sum(line.is_new for line in changed_lines(text, after)) == 1


@pytest.mark.parametrize(
    ("offset", "number", "unit"),
    [
        ("3d", "3", "d"),
        ("0m", "0", "m"),
        ("6w", "6", "w"),
        ("1d12h", "1d12h", ""),
        ("soon", "soon", ""),
        ("07d", "07", "d"),
    ],
)
def test_how_far_away_a_step_is(offset: str, number: str, unit: str) -> None:
    fields = step_fields({"id": "a", "before": offset})
    assert (fields["number"], fields["unit"], fields["way"]) == (number, unit, "before")


@pytest.mark.parametrize(
    ("fields", "line"),
    [
        ({"number": "", "unit": "d"}, "    after: d"),
        ({"number": "", "unit": ""}, "    after: 0m"),
        ({"way": "before"}, "    before: 3d"),
        ({"way": "sideways", "number": "4", "unit": "years"}, "    after: 4"),
    ],
)
def test_whatever_is_typed_is_written_for_the_reader_to_judge(fields: dict[str, str], line: str) -> None:
    assert line in with_step(STEP, 0, fields).splitlines()


def test_a_field_that_cannot_be_shown_is_left_alone() -> None:
    text = STEP.replace("3d", "[3d]")
    assert "number" not in step_fields(tree(text)["steps"][0])
    assert with_step(text, 0, {"number": "4", "unit": "d", "at": "10:00"}) == text
    assert beyond_form({"id": "a", "when": ["x"], "ask": {}}) == ("when",)


def test_a_channel_comes_and_goes() -> None:
    more = with_words(STEP, ("steps", 0), {"email": "b", "sms": "a"})
    assert [line.text for line in changed_lines(STEP, more)] == ["    email: b"]
    assert with_words(more, ("steps", 0), {"email": None, "sms": "a"}) == STEP


def test_the_only_channel_becomes_the_other_and_nothing_beside_it_changes() -> None:
    text = "steps:\n  - email: a\n  - email: b\n"
    assert with_words(text, ("steps", 0), {"email": None, "sms": "a"}) == "steps:\n  - sms: a\n  - email: b\n"


@pytest.mark.parametrize("steps", ["", "steps: x\n", "steps:\n  - x\n  - {after: 1d}\n  - {id: [a]}\n"])
def test_steps_without_a_name_are_not_in_the_form(steps: str) -> None:
    assert list(steps_of(tree("a: b\n" + steps))) == []


@pytest.mark.parametrize(
    ("window", "fields"),
    [
        ("window: any\n", ("any", "", "", "")),
        ("", ("site", "", "", "")),
        ("window: {days: [mon, wed], from: '08:00', to: '09:00'}\n", ("own", "mon, wed", "08:00", "09:00")),
    ],
)
def test_the_window(window: str, fields: tuple[str, ...]) -> None:
    text = f"sequence: x\n{window}steps: []\n"
    told = whole_fields(tree(text))
    assert tuple(told[name] for name in ("hours", "days", "from", "to")) == fields
    back = with_whole(with_whole(text, {"hours": "any"}), {"hours": "site"})
    assert back == "sequence: x\nsteps: []\n"


@pytest.mark.parametrize("path", EMAILS, ids=lambda path: "/".join(path.parts[-2:]))
def test_an_email_is_put_together_as_it_was(path: Path) -> None:
    text = path.read_text()
    assert with_parts(text, email_parts(text)) == text


EMAIL = "---\nsubject: 'It is on'\npreheader: Soon\n---\nHello.\n"


@pytest.mark.parametrize(
    ("text", "parts", "after"),
    [
        (EMAIL, EmailParts(subject="It is on", preheader="Later", body="Hello.\n"), EMAIL.replace("Soon", "Later")),
        (EMAIL, EmailParts(subject="It is on", preheader="", body="Hello."), EMAIL.replace("preheader: Soon\n", "")),
        (EMAIL, EmailParts(subject="Two\r\nlines", preheader="Soon", body="Hello.\n"),
         EMAIL.replace("'It is on'", "Two lines")),
        (EMAIL, EmailParts(subject='"So"', preheader="Soon", body="A\n---\nB"),
         EMAIL.replace("'It is on'", '""So""').replace("Hello.", "A\n---\nB")),
        ("", EmailParts(subject="New", preheader="P", body="Hello."),
         "---\nsubject: New\npreheader: P\n---\nHello.\n"),
        ("Hello.\n", EmailParts(body="Hello.\n"), "Hello.\n"),
        ("Hello.\n", EmailParts(body="Bye."), "Bye.\n"),
    ],
)  # fmt: skip
def test_each_part_of_an_email_has_its_lines(text: str, parts: EmailParts, after: str) -> None:
    assert with_parts(text, parts) == after
    assert email_parts(after).subject == " ".join(parts.subject.split())
    assert email_parts(after).preheader == parts.preheader


def test_what_is_found_stands_with_the_key_it_is_about() -> None:
    text = STEP.replace("10:00", "ten").replace("sms: a", "when: patient.")
    _, findings = load_sequence("x.yaml", text.encode())
    told = about(findings, text, ("steps", 0))
    assert set(told) == {"at", "when", ""}
    assert about(findings, text, ("steps", 5)) == {}
