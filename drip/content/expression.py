"""Conditions as clinicians write them, compiled to the small values that core evaluates.

The grammar is Jinja2's, cut down to an allow-list: comparison, `and or not in`, one attribute of a known object,
literals, and three filters.
"""

import difflib
from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import Final

from jinja2 import Environment, TemplateSyntaxError, nodes
from jinja2.parser import Parser

from drip.core.condition import Attribute, Both, Compare, Condition, Either, Filtered, Literal, Not

OBJECTS: Final = (
    "patient", "appointment", "treatment", "programme", "enrolment", "site", "replies", "reply", "alert", "previous",
)  # fmt: skip
FILTERS: Final = ("length", "lower", "default")
MAX_LENGTH = 1000

ALLOWED = (
    "a condition may use == != < <= > >=, and, or, not, in, one attribute of "
    + ", ".join(OBJECTS)
    + ", texts, numbers, lists, and the filters "
    + ", ".join(FILTERS)
)

_NAMES: Final[Mapping[type[nodes.Node], str]] = {
    nodes.Call: "a call",
    nodes.Getitem: "an index in square brackets",
    nodes.Test: "`is`",
    nodes.CondExpr: "`if`",
    nodes.Concat: "joining with ~",
    nodes.Dict: "a mapping",
    nodes.Getattr: "a name",
    nodes.BinExpr: "arithmetic",
    nodes.UnaryExpr: "arithmetic",
}


class ConditionError(ValueError):
    """Why a text is not a condition; `column` counts from 1 in the text."""

    def __init__(self, message: str, column: int) -> None:
        super().__init__(message)
        self.message = message
        self.column = column


def compile_condition(text: str, names: Mapping[str, Condition] | None = None) -> Condition:
    """The condition that `text` says. ConditionError names the column and what is allowed.

    `names` are words that stand alone, such as the `answer` of a question.
    """
    if len(text) > MAX_LENGTH:
        raise ConditionError(f"longer than {MAX_LENGTH} characters: split it into two sequences or steps", 1)
    try:
        return _Compiler(text, names or {}).compile()
    except RecursionError:
        raise ConditionError("too many levels of brackets: write it more simply", 1) from None


class _Compiler:
    """Gives the parser every word on a line of its own, so that its line numbers are our word numbers."""

    def __init__(self, text: str, names: Mapping[str, Condition]) -> None:
        self._environment = Environment(autoescape=True)
        self._names = names
        self._end = len(text) + 1
        self._columns: list[int] = []
        self._words: list[str] = []
        for column, word in self._split(text):
            self._columns.append(column)
            self._words.append(word)

    def compile(self) -> Condition:
        if not self._words:
            raise ConditionError(f"an empty condition: {ALLOWED}", 1)
        try:
            parser = Parser(self._environment, "\n".join(self._words), state="variable")
            tree = parser.parse_expression()
        except TemplateSyntaxError as error:
            if "end of template" in str(error.message):
                raise ConditionError(f"something is missing at the end: {ALLOWED}", self._end) from None
            raise self._error(error.lineno, error.message or "this cannot be read") from None
        if not parser.stream.eos:
            raise self._error(parser.stream.current.lineno, "this cannot follow what stands before it")
        return self._read(tree)

    def _split(self, text: str) -> Iterator[tuple[int, str]]:
        column = 1
        try:
            for _, kind, word in self._environment.lexer.tokeniter(text, None, None, "variable"):
                if kind == "string" and "\n" in word:
                    raise ConditionError("a text may not go over two lines", column)
                if kind.endswith("_end") or kind == "data":
                    raise ConditionError(f"{word} cannot stand here: {ALLOWED}", column)
                if kind != "whitespace":
                    yield column, word
                column += len(word)
        except TemplateSyntaxError as error:
            raise ConditionError(f"{error.message}: {ALLOWED}", column) from None

    def _error(self, line: int, message: str) -> ConditionError:
        column = self._columns[line - 1] if 0 < line <= len(self._columns) else self._end
        return ConditionError(f"{message}: {ALLOWED}", column)

    def _read(self, node: nodes.Node) -> Condition:
        match node:
            case nodes.And():
                return Both(self._read(node.left), self._read(node.right))
            case nodes.Or():
                return Either(self._read(node.left), self._read(node.right))
            case nodes.Not():
                return Not(self._read(node.node))
            case nodes.Compare():
                return self._compare(node)
            case nodes.Filter():
                return self._filter(node)
            case _:
                return self._value(node)

    def _value(self, node: nodes.Node) -> Condition:
        match node:
            case nodes.Getattr():
                return self._attribute(node)
            case nodes.Name():
                return self._name(node)
            case nodes.List() | nodes.Tuple():
                return Literal(tuple(self._constant(item) for item in node.items))
            case _:
                return Literal(self._constant(node))

    def _compare(self, node: nodes.Compare) -> Condition:
        """`0 < x < 3` is both of its halves."""
        sides = [("", node.expr), *((operand.op, operand.expr) for operand in node.ops)]
        compared = [
            Compare(operator, self._read(left), self._read(right)) for (_, left), (operator, right) in pairwise(sides)
        ]
        whole: Condition = compared[0]
        for further in compared[1:]:
            whole = Both(whole, further)
        return whole

    def _filter(self, node: nodes.Filter) -> Condition:
        if node.node is None or node.name not in FILTERS:
            raise self._error(node.lineno, f"there is no filter `{node.name}` here{suggestion(node.name, FILTERS)}")
        takes = 1 if node.name == "default" else 0
        if len(node.args) != takes or node.kwargs or node.dyn_args or node.dyn_kwargs:
            how = "default(value)" if takes else node.name
            raise self._error(node.lineno, f"write this filter as `{how}`")
        return Filtered(node.name, self._read(node.node), self._read(node.args[0]) if takes else None)

    def _attribute(self, node: nodes.Getattr) -> Condition:
        inner = node.node
        if not isinstance(inner, nodes.Name):
            raise self._error(node.lineno, "only one attribute of a known object, such as patient.age")
        if inner.name not in OBJECTS:
            raise self._error(inner.lineno, f"`{inner.name}` is not known{suggestion(inner.name, OBJECTS)}")
        return Attribute(inner.name, node.attr)

    def _name(self, node: nodes.Name) -> Condition:
        if node.name in self._names:
            return self._names[node.name]
        if node.name in OBJECTS:
            raise self._error(node.lineno, f"say which attribute, such as {node.name}.something")
        known = (*self._names, *OBJECTS)
        hint = suggestion(node.name, known) or f" (a text needs quotes: '{node.name}')"
        raise self._error(node.lineno, f"`{node.name}` is not known{hint}")

    def _constant(self, node: nodes.Node) -> str | int | float | bool | None:
        if isinstance(node, nodes.Neg) and isinstance(node.node, nodes.Const):
            value = node.node.value
            if isinstance(value, int | float) and not isinstance(value, bool):
                return -value
        if isinstance(node, nodes.Const) and (node.value is None or isinstance(node.value, str | int | float | bool)):
            return node.value
        what = next((name for kind, name in _NAMES.items() if isinstance(node, kind)), type(node).__name__.lower())
        raise self._error(node.lineno, f"{what} is not allowed")


def suggestion(word: str, known: tuple[str, ...] | list[str]) -> str:
    """`, did you mean ...?` when something known is close; else nothing."""
    spelt = {one.lower(): one for one in known}
    close = difflib.get_close_matches(word.lower(), spelt, n=1, cutoff=0.7)
    return f", did you mean `{spelt[close[0]]}`?" if close else ""
