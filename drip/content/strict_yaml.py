"""YAML 1.2 without surprises: every scalar is text, every node knows its place, and nothing is guessed.

`at: 10:00` is the text 10:00 and `no` is the text no. Duplicate keys, anchors, aliases, tags, directives and
second documents are problems, each with its line and column.
"""

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, TypeAlias

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError
from ruamel.yaml.events import (
    AliasEvent,
    CollectionEndEvent,
    CollectionStartEvent,
    DocumentStartEvent,
    Event,
    MappingStartEvent,
    NodeEvent,
    ScalarEvent,
)

from drip.core.model import Value

MAX_BYTES = 256 * 1024
MAX_DEPTH = 20
MAX_REPORTED = 20
MAX_PROBLEMS = 100

_FORBIDDEN = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff\ufffe\uffff]|\t|\r(?!\n)"
)
_HALF_CHARACTER = re.compile("[\ud800-\udfff]")
_JSON = re.compile(r"true|false|null|-?(0|[1-9][0-9]{0,17})(\.[0-9]{1,17})?")
_HINTS = (
    ("mapping values are not allowed", 'a second ": " on this line, or a line set in too far: put the text in quotes'),
    (
        "<block end>",
        "this line is not set in as far as its neighbours, or text follows a quoted value: put it all in quotes",
    ),
    ("cannot start any token", "put this value in double quotes"),
    ("unexpected end of stream", "a quote is opened here and never closed: close it"),
    ("<stream end>", "a bracket is opened and never closed: close it"),
    ("unknown escape", "write \\\\ for a backslash inside double quotes"),
    ("could not find expected ':'", "write `key: value`"),
)

Place: TypeAlias = tuple[int, int]
"""Line and column, from 1."""

Loc: TypeAlias = Sequence[str | int]
"""The way to a node: keys and list positions, from the top."""


@dataclass(frozen=True, slots=True, kw_only=True)
class YamlProblem:
    """Why a file cannot be read as the text of one document."""

    line: int
    column: int
    rule: str
    message: str


@dataclass(slots=True, kw_only=True, eq=False)
class Node:
    """A text, a list or a mapping, and where it stands."""

    value: "str | list[Node] | dict[str, Node]"
    line: int
    column: int
    plain: bool = False
    """Written without quotes."""
    text_column: int | None = None
    """Where the text itself starts, when it is written on one line exactly as it reads."""
    keys: dict[str, Place] = field(default_factory=dict)

    def text(self) -> Any:
        """The same tree without places: texts, lists and dicts."""
        match self.value:
            case str():
                return self.value
            case list():
                return [item.text() for item in self.value]
            case dict():
                return {key: item.text() for key, item in self.value.items()}

    def facts(self) -> dict[str, Value]:
        """A mapping as a booking system would tell it: unquoted numbers, true, false and null are values."""
        return {key: item._fact() for key, item in self.value.items()} if isinstance(self.value, dict) else {}

    def _fact(self) -> Value:
        match self.value:
            case str():
                return json.loads(self.value) if self.plain and _JSON.fullmatch(self.value) else self.value
            case list():
                return [item._fact() for item in self.value]
            case dict():
                return self.facts()

    def child(self, name: str | int) -> "Node | None":
        """The node of that key or list position, if there is one."""
        if isinstance(self.value, dict):
            return self.value.get(str(name))
        if isinstance(self.value, list) and isinstance(name, int) and name < len(self.value):
            return self.value[name]
        return None

    def at(self, loc: Loc) -> "Node":
        """The node at `loc`, or the last one on the way to it."""
        node = self
        for name in loc:
            node = node.child(name) or node
        return node

    def where(self, loc: Loc, *, key: bool = False) -> Place:
        """Line and column of the value at `loc`; of its key when `key` is asked for."""
        if key and loc:
            place = self.at(loc[:-1]).keys.get(str(loc[-1]))
            if place:
                return place
        node = self.at(loc)
        return node.line, node.column


class _StopReadingError(Exception):
    """There is no sense in reading on."""


def read_yaml(source: bytes) -> tuple[Node | None, list[YamlProblem]]:
    """The document's tree, or what is wrong with it. Never raises, whatever the bytes."""
    text, problems = _decoded(source)
    if problems:
        return None, problems
    builder = _Builder()
    try:
        for event in YAML(typ="safe", pure=True).parse(text):
            builder.take(event)
    except _StopReadingError:
        pass
    except Exception as error:  # the parser is not ours: whatever it raises is a problem of the file
        builder.problems.append(_from_parser(error))
    if builder.root is None and not builder.problems:
        builder.report((1, 1), "yaml-empty", "the file is empty: write at least one `key: value`")
    return (None if builder.problems else builder.root), builder.problems


def _decoded(source: bytes) -> tuple[str, list[YamlProblem]]:
    if len(source) > MAX_BYTES:
        return "", [_problem((1, 1), "yaml-size", "the file is larger than 256 KiB: split it")]
    try:
        text = source.decode("utf-8").removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        before = source[: error.start].decode("utf-8", "replace")
        return "", [_problem(_place(before), "yaml-encoding", "this is not UTF-8: save the file as UTF-8")]
    return text, [_forbidden(text, match) for match in _first_per_line(text)]


def _first_per_line(text: str) -> Iterator[re.Match[str]]:
    """The first forbidden character of each line, for a few lines: one look at a binary file is enough."""
    found = (match for line in re.finditer("[^\n]+\n?", text) if (match := _FORBIDDEN.search(text, *line.span())))
    return islice(found, MAX_REPORTED)


def _forbidden(text: str, match: re.Match[str]) -> YamlProblem:
    place = _place(text[: match.start()])
    if match.group() == "\t":
        return _problem(place, "yaml-tab", "a tab: use spaces")
    return _problem(place, "yaml-character", f"an invisible character (U+{ord(match.group()):04X}): delete it")


def _place(before: str) -> Place:
    return before.count("\n") + 1, len(before) - before.rfind("\n")


def _problem(place: Place, rule: str, message: str) -> YamlProblem:
    return YamlProblem(line=place[0], column=place[1], rule=rule, message=message)


def _from_parser(error: Exception) -> YamlProblem:
    mark = getattr(error, "problem_mark", None)
    place = (mark.line + 1, mark.column + 1) if mark else (1, 1)
    said = str(error.problem or "") if isinstance(error, MarkedYAMLError) else ""
    hint = next(
        (hint for words, hint in _HINTS if words in said), "put the value in double quotes, or look one line up"
    )
    return _problem(place, "yaml-syntax", f"this is not YAML ({said or 'it cannot be read'}): {hint}")


class _Builder:
    """Puts the parser's events together as nodes, and keeps what is wrong with them."""

    def __init__(self) -> None:
        self.root: Node | None = None
        self.problems: list[YamlProblem] = []
        self._open: list[Node] = []
        self._keys: list[str | None] = []
        self._documents = 0

    def report(self, place: Place, rule: str, message: str) -> None:
        """Keep a problem; after a hundred there is no sense in reading on."""
        self.problems.append(_problem(place, rule, message))
        if len(self.problems) >= MAX_PROBLEMS:
            raise _StopReadingError

    def take(self, event: Event) -> None:
        """One event, in the order of the file."""
        place = (event.start_mark.line + 1, event.start_mark.column + 1)
        match event:
            case DocumentStartEvent():
                self._start_document(event, place)
            case CollectionEndEvent():
                self._open.pop()
                self._keys.pop()
            case NodeEvent():
                self._refuse_extras(event, place)
                self._add(event, place)

    def _start_document(self, event: Any, place: Place) -> None:
        self._documents += 1
        if self._documents > 1:
            self.report(place, "yaml-documents", "a second document starts here: keep one document in a file")
            raise _StopReadingError
        if event.version or event.tags:
            self.report((1, 1), "yaml-directive", "a line that starts with % is not needed: remove it")

    def _refuse_extras(self, event: Any, place: Place) -> None:
        if isinstance(event, AliasEvent):
            self.report(place, "yaml-alias", f"*{event.anchor} points elsewhere: write the value out here")
        elif event.anchor:
            self.report(place, "yaml-anchor", f"&{event.anchor} is not used here: remove it and write values out")
        if getattr(event, "tag", None):
            self.report(place, "yaml-tag", f"the tag {event.tag} is not used here: remove it")

    def _add(self, event: Any, place: Place) -> None:
        node = _node(event, place)
        if isinstance(node.value, str) and _HALF_CHARACTER.search(node.value):
            self.report(place, "yaml-character", "half a character (a surrogate): write the whole character")
        opens = isinstance(event, CollectionStartEvent)
        if opens and len(self._open) >= MAX_DEPTH:
            self.report(place, "yaml-depth", f"more than {MAX_DEPTH} levels deep: make it flatter")
            raise _StopReadingError
        self._place(node, place)
        if opens:
            self._open.append(node)
            self._keys.append(None)

    def _place(self, node: Node, place: Place) -> None:
        if not self._open:
            self.root = node
            return
        parent = self._open[-1]
        if isinstance(parent.value, list):
            parent.value.append(node)
        elif isinstance(parent.value, dict):
            self._place_in_mapping(parent, parent.value, node, place)

    def _place_in_mapping(self, parent: Node, items: dict[str, Node], node: Node, place: Place) -> None:
        key = self._keys[-1]
        if key is not None:
            items[key] = node
            self._keys[-1] = None
            return
        if not isinstance(node.value, str):
            self.report(place, "yaml-key", "a key must be one word of text: write `key: value`")
            raise _StopReadingError
        if node.value in parent.keys:
            line = parent.keys[node.value][0]
            self.report(place, "yaml-duplicate-key", f"`{node.value}` is already set on line {line}: keep one of them")
        parent.keys[node.value] = place
        self._keys[-1] = node.value


def _node(event: Any, place: Place) -> Node:
    if isinstance(event, CollectionStartEvent):
        value: dict[str, Node] | list[Node] = {} if isinstance(event, MappingStartEvent) else []
        return Node(value=value, line=place[0], column=place[1])
    if not isinstance(event, ScalarEvent):
        return Node(value="", line=place[0], column=place[1])
    quotes = 0 if event.style is None else 1
    width = event.end_mark.column - event.start_mark.column
    as_written = event.start_mark.line == event.end_mark.line and width == len(event.value) + 2 * quotes
    return Node(
        value=str(event.value),
        line=place[0],
        column=place[1],
        plain=event.style is None,
        text_column=place[1] + quotes if as_written else None,
    )
