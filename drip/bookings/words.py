"""Words from outside, made safe to print: nothing unseen, no links, no longer than they need to be."""

import re
import unicodedata
from difflib import get_close_matches

from drip.core.typed import UNSEEN

NAME_LENGTH = 100
"""Names, codes and labels."""

TEXT_LENGTH = 500
"""A text among the attributes."""

_BREAKS = re.compile("[\t\n\x0b\x0c\r\x85\u2028\u2029\u00a0]+")

# What a phone would turn into a link. Bare domains go by well-known endings, so that "St.John" stays as it is.
_LINK = re.compile(
    r"""(?ix)
    (?:[a-z][a-z0-9+.-]{0,20}://|www\.)\S*
    |(?<![\w.-])[\w.-]{1,253}\.(?:[a-z]{2,24}/\S*|(?:com|net|org|info|biz|io|uk|eu|us|ru|cn|link|click|xyz|top|online
        |site|shop|live|icu|ly|app|dev|gl|gg|cc|tk)\b\S*)
    """
)


def cleaned(text: str, limit: int = NAME_LENGTH) -> str:
    """The text without control and bidirectional characters and links, in one line, at most `limit` characters."""
    if not (text.isascii() and text.isprintable() and "." not in text and "/" not in text):
        text = unicodedata.normalize("NFC", text[: limit * 4])
        text = UNSEEN.sub("", _BREAKS.sub(" ", text))
        text = " ".join(_LINK.sub(" ", text).split())
    return text.strip()[:limit].rstrip()


def is_plain(text: str) -> bool:
    """Whether every character can be seen: what a reference must be, since cleaning could make two the same."""
    return text.isprintable() or not (UNSEEN.search(text) or _BREAKS.search(text))


def did_you_mean(word: str, known: list[str]) -> str:
    """` Did you mean ...?`, or nothing when no known word is close."""
    close = get_close_matches(word.lower(), known, n=1, cutoff=0.6)
    return f" Did you mean `{close[0]}`?" if close else ""
