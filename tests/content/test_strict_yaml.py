"""YAML without surprises: text stays text, every node knows its place, and nothing ever raises."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drip.content.strict_yaml import MAX_BYTES, Node, YamlProblem, read_yaml


def a_tree(text: str) -> Node:
    root, problems = read_yaml(text.encode())
    assert problems == []
    assert root is not None
    return root


def the_problem(source: str | bytes) -> YamlProblem:
    root, problems = read_yaml(source.encode() if isinstance(source, str) else source)
    assert root is None
    assert len(problems) == 1, problems
    return problems[0]


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("10:00", "10:00"),
        ("no", "no"),
        ("true", "true"),
        ("null", "null"),
        ("~", "~"),
        ("012", "012"),
        ("0x1F", "0x1F"),
        ("1e3", "1e3"),
        ("+441234380345", "+441234380345"),
        ("2026-11-01", "2026-11-01"),
        ("doi:10.1136/bjsm.2007.039545", "doi:10.1136/bjsm.2007.039545"),
        ('"09:30"', "09:30"),
        ("'it''s'", "it's"),
        ("", ""),
        ("a # a comment", "a"),
        ("<<", "<<"),
    ],
)
def test_a_value_is_never_guessed(written: str, read: str) -> None:
    assert a_tree(f"at: {written}\n").text() == {"at": read}


def test_lists_and_mappings_keep_their_order() -> None:
    tree = a_tree("b: [x, {z: 1, a: 2}]\na:\n  - one\n  - two\n")
    assert tree.text() == {"b": ["x", {"z": "1", "a": "2"}], "a": ["one", "two"]}
    assert list(tree.text()) == ["b", "a"]


def test_a_byte_order_mark_and_windows_line_ends_are_harmless() -> None:
    root, problems = read_yaml(b"\xef\xbb\xbfa: 1\r\nb: 2\r\n")
    assert problems == []
    assert root is not None
    assert root.text() == {"a": "1", "b": "2"}
    assert root.where(("b",)) == (2, 4)


@pytest.mark.parametrize(
    ("loc", "key", "place"),
    [
        ((), False, (2, 1)),
        (("steps",), True, (2, 1)),
        (("steps", 1), False, (5, 5)),
        (("steps", 1, "at"), False, (6, 9)),
        (("steps", 1, "at"), True, (6, 5)),
        (("steps", 1, "window", "from"), False, (7, 20)),
        (("steps", 0, "missing"), False, (3, 5)),
        (("steps", 0, "missing"), True, (3, 5)),
        (("steps", 9), False, (3, 3)),
        (("steps", 1, "at", 0), False, (6, 9)),
    ],
)
def test_every_place_is_known(loc: tuple[str | int, ...], key: bool, place: tuple[int, int]) -> None:
    source = '# a comment\nsteps:\n  - id: a\n    after: 1d\n  - id: b\n    at: "10:00"\n    window: {from: "08:00"}\n'
    assert a_tree(source).where(loc, key=key) == place


@pytest.mark.parametrize(
    ("source", "rule", "place", "says"),
    [
        ("a: 1\nb: 2\na: 3\n", "yaml-duplicate-key", (3, 1), "already set on line 1"),
        ("a: {x: 1, x: 2}\n", "yaml-duplicate-key", (1, 11), "already set on line 1"),
        ("a: &day mon\n", "yaml-anchor", (1, 4), "&day"),
        ("a: *day\n", "yaml-alias", (1, 4), "*day"),
        ("a: !!int 3\n", "yaml-tag", (1, 4), "int"),
        ("a: !python/object x\n", "yaml-tag", (1, 4), "python/object"),
        ("a: 1\n---\nb: 2\n", "yaml-documents", (2, 1), "second document"),
        ("%YAML 1.2\n---\na: 1\n", "yaml-directive", (1, 1), "%"),
        ("? [a, b]\n: c\n", "yaml-key", (1, 3), "key"),
        ("a: 1\n\tb: 2\n", "yaml-tab", (2, 1), "use spaces"),
        ("a: 1 \x07\n", "yaml-character", (1, 6), "U+0007"),
        ("a: \u202eabc\n", "yaml-character", (1, 4), "U+202E"),
        ("a: b\rc: d\n", "yaml-character", (1, 5), "U+000D"),
        ('a: "\\ud800"\n', "yaml-character", (1, 4), "whole character"),
        ("", "yaml-empty", (1, 1), "empty"),
        ("# only a comment\n", "yaml-empty", (1, 1), "empty"),
        ("a: b: c\n", "yaml-syntax", (1, 5), "in quotes"),
        ("when: 'initial' in patient.conditions\n", "yaml-syntax", (1, 17), "put it all in quotes"),
        ("a: [1, 2\n", "yaml-syntax", (2, 1), "never closed"),
        ('a: "never closed\n', "yaml-syntax", (2, 1), "never closed"),
        ("a: @home\n", "yaml-syntax", (1, 4), "double quotes"),
        ('a: "\\U00110000"\n', "yaml-syntax", (1, 1), "cannot be read"),
    ],
)
def test_what_is_not_plain_yaml_is_said_at_its_place(source: str, rule: str, place: tuple[int, int], says: str) -> None:
    problem = the_problem(source)
    assert (problem.rule, problem.line, problem.column) == (rule, *place)
    assert says in problem.message


def test_bytes_that_are_not_utf_8_are_said_at_their_place() -> None:
    problem = the_problem(b"a: 1\nb: caf\xe9\n")
    assert (problem.rule, problem.line, problem.column) == ("yaml-encoding", 2, 7)


def test_several_mistakes_are_all_said() -> None:
    _, problems = read_yaml(b"a: &x 1\nb: *x\na: 2\n")
    assert [(problem.rule, problem.line) for problem in problems] == [
        ("yaml-anchor", 1),
        ("yaml-alias", 2),
        ("yaml-duplicate-key", 3),
    ]


def test_a_file_may_be_256_kib_and_no_larger() -> None:
    line = b"a: "
    assert read_yaml(line + b"x" * (MAX_BYTES - len(line)))[1] == []
    assert the_problem(line + b"x" * (MAX_BYTES - len(line) + 1)).rule == "yaml-size"


def test_a_file_may_be_20_levels_deep_and_no_deeper() -> None:
    assert read_yaml(b"[" * 20 + b"]" * 20)[1] == []
    problem = the_problem(b"[" * 21 + b"]" * 21)
    assert (problem.rule, problem.column) == ("yaml-depth", 21)
    assert the_problem(b"[" * 100_000).rule == "yaml-depth"


def test_facts_in_an_example_may_be_numbers_and_a_quoted_number_stays_text() -> None:
    tree = a_tree("{age: 15, code: '15', pain: 7.5, gone: null, well: true, no: no, of: [1, {x: -2}]}")
    assert tree.facts() == {
        "age": 15,
        "code": "15",
        "pain": 7.5,
        "gone": None,
        "well": True,
        "no": "no",
        "of": [1, {"x": -2}],
    }


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=200))
def test_no_bytes_make_the_reader_raise(source: bytes) -> None:
    root, problems = read_yaml(source)
    assert (root is None) == bool(problems)


_PIECES = st.sampled_from(
    [
        ": ",
        "- ",
        "\n",
        "\n  ",
        "? ",
        "---\n",
        "...\n",
        "\r\n",
        "\\U00110000",
        "\U0001f600",
        *"ab:{}[],'\"#!|>%\\é0@`",
        "&x",
        "*x",
        "\\x",
        "|9",
        ">-",
        "<<",
    ]
)


@settings(max_examples=500, deadline=None)
@given(st.lists(_PIECES, max_size=40).map("".join))
def test_nothing_that_looks_like_yaml_makes_the_reader_raise(source: str) -> None:
    root, problems = read_yaml(source.encode())
    assert (root is None) == bool(problems)
    lines = source.count("\n") + 2
    assert all(1 <= problem.line <= lines and problem.column >= 1 for problem in problems)


_TEXT = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Zl", "Zp"]), max_size=20).filter(
    lambda text: not set(text) & set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff\ufffe\uffff")
)


@given(st.lists(_TEXT, min_size=1, max_size=5))
def test_any_quoted_text_reads_as_it_is_written(texts: list[str]) -> None:
    source = "".join(f"- '{text.replace(chr(39), chr(39) * 2)}'\n" for text in texts)
    assert a_tree(source).text() == texts
