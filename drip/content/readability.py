"""How hard words are to read: sentences, their length, and a school grade. To rank work by, never to prove anything.

The grade is Flesch and Kincaid's: 0.39 words a sentence + 11.8 syllables a word - 15.59. Syllables are counted by
their vowels, which is right for nine English words in ten.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

_BLOCK: Final = re.compile(r"(?:^|\n)[ \t>]*(?:\n|$)|\n(?=[ \t>]*(?:[-*+#]|\d+[.)])\s)|\n(?=[ \t>]*\*\*)")
_SENTENCE: Final = re.compile(r"""(?:[^.!?]|[.!?](?!["')\]*_]*(?:\s|$)))+[.!?]*""")
_WORD: Final = re.compile(r"[^\W\d_][\w'\u2019-]*|\d[\d.,:]*\d|\d")
_VOWELS: Final = re.compile(r"[aeiouy]+")
_SILENT: Final = re.compile(r"(?:[^laeiouy]e|[^aeiouytd]ed|[^aeioulscxz]es)$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Sentence:
    """A run of words up to a full stop, and where it begins in the text."""

    start: int
    words: tuple[str, ...]


def sentences(text: str) -> Iterator[Sentence]:
    """The sentences of plain words or Markdown. A heading and each item of a list stand alone."""
    start = 0
    for found in (*_BLOCK.finditer(text), None):
        end = found.start() if found else len(text)
        for sentence in _SENTENCE.finditer(text, start, end):
            words = tuple(_WORD.findall(sentence[0]))
            first = _WORD.search(sentence[0])
            if words and first:
                yield Sentence(start=sentence.start() + first.start(), words=words)
        start = found.end() if found else end


def grade(read: Iterable[Sentence]) -> float:
    """The school grade that these sentences ask for; 0 where there are none."""
    counted = [[syllables(word) for word in sentence.words] for sentence in read]
    words = sum(map(len, counted))
    if not words:
        return 0
    return 0.39 * words / len(counted) + 11.8 * sum(map(sum, counted)) / words - 15.59


def syllables(word: str) -> int:
    """How often a voice sounds in a word, at least once."""
    plain = word.lower().replace("'", "").replace("\u2019", "")
    return max(1, sum(max(1, len(_VOWELS.findall(_SILENT.sub("", part)))) for part in plain.split("-") if part))
