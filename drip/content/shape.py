"""Holds a tree of nodes against a pydantic model, and says every mistake at its own line and column."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, TypeAlias, TypeVar, get_args

from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic_core import ErrorDetails, PydanticCustomError

from drip.content.expression import ConditionError, compile_condition, suggestion
from drip.content.finding import Finding, Level
from drip.content.strict_yaml import Loc, Node, YamlProblem, read_yaml
from drip.core.condition import Condition
from drip.core.question import ANSWER


class Shape(BaseModel):
    """A mapping with exactly these keys."""

    model_config = ConfigDict(extra="forbid", frozen=True)


S = TypeVar("S", bound=Shape)


@dataclass(frozen=True, slots=True, kw_only=True)
class Mistake:
    """What a rule found, and where in the tree."""

    loc: Loc
    rule: str
    message: str
    key: bool = False
    """Point at the key instead of the value."""
    level: Level = field(default="error")
    within: int = 0
    """Which character of the text there is meant, from 1; 0 is the text as a whole."""


Rules: TypeAlias = Callable[[Any], Iterable[Mistake]]
"""Rules look at the plain text tree, so that they speak even where the shape is wrong."""


def read_shape(path: str, source: bytes, shape: type[S], rules: Rules) -> tuple[S | None, Node | None, list[Finding]]:
    """The file as `shape`, unless there are errors; its tree; and everything that is wrong with it."""
    root, problems = read_yaml(source)
    if root is None:
        return None, None, [_from_yaml(path, problem) for problem in problems]
    text = root.text()
    mistakes = list(rules(text)) if isinstance(text, dict) else []
    findings = [finding_at(path, root, mistake) for mistake in mistakes]
    try:
        value = shape.model_validate(text)
    except ValidationError as error:
        details = error.errors(include_url=False, include_input=False)
        findings += [_from_pydantic(path, root, shape, detail) for detail in details]
        return None, root, list(dict.fromkeys(findings))
    return (None if any(finding.level == "error" for finding in findings) else value), root, findings


def keys_of(shape: type[Shape]) -> tuple[str, ...]:
    """The keys that such a mapping may have, in the order in which they are usually written."""
    return tuple(info.alias or name for name, info in shape.model_fields.items())


def finding_at(path: str, root: Node | None, mistake: Mistake) -> Finding:
    """The finding for a mistake, at its place in the file."""
    line, column = root.where(mistake.loc, key=mistake.key) if root else (1, 1)
    if root and mistake.within:
        column = _inside(root.at(mistake.loc), column, mistake.within)
    return Finding(path=path, line=line, column=column, level=mistake.level, rule=mistake.rule, message=mistake.message)


def read_condition(value: object) -> Condition:
    """A condition, for a field of a shape."""
    return _compiled(value, {})


def read_answer_condition(value: object) -> Condition:
    """A condition on the `answer` to a question."""
    return _compiled(value, {"answer": ANSWER})


def _compiled(value: object, names: dict[str, Condition]) -> Condition:
    if not isinstance(value, str):
        raise ValueError("write the condition as one text, in double quotes if need be")
    try:
        return compile_condition(value, names)
    except ConditionError as error:
        said = {"said": error.message, "column": error.column}
        raise PydanticCustomError("condition", "column {column} of the condition: {said}", said) from None


def _from_yaml(path: str, problem: YamlProblem) -> Finding:
    return Finding(
        path=path,
        line=problem.line,
        column=problem.column,
        level="error",
        rule=problem.rule,
        message=problem.message,
    )


_SAID = {
    "model_type": "a mapping belongs here: `key: value`, one to a line or in {braces}",
    "dict_type": "a mapping belongs here: `key: value`, one to a line or in {braces}",
    "tuple_type": "a list belongs here: one item to a line with `- ` before it, or in [brackets]",
}


def _from_pydantic(path: str, root: Node, shape: type[Shape], error: ErrorDetails) -> Finding:
    loc, kind = error["loc"], error["type"]
    line, column = root.where(loc, key=kind == "extra_forbidden")
    rule, message = "wrong-value", error["msg"].removeprefix("Value error, ")
    match kind:
        case "extra_forbidden":
            rule, message = "unknown-key", _unknown_key(shape, loc)
        case "missing":
            rule, message = "missing-key", f"`{loc[-1]}` is missing: add it"
        case "condition":
            rule, column = "condition", _inside(root.at(loc), column, error["ctx"]["column"])
        case _ if kind in _SAID:
            rule, message = "wrong-shape", _SAID[kind]
    return Finding(path=path, line=line, column=column, level="error", rule=rule, message=message)


def _inside(node: Node, column: int, within: int) -> int:
    """The column in the file of a column in a text, where the text is written exactly as it reads."""
    return column if node.text_column is None else node.text_column + within - 1


def _unknown_key(shape: type[Shape], loc: Loc) -> str:
    known = sorted(_keys_at(shape, loc[:-1]))
    name = str(loc[-1])
    hint = suggestion(name, known)
    return f"`{name}` is not a key here{hint}" if hint else f"`{name}` is not a key here: {', '.join(known)} are"


def _keys_at(shape: type[BaseModel], loc: Loc) -> Iterator[str]:
    """The keys that the mapping at `loc` may have."""
    for name in loc:
        if isinstance(name, str):
            fields = {info.alias or key: info for key, info in shape.model_fields.items()}
            shape = next(_shapes_in(fields[name].annotation), shape)
    return (info.alias or key for key, info in shape.model_fields.items())


def _shapes_in(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for inner in get_args(annotation):
        yield from _shapes_in(inner)
