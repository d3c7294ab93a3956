"""The question of a step as fields: what is there comes back as it was, what differs is its own lines and no others."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from drip.content.amend import drop
from drip.content.ask_form import PLAIN, ask_field_of, ask_fields, beyond_ask, with_ask, without_ask
from drip.content.choice_lines import as_lines, from_lines
from drip.content.follow_up_form import beyond_follow_up, follow_up_fields, with_follow_up, with_one_more
from drip.content.sequence_file import load_sequence
from drip.content.step_tree import Placed, all_steps, led_to, placed_in
from drip.content.strict_yaml import read_yaml
from drip.content.written import CannotAmend
from drip.core.lines import changed_lines

HOME = Path(__file__).parents[2]
FILES = {file.stem: file.read_text() for file in sorted((HOME / "sequences").glob("*.yaml"))}
ASKING = sorted(name for name, text in FILES.items() if "ask:" in text)

WEEKLY = FILES["weekly-check-in"]
DAYS, PAIN, WHY = "days-done", "days-done.worst-pain", "days-done.worst-pain.got-in-the-way"

REMARK = "  # after a treatment, for example: they have done nothing wrong"

SMALL = """\
sequence: advice
enrol: {on: appointment.attended}
anchor: appointment
steps:
  # The one question.
  - id: pain
    after: 7d     # a week on
    every: 1w
    times: 4
    sms: pain
    expires: 2d
  - {id: later, after: 30d, sms: later, ask: {id: since, answer: choice, choices: [well, [worse, bad]]}}
review: {author: A. Writer, approved_by: B. Reader, review_due: 2037-01-01}
"""


def tree(text: str) -> Any:
    root, problems = read_yaml(text.encode())
    assert root, problems
    return root.text()


def at(text: str, name: str) -> Placed:
    found = placed_in(tree(text), name)
    assert found
    return found


def lines(before: str, after: str) -> list[str]:
    return [f"{'+' if line.is_new else '-'} {line.text.strip()}" for line in changed_lines(before, after)]


def changed(text: str, name: str, **fields: str) -> list[str]:
    """What an edit of one question changes; the file says it in a way that can still be read."""
    after = with_ask(text, at(text, name), fields)
    sequence, findings = load_sequence("x.yaml", after.encode())
    assert sequence, findings
    return lines(text, after)


@pytest.mark.parametrize("name", FILES)
def test_every_step_is_called_as_its_sequence_calls_it(name: str) -> None:
    sequence, findings = load_sequence(f"{name}.yaml", FILES[name].encode())
    assert sequence, findings
    assert sorted(one.name for one in all_steps(tree(FILES[name]))) == sorted(step.id for step in sequence.steps)


@pytest.mark.parametrize("name", ASKING)
def test_what_stands_in_the_fields_is_what_is_written(name: str) -> None:
    text = FILES[name]
    for placed in all_steps(tree(text)):
        if placed.asks is not None:
            assert with_ask(text, placed, ask_fields(placed.asks)) == text
            assert beyond_ask(placed.asks) == ()
        if not placed.is_step:
            assert with_follow_up(text, placed, follow_up_fields(placed.tree)) == text
            assert beyond_follow_up(placed.tree) == ()


@pytest.mark.parametrize("name", ASKING)
def test_one_field_of_any_question_is_one_line(name: str) -> None:
    text = FILES[name]
    for placed in all_steps(tree(text)):
        if placed.asks is not None:
            after = with_ask(text, placed, {"open_for": "17d"})
            assert [line[0] for line in lines(text, after)] in (["+"], ["-", "+"])
            assert at(after, placed.name).asks == {**placed.asks, "open_for": "17d"}
            assert with_ask(after, at(after, placed.name), ask_fields(placed.asks)) == text


@pytest.mark.parametrize("name", FILES)
def test_a_question_that_is_given_and_taken_away_leaves_the_file_as_it_was(name: str) -> None:
    text = FILES[name]
    every = [one for one in all_steps(tree(text)) if one.asks is None]
    for placed in (every[0], every[-1]):
        more = with_ask(text, placed, {"id": "worst_pain", "answer": "number", "min": "0", "max": "10"})
        assert all(line.startswith("+") for line in lines(text, more)) or "{" in lines(text, more)[0]
        assert at(more, placed.name).asks == {"id": "worst_pain", "answer": "number", "min": "0", "max": "10"}
        assert without_ask(more, at(more, placed.name)) == text


@pytest.mark.parametrize("name", ASKING)
def test_one_answer_more_and_the_same_one_less_leaves_the_file_as_it_was(name: str) -> None:
    text = FILES[name]
    for placed in all_steps(tree(text)):
        if placed.asks is not None:
            more = with_one_more(text, placed, "answer == 0", "sms", "one-more")
            (new,) = [one for one in led_to(at(more, placed.name)) if one.words == "one-more"]
            assert new.tree == {"if": "answer == 0", "sms": "one-more"}
            assert drop(more, new.loc) == text


@pytest.mark.parametrize(
    ("step", "fields", "said"),
    [
        (DAYS, {"open_for": ""}, ["- open_for: 3d"]),
        (DAYS, {"silence_every": "3w"},
         ["- after_silence: {times: 2, every: 2w, then: stop}", "+ after_silence: {times: 2, every: 3w, then: stop}"]),
        (DAYS, {"silence_every": "", "silence_times": " "}, ["- after_silence: {times: 2, every: 2w, then: stop}"]),
        (PAIN, {"task_if": "answer >= 6"},
         ["- task_if: answer > 5          # the red of the guide in the exercise emails",
          "+ task_if: answer >= 6          # the red of the guide in the exercise emails"]),
        (PAIN, {"red_flag_if": ""}, ["- red_flag_if: answer >= 8"]),
        (WHY, {"choices": "1: time\n2: pain\n3: forgot, forget\n4: unsure, unsure how, not sure\n5: rest"},
         [f"- 5: [rest, told to rest]{REMARK}", f"+ 5: rest{REMARK}"]),
        (WHY, {"task_if": "answer == 'pain'"}, ["+ task_if: answer == 'pain'"]),
    ],
)  # fmt: skip
def test_an_edit_changes_its_own_lines(step: str, fields: dict[str, str], said: list[str]) -> None:
    assert sorted(changed(WEEKLY, step, **fields)) == sorted(said)


@pytest.mark.parametrize(
    ("choices", "written"),
    [
        ("well\nworse, bad\nmixed", "[well, [worse, bad], mixed]"),
        ("well, fine\nworse, bad", "[[well, fine], [worse, bad]]"),
        ("well\nworse", "[well, worse]"),
        ("1: well\n2: worse, bad", "{1: well, 2: [worse, bad]}"),
        ("well\nnot: so", '[well, "not: so"]'),
    ],
)
def test_choices_are_written_as_they_are_said(choices: str, written: str) -> None:
    assert changed(SMALL, "later", choices=choices)[1].endswith(f"choices: {written}}}}}")


def test_a_whole_question_is_one_line() -> None:
    fields = {
        "id": "pain",
        "answer": "number",
        "min": "0",
        "max": "10",
        "open_for": "3d",
        "task_if": "answer >= 8",
        "silence_times": "2",
        "silence_every": "2w",
    }
    said = (
        "+ ask: {id: pain, answer: number, min: 0, max: 10, open_for: 3d, task_if: answer >= 8, "
        "after_silence: {times: 2, every: 2w, then: stop}}"
    )
    assert changed(SMALL, "pain", **fields) == [said]


def test_a_rule_for_silence_is_added_to_a_question() -> None:
    asked = with_ask(SMALL, at(SMALL, "pain"), {"id": "pain", "answer": "number"})
    after = changed(asked, "pain", silence_times="2", silence_every="2w")
    assert after[1] == "+ ask: {id: pain, answer: number, after_silence: {times: 2, every: 2w, then: stop}}"


def test_what_takes_every_answer_stays_last() -> None:
    placed = at(WEEKLY, PAIN)
    after = with_one_more(WEEKLY, placed, "answer == 0", "sms", "no-pain")
    assert [one.words for one in led_to(at(after, PAIN))] == ["ease-back", "well-done", "no-pain", "got-in-the-way"]
    after = with_one_more(WEEKLY, placed, "", "email", "more")
    assert [one.words for one in led_to(at(after, PAIN))][-1] == "more"


@pytest.mark.parametrize(
    ("choices", "says"),
    [
        ("well", "between two things at least"),
        ("1: well\nworse", "give every choice a number"),
        ("1: well\n1: worse", "the same number"),
    ],
)
def test_choices_that_are_none_are_refused_in_words(choices: str, says: str) -> None:
    with pytest.raises(CannotAmend, match=says):
        with_ask(SMALL, at(SMALL, "later"), {"choices": choices})


def test_a_comment_among_the_choices_is_never_lost() -> None:
    with pytest.raises(CannotAmend, match="there are comments"):
        with_ask(WEEKLY, at(WEEKLY, WHY), {"choices": "time\npain"})


WORDS = st.text(st.characters(categories=["L", "N"], include_characters=" -.:'#[]{}"), min_size=1, max_size=12)


@given(st.lists(st.lists(WORDS, min_size=1, max_size=3), min_size=2, max_size=5), st.booleans())
@example([["1"], ["2"]], False)
@example([["no"], ["yes"]], True)
@settings(max_examples=40, deadline=None)
def test_whatever_choices_are_typed_come_back_as_typed(told: list[list[str]], is_numbered: bool) -> None:
    rows = [", ".join(words) for words in told]
    typed = "\n".join(f"{n}: {row}" if is_numbered else row for n, row in enumerate(rows, 1))
    try:
        choices = from_lines(typed)
        after = with_ask(SMALL, at(SMALL, "later"), {"choices": typed})
    except CannotAmend:
        return
    asks = at(after, "later").asks
    assert asks
    assert as_lines(asks["choices"]) == as_lines(choices if isinstance(choices, dict) else list(choices))


@pytest.mark.parametrize(
    "choices", [[["a"], ["b", ["c"]]], ["a, b", "c"], {"x": "a", "y": "b"}, ["1: a", "2: b"], "a", ["a"], {"1": {}}]
)
def test_what_lines_cannot_say_is_for_the_yaml_view(choices: Any) -> None:
    asks = {"id": "a", "answer": "choice", "choices": choices}
    assert "choices" not in ask_fields(asks)
    assert beyond_ask(asks) == ("choices",)


@pytest.mark.parametrize("key", [*PLAIN, "after_silence"])
def test_a_field_that_cannot_be_shown_is_left_alone(key: str) -> None:
    assert beyond_ask({key: ["x"]}) == (key,)


def test_a_question_that_is_no_mapping_is_left_alone() -> None:
    text = SMALL.replace("expires: 2d", "ask: pain")
    with pytest.raises(CannotAmend, match="YAML view"):
        with_ask(text, at(text, "pain"), {"id": "pain"})


def test_two_answers_with_the_same_words_are_told_apart() -> None:
    step = {"id": "a", "ask": {"then": [{"sms": "b"}, {"sms": "b"}, {}, "x"]}}
    assert [one.name for one in all_steps({"steps": [step]})] == ["a", "a.b", "a.b.2", "a.3"]


@pytest.mark.parametrize(
    ("loc", "field"),
    [
        ((), ""),
        (("min",), "min"),
        (("choices", "1"), "choices"),
        (("after_silence",), "silence_times"),
        (("after_silence", "every"), "silence_every"),
        (("then",), None),
        (("mni",), None),
    ],
)
def test_where_a_mistake_is_said(loc: tuple[str, ...], field: str | None) -> None:
    assert ask_field_of(loc) == field
