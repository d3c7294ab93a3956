"""What a text message costs, and why."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drip.content.graphemes import graphemes
from drip.content.sms import Encoding, measure, split_parts, suggest

FAMILY = "\U0001f468\u200d\U0001f469\u200d\U0001f467"
"""One emoji to a reader; eight units to the network."""


@pytest.mark.parametrize(
    ("text", "units", "parts"),
    [
        pytest.param("", 0, 0, id="nothing"),
        pytest.param("à" * 71, 71, 1, id="accents-that-every-phone-knows"),
        pytest.param("à" * 160, 160, 1, id="one-part-full"),
        pytest.param("à" * 161, 161, 2, id="one-over"),
        pytest.param("à" * 306, 306, 2, id="two-parts-full"),
        pytest.param("à" * 307, 307, 3, id="two-parts-and-one"),
        pytest.param("à" * 612, 612, 4, id="four-parts-full"),
        pytest.param("à" * 613, 613, 5, id="four-parts-and-one"),
        pytest.param("à" * 918, 918, 6, id="six-parts-full"),
        pytest.param("à" * 919, 919, 7, id="six-parts-and-one"),
        pytest.param("^" * 80, 160, 1, id="escaped-count-two"),
        pytest.param("^" * 81, 162, 2, id="escaped-one-over"),
        pytest.param("a" * 158 + "|", 160, 1, id="an-escaped-one-still-fits"),
        pytest.param("a" * 159 + "|", 161, 2, id="an-escaped-one-does-not-fit"),
        pytest.param("a" * 304 + "[", 306, 2, id="escaped-at-the-end-of-two"),
        pytest.param("a" * 304 + "[]", 308, 3, id="escaped-past-the-end-of-two"),
        pytest.param("a" * 152 + "€" + "a" * 152, 306, 3, id="an-escape-is-not-parted-from-its-sign"),
        pytest.param("[]{}^\\|~€\f", 20, 1, id="every-escaped-sign"),
        pytest.param("Ç £5 @ ΔΦΓΛΩΠΨΣΘΞ ¿ÄÖÑÜ§", 24, 1, id="the-odd-corners-of-the-alphabet"),
    ],
)
def test_plain_letters_fill_parts_of_160_then_153(text: str, units: int, parts: int) -> None:
    size = measure(text)
    assert (size.encoding, size.units, size.parts, size.offenders) == (Encoding.GSM_7, units, parts, ())


@pytest.mark.parametrize(
    ("text", "units", "parts"),
    [
        pytest.param("ÿ" * 70, 70, 1, id="one-part-full"),
        pytest.param("ÿ" * 71, 71, 2, id="one-over"),
        pytest.param("ÿ" * 134, 134, 2, id="two-parts-full"),
        pytest.param("ÿ" * 135, 135, 3, id="two-parts-and-one"),
        pytest.param("ÿ" * 268, 268, 4, id="four-parts-full"),
        pytest.param("ÿ" * 403, 403, 7, id="six-parts-and-one"),
        pytest.param("à" * 70 + "ÿ", 71, 2, id="one-letter-changes-everything"),
        pytest.param("â" * 69 + "{", 70, 1, id="brackets-count-one-here"),
        pytest.param("â" * 70 + "{", 71, 2, id="a-bracket-over"),
        pytest.param("â" * 134 + "}", 135, 3, id="a-bracket-over-two"),
        pytest.param("ç" * 70, 70, 1, id="small-c-cedilla-is-not-in-the-alphabet"),
        pytest.param("\U0001f642" * 35, 70, 1, id="an-emoji-counts-two"),
        pytest.param("\U0001f642" * 67, 134, 3, id="an-emoji-is-not-cut-in-two"),
        pytest.param("a" * 66 + FAMILY, 74, 2, id="a-family-moves-to-the-next-part-whole"),
        pytest.param("a" * 66 + FAMILY + "a" * 60, 134, 3, id="and-what-it-leaves-empty-is-paid-for"),
        pytest.param("ÿ" * 66 + "\r\n" + "ÿ" * 66, 134, 2, id="a-line-end-may-be-cut"),
        pytest.param("e" + "\u0301" * 99, 100, 2, id="what-no-part-could-hold-is-cut"),
    ],
)
def test_other_letters_fill_parts_of_70_then_67(text: str, units: int, parts: int) -> None:
    size = measure(text)
    assert (size.encoding, size.units, size.parts) == (Encoding.UCS_2, units, parts)


def test_the_characters_to_blame_are_named_once_each_with_what_to_write_instead() -> None:
    offenders = measure("It\u2019s ok \u2013 it\u2019s 5\u00a0pm \U0001f642").offenders
    assert [(each.character, each.name, each.replacement) for each in offenders] == [
        ("\u2019", "RIGHT SINGLE QUOTATION MARK", "'"),
        ("\u2013", "EN DASH", "-"),
        ("\u00a0", "NO-BREAK SPACE", " "),
        ("\U0001f642", "SLIGHTLY SMILING FACE", None),
    ]


@pytest.mark.parametrize(
    ("character", "instead"),
    [
        ("\u201c", '"'),
        ("\u201d", '"'),
        ("\u2018", "'"),
        ("\u02bc", "'"),
        ("`", "'"),
        ("\u2014", "-"),
        ("\u2022", "-"),
        ("\u2026", "..."),
        ("\u200b", ""),
        ("\ufeff", ""),
        ("\u202f", " "),
        ("\t", " "),
        ("\x00", ""),
        ("\u00bd", "1/2"),
        ("\u2044", "/"),
        ("\u2039", "<"),
        ("\uff01", "!"),
        ("\uff21", "A"),
        ("\uff10", "0"),
        ("ç", "c"),
        ("ŵ", "w"),
        ("Ł", "L"),
        ("ő", "o"),
        ("嶲", None),
        ("\u0301", None),
    ],
)
def test_a_replacement_says_the_same_in_the_phone_alphabet(character: str, instead: str | None) -> None:
    assert suggest(character) == instead


def test_a_character_without_a_name_is_named_by_its_number() -> None:
    assert measure("\x07").offenders[0].name == "U+0007"


@given(st.text(st.sampled_from("aé€[^ÿ\n\r" + "\U0001f642\u200d\u0301\U0001f468"), max_size=400))
def test_parts_are_as_many_as_counted_fit_and_join_to_the_text(text: str) -> None:
    size, parts = measure(text), split_parts(text)
    assert "".join(parts) == text
    assert len(parts) == size.parts
    room = size.encoding.whole if len(parts) == 1 else size.encoding.joined
    assert all(0 < len(part.encode("utf-16-le")) // 2 <= room for part in parts)


@given(st.lists(st.sampled_from(["ÿ", FAMILY, "\U0001f642", "e\u0301"]), min_size=60, max_size=120))
def test_no_letter_is_cut_in_two(letters: list[str]) -> None:
    text = "".join(letters)
    assert [letter for part in split_parts(text) for letter in graphemes(part)] == graphemes(text)
