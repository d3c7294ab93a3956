"""The kinds of values that files are written in: how each is read, and what an editor is told of it."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime, time
from enum import StrEnum
from typing import Annotated, Any, TypeAlias

from pydantic import BeforeValidator, GetJsonSchemaHandler, PlainValidator, WithJsonSchema
from pydantic_core import CoreSchema

from drip.content.shape import read_condition
from drip.content.text_values import (
    MAX_ID,
    as_list,
    number_between,
    one_of,
    read_clock,
    read_date,
    read_days,
    read_duration,
    read_flag,
    read_id,
    read_text,
    read_weekday,
)
from drip.core.condition import Condition
from drip.core.duration import Duration
from drip.core.model import Channel, EventKind, Purpose
from drip.core.patient import zone_named
from drip.core.sequence import MAX_OCCURRENCES
from drip.core.window import WEEKDAYS

Json: TypeAlias = dict[str, Any]


@dataclass(frozen=True, slots=True)
class OneOrMore:
    """In a file, one thing stands for a list of one."""

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> Json:
        many = handler(schema)
        return {"anyOf": [many["items"], many]}


@dataclass(frozen=True, slots=True)
class NotEmpty:
    """A list with something in it."""

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> Json:
        return {**handler(schema), "minItems": 1}


@dataclass(frozen=True, slots=True)
class OrWord:
    """A word that may stand in place of everything else."""

    word: str

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> Json:
        return {"anyOf": [{"const": self.word}, handler(schema)]}


def text_like(pattern: str, *examples: str, **more: Any) -> WithJsonSchema:
    """A text of this form."""
    return WithJsonSchema({"type": "string", "pattern": f"^({pattern})$", "examples": list(examples), **more})


def word_of(words: Iterable[StrEnum]) -> WithJsonSchema:
    """One word of a closed list."""
    return WithJsonSchema({"type": "string", "enum": [word.value for word in words]})


def whole_number(least: int, most: int) -> tuple[Callable[[object], int], WithJsonSchema]:
    """A whole number within limits: how it is read, and what an editor is told."""
    return number_between(least, most), WithJsonSchema({"type": "integer", "minimum": least, "maximum": most})


def read_moment(value: object) -> str:
    """A date, or a date and time, kept as text."""
    text = read_text(value)
    try:
        datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(f'{text!r} is not a date or time: write "2026-06-12" or "2026-06-12T16:30"') from None
    return text


def read_zone(value: object) -> str:
    """The name of a time zone that exists."""
    text = read_text(value)
    if zone_named(text) is None:
        raise ValueError(f"there is no time zone {text!r}: write a name such as Europe/London")
    return text


_TIMES, _A_NUMBER_OF_TIMES = whole_number(1, MAX_OCCURRENCES)
_DAY = f"({'|'.join(WEEKDAYS)})(-({'|'.join(WEEKDAYS)}))?"
_ONE_DAY = {"type": "string", "pattern": f"^{_DAY}$", "examples": ["mon-fri", "sat"]}
_LENGTH = "([0-9]{1,4}w)?([0-9]{1,5}d)?([0-9]{1,5}h)?([0-9]{1,6}m)?"
_DATE = "[0-9]{4}-[0-9]{2}-[0-9]{2}"

LENGTH = {"type": "string", "pattern": f"^(?=.){_LENGTH}$", "examples": ["3h", "2d", "6w", "1d12h"]}

Text: TypeAlias = Annotated[
    str, PlainValidator(read_text), WithJsonSchema({"type": ["string", "number"], "minLength": 1})
]
Id: TypeAlias = Annotated[
    str, PlainValidator(read_id), text_like("[a-z0-9]+(-[a-z0-9]+)*", "slow-and-steady", maxLength=MAX_ID)
]
Flag: TypeAlias = Annotated[bool, PlainValidator(read_flag), WithJsonSchema({"type": "boolean"})]
Day: TypeAlias = Annotated[date, PlainValidator(read_date), text_like(_DATE, "2027-11-01")]
Clock: TypeAlias = Annotated[time, PlainValidator(read_clock), text_like("([01][0-9]|2[0-3]):[0-5][0-9]", "09:30")]
Weekday: TypeAlias = Annotated[int, PlainValidator(read_weekday), WithJsonSchema({"enum": list(WEEKDAYS)})]
Days: TypeAlias = Annotated[
    frozenset[int],
    PlainValidator(read_days),
    WithJsonSchema({"anyOf": [_ONE_DAY, {"type": "array", "items": _ONE_DAY, "minItems": 1}]}),
]
Length: TypeAlias = Annotated[Duration, PlainValidator(read_duration), WithJsonSchema(LENGTH)]
Times: TypeAlias = Annotated[int, PlainValidator(_TIMES), _A_NUMBER_OF_TIMES]
CONDITION = WithJsonSchema({"type": "string", "minLength": 1, "examples": ["'achilles' in patient.conditions"]})
When: TypeAlias = Annotated[Condition, PlainValidator(read_condition), CONDITION]
PurposeWord: TypeAlias = Annotated[Purpose, PlainValidator(one_of(Purpose)), word_of(Purpose)]
ChannelWord: TypeAlias = Annotated[Channel, PlainValidator(one_of(Channel)), word_of(Channel)]
EVENTS = tuple(kind for kind in EventKind if kind.is_for_sequences)
EventWord: TypeAlias = Annotated[EventKind, PlainValidator(one_of(EVENTS)), word_of(EVENTS)]
Events: TypeAlias = Annotated[tuple[EventWord, ...], BeforeValidator(as_list), OneOrMore()]
Ids: TypeAlias = Annotated[tuple[Id, ...], BeforeValidator(as_list), OneOrMore()]
Texts: TypeAlias = Annotated[tuple[Text, ...], BeforeValidator(as_list), OneOrMore()]
Moment: TypeAlias = Annotated[
    str, PlainValidator(read_moment), text_like("[0-9]{4}-[0-9]{2}-[0-9]{2}(T.*)?", "2026-06-12T16:30")
]
Zone: TypeAlias = Annotated[str, PlainValidator(read_zone), text_like("[A-Za-z0-9_+/-]+", "Europe/London")]
