"""What a colleague typed into a form, fit to be read by others: nothing unseen, nothing that turns words around."""

import re
import unicodedata

UNSEEN = re.compile(
    "[\x00-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
    "\ud800-\udfff\U000e0000-\U000e007f]"
)
"""Controls, bidirectional marks, soft hyphens, zero-width and tag characters. The two joiners stay: names in Persian
and in several Indian scripts are misspelt without them."""


def note(text: str, longest: int) -> str:
    """Some lines, at most so many characters. Empty where there is no letter and no figure in them: it says nothing."""
    lines = (_seen(line) for line in text[: 4 * longest].splitlines())
    told = "\n".join(lines).strip()[:longest].rstrip()
    return told if says_something(told) else ""


def line(text: str, longest: int) -> str:
    """As `note`, in one line: a name, a title, a reason."""
    return " ".join(note(text, longest).split())


def says_something(text: str) -> bool:
    """Whether a letter or a figure is in it: dots and what nobody can see are none."""
    return any(letter.isalnum() for letter in text)


def _seen(text: str) -> str:
    return UNSEEN.sub("", unicodedata.normalize("NFC", text.replace("\t", " "))).rstrip()
