"""What is left of a sentence when a patient has no first name: bookings do not always know one."""

import re
from collections.abc import Iterable, Iterator
from typing import Final

from drip.content.finding import Finding
from drip.content.template_grammar import Variable
from drip.content.template_use import Spot
from drip.core.letter import Words

_HOLE: Final = re.compile(r"(?m)^[ \t]*[,.:;]|[^\S\n][,:;](?=\s|$)|\S {2,}\S")
"""A comma with nothing before it, or two spaces where a name should stand."""

_FIRST_NAMES: Final = frozenset({("patient", "first_name"), ("patient", "full_name")})


def without_a_name(nameless: Words, named: Words, variables: Iterable[Variable]) -> Iterator[Finding]:
    """Words that have a hole where the name would be, and read well with one."""
    if _holes(nameless) <= _holes(named):
        return
    for variable in variables:
        if (variable.object, variable.name) in _FIRST_NAMES and not variable.has_default:
            at = Spot(path=variable.path, line=variable.line, column=variable.column, words="")
            message = (
                "a patient without a first name would read a gap here: "
                f"write {{{{ {variable.object}.{variable.name} | default('Hello') }}}}, or put the greeting in an `if`"
            )
            yield at.finding("no-first-name", message, "warning")
            return


def _holes(words: Words) -> int:
    return sum(len(_HOLE.findall(text)) for text in (words.text, words.subject or ""))
