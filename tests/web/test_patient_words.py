"""What patients' pages say: every language says the same, and nothing that is filled in is ever read as a page."""

import re
from collections.abc import Mapping
from string import Formatter

import pytest

from drip.core.choice import CHOOSABLE
from drip.core.model import Channel
from drip.web.patient_page import PAGES
from drip.web.patient_words import FOLDER, NoSuchWords, Words, words_in

LANGUAGES = sorted(path.stem for path in FOLDER.glob("*.yaml"))
OTHERS = [one for one in LANGUAGES if one != "en"]


def gaps(sentence: object) -> set[str]:
    """What is filled in, in a sentence or in both of its forms."""
    texts = list(sentence.values()) if isinstance(sentence, Mapping) else [str(sentence)]
    return {name for text in texts for _, name, _, _ in Formatter().parse(text) if name}


def shape(words: Words) -> dict[str, tuple[object, set[str]]]:
    """Which sentences there are, in which forms, with which gaps."""
    return {
        name: (sorted(one) if isinstance(one, Mapping) else "one", gaps(one)) for name, one in words.sentences.items()
    }


@pytest.mark.parametrize("language", OTHERS)
def test_every_language_has_the_same_sentences_with_the_same_gaps(language: str) -> None:
    assert shape(words_in(language)) == shape(words_in("en"))


@pytest.mark.parametrize("language", OTHERS)
def test_no_sentence_was_left_in_english(language: str) -> None:
    english = words_in("en").sentences
    same = {name for name, one in words_in(language).sentences.items() if one == english[name]}
    assert same <= {"thousands", "look-format"}  # "Format" is a Polish word too


def test_every_sentence_that_a_page_asks_for_is_there_and_none_is_left_over() -> None:
    pages = "".join(path.read_text(encoding="utf-8") for path in PAGES.glob("*.html"))
    asked = set(re.findall(r'say\("([a-z-]+)"[,)]', pages))
    asked |= {name for one in CHOOSABLE for name in (one.value, f"{one.value}-hint")}
    said = {name for name in words_in("en").sentences if name.startswith("said-")}
    assert asked | said | {"language", "code", "thousands"} == set(words_in("en").sentences)


def test_a_language_is_found_whatever_its_country_and_english_stands_in() -> None:
    assert words_in("pl-PL").language == "pl"
    assert {words_in(one).language for one in (None, "", "tlh", "en-US")} == {"en"}


def test_what_is_filled_in_is_never_read_as_a_page_or_as_a_sentence() -> None:
    said = words_in("en").say("text-from", clinic="<b>{longest}</b>")
    assert str(said) == "Text message from &lt;b&gt;{longest}&lt;/b&gt;"


def test_a_sentence_that_nobody_wrote_is_a_mistake() -> None:
    for asked in ("nothing-like-it", "stop"):
        with pytest.raises(NoSuchWords):
            words_in("en").say(asked)
    assert words_in("en").say("stop", Channel.SMS) == "Stop these texts"


def test_numbers_are_written_as_the_language_does() -> None:
    assert (words_in("en").number(2000), words_in("pl").number(2000)) == ("2,000", "2 000")
