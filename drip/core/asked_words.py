"""The words that conditions ask about: what a clinic's sequences know by name."""

from collections.abc import Iterator

from drip.core.condition import Attribute, Both, Compare, Condition, Either, Filtered, Literal, Not


def words_asked(condition: Condition | None) -> Iterator[tuple[Attribute, str]]:
    """Each attribute that a condition asks about, with a word that it compares it with."""
    match condition:
        case Compare(_, left, right):
            for attribute in (*_attribute(left), *_attribute(right)):
                for word in (*_words(left), *_words(right)):
                    yield attribute, word
        case Both(left, right) | Either(left, right):
            yield from words_asked(left)
            yield from words_asked(right)
        case Not(value):
            yield from words_asked(value)


def _attribute(side: Condition) -> Iterator[Attribute]:
    match side:
        case Attribute():
            yield side
        case Filtered(_, value, _):
            yield from _attribute(value)


def _words(side: Condition) -> Iterator[str]:
    match side:
        case Literal(str(word)) if word:
            yield word
        case Literal(tuple(words)):
            yield from (word for word in words if isinstance(word, str) and word)
