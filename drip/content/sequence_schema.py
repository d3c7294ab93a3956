"""The keys of a sequence file and what each may hold, field by field. Rules between fields are in sequence_rules.

The line under each key is what an editor shows for it: docs/checks.md tells how.
"""

from datetime import time
from typing import Annotated, Literal, TypeAlias

from pydantic import (
    AfterValidator,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainValidator,
    ValidationInfo,
    WithJsonSchema,
    field_validator,
)
from pydantic.config import JsonDict

from drip.content.example_schema import TestShape
from drip.content.expression import suggestion
from drip.content.question_schema import AskShape
from drip.content.shape import Shape
from drip.content.text_values import as_list, not_empty, one_of, read_duration, read_text
from drip.content.value_types import (
    LENGTH,
    Clock,
    Day,
    Days,
    Events,
    Flag,
    Id,
    Ids,
    Length,
    NotEmpty,
    OneOrMore,
    OrWord,
    PurposeWord,
    Text,
    Texts,
    Times,
    Weekday,
    When,
    word_of,
)
from drip.core.duration import Duration
from drip.core.gate import LOADING_INTERLOCKS
from drip.core.model import AnchorKind, Kind, Purpose, Send
from drip.core.sequence import Again


class WindowShape(Shape):
    """`{days, from, to}`: when messages may go."""

    days: Days
    """On which days: `mon-fri`, one day, or a list."""
    opens: Clock = Field(alias="from")
    """From which time of day on: "08:00"."""
    closes: Clock = Field(alias="to")
    """Until just before this time. Earlier than `from`, it is on the next day."""

    @field_validator("closes")
    @classmethod
    def _is_open_for_some_time(cls, closes: time, info: ValidationInfo) -> time:
        if closes == info.data.get("opens"):
            raise ValueError("`from` and `to` are the same time: make them differ, or write `window: any`")
        return closes


def read_window(value: object) -> object:
    """`any` is no window at all; everything else is a mapping."""
    if isinstance(value, str) and value != "any":
        raise ValueError('write `any`, or {days: mon-fri, from: "08:00", to: "18:00"}')
    return None if value == "any" else value


AnyOrWindow: TypeAlias = Annotated[WindowShape | None, BeforeValidator(read_window), OrWord("any")]
"""None stands for `any`; a key that is absent is not in `model_fields_set`."""


def read_again(value: object) -> tuple[Again, Duration | None]:
    """`never`, `per_origin`, `one_at_a_time`, or {after: 90d}."""
    if isinstance(value, dict):
        if set(value) != {"after"}:
            raise ValueError("write {after: 90d}, or one of never, per_origin, one_at_a_time")
        return Again.AFTER, read_duration(value["after"])
    word = one_of(Again)(value)
    if word is Again.AFTER:
        raise ValueError("say after how long: {after: 90d}")
    return word, None


_AGAIN = WithJsonSchema(
    {
        "anyOf": [
            {"type": "string", "enum": [word.value for word in Again if word is not Again.AFTER]},
            {"type": "object", "properties": {"after": LENGTH}, "required": ["after"], "additionalProperties": False},
        ]
    }
)


class EnrolShape(Shape):
    """Who is enrolled, and when."""

    on: Annotated[Events, AfterValidator(not_empty)]
    """What happens to somebody who joins: one kind of event, or a list."""
    when: When | None = None
    """A condition that must be met as well. It is decided at the event, and again when a diagnosis is coded late."""
    again: Annotated[tuple[Again, Duration | None], PlainValidator(read_again), _AGAIN] = (Again.PER_ORIGIN, None)
    """Whether somebody may join a second time. Without it: once for each visit, treatment or programme."""
    not_while_in: Ids = ()
    """Sequences that keep this one out."""


class EndsShape(Shape):
    """What ends an enrolment early."""

    on: Events = ()
    """Events that end it. Those of an appointment count only when they are about this one."""
    when_enrolled_in: Ids = ()
    """Sequences that end this one the moment they begin."""


_STEP: JsonDict = {
    "oneOf": [{"required": ["after"]}, {"required": ["before"]}],
    "anyOf": [{"required": ["email"]}, {"required": ["sms"]}],
    "allOf": [
        {"if": {"required": ["every"]}, "then": {"oneOf": [{"required": ["times"]}, {"required": ["until"]}]}},
        {"if": {"anyOf": [{"required": ["times"]}, {"required": ["until"]}]}, "then": {"required": ["every"]}},
    ],
}


class StepShape(Shape):
    """One planned contact."""

    model_config = ConfigDict(json_schema_extra=_STEP)

    id: Id
    """Its name for ever. A step with a new name is a new step, and is sent again."""
    after: Length | None = None
    """How long after the anchor: 10m, 3h, 2d, 6w, or a sum such as 1d12h. Days keep the clock on the wall."""
    before: Length | None = None
    """How long before the anchor. It never goes later than that."""
    at: Clock | None = None
    """The time of day in place of the anchor's own: "10:00". Goes with whole days and weeks."""
    weekday: Weekday | None = None
    """On to this day of the week, if it is not that day already; with `before`, back to it."""
    every: Length | None = None
    """It repeats: 1d, 1w. Say `times` or `until` as well."""
    times: Times | None = None
    """How often in all, counting the first."""
    until: Length | None = None
    """How long after the anchor it repeats, that day included."""
    email: Id | None = None
    """The name of the words: templates/<sequence>/<name>.email.md"""
    sms: Id | None = None
    """The name of the words: templates/<sequence>/<name>.sms.txt"""
    send: Annotated[Send, PlainValidator(one_of(Send)), word_of(Send)] = Send.BOTH
    """With an email and a text: both, or one of them and the other only if that cannot arrive."""
    when: When | None = None
    """A condition, looked at in the moment of sending."""
    purpose: PurposeWord | None = None
    """If it differs from the sequence's."""
    expires: Length | None = None
    """How long it is still worth sending. Without it: 24 hours for a text, three days for an email."""
    if_late: Literal["send", "skip"] = "skip"
    """Whether it still goes when its time was over before the patient joined."""
    if_closed: Literal["before", "after"] = "after"
    """Whether what falls on a closed day goes on the open day before, or waits for the next."""
    reminder: Flag = False
    """The booking system may tell patients the same: then it is left out."""
    critical: Flag = False
    """Twice is better than lost. Only where that is true."""
    ask: AskShape | None = None
    """What its words ask, if a reply is to be an answer."""


class ReviewShape(Shape):
    """Who answers for the words."""

    author: Text
    """Who wrote the words, with their profession."""
    approved_by: Text
    """The clinician who approved them, another person than the author; `awaiting` until then: never sent live."""
    registration: Text = ""
    """The approver's professional registration."""
    approved_on: Day | None = None
    """When they were approved."""
    review_due: Day | None = None
    """Until when they hold."""
    evidence: Texts = ()
    """What they rest on, such as doi:10.1136/...; `claim:...` where a promise is proven."""
    interests: Text = ""
    """Conflicts of interest, or `none declared`."""


def read_interlock(value: object) -> str:
    """A fact that holds steps back."""
    text = read_text(value)
    known = sorted(LOADING_INTERLOCKS)
    if text not in known:
        raise ValueError(f"{text!r} is not known here{suggestion(text, known) or ': write one of ' + ', '.join(known)}")
    return text


Interlock: TypeAlias = Annotated[
    str, PlainValidator(read_interlock), WithJsonSchema({"enum": sorted(LOADING_INTERLOCKS)})
]
Interlocks: TypeAlias = Annotated[tuple[Interlock, ...], BeforeValidator(as_list), OneOrMore()]


class SequenceShape(Shape):
    """A whole sequence file."""

    sequence: Id
    """Its id, the same as the file's name. It never changes once live."""
    title: Text = ""
    """What staff see in lists."""
    purpose: PurposeWord = Purpose.CARE
    """Why it is sent: consent, order and limits go by it. A step may have its own."""
    kind: Annotated[Kind, PlainValidator(one_of(Kind)), word_of(Kind)] = Kind.EDUCATION
    """What it is about: safety interlocks go by it."""
    enabled: Flag = True
    """false enrols nobody."""
    enrol: EnrolShape
    """Who joins, and when."""
    anchor: Annotated[AnchorKind, PlainValidator(one_of(AnchorKind)), word_of(AnchorKind)]
    """The moment that times count from."""
    window: AnyOrWindow = None
    """When its messages may go; `any` is at any hour. Without it: the site's hours."""
    pause_when: Interlocks = ()
    """More reasons to hold it back. It can only add to those of its kind."""
    ends: EndsShape = EndsShape()
    """What ends it early."""
    steps: Annotated[tuple[StepShape, ...], AfterValidator(not_empty), NotEmpty()]
    """The messages, in order."""
    review: ReviewShape | None = None
    """Who wrote and approved the words, and until when they hold."""
    tests: tuple[TestShape, ...] = ()
    """Examples that drip checks for you."""
