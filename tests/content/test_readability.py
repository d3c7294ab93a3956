"""How hard words are to read, as far as counting tells."""

import pytest

from drip.content.readability import grade, sentences, syllables


@pytest.mark.parametrize(
    ("word", "count"),
    [
        ("heel", 1), ("move", 1), ("moved", 1), ("started", 2), ("little", 2), ("the", 1), ("steps", 1), ("houses", 2),
        ("tendon", 2), ("exercise", 3), ("ankle", 2), ("day-to-day", 3), ("don't", 1), ("x", 1),
    ],
)  # fmt: skip
def test_syllables_are_counted_by_their_vowels(word: str, count: int) -> None:
    assert syllables(word) == count


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Keep moving. Rest a little.", [2, 3]),
        ("Is it sore? Ease back! Then go on.", [3, 2, 3]),
        ("Dr. Ng is here.", [1, 3]),
        ("Walk 1.5 miles at 10:30.", [5]),
        ("## A heading\n\nSome words here.", [2, 3]),
        ("You can:\n- walk slowly\n- cycle", [2, 2, 1]),
        ("One line that\ngoes on.", [5]),
        ("> **Call us** if sore.\n> Or wait.", [4, 2]),
        ("", []),
        ("...", []),
    ],
)
def test_a_heading_and_each_item_of_a_list_stand_alone(text: str, words: list[int]) -> None:
    assert [len(one.words) for one in sentences(text)] == words


def test_a_sentence_knows_where_it_begins() -> None:
    text = "Keep moving.  **Rest** a little."
    assert [text[one.start :][:4] for one in sentences(text)] == ["Keep", "Rest"]


def test_plain_words_ask_for_less_school_than_learned_ones() -> None:
    plain = grade(sentences("Keep your heel on the floor. Push up on your toes. Come down slowly."))
    learned = grade(sentences("Maintain calcaneal contact throughout eccentric loading of the musculotendinous unit."))
    assert plain < 3 < 12 < learned
    assert grade([]) == 0
