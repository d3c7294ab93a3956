"""The keys of a step's `ask:` and what each may hold, field by field. Rules between them are in question_rules."""

import re
from datetime import time
from typing import Annotated, Literal, TypeAlias

from pydantic import Field, PlainValidator

from drip.content.shape import Shape, read_answer_condition
from drip.content.text_values import number_between, one_of, read_clock, read_duration, read_id, read_number, read_text
from drip.core.condition import Condition
from drip.core.duration import Duration
from drip.core.model import Purpose, Send
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


Id: TypeAlias = Annotated[str, PlainValidator(read_id)]
Length: TypeAlias = Annotated[Duration, PlainValidator(read_duration)]
Clock: TypeAlias = Annotated[time, PlainValidator(read_clock)]
Number: TypeAlias = Annotated[float, PlainValidator(read_number)]
OfAnswer: TypeAlias = Annotated[Condition, PlainValidator(read_answer_condition)]


class FollowUpShape(Shape):
    """What to say to an answer, and what to ask next."""

    if_: OfAnswer | None = Field(default=None, alias="if")
    after: Length = Duration()
    at: Clock | None = None
    sms: Id | None = None
    email: Id | None = None
    send: Annotated[Send, PlainValidator(one_of(Send))] = Send.BOTH
    purpose: Annotated[Purpose, PlainValidator(one_of(Purpose))] | None = None
    expires: Length | None = None
    ask: "AskShape | None" = None


class SilenceShape(Shape):
    """What to do when nobody answers."""

    times: Annotated[int, PlainValidator(number_between(1, MAX_OCCURRENCES))]
    every: Length
    then: Literal["stop"] = "stop"


class AskShape(Shape):
    """A question that a step asks."""

    id: Annotated[str, PlainValidator(read_name)]
    answer: Annotated[AnswerKind, PlainValidator(one_of(AnswerKind))]
    min: Number | None = None
    max: Number | None = None
    choices: Annotated[tuple[Choice, ...], PlainValidator(read_choices)] = ()
    open_for: Length = OPEN_FOR
    task_if: OfAnswer | None = None
    red_flag_if: OfAnswer | None = None
    then: tuple[FollowUpShape, ...] = ()
    after_silence: SilenceShape | None = None


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
