"""How words are written: links that can be trusted, help that is right everywhere, and sentences that can be read."""

import re
from collections.abc import Iterator, Mapping
from typing import Final, TypeAlias

from drip.content.finding import Finding
from drip.content.readability import grade, sentences
from drip.content.template_use import Spot, Use, in_words, spot, spots
from drip.content.word_lists import BARE_LINKS, EMOJI, EXCLAMATION, PLAINER, SHORTENERS, UNWRITTEN, URGENT_HELP

Texts: TypeAlias = Mapping[str, str]

LONGEST: Final = 20
"""Words in a sentence."""

HARDEST: Final = 8
"""The school grade from which words are said to be hard: most thirteen-year-olds can read it."""

ENOUGH_TO_JUDGE: Final = 60
"""Words. A grade of fewer is chance."""

_LONG_WORDS: Final = re.compile(rf"\b(?:{'|'.join(sorted(PLAINER, key=len, reverse=True))})\b", re.IGNORECASE)
_HEADER: Final = re.compile(r"\A---\n.*?\n---\n", re.DOTALL)


def _own_words(use: Use) -> dict[str, str]:
    """What was written for patients; a layout is not."""
    return {path: text for path, text in use.texts.items() if path.endswith((".md", ".txt"))}


def check_style(use: Use) -> Iterator[Finding]:
    """What is wrong with how a template, and what it includes, is written."""
    texts = _own_words(use)
    yield from _links(texts)
    yield from _urgent_help(texts)
    for found in spots(UNWRITTEN, texts):
        yield found.finding("unwritten", f"`{found.words}` is still to be written: put your own words in its place")
    for found in spots(EXCLAMATION, texts):
        message = f"`{found.words}`: an exclamation mark sounds like selling or alarm. End with a full stop"
        yield found.finding("exclamation-mark", message, "warning")
    for found in spots(EMOJI, texts):
        message = f"`{found.words}`: not everybody sees this, or reads the same in it. Say it in words"
        yield found.finding("emoji", message, "warning")
    if use.language in (None, "en"):
        yield from _reading(texts)


def _links(texts: Texts) -> Iterator[Finding]:
    for found in spots(SHORTENERS, texts):
        message = f"`{found.words}` hides where it leads: write the whole address of your own page"
        yield found.finding("short-link", message)
    for found in spots(BARE_LINKS, texts):
        if not any(pattern.fullmatch(found.words) for pattern in (SHORTENERS, URGENT_HELP["urgent_website"])):
            message = f"`{found.words}` is not a whole address: write it with https:// in front"
            yield found.finding("bare-link", message, "warning")


def _urgent_help(texts: Texts) -> Iterator[Finding]:
    """The first of each in each file: who mends one sees the others."""
    for name, pattern in URGENT_HELP.items():
        for path, text in texts.items():
            found = next(spots(pattern, {path: text}), None)
            if found is None:
                continue
            message = f"`{found.words}` is not right at every site: write {{{{ clinic.{name} }}}} in its place"
            yield found.finding("hard-coded-help", message, "warning")


def _reading(texts: Texts) -> Iterator[Finding]:
    for found in spots(_LONG_WORDS, texts):
        message = f"`{found.words}` is a hard word: `{PLAINER[found.words.lower()]}` may do"
        yield found.finding("long-word", message, "warning")
    for path, source in texts.items():
        yield from _sentences(path, source)


def _sentences(path: str, source: str) -> Iterator[Finding]:
    words = in_words(_HEADER.sub(lambda header: re.sub(r"[^\n]", " ", header.group()), source))
    read = list(sentences(words))
    for sentence in read:
        if len(sentence.words) > LONGEST:
            message = f"{len(sentence.words)} words in one sentence: make it two. {LONGEST} are enough"
            yield spot(path, source, sentence.start, "").finding("long-sentence", message, "warning")
    asked = grade(read) if path.endswith(".md") else 0
    if asked > HARDEST and sum(len(sentence.words) for sentence in read) >= ENOUGH_TO_JUDGE:
        message = f"hard to read (about grade {asked:.0f}): shorter sentences and shorter words help. Aim for {HARDEST}"
        yield Spot(path=path, line=1, column=1, words="").finding("hard-to-read", message, "warning")
