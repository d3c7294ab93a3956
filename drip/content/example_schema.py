"""The keys of a sequence's own tests and what each may hold, field by field."""

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, PlainValidator

from drip.content.shape import Shape
from drip.content.text_values import not_empty, one_of
from drip.content.value_types import ChannelWord, Id, Moment, NotEmpty, Text, Times, Zone, word_of
from drip.core.reason import Reason


class GivenShape(Shape):
    """What a sequence's own test starts from."""

    anchor: Moment
    """The moment that times count from. Without an offset it is on the deciding clock."""
    now: Moment | None = None
    """When the patient joined; without it, at the anchor."""
    timezone: Zone | None = None
    """The clock that decides, in place of the site's."""
    site: Id | None = None
    """A site of clinic.yaml; without it, the first."""
    patient: dict[str, Any] | None = None
    """Facts of the patient, as a booking event tells them."""
    appointment: dict[str, Any] | None = None
    """Facts of the visit."""
    previous: dict[str, Any] | None = None
    """What was told of the visit before it moved."""
    treatment: dict[str, Any] | None = None
    """Facts of the treatment."""
    programme: dict[str, Any] | None = None
    """Facts of the programme."""
    enrolment: dict[str, Any] | None = None
    """The sequence, kind and purpose of what the patient is in."""
    replies: dict[str, Any] | None = None
    """Answers to questions, by their id."""
    reply: dict[str, Any] | None = None
    """The reply that began this."""
    alert: dict[str, Any] | None = None
    """What staff are told of."""


class ExpectShape(Shape):
    """What a sequence's own test expects of one step."""

    step: Id
    """The id of one of the steps."""
    channel: ChannelWord | None = None
    """By which channel; without it, each."""
    at: Moment | None = None
    """When it goes, on the deciding clock; a date alone asks only for the day."""
    occurrence: Times = 1
    """Which of its repeats, from 1."""
    state: Literal["planned", "skipped"] | None = None
    """Whether it goes; without it, planned, or skipped where a reason is given."""
    reason: Annotated[Reason, PlainValidator(one_of(Reason)), word_of(Reason)] = Reason.NONE
    """Why it is skipped."""


class TestShape(Shape):
    """A sequence's own test."""

    __test__ = False
    name: Text
    """What it shows, in the clinic's words."""
    given: GivenShape
    """What it starts from."""
    expect: Annotated[tuple[ExpectShape, ...], AfterValidator(not_empty), NotEmpty()]
    """What must come true."""
