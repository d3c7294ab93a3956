"""The keys of a sequence file and what each may hold, field by field. Rules between fields are in sequence_rules."""

from datetime import date, datetime, time
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import AfterValidator, BeforeValidator, Field, PlainValidator, ValidationInfo, field_validator

from drip.content.expression import suggestion
from drip.content.question_schema import AskShape
from drip.content.shape import Shape, read_condition
from drip.content.text_values import (
    as_list,
    not_empty,
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
from drip.core.gate import LOADING_INTERLOCKS
from drip.core.model import AnchorKind, Channel, EventKind, Kind, Purpose, Send
from drip.core.patient import zone_named
from drip.core.reason import Reason
from drip.core.sequence import MAX_OCCURRENCES, Again

Text: TypeAlias = Annotated[str, PlainValidator(read_text)]
Id: TypeAlias = Annotated[str, PlainValidator(read_id)]
Flag: TypeAlias = Annotated[bool, PlainValidator(read_flag)]
Day: TypeAlias = Annotated[date, PlainValidator(read_date)]
Clock: TypeAlias = Annotated[time, PlainValidator(read_clock)]
Days: TypeAlias = Annotated[frozenset[int], PlainValidator(read_days)]
Length: TypeAlias = Annotated[Duration, PlainValidator(read_duration)]
Times: TypeAlias = Annotated[int, PlainValidator(number_between(1, MAX_OCCURRENCES))]
When: TypeAlias = Annotated[Condition, PlainValidator(read_condition)]
PurposeWord: TypeAlias = Annotated[Purpose, PlainValidator(one_of(Purpose))]
ChannelWord: TypeAlias = Annotated[Channel, PlainValidator(one_of(Channel))]
Events: TypeAlias = Annotated[
    tuple[Annotated[EventKind, PlainValidator(one_of(EventKind))], ...], BeforeValidator(as_list)
]
Ids: TypeAlias = Annotated[tuple[Id, ...], BeforeValidator(as_list)]
Texts: TypeAlias = Annotated[tuple[Text, ...], BeforeValidator(as_list)]


class WindowShape(Shape):
    """`{days, from, to}`: when messages may go."""

    days: Days
    opens: Clock = Field(alias="from")
    closes: Clock = Field(alias="to")

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


AnyOrWindow: TypeAlias = Annotated[WindowShape | None, BeforeValidator(read_window)]
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


class EnrolShape(Shape):
    """Who is enrolled, and when."""

    on: Annotated[Events, AfterValidator(not_empty)]
    when: When | None = None
    again: Annotated[tuple[Again, Duration | None], PlainValidator(read_again)] = (Again.PER_ORIGIN, None)
    not_while_in: Ids = ()


class EndsShape(Shape):
    """What ends an enrolment early."""

    on: Events = ()
    when_enrolled_in: Ids = ()


class StepShape(Shape):
    """One planned contact."""

    id: Id
    after: Length | None = None
    before: Length | None = None
    at: Clock | None = None
    weekday: Annotated[int, PlainValidator(read_weekday)] | None = None
    every: Length | None = None
    times: Times | None = None
    until: Length | None = None
    email: Id | None = None
    sms: Id | None = None
    send: Annotated[Send, PlainValidator(one_of(Send))] = Send.BOTH
    when: When | None = None
    purpose: PurposeWord | None = None
    expires: Length | None = None
    if_late: Literal["send", "skip"] = "skip"
    if_closed: Literal["before", "after"] = "after"
    reminder: Flag = False
    critical: Flag = False
    ask: AskShape | None = None


class ReviewShape(Shape):
    """Who answers for the words."""

    author: Text
    approved_by: Text
    registration: Text = ""
    approved_on: Day | None = None
    review_due: Day | None = None
    evidence: Texts = ()
    interests: Text = ""


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


def read_interlock(value: object) -> str:
    """A fact that holds steps back."""
    text = read_text(value)
    known = sorted(LOADING_INTERLOCKS)
    if text not in known:
        raise ValueError(f"{text!r} is not known here{suggestion(text, known) or ': write one of ' + ', '.join(known)}")
    return text


Moment: TypeAlias = Annotated[str, PlainValidator(read_moment)]
Interlocks: TypeAlias = Annotated[tuple[Annotated[str, PlainValidator(read_interlock)], ...], BeforeValidator(as_list)]
Zone: TypeAlias = Annotated[str, PlainValidator(read_zone)]


class GivenShape(Shape):
    """What a sequence's own test starts from."""

    anchor: Moment
    now: Moment | None = None
    timezone: Zone | None = None
    site: Id | None = None
    patient: dict[str, Any] | None = None
    appointment: dict[str, Any] | None = None
    previous: dict[str, Any] | None = None
    treatment: dict[str, Any] | None = None
    programme: dict[str, Any] | None = None
    enrolment: dict[str, Any] | None = None
    replies: dict[str, Any] | None = None
    reply: dict[str, Any] | None = None
    alert: dict[str, Any] | None = None


class ExpectShape(Shape):
    """What a sequence's own test expects of one step."""

    step: Id
    channel: ChannelWord | None = None
    at: Moment | None = None
    occurrence: Times = 1
    state: Literal["planned", "skipped"] | None = None
    reason: Annotated[Reason, PlainValidator(one_of(Reason))] = Reason.NONE


class TestShape(Shape):
    """A sequence's own test."""

    __test__ = False
    name: Text
    given: GivenShape
    expect: Annotated[tuple[ExpectShape, ...], AfterValidator(not_empty)]


class SequenceShape(Shape):
    """A whole sequence file."""

    sequence: Id
    title: Text = ""
    purpose: PurposeWord = Purpose.CARE
    kind: Annotated[Kind, PlainValidator(one_of(Kind))] = Kind.EDUCATION
    enabled: Flag = True
    enrol: EnrolShape
    anchor: Annotated[AnchorKind, PlainValidator(one_of(AnchorKind))]
    window: AnyOrWindow = None
    pause_when: Interlocks = ()
    ends: EndsShape = EndsShape()
    steps: Annotated[tuple[StepShape, ...], AfterValidator(not_empty)]
    review: ReviewShape | None = None
    tests: tuple[TestShape, ...] = ()
