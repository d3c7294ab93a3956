"""The keys of a step's `ask:` and what each may hold, field by field. Rules between them are in question_rules."""

import re
from typing import Annotated, Literal, TypeAlias

from pydantic import Field, PlainValidator, WithJsonSchema

from drip.content.shape import Shape, read_answer_condition
from drip.content.text_values import number_between, one_of, read_number, read_text
from drip.content.value_types import Clock, Id, Length, PurposeWord, text_like, whole_number, word_of
from drip.core.condition import Condition
from drip.core.duration import Duration
from drip.core.model import Send
from drip.core.question import OPEN_FOR, AnswerKind, Choice, Question, Silence
from drip.core.sequence import MAX_OCCURRENCES

_NAME = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")
MAX_NAME = 40
MOST_CHOICES = 20


def read_name(value: object) -> str:
    """A question's id: it is written `replies.<id>`, so it must be one plain word there."""
    text = read_text(value)
    if not _NAME.fullmatch(text) or len(text) > MAX_NAME:
        raise ValueError(f"{text!r} cannot stand in `replies.{text}`: lower case letters, digits and _, such as pain")
    return text


def read_choices(value: object) -> tuple[Choice, ...]:
    """A list of words, or {number: word}. In place of a word: a list of it and of others that mean the same."""
    if isinstance(value, dict):
        return tuple(Choice(words=_words(words), number=number_between(0, 99)(key)) for key, words in value.items())
    if not isinstance(value, list):
        raise ValueError("write a list of words, or what each number means: {1: better, 2: worse}")
    return tuple(Choice(words=_words(words)) for words in value)


def _words(value: object) -> tuple[str, ...]:
    words = tuple(read_text(word) for word in (value if isinstance(value, list) else [value]))
    if not words:
        raise ValueError("a choice needs a word: write one, or remove it")
    return words


Number: TypeAlias = Annotated[float, PlainValidator(read_number), WithJsonSchema({"type": "number"})]
OfAnswer: TypeAlias = Annotated[
    Condition, PlainValidator(read_answer_condition), WithJsonSchema({"type": "string", "examples": ["answer >= 8"]})
]
_WORD = {"type": ["string", "number"]}
_WORDS = {"anyOf": [_WORD, {"type": "array", "items": _WORD, "minItems": 1}]}
_CHOICES = WithJsonSchema(
    {
        "anyOf": [
            {"type": "array", "items": _WORDS, "minItems": 2, "maxItems": MOST_CHOICES},
            {"type": "object", "additionalProperties": _WORDS, "minProperties": 2, "maxProperties": MOST_CHOICES},
        ]
    }
)
_TIMES, _A_NUMBER_OF_TIMES = whole_number(1, MAX_OCCURRENCES)


class FollowUpShape(Shape):
    """What to say to an answer, and what to ask next."""

    if_: OfAnswer | None = Field(default=None, alias="if")
    """A condition on the answer."""
    after: Length = Duration()
    """How long after the answer; at once where nothing is said."""
    at: Clock | None = None
    """The time of day: "10:00"."""
    sms: Id | None = None
    """The name of the words for a text."""
    email: Id | None = None
    """The name of the words for an email."""
    send: Annotated[Send, PlainValidator(one_of(Send)), word_of(Send)] = Send.BOTH
    """With an email and a text: both, or one of them and the other only if that cannot arrive."""
    purpose: PurposeWord | None = None
    """If it differs from the step's."""
    expires: Length | None = None
    """How long it is still worth sending."""
    ask: "AskShape | None" = None
    """What its words ask in turn."""


class SilenceShape(Shape):
    """What to do when nobody answers."""

    times: Annotated[int, PlainValidator(_TIMES), _A_NUMBER_OF_TIMES]
    """After so many questions without an answer."""
    every: Length
    """How far apart they are from then on."""
    then: Literal["stop"] = "stop"
    """What happens if nobody answers those either."""


class AskShape(Shape):
    """A question that a step asks."""

    id: Annotated[str, PlainValidator(read_name), text_like(_NAME.pattern, "pain", maxLength=MAX_NAME)]
    """Its name: conditions and words know the last answer as `replies.<id>`."""
    answer: Annotated[AnswerKind, PlainValidator(one_of(AnswerKind)), word_of(AnswerKind)]
    """What it is answered with: a number, days of the last week, or one of the choices."""
    min: Number | None = None
    """The least number that is an answer."""
    max: Number | None = None
    """The most that is an answer."""
    choices: Annotated[tuple[Choice, ...], PlainValidator(read_choices), _CHOICES] = ()
    """The words to choose from: a list, or {1: better, 2: worse}. A list in place of a word: they mean the same."""
    open_for: Length = OPEN_FOR
    """For how long a reply is taken as an answer. Without it: three days."""
    task_if: OfAnswer | None = None
    """Answers that a person at the clinic must see: answer >= 8."""
    red_flag_if: OfAnswer | None = None
    """Answers that raise a red flag: answer >= 9."""
    then: tuple[FollowUpShape, ...] = ()
    """What to say to an answer."""
    after_silence: SilenceShape | None = None
    """What to do when nobody answers."""


def question_of(shape: AskShape) -> Question:
    """The question that was written."""
    return Question(
        id=shape.id,
        answer=shape.answer,
        least=shape.min,
        most=shape.max,
        choices=shape.choices,
        open_for=shape.open_for,
        task_if=shape.task_if,
        red_flag_if=shape.red_flag_if,
        after_silence=_silence(shape.after_silence),
    )


def _silence(shape: SilenceShape | None) -> Silence | None:
    return Silence(times=shape.times, every=shape.every.days) if shape else None
