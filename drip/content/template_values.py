"""What may stand in a gap: values from outside made harmless, and every value turned to text in one place."""

import re
import unicodedata
from datetime import date, time
from typing import Final

from drip.content.graphemes import graphemes
from drip.content.template_problem import RenderError

FROM_OUTSIDE: Final = frozenset(
    {"patient", "appointment", "previous", "treatment", "programme", "replies", "reply", "alert"}
)
"""The objects whose words other people chose. The clinic's own (`clinic`, `site`, `links`) may hold web addresses."""

LIMIT: Final = 100

_INVISIBLE: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn"})
_JOINERS: Final = "\u200c\u200d"
"""They stay: Persian and Indian names, and family emoji, are spelt with them."""

_URL: Final = re.compile(
    r"[a-z][a-z0-9+.-]{0,30}:/\S*|(?<!\w)www\.\S*"
    # Phones turn a bare name of a web site into a link as well.
    r"|(?<![\w@.-])[\w-]{1,63}(?:\.[\w-]{1,63}){0,8}\."
    r"(?:(?:com|net|org|info|biz|io|co|uk|eu|ru|cn|xyz|top|click|link|site|online|shop|app|me|ly)"
    r"(?![\w-])(?:[/?#:]\S*)?|[a-z]{2,20}/\S*)",
    re.IGNORECASE,
)

_HINT: Final = re.compile(r"\.\S|:/")


def clean(value: str, limit: int = LIMIT) -> str:
    """A value from outside as plain words: no control or bidi characters, no web addresses, at most `limit` long."""
    is_plain = value.isprintable() and (value.isascii() or unicodedata.is_normalized("NFC", value))
    if len(value) <= limit and is_plain and not _may_hold_url(value):
        return value.strip()
    # Cut first, generously: what follows must stay quick however much was sent.
    text = _visible(unicodedata.normalize("NFC", value[: 5 * limit]))
    if _may_hold_url(text):
        text = " ".join(_URL.sub("", text).split())
    return _shorten(text, limit)


def one_line(text: str) -> str:
    """`text` fit for a header: no line ends, no control or bidi characters."""
    if text.isprintable():
        return text.strip()
    return _visible(text)


def as_text(value: object) -> object:
    """What a gap shows: nothing for none, a list with commas. Refuses what a reader could not make sense of."""
    if type(value) is str:
        return value
    if isinstance(value, str):
        # A plain copy: a string class that calls itself safe HTML is not believed.
        return str.__str__(value)
    if value is None:
        return ""
    if isinstance(value, bool):
        raise RenderError("a gap was given yes or no: use it in `if`")
    if isinstance(value, date | time):
        raise RenderError("a date or time is shown without a filter: use `date`, `time` or `weekday`")
    if isinstance(value, list | tuple):
        return ", ".join(str(as_text(item)) for item in value)
    if isinstance(value, int | float):
        return str(value)
    str(value)  # what is undefined speaks up here, and says its name
    raise RenderError("a gap was given something that is not text, a number or a list")


def cleaned(value: object) -> object:
    """As `clean`, for a value of any kind: lists have each item cleaned, numbers and dates stay."""
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, list | tuple):
        return [cleaned(item) for item in value[:LIMIT]]
    return value


def _may_hold_url(value: str) -> bool:
    # Cheap first looks: most names have no dot at all, and most dots end a word.
    return ("." in value or ":" in value) and _HINT.search(value) is not None


def _visible(text: str) -> str:
    """Only what a reader sees, with one space wherever there was any kind of gap."""
    gaps = "".join(" " if character.isspace() else character for character in text)
    kept = (c for c in gaps if c in _JOINERS or unicodedata.category(c) not in _INVISIBLE)
    return " ".join("".join(kept).split())


def _shorten(text: str, limit: int) -> str:
    if len(text) <= limit:
        return text
    kept = ""
    for grapheme in graphemes(text):
        if len(kept) + len(grapheme) > limit:
            break
        kept += grapheme
    return kept.rstrip()
