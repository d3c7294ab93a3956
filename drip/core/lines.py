"""Which lines of a text are not as they were."""

import difflib
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangedLine:
    """A line that is gone, or one that is new."""

    number: int
    """In the text that it stands in."""
    is_new: bool
    text: str = field(repr=False)


def changed_lines(was: str, now: str) -> tuple[ChangedLine, ...]:
    """What is gone and what is new, from the top."""
    old, new = was.splitlines(), now.splitlines()
    found: list[ChangedLine] = []
    for tag, a, b, c, d in difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if tag != "equal":
            found += [ChangedLine(number=n + 1, is_new=False, text=old[n]) for n in range(a, b)]
            found += [ChangedLine(number=n + 1, is_new=True, text=new[n]) for n in range(c, d)]
    return tuple(found)
