"""Letters as readers see them: an accented letter or a family emoji is one, however many code points it takes."""

import regex  # type: ignore[import-untyped]


def graphemes(text: str) -> list[str]:
    """`text` cut where a reader would allow it; joined, it is the text again."""
    return list(map(str, regex.findall(r"\X", text)))
