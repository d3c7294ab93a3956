"""Words from outside are safe to print."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drip.bookings.words import cleaned
from tests.bookings.conftest import ReadOne, an_event

WORDS = {
    "plain": ("Morag", "Morag"),
    "spaces": ("  Mary  Jane ", "Mary  Jane"),
    "line break": ("Morag\r\nBain", "Morag Bain"),
    "escape": ("Mo\x1b[31mrag", "Mo[31mrag"),
    "right to left": ("Mo\u202egar\u2066", "Mogar"),
    "zero width": ("Mo\u200brag\ufeff", "Morag"),
    "composed": ("Zoe\u0308", "Zoë"),
    "joiner kept": ("क्\u200dष", "क्\u200dष"),
    "abbreviation kept": ("St.John Jr.", "St.John Jr."),
    "initials kept": ("J.R. Bain", "J.R. Bain"),
    "web address": ("Morag https://evil.example/x?y now", "Morag now"),
    "www": ("Morag www.evil.example", "Morag"),
    "short link": ("bit.ly/abc Morag", "Morag"),
    "bare domain": ("Win at evil.com!", "Win at"),
    "hidden in a link": ("htt\u200bp://evil.example", ""),
    "other scheme": ("javascript://x Morag", "Morag"),
    "long": ("x" * 300, "x" * 100),
}


@pytest.mark.parametrize(("told", "kept"), WORDS.values(), ids=WORDS)
def test_words_lose_what_cannot_be_seen_and_what_would_be_a_link(told: str, kept: str) -> None:
    assert cleaned(told) == kept


@given(st.text(max_size=600))
def test_cleaned_words_are_short_one_line_and_without_controls(text: str) -> None:
    result = cleaned(text)
    assert len(result) <= 100
    assert not re.search("[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\u2028\u2029]|://", result)
    result.encode()


def test_names_and_attributes_are_cleaned_and_bounded(parsed: ReadOne) -> None:
    link = "see http://evil.example"
    event = parsed(
        an_event(
            patient__first_name=link,
            patient__attributes={"note": "n" * 900, "links": [link]},
            appointment__practitioner=f"{link}\u202e",
            contact={"name": link, "relation": link},
        )
    ).event
    assert event.patient["first_name"] == "see"
    assert event.patient["note"] == "n" * 500
    assert event.patient["links"] == ["see"]
    assert event.appointment["practitioner"] == "see"
    assert event.contact == {"name": "see", "relation": "see"}
