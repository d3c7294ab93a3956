"""The sequence language as a JSON Schema, for editors: made from the shapes that read the files, never by hand."""

import ast
import inspect
import json
import textwrap
from collections.abc import Iterator
from itertools import pairwise
from typing import Any, Final, TypeAlias

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import core_schema

from drip.content.sequence_schema import SequenceShape

Json: TypeAlias = dict[str, Any]

FILE: Final = "sequence.schema.json"
DIALECT: Final = "http://json-schema.org/draft-07/schema#"
"""The one that editors know best."""


class _Written(GenerateJsonSchema):
    """A file has no `null`: a key is there or it is not. Defaults are told where they are one plain value."""

    def nullable_schema(self, schema: core_schema.NullableSchema) -> JsonSchemaValue:
        return self.generate_inner(schema["schema"])

    def default_schema(self, schema: core_schema.WithDefaultSchema) -> JsonSchemaValue:
        told = self.generate_inner(schema["schema"])
        default = schema.get("default")
        return {**told, "default": default} if isinstance(default, str | bool | int) and default != "" else told

    def field_title_should_be_set(self, schema: object) -> bool:
        return False


def sequence_schema() -> Json:
    """What an editor needs to complete, explain and check a sequence while it is written."""
    told = SequenceShape.model_json_schema(schema_generator=_Written)
    shapes = _shapes(SequenceShape)
    _explain(told, SequenceShape)
    for name, one in told["$defs"].items():
        _explain(one, shapes[name])
    return {"$schema": DIALECT, **told, "title": "A sequence of drip"}


def as_file() -> str:
    """The schema as it is shipped and printed."""
    return json.dumps(sequence_schema(), indent=2, ensure_ascii=False) + "\n"


def _explain(told: Json, shape: type[BaseModel]) -> None:
    """The line under each key, as the key's description."""
    told.pop("title", None)
    lines = _lines_of(shape)
    for name, field in shape.model_fields.items():
        told["properties"][field.alias or name]["description"] = lines.get(name, "")


def _lines_of(shape: type[BaseModel]) -> dict[str, str]:
    """The docstring under each field: pydantic would read them at every start, and only this needs them."""
    (written,) = ast.parse(textwrap.dedent(inspect.getsource(shape))).body
    body = written.body if isinstance(written, ast.ClassDef) else []
    lines: dict[str, str] = {}
    for field, line in pairwise(body):
        if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name) and isinstance(line, ast.Expr):
            lines[field.target.id] = inspect.cleandoc(ast.literal_eval(line.value))
    return lines


def _shapes(shape: type[BaseModel], seen: dict[str, type[BaseModel]] | None = None) -> dict[str, type[BaseModel]]:
    """A shape and every shape within it, by name; one may be within itself."""
    found = seen if seen is not None else {}
    found[shape.__name__] = shape
    for field in shape.model_fields.values():
        for inner in _models_in(field.annotation):
            if inner.__name__ not in found:
                _shapes(inner, found)
    return found


def _models_in(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for inner in getattr(annotation, "__args__", ()):
        yield from _models_in(inner)
