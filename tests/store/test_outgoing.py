"""The words of a message as they are sealed."""

import pytest

from drip.store.outgoing import as_stored, with_address

WORDS: list[dict[str, str | None]] = [
    {"subject": None, "text": "Good day, Zoë", "html": None},
    {"subject": "Your visit", "text": "{}", "html": '<p lang="en">"}</p>'},
]


@pytest.mark.parametrize("words", WORDS, ids=["a text", "an email"])
def test_words_with_their_address_are_as_if_written_together(words: dict[str, str | None]) -> None:
    together = as_stored(words | {"to": "zoë@example.org"})
    assert with_address(as_stored(words), "zoë@example.org") == together
