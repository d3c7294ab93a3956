"""A text as YAML writes it: as its neighbour was written, if that says exactly the same."""

import json
import re

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError
from ruamel.yaml.events import ScalarEvent

_CANONICAL = re.compile(r"true|false|0|[1-9][0-9]{0,8}|[0-9]{4}-[0-9]{2}-[0-9]{2}")
"""Written without quotes in these files."""

_GUESSED = re.compile(
    r"(?i:y|n|yes|no|on|off|true|false|null|~|\.nan|[-+]?\.inf)|[-+]?[0-9][0-9_]*([:.eE][-+0-9_:.eE]*)?|[-+]?\.[0-9]+"
    r"|0[xob][0-9a-fA-F_]+|[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}([Tt ].*)?"
)
"""What another reader of YAML would take for a number, a date or a yes: it is safer in quotes."""

_HIDDEN = re.compile("[\x00-\x1f\x7f-\x9f\xa0\u2028\u2029\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff\ufffe\uffff]")


def written(value: str, *, like: str = "", was: str | None = None, in_line: bool = False) -> str:
    """The text as a value, in the quotes of what stood there (`like`) where they will do."""
    if like == "'" and "\n" not in value and _reads_as(single := "'" + value.replace("'", "''") + "'", value, in_line):
        return single
    if like == '"' or (_is_guessed(value) and (was is None or like or not _is_guessed(was))):
        return _double(value)
    return value if _reads_as(value, value, in_line) else _double(value)


def _is_guessed(value: str) -> bool:
    return bool(_GUESSED.fullmatch(value)) and not _CANONICAL.fullmatch(value)


def _double(value: str) -> str:
    quoted = json.dumps(value, ensure_ascii=False)
    return _HIDDEN.sub(lambda found: f"\\u{ord(found.group()):04x}", quoted)


def _reads_as(source: str, value: str, in_line: bool) -> bool:
    """Whether a reader finds exactly this value there: in braces, brackets and commas mean something too."""
    text = f"k: [{source}, x]\n" if in_line else f"k: {source}\nl: x\n"
    try:
        events = list(YAML(typ="safe", pure=True).parse(text))
    except (YAMLError, ValueError):
        return False
    found = [event.value for event in events if isinstance(event, ScalarEvent)]
    return found == (["k", value, "x"] if in_line else ["k", value, "l", "x"]) and not _HIDDEN.search(source)
