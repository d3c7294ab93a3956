"""A YAML text with the very characters that each of its parts is written in, for changing one and nothing else."""

from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, TypeAlias

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError
from ruamel.yaml.events import CollectionEndEvent, CollectionStartEvent, MappingStartEvent, ScalarEvent

from drip.content.strict_yaml import Loc

Span: TypeAlias = tuple[int, int]
"""From a character of the text until before another."""


class CannotAmend(Exception):
    """A change that would not mean what was asked: nothing is written. The message says where to make it instead."""


@dataclass(slots=True, kw_only=True, eq=False)
class Part:
    """A text, a list or a mapping, and where it is written."""

    value: "str | list[Part] | dict[str, Part]"
    start: int
    end: int
    style: str = ""
    """Of a text: its quote, `|` or `>`; empty when it has none."""
    in_line: bool = False
    """Of a list or mapping: in [brackets] or {braces}."""
    keys: dict[str, Span] = field(default_factory=dict)

    @property
    def items(self) -> "list[Part]":
        """What is in a list; nothing, of all else."""
        return self.value if isinstance(self.value, list) else []

    @property
    def entries(self) -> "dict[str, Part]":
        """What is in a mapping; nothing, of all else."""
        return self.value if isinstance(self.value, dict) else {}

    def plain(self) -> Any:
        """The same without places."""
        match self.value:
            case str():
                return self.value
            case list():
                return [item.plain() for item in self.value]
            case dict():
                return {key: item.plain() for key, item in self.value.items()}

    def find(self, loc: Loc) -> "Part | None":
        """The part at `loc`, if there is one."""
        part: Part | None = self
        for name in loc:
            if part is None:
                return None
            if isinstance(name, int):
                part = part.items[name] if 0 <= name < len(part.items) else None
            else:
                part = part.entries.get(name)
        return part


@lru_cache(maxsize=16)
def read_written(text: str) -> Part:
    """The tree of a text. CannotAmend when it is no YAML."""
    builder = _Builder(text)
    try:
        for event in YAML(typ="safe", pure=True).parse(text):
            builder.take(event)
    except (YAMLError, ValueError, TypeError) as problem:
        raise CannotAmend("the file has a mistake that must be put right in the YAML view first") from problem
    if builder.root is None:
        raise CannotAmend("the file is empty: begin it in the YAML view")
    return builder.root


class _Builder:
    """Puts the parser's events together."""

    def __init__(self, text: str) -> None:
        self.root: Part | None = None
        self._text = text
        self._open: list[Part] = []
        self._keys: list[tuple[str, Span] | None] = []

    def take(self, event: Any) -> None:
        """One event, in the order of the file."""
        match event:
            case CollectionEndEvent():
                self._close(event.end_mark.index)
            case CollectionStartEvent():
                value: list[Part] | dict[str, Part] = {} if isinstance(event, MappingStartEvent) else []
                part = Part(value=value, start=event.start_mark.index, end=0, in_line=bool(event.flow_style))
                self._place(part)
                self._open.append(part)
                self._keys.append(None)
            case ScalarEvent():
                self._place(self._scalar(event))

    def _close(self, end: int) -> None:
        part = self._open.pop()
        self._keys.pop()
        inside = [*part.items, *part.entries.values()]
        part.end = end if part.in_line or not inside else inside[-1].end

    def _scalar(self, event: Any) -> Part:
        start, end = event.start_mark.index, event.end_mark.index
        style = event.style or ""
        if style in ("|", ">"):
            end = start + len(self._text[start:end].rstrip())
        if start == end and self._keys and (key := self._keys[-1]):
            # The parser places a value that is not written at whatever comes next.
            start = end = self._text.index(":", key[1][1]) + 1
        return Part(value=str(event.value), start=start, end=end, style=style)

    def _place(self, part: Part) -> None:
        if not self._open:
            self.root = part
            return
        parent, key = self._open[-1], self._keys[-1]
        if isinstance(parent.value, list):
            parent.value.append(part)
        elif key is None:
            self._keys[-1] = (str(part.value), (part.start, part.end))
        else:
            parent.entries[key[0]] = part
            parent.keys[key[0]] = key[1]
            self._keys[-1] = None
