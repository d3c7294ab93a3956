"""What was filled in, marked: staff who look at words see at once which of them are theirs and which are a patient's.

The marks are two characters that no letter uses; where a template has them itself, only the picture is odd.
"""

import re
from typing import Final

OPEN, CLOSE = "\u27e6", "\u27e7"

_PART: Final = re.compile(f"{OPEN}([^{OPEN}{CLOSE}]*){CLOSE}")
_TAG: Final = re.compile(r"<[^>]*>")


def marked(value: object) -> object:
    """A value between marks; nothing stays nothing."""
    return f"{OPEN}{value}{CLOSE}" if value != "" else value


def pieces(text: str) -> list[tuple[str, bool]]:
    """A text in pieces, each with whether it was filled in."""
    parts = _PART.split(text)
    return [(part, number % 2 == 1) for number, part in enumerate(parts) if part]


def as_marked_html(html: str) -> str:
    """An email whose marks are `<mark>`; inside tags and in the head there are none."""
    head, body, rest = html.partition("<body")
    if not body:
        head, rest = "", html
    out, last = [_bare(head), body], 0
    for tag in _TAG.finditer(rest):
        out += [_shown(rest[last : tag.start()]), _bare(tag.group())]
        last = tag.end()
    return "".join([*out, _shown(rest[last:])])


def _shown(text: str) -> str:
    return text.replace(OPEN, "<mark>").replace(CLOSE, "</mark>")


def _bare(text: str) -> str:
    return text.replace(OPEN, "").replace(CLOSE, "")
