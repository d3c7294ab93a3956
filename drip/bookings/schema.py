"""The shape of a booking event: which names it has and what each may hold. Whether it is true comes later."""

import math
import re
from collections.abc import Mapping
from datetime import date, datetime
from typing import Annotated, Any, Required

from pydantic import (
    AfterValidator,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainValidator,
    TypeAdapter,
    WithJsonSchema,
    with_config,
)
from pydantic_core import PydanticCustomError
from typing_extensions import TypedDict

from drip.bookings.words import TEXT_LENGTH, cleaned, did_you_mean, is_plain
from drip.core.model import Channel, EventKind, Purpose

REF_LENGTH = 200
MOST_ATTRIBUTES = 50
MOST_IN_A_LIST = 50
FIRST_YEAR, LAST_YEAR = 1900, 2200
LARGEST_NUMBER = 2**53
"""Beyond it a JSON number no longer means the same to everyone."""

OWN_KINDS = [kind.value for kind in EventKind if not kind.is_our_own]


def _wrong(message: str) -> PydanticCustomError:
    """`{` would be read as a placeholder."""
    return PydanticCustomError("wrong", "{message}", {"message": message})


def _as_text(told: object) -> object:
    """Many systems number their records; a reference is a text all the same."""
    return str(told) if type(told) is int else told


def _ref(told: str) -> str:
    told = told.strip()
    if not is_plain(told):
        raise _wrong("has a character that cannot be seen (a line break, a control or direction mark); remove it.")
    if not 0 < len(told) <= REF_LENGTH:
        raise _wrong(f"must be 1 to {REF_LENGTH} characters long.")
    return told


def _kind(told: object) -> EventKind:
    if not isinstance(told, str):
        raise _wrong("must be text.")
    if told.startswith(("enrolment.", "reply.", "staff.")):
        raise _wrong("drip tells itself about enrolments; a booking system cannot.")
    if told not in OWN_KINDS:
        raise _wrong(f"is not a kind of event.{did_you_mean(told, OWN_KINDS)} There are: {', '.join(OWN_KINDS)}.")
    return EventKind(told)


_INSTANT = "must be a time with an offset, such as 2026-06-01T09:00:00Z or 2026-06-01T10:00:00+01:00."


def _in_bounds(told: date) -> bool:
    return FIRST_YEAR <= told.year <= LAST_YEAR


def _instant(told: object) -> datetime:
    try:
        time = datetime.fromisoformat(told) if isinstance(told, str) else None
    except ValueError:
        time = None
    if time is None or time.tzinfo is None:
        raise _wrong(_INSTANT)
    if not _in_bounds(time):
        raise _wrong(f"must be between the years {FIRST_YEAR} and {LAST_YEAR}.")
    return time


_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)


def _day(told: object) -> date:
    try:
        day = date.fromisoformat(told) if isinstance(told, str) and _DAY.fullmatch(told) else None
    except ValueError:
        day = None
    if day is None:
        raise _wrong("must be a real date, written year-month-day, such as 1979-03-02.")
    if not _in_bounds(day):
        raise _wrong(f"must be between the years {FIRST_YEAR} and {LAST_YEAR}.")
    return day


def _day_or_instant(told: object) -> date | datetime:
    return _instant(told) if isinstance(told, str) and len(told) > len("2026-06-15") else _day(told)


_ATTRIBUTE_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,49}")


def _attribute_name(told: str) -> str:
    if not _ATTRIBUTE_NAME.fullmatch(told):
        raise _wrong("an attribute's name is a letter, then letters, digits and _, at most 50.")
    return told


def _scalar(told: object) -> object:
    if isinstance(told, str):
        return cleaned(told, TEXT_LENGTH)
    if isinstance(told, int | float) and not isinstance(told, bool) and not _is_sound(told):
        raise _wrong("is too large a number; send it as text.")
    if told is not None and not isinstance(told, bool | int | float):
        raise _wrong("must be text, a number, true, false, null or a list of these.")
    return told


def _is_sound(told: int | float) -> bool:
    return math.isfinite(told) and abs(told) <= LARGEST_NUMBER


def _attribute(told: object) -> object:
    if not isinstance(told, list):
        return _scalar(told)
    if len(told) > MOST_IN_A_LIST:
        raise _wrong(f"has more than {MOST_IN_A_LIST} entries.")
    return [_scalar(one) for one in told]


def _address(told: str) -> str:
    return told.strip()


def _one_of(known: list[str]) -> AfterValidator:
    def check(told: str) -> str:
        if told not in known:
            raise _wrong(f"unknown name.{did_you_mean(told, known)} There are: {', '.join(known)}.")
        return told

    return AfterValidator(check)


def _told_as(**schema: Any) -> WithJsonSchema:
    """How those who send events read it."""
    return WithJsonSchema(schema)


_DATE_TIME, _DATE = {"type": "string", "format": "date-time"}, {"type": "string", "format": "date"}
_SCALAR = {"type": ["string", "number", "boolean", "null"]}
_SCALARS = {"anyOf": [_SCALAR, {"type": "array", "maxItems": MOST_IN_A_LIST, "items": _SCALAR}]}
_ID = _told_as(anyOf=[{"type": "string", "minLength": 1, "maxLength": REF_LENGTH}, {"type": "integer"}])
_TEXT_OR_NUMBER = _told_as(anyOf=[{"type": "string"}, {"type": "integer"}])


def _object_of(names: list[str], value: object) -> dict[str, Any]:
    return {"type": ["object", "null"], "properties": dict.fromkeys(names, value), "additionalProperties": False}


_CHANNELS, _PURPOSES = [channel.value for channel in Channel], [purpose.value for purpose in Purpose]

Ref = Annotated[str, BeforeValidator(_as_text), AfterValidator(_ref), _ID]
Label = Annotated[str, AfterValidator(cleaned)]
Address = Annotated[str, BeforeValidator(_as_text), AfterValidator(_address), _TEXT_OR_NUMBER]
Kind = Annotated[EventKind, PlainValidator(_kind), _told_as(type="string", enum=OWN_KINDS)]
Instant = Annotated[datetime, PlainValidator(_instant), _told_as(**_DATE_TIME)]
Day = Annotated[date, PlainValidator(_day), _told_as(**_DATE)]
DayOrInstant = Annotated[date | datetime, PlainValidator(_day_or_instant), _told_as(anyOf=[_DATE, _DATE_TIME])]
Attributes = Annotated[
    dict[Annotated[str, AfterValidator(_attribute_name)], Annotated[Any, PlainValidator(_attribute)]],
    Field(max_length=MOST_ATTRIBUTES),
    _told_as(type="object", maxProperties=MOST_ATTRIBUTES, additionalProperties=_SCALARS),
]
ByChannel = dict[Annotated[str, _one_of(_CHANNELS)], bool | None]
Consent = Annotated[
    dict[Annotated[str, _one_of(_PURPOSES)], ByChannel | None],
    _told_as(**_object_of(_PURPOSES, _object_of(_CHANNELS, {"type": ["boolean", "null"]}))),
]

_CLOSED = ConfigDict(extra="forbid", strict=True)


@with_config(_CLOSED)
class Patient(TypedDict, total=False):
    """Everything but `ref` may be absent (nothing was said) or null (it is no longer so)."""

    ref: Required[Ref]
    first_name: Label | None
    last_name: Label | None
    email: Address | None
    phone: Address | None
    date_of_birth: Day | None
    timezone: Label | None
    language: Label | None
    conditions: Annotated[list[Label], Field(max_length=MOST_IN_A_LIST)] | None
    attributes: Attributes | None
    consent: Consent | None


@with_config(_CLOSED)
class Appointment(TypedDict, total=False):
    """One visit."""

    ref: Ref
    replaces: Ref | None
    """The reference that it had before it was moved, where a booking system gives it a new one."""
    type: Label | None
    starts_at: Instant | None
    ends_at: Instant | None
    practitioner: Annotated[Label, BeforeValidator(_as_text)] | None
    status: Label | None
    attributes: Attributes | None


@with_config(_CLOSED)
class Treatment(TypedDict, total=False):
    """Something that was done."""

    code: Ref
    performed_at: Instant | None
    attributes: Attributes | None


@with_config(_CLOSED)
class Programme(TypedDict, total=False):
    """A course of exercises."""

    code: Ref
    starts_on: DayOrInstant | None
    attributes: Attributes | None


@with_config(_CLOSED)
class Contact(TypedDict, total=False):
    """The parent or carer who is written to for a child."""

    name: Label | None
    relation: Label | None
    phone: Address | None
    email: Address | None


@with_config(_CLOSED)
class Told(TypedDict, total=False):
    """A booking event, as a booking system sends it."""

    event_id: Required[Ref]
    kind: Required[Kind]
    occurred_at: Required[Instant]
    site: Ref | None
    patient: Required[Patient]
    appointment: Appointment
    treatment: Treatment
    programme: Programme
    contact: Contact


ADAPTER = TypeAdapter(Told)

OBJECTS: Mapping[str, list[str]] = {
    name: list(shape.__annotations__)
    for name, shape in {
        "": Told,
        "patient": Patient,
        "appointment": Appointment,
        "treatment": Treatment,
        "programme": Programme,
        "contact": Contact,
    }.items()
}
"""The names in each object of an event; the event's own under the empty name."""

WORKED_OUT = {
    "patient": frozenset({"age", "full_name", "phone_problem", "email_problem"}),
    "appointment": frozenset({"booked_at", "site"}),
    "treatment": frozenset[str](),
    "programme": frozenset[str](),
}
"""Names that drip fills in, so that no attribute may have them."""

_VISIT = ("appointment.ref",)
_VISIT_WITH_TIME = ("appointment.ref", "appointment.starts_at")

NEEDS: Mapping[EventKind, tuple[str, ...]] = {
    EventKind.BOOKED: _VISIT_WITH_TIME,
    EventKind.RESCHEDULED: _VISIT_WITH_TIME,
    EventKind.CANCELLED: _VISIT,
    EventKind.ATTENDED: _VISIT,
    EventKind.NO_SHOW: _VISIT,
    EventKind.TREATMENT_PERFORMED: ("treatment.code", "treatment.performed_at"),
    EventKind.PROGRAMME_STARTED: ("programme.code", "programme.starts_on"),
    EventKind.PROGRAMME_ENDED: ("programme.code",),
}
"""What each kind must say beyond what every event must."""

ALWAYS = ("event_id", "kind", "occurred_at", "patient.ref")
