"""Whose name stands under clinical words: one person is one person, however the name is typed."""

import re
import unicodedata

_TITLES = frozenset({"dr", "mr", "mrs", "ms", "miss", "mx", "prof", "professor", "sir", "dame", "sister", "nurse"})
_LETTERS_AFTER = frozenset({"mbbs", "mcsp", "hcpc", "bsc", "msc", "phd", "frcs", "mrcp", "rgn", "rn", "mbe", "obe"})


def is_same_person(one: str, other: str) -> bool:
    """Whether two names are one person's: titles, professions, dots, accents and capitals make nobody else.

    Nobody's name is the same as no name.
    """
    return bool(one.strip()) and _bare(one) == _bare(other)


def _bare(name: str) -> tuple[str, ...]:
    """The words of a name that say who it is; what follows a comma or stands in brackets is a profession."""
    plain = unicodedata.normalize("NFKD", name)
    plain = "".join(letter for letter in plain if not unicodedata.combining(letter)).casefold()
    plain = re.split(r"[,(]", plain.strip(" ,("), maxsplit=1)[0].replace("'", "").replace("\u2019", "")
    words = re.findall(r"\w+", plain)
    while len(words) > 1 and words[0] in _TITLES:
        words = words[1:]
    while len(words) > 1 and words[-1] in _LETTERS_AFTER:
        words = words[:-1]
    return tuple(words)
