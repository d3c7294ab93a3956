"""What colleagues type is kept as it is read: without what nobody sees, and not at all where it says nothing."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drip.core import typed

SAID = {
    "Rang her.": "Rang her.",
    "  Rang her.\r\n\r\nShe is well.  ": "Rang her.\n\nShe is well.",
    "tab\tstop": "tab stop",
    "a\u202egnp.exe": "agnp.exe",
    "\u200bno\u200b": "no",
    "dyspnoe\u0301": "dyspno\u00e9",
    "\u0646\u200c\u0647": "\u0646\u200c\u0647",
    "7": "7",
}
SAYS_NOTHING = ["", "  ", "\u200b", "\u2060\u00ad", "\u202e\u202c", "...", "-", "\x00\x07", "\u200d"]


@pytest.mark.parametrize("words", SAID)
def test_words_stay_and_what_is_unseen_goes(words: str) -> None:
    assert typed.note(words, 100) == SAID[words]


@pytest.mark.parametrize("words", SAYS_NOTHING)
def test_what_says_nothing_is_nothing(words: str) -> None:
    assert typed.note(words, 100) == typed.line(words, 100) == ""


def test_a_reason_stands_in_one_line() -> None:
    assert typed.line("the phones\nare  down", 100) == "the phones are down"


@given(st.text(), st.integers(1, 60))
def test_nothing_is_longer_than_it_may_be_and_nothing_turns_words_around(words: str, longest: int) -> None:
    for as_typed in (typed.note, typed.line):
        told = as_typed(words, longest)
        assert len(told) <= longest
        assert not typed.UNSEEN.search(told.replace("\n", ""))
        assert as_typed(told, longest) == told
