"""One change to a sequence file: the lines that say it, and no other character."""

from collections.abc import Iterator
from contextlib import suppress
from difflib import ndiff
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from drip.content.amend import copy, drop, insert, move, put, rename
from drip.content.sequence_file import load_sequence
from drip.content.strict_yaml import Loc, read_yaml
from drip.content.written import CannotAmend

SHIPPED = sorted((Path(__file__).parents[2] / "sequences").glob("*.yaml"))
FILES = {file.stem: file.read_text() for file in SHIPPED}

SMALL = """\
# What this is for.
sequence: advice
title: After your visit   # staff read this
enrol:
  on: appointment.attended
  when: >-
    patient.age > 16
    and appointment.type == 'initial'
ends:
  on: [appointment.cancelled, appointment.no_show]
  when_enrolled_in:
    - other     # it speaks then
    - third
window: {days: mon-fri, from: "08:00", to: '18:00'}

steps:
  # The first word.
  - id: hello
    after: 3h
    email: hello

  - id: nudge
    after: 1d
    at: "10:00"     # before lunch
    sms: nudge

  # Kept apart.

  # The last.
  - {id: later, after: 7d, email: later}

review:
  author: A
"""


def tree(text: str) -> Any:
    root, problems = read_yaml(text.encode())
    assert root is not None, problems
    return root.text()


def at(value: Any, loc: Loc) -> Any:
    for name in loc:
        value = value[name]
    return value


def changed_lines(before: str, after: str) -> list[str]:
    """`- old` and `+ new` of each line that differs."""
    found = ndiff(before.splitlines(), after.splitlines())
    return [line for line in found if line[:2] in ("- ", "+ ")]


def values(tree: Any, loc: Loc = ()) -> Iterator[tuple[Loc, str]]:
    """Every text of a tree, and where it is."""
    if isinstance(tree, str):
        yield loc, tree
    items = tree.items() if isinstance(tree, dict) else enumerate(tree) if isinstance(tree, list) else ()
    for name, one in items:
        yield from values(one, (*loc, name))


@pytest.fixture(params=FILES, scope="module")
def shipped(request: pytest.FixtureRequest) -> str:
    return FILES[request.param]


def test_what_it_says_already_changes_nothing(shipped: str) -> None:
    told = tree(shipped)
    for loc, value in values(told):
        assert put(shipped, loc, value) == shipped
    for n, _ in enumerate(told["steps"]):
        assert move(shipped, ("steps",), n, n) == shipped


def a_few(told: Any) -> list[Loc]:
    """Some places of a file that differ in how they are written: every one of every file would take minutes."""
    steps = told["steps"]
    first = "before" if "before" in steps[0] else "after"
    listed = [loc for loc, _ in values(told) if loc[0] in ("enrol", "ends") and len(loc) == 3][-1:]
    return [("title",), ("steps", 0, first), ("steps", len(steps) - 1, list(steps[-1])[1]), *listed]


def test_another_text_is_a_change_of_one_line(shipped: str) -> None:
    told = tree(shipped)
    for loc in a_few(told):
        value = at(told, loc)
        after = put(shipped, loc, f"{value}x")
        assert at(tree(after), loc) == f"{value}x"
        assert [line[0] for line in changed_lines(shipped, after)] == ["-", "+"]
        assert put(after, loc, value) == shipped


def test_steps_move_there_and_back(shipped: str) -> None:
    steps = tree(shipped)["steps"]
    last = len(steps) - 1
    there = move(shipped, ("steps",), 0, last)
    assert [step["id"] for step in tree(there)["steps"]] == [step["id"] for step in (*steps[1:], steps[0])]
    assert sorted(there.splitlines()) == sorted(shipped.splitlines())
    assert move(there, ("steps",), last, 0) == shipped


def test_a_step_more_and_the_same_step_less_is_as_before(shipped: str) -> None:
    number = len(tree(shipped)["steps"])
    for n in {0, number}:
        more = insert(shipped, ("steps",), n, {"id": "one-more", "after": "2d", "at": "10:00", "sms": "one-more"})
        assert at(tree(more), ("steps", n)) == {"id": "one-more", "after": "2d", "at": "10:00", "sms": "one-more"}
        assert all(line.startswith("+") for line in changed_lines(shipped, more))
        assert drop(more, ("steps", n)) == shipped


def test_a_copied_step_differs_in_its_name(shipped: str) -> None:
    before = tree(shipped)["steps"]
    after = copy(shipped, ("steps",), 0, "id", "again")
    assert tree(after)["steps"] == [before[0], {**before[0], "id": "again"}, *before[1:]]
    assert all(line.startswith("+") for line in changed_lines(shipped, after))


def test_a_step_goes_with_its_comment_and_nothing_else(shipped: str) -> None:
    steps = tree(shipped)["steps"]
    for n in {0, len(steps) - 1} if len(steps) > 1 else ():
        after = drop(shipped, ("steps", n))
        assert tree(after)["steps"] == [*steps[:n], *steps[n + 1 :]]
        assert not [line for line in changed_lines(shipped, after) if line.startswith("+")]


def test_the_strict_reader_reads_what_was_written(shipped: str) -> None:
    later = put(shipped, ("title",), 'no: "really" # not')
    sequence, findings = load_sequence("s.yaml", later.encode())
    assert sequence, findings
    assert sequence.title == 'no: "really" # not'


TYPED = [
    "10:00",
    "no",
    "1.10",
    "a: b",
    "# x",
    'say "so"',
    "it's",
    "a #b",
    "two\nlines",
    "🙂 heel",
    "- x",
    "[x]",
    "{x}",
    "@x",
]


@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=40))
@settings(max_examples=30, deadline=None)
def test_what_is_typed_comes_back_as_typed(typed: str) -> None:
    for loc in (
        ("title",),
        ("enrol", "when"),
        ("window", "to"),
        ("ends", "on", 1),
        ("steps", 1, "at"),
        ("steps", 2, "id"),
    ):
        after = put(SMALL, loc, typed)
        assert at(tree(after), loc) == typed
        kept = {line.split("#")[-1] for line in SMALL.splitlines() if "#" in line}
        assert all(line in after for line in kept)


for _typed in TYPED:
    test_what_is_typed_comes_back_as_typed = example(_typed)(test_what_is_typed_comes_back_as_typed)


@pytest.mark.parametrize(
    ("loc", "value", "line"),
    [
        (("steps", 1, "at"), "09:30", '    at: "09:30"     # before lunch'),
        (("title",), "no", 'title: "no"   # staff read this'),
        (("title",), "1.10", 'title: "1.10"   # staff read this'),
        (("title",), "Your heel", "title: Your heel   # staff read this"),
        (("window", "to"), "17:00", "window: {days: mon-fri, from: \"08:00\", to: '17:00'}"),
        (("steps", 2, "after"), "8d", "  - {id: later, after: 8d, email: later}"),
        (("enrol", "on"), ["appointment.booked"], "  on: appointment.booked"),
        (("enrol", "on"), ["patient.updated", "appointment.booked"], "  on: [patient.updated, appointment.booked]"),
        (("ends", "on"), ["appointment.no_show"], "  on: [appointment.no_show]"),
        (("ends", "on"), ["a", "x", "appointment.no_show"], "  on: [a, x, appointment.no_show]"),
        (("window",), "any", "window: any"),
        (("window",), {"days": "mon", "from": "08:00"}, 'window: {days: mon, from: "08:00"}'),
        (("enrol", "when"), "patient.age > 17", "  when: patient.age > 17"),
    ],
)  # fmt: skip
def test_a_value_keeps_its_line(loc: Loc, value: Any, line: str) -> None:
    after = put(SMALL, loc, value)
    assert [one for one in changed_lines(SMALL, after) if one.startswith("+")] == [f"+ {line}"]


@pytest.mark.parametrize(
    ("values", "lines"),
    [
        (["other"], ["-     - third"]),
        (["third"], ["-     - other     # it speaks then"]),
        (["other", "more", "third"], ["+     - more"]),
        (["first", "other", "third"], ["+     - first"]),
        (["other", "third", "a", "b"], ["+     - a", "+     - b"]),
        (["other", "second"], ["-     - third", "+     - second"]),
    ],
)
def test_only_the_items_that_differ_change(values: list[str], lines: list[str]) -> None:
    assert changed_lines(SMALL, put(SMALL, ("ends", "when_enrolled_in"), values)) == lines


def test_a_new_key_takes_its_place_in_the_usual_order() -> None:
    order = ("id", "after", "at", "email", "sms", "expires")
    assert changed_lines(SMALL, put(SMALL, ("steps", 0, "expires"), "2d", order)) == ["+     expires: 2d"]
    assert "after: 3h\n    at: " in put(SMALL, ("steps", 0, "at"), "10:00", order)
    assert '{id: later, after: 7d, at: "10:00", email: later}' in put(SMALL, ("steps", 2, "at"), "10:00", order)
    assert "enrol:\n  not_while_in: x\n  on:" in put(SMALL, ("enrol", "not_while_in"), ["x"], ("not_while_in", "on"))


def test_a_key_goes_with_its_line() -> None:
    assert changed_lines(SMALL, drop(SMALL, ("steps", 1, "at"))) == ['-     at: "10:00"     # before lunch']
    assert "- {id: later, email: later}" in drop(SMALL, ("steps", 2, "after"))
    assert "  - after: 3h\n    email: hello\n" in drop(SMALL, ("steps", 0, "id"))
    assert drop(SMALL, ("steps", 1, "weekday")) == SMALL


def test_what_would_be_left_empty_goes_too() -> None:
    assert "review" not in drop(SMALL, ("review", "author"))
    assert "ends:\n  on:" in drop(SMALL, ("ends", "when_enrolled_in"))
    assert "when_enrolled_in" not in put(SMALL, ("ends", "when_enrolled_in"), [])


def test_after_becomes_before_on_its_own_line() -> None:
    assert changed_lines(SMALL, rename(SMALL, ("steps", 1, "after"), "before")) == [
        "-     after: 1d",
        "+     before: 1d",
    ]


def test_comments_go_with_the_step_they_stand_above() -> None:
    after = move(SMALL, ("steps",), 0, 1)
    assert after.index("id: nudge") < after.index("# The first word.") < after.index("id: hello")
    assert after.index("id: hello") < after.index("# Kept apart.")
    gone = drop(SMALL, ("steps", 0))
    assert "# The first word." not in gone
    assert "steps:\n  - id: nudge" in gone


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("last", ["", "end"])
def test_lines_end_as_they_did(end: str, last: str) -> None:
    text = "a: 1" + end + "steps:" + end + "  - id: x" + end + "    sms: x" + (end if last else "")
    after = insert(put(text, ("steps", 0, "at"), "10:00"), ("steps",), 1, {"id": "y", "sms": "y"})
    assert after.replace(end, "").count("\n") == 0
    assert tree(after)["steps"] == [{"id": "x", "sms": "x", "at": "10:00"}, {"id": "y", "sms": "y"}]
    assert drop(drop(after, ("steps", 1)), ("steps", 0, "at")) == text


@pytest.mark.parametrize("text", ["a: [", "", "- x", "a: &b c\n"])
def test_what_cannot_be_read_is_left_alone(text: str) -> None:
    with pytest.raises(CannotAmend):
        put(text, ("title",), "x")


@pytest.mark.parametrize("text", ["? title\n: was\n", "key: # why\n  a: 1\nb: 2\n", "{title: a, b: [\n  # c\n  d]}\n"])
@pytest.mark.parametrize("value", ["x", ["x", "y"]])
def test_an_unusual_file_is_changed_rightly_or_not_at_all(text: str, value: Any) -> None:
    for name in tree(text):
        with suppress(CannotAmend):
            assert tree(put(text, (name,), value)) == {**tree(text), name: value}


def test_half_a_character_is_refused() -> None:
    with pytest.raises(CannotAmend):
        put(SMALL, ("title",), "\ud800")
