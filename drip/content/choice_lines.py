"""The choices of a question, one to a line: `better, gwell`, or `1: time` where the number may be answered as well."""

import re
from collections.abc import Mapping, Sequence
from typing import Final, TypeAlias

from drip.content.written import CannotAmend

Choices: TypeAlias = Sequence[str | Sequence[str]] | Mapping[str, str | Sequence[str]]
"""As a file has them: a list, or by number. In place of a word, a list of those that mean the same."""

_NUMBERED: Final = re.compile(r"([0-9]{1,2}) *: *(.+)")


def as_lines(choices: object) -> str | None:
    """The lines; None where they would not say the same."""
    told = choices.items() if isinstance(choices, dict) else [("", one) for one in _several(choices)]
    lines = [(f"{number}: " if number else "") + ", ".join(map(str, _several(words))) for number, words in told]
    try:
        back = from_lines("\n".join(lines))
    except CannotAmend:
        return None
    return "\n".join(lines) if _plainly(back) == _plainly(choices) else None


def from_lines(lines: str) -> Choices:
    """The choices that the lines say. CannotAmend says in words why they say none."""
    told = [line.strip() for line in lines.splitlines() if line.strip(" ,")]
    if len(told) == 1:
        raise CannotAmend("a choice is between two things at least: write each on a line of its own")
    found = [_NUMBERED.fullmatch(line) for line in told]
    numbered = [one for one in found if one]
    if not numbered:
        return [_words(line) for line in told]
    if len(numbered) < len(told):
        raise CannotAmend("give every choice a number, as in 1: time, or give none of them one")
    choices = {one[1]: _words(one[2]) for one in numbered}
    if len(choices) < len(told):
        raise CannotAmend("two of the choices have the same number: give each its own")
    return choices


def _words(line: str) -> str | Sequence[str]:
    words = [" ".join(word.split()) for word in line.split(",") if word.strip()]
    return words[0] if len(words) == 1 else words


def _several(told: object) -> list[object]:
    """One thing stands for a list of one."""
    return list(told) if isinstance(told, list) else [told]


def _plainly(choices: object) -> object:
    """For comparing, whichever way a single word is written."""
    if isinstance(choices, dict):
        return {number: _several(words) for number, words in choices.items()}
    return [_several(words) for words in _several(choices)]
