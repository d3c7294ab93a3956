"""Text messages as the network counts them: which alphabet, how many parts, and which characters are to blame."""

import unicodedata
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from drip.content.graphemes import graphemes


class Encoding(StrEnum):
    """The alphabet a text travels in. One character outside GSM-7 moves the whole text to UCS-2."""

    GSM_7 = "GSM-7"
    UCS_2 = "UCS-2"

    @property
    def whole(self) -> int:
        """Units that fit when there is only one part."""
        return 160 if self is Encoding.GSM_7 else 70

    @property
    def joined(self) -> int:
        """Units that fit in each of several parts: the phone needs the rest to put them back in order."""
        return 153 if self is Encoding.GSM_7 else 67


@dataclass(frozen=True, slots=True, kw_only=True)
class Offender:
    """A character that moves the text to UCS-2, and what to write instead if anything would do."""

    character: str
    name: str
    replacement: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SmsSize:
    """What a text costs. `offenders` is empty exactly when it fits GSM-7."""

    encoding: Encoding
    units: int
    parts: int
    offenders: tuple[Offender, ...] = ()


_BASIC = (
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_ESCAPED = "\f^{}\\[~]|€"
"""Each is sent as an escape and a second unit."""

_GSM = frozenset(_BASIC + _ESCAPED)
_DOUBLE = frozenset(_ESCAPED)

_INSTEAD = {
    character: replacement
    for characters, replacement in (
        ("\u201c\u201d\u201e\u201f\u00ab\u00bb\u02ba\u02ee\u275d\u275e\u301d\u301e", '"'),
        ("\u2018\u2019\u201b\u02bb\u02bc\u02bd\u02b9\u02c8\u02ca\u02cb\u00b4\u0060\u2032\u275b\u275c", "'"),
        ("\u2010\u2011\u2012\u2013\u2014\u2015\u2043\u2212\u2022\u00b7\u23bc\u23bd", "-"),
        ("\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000", " "),
        ("\t\u2028\u2029", " "),
        ("\u200b\u200c\u200d\u200e\u200f\u2060\u00ad\ufe0e\ufe0f\ufeff", ""),
        ("\u2039", "<"),
        ("\u203a", ">"),
        ("\u2026", "..."),
        ("\u201a\u3001\u02cc", ","),
        ("\u2044\u2215\u00f7\u29f8", "/"),
        ("\u00d7", "x"),
        ("\u2217\u204e", "*"),
        ("\u2223", "|"),
        ("\u223c\u02dc", "~"),
        ("\u2264", "<="),
        ("\u2265", ">="),
        ("\u2192", "->"),
        ("\u2713\u2714", "ok"),
        ("\u00b0", " degrees"),
        ("\u00a9", "(c)"),
        ("\u00ae", "(R)"),
        ("\u0142", "l"),
        ("\u0141", "L"),
        ("\u0111", "d"),
        ("\u0110", "D"),
        ("\u0131", "i"),
        ("\u0153", "oe"),
        ("\u0152", "OE"),
    )
    for character in characters
}


def measure(text: str) -> SmsSize:
    """How the network will carry this text. Counts by packing, because some characters cannot be cut in two."""
    if _GSM.issuperset(text):
        units = len(text) + sum(map(text.count, _DOUBLE))
        return SmsSize(encoding=Encoding.GSM_7, units=units, parts=_parts(text, Encoding.GSM_7, units))
    units = _utf16_units(text)
    return SmsSize(
        encoding=Encoding.UCS_2,
        units=units,
        parts=_parts(text, Encoding.UCS_2, units),
        offenders=tuple(_offender(character) for character in dict.fromkeys(text) if character not in _GSM),
    )


def split_parts(text: str) -> list[str]:
    """The text as the parts that a phone receives; joined, they are the text again."""
    encoding = Encoding.GSM_7 if _GSM.issuperset(text) else Encoding.UCS_2
    atoms = _atoms(text, encoding)
    if sum(size for _, size in atoms) <= encoding.whole:
        return [text] if text else []
    parts, room = [""], encoding.joined
    for atom, size in atoms:
        if size > room:
            parts.append("")
            room = encoding.joined
        parts[-1] += atom
        room -= size
    return parts


def suggest(character: str) -> str | None:
    """What to write in GSM-7 instead of this character; None when nothing says the same."""
    if character in _INSTEAD or unicodedata.category(character) == "Cc":
        return _INSTEAD.get(character, "")
    plain = "".join(
        _INSTEAD.get(piece, piece)
        for piece in unicodedata.normalize("NFKD", character)
        if not unicodedata.combining(piece)
    )
    return plain if plain and _GSM.issuperset(plain) else None


def _parts(text: str, encoding: Encoding, units: int) -> int:
    if units <= encoding.whole:
        return 1 if text else 0
    return len(split_parts(text))


def _atoms(text: str, encoding: Encoding) -> list[tuple[str, int]]:
    """What must not be cut, each with its size in units: an escape pair, a surrogate pair, an accented letter."""
    if encoding is Encoding.GSM_7:
        return [(character, 2 if character in _DOUBLE else 1) for character in text]
    atoms: list[tuple[str, int]] = []
    for grapheme in graphemes(text):
        size = _utf16_units(grapheme)
        # A carriage return and line feed are one grapheme but may be cut; so must be what no part could hold.
        whole = grapheme != "\r\n" and size <= encoding.joined
        atoms += [(grapheme, size)] if whole else [(character, _utf16_units(character)) for character in grapheme]
    return atoms


def _utf16_units(text: str) -> int:
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


@lru_cache(maxsize=1024)
def _offender(character: str) -> Offender:
    name = unicodedata.name(character, f"U+{ord(character):04X}")
    return Offender(character=character, name=name, replacement=suggest(character))
