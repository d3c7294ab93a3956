"""How many parts a text message takes: what a phone network bills, and what a patient's phone joins again."""

from dataclasses import dataclass

_GSM_7 = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_TWICE = frozenset("^{}\\[~]|€\f")
"""In the extension table: each takes the room of two."""


@dataclass(frozen=True, slots=True)
class Parts:
    """A text as the network sees it."""

    count: int
    length: int
    """In the network's units: 16-bit units if `unicode`, else 7-bit ones."""
    unicode: bool


def count_parts(text: str) -> Parts:
    """160 plain characters, or 70 once any character is not in the phone alphabet; a little less per joined part."""
    if all(character in _GSM_7 or character in _TWICE for character in text):
        widths = [2 if character in _TWICE else 1 for character in text]
        return Parts(_fill(widths, 160, 153), sum(widths), unicode=False)
    widths = [2 if ord(character) > 0xFFFF else 1 for character in text]
    return Parts(_fill(widths, 70, 67), sum(widths), unicode=True)


def _fill(widths: list[int], alone: int, joined: int) -> int:
    """A wide character is never cut in two: it moves to the next part whole."""
    if sum(widths) <= alone:
        return 1
    count, room = 1, joined
    for width in widths:
        if width > room:
            count, room = count + 1, joined
        room -= width
    return count
