"""Two texts, word by word."""

from drip.content.word_diff import MOST, Kind, Piece, differing, pieces

TEXT = "".join(f"line {number}\n" for number in range(20))


def shown(was: str, now: str) -> str:
    marks = {Kind.SAME: "{}", Kind.GONE: "[-{}-]", Kind.NEW: "[+{}+]", Kind.LEFT_OUT: "..."}
    return "".join(marks[one.kind].format(one.text) for one in pieces(was, now))


def test_only_the_words_that_differ_are_marked() -> None:
    assert shown("Rest a little today.\n", "Rest a bit today.\n") == "Rest a [-little-][+bit+] today.\n"
    assert shown("after: 1d\n", "after: 2d\n") == "after: [-1d-][+2d+]\n"


def test_what_is_only_gone_or_only_new_keeps_its_lines() -> None:
    assert shown("one\ntwo\n", "one\n") == "one\n[-two\n-]"
    assert shown("", "one\n") == "[+one\n+]"


def test_a_change_of_nothing_but_space_is_seen() -> None:
    assert shown("a: 1\n", "  a: 1\n") == "[+  +]a: 1\n"


def test_long_stretches_that_stayed_are_left_out_with_two_lines_around_each_change() -> None:
    told = pieces(TEXT, TEXT.replace("line 10\n", "line ten\n"))
    assert [one.lines for one in told if one.kind is Kind.LEFT_OUT] == [8, 7]
    assert "line 9\n" in "".join(one.text for one in told)


def test_nothing_is_lost_on_the_way() -> None:
    now = TEXT.replace("line 3", "row 3").replace("line 4\n", "") + "more\n"
    told = pieces(TEXT, now)
    kept = "".join(one.text for one in told if one.kind in (Kind.SAME, Kind.NEW))
    assert all(line in now.splitlines() for line in kept.splitlines())
    assert "row" in kept
    assert "more" in kept


def test_a_passage_too_long_to_compare_is_gone_and_new() -> None:
    was, now = "a " * (MOST + 1) + "x", "b " * (MOST + 1) + "x"
    assert pieces(was, now) == [Piece(Kind.GONE, was), Piece(Kind.NEW, now)]


def test_files_are_named_the_sequence_first() -> None:
    found = differing({"sequence.yaml": "a", "b/x.sms.txt": "x"}, {"sequence.yaml": "b", "b/y.sms.txt": "y"})
    assert [(one.path, one.is_new, one.is_gone) for one in found] == [
        ("sequence.yaml", False, False),
        ("b/x.sms.txt", False, True),
        ("b/y.sms.txt", True, False),
    ]
